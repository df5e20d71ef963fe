"""Builds questions from a hospital's admissions: which of these drugs were prescribed in this stay?

MIMIC-III lists a patient's diagnoses and prescriptions without linking them. So a question is an admission:
its diseases in the hospital's order of weight (the first that the graph has is `disease`), and as answers
every drug of the graph that was prescribed in it.

A question has the same number of candidates whatever the number of answers, so that the number reveals
nothing: at most half are answers (further prescribed drugs are dropped), the others were not prescribed in
the stay. Half of the negatives are prescribed to about as many other patients of the training part as an
answer (`frequency-matched`), half are nearest to an answer in the graph among the drugs prescribed there
(`hard`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.dataset.build_folder import BuildFolder
from kedrec.dataset.hf_folder import SPLITS, SplitName, write_note, write_questions
from kedrec.dataset.mimic.card import write_mimic_card
from kedrec.dataset.mimic.hospital_tables import HospitalTables
from kedrec.dataset.mimic.icd9 import CodeMatch, DiseaseIndex
from kedrec.dataset.mimic.prescriptions import DrugIndex, Prescription, PrescriptionMatch, match_prescriptions
from kedrec.dataset.mimic.spreadsheet_damage import product_code
from kedrec.dataset.mimic.stay_questions import Stay, StayQuestions
from kedrec.errors import DataError, UsageError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.mimic.hospital_tables import Admission
    from kedrec.dataset.question_types import Question
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["CONFIG", "GraphMatches", "build_mimic", "mapping_report", "stays_of"]

CONFIG = "admission"
_COMMONEST = 20  # unmapped names in the report


@dataclass(frozen=True)
class GraphMatches:
    """The graph's diseases and drugs for every code and prescription of a folder.

    Attributes:
        diseases: ICD-9 code -> its diseases.
        drugs: prescription -> its drugs.
    """

    diseases: Mapping[str, CodeMatch]
    drugs: Mapping[Prescription, PrescriptionMatch]


@dataclass
class _Counts:
    """Numbers of admissions, and of answers dropped."""

    admissions: int = 0
    no_disease: int = 0
    no_drug: int = 0
    dropped_answers: int = 0


def stays_of(admissions: Iterable[Admission], matches: GraphMatches) -> list[Stay]:
    """The admissions in the graph's ids, those without a disease or a drug of the graph included."""
    return [
        Stay(
            admission.subject,
            admission.hadm,
            tuple(dict.fromkeys(id_ for code in admission.codes for id_ in matches.diseases[code].ids)),
            tuple(sorted({id_ for item in admission.prescriptions for id_ in matches.drugs[item].ids})),
        )
        for admission in admissions
    ]


def mapping_report(
    admissions: Sequence[Admission],
    rows: Mapping[Prescription, int],
    titles: Mapping[str, str],
    matches: GraphMatches,
) -> dict[str, Any]:
    """The mapping rates of a folder, as plain data: rows by reason, and the commonest unmapped names.

    Args:
        admissions: of the folder.
        rows: prescription -> its number of rows.
        titles: ICD-9 code -> its title.
        matches: the graph's diseases and drugs.
    """
    drug_reasons: Counter[str] = Counter()
    unknown_drugs: Counter[str] = Counter()
    rounded = 0
    for prescription, count in rows.items():
        why = matches.drugs[prescription].why
        rounded += count if prescription.ndc.strip() and not product_code(prescription.ndc) else 0
        drug_reasons[why] += count
        if why == "unknown":
            unknown_drugs[prescription.drug.strip()] += count
    code_reasons: Counter[str] = Counter()
    unknown_codes: Counter[str] = Counter()
    for admission in admissions:
        for code in admission.codes:
            reason = matches.diseases[code].why
            code_reasons[reason] += 1
            if reason == "unknown":
                unknown_codes[f"{code} {titles.get(code, '')}".strip()] += 1
    return {
        "prescriptions": _mapping_rates(drug_reasons, "vehicle", unknown_drugs)
        | {"rounded_products": rounded},
        "diagnoses": _mapping_rates(code_reasons, "supplementary", unknown_codes),
    }


def _mapping_rates(counts: Counter[str], aside: str, unknown: Counter[str]) -> dict[str, Any]:
    """The numbers of rows by reason; those of the reason `aside` don't count towards the share."""
    rows = sum(counts.values())
    counted = rows - counts[aside]
    mapped_rows = counted - counts["unknown"]
    return {
        "rows": rows,
        "aside": counts[aside],
        "mapped": mapped_rows,
        "share": round(mapped_rows / counted, 4) if counted else 0.0,
        "by": {why: counts[why] for why in sorted(counts) if why not in (aside, "unknown")},
        "commonest_unmapped": unknown.most_common(_COMMONEST),
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
    """Builds a data set of admissions; writes nothing outside `out`.

    Args:
        store, names, adjacency: the graph.
        source: the MIMIC-III folder.
        out: the data set's folder.
        candidates: of a question, 4 or more; even.
        seed: of the split, the negatives and their order.
        again: a finished data set may be replaced.
        progress: called with the stage, the steps done and their total.

    Returns:
        The report of `kedrec.json`: mapping rates, admissions, questions by split.

    Raises:
        UsageError: `candidates` can't be used; `out` holds something else.
        NotFoundError, DataError: the tables are missing or damaged, or the graph has nothing of them.
    """
    if candidates < 4 or candidates % 2:
        raise UsageError(f"'candidates' is {candidates}.", "Give an even number of 4 or more.")
    report_progress = progress or (lambda _stage, _done, _total: None)
    with BuildFolder(out, private=True).locked(again=again) as build_folder:
        tables = HospitalTables(source, build_folder.working)
        try:
            report_progress("Reading the tables", 0, 4)
            titles, rows = tables.titles(), tables.prescriptions()
            admissions = list(tables.admissions())
            report_progress("Reading the tables", 2, 4)
            matches = _match(store, names, admissions, rows, titles)
            report_progress("Reading the tables", 3, 4)
            texts = tables.notes()
            licence = tables.licence
        finally:
            tables.close()
        counts = _Counts(admissions=len(admissions))
        stays = _usable(stays_of(admissions, matches), counts)
        if not stays:
            raise DataError(
                f"No admission of {source} has both a disease and a drug of the graph.",
                "Load a graph that has them: `kedrec-load graph hetionet`.",
            )
        builder = StayQuestions(store, adjacency, stays, candidates=candidates, seed=seed, licence=licence)
        questions: dict[SplitName, list[Question]] = {split: [] for split in SPLITS}
        for number, stay in enumerate(stays):
            report_progress("Writing questions", number, len(stays))
            question, dropped = builder.question(stay, texts.get(stay.hadm, ""))
            counts.dropped_answers += dropped
            questions[builder.splits[stay.subject]].append(question)
        report = {
            **mapping_report(admissions, rows, titles, matches),
            "admissions": counts.admissions,
            "admissions_without_disease": counts.no_disease,
            "admissions_without_drug": counts.no_drug,
            "answers_left_out": counts.dropped_answers,
            "questions": {split: len(questions[split]) for split in SPLITS},
            "patients": dict(sorted(Counter(builder.splits.values()).items())),
            "with_notes": sum(bool(question.text) for part in questions.values() for question in part),
        }
        build_folder.remove_note()
        for split in SPLITS:
            write_questions(out, CONFIG, split, questions[split], private=True)
        options = {"candidates": candidates, "seed": seed}
        write_mimic_card(out, report, licence=licence, options=options)
        provenance = {
            "graph": str(store.fingerprint()),
            "options": options,
            "licence": licence,
            "report": report,
        }
        write_note(out, "mimic", [CONFIG], provenance)
        build_folder.finish()
    return report


def _match(
    store: GraphStore,
    names: NameIndex,
    admissions: Sequence[Admission],
    rows: Mapping[Prescription, int],
    titles: Mapping[str, str],
) -> GraphMatches:
    """Maps every code and prescription to the graph."""
    table = store.nodes("Disease", ["id", "xrefs"])
    xrefs = dict(zip(table["id"].to_pylist(), table["xrefs"].to_pylist(), strict=True))
    diseases = DiseaseIndex(names, xrefs)
    codes = {code for admission in admissions for code in admission.codes}
    return GraphMatches(
        {code: diseases.match(code, titles.get(code, "")) for code in sorted(codes)},
        match_prescriptions(DrugIndex(names), rows),
    )


def _usable(stays: Sequence[Stay], counts: _Counts) -> list[Stay]:
    """The stays with both a disease and a drug; counts the others."""
    counts.no_disease = sum(not stay.diseases for stay in stays)
    counts.no_drug = sum(bool(stay.diseases) and not stay.drugs for stay in stays)
    return [stay for stay in stays if stay.diseases and stay.drugs]
