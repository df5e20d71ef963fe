"""Checks what answers offer as evidence, on many diseases, drugs and paths of a graph drawn at random.

    python scripts/check_evidence.py GRAPH [--diseases 200] [--top 5] [--treatments 500] [--paths 5000]

Four counts, each of which should be 0:

- contradictions: drugs passed over or said to have no path, for which `explain` prints evidence;
- withheld: known treatments whose best path the language model isn't given;
- opposite: supporting paths along which the drug acts against a treatment of the disease on their common
  target, or furthers the disease. Signs are read from the graph's own edges by the table below, not by the
  product's rules;
- generic: first paths through a protein that handles drugs, a side effect or a site.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import kedrec
from kedrec.llm.prompting import rationale_request
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kedrec.llm.base import Message
    from kedrec.types import Evidence, Recommendation

RAISE = {
    "agonist", "partial agonist", "activator", "positive modulator", "stimulator", "inducer", "replacement",
    "chaperone", "increases activity of", "positively regulates", "increases abundance of", "produces",
    "increases transport of", "increases stability of", "increases response to", "positively correlated with",
    "gain of function", "precedes", "exacerbates",
}  # fmt: skip
LOWER = {
    "inhibitor", "antagonist", "inverse agonist", "blocker", "negative modulator", "antibody", "suppressor",
    "degrader", "chelator", "decreases activity of", "negatively regulates", "decreases abundance of",
    "disrupts", "increases degradation of", "decreases uptake of", "negatively correlated with",
    "loss of function",
}  # fmt: skip
BY_RELATION = {"UPREGULATES": 1, "DOWNREGULATES": -1, "CAUSES": 1, "CONTRIBUTES_TO": 1, "TREATS": -1,
               "PALLIATES": -1,               "PRESENTS": 1, "IS_A": 1, "METABOLIZED_TO": 1}  # fmt: skip
HANDLING = re.compile(
    r"CYP[123][A-Z]\d+|UGT\d.*|SULT\d.*|ABCB1|ABCC[1-6]|ABCG2|SLCO.*|SLC22A[1-8]|ALB|ORM[12]|CES[12]|NAT[12]"
)
ENDS = ("gain of function", "loss of function", "causal")
CONTEXT, ANSWER = 4096, 200  # tokens of the tuned model


def signs(action: str, relation: str) -> set[int]:
    """The signs of one edge; an empty set if it has none."""
    if relation in ("TREATS", "PALLIATES"):
        return {-1}
    if action == "affects risk for":
        return set()
    if action in RAISE:
        return {1}
    if action in LOWER:
        return {-1}
    return {BY_RELATION[relation]} if relation in BY_RELATION else set()


def is_opposite(kr: kedrec.Kedrec, item: Evidence) -> bool:
    """True if a path's edges in the graph say, in any combination, that the drug furthers the disease."""
    path = item.path
    if path is None:
        return False
    choices = []
    for index, step in enumerate(path.steps):
        ends = path.nodes[index], path.nodes[index + 1]
        found: set[int] = set()
        for start, end in (ends, ends[::-1]):
            for row in (
                kr.store.edges_between(step.relation, start.kind, end.kind, [start.id], [end.id])
                if ((start.kind, end.kind) in load_schema().relations[step.relation].pairs)
                else ()
            ):
                found |= signs(row["edge"].get("action") or "", step.relation)
        choices.append(found)
    shared = [step.relation in ("BINDS", "AFFECTS") for step in path.steps[:2]]
    if len(path.steps) > 2 and all(shared) and path.steps[0].forward and not path.steps[1].forward:
        return any(first != second for first, second in product(*choices[:2]))
    return all(choices) and any(prod(choice) > 0 for choice in product(*choices))


def is_generic(item: Evidence) -> bool:
    """True for a path through a side effect, a site, or a protein that handles drugs and is no target."""
    path = item.path
    if path is None:
        return False
    if any(step.relation == "EXPRESSED_IN" for step in path.steps):
        return True
    if any(node.kind == "SideEffect" for node in path.nodes):
        return True
    for index, node in enumerate(path.nodes[1:-1]):
        edges, onward = path.steps[index].edges, path.steps[index + 1].edges
        curated = any(edge.mechanisms for edge in edges)
        of_disease = any(edge.action in ENDS for edge in onward)
        target = any("(target)" in edge.evidence or "mechanism of action" in edge.evidence for edge in edges)
        if node.kind == "Gene" and HANDLING.fullmatch(node.name) and not (curated or of_disease or target):
            return True
    return False


def words(messages: Sequence[Message]) -> int:
    """An estimate of tokens."""
    return sum(len(message.content) // 3 for message in messages)


def drawn_pairs(kr: kedrec.Kedrec, draw: random.Random) -> Iterator[Recommendation]:
    """Explanations of pairs: of a disease, one among its best drugs and one among all."""
    diseases, drugs = kr.disease_ids(), sorted(kr.store.nodes("Drug", ["id"])["id"].to_pylist())
    while True:
        disease = draw.choice(diseases)
        best = kr.ranker.rank(disease)[:25]
        for drug in (draw.choice(best).drug, draw.choice(drugs)):
            yield kr.explain(drug, disease, paths=12, background="none")


def main() -> int:
    """Prints the counts with examples; returns 1 if one is above 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("graph", help="URL of the graph")
    for name, default in (("diseases", 200), ("top", 5), ("treatments", 500), ("paths", 5000), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311  # a sample, no secret
    counts = Counter[tuple[str, str]]()
    examples: dict[str, str] = {}
    with kedrec.open(options.graph) as kr:

        def note(what: str, example: str, *, bad: bool) -> None:
            counts[what, "all"] += 1
            if bad:
                counts[what, "bad"] += 1
                examples.setdefault(what, example)

        def note_evidence(pair: Recommendation) -> None:
            if pair.evidence:
                note("generic", pair.evidence[0].sentence, bad=is_generic(pair.evidence[0]))
            for item in pair.evidence:
                if item.path is not None and counts["opposite", "all"] < options.paths:
                    note("opposite", item.sentence, bad=is_opposite(kr, item))

        treated = sorted(
            {
                pair
                for batch in kr.store.edges("TREATS", "Drug", "Disease", ["start", "end"])
                for pair in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            }
        )
        for drug, disease in draw.sample(treated, min(options.treatments, len(treated))):
            pair = kr.explain(drug, disease, background="none")
            if pair.evidence:
                prompt = rationale_request(
                    pair.drug, pair.disease, pair.evidence, pair.adverse, count_tokens=words, context=CONTEXT,
                    max_tokens=ANSWER, seed=1, grammar=False,
                )  # fmt: skip
                note("withheld", pair.evidence[0].sentence, bad=pair.evidence[0].id not in prompt.included)
            note("contradictions", f"{drug} {disease}", bad=bool(pair.evidence) == bool(pair.coverage.reason))
            note_evidence(pair)
        for disease in draw.sample(kr.disease_ids(), min(options.diseases, len(kr.disease_ids()))):
            answer = kr.recommend(disease, top=options.top, llm=False, background="none")
            for pair in answer:
                note(
                    "contradictions",
                    f"{pair.drug.id} {disease}",
                    bad=bool(pair.evidence) == bool(pair.coverage.reason),
                )
                note_evidence(pair)
            for over in answer.passed[: options.top]:
                evidence = kr.explain(over.entity.id, disease, background="none").evidence
                note("contradictions", f"{over.entity.id} {disease}", bad=bool(evidence))
        for pair in drawn_pairs(kr, draw):
            if counts["opposite", "all"] >= options.paths:
                break
            note_evidence(pair)
    for what in ("contradictions", "withheld", "opposite", "generic"):
        line = f"{what}: {counts[what, 'bad']} of {counts[what, 'all']:,}"
        print(line + (f", such as {examples[what]}" if what in examples else ""), flush=True)
    return int(any(counts[what, "bad"] for what, _ in [*counts]))


if __name__ == "__main__":
    sys.exit(main())
