"""Finds the best paths of a pair along a metapath, in the adjacency matrices.

A path's weight is its term in the DWPC (see `dwpc`). Paths are joined in the middle: the walks from the drug
and those from the disease meet at the position with the fewest walks from both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.dwpc import DAMPING
from kedrec.ranking.metapaths import repeats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Incidence, Table
    from kedrec.stores.templates import PathTemplate

__all__ = ["BestPaths", "HeavyPaths", "best_paths", "heaviest_paths", "path_tables"]

_CANDIDATES = 40  # the heaviest paths, among which curated ones are searched for


@dataclass(frozen=True, slots=True)
class BestPaths:
    """The best paths of a pair along one metapath.

    Attributes:
        count: number of all paths.
        total: the sum of their weights: the metapath's DWPC.
        paths: ids of the nodes between drug and disease, of the best paths, best first.
        weights: the weight of each of these.
        curated: whether one curated mechanism contains the full path; such paths come first.
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
        count: number of all paths.
        total: the sum of their weights: the metapath's DWPC.
        nodes: numbers of the nodes (paths x positions, drug and disease included), heaviest first.
        weights: the weight of each of these.
    """

    count: int
    total: float
    nodes: NDArray[np.int64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Walks:
    """Walks from one end: the nodes (walks x positions, counted from that end) and the weights."""

    nodes: NDArray[np.int64]
    weights: NDArray[np.float64]


def heaviest_paths(
    adjacency: Adjacency, template: PathTemplate, drug: int, disease: int, limit: int
) -> HeavyPaths | None:
    """The heaviest paths, at most `limit`; equal weights by the nodes' numbers. None without any.

    Args:
        adjacency: the graph.
        template: the template of the metapath.
        drug: number of the drug.
        disease: number of the disease.
        limit: maximum number of paths.
    """
    kinds = template.kinds
    hops = [adjacency.hop_incidence(hop, kind) for hop, kind in zip(template.hops, kinds, strict=False)]
    if not hops[0].degree(drug):
        return None
    back = [hop.transposed for hop in reversed(hops)]
    if not back[0].degree(disease):
        return None
    meeting = _meeting_position(hops, back, drug, disease)
    repeated = repeats(template)
    length = len(hops)
    from_drug = _walks_from(
        hops[:meeting], drug, [(first, second) for first, second in repeated if second <= meeting]
    )
    from_disease = _walks_from(
        back[: length - meeting],
        disease,
        [(length - second, length - first) for first, second in repeated if first >= meeting],
    )
    crossing = [(first, second) for first, second in repeated if first < meeting < second]
    paths = _join_at_meeting(from_drug, from_disease, limit, meeting, crossing)
    return None if paths is None else HeavyPaths(*paths)


def best_paths(
    adjacency: Adjacency, template: PathTemplate, drug: int, disease: int, limit: int
) -> BestPaths | None:
    """The best paths, at most `limit`, curated ones first; equal weights by the nodes' ids. None without any.

    Args:
        adjacency: the graph.
        template: the template of the metapath.
        drug: number of the drug.
        disease: number of the disease.
        limit: maximum number of paths.
    """
    heavy = heaviest_paths(adjacency, template, drug, disease, max(limit, _CANDIDATES))
    if heavy is None:
        return None
    kinds, nodes, weights = template.kinds, heavy.nodes, heavy.weights
    tables = path_tables(template)
    curated = np.zeros(len(nodes), bool)
    if all(adjacency.has_mechanisms(table) for table, _ in tables):
        curated[:] = [_is_curated(adjacency, tables, path) for path in nodes.tolist()]
    order = np.argsort(~curated, kind="stable")[:limit]
    nodes, weights, curated = nodes[order], weights[order], curated[order]
    ids = tuple(
        tuple(adjacency.node_id(kind, number) for kind, number in zip(kinds[1:-1], path, strict=True))
        for path in nodes[:, 1:-1].tolist()
    )
    return BestPaths(heavy.count, heavy.total, ids, tuple(weights.tolist()), tuple(curated.tolist()))


def path_tables(template: PathTemplate) -> list[tuple[Table, bool]]:
    """The table of each hop's links, and whether the links point along the path."""
    kinds = template.kinds
    return [
        ((hop.relation, *((start, end) if hop.forward else (end, start))), hop.forward)
        for hop, start, end in zip(template.hops, kinds, kinds[1:], strict=False)
    ]


def _is_curated(adjacency: Adjacency, tables: list[tuple[Table, bool]], nodes: list[int]) -> bool:
    """True if one curated mechanism contains every step of the path."""
    common: set[int] | None = None
    for index, (table, forward) in enumerate(tables):
        start, end = nodes[index : index + 2] if forward else nodes[index : index + 2][::-1]
        mechanisms = adjacency.mechanisms(table, start, end)
        common = mechanisms if common is None else common & mechanisms
        if not common:
            return False
    return True


def _meeting_position(hops: list[Incidence], back: list[Incidence], drug: int, disease: int) -> int:
    """The position, in hops from the drug, with the fewest walks from both ends."""
    length = len(hops)
    from_drug, from_disease = _walk_counts(hops, drug), _walk_counts(back, disease)
    return min(
        range(length + 1),
        key=lambda position: (from_drug[position] + from_disease[length - position], position),
    )


def _walk_counts(hops: list[Incidence], start: int) -> list[float]:
    """The number of walks of each length from a node: exact for two hops, then estimated by degrees."""
    sizes = [1.0, float(hops[0].degree(start))]
    if len(hops) > 1:
        sizes.append(float(hops[1].degree(hops[0].row(start)).sum()))
    # A walk reaches a node in proportion to its degree: hubs count for more than the mean degree.
    for hop in hops[2:]:
        sizes.append(sizes[-1] * hop.mean_degree_of_linked)
    return sizes


def _walks_from(hops: list[Incidence], start: int, repeated: list[tuple[int, int]]) -> _Walks:
    """Every walk from `start` along `hops` that visits no node twice.

    Args:
        hops: the links of each hop.
        start: number of the first node.
        repeated: pairs of positions of the same kind, where one node could stand twice.
    """
    nodes = np.array([[start]], np.int64)
    weights = np.ones(1)
    for step, hop in enumerate(hops):
        current = nodes[:, -1]
        starts, degrees = hop.indptr[current], hop.degree(current)
        walk_index = np.repeat(np.arange(len(current)), degrees)
        offset = np.arange(len(walk_index)) - np.repeat(np.cumsum(degrees) - degrees, degrees)
        reached = hop.indices[starts[walk_index] + offset].astype(np.int64)
        both_degrees = degrees[walk_index].astype(float) * hop.back_degree(reached)
        weights = weights[walk_index] * both_degrees**-DAMPING
        nodes = np.column_stack([nodes[walk_index], reached])
        for first, second in repeated:
            if second == step + 1:
                distinct = nodes[:, first] != nodes[:, second]
                nodes, weights = nodes[distinct], weights[distinct]
    return _Walks(nodes, weights)


def _join_at_meeting(
    from_drug: _Walks, from_disease: _Walks, limit: int, meeting: int, crossing: list[tuple[int, int]]
) -> tuple[int, float, NDArray[np.int64], NDArray[np.float64]] | None:
    """Number and summed weight of all joined paths, and the nodes and weights of the heaviest.

    At each meeting node only the best few walks of either side can belong to the best paths.
    """
    size = int(max(from_drug.nodes[:, -1].max(initial=-1), from_disease.nodes[:, -1].max(initial=-1))) + 1
    counts = [np.bincount(walks.nodes[:, -1], minlength=size) for walks in (from_drug, from_disease)]
    sums = [
        np.bincount(walks.nodes[:, -1], walks.weights, minlength=size) for walks in (from_drug, from_disease)
    ]
    count, total = int(counts[0] @ counts[1]), float(sums[0] @ sums[1])
    if count == 0:
        return None
    length = meeting + from_disease.nodes.shape[1] - 1
    for first, second in crossing:  # four hops allow only one repeat across the meeting
        repeats = _joined_twice(from_drug, from_disease, first, length - second)
        count, total = count - repeats[0], total - repeats[1]
    if count <= 0:
        return None
    # a repeat across the meeting excludes at most one partner of each walk, so one more of each is enough
    side_limit = limit + len(crossing)
    from_drug, from_disease = (
        _best_at_each_node(walks, opposite, side_limit)
        for walks, opposite in ((from_drug, counts[1]), (from_disease, counts[0]))
    )
    drug_walks, disease_walks = _equal_key_pairs(
        from_drug.nodes[:, -1], from_disease.nodes[:, -1], ordered=True
    )
    for first, second in crossing:
        distinct = from_drug.nodes[drug_walks, first] != from_disease.nodes[disease_walks, length - second]
        drug_walks, disease_walks = drug_walks[distinct], disease_walks[distinct]
    weights = from_drug.weights[drug_walks] * from_disease.weights[disease_walks]
    rounded = np.round(weights, 15)
    if len(weights) > limit:  # only those as heavy as the last result need sorting
        heavy = rounded >= np.partition(rounded, -limit)[-limit]
        drug_walks, disease_walks, weights, rounded = (
            drug_walks[heavy],
            disease_walks[heavy],
            weights[heavy],
            rounded[heavy],
        )
    nodes = np.column_stack([from_drug.nodes[drug_walks], from_disease.nodes[disease_walks][:, -2::-1]])
    order = np.lexsort((*nodes.T[::-1], -rounded))[:limit]
    return count, total, nodes[order], weights[order]


def _joined_twice(from_drug: _Walks, from_disease: _Walks, first: int, second: int) -> tuple[int, float]:
    """Number and summed weight of the joined paths that have the same node at two positions.

    Args:
        from_drug, from_disease: the walks of both sides.
        first: position counted from the drug.
        second: position counted from the disease.
    """
    size = int(max(from_drug.nodes[:, first].max(), from_disease.nodes[:, second].max())) + 1
    keys = [
        walks.nodes[:, -1] * size + walks.nodes[:, position]
        for walks, position in ((from_drug, first), (from_disease, second))
    ]
    drug_walks, disease_walks = _equal_key_pairs(keys[0], keys[1])
    return len(drug_walks), float((from_drug.weights[drug_walks] * from_disease.weights[disease_walks]).sum())


def _best_at_each_node(walks: _Walks, opposite: NDArray[np.int64], limit: int) -> _Walks:
    """The best walks to each meeting node, at most `limit`; `opposite` counts walks of the other side."""
    meeting = np.flatnonzero(opposite[walks.nodes[:, -1]])
    nodes, weights = walks.nodes[meeting], walks.weights[meeting]
    order = np.lexsort((*nodes.T[-2::-1], -np.round(weights, 15), nodes[:, -1]))
    nodes, weights = nodes[order], weights[order]
    starts = np.flatnonzero(np.r_[True, np.diff(nodes[:, -1]) != 0]) if len(nodes) else np.zeros(0, np.int64)
    rank = np.arange(len(nodes)) - np.repeat(starts, np.diff(np.r_[starts, len(nodes)]))
    return _Walks(nodes[rank < limit], weights[rank < limit])


def _equal_key_pairs(
    left: NDArray[np.int64], right: NDArray[np.int64], *, ordered: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indices of every pair of equal keys; `ordered`: the right keys ascend already."""
    order = None if ordered else np.argsort(right, kind="stable")
    keys = right if order is None else right[order]
    starts, ends = keys.searchsorted(left, "left"), keys.searchsorted(left, "right")
    sizes = ends - starts
    left_index = np.repeat(np.arange(len(left)), sizes)
    offset = np.arange(len(left_index)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    right_index = starts[left_index] + offset
    return left_index, right_index if order is None else order[right_index]
