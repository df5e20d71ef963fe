"""Questions from a hospital's admissions: which of these drugs were prescribed in this stay?

MIMIC-III says what a patient had and what was prescribed, never what was prescribed for what. So a question
is an admission: its diseases in the hospital's order of weight (the first that the graph has is `disease`),
and as answers every drug of the graph that was prescribed in it.

A question has the same number of candidates whatever the number of answers, so that it tells nothing: at
most half are answers (others that were prescribed are left out of it), the rest were not prescribed in the
stay. Half of these are as often prescribed to other patients of the training part as an answer is
(`frequency-matched`), half are nearest to an answer in the graph among what was prescribed there (`hard`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.dataset.build_folder import Place
from kedrec.dataset.hf_folder import SPLITS, SplitName, write_note, write_questions
from kedrec.dataset.mimic.card import write_mimic_card
from kedrec.dataset.mimic.hospital_tables import Tables
from kedrec.dataset.mimic.icd9 import Coded, Diseases
from kedrec.dataset.mimic.prescriptions import Drugs, Prescribed, Written, mapped
from kedrec.dataset.mimic.spreadsheet_damage import product_code
from kedrec.dataset.mimic.stay_questions import Asker, Stay
from kedrec.errors import DataError, UsageError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.mimic.hospital_tables import Admission
    from kedrec.dataset.question_types import Question
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["CONFIG", "Found", "build_mimic", "mapping_report", "stays_of"]

CONFIG = "admission"
_SHOWN = 20  # commonest unmapped names in the report


@dataclass(frozen=True)
class Found:
    """What every code and prescription of a folder became.

    Attributes:
        codes: ICD-9 code -> its diseases.
        drugs: prescription -> its drugs.
    """

    codes: Mapping[str, Coded]
    drugs: Mapping[Written, Prescribed]


@dataclass
class _Counts:
    """What became of the admissions."""

    admissions: int = 0
    no_disease: int = 0
    no_drug: int = 0
    left_out_answers: int = 0


def stays_of(admissions: Iterable[Admission], found: Found) -> list[Stay]:
    """The admissions in the graph's terms, those without a disease or a drug of the graph included."""
    return [
        Stay(
            one.subject,
            one.hadm,
            tuple(dict.fromkeys(id_ for code in one.codes for id_ in found.codes[code].ids)),
            tuple(sorted({id_ for written in one.prescribed for id_ in found.drugs[written].ids})),
        )
        for one in admissions
    ]


def mapping_report(
    admissions: Sequence[Admission], rows: Mapping[Written, int], titles: Mapping[str, str], found: Found
) -> dict[str, Any]:
    """How much of a folder the graph has, as plain data: rows by what told them, and the commonest not."""
    drugs: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    rounded = 0
    for written, count in rows.items():
        told = found.drugs[written]
        rounded += count if written.ndc.strip() and not product_code(written.ndc) else 0
        drugs[told.why] += count
        if told.why == "unknown":
            missed[written.drug.strip()] += count
    codes: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for admission in admissions:
        for code in admission.codes:
            codes[found.codes[code].why] += 1
            if found.codes[code].why == "unknown":
                missing[f"{code} {titles.get(code, '')}".strip()] += 1
    return {
        "prescriptions": _share(drugs, "vehicle", missed) | {"rounded_products": rounded},
        "diagnoses": _share(codes, "supplementary", missing),
    }


def _share(counts: Counter[str], aside: str, missed: Counter[str]) -> dict[str, Any]:
    rows = sum(counts.values())
    counted = rows - counts[aside]
    known = counted - counts["unknown"]
    return {
        "rows": rows,
        "aside": counts[aside],
        "mapped": known,
        "share": round(known / counted, 4) if counted else 0.0,
        "by": {why: counts[why] for why in sorted(counts) if why not in (aside, "unknown")},
        "commonest_unmapped": missed.most_common(_SHOWN),
    }


def build_mimic(
    store: GraphStore,
    names: NameIndex,
    adjacency: Adjacency,
    source: Path,
    out: Path,
    *,
    candidates: int = 40,
    seed: int = 0,
    again: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Builds a data set of admissions; nothing is written but into `out`.

    Args:
        store, names, adjacency: the graph.
        source: the MIMIC-III folder.
        out: the data set's folder.
        candidates: of a question, 4 or more; even.
        seed: of the split, the negatives and their order.
        again: whether a finished data set may be replaced.
        progress: called stage by stage.

    Returns:
        The report that `kedrec.json` has: mapping rates, admissions, questions by split.

    Raises:
        UsageError: `candidates` can't be used; `out` holds something else.
        NotFoundError, DataError: the tables are missing, damaged, or nothing of them is in the graph.
    """
    if candidates < 4 or candidates % 2:
        raise UsageError(f"'candidates' is {candidates}.", "Give an even number of 4 or more.")
    told = progress or (lambda _stage, _done, _total: None)
    with Place(out, private=True).held(again=again) as place:
        tables = Tables(source, place.working)
        try:
            told("Reading the tables", 0, 4)
            titles, rows = tables.titles(), tables.prescriptions()
            admissions = list(tables.admissions())
            told("Reading the tables", 2, 4)
            found = _mapped(store, names, admissions, rows, titles)
            told("Reading the tables", 3, 4)
            texts = tables.notes()
            licence = tables.licence
        finally:
            tables.close()
        counts = _Counts(admissions=len(admissions))
        stays = _usable(stays_of(admissions, found), counts)
        if not stays:
            raise DataError(
                f"No admission of {source} has both a disease and a drug of the graph.",
                "Load a graph that has them: `kedrec-load graph hetionet`.",
            )
        asker = Asker(store, adjacency, stays, candidates=candidates, seed=seed, licence=licence)
        parts: dict[SplitName, list[Question]] = {split: [] for split in SPLITS}
        for number, stay in enumerate(stays):
            told("Writing questions", number, len(stays))
            question, left_out = asker.question(stay, texts.get(stay.hadm, ""))
            counts.left_out_answers += left_out
            parts[asker.splits[stay.subject]].append(question)
        report = {
            **mapping_report(admissions, rows, titles, found),
            "admissions": counts.admissions,
            "admissions_without_disease": counts.no_disease,
            "admissions_without_drug": counts.no_drug,
            "answers_left_out": counts.left_out_answers,
            "questions": {split: len(parts[split]) for split in SPLITS},
            "patients": dict(sorted(Counter(asker.splits.values()).items())),
            "with_notes": sum(bool(one.text) for part in parts.values() for one in part),
        }
        for split in SPLITS:
            write_questions(out, CONFIG, split, parts[split], private=True)
        options = {"candidates": candidates, "seed": seed}
        write_mimic_card(out, report, licence=licence, options=options)
        facts = {"graph": str(store.fingerprint()), "options": options, "licence": licence, "report": report}
        write_note(out, "mimic", [CONFIG], facts)
        place.finish()
    return report


def _mapped(
    store: GraphStore,
    names: NameIndex,
    admissions: Sequence[Admission],
    rows: Mapping[Written, int],
    titles: Mapping[str, str],
) -> Found:
    table = store.nodes("Disease", ["id", "xrefs"])
    xrefs = dict(zip(table["id"].to_pylist(), table["xrefs"].to_pylist(), strict=True))
    diseases = Diseases(names, xrefs)
    codes = {code for admission in admissions for code in admission.codes}
    return Found(
        {code: diseases.coded(code, titles.get(code, "")) for code in sorted(codes)},
        mapped(Drugs(names), rows),
    )


def _usable(stays: Sequence[Stay], counts: _Counts) -> list[Stay]:
    counts.no_disease = sum(not stay.diseases for stay in stays)
    counts.no_drug = sum(bool(stay.diseases) and not stay.drugs for stay in stays)
    return [stay for stay in stays if stay.diseases and stay.drugs]
