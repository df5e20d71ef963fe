"""Checks what answers offer as evidence, on many diseases, drugs and paths of a graph drawn at random.

    python scripts/check_evidence.py GRAPH [--diseases 200] [--top 5] [--treatments 500] [--paths 5000]
        [--state FILE] [--seconds 600]

Four counts, each of which should be 0:

- contradictions: drugs said to have no path for which `explain` prints evidence, or the other way round;
- withheld: known treatments whose best path the language model isn't given;
- opposite: supporting paths along which the drug acts against a treatment of the disease on their common
  target, or furthers the disease. Signs are read from the graph's own edges by the table below, not by the
  product's rules;
- generic: first paths through a protein that handles drugs, a side effect or a site.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from functools import partial
from itertools import count, product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import kedrec
from kedrec.llm.prompting import rationale_request
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kedrec.llm.base import Message
    from kedrec.types import Evidence, Recommendation

Notes = list[tuple[str, str, bool]]
"""Subject of a check, an example, and whether it is bad."""

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
               "PALLIATES": -1, "PRESENTS": 1, "IS_A": 1, "METABOLIZED_TO": 1}  # fmt: skip
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


def evidence_notes(kr: kedrec.Kedrec, pair: Recommendation) -> Notes:
    """Whether the first path of a pair is generic, and whether each of its paths is opposite."""
    paths = [item for item in pair.evidence if item.path is not None]
    notes = [("generic", item.sentence, is_generic(item)) for item in paths[:1]]
    return notes + [("opposite", item.sentence, is_opposite(kr, item)) for item in paths]


def contradiction(pair: Recommendation) -> tuple[str, str, bool]:
    """Whether a pair has evidence and a reason for having none."""
    example = f"{pair.drug.id} {pair.disease.id}"
    return ("contradictions", example, bool(pair.evidence) == bool(pair.coverage.reason))


def treatment_notes(kr: kedrec.Kedrec, drug: str, disease: str) -> Notes:
    """The notes on a known treatment: with what the language model is given of its evidence."""
    pair = kr.explain(drug, disease, background="none")
    notes = [contradiction(pair), *evidence_notes(kr, pair)]
    if pair.evidence:
        prompt = rationale_request(
            pair.drug, pair.disease, pair.evidence, pair.adverse, count_tokens=words, context=CONTEXT,
            max_tokens=ANSWER, seed=1, grammar=False,
        )  # fmt: skip
        best = pair.evidence[0]
        notes.append(("withheld", best.sentence, best.id not in prompt.included))
    return notes


def disease_notes(kr: kedrec.Kedrec, disease: str, top: int) -> Notes:
    """The notes on a disease's best drugs, and on those that were passed over."""
    answer = kr.recommend(disease, top=top, llm=False, background="none")
    notes = [note for pair in answer for note in (contradiction(pair), *evidence_notes(kr, pair))]
    for over in answer.passed[:top]:
        evidence = kr.explain(over.entity.id, disease, background="none").evidence
        example = f"{over.entity.id} {disease}"
        notes.append(("contradictions", example, bool(evidence) != over.has_evidence))
    return notes


def drawn_notes(kr: kedrec.Kedrec, draw: random.Random) -> Notes:
    """The notes on a disease drawn at random with one of its best drugs, and with one of all drugs."""
    disease = draw.choice(kr.disease_ids())
    drugs = kr.store.nodes("Drug", ["id"])["id"].to_pylist()
    best = kr.ranker.rank(disease)[:25]
    return [
        note
        for drug in (draw.choice(best).drug, draw.choice(sorted(drugs)))
        for note in evidence_notes(kr, kr.explain(drug, disease, paths=12, background="none"))
    ]


class Progress:
    """The notes so far, by the name of what they are on; stored in a file, so that a run can go on.

    Args:
        path: the file, a JSON array a line; None: nothing is stored.
        seconds: after which no further notes are taken.
    """

    def __init__(self, path: Path | None, seconds: float) -> None:
        self.notes: dict[str, Notes] = {}
        self._path, self._end = path, time.monotonic() + seconds
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                name, notes = json.loads(line)
                self.notes[name] = [(what, example, bad) for what, example, bad in notes]

    @property
    def is_over(self) -> bool:
        """True if the time is over."""
        return time.monotonic() > self._end

    def take(self, name: str, notes: Callable[[], Notes]) -> None:
        """Takes the notes on one thing, unless they are there or the time is over."""
        if name in self.notes or self.is_over:
            return
        self.notes[name] = notes()
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, self.notes[name]]) + "\n")

    def count(self, what: str) -> int:
        """The number of notes of a kind."""
        return sum(note[0] == what for notes in self.notes.values() for note in notes)


def main() -> int:
    """Prints the counts with examples; returns 1 if one is above 0, 3 if the time was over before the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("graph", help="URL of the graph")
    for name, default in (("diseases", 200), ("top", 5), ("treatments", 500), ("paths", 5000), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--examples", type=int, default=1, help="examples of each kind to print")
    parser.add_argument("--state", type=Path, help="file of what was looked at; a later run goes on with it")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after these; --state goes on")
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311  # a sample, no secret
    progress = Progress(options.state, options.seconds)
    with kedrec.open(options.graph) as kr:
        treated = sorted(
            {
                pair
                for batch in kr.store.edges("TREATS", "Drug", "Disease", ["start", "end"])
                for pair in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            }
        )
        for pair in draw.sample(treated, min(options.treatments, len(treated))):
            progress.take(f"treatment {pair}", partial(treatment_notes, kr, *pair))
        diseases = kr.disease_ids()
        for disease in draw.sample(diseases, min(options.diseases, len(diseases))):
            progress.take(f"disease {disease}", partial(disease_notes, kr, disease, options.top))
        for index in count():
            if progress.count("opposite") >= options.paths or progress.is_over:
                break
            drawn = random.Random(f"{options.seed} {index}")  # noqa: S311  # a sample, no secret
            progress.take(f"drawn {index}", partial(drawn_notes, kr, drawn))
    notes = [note for item in progress.notes.values() for note in item]
    for what in ("contradictions", "withheld", "opposite", "generic"):
        examples = [example for name, example, bad in notes if name == what and bad]
        line = f"{what}: {len(examples)} of {progress.count(what):,}"
        print("\n  ".join([line, *examples[: options.examples]]), flush=True)
    if progress.is_over:
        return 3
    return int(any(bad for _, _, bad in notes))


if __name__ == "__main__":
    sys.exit(main())
