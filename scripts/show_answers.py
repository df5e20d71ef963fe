"""Prints, as Markdown, what the ranking says of ten diseases, three of them without a known treatment.

python scripts/show_answers.py GRAPH > docs/answers.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import kedrec

if TYPE_CHECKING:
    from kedrec.types import Answer, Recommendation

DISEASES = (
    "multiple sclerosis",
    "type 2 diabetes mellitus",
    "hypertension",
    "asthma",
    "breast cancer",
    "schizophrenia",
    "gout",
    "idiopathic pulmonary fibrosis",
    "celiac disease",
    "Creutzfeldt-Jakob disease",
)
TOP = 5
HEAD = """# Ten diseases

Made by `python scripts/show_answers.py GRAPH` on {graph}, graph {fingerprint}. {ranking}.

Diseases were chosen for their areas, the last three because the graph knows no treatment of them, before any
answer was seen. A known treatment is hidden while its pair is scored. *Prior* is the probability from numbers
of treatments alone, *percentile* that of the drug's mean score over all diseases: high is a drug that ranks
high for whatever is asked.
"""


def row(one: Recommendation) -> str:
    """One drug as a line of the table."""
    interval = f"{one.probability:.3f} ({one.low:.3f}-{one.high:.3f})"
    coverage = f"{one.coverage.paths:,} of {one.coverage.metapaths} kinds"
    best = one.evidence[0].sentence if one.evidence else "no path"
    return (
        f"| {one.rank} | {one.drug.name} | {interval} | {one.prior:.3f} | {one.drug_percentile:.0f} | "
        f"{one.badge.standing} | {', '.join(one.flags)} | {coverage} | {best} |"
    )


def section(answer: Answer) -> str:
    """One disease's best drugs."""
    lines = [f"## {answer.disease.name} ({answer.disease.id})", ""]
    if answer.recommendations:
        known = answer[0].coverage
        lines += [
            f"{known.disease_edges:,} edges; {known.disease_treatments} known treatments beside the first.",
            "",
            "| rank | drug | probability (95 %) | prior | percentile | badge | flags | paths | best path |",
            "| ---: | --- | --- | ---: | ---: | --- | --- | --- | --- |",
            *(row(one) for one in answer),
        ]
    if answer.abstained:
        lines += [answer.abstained]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prints the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", help="URL of the graph")
    parser.add_argument("--name", default="Hetionet with DrugMechDB", help="what the graph is")
    given = parser.parse_args()
    with kedrec.open(given.graph) as kr:
        answers = [kr.recommend(disease, top=TOP, llm=False) for disease in DISEASES]
        ranking = kr.ranker.description[0].upper() + kr.ranker.description[1:]
        print(HEAD.format(graph=given.name, fingerprint=kr.fingerprint, ranking=ranking))
    print("\n".join(section(answer) for answer in answers))


if __name__ == "__main__":
    main()
