"""The best paths of a pair along a metapath, found in the matrices.

A path's weight is the one that the DWPC sums (see `features`). Paths are put together in the middle: the
walks from the drug and those from the disease meet at the place that makes the fewest of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.dwpc import DAMPING
from kedrec.ranking.metapaths import kinds_of, repeats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Incidence, Table
    from kedrec.stores.templates import PathTemplate

__all__ = ["FoundPaths", "HeavyPaths", "best_paths", "heaviest_paths", "path_tables"]

_LOOKED_AT = 40  # the heaviest paths, among which curated ones are looked for


@dataclass(frozen=True, slots=True)
class FoundPaths:
    """The best paths of a pair along one metapath.

    Attributes:
        count: how many paths there are.
        total: the sum of their weights: the metapath's DWPC.
        paths: ids of the nodes between drug and disease, of the best paths, best first.
        weights: the weight of each.
        curated: whether one curated mechanism has all of the path; such paths come first.
    """

    count: int
    total: float
    paths: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]
    curated: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class HeavyPaths:
    """The heaviest paths of a pair along one metapath, as numbers.

    Attributes:
        count: how many paths there are.
        total: the sum of their weights: the metapath's DWPC.
        nodes: numbers of the nodes (paths x places, drug and disease included), heaviest first.
        weights: the weight of each.
    """

    count: int
    total: float
    nodes: NDArray[np.int64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Walks:
    """Walks from one end: the nodes at each place (walks x places, from that end) and the weights."""

    nodes: NDArray[np.int64]
    weights: NDArray[np.float64]


def heaviest_paths(
    adjacency: Adjacency, template: PathTemplate, drug: int, disease: int, most: int
) -> HeavyPaths | None:
    """The `most` heaviest paths; equal weights by the nodes' numbers. None where there is none.

    Args:
        adjacency: the graph.
        template: whose metapath to follow.
        drug: number of the drug.
        disease: number of the disease.
        most: how many paths to give.
    """
    kinds = kinds_of(template)
    hops = [adjacency.along(hop, kind) for hop, kind in zip(template.hops, kinds, strict=False)]
    if not hops[0].indptr[drug + 1] > hops[0].indptr[drug]:
        return None
    back = [hop.reversed() for hop in reversed(hops)]
    if not back[0].indptr[disease + 1] > back[0].indptr[disease]:
        return None
    meeting = _meeting(hops, back, drug, disease)
    twice = repeats(template)
    length = len(hops)
    left = _walk(hops[:meeting], drug, [(a, b) for a, b in twice if b <= meeting])
    right = _walk(
        back[: length - meeting], disease, [(length - b, length - a) for a, b in twice if a >= meeting]
    )
    across = [(a, b) for a, b in twice if a < meeting < b]
    joined = _join(left, right, most, meeting, across)
    return None if joined is None else HeavyPaths(*joined)


def best_paths(
    adjacency: Adjacency, template: PathTemplate, drug: int, disease: int, most: int
) -> FoundPaths | None:
    """The `most` best paths, curated ones first; equal weights by the nodes' ids. None where there is none.

    Args:
        adjacency: the graph.
        template: whose metapath to follow.
        drug: number of the drug.
        disease: number of the disease.
        most: how many paths to give.
    """
    heavy = heaviest_paths(adjacency, template, drug, disease, max(most, _LOOKED_AT))
    if heavy is None:
        return None
    kinds, nodes, weights = kinds_of(template), heavy.nodes, heavy.weights
    tables = path_tables(template)
    curated = np.zeros(len(nodes), bool)
    if all(adjacency.has_mechanisms(table) for table, _ in tables):
        curated[:] = [_curated(adjacency, tables, row) for row in nodes.tolist()]
    order = np.argsort(~curated, kind="stable")[:most]
    nodes, weights, curated = nodes[order], weights[order], curated[order]
    ids = tuple(
        tuple(adjacency.name(kind, number) for kind, number in zip(kinds[1:-1], row, strict=True))
        for row in nodes[:, 1:-1].tolist()
    )
    return FoundPaths(heavy.count, heavy.total, ids, tuple(weights.tolist()), tuple(curated.tolist()))


def path_tables(template: PathTemplate) -> list[tuple[Table, bool]]:
    """Where each hop's links are stored, and whether they point along the path."""
    kinds = kinds_of(template)
    return [
        ((hop.relation, *((start, end) if hop.forward else (end, start))), hop.forward)
        for hop, start, end in zip(template.hops, kinds, kinds[1:], strict=False)
    ]


def _curated(adjacency: Adjacency, tables: list[tuple[Table, bool]], nodes: list[int]) -> bool:
    """Whether one curated mechanism has every step of the path."""
    shared: set[int] | None = None
    for place, (table, forward) in enumerate(tables):
        start, end = nodes[place : place + 2] if forward else nodes[place : place + 2][::-1]
        found = adjacency.mechanisms(table, start, end)
        shared = found if shared is None else shared & found
        if not shared:
            return False
    return True


def _meeting(hops: list[Incidence], back: list[Incidence], drug: int, disease: int) -> int:
    """The place where walks from both ends meet most cheaply."""
    length = len(hops)
    from_drug, from_disease = _sizes(hops, drug), _sizes(back, disease)
    return min(range(length + 1), key=lambda place: (from_drug[place] + from_disease[length - place], place))


def _sizes(hops: list[Incidence], start: int) -> list[float]:
    """How many walks of each length leave a node: counted for two hops, then by the mean degree."""
    sizes = [1.0, float(hops[0].indptr[start + 1] - hops[0].indptr[start])]
    if len(hops) > 1:
        first = hops[0].indices[hops[0].indptr[start] : hops[0].indptr[start + 1]]
        sizes.append(float((hops[1].indptr[first + 1] - hops[1].indptr[first]).sum()))
    for hop in hops[2:]:  # a walk comes to a node by its degree: hubs count more than the mean says
        linked = np.diff(hop.indptr)
        sizes.append(sizes[-1] * float((linked.astype(float) ** 2).sum() / max(linked.sum(), 1)))
    return sizes


def _walk(hops: list[Incidence], start: int, twice: list[tuple[int, int]]) -> _Walks:
    """Every walk from `start` along `hops` that comes to no node twice."""
    nodes = np.array([[start]], np.int64)
    weights = np.ones(1)
    for place, hop in enumerate(hops):
        at = nodes[:, -1]
        begins, degrees = hop.indptr[at], hop.indptr[at + 1] - hop.indptr[at]
        walk = np.repeat(np.arange(len(at)), degrees)
        within = np.arange(len(walk)) - np.repeat(np.cumsum(degrees) - degrees, degrees)
        reached = hop.indices[begins[walk] + within].astype(np.int64)
        into = hop.back_indptr[reached + 1] - hop.back_indptr[reached]
        weights = weights[walk] * (degrees[walk].astype(float) * into) ** -DAMPING
        nodes = np.column_stack([nodes[walk], reached])
        for first, second in twice:
            if second == place + 1:
                apart = nodes[:, first] != nodes[:, second]
                nodes, weights = nodes[apart], weights[apart]
    return _Walks(nodes, weights)


def _join(
    left: _Walks, right: _Walks, most: int, meeting: int, across: list[tuple[int, int]]
) -> tuple[int, float, NDArray[np.int64], NDArray[np.float64]] | None:
    """Number and summed weight of all joined paths, and the nodes and weights of the best.

    Where walks meet, only each side's best few can belong to the best paths.
    """
    size = int(max(left.nodes[:, -1].max(initial=-1), right.nodes[:, -1].max(initial=-1))) + 1
    counts = [np.bincount(side.nodes[:, -1], minlength=size) for side in (left, right)]
    sums = [np.bincount(side.nodes[:, -1], side.weights, minlength=size) for side in (left, right)]
    count, total = int(counts[0] @ counts[1]), float(sums[0] @ sums[1])
    if count == 0:
        return None
    length = meeting + right.nodes.shape[1] - 1
    for first, second in across:  # one repeat across the meeting is all that four hops allow
        lost = _shared(left, right, first, length - second)
        count, total = count - lost[0], total - lost[1]
    if count <= 0:
        return None
    # a repeat across the meeting spoils at most one partner of each walk, so one more of each is enough
    few = most + len(across)
    left, right = (
        _best_at_meeting(side, other, few) for side, other in ((left, counts[1]), (right, counts[0]))
    )
    one, other = _pairs(left.nodes[:, -1], right.nodes[:, -1], ordered=True)
    for first, second in across:
        apart = left.nodes[one, first] != right.nodes[other, length - second]
        one, other = one[apart], other[apart]
    weights = left.weights[one] * right.weights[other]
    rounded = np.round(weights, 15)
    if len(weights) > most:  # those as heavy as the last that is wanted; the rest needs no sorting
        kept = rounded >= np.partition(rounded, -most)[-most]
        one, other, weights, rounded = one[kept], other[kept], weights[kept], rounded[kept]
    nodes = np.column_stack([left.nodes[one], right.nodes[other][:, -2::-1]])
    order = np.lexsort((*nodes.T[::-1], -rounded))[:most]
    return count, total, nodes[order], weights[order]


def _shared(left: _Walks, right: _Walks, first: int, second: int) -> tuple[int, float]:
    """Number and weight of the joined paths that have one node at both places, counted from each end."""
    size = int(max(left.nodes[:, first].max(), right.nodes[:, second].max())) + 1
    keys = [side.nodes[:, -1] * size + side.nodes[:, at] for side, at in ((left, first), (right, second))]
    one, other = _pairs(keys[0], keys[1])
    return len(one), float((left.weights[one] * right.weights[other]).sum())


def _best_at_meeting(side: _Walks, met: NDArray[np.int64], most: int) -> _Walks:
    """The best walks to each meeting node that the other side comes to as well."""
    kept = np.flatnonzero(met[side.nodes[:, -1]])
    nodes, weights = side.nodes[kept], side.weights[kept]
    order = np.lexsort((*nodes.T[-2::-1], -np.round(weights, 15), nodes[:, -1]))
    nodes, weights = nodes[order], weights[order]
    begins = np.flatnonzero(np.r_[True, np.diff(nodes[:, -1]) != 0]) if len(nodes) else np.zeros(0, np.int64)
    within = np.arange(len(nodes)) - np.repeat(begins, np.diff(np.r_[begins, len(nodes)]))
    return _Walks(nodes[within < most], weights[within < most])


def _pairs(
    left: NDArray[np.int64], right: NDArray[np.int64], *, ordered: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of places where the two have the same key; `ordered`: the right ones ascend already."""
    order = None if ordered else np.argsort(right, kind="stable")
    keys = right if order is None else right[order]
    begins, ends = keys.searchsorted(left, "left"), keys.searchsorted(left, "right")
    sizes = ends - begins
    one = np.repeat(np.arange(len(left)), sizes)
    within = np.arange(len(one)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    other = begins[one] + within
    return one, other if order is None else order[other]
