"""How well names resolve: the mentions of BioCreative V CDR against a graph's MeSH cross-references.

    python -m benchmarks.name_resolution --graph GRAPH [--data DIR] [--split Test] [--wrong]

A mention is covered when the graph has an entity of its kind with the MeSH id that the annotators gave it.
Of the covered mentions `NameIndex.resolve` finds the right entity, a wrong one, several (ambiguous) or none
(unknown); for those it doesn't resolve, the first candidate that the error names may be right. A mention
that isn't covered should resolve to nothing, but its entity may be in the graph without that MeSH id, so
that those that resolve can't be judged: their share is told. Composite mentions (two ids) and mentions
without an id are left out.

Corpus: Li et al. 2016, Database baw068 (BioCreative V CDR task corpus).
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import AmbiguousNameError, UnknownNameError
from kedrec.naming import NameIndex
from kedrec.settings import load_settings
from kedrec.stores import GraphStore, open_store

if TYPE_CHECKING:
    from kedrec.types import Entity, NameMatch

KINDS = {"Disease": ("Disease",), "Chemical": ("Drug", "Chemical")}
"""The corpus's types of mention, and the kinds that they are looked for among in turn: a chemical as a drug
first, and only what is no drug as a chemical."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as an abstract has it, its type, and the MeSH id of its annotation."""

    text: str
    type: str
    mesh: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mention: `right`, `wrong`, `ambiguous` or `unknown`; "" where it isn't covered.

    Attributes:
        why: how the resolved name matched, "" where it didn't resolve.
        first_right: whether the entity, or else the first candidate, is the right one.
        found: the entity it resolved to.
    """

    covered: bool
    state: str
    why: str
    first_right: bool
    found: Entity | None


def mentions(path: Path, split: str) -> Iterator[Mention]:
    """The mentions of a split (`Training`, `Development`, `Test`) that have exactly one MeSH id."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record["split"] == split:
                for _, _, text, type_, mesh in record["entities"]:
                    if mesh != "-1" and "|" not in mesh and "," not in mesh:
                        yield Mention(text, type_, mesh)


def entities_by_mesh(store: GraphStore, kinds: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """(kind, id) of the entities with each MeSH id, as their own or as a cross-reference."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    held = store.fingerprint().nodes
    for kind in (kind for kind in kinds if held.get(kind)):
        columns = store.nodes(kind, ["id", "xrefs"]).to_pydict()
        for id_, xrefs in zip(columns["id"], columns["xrefs"], strict=True):
            for curie in (id_, *xrefs):
                if curie.startswith("MESH:"):
                    found[curie.removeprefix("MESH:")].add((kind, id_))
    return found


def outcome(index: NameIndex, mention: Mention, right: set[tuple[str, str]]) -> Outcome:
    """Resolves one mention and judges it."""
    match: NameMatch | None = None
    candidates: list[NameMatch] = []
    state = "unknown"
    for kind in KINDS[mention.type]:
        try:
            match = index.resolved(mention.text, kind)
            break
        except (AmbiguousNameError, UnknownNameError) as error:
            candidates += [near for near in error.candidates if near.entity.kind in KINDS[mention.type]]
            if isinstance(error, AmbiguousNameError):
                state = "ambiguous"
                break
    if match is None:
        candidates.sort(key=lambda near: -near.score)
        first = bool(candidates) and (candidates[0].entity.kind, candidates[0].entity.id) in right
        return Outcome(bool(right), state, "", first, None)
    correct = (match.entity.kind, match.entity.id) in right
    return Outcome(bool(right), "right" if correct else "wrong", match.why, correct, match.entity)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _row(label: str, counted: Counter[Outcome]) -> str:
    everything = counted.total()
    covered = Counter({result: count for result, count in counted.items() if result.covered})
    total = covered.total()
    states: Counter[str] = Counter()
    for result, count in covered.items():
        states[result.state] += count
    first = sum(count for result, count in covered.items() if result.first_right)
    outside = sum(count for result, count in counted.items() if not result.covered and result.found)
    cells = (
        label,
        f"{everything:,}",
        _percent(total, everything),
        _percent(states["right"], total),
        _percent(states["wrong"], total),
        _percent(states["right"], states["right"] + states["wrong"]),
        _percent(states["ambiguous"], total),
        _percent(states["unknown"], total),
        _percent(first, total),
        _percent(outside, everything - total),
    )
    return f"| {' | '.join(cells)} |"


def _tables(outcomes: dict[str, dict[Mention, tuple[Outcome, int]]]) -> Iterator[str]:
    """Markdown: one line a type, split and way of counting; then precision by match kind."""
    yield (
        "| mentions | number | covered | right | wrong | right of resolved | ambiguous | unknown "
        "| top candidate right | not covered, yet resolved |"
    )
    yield "| --- |" + " --- |" * 9
    for type_ in KINDS:
        for split, results in outcomes.items():
            chosen = [pair for mention, pair in results.items() if mention.type == type_]
            for way, weigh in (("all", True), ("distinct", False)):
                counted: Counter[Outcome] = Counter()
                for result, count in chosen:
                    counted[result] += count if weigh else 1
                yield _row(f"{type_}, {split}, {way}", counted)
    yield ""
    yield "| match kind | type | distinct covered mentions resolved | right | wrong |"
    yield "| --- |" + " --- |" * 4
    by_why: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for results in outcomes.values():
        for mention, (result, _) in results.items():
            if result.covered and result.why:
                by_why[result.why, mention.type][result.state] += 1
    for (why, type_), states in sorted(by_why.items(), key=lambda item: -item[1].total()):
        right = _percent(states["right"], states.total())
        yield f"| {why} | {type_} | {states.total():,} | {right} | {states['wrong']:,} |"


def main() -> None:
    """Prints the tables for the splits asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.name_resolution", description=__doc__)
    parser.add_argument("--graph", help="URL of the graph; default as for `kedrec`")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with text/bc5cdr")
    parser.add_argument("--split", action="append", choices=["Training", "Development", "Test"])
    parser.add_argument("--wrong", action="store_true", help="list what resolved wrongly")
    arguments = parser.parse_args()
    settings = load_settings(graph=arguments.graph)
    corpus = arguments.data / "text" / "bc5cdr" / "records.jsonl.gz"
    outcomes: dict[str, dict[Mention, tuple[Outcome, int]]] = {}
    with open_store(settings.graph_url, settings) as store:
        right = {type_: entities_by_mesh(store, kinds) for type_, kinds in KINDS.items()}
        index = NameIndex.open(store, settings.cache_dir)
        for split in arguments.split or ["Training", "Development", "Test"]:
            counted = Counter(mentions(corpus, split))
            outcomes[split] = {
                mention: (outcome(index, mention, right[mention.type].get(mention.mesh, set())), count)
                for mention, count in counted.items()
            }
        print(f"Graph {store.fingerprint()}, {sum(store.fingerprint().nodes.values()):,} nodes.\n")
    print("\n".join(_tables(outcomes)))
    if arguments.wrong:
        for results in outcomes.values():
            for mention, (result, count) in sorted(results.items(), key=lambda item: -item[1][1]):
                if result.covered and result.state != "right":
                    print(count, mention, result.state, result.why, result.found, file=sys.stderr)


if __name__ == "__main__":
    main()
