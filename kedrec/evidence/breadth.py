"""Breadth of diseases and drug classes that group others: members count as alike only if they are few.

That two diseases are both hereditary, or two drugs both antineoplastic, is no argument for either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Incidence
    from kedrec.ranking.best_paths import HeavyPaths
    from kedrec.schema import Role
    from kedrec.stores.templates import Hop

__all__ = ["MOST_GROUPED", "Breadths", "group_positions"]

MOST_GROUPED = {"Disease": 250, "PharmacologicClass": 60}
"""Most diseases at or below a disease, and drugs of a class and those below it, with which it says something
of each: `muscular dystrophy` has some two hundred, `hereditary disease` thirteen thousand."""


def group_positions(hops: Sequence[Hop], kinds: Sequence[str]) -> dict[int, str]:
    """Positions of a metapath's inner nodes that group those beside them, each with its kind.

    Args:
        hops: the metapath's hops.
        kinds: kinds of its nodes, the drug's first.
    """
    relations = load_schema().relations
    upper = (
        index + 1 if hop.forward else index
        for index, hop in enumerate(hops)
        if relations[hop.relation].role in ("hierarchy", "class")
    )
    return {
        position: kinds[position]
        for position in upper
        if 0 < position < len(hops) and kinds[position] in MOST_GROUPED
    }


class Breadths:
    """Counts what the nodes of a graph group, each once and as far as it matters.

    Args:
        adjacency: the graph.
    """

    def __init__(self, adjacency: Adjacency) -> None:
        self._adjacency = adjacency
        self._links: dict[str, tuple[list[Incidence], list[Incidence]]] = {}
        self._breadths: dict[tuple[str, int], int] = {}

    def of(self, kind: str, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of diseases at or below each disease, or of drugs in each class: 1 to one more than
        `MOST_GROUPED`, which stands for any larger number."""
        distinct, positions = np.unique(nodes, return_inverse=True)
        return np.array([self._of_node(kind, node) for node in distinct.tolist()], np.int64)[positions]

    def without_broad(self, paths: HeavyPaths, groups: Mapping[int, str]) -> HeavyPaths:
        """The paths along a metapath that pass through no group of more than `MOST_GROUPED`.

        Args:
            paths: the paths.
            groups: the metapath's `group_positions`.
        """
        narrow = np.ones(len(paths.nodes), bool)
        for position, kind in groups.items():
            narrow &= self.of(kind, paths.nodes[:, position]) <= MOST_GROUPED[kind]
        return replace(paths, nodes=paths.nodes[narrow], weights=paths.weights[narrow])

    def _of_node(self, kind: str, node: int) -> int:
        breadth = self._breadths.get((kind, node))
        if breadth is None:
            breadth = self._breadths[kind, node] = self._count(kind, node)
        return breadth

    def _count(self, kind: str, node: int) -> int:
        if kind not in self._links:
            self._links[kind] = (
                self._incidences("hierarchy", kind, kind),
                self._incidences("class", "Drug", kind),
            )
        below, members = self._links[kind]
        most = MOST_GROUPED[kind]
        groups = frontier = {node}
        counted = set(groups) if kind == "Disease" else _starts(members, groups)
        while frontier and len(counted) <= most:
            frontier = _starts(below, frontier) - groups
            groups = groups | frontier
            counted |= frontier if kind == "Disease" else _starts(members, frontier)
        return max(1, min(len(counted), most + 1))

    def _incidences(self, role: Role, start: str, end: str) -> list[Incidence]:
        tables = [(relation, start, end) for relation in load_schema().joining(role, start, end)]
        return [self._adjacency.incidence(table) for table in tables if self._adjacency.has_table(table)]


def _starts(links: Sequence[Incidence], ends: set[int]) -> set[int]:
    """The nodes that links lead from, to any of some ends."""
    return {start for incidence in links for end in ends for start in incidence.back_row(end).tolist()}
