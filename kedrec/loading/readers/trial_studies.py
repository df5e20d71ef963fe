"""Reader of studies of ClinicalTrials.gov: trials, and the graph's drugs and diseases that they study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.plain_text import normal_name
from kedrec.errors import DataError
from kedrec.loading.readers.json_stream import JsonRecord, file_records
from kedrec.loading.readers.json_values import text_of, texts_of
from kedrec.loading.readers.row_buffer import RowBuffer
from kedrec.loading.sources import Source, find_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["Study", "disease_names", "drug_names", "mesh_id", "read_trials"]

_LICENCE = "public domain"
_NUMBER = re.compile(r"NCT\d{8}")
_LISTS = frozenset({"studies"})
_PAGE_FIELDS = frozenset({"nextPageToken", "totalCount"})
_YEAR = re.compile(r"\b(19|20)\d\d\b")
_PARENTHESES = re.compile(r"\([^)]*\)|\[[^]]*\]")
# Dose, route, frequency and form, which accompany a drug's name in a trial's arms.
_DOSE = re.compile(
    r"\b\d[\d.,]*\s*(?:%|(?:mg|mcg|ug|\u00b5g|g|kg|ml|l|iu|u|units?|mmol|h|hours?|days?|weeks?)\b)"
    r"(?:\s*/\s*(?:kg|m2|m\u00b2|ml|day|d|h|week)\b)*|\b(?:tablets?|capsules?|injections?|infusions?|solution|"
    r"cream|gel|ointment|suspension|spray|oral|intravenous|subcutaneous|topical|inhaled|iv|sc|im|po|daily|weekly|"
    r"once|twice|bid|tid|qd|qw|eow|ew|q\dw|dose|low|high|treatment|therapy)\b",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"(?<=\w{3})ies\b|(?<=[a-z]{3}[^su\W])s\b")
_OLD_MESH = 66_332
"""Last MeSH number of six digits; the API pads all to nine."""


@dataclass(frozen=True, slots=True)
class Study:
    """Fields of a study: its number, titles, status, conditions and interventions.

    Attributes:
        interventions: type, name, other names.
        meshes: ids or terms of MeSH that the register assigned to its conditions.
    """

    number: str
    title: str
    other_titles: tuple[str, ...] = ()
    status: str = ""
    phase: str = ""
    kind: str = ""
    start: str = ""
    end: str = ""
    participants: str = ""
    results: bool | None = None
    stopped: str = ""
    conditions: tuple[str, ...] = ()
    interventions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    meshes: tuple[str, ...] = ()
    articles: tuple[str, ...] = field(default=())


def mesh_id(padded: str) -> str:
    """Removes the API's padding from a MeSH id: `D000003876` is `D003876`."""
    number = int(padded[1:]) if re.fullmatch(r"[CD]\d{9}", padded) else _OLD_MESH + 1
    return f"{padded[0]}{number:06d}" if number <= _OLD_MESH else padded


def drug_names(name: str, others: tuple[str, ...] = ()) -> list[str]:
    """Normal names to look up a drug: as written, without parentheses and doses, then its other names."""
    without_dose = _DOSE.sub(" ", _PARENTHESES.sub(" ", name))
    names = (normal_name(text) for text in (name, _PARENTHESES.sub(" ", name), without_dose, *others))
    return [text for text in dict.fromkeys(names) if text]


def disease_names(name: str) -> list[str]:
    """Normal names to look up a condition: as written, then `Disorders, Stress` inverted, then singular."""
    first, comma, last = name.partition(", ")
    inverted = [f"{last} {first}"] if comma and ", " not in last else []
    plain = [normal_name(text) for text in (name, _PARENTHESES.sub(" ", name), *inverted)]
    cancers = [text.replace("neoplasms", "cancer") for text in plain if "neoplasms" in text]
    singular = [
        _PLURAL.sub(lambda match: "y" if match[0] == "ies" else "", text) for text in (*plain, *cancers)
    ]
    return [text for text in dict.fromkeys((*plain, *cancers, *singular)) if text]


def _words(text: str) -> str:
    """Normalises `PHASE2`, `ACTIVE_NOT_RECRUITING` and `Phase 2` to one spelling."""
    return re.sub(r"(?<=[a-z])(?=\d)", " ", text.lower().replace("_", " ")).strip()


def _part(item: dict[str, Any], *names: str) -> dict[str, Any]:
    """Nested object by the names on its path; empty if it is missing."""
    for name in names:
        item = item.get(name) or {}
    if not isinstance(item, dict):
        raise TypeError(f"{names[-1]} is no object")
    return item


def _from_api(item: dict[str, Any]) -> Study:
    protocol = item["protocolSection"]
    identity, status = protocol["identificationModule"], _part(protocol, "statusModule")
    design = _part(protocol, "designModule")
    titles = [text_of(identity.get(name)) for name in ("briefTitle", "officialTitle", "acronym")]
    number = text_of(identity["nctId"])
    interventions = _part(protocol, "armsInterventionsModule").get("interventions") or []
    meshes = _part(item, "derivedSection", "conditionBrowseModule").get("meshes") or []
    references = _part(protocol, "referencesModule").get("references") or []
    results = item.get("hasResults")
    return Study(
        number=number,
        title=titles[0] or titles[1] or number,
        other_titles=tuple(title for title in titles[1:] if title),
        status=_words(text_of(status.get("overallStatus"))),
        phase="/".join(_words(phase) for phase in texts_of(design.get("phases")) if phase != "NA"),
        kind=_words(text_of(design.get("studyType"))),
        start=text_of(_part(status, "startDateStruct").get("date")),
        end=text_of(_part(status, "completionDateStruct").get("date")),
        participants=text_of(_part(design, "enrollmentInfo").get("count")),
        results=results if isinstance(results, bool) else None,
        stopped=text_of(status.get("whyStopped")),
        conditions=texts_of(_part(protocol, "conditionsModule").get("conditions")),
        interventions=tuple(
            (text_of(entry.get("type")), text_of(entry["name"]), texts_of(entry.get("otherNames")))
            for entry in interventions
        ),
        meshes=tuple(f"MESH:{mesh_id(text_of(entry['id']))}" for entry in meshes),
        articles=tuple(f"PMID:{text_of(entry['pmid'])}" for entry in references if entry.get("pmid")),
    )


def _from_flat(item: dict[str, Any]) -> Study:
    number, phase = text_of(item["nct_id"]), text_of(item.get("phase"))
    titles = [text_of(item.get(name)) for name in ("brief_title", "official_title")]
    return Study(
        number=number,
        title=titles[0] or titles[1] or number,
        other_titles=tuple(title for title in titles[1:] if title),
        status=_words(text_of(item.get("overall_status"))),
        phase="" if phase.lower() in ("n/a", "not applicable") else _words(phase),
        kind=_words(text_of(item.get("study_type"))),
        start=text_of(item.get("start_date")),
        conditions=texts_of(item.get("conditions")),
        interventions=tuple(
            (text_of(entry.get("type")), text_of(entry["name"]), ())
            for entry in item.get("interventions") or ()
        ),
        meshes=texts_of(item.get("condition_mesh")),
    )


def _studies(path: Path) -> Iterator[JsonRecord]:
    """Yields the studies of a file: JSON Lines, a list, a page of the API, or a single study."""
    members: dict[str, Any] = {}
    for record in file_records(path, _LISTS):
        if not record.name or record.name in _LISTS:
            yield record
        elif record.problem:
            yield JsonRecord(1, "", None, record.problem)
        else:
            members[record.name] = record.value
    # A page has a token and a count beside its list.
    if members and not members.keys() <= _PAGE_FIELDS:
        yield JsonRecord(1, "", members)


def read_trials(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads studies into `node_rows` and `edge_rows`; drugs and conditions are keys by name (`name:`).

    Raises:
        DataError: there are no studies, or a file is damaged.
    """
    paths = [path for spec in source.files for path in find_files(source, spec, folder)]
    if not paths:
        raise DataError(f"There are no studies (*.json, *.jsonl) in {folder}.", source.obtain)
    for done, path in enumerate(paths):
        progress(f"Reading {source.name}", done, len(paths))
        rows = RowBuffer(staging, staging.add_file(path))
        for record in _studies(path):
            line, item = record.position, record.value
            if record.problem:
                rows.refuse_record("nodes", line, record.problem)
                continue
            try:
                study = _from_api(item) if "protocolSection" in item else _from_flat(item)
            except (KeyError, TypeError, AttributeError) as error:
                rows.refuse("nodes", line, "not a study", repr(error), str(item)[:500])
                continue
            if not _NUMBER.fullmatch(study.number):
                rows.refuse("nodes", line, "not a study's number", study.number, str(item)[:500])
                continue
            _add(rows, line, study, source.mapping)
        rows.close()
    progress(f"Reading {source.name}", len(paths), len(paths))


def _add(rows: RowBuffer, line: int, study: Study, mapping: dict[str, Any]) -> None:
    key = f"NCT:{study.number}"
    results = {True: "results posted", False: "no results posted", None: ""}[study.results]
    details = [
        study.phase, study.status, study.kind, study.start and f"start {study.start}",
        study.end and f"end {study.end}",
        study.participants and f"{study.participants} participants",
        results, study.stopped and f"stopped: {study.stopped}",
    ]  # fmt: skip
    description = "; ".join(text for text in details if text)
    rows.node(
        line, key, "Trial", key, study.title, synonyms=list(study.other_titles), description=description
    )
    year = _YEAR.search(study.start)
    attributes: dict[str, Any] = {
        "licence": _LICENCE,
        "references": [key, *study.articles],
        "evidence": ", ".join(text for text in (study.phase, study.status, results) if text),
        "year": int(year[0]) if year else None,
        "action": mapping["actions"].get(study.status, ""),
    }
    for condition in dict.fromkeys(study.conditions):
        rows.edge(line, "STUDIED_IN", f"name:Disease/{'|'.join(disease_names(condition))}", key, **attributes)
    for mesh in study.meshes:
        disease_key = (
            f"Disease/{mesh}" if mesh.startswith("MESH:") else f"name:Disease/{'|'.join(disease_names(mesh))}"
        )
        rows.edge(line, "STUDIED_IN", disease_key, key, **attributes)
    for kind, name, synonyms in study.interventions:
        if kind.upper() in mapping["drugs"]:
            rows.edge(
                line, "STUDIED_IN", f"name:Drug/{'|'.join(drug_names(name, synonyms))}", key, **attributes
            )
        else:
            rows.refuse("edges", line, "intervention that is no drug", f"{kind}: {name}", study.number)
