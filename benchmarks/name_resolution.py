"""Accuracy of name resolution: mentions of BioCreative V CDR against a graph's MeSH cross-references.

    python -m benchmarks.name_resolution --graph GRAPH [--data DIR] [--split Test] [--wrong]
    python -m benchmarks.disease_names --graph GRAPH [--data DIR]        (lists of diseases, by published ids)

A mention is covered if the graph has an entity of its kind with the MeSH id of its annotation. A covered
mention resolves to the right entity, a wrong one, several (ambiguous) or none (unknown); for the last two,
the first candidate that the error lists may be right. A mention that isn't covered should resolve to nothing,
but its entity may be in the graph without that MeSH id, so that those that resolve can't be judged: only
their share is reported. Composite mentions (two ids) and mentions without an id are skipped.

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
"""Kinds of entity for each of the corpus's types of mention, tried in order: a chemical first as a drug."""


@dataclass(frozen=True, slots=True)
class AnnotatedMention:
    """A name in an abstract, its type, and the MeSH id of its annotation."""

    text: str
    type: str
    mesh: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """Result of resolving a mention.

    Attributes:
        covered: whether the graph has the annotated entity.
        state: `right`, `wrong`, `ambiguous` or `unknown`.
        why: the kind of match, "" for an unresolved mention.
        first_right: whether the entity, or else the first candidate, is the right one.
        resolved_entity: the entity; None for an unresolved mention.
    """

    covered: bool
    state: str
    why: str
    first_right: bool
    resolved_entity: Entity | None


def mentions(path: Path, split: str) -> Iterator[AnnotatedMention]:
    """Yields the mentions of a split (`Training`, `Development`, `Test`) with exactly one MeSH id."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record["split"] == split:
                for _, _, text, type_, mesh in record["entities"]:
                    if mesh != "-1" and "|" not in mesh and "," not in mesh:
                        yield AnnotatedMention(text, type_, mesh)


def entities_by_mesh(store: GraphStore, kinds: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """Entities, as (kind, id), by MeSH id: their own id or a cross-reference."""
    entities: dict[str, set[tuple[str, str]]] = defaultdict(set)
    node_counts = store.fingerprint().nodes
    for kind in (kind for kind in kinds if node_counts.get(kind)):
        columns = store.nodes(kind, ["id", "xrefs"]).to_pydict()
        for id_, xrefs in zip(columns["id"], columns["xrefs"], strict=True):
            for curie in (id_, *xrefs):
                if curie.startswith("MESH:"):
                    entities[curie.removeprefix("MESH:")].add((kind, id_))
    return entities


def resolve(index: NameIndex, mention: AnnotatedMention, right: set[tuple[str, str]]) -> Resolution:
    """Resolves one mention and compares it with the right entities."""
    match: NameMatch | None = None
    candidates: list[NameMatch] = []
    state = "unknown"
    for kind in KINDS[mention.type]:
        try:
            match = index.resolve_match(mention.text, kind)
            break
        except (AmbiguousNameError, UnknownNameError) as error:
            candidates += [near for near in error.candidates if near.entity.kind in KINDS[mention.type]]
            if isinstance(error, AmbiguousNameError):
                state = "ambiguous"
                break
    if match is None:
        candidates.sort(key=lambda near: -near.score)
        first = bool(candidates) and (candidates[0].entity.kind, candidates[0].entity.id) in right
        return Resolution(bool(right), state, "", first, None)
    correct = (match.entity.kind, match.entity.id) in right
    return Resolution(bool(right), "right" if correct else "wrong", match.why, correct, match.entity)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _table_row(label: str, counts: Counter[Resolution]) -> str:
    mention_count = counts.total()
    covered = Counter({result: count for result, count in counts.items() if result.covered})
    total = covered.total()
    states: Counter[str] = Counter()
    for result, count in covered.items():
        states[result.state] += count
    first_right = sum(count for result, count in covered.items() if result.first_right)
    resolved_uncovered = sum(
        count for result, count in counts.items() if not result.covered and result.resolved_entity
    )
    cells = (
        label,
        f"{mention_count:,}",
        _percent(total, mention_count),
        _percent(states["right"], total),
        _percent(states["wrong"], total),
        _percent(states["right"], states["right"] + states["wrong"]),
        _percent(states["ambiguous"], total),
        _percent(states["unknown"], total),
        _percent(first_right, total),
        _percent(resolved_uncovered, mention_count - total),
    )
    return f"| {' | '.join(cells)} |"


def _tables(resolutions: dict[str, dict[AnnotatedMention, tuple[Resolution, int]]]) -> Iterator[str]:
    """Yields Markdown lines: results by type, split and way of counting; then precision by kind of match."""
    yield (
        "| mentions | number | covered | right | wrong | right of resolved | ambiguous | unknown "
        "| top candidate right | not covered, yet resolved |"
    )
    yield "| --- |" + " --- |" * 9
    for type_ in KINDS:
        for split, results in resolutions.items():
            results_of_type = [pair for mention, pair in results.items() if mention.type == type_]
            for counting, weighted in (("all", True), ("distinct", False)):
                counts: Counter[Resolution] = Counter()
                for result, count in results_of_type:
                    counts[result] += count if weighted else 1
                yield _table_row(f"{type_}, {split}, {counting}", counts)
    yield ""
    yield "| match kind | type | distinct covered mentions resolved | right | wrong |"
    yield "| --- |" + " --- |" * 4
    by_why: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for results in resolutions.values():
        for mention, (result, _) in results.items():
            if result.covered and result.why:
                by_why[result.why, mention.type][result.state] += 1
    for (why, type_), states in sorted(by_why.items(), key=lambda item: -item[1].total()):
        right = _percent(states["right"], states.total())
        yield f"| {why} | {type_} | {states.total():,} | {right} | {states['wrong']:,} |"


def main() -> None:
    """Prints the tables for the chosen splits."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.name_resolution", description=__doc__)
    parser.add_argument("--graph", help="URL of the graph; default as for `kedrec`")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with text/bc5cdr")
    parser.add_argument("--split", action="append", choices=["Training", "Development", "Test"])
    parser.add_argument("--wrong", action="store_true", help="list what resolved wrongly")
    arguments = parser.parse_args()
    settings = load_settings(graph=arguments.graph)
    corpus = arguments.data / "text" / "bc5cdr" / "records.jsonl.gz"
    resolutions: dict[str, dict[AnnotatedMention, tuple[Resolution, int]]] = {}
    with open_store(settings.graph_url, settings) as store:
        right = {type_: entities_by_mesh(store, kinds) for type_, kinds in KINDS.items()}
        index = NameIndex.open(store, settings.cache_dir)
        for split in arguments.split or ["Training", "Development", "Test"]:
            counted = Counter(mentions(corpus, split))
            resolutions[split] = {
                mention: (resolve(index, mention, right[mention.type].get(mention.mesh, set())), count)
                for mention, count in counted.items()
            }
        print(f"Graph {store.fingerprint()}, {sum(store.fingerprint().nodes.values()):,} nodes.\n")
    print("\n".join(_tables(resolutions)))
    if arguments.wrong:
        for results in resolutions.values():
            for mention, (result, count) in sorted(results.items(), key=lambda item: -item[1][1]):
                if result.covered and result.state != "right":
                    print(count, mention, result.state, result.why, result.resolved_entity, file=sys.stderr)


if __name__ == "__main__":
    main()
