"""Ancestors of the nodes of a kind, over any number of steps, and the diseases below a disease."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.ones_matrix import as_ones, ones_matrix
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["ancestors", "diseases_below", "relatives"]

_MAX_STEPS = 64  # more than any ontology has levels
_MAX_ANCESTORS = 200  # of a node, on average; with more the links are no hierarchy, but a tangle


def ancestors(adjacency: Adjacency, kind: str, tables: Collection[Table]) -> csr_array[Any] | None:
    """Each node with itself and all that it is a kind of: nodes x nodes of 1 and 0; None without such links.

    Cycles end by themselves. Where the links are no hierarchy (over 200 ancestors a node on average, as in a
    large cycle), the ancestors a few steps away are left out.

    Args:
        adjacency: the graph.
        kind: the kind of the nodes.
        tables: the tables that have links.
    """
    one_step = _with_broader(adjacency, kind, tables)
    if one_step is None:
        return None
    reached = one_step
    for _ in range(_MAX_STEPS):
        further = as_ones(reached @ one_step)
        if further.nnz == reached.nnz or further.nnz > _MAX_ANCESTORS * further.shape[0]:
            break
        reached = further
    return reached


def relatives(adjacency: Adjacency, diseases: NDArray[np.int64], steps: int = 2) -> NDArray[np.int64]:
    """The diseases within some steps of the hierarchy, up or down, of any of the given ones; these included.

    Two steps reach parents, children, siblings, grandparents and grandchildren.
    """
    reached = np.zeros(len(adjacency.ids("Disease")), np.float32)
    reached[diseases] = 1
    one_step = _with_broader(adjacency, "Disease")
    if one_step is not None:
        for _ in range(steps):
            reached = np.minimum(one_step @ reached + one_step.T @ reached, 1)
    return np.flatnonzero(reached)


def _with_broader(
    adjacency: Adjacency, kind: str, tables: Collection[Table] | None = None
) -> csr_array[Any] | None:
    """Each node with itself and the broader ones right above it; None without such links.

    Arguments as for `ancestors`; without `tables`, those that the graph has.
    """
    from scipy.sparse import eye_array

    size = len(adjacency.ids(kind))
    matrix: Any = eye_array(size, format="csr", dtype=np.float32)
    has_links = False
    for relation in load_schema().joining("hierarchy", kind, kind):
        table = (relation, kind, kind)
        if not adjacency.has_table(table) or (tables is not None and table not in tables):
            continue
        links = adjacency.incidence(table, PLAIN)
        matrix = matrix + ones_matrix(links.indptr, links.indices, size)
        has_links = has_links or len(links.indices) > 0
    return as_ones(matrix) if has_links else None


def diseases_below(adjacency: Adjacency, number: int) -> Iterator[tuple[int, int]]:
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
