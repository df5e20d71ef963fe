"""Reads trials of ClinicalTrials.gov: API v2 studies, and flat records of one line each.

What a record has that its layout hasn't is an error, as in `kedrec.documents.article_json`.
"""

from __future__ import annotations

import re
from typing import Any

from kedrec.documents.document import Document, Record, Rejected, Section, TrialFacts, plain

__all__ = ["API_SECTIONS", "flat_study", "study"]

API_SECTIONS = frozenset(
    {
        "protocolSection",
        "resultsSection",
        "annotationSection",
        "documentSection",
        "derivedSection",
        "hasResults",
    }
)
"""Members of one study in the API's layout."""
_NUMBER = re.compile(r"NCT\d{8}")
_P_VALUE = re.compile(r"\s*([<>=\u2264]*)\s*(0?\.\d+|\d(?:\.\d+)?(?:[eE]-?\d+)?)")
_LICENCE = "public domain"
_SIGNIFICANT = 0.05


def _words(text: Any) -> str:
    """`PHASE2`, `ACTIVE_NOT_RECRUITING`, `Phase 2` and `Active, not recruiting` in one spelling."""
    spaced = re.sub(
        r"(?<=[a-z])(?=\d)", " ", plain(str(text or "")).lower().replace("_", " ").replace(",", "")
    )
    return "" if spaced in ("na", "n/a", "not applicable") else spaced


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else ""


def study(item: dict[str, Any], where: int) -> Record:
    """One study as ClinicalTrials.gov's API v2 gives it."""
    protocol = item["protocolSection"]
    identity, status = protocol["identificationModule"], protocol.get("statusModule", {})
    design, arms = protocol.get("designModule", {}), protocol.get("armsInterventionsModule", {})
    told = protocol.get("descriptionModule", {})
    number = identity["nctId"]
    if not _NUMBER.fullmatch(number):
        return Rejected(where, str(number), "not a study's number")
    interventions = [
        ", ".join([entry["name"], *(entry.get("otherNames") or ())])
        for entry in arms.get("interventions") or ()
    ]
    outcomes = protocol.get("outcomesModule", {}).get("primaryOutcomes") or ()
    posted, failed = _results(item.get("resultsSection", {}))
    browse = item.get("derivedSection", {})
    meshes = [
        [mesh["term"] for mesh in browse.get(module, {}).get("meshes") or ()]
        for module in ("conditionBrowseModule", "interventionBrowseModule")
    ]
    facts = TrialFacts(
        number=number,
        status=_words(status.get("overallStatus")),
        phase="/".join(word for phase in design.get("phases") or () if (word := _words(phase))),
        enrolment=design.get("enrollmentInfo", {}).get("count"),
        start=status.get("startDateStruct", {}).get("date", ""),
        end=status.get("completionDateStruct", {}).get("date", ""),
        why_stopped=_text(status.get("whyStopped")),
        outcome=posted or plain("; ".join(entry.get("measure", "") for entry in outcomes[:2])),
        failed=failed,
        results=bool(item.get("hasResults")),
        conditions=tuple(
            dict.fromkeys([*(protocol.get("conditionsModule", {}).get("conditions") or ()), *meshes[0]])
        ),
        interventions=tuple(dict.fromkeys([*interventions, *meshes[1]])),
    )
    titles = [_text(identity.get(name)) for name in ("briefTitle", "officialTitle")]
    parts = [
        ("Summary", _text(told.get("briefSummary"))),
        ("Description", _text(told.get("detailedDescription"))),
        ("Eligibility", _text(protocol.get("eligibilityModule", {}).get("eligibilityCriteria"))),
    ]
    return _document(facts, titles, parts)


def flat_study(item: dict[str, Any], where: int) -> Record:
    """One study flattened to one record, as tables of ClinicalTrials.gov have it."""
    number = str(item.get("nct_id", ""))
    if not _NUMBER.fullmatch(number):
        return Rejected(where, number, "not a study's number")
    named = [str(entry["name"]) for entry in item.get("interventions") or ()]
    facts = TrialFacts(
        number=number,
        status=_words(item.get("overall_status")),
        phase=_words(item.get("phase")),
        enrolment=item.get("enrollment"),
        start=_text(item.get("start_date")),
        end=_text(item.get("completion_date")),
        why_stopped=_text(item.get("why_stopped")),
        outcome=_text(item.get("primary_outcome")),
        conditions=tuple(
            dict.fromkeys([*(item.get("conditions") or ()), *(item.get("condition_mesh") or ())])
        ),
        interventions=tuple(dict.fromkeys([*named, *(item.get("intervention_mesh") or ())])),
    )
    titles = [_text(item.get(name)) for name in ("brief_title", "official_title")]
    parts = [
        ("Summary", _text(item.get("brief_summary"))),
        ("Description", _text(item.get("detailed_description"))),
        ("Eligibility", _text(item.get("eligibility"))),
    ]
    return _document(facts, titles, parts)


def _document(facts: TrialFacts, titles: list[str], parts: list[tuple[str, str]]) -> Document:
    told = {
        "Conditions": "; ".join(facts.conditions),
        "Interventions": "; ".join(facts.interventions),
        "Outcome": facts.outcome,
        "Stopped": facts.why_stopped,
    }
    studied = " ".join(f"{name}: {text}." for name, text in told.items() if text)
    design = [("Official title", titles[1]), ("Design", plain(studied))]
    return Document(
        id=f"trials:{facts.number}",
        kind="trial",
        title=titles[0] or titles[1] or facts.number,
        sections=tuple(Section(name, text, "trial") for name, text in [*design, *parts] if text),
        date=facts.start,
        licence=_LICENCE,
        redistributable=True,
        url=f"https://clinicaltrials.gov/study/{facts.number}",
        keys=(f"NCT:{facts.number}",),
        facts=facts,
    )


def _results(results: dict[str, Any]) -> tuple[str, bool]:
    """The first primary outcome with its p-value, and whether all that were tested missed p < 0.05."""
    told, tested = "", []
    for measure in results.get("outcomeMeasuresModule", {}).get("outcomeMeasures") or ():
        if measure.get("type") != "PRIMARY":
            continue
        values = [entry["pValue"] for entry in measure.get("analyses") or () if entry.get("pValue")]
        tested += [reached for value in values if (reached := _reached(value)) is not None]
        if not told:
            told = plain(measure.get("title", ""))
            told += (
                f" (p {values[0] if values[0][:1] in '<>=' else '= ' + values[0]})" if told and values else ""
            )
    return told, bool(tested) and not any(tested)


def _reached(value: str) -> bool | None:
    """Whether a p-value is below 0.05; None where it is no number."""
    found = _P_VALUE.match(value)
    if found is None:
        return None
    number = float(found[2])
    if ">" in found[1]:
        return False
    return number <= _SIGNIFICANT if "<" in found[1] or "\u2264" in found[1] else number < _SIGNIFICANT
