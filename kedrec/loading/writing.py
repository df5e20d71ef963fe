"""Compares the canonical rows with the stored graph and writes the difference: Parquet, then the graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kedrec.loading.moved_edges import CONTENT, stage_stored_edges, tables_of

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging
    from kedrec.loading.state import SourceState
    from kedrec.stores import GraphTarget

__all__ = ["Batch", "Batches", "Writer", "compare_with_stored", "write_parquet"]

_NODE_COLUMNS = "id, name, synonyms, xrefs, description, sources"
_EDGE_COLUMNS = 'start, "end", source, ' + ", ".join(f'"{column}"' for column in CONTENT)


@dataclass(frozen=True, slots=True)
class Batch:
    """Parquet files of one kind of node, or of one relation between two kinds, and their row count."""

    kinds: tuple[str, ...]
    new: Path | None
    changed: Path | None
    rows: int


@dataclass(frozen=True, slots=True)
class Batches:
    """Rows that a load writes.

    Attributes:
        nodes: nodes to write.
        moved_edges: edges of other sources to write at their new ends.
        moved_edge_keys: keys of edges of other sources to delete at their old ends.
        edges: edges of the source to write.
        deleted_edges: keys of edges of the source to delete.
        deleted_nodes: ids of nodes to delete, by kind.
    """

    nodes: list[Batch]
    moved_edges: list[Batch]
    moved_edge_keys: list[Batch]
    edges: list[Batch]
    deleted_edges: list[Batch]
    deleted_nodes: dict[str, list[str]]

    def __bool__(self) -> bool:
        return any((*self._parts(), self.deleted_nodes))

    @property
    def rows(self) -> int:
        """Number of nodes and edges to write or delete."""
        edges = sum(batch.rows for part in self._parts() for batch in part)
        return edges + sum(map(len, self.deleted_nodes.values()))

    def _parts(self) -> tuple[list[Batch], ...]:
        return self.nodes, self.moved_edges, self.moved_edge_keys, self.edges, self.deleted_edges


def compare_with_stored(staging: Staging, store: GraphTarget, before: SourceState | None) -> None:
    """Marks merged nodes and edges as new, changed or same; collects the edges to delete.

    Args:
        staging: staging area with the canonical rows.
        store: the graph.
        before: the source's state in the graph; None if it is new.
    """
    sql = staging.sql
    differs = " OR ".join(
        f"n.{column} IS DISTINCT FROM s.{column}" for column in _NODE_COLUMNS.split(", ")[1:]
    )
    staging.create("node_states")
    sql.execute(
        f"INSERT INTO node_states BY NAME SELECT n.*, "  # noqa: S608  # constant names
        f"CASE WHEN s.id IS NULL THEN 'new' WHEN {differs} THEN 'changed' ELSE 'same' END AS state "
        "FROM merged_nodes AS n LEFT JOIN stored_nodes AS s ON s.kind = n.kind AND s.id = n.id"
    )
    names = list(before.names) if before else []
    stage_stored_edges(staging, store, tables_of([before] if before else []), names)
    staging.create("deleted_edges")
    if staging.count("stored_edges"):
        same = " AND ".join(f'e."{column}" IS NOT DISTINCT FROM s."{column}"' for column in CONTENT)
        staging.create("numbered_edges")
        sql.execute(
            "INSERT INTO numbered_edges BY NAME "
            'SELECT e.* EXCLUDE (start, "end"), s.node AS start, t.node AS "end" '
            "FROM stored_edges AS e JOIN pairs AS p USING (pair) "
            "JOIN node_numbers AS s ON s.kind = p.start_kind AND s.id = e.start "
            'JOIN node_numbers AS t ON t.kind = p.end_kind AND t.id = e."end"'
        )
        sql.execute(
            f"UPDATE merged_edges AS e SET state = if({same}, 'same', 'changed') FROM numbered_edges AS s "  # noqa: S608  # constant names
            'WHERE e.pair = s.pair AND e.start = s.start AND e."end" = s."end" AND e.source = s.source'
        )
        sql.execute("DROP TABLE numbered_edges")
        sql.execute(_FIND_DELETED, {"names": names})


_FIND_DELETED = """
INSERT INTO deleted_edges
SELECT o.pair, o.start, o."end", o.source, o.moved
FROM (
  SELECT DISTINCT pair, start, "end", source, true AS moved FROM old_edge_keys
  UNION ALL
  SELECT pair, start, "end", source, false FROM stored_edges WHERE list_contains($names, source)
) AS o
JOIN pairs AS p USING (pair)
LEFT JOIN node_numbers AS s ON s.kind = p.start_kind AND s.id = o.start
LEFT JOIN node_numbers AS t ON t.kind = p.end_kind AND t.id = o."end"
ANTI JOIN merged_edges AS e
  ON e.pair = o.pair AND e.start = s.node AND e."end" = t.node AND e.source = o.source
"""


def _copy_to_parquet(staging: Staging, query: str, path: Path) -> Path:
    staging.sql.execute(f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    return path


def write_parquet(staging: Staging) -> Batches:
    """Writes new, changed and deleted rows as Parquet files."""
    folder = staging.folder / "staged"
    folder.mkdir(exist_ok=True)
    nodes: _Files = {}
    groups = staging.sql.execute(
        "SELECT kind, state, count(*) FROM node_states WHERE state <> 'same' "
        "GROUP BY ALL ORDER BY kind, state"
    ).fetchall()
    for kind, state, rows in groups:
        query = f"SELECT {_NODE_COLUMNS} FROM node_states WHERE kind = '{kind}' AND state = '{state}'"  # noqa: S608  # kinds of the schema
        path = _copy_to_parquet(staging, query, folder / f"{kind}.{state}.parquet")
        nodes.setdefault((kind,), {})[state] = (path, rows)
    deleted_nodes = staging.sql.execute(
        "SELECT kind, list(id ORDER BY id) FROM deleted_nodes GROUP BY kind ORDER BY kind"
    ).fetchall()
    return Batches(
        _batches(nodes),
        _edge_batches(staging, folder, moved=True),
        _deleted_edge_batches(staging, folder, moved=True),
        _edge_batches(staging, folder, moved=False),
        _deleted_edge_batches(staging, folder, moved=False),
        dict(deleted_nodes),
    )


_Files: TypeAlias = dict[tuple[str, ...], dict[str, tuple[Path, int]]]
"""File and row count by state, for each table."""


def _edge_batches(staging: Staging, folder: Path, *, moved: bool) -> list[Batch]:
    files: _Files = {}
    groups = staging.sql.execute(
        "SELECT pair, relation, start_kind, end_kind, state, n "
        "FROM (SELECT pair, state, count(*) AS n FROM merged_edges "
        "WHERE state <> 'same' AND moved = ? GROUP BY ALL) JOIN pairs USING (pair) ORDER BY pair, state",
        [moved],
    ).fetchall()
    for pair, relation, start, end, state, rows in groups:
        query = (
            'SELECT s.id AS start, t.id AS "end", e.* EXCLUDE (pair, start, "end", moved, state) '  # noqa: S608  # numbers
            "FROM merged_edges AS e JOIN node_numbers AS s ON s.node = e.start "
            'JOIN node_numbers AS t ON t.node = e."end" '
            f"WHERE e.pair = {pair} AND e.state = '{state}' AND e.moved = {moved}"
        )
        name = f"{relation}.{start}.{end}.{'moved.' if moved else ''}{state}.parquet"
        path = _copy_to_parquet(staging, f"SELECT {_EDGE_COLUMNS} FROM ({query})", folder / name)  # noqa: S608  # constant names
        files.setdefault((relation, start, end), {})[state] = (path, rows)
    return _batches(files)


def _deleted_edge_batches(staging: Staging, folder: Path, *, moved: bool) -> list[Batch]:
    batches = []
    groups = staging.sql.execute(
        "SELECT pair, relation, start_kind, end_kind, count(*) FROM deleted_edges JOIN pairs USING (pair) "
        "WHERE moved = ? GROUP BY ALL ORDER BY pair",
        [moved],
    ).fetchall()
    for pair, relation, start, end, rows in groups:
        query = f'SELECT start, "end", source FROM deleted_edges WHERE pair = {pair} AND moved = {moved}'  # noqa: S608  # a number
        name = f"{relation}.{start}.{end}.{'left' if moved else 'gone'}.parquet"
        batches.append(
            Batch((relation, start, end), _copy_to_parquet(staging, query, folder / name), None, rows)
        )
    return batches


def _batches(files: _Files) -> list[Batch]:
    return [
        Batch(
            kinds,
            states["new"][0] if "new" in states else None,
            states["changed"][0] if "changed" in states else None,
            sum(rows for _, rows in states.values()),
        )
        for kinds, states in files.items()
    ]


class Writer:
    """Writes batches and reports progress. Every step may be repeated after a crash."""

    def __init__(self, store: GraphTarget, batches: Batches, stage: str, progress: Progress) -> None:
        self._store, self._batches = store, batches
        self._stage, self._progress = stage, progress
        self._done, self._total = 0, batches.rows
        progress(stage, 0, self._total)

    def _add(self, rows: int) -> None:
        self._done += rows
        self._progress(self._stage, self._done, self._total)

    def _put(self, batches: list[Batch]) -> None:
        for batch in batches:
            relation, start, end = batch.kinds
            self._store.put_edges(relation, start, end, batch.new, batch.changed)
            self._add(batch.rows)

    def _delete(self, batches: list[Batch]) -> None:
        for batch in batches:
            relation, start, end = batch.kinds
            if batch.new is not None:
                self._store.delete_edges(relation, start, end, batch.new)
            self._add(batch.rows)

    def write_nodes(self) -> None:
        """Writes the nodes."""
        for batch in self._batches.nodes:
            self._store.put_nodes(batch.kinds[0], batch.new, batch.changed)
            self._add(batch.rows)

    def move_edges(self) -> None:
        """Moves the edges of other sources to their new ends."""
        self._put(self._batches.moved_edges)
        self._delete(self._batches.moved_edge_keys)

    def write_edges(self) -> None:
        """Writes the source's edges, then deletes rows: edges before the nodes that they need."""
        self._put(self._batches.edges)
        self._delete(self._batches.deleted_edges)
        for kind, ids in self._batches.deleted_nodes.items():
            self._store.delete_nodes(kind, ids)
            self._add(len(ids))
