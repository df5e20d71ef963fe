"""Counts of rationales that begin with a path that a curator drew for the pair, and of evidence that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.evidence.mechanisms import Node, read_indications

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.common.progress import Progress
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.stores import GraphStore
    from kedrec.types import Evidence, Rationale

__all__ = ["CuratedFirsts", "DrawnPaths", "count_curated_firsts", "read_drawn_paths"]

DrawnPaths = dict[tuple[str, str], frozenset[tuple[Node, ...]]]
"""Ids of drug and disease -> inner nodes of each curated path."""


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
    return {(one.drug, one.disease): one.paths for one in read_indications(store, progress)}


def count_curated_firsts(
    pairs: Sequence[PairEvidence],
    rationales: Sequence[Rationale],
    drawn: DrawnPaths,
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
        curated = {item.id for item in pair.evidence if _inner_nodes(item) in paths}
        if not curated:
            continue
        pairs_with_one += 1
        in_evidence += pair.evidence[0].id in curated
        if rationale.origin == "llm":
            cited = [citation.id for claim in rationale.claims for citation in claim.citations]
            in_text += bool(cited) and cited[0] in curated
    return CuratedFirsts(pairs_with_one, in_text, in_evidence)


def _inner_nodes(item: Evidence) -> tuple[Node, ...]:
    return tuple((node.kind, node.id) for node in item.path.nodes[1:-1]) if item.path else ()
