"""Pools a pair's competing paths, with the features by which they are scored.

The paths along every supporting template are pooled. Paths with the same nodes along several templates are
merged: the merged path has the highest value of each feature, and all of those templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.evidence.breadth import group_positions
from kedrec.evidence.chains import MAX_HOPS, chain_template, chains_of
from kedrec.evidence.path_features import COLUMN, FEATURES, PairContext
from kedrec.ranking.best_paths import HeavyPaths, heaviest_paths
from kedrec.ranking.dwpc import DAMPING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.evidence.breadth import Breadths
    from kedrec.evidence.chains import Chain, Mechanisms
    from kedrec.evidence.path_features import GeneFacts
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores.templates import Hop, PathTemplate

__all__ = ["Pool", "pool_of"]


@dataclass(frozen=True, slots=True)
class Pool:
    """The competing paths of a pair.

    Attributes:
        templates: the supporting templates, in the order of their numbers below; the number after the last
            denotes chains of curated mechanisms.
        chains: the hops of each path that is such a chain.
        own: whether a curated mechanism of the very pair contains the path.
        shapes: the distinct sequences of kinds of the inner nodes.
        shape: index in `shapes` of each path.
        nodes: numbers of the inner nodes (paths x 6, -1 where a path is shorter).
        values: the features (paths x `FEATURES`).
        member_path, member_template: pairs of a path and a template along which it runs.
        count: number of the pair's paths along all templates, also those that don't compete, and of the
            chains that no template finds.
        metapaths: number of templates with a path, and one more for such chains.
    """

    templates: Sequence[PathTemplate]
    chains: Mapping[int, tuple[Hop, ...]]
    own: NDArray[np.bool_]
    shapes: tuple[tuple[str, ...], ...]
    shape: NDArray[np.int64]
    nodes: NDArray[np.int64]
    values: NDArray[np.float32]
    member_path: NDArray[np.int64]
    member_template: NDArray[np.int64]
    count: int
    metapaths: int

    def __len__(self) -> int:
        return len(self.shape)

    def scores(self, numeric: NDArray[np.float64], by_template: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each path's score: its weighted features, plus the weights of its templates."""
        scores: NDArray[np.float64] = self.values.astype(np.float64) @ numeric
        return scores + np.bincount(self.member_path, by_template[self.member_template], minlength=len(self))

    def ids(self, adjacency: Adjacency, path: int) -> tuple[str, ...]:
        """The ids of the inner nodes of one path."""
        kinds = self.shapes[self.shape[path]]
        return tuple(
            adjacency.node_id(kind, number)
            for kind, number in zip(kinds, self.nodes[path].tolist(), strict=False)
        )


def pool_of(
    adjacency: Adjacency,
    mechanisms: Mechanisms,
    templates: Sequence[PathTemplate],
    facts: GeneFacts,
    pair: tuple[int, int],
    *,
    breadths: Breadths,
    most: int,
) -> Pool:
    """The competing paths of a pair: the `most` heaviest of every template, and chains.

    The pair's own treatment is no step of any: such a path would pass through the drug or the disease twice.
    Paths through a disease or a class that groups too much (see `breadth`) don't compete.

    Args:
        adjacency: the graph.
        mechanisms: its curated mechanisms, for chains.
        templates: the templates to search along, all supporting.
        facts: facts on the pair's genes, from `gene_facts`.
        pair: numbers of the drug and the disease.
        breadths: of the graph's diseases and drug classes.
        most: most paths of one template.
    """
    context = PairContext(adjacency, breadths, facts, *pair)
    builder = _PoolBuilder()
    count = 0
    for number, template in enumerate(templates):
        heavy = heaviest_paths(adjacency, template, *pair, most)
        if heavy is None:
            continue
        count += heavy.count
        kinds = template.kinds
        heavy = breadths.without_broad(heavy, group_positions(template.hops, kinds))
        if len(heavy.nodes):
            builder.add(kinds, heavy.nodes, context.values(template, heavy), number)
    metapaths = len(builder.keys)
    chains = chains_of(adjacency, mechanisms, *pair, most)
    for hops, group in _chains_by_hops(chains).items():
        template, nodes = chain_template(hops), np.array([chain.nodes for chain in group], np.int64)
        heavy = HeavyPaths(len(chains), 1.0, nodes, _path_weights(adjacency, template, nodes))
        values = context.values(template, heavy)
        values[:, COLUMN["share"]], values[:, COLUMN["rank"]] = -np.log(len(chains)), 0.0
        values[:, COLUMN["chain mechanisms"]] = np.log1p([chain.mechanism_count for chain in group])
        builder.add(template.kinds, nodes, values, len(templates))
        builder.mark(hops, [chain.own for chain in group])
    return builder.pool(templates, count, metapaths)


def _chains_by_hops(chains: Iterable[Chain]) -> dict[tuple[Hop, ...], list[Chain]]:
    """Chains grouped by their hops, so that a group's features are computed at once."""
    groups: dict[tuple[Hop, ...], list[Chain]] = {}
    for chain in chains:
        groups.setdefault(chain.hops, []).append(chain)
    return groups


def _path_weights(
    adjacency: Adjacency, template: PathTemplate, nodes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The paths' weights: the terms of the degree-weighted path count (DWPC)."""
    weights = np.ones(len(nodes))
    for index, (hop, kind) in enumerate(zip(template.hops, template.kinds, strict=False)):
        links = adjacency.hop_incidence(hop, kind)
        out_degrees = links.degree(nodes[:, index]).astype(float)
        weights *= (out_degrees * links.back_degree(nodes[:, index + 1])) ** -DAMPING
    return weights


class _PoolBuilder:
    """Collects paths by template, then merges those with the same nodes."""

    def __init__(self) -> None:
        self.keys: list[NDArray[np.int64]] = []
        self._values: list[NDArray[np.float32]] = []
        self._members: list[NDArray[np.int64]] = []
        self._shapes: dict[tuple[str, ...], int] = {}
        self._chains: list[tuple[int, tuple[Hop, ...], bool]] = []

    def add(
        self,
        kinds: tuple[str, ...],
        nodes: NDArray[np.int64],
        values: NDArray[np.float32],
        number: int,
    ) -> None:
        keys = np.full((len(nodes), MAX_HOPS), -1, np.int64)
        keys[:, 0] = self._shapes.setdefault(kinds[1:-1], len(self._shapes))
        keys[:, 1 : nodes.shape[1] - 1] = nodes[:, 1:-1]
        self.keys.append(keys)
        self._values.append(values)
        self._members.append(np.full(len(keys), number, np.int64))

    def mark(self, hops: tuple[Hop, ...], own: Sequence[bool]) -> None:
        """Marks the paths added last as chains; `own`: whether each is a curated mechanism of the pair."""
        first = sum(map(len, self.keys)) - len(own)
        self._chains += [(first + offset, hops, is_own) for offset, is_own in enumerate(own)]

    def pool(self, templates: Sequence[PathTemplate], count: int, metapaths: int) -> Pool:
        keys = np.concatenate([np.zeros((0, MAX_HOPS), np.int64), *self.keys])
        values = np.concatenate([np.zeros((0, len(FEATURES)), np.float32), *self._values])
        members = np.concatenate([np.zeros(0, np.int64), *self._members])
        order = np.lexsort(keys.T[::-1])
        keys = keys[order]
        is_first = np.r_[np.ones(min(len(keys), 1), bool), (keys[1:] != keys[:-1]).any(axis=1)]
        begins, path = np.flatnonzero(is_first), np.cumsum(is_first) - 1
        path_of_row = np.empty(len(order), np.int64)
        path_of_row[order] = path
        in_template = np.zeros(len(begins), bool)
        in_template[path[members[order] < len(templates)]] = True
        chains_alone = int((~in_template).sum())
        own = np.zeros(len(begins), bool)
        own[[int(path_of_row[row]) for row, _, is_own in self._chains if is_own]] = True
        return Pool(
            templates=templates,
            chains={int(path_of_row[row]): hops for row, hops, _ in self._chains},
            own=own,
            shapes=tuple(self._shapes),
            shape=keys[begins, 0],
            nodes=keys[begins, 1:],
            values=np.maximum.reduceat(values[order], begins, axis=0) if len(begins) else values,
            member_path=path,
            member_template=members[order],
            count=count + chains_alone,
            metapaths=metapaths + bool(chains_alone),
        )
