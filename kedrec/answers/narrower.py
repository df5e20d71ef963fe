"""Diseases below a disease in the hierarchy, and the drugs that treat each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedrec.ranking.adjacency import TREATS
from kedrec.schema import load_schema
from kedrec.types import NarrowerDisease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

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
        drugs = adjacency.incidence(TREATS).back_row(narrower).tolist() if has_treatments else []
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
    """Yields steps and number of each disease below one, the nearest first, each once.

    In a cycle of a hierarchy each disease is above the others as well: one that is fewer steps below than
    above is narrower, another isn't, nor is what is reached by way of it alone.
    """
    relations = load_schema().joining("hierarchy", "Disease", "Disease")
    tables = [(relation, "Disease", "Disease") for relation in relations]
    hierarchies = [adjacency.incidence(table) for table in tables if adjacency.has_table(table)]
    upward = _reached(number, lambda end, _: _union(links.row(end) for links in hierarchies))
    above = {disease: steps for steps, disease in upward}

    def next_below(end: int, steps: int) -> set[int]:
        diseases = _union(links.back_row(end) for links in hierarchies)
        return {disease for disease in diseases if disease not in above or steps < above[disease]}

    yield from _reached(number, next_below)


def _union(rows: Iterable[NDArray[np.integer[Any]]]) -> set[int]:
    return {number for row in rows for number in row.tolist()}


def _reached(number: int, next_of: Callable[[int, int], set[int]]) -> Iterator[tuple[int, int]]:
    """Yields steps and number of each node that is reached from one, the nearest first, without the node.

    Args:
        number: number of the node.
        next_of: numbers of the nodes next to one, by its number and the steps to them.
    """
    seen, level, steps = {number}, [number], 0
    while level:
        steps += 1
        further = {other for one in level for other in next_of(one, steps)}
        level = sorted(further - seen)
        seen |= further
        for other in level:
            yield steps, other
