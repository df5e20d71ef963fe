"""Compares the canonical rows with what is stored, and writes what differs: Parquet, then the graph."""

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

__all__ = ["Batch", "Batches", "Writer", "compare", "write_parquet"]

_NODE_COLUMNS = "id, name, synonyms, xrefs, description, sources"
_EDGE_COLUMNS = 'start, "end", source, ' + ", ".join(f'"{column}"' for column in CONTENT)


@dataclass(frozen=True, slots=True)
class Batch:
    """Parquet files for one kind of node, or one pair of kinds of a relation, and their row counts."""

    kinds: tuple[str, ...]
    new: Path | None
    changed: Path | None
    rows: int


@dataclass(frozen=True, slots=True)
class Batches:
    """What a load writes.

    Attributes:
        nodes: nodes to put.
        moved, left: edges of other sources to put where they are now, and keys of those to delete.
        edges, gone: edges of the source to put, and keys of those to delete.
        lost: ids of nodes to delete, by kind.
    """

    nodes: list[Batch]
    moved: list[Batch]
    left: list[Batch]
    edges: list[Batch]
    gone: list[Batch]
    lost: dict[str, list[str]]

    def __bool__(self) -> bool:
        return any((self.nodes, self.moved, self.left, self.edges, self.gone, self.lost))

    @property
    def rows(self) -> int:
        """Nodes and edges to put or delete."""
        parts = (self.nodes, self.moved, self.left, self.edges, self.gone)
        return sum(batch.rows for part in parts for batch in part) + sum(map(len, self.lost.values()))


def compare(staging: Staging, store: GraphTarget, before: SourceState | None) -> None:
    """Gives every row of `nodes` and `edges` a `state` (new, changed, same), and tells what is `gone`.

    Args:
        staging: with the canonical rows.
        store: the graph.
        before: what the graph's facts say of the source.
    """
    sql = staging.sql
    differs = " OR ".join(
        f"n.{column} IS DISTINCT FROM s.{column}" for column in _NODE_COLUMNS.split(", ")[1:]
    )
    sql.execute(
        f"CREATE TABLE node_states AS SELECT n.*, "  # noqa: S608  # constant names
        f"CASE WHEN s.id IS NULL THEN 'new' WHEN {differs} THEN 'changed' ELSE 'same' END AS state "
        "FROM nodes AS n LEFT JOIN stored AS s ON s.kind = n.kind AND s.id = n.id"
    )
    names = list(before.names) if before else []
    stage_stored_edges(staging, store, tables_of([before] if before else []), names)
    sql.execute("ALTER TABLE edges ADD COLUMN state VARCHAR DEFAULT 'new'")
    sql.execute(_GONE)
    if staging.count("stored_edges"):
        same = " AND ".join(f'e."{column}" IS NOT DISTINCT FROM s."{column}"' for column in CONTENT)
        sql.execute(
            "CREATE TEMP TABLE numbered AS "
            'SELECT e.* EXCLUDE (start, "end"), s.node AS start, t.node AS "end" '
            "FROM stored_edges AS e JOIN pairs AS p USING (pair) "
            "JOIN numbers AS s ON s.kind = p.start_kind AND s.id = e.start "
            'JOIN numbers AS t ON t.kind = p.end_kind AND t.id = e."end"'
        )
        sql.execute(
            f"UPDATE edges AS e SET state = if({same}, 'same', 'changed') FROM numbered AS s "  # noqa: S608  # constant names
            'WHERE e.pair = s.pair AND e.start = s.start AND e."end" = s."end" AND e.source = s.source'
        )
        sql.execute("DROP TABLE numbered")
        sql.execute(_FIND_GONE, {"names": names})


_GONE = 'CREATE TABLE gone (pair SMALLINT, start VARCHAR, "end" VARCHAR, source VARCHAR, moved BOOLEAN)'
_FIND_GONE = """
INSERT INTO gone
SELECT o.pair, o.start, o."end", o.source, o.moved
FROM (
  SELECT DISTINCT pair, start, "end", source, true AS moved FROM dropped
  UNION ALL
  SELECT pair, start, "end", source, false FROM stored_edges WHERE list_contains($names, source)
) AS o
JOIN pairs AS p USING (pair)
LEFT JOIN numbers AS s ON s.kind = p.start_kind AND s.id = o.start
LEFT JOIN numbers AS t ON t.kind = p.end_kind AND t.id = o."end"
ANTI JOIN edges AS e
  ON e.pair = o.pair AND e.start = s.node AND e."end" = t.node AND e.source = o.source
"""


def _file(staging: Staging, query: str, path: Path) -> Path:
    staging.sql.execute(f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    return path


def write_parquet(staging: Staging) -> Batches:
    """Writes what is new, changed and gone as Parquet, and tells the files."""
    folder = staging.folder / "staged"
    folder.mkdir(exist_ok=True)
    nodes: _Files = {}
    groups = staging.sql.execute(
        "SELECT kind, state, count(*) FROM node_states WHERE state <> 'same' "
        "GROUP BY ALL ORDER BY kind, state"
    ).fetchall()
    for kind, state, rows in groups:
        query = f"SELECT {_NODE_COLUMNS} FROM node_states WHERE kind = '{kind}' AND state = '{state}'"  # noqa: S608  # kinds of the schema
        path = _file(staging, query, folder / f"{kind}.{state}.parquet")
        nodes.setdefault((kind,), {})[state] = (path, rows)
    lost = staging.sql.execute(
        "SELECT kind, list(id ORDER BY id) FROM gone_nodes GROUP BY kind ORDER BY kind"
    ).fetchall()
    return Batches(
        _batches(nodes),
        _edges(staging, folder, moved=True),
        _gone(staging, folder, moved=True),
        _edges(staging, folder, moved=False),
        _gone(staging, folder, moved=False),
        dict(lost),
    )


_Files: TypeAlias = dict[tuple[str, ...], dict[str, tuple[Path, int]]]
"""Files of one table by state, with their row counts."""


def _edges(staging: Staging, folder: Path, *, moved: bool) -> list[Batch]:
    files: _Files = {}
    groups = staging.sql.execute(
        "SELECT pair, relation, start_kind, end_kind, state, n "
        "FROM (SELECT pair, state, count(*) AS n FROM edges "
        "WHERE state <> 'same' AND moved = ? GROUP BY ALL) JOIN pairs USING (pair) ORDER BY pair, state",
        [moved],
    ).fetchall()
    for pair, relation, start, end, state, rows in groups:
        query = (
            'SELECT s.id AS start, t.id AS "end", e.* EXCLUDE (pair, start, "end", moved, state) '  # noqa: S608  # numbers
            f'FROM edges AS e JOIN numbers AS s ON s.node = e.start JOIN numbers AS t ON t.node = e."end" '
            f"WHERE e.pair = {pair} AND e.state = '{state}' AND e.moved = {moved}"
        )
        name = f"{relation}.{start}.{end}.{'moved.' if moved else ''}{state}.parquet"
        path = _file(staging, f"SELECT {_EDGE_COLUMNS} FROM ({query})", folder / name)  # noqa: S608  # constant names
        files.setdefault((relation, start, end), {})[state] = (path, rows)
    return _batches(files)


def _gone(staging: Staging, folder: Path, *, moved: bool) -> list[Batch]:
    gone = []
    groups = staging.sql.execute(
        "SELECT pair, relation, start_kind, end_kind, count(*) FROM gone JOIN pairs USING (pair) "
        "WHERE moved = ? GROUP BY ALL ORDER BY pair",
        [moved],
    ).fetchall()
    for pair, relation, start, end, rows in groups:
        query = f'SELECT start, "end", source FROM gone WHERE pair = {pair} AND moved = {moved}'  # noqa: S608  # a number
        name = f"{relation}.{start}.{end}.{'left' if moved else 'gone'}.parquet"
        gone.append(Batch((relation, start, end), _file(staging, query, folder / name), None, rows))
    return gone


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
    """Writes batches, and tells how far it is. Every step may be done again after a crash."""

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

    def nodes(self) -> None:
        """Puts the nodes."""
        for batch in self._batches.nodes:
            self._store.put_nodes(batch.kinds[0], batch.new, batch.changed)
            self._add(batch.rows)

    def others(self) -> None:
        """Moves the edges of other sources."""
        self._put(self._batches.moved)
        self._delete(self._batches.left)

    def own(self) -> None:
        """Puts the source's edges, then deletes what is gone: edges before the nodes they held."""
        self._put(self._batches.edges)
        self._delete(self._batches.gone)
        for kind, ids in self._batches.lost.items():
            self._store.delete_nodes(kind, ids)
            self._add(len(ids))
