"""Prints, as Markdown, the best drugs for ten rare and ten common diseases.

python scripts/show_answers.py GRAPH > docs/answers.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import kedrec
from kedrec.cli.answer_table import mechanism_phrase

if TYPE_CHECKING:
    from kedrec.types import Answer, Recommendation

DISEASES = (
    "Duchenne muscular dystrophy",
    "lymphangioleiomyomatosis",
    "Gaucher disease",
    "cystic fibrosis",
    "Huntington's disease",
    "phenylketonuria",
    "Fabry disease",
    "sickle cell disease",
    "amyotrophic lateral sclerosis",
    "tuberous sclerosis",
    "multiple sclerosis",
    "type 2 diabetes mellitus",
    "hypertension",
    "asthma",
    "breast cancer",
    "schizophrenia",
    "gout",
    "rheumatoid arthritis",
    "epilepsy",
    "osteoporosis",
)
TOP = 5
HEAD = """# Twenty diseases

Made by `python scripts/show_answers.py GRAPH` on {graph}, graph {fingerprint}. {ranking}.

Ten rare diseases and ten common ones, chosen before any answer was seen. A known treatment is hidden while
its pair is scored; *baseline* is the probability from treatment counts alone. The last column is the best
path in words, without a language model.
"""


def row(recommendation: Recommendation) -> str:
    """A drug as a line of the table."""
    interval = f"{recommendation.probability:.3f} ({recommendation.low:.3f}-{recommendation.high:.3f})"
    best_path = recommendation.evidence[0].sentence if recommendation.evidence else "no path"
    cells = (
        f"{recommendation.rank}",
        recommendation.drug.name,
        recommendation.badge.standing,
        interval,
        f"{recommendation.prior:.3f}",
        mechanism_phrase(recommendation),
        ", ".join(flag for flag in recommendation.flags if flag not in ("known", "new")),
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
            "| rank | drug | status | probability (95 %) | baseline | mechanism | flags | best path |",
            "| ---: | --- | --- | --- | ---: | --- | --- | --- |",
            *(row(recommendation) for recommendation in answer),
        ]
    if answer.abstained:
        lines += [answer.abstained]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prints the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", help="URL of the graph")
    parser.add_argument("--name", default="the set `open`", help="what the graph is")
    arguments = parser.parse_args()
    with kedrec.open(arguments.graph) as kr:
        answers = [kr.recommend(disease, top=TOP, llm=False) for disease in DISEASES]
        ranking = kr.ranker.description[0].upper() + kr.ranker.description[1:]
        print(HEAD.format(graph=arguments.name, fingerprint=kr.fingerprint, ranking=ranking))
    print("\n".join(section(answer) for answer in answers))


if __name__ == "__main__":
    main()
