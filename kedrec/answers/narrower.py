"""Diseases below a disease in the hierarchy, and the drugs that treat each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.ranking.adjacency import TREATS
from kedrec.schema import load_schema
from kedrec.types import NarrowerDisease

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["narrower_diseases"]

_MAX_LISTED = 10
_MAX_DRUGS = 5


def narrower_diseases(
    adjacency: Adjacency, names: NameIndex, disease: str
) -> tuple[int, tuple[NarrowerDisease, ...]]:
    """Counts the diseases below a disease, over any number of steps, and lists those with most treatments.

    Args:
        adjacency: the graph.
        names: its names.
        disease: id of the disease.

    Returns:
        How many there are, and up to ten of them: most treatments first, then by steps and id.
    """
    number = adjacency.number("Disease", disease)
    if number is None:
        return 0, ()
    has_treatments = adjacency.has_table(TREATS)
    below = []
    for steps, narrower in _below(adjacency, number):
        drugs = _starts(adjacency, TREATS, narrower) if has_treatments else []
        below.append((-len(drugs), steps, adjacency.node_id("Disease", narrower), drugs))
    below.sort()
    listed = tuple(
        NarrowerDisease(
            disease=names.entity(id_, "Disease"),
            treatments=-fewer,
            drugs=tuple(
                names.entity(adjacency.node_id("Drug", drug), "Drug").name for drug in drugs[:_MAX_DRUGS]
            ),
        )
        for fewer, _, id_, drugs in below[:_MAX_LISTED]
    )
    return len(below), listed


def _below(adjacency: Adjacency, number: int) -> Iterator[tuple[int, int]]:
    """Yields steps and number of each disease below one; the nearest first, each once, cycles or not."""
    relations = load_schema().joining("hierarchy", "Disease", "Disease")
    tables = [
        table for table in ((one, "Disease", "Disease") for one in relations) if adjacency.has_table(table)
    ]
    seen, level, steps = {number}, [number], 0
    while level:
        steps += 1
        further = {start for table in tables for end in level for start in _starts(adjacency, table, end)}
        level = sorted(further - seen)
        seen |= further
        for narrower in level:
            yield steps, narrower


def _starts(adjacency: Adjacency, table: tuple[str, str, str], end: int) -> list[int]:
    """Numbers of the start nodes that are linked with one end node of a table."""
    links = adjacency.incidence(table)
    starts: list[int] = links.back_indices[links.back_indptr[end] : links.back_indptr[end + 1]].tolist()
    return starts
