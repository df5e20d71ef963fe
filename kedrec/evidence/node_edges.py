"""Edges that many pairs ask for, of single nodes to genes and to other targets, read once a node."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.schema import Role
    from kedrec.stores.base import GraphStore, Row

__all__ = ["NodeEdges", "node_edges"]

_MOST_ROWS = 50_000
"""Edges of one graph that are remembered. The treatments of one disease have some thousands."""


class NodeEdges:
    """Edges of one graph by table and start node; those of the least recently used nodes are dropped."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Table, int], list[Row]] = {}
        self._count = 0

    def read(self, store: GraphStore, adjacency: Adjacency, table: Table, starts: Iterable[int]) -> list[Row]:
        """The edges of a table from some nodes.

        Args:
            store: the graph.
            adjacency: its links; edges of hidden ones aren't read.
            table: the table; none of those that hold several relations.
            starts: numbers of the nodes.

        Returns:
            Rows as of `GraphStore.edges_between`, each with its `relation`, node by node.
        """
        if not adjacency.has_table(table):
            return []
        numbers = list(dict.fromkeys(starts))
        missing = [number for number in numbers if (table, number) not in self._rows]
        if missing:
            for number, entry in self._stored(store, adjacency, table, missing).items():
                self._rows[table, number] = entry
                self._count += len(entry)
        rows: list[Row] = []
        for number in numbers:
            entry = self._rows.pop((table, number))
            self._rows[table, number] = entry  # put back last
            rows += entry
        self._shrink()
        return rows

    def read_role(
        self,
        store: GraphStore,
        adjacency: Adjacency,
        role: Role,
        kinds: tuple[str, str],
        starts: Iterable[int],
    ) -> list[Row]:
        """The edges of every relation of a role from some nodes, relation by relation; else as `read`."""
        numbers = list(starts)
        return [
            row
            for relation in load_schema().joining(role, *kinds)
            for row in self.read(store, adjacency, (relation, *kinds), numbers)
        ]

    @staticmethod
    def _stored(
        store: GraphStore, adjacency: Adjacency, table: Table, starts: list[int]
    ) -> dict[int, list[Row]]:
        """The edges of some nodes by node, read by one query where they are many."""
        relation, start_kind, end_kind = table
        links = adjacency.incidence(table)
        ends = {
            start: {adjacency.node_id(end_kind, end) for end in links.row(start).tolist()} for start in starts
        }
        numbers = {adjacency.node_id(start_kind, start): start for start in starts}
        rows: dict[int, list[Row]] = {start: [] for start in starts}
        all_ends = sorted(set().union(*ends.values()))
        if all_ends:
            for row in store.edges_between(*table, list(numbers), all_ends):
                start = numbers[row["start_id"]]
                if row["end_id"] in ends[start]:  # another node's end may be one of a hidden link
                    rows[start].append(row | {"relation": relation})
        return rows

    def _shrink(self) -> None:
        while self._count > _MOST_ROWS:
            self._count -= len(self._rows.pop(next(iter(self._rows))))


_edges: WeakKeyDictionary[Adjacency, NodeEdges] = WeakKeyDictionary()


def node_edges(adjacency: Adjacency) -> NodeEdges:
    """The remembered edges of a graph, by its links."""
    edges = _edges.get(adjacency)
    if edges is None:
        edges = _edges[adjacency] = NodeEdges()
    return edges
