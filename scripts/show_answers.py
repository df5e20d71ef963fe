"""Prints, as Markdown, the best drugs for ten diseases, three of them without a known treatment.

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


def row(recommendation: Recommendation) -> str:
    """A drug as a line of the table."""
    interval = f"{recommendation.probability:.3f} ({recommendation.low:.3f}-{recommendation.high:.3f})"
    coverage = f"{recommendation.coverage.paths:,} of {recommendation.coverage.metapaths} kinds"
    best_path = recommendation.evidence[0].sentence if recommendation.evidence else "no path"
    cells = (
        f"{recommendation.rank}",
        recommendation.drug.name,
        interval,
        f"{recommendation.prior:.3f}",
        f"{recommendation.drug_percentile:.0f}",
        recommendation.badge.standing,
        ", ".join(recommendation.flags),
        coverage,
        best_path,
    )
    return f"| {' | '.join(cells)} |"


def section(answer: Answer) -> str:
    """A disease's best drugs as a section."""
    lines = [f"## {answer.disease.name} ({answer.disease.id})", ""]
    if answer.recommendations:
        edges, treatments = answer[0].coverage.disease_edges, answer[0].coverage.disease_treatments
        lines += [
            f"{edges:,} edges; {treatments} known treatments beside the first.",
            "",
            "| rank | drug | probability (95 %) | prior | percentile | badge | flags | paths | best path |",
            "| ---: | --- | --- | ---: | ---: | --- | --- | --- | --- |",
            *(row(recommendation) for recommendation in answer),
        ]
    if answer.abstained:
        lines += [answer.abstained]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prints the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", help="URL of the graph")
    parser.add_argument("--name", default="Hetionet with DrugMechDB", help="what the graph is")
    arguments = parser.parse_args()
    with kedrec.open(arguments.graph) as kr:
        answers = [kr.recommend(disease, top=TOP, llm=False) for disease in DISEASES]
        ranking = kr.ranker.description[0].upper() + kr.ranker.description[1:]
        print(HEAD.format(graph=arguments.name, fingerprint=kr.fingerprint, ranking=ranking))
    print("\n".join(section(answer) for answer in answers))


if __name__ == "__main__":
    main()
