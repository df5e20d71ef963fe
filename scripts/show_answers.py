"""Prints, as Markdown, the best drugs for 28 diseases and the paths of eight pairs, with a reader's verdicts.

python scripts/show_answers.py GRAPH > docs/answers.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import kedrec
from kedrec.rendering.answer_table import mechanism_phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kedrec.types import Answer, Recommendation

VERDICTS = Path(__file__).with_name("answer_verdicts.yaml")
RARE = (
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
)
COMMON = (
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
OTHERS = (
    "narcolepsy",
    "pulmonary arterial hypertension",
    "pancreatic cancer",
    "lupus",
    "Alzheimer's disease",
    "systemic sclerosis",
    "Wilson's disease",
    "COVID-19",
)
PAIRS = (
    ("imatinib", "chronic myeloid leukemia"),
    ("metformin", "type 2 diabetes"),
    ("sildenafil", "pulmonary arterial hypertension"),
    ("thalidomide", "multiple myeloma"),
    ("baricitinib", "rheumatoid arthritis"),
    ("sirolimus", "tuberous sclerosis"),
    ("riluzole", "amyotrophic lateral sclerosis"),
    ("nitisinone", "tyrosinemia type I"),
)
TOP = 5
HEAD = """# Answers, read as a pharmacologist reads them

Made by `python scripts/show_answers.py GRAPH` on {graph}, graph {fingerprint}. {ranking}.

Ten rare diseases, ten common ones, eight others and eight pairs, chosen before any answer was seen. A known
treatment is hidden while its pair is scored; *baseline* is the probability from treatment counts alone. The
last column is the best path in words, without a language model. *Before* is what a reader said of the answers
of an earlier version on Hetionet with DrugMechDB, *now* what one says of these
(`scripts/answer_verdicts.yaml`, of graph {read}).
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
        ", ".join(recommendation.flags[1:]),
        best_path,
    )
    return f"| {' | '.join(cells)} |"


def section(asked: str, answer: Answer, verdicts: Mapping[str, Mapping[str, str]]) -> str:
    """A disease's best drugs as a section."""
    lines = [f"## {answer.disease.name} ({answer.disease.id})", "", *verdict(verdicts.get(asked, {}))]
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


def verdict(read: Mapping[str, str]) -> list[str]:
    """What a reader said of an answer, as a paragraph."""
    return [f"*{when}:* {words}\n" for when, words in read.items()]


def pair_section(asked: str, pair: Recommendation, verdicts: Mapping[str, Mapping[str, str]]) -> str:
    """What is said of a drug and a disease as a section."""
    lines = [f"## {pair.drug.name} in {pair.disease.name}", "", *verdict(verdicts.get(asked, {}))]
    lines += [pair.verdict, "", f"Flags: {', '.join(pair.flags[1:]) or 'none'}.", ""]
    lines += [f"- {item.sentence} ({item.score:.0%}, {item.role})" for item in pair.evidence[:3]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prints the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", help="URL of the graph")
    parser.add_argument("--name", default="the set `open`", help="what the graph is")
    arguments = parser.parse_args()
    verdicts = yaml.safe_load(VERDICTS.read_text(encoding="utf-8"))
    with kedrec.open(arguments.graph) as kr:
        answers = {
            disease: kr.recommend(disease, top=TOP, llm=False) for disease in (*RARE, *COMMON, *OTHERS)
        }
        pairs = {" - ".join(pair): kr.explain(*pair) for pair in PAIRS}
        ranking = kr.ranker.description[0].upper() + kr.ranker.description[1:]
        read = verdicts.pop("graph")
        print(HEAD.format(graph=arguments.name, fingerprint=kr.fingerprint, ranking=ranking, read=read))
    print("\n".join(section(asked, answer, verdicts) for asked, answer in answers.items()))
    print("\n".join(pair_section(asked, pair, verdicts) for asked, pair in pairs.items()))


if __name__ == "__main__":
    main()
