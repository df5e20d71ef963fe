"""Reads trials of ClinicalTrials.gov: API v2 studies, and flat records of one line each.

A record whose fields aren't of its layout's types raises as in `kedrec.documents.article_json`.
"""

from __future__ import annotations

import re
from typing import Any

from kedrec.documents.document import Document, Record, Rejected, Section, TrialFacts, single_line

__all__ = ["API_SECTIONS", "parse_flat_study", "parse_study"]

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
"""Top-level members of a study in the API's layout."""
_NUMBER = re.compile(r"NCT\d{8}")
_P_VALUE = re.compile(r"\s*([<>=\u2264]*)\s*(0?\.\d+|\d(?:\.\d+)?(?:[eE]-?\d+)?)")
_LICENCE = "public domain"
_SIGNIFICANT = 0.05


def _normalize(text: Any) -> str:
    """Spells `PHASE2`, `ACTIVE_NOT_RECRUITING`, `Phase 2` and `Active, not recruiting` in one way."""
    spaced = re.sub(
        r"(?<=[a-z])(?=\d)", " ", single_line(str(text or "")).lower().replace("_", " ").replace(",", "")
    )
    return "" if spaced in ("na", "n/a", "not applicable") else spaced


def _text(value: Any) -> str:
    return single_line(value) if isinstance(value, str) else ""


def parse_study(item: dict[str, Any], position: int) -> Record:
    """Reads one study of ClinicalTrials.gov's API v2."""
    protocol = item["protocolSection"]
    identity, status = protocol["identificationModule"], protocol.get("statusModule", {})
    design, arms = protocol.get("designModule", {}), protocol.get("armsInterventionsModule", {})
    description = protocol.get("descriptionModule", {})
    number = identity["nctId"]
    if not _NUMBER.fullmatch(number):
        return Rejected(position, str(number), "not a study's number")
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
        status=_normalize(status.get("overallStatus")),
        phase="/".join(word for phase in design.get("phases") or () if (word := _normalize(phase))),
        enrolment=design.get("enrollmentInfo", {}).get("count"),
        start=status.get("startDateStruct", {}).get("date", ""),
        end=status.get("completionDateStruct", {}).get("date", ""),
        why_stopped=_text(status.get("whyStopped")),
        outcome=posted or single_line("; ".join(entry.get("measure", "") for entry in outcomes[:2])),
        failed=failed,
        results=bool(item.get("hasResults")),
        conditions=tuple(
            dict.fromkeys([*(protocol.get("conditionsModule", {}).get("conditions") or ()), *meshes[0]])
        ),
        interventions=tuple(dict.fromkeys([*interventions, *meshes[1]])),
    )
    titles = [_text(identity.get(name)) for name in ("briefTitle", "officialTitle")]
    parts = [
        ("Summary", _text(description.get("briefSummary"))),
        ("Description", _text(description.get("detailedDescription"))),
        ("Eligibility", _text(protocol.get("eligibilityModule", {}).get("eligibilityCriteria"))),
    ]
    return _document(facts, titles, parts)


def parse_flat_study(item: dict[str, Any], position: int) -> Record:
    """Reads one study that was flattened to a record, with ClinicalTrials.gov's column names."""
    number = str(item.get("nct_id", ""))
    if not _NUMBER.fullmatch(number):
        return Rejected(position, number, "not a study's number")
    interventions = [str(entry["name"]) for entry in item.get("interventions") or ()]
    facts = TrialFacts(
        number=number,
        status=_normalize(item.get("overall_status")),
        phase=_normalize(item.get("phase")),
        enrolment=item.get("enrollment"),
        start=_text(item.get("start_date")),
        end=_text(item.get("completion_date")),
        why_stopped=_text(item.get("why_stopped")),
        outcome=_text(item.get("primary_outcome")),
        conditions=tuple(
            dict.fromkeys([*(item.get("conditions") or ()), *(item.get("condition_mesh") or ())])
        ),
        interventions=tuple(dict.fromkeys([*interventions, *(item.get("intervention_mesh") or ())])),
    )
    titles = [_text(item.get(name)) for name in ("brief_title", "official_title")]
    parts = [
        ("Summary", _text(item.get("brief_summary"))),
        ("Description", _text(item.get("detailed_description"))),
        ("Eligibility", _text(item.get("eligibility"))),
    ]
    return _document(facts, titles, parts)


def _document(facts: TrialFacts, titles: list[str], parts: list[tuple[str, str]]) -> Document:
    fields = {
        "Conditions": "; ".join(facts.conditions),
        "Interventions": "; ".join(facts.interventions),
        "Outcome": facts.outcome,
        "Stopped": facts.why_stopped,
    }
    design = " ".join(f"{name}: {text}." for name, text in fields.items() if text)
    heads = [("Official title", titles[1]), ("Design", single_line(design))]
    return Document(
        id=f"trials:{facts.number}",
        kind="trial",
        title=titles[0] or titles[1] or facts.number,
        sections=tuple(Section(name, text, "trial") for name, text in [*heads, *parts] if text),
        date=facts.start,
        licence=_LICENCE,
        redistributable=True,
        url=f"https://clinicaltrials.gov/study/{facts.number}",
        keys=(f"NCT:{facts.number}",),
        facts=facts,
    )


def _results(results: dict[str, Any]) -> tuple[str, bool]:
    """Returns the first primary outcome with its p-value, and True if every tested one missed p < 0.05."""
    outcome, significances = "", []
    for measure in results.get("outcomeMeasuresModule", {}).get("outcomeMeasures") or ():
        if measure.get("type") != "PRIMARY":
            continue
        values = [entry["pValue"] for entry in measure.get("analyses") or () if entry.get("pValue")]
        significances += [flag for value in values if (flag := _is_significant(value)) is not None]
        if not outcome:
            outcome = single_line(measure.get("title", ""))
            outcome += (
                f" (p {values[0] if values[0][:1] in '<>=' else '= ' + values[0]})"
                if outcome and values
                else ""
            )
    return outcome, bool(significances) and not any(significances)


def _is_significant(value: str) -> bool | None:
    """True for a p-value below 0.05; None where it is no number."""
    match = _P_VALUE.match(value)
    if match is None:
        return None
    number = float(match[2])
    if ">" in match[1]:
        return False
    return number <= _SIGNIFICANT if "<" in match[1] or "\u2264" in match[1] else number < _SIGNIFICANT
