"""Compares the canonical rows of a source with the graph, and writes the differences as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kedrec.loading.moved_edges import CONTENT, stage_stored_edges, tables_of
from kedrec.stores.changes import GraphChanges, TableChange

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.loading.state import SourceState
    from kedrec.stores import GraphTarget

__all__ = ["compare_with_stored", "write_parquet"]

_NODE_COLUMNS = "id, name, synonyms, xrefs, description, sources"
_EDGE_COLUMNS = 'start, "end", source, ' + ", ".join(f'"{column}"' for column in CONTENT)


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


def write_parquet(staging: Staging) -> GraphChanges:
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
    return GraphChanges(
        _batches(nodes),
        _edge_batches(staging, folder, moved=True),
        _deleted_edge_batches(staging, folder, moved=True),
        _edge_batches(staging, folder, moved=False),
        _deleted_edge_batches(staging, folder, moved=False),
        dict(deleted_nodes),
    )


_Files: TypeAlias = dict[tuple[str, ...], dict[str, tuple[Path, int]]]
"""File and row count by state, for each table."""


def _edge_batches(staging: Staging, folder: Path, *, moved: bool) -> list[TableChange]:
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


def _deleted_edge_batches(staging: Staging, folder: Path, *, moved: bool) -> list[TableChange]:
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
            TableChange((relation, start, end), _copy_to_parquet(staging, query, folder / name), None, rows)
        )
    return batches


def _batches(files: _Files) -> list[TableChange]:
    return [
        TableChange(
            kinds,
            states["new"][0] if "new" in states else None,
            states["changed"][0] if "changed" in states else None,
            sum(rows for _, rows in states.values()),
        )
        for kinds, states in files.items()
    ]
