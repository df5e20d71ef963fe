"""Reads studies of ClinicalTrials.gov: trials, and the drugs and diseases of the graph that each studied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.rows import Rows
from kedrec.loading.sources import Source, find_files
from kedrec.loading.text import lines_of
from kedrec.text import normal_name

if TYPE_CHECKING:
    from kedrec.loading.staging import Progress, Staging

__all__ = ["Study", "disease_names", "drug_names", "mesh_id", "read_trials"]

_LICENCE = "public domain"
_NUMBER = re.compile(r"NCT\d{8}")
_YEAR = re.compile(r"\b(19|20)\d\d\b")
_ASIDE = re.compile(r"\([^)]*\)|\[[^]]*\]")
# How much, how and how often: what stands beside a drug's name among a trial's arms.
_DOSE = re.compile(
    r"\b\d[\d.,]*\s*(?:%|(?:mg|mcg|ug|\u00b5g|g|kg|ml|l|iu|u|units?|mmol|h|hours?|days?|weeks?)\b)"
    r"(?:\s*/\s*(?:kg|m2|m\u00b2|ml|day|d|h|week)\b)*|\b(?:tablets?|capsules?|injections?|infusions?|solution|"
    r"cream|gel|ointment|suspension|spray|oral|intravenous|subcutaneous|topical|inhaled|iv|sc|im|po|daily|weekly|"
    r"once|twice|bid|tid|qd|qw|eow|ew|q\dw|dose|low|high|treatment|therapy)\b",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"(?<=\w{3})ies\b|(?<=[a-z]{3}[^su\W])s\b")
_OLD_MESH = 66_332
"""The last MeSH number of six digits; the API pads all to nine."""


@dataclass(frozen=True, slots=True)
class Study:
    """What is read of a study: its number, names, state, and what it studied.

    Attributes:
        interventions: type, name, other names.
        meshes: ids or terms of MeSH that the register gave its conditions.
    """

    number: str
    title: str
    other_titles: tuple[str, ...] = ()
    status: str = ""
    phase: str = ""
    kind: str = ""
    start: str = ""
    end: str = ""
    participants: int | None = None
    results: bool | None = None
    stopped: str = ""
    conditions: tuple[str, ...] = ()
    interventions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    meshes: tuple[str, ...] = ()
    articles: tuple[str, ...] = field(default=())


def mesh_id(padded: str) -> str:
    """A MeSH id as MeSH writes it: the API pads `D003876` to `D000003876`."""
    number = int(padded[1:]) if re.fullmatch(r"[CD]\d{9}", padded) else _OLD_MESH + 1
    return f"{padded[0]}{number:06d}" if number <= _OLD_MESH else padded


def drug_names(name: str, others: tuple[str, ...] = ()) -> list[str]:
    """Normal names to look a drug up by: as written, without doses and asides, then its other names."""
    plain = _DOSE.sub(" ", _ASIDE.sub(" ", name))
    found = (normal_name(text) for text in (name, _ASIDE.sub(" ", name), plain, *others))
    return [text for text in dict.fromkeys(found) if text]


def disease_names(name: str) -> list[str]:
    """Normal names to look a condition up by: as written, then `Disorders, Stress` turned, then singular."""
    first, comma, last = name.partition(", ")
    turned = [f"{last} {first}"] if comma and ", " not in last else []
    plain = [normal_name(text) for text in (name, _ASIDE.sub(" ", name), *turned)]
    cancers = [text.replace("neoplasms", "cancer") for text in plain if "neoplasms" in text]
    single = [
        _PLURAL.sub(lambda match: "y" if match[0] == "ies" else "", text) for text in (*plain, *cancers)
    ]
    return [text for text in dict.fromkeys((*plain, *cancers, *single)) if text]


def _words(text: str) -> str:
    """`PHASE2`, `ACTIVE_NOT_RECRUITING` and `Phase 2` in one spelling."""
    return re.sub(r"(?<=[a-z])(?=\d)", " ", text.lower().replace("_", " ")).strip()


def _from_api(item: dict[str, Any]) -> Study:
    protocol = item["protocolSection"]
    identity, status = protocol["identificationModule"], protocol.get("statusModule", {})
    design = protocol.get("designModule", {})
    conditions = protocol.get("conditionsModule", {})
    arms = protocol.get("armsInterventionsModule", {})
    browse = item.get("derivedSection", {}).get("conditionBrowseModule", {})
    references = protocol.get("referencesModule", {}).get("references", ())
    return Study(
        number=identity["nctId"],
        title=identity.get("briefTitle") or identity.get("officialTitle") or identity["nctId"],
        other_titles=tuple(identity[name] for name in ("officialTitle", "acronym") if identity.get(name)),
        status=_words(status.get("overallStatus", "")),
        phase="/".join(_words(phase) for phase in design.get("phases") or () if phase != "NA"),
        kind=_words(design.get("studyType", "")),
        start=status.get("startDateStruct", {}).get("date", ""),
        end=status.get("completionDateStruct", {}).get("date", ""),
        participants=design.get("enrollmentInfo", {}).get("count"),
        results=item.get("hasResults"),
        stopped=status.get("whyStopped", ""),
        conditions=tuple(conditions.get("conditions") or ()),
        interventions=tuple(
            (entry.get("type", ""), entry["name"], tuple(entry.get("otherNames") or ()))
            for entry in arms.get("interventions") or ()
        ),
        meshes=tuple(f"MESH:{mesh_id(entry['id'])}" for entry in browse.get("meshes") or ()),
        articles=tuple(f"PMID:{entry['pmid']}" for entry in references if entry.get("pmid")),
    )


def _from_flat(item: dict[str, Any]) -> Study:
    phase = item.get("phase") or ""
    return Study(
        number=item["nct_id"],
        title=item.get("brief_title") or item.get("official_title") or item["nct_id"],
        other_titles=tuple(text for text in [item.get("official_title")] if text),
        status=_words(item.get("overall_status") or ""),
        phase="" if phase.lower() in ("n/a", "not applicable") else _words(phase),
        kind=_words(item.get("study_type") or ""),
        start=item.get("start_date") or "",
        conditions=tuple(item.get("conditions") or ()),
        interventions=tuple(
            (entry.get("type") or "", entry["name"], ()) for entry in item.get("interventions") or ()
        ),
        meshes=tuple(item.get("condition_mesh") or ()),
    )


def _documents(path: Path) -> Iterator[tuple[int, Any]]:
    """Line and content of each JSON value of a file: one a line in `.jsonl`, else the file's one."""
    if ".jsonl" in path.suffixes:
        for number, line in enumerate(lines_of(path), 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError as error:
                    yield number, error
        return
    try:
        whole = json.loads(b"".join(lines_of(path)))
    except ValueError as error:
        raise DataError(f"{path} is no JSON: {error}.", "Get the file again.") from error
    items = whole if isinstance(whole, list) else whole.get("studies", [whole])
    yield from enumerate(items, 1)


def read_trials(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads studies into `node_rows` and `edge_rows`; what they call by words is looked up in the graph.

    Raises:
        DataError: there are no studies, or a file is damaged.
    """
    paths = [path for spec in source.files for path in find_files(source, spec, folder)]
    if not paths:
        raise DataError(f"There are no studies (*.json, *.jsonl) in {folder}.", source.obtain)
    for done, path in enumerate(paths):
        progress(f"Reading {source.name}", done, len(paths))
        rows = Rows(staging, staging.add_file(path))
        for line, item in _documents(path):
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


def _add(rows: Rows, line: int, study: Study, mapping: dict[str, Any]) -> None:
    key = f"NCT:{study.number}"
    results = {True: "results posted", False: "no results posted", None: ""}[study.results]
    told = [
        study.phase, study.status, study.kind, study.start and f"start {study.start}",
        study.end and f"end {study.end}",
        "" if study.participants is None else f"{study.participants} participants",
        results, study.stopped and f"stopped: {study.stopped}",
    ]  # fmt: skip
    description = "; ".join(text for text in told if text)
    rows.node(
        line, key, "Trial", key, study.title, synonyms=list(study.other_titles), description=description
    )
    year = _YEAR.search(study.start)
    about: dict[str, Any] = {
        "licence": _LICENCE,
        "references": [key, *study.articles],
        "evidence": ", ".join(text for text in (study.phase, study.status, results) if text),
        "year": int(year[0]) if year else None,
        "action": mapping["actions"].get(study.status, ""),
    }
    for condition in dict.fromkeys(study.conditions):
        rows.edge(line, "STUDIED_IN", f"name:Disease/{'|'.join(disease_names(condition))}", key, **about)
    for mesh in study.meshes:
        named = (
            f"Disease/{mesh}" if mesh.startswith("MESH:") else f"name:Disease/{'|'.join(disease_names(mesh))}"
        )
        rows.edge(line, "STUDIED_IN", named, key, **about)
    for kind, name, others in study.interventions:
        if kind.upper() in mapping["drugs"]:
            rows.edge(line, "STUDIED_IN", f"name:Drug/{'|'.join(drug_names(name, others))}", key, **about)
        else:
            rows.refuse("edges", line, "intervention that is no drug", f"{kind}: {name}", study.number)
