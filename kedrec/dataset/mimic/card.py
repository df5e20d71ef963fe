"""The data card of a data set built from a user's own MIMIC-III."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedrec.dataset.data_card import front_matter, write_readme
from kedrec.dataset.mimic.hospital_tables import DEMO

__all__ = ["write_mimic_card"]

_CREDENTIALED = """\
**Credentialed data.** This folder was made from MIMIC-III, which PhysioNet gives to credentialed users who
signed its data use agreement. Everything in it, the questions and the notes' text above all, falls under that
agreement: keep it where the source is kept, don't publish it, and don't send it to a language model that
others run. (The MIMIC-III demo, 100 patients, is open under ODbL 1.0; these tables had no sign of being it.)
"""
_OPEN = """\
Made from the MIMIC-III Clinical Database Demo, which PhysioNet publishes under the Open Database License
(ODbL 1.0): say so where you publish this, and keep the licence. The same tables of the full MIMIC-III are
credentialed data of PhysioNet and may not be published.
"""


def write_mimic_card(
    folder: Path, report: Mapping[str, Any], *, licence: str, options: Mapping[str, Any]
) -> None:
    """Writes the data card.

    Args:
        folder: of the data set.
        report: returned by `build_mimic`.
        licence: of the tables.
        options: of the build.

    Raises:
        DataError: the disk refuses.
    """
    config = "admission"
    front = front_matter(
        [config],
        licence="odbl" if licence == DEMO else "other",
        name="MIMIC-III admissions",
    )
    questions = ", ".join(f"{split} {count:,}" for split, count in report["questions"].items())
    lines = [
        "# MIMIC-III admissions as questions",
        "",
        (_OPEN if licence == DEMO else _CREDENTIALED).rstrip(),
        "",
        f"Licence of the tables: {licence}.",
        "",
        "A question is a hospital stay: its diseases, candidates, and as answers the drugs that were",
        "prescribed in it. MIMIC-III doesn't say what a drug was prescribed for. Patients, never stays, are",
        "split.",
        "",
        "| | rows | set aside | in the graph | share |",
        "| --- | --- | --- | --- | --- |",
        _row("prescriptions (set aside: vehicles)", report["prescriptions"]),
        _row("diagnoses (set aside: V and E codes)", report["diagnoses"]),
        "",
        (
            f"Stays: {report['admissions']:,}; without a disease of the graph "
            f"{report['admissions_without_disease']:,}, without a drug of it "
            f"{report['admissions_without_drug']:,}. "
            f"Questions: {questions}; with notes {report['with_notes']:,}."
        ),
        "",
        "Notes are shown without discharge summaries, cut, and with the candidates' names as `[drug]`.",
        "",
        f"Built with {json.dumps(options, sort_keys=True)}.",
        "",
    ]
    write_readme(folder, front + "\n".join(lines))


def _row(label: str, part: Mapping[str, Any]) -> str:
    return f"| {label} | {part['rows']:,} | {part['aside']:,} | {part['mapped']:,} | {part['share']:.1%} |"
