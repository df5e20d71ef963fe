"""How often a rationale begins with a path that a curator drew for the pair, and the evidence does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.evidence.mechanisms import read_indications

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from kedrec.common.progress import Progress
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.stores import GraphStore
    from kedrec.types import Evidence, Rationale

__all__ = ["CuratedFirsts", "DrawnPaths", "count_curated_firsts", "read_drawn_paths"]

DrawnPaths = dict[tuple[str, str], set[tuple[str, ...]]]
"""Ids of drug and disease -> ids of the inner nodes of each curated path."""


@dataclass(frozen=True, slots=True)
class CuratedFirsts:
    """Counts over pairs.

    Attributes:
        pairs: with a curated path of their own among their evidence.
        in_text: of these, whose rationale cites one first.
        in_evidence: of these, whose evidence has one first.
    """

    pairs: int
    in_text: int
    in_evidence: int


def read_drawn_paths(store: GraphStore, progress: Progress | None = None) -> DrawnPaths:
    """Reads the curated paths of a graph's pairs."""
    drawn: DrawnPaths = defaultdict(set)
    for indication in read_indications(store, progress):
        for path in indication.paths:
            drawn[indication.drug, indication.disease].add(tuple(id_ for _, id_ in path))
    return dict(drawn)


def count_curated_firsts(
    pairs: Sequence[PairEvidence],
    rationales: Sequence[Rationale],
    drawn: Mapping[tuple[str, str], Collection[tuple[str, ...]]],
) -> CuratedFirsts:
    """Counts the rationales that begin with a curated path.

    Args:
        pairs: with their evidence.
        rationales: one for each pair; of a sentence's citations the first counts.
        drawn: from `read_drawn_paths`.
    """
    pairs_with_one = in_text = in_evidence = 0
    for pair, rationale in zip(pairs, rationales, strict=True):
        paths = drawn.get((pair.drug.id, pair.disease.id), ())
        curated = {item.id for item in pair.evidence if _inner_ids(item) in paths}
        if not curated:
            continue
        pairs_with_one += 1
        in_evidence += pair.evidence[0].id in curated
        if rationale.origin == "llm":
            cited = [citation.id for claim in rationale.claims for citation in claim.citations]
            in_text += bool(cited) and cited[0] in curated
    return CuratedFirsts(pairs_with_one, in_text, in_evidence)


def _inner_ids(item: Evidence) -> tuple[str, ...]:
    return tuple(node.id for node in item.path.nodes[1:-1]) if item.path else ()
