"""Changes of a graph as Parquet files: rows to insert, to overwrite and to delete, by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.stores.base import GraphTarget

__all__ = ["GraphChanges", "TableChange"]


@dataclass(frozen=True, slots=True)
class TableChange:
    """Parquet files of one kind of node, or of one relation between two kinds, and their row count.

    Attributes:
        kinds: (kind,) or (relation, start kind, end kind).
        new, changed: rows to insert and to overwrite; for edges to delete, `new` has their keys.
    """

    kinds: tuple[str, ...]
    new: Path | None
    changed: Path | None
    rows: int

    def put(self, target: GraphTarget) -> None:
        """Inserts and overwrites the rows in a graph.

        Raises:
            StoreError: the graph database refused or failed.
        """
        if len(self.kinds) == 1:
            target.put_nodes(self.kinds[0], self.new, self.changed)
        else:
            relation, start, end = self.kinds
            target.put_edges(relation, start, end, self.new, self.changed)

    def delete(self, target: GraphTarget) -> None:
        """Deletes the edges whose keys `new` has from a graph.

        Raises:
            StoreError: the graph database refused or failed.
        """
        if self.new is not None:
            relation, start, end = self.kinds
            target.delete_edges(relation, start, end, self.new)


@dataclass(frozen=True, slots=True)
class GraphChanges:
    """Changes of a graph. Edges of some sources are told apart, since a killed write treats them otherwise.

    Attributes:
        nodes: nodes to write.
        moved_edges: edges of other sources to write at their new ends.
        moved_edge_keys: keys of edges of other sources to delete at their old ends.
        edges: edges of the loaded sources to write.
        deleted_edges: keys of edges of the loaded sources to delete.
        deleted_nodes: ids of nodes to delete, by kind.
    """

    nodes: Sequence[TableChange]
    moved_edges: Sequence[TableChange]
    moved_edge_keys: Sequence[TableChange]
    edges: Sequence[TableChange]
    deleted_edges: Sequence[TableChange]
    deleted_nodes: Mapping[str, Sequence[str]]

    def __bool__(self) -> bool:
        return any((*self._parts(), self.deleted_nodes))

    @property
    def rows(self) -> int:
        """Number of nodes and edges to write or delete."""
        edges = sum(change.rows for part in self._parts() for change in part)
        return edges + sum(map(len, self.deleted_nodes.values()))

    def _parts(self) -> tuple[Sequence[TableChange], ...]:
        return self.nodes, self.moved_edges, self.moved_edge_keys, self.edges, self.deleted_edges
