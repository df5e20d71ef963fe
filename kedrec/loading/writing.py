"""Compares the canonical rows with what is stored, and writes what differs: Parquet, then the graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kedrec.loading.edges import CONTENT, stage_stored_edges

if TYPE_CHECKING:
    from kedrec.loading.staging import Progress, Staging
    from kedrec.stores import GraphStore

__all__ = ["Batch", "Batches", "compare", "put", "write_parquet"]

_NODE_COLUMNS = "id, name, synonyms, xrefs, description, sources"
_EDGE_COLUMNS = 'start, "end", source, ' + ", ".join(f'"{column}"' for column in CONTENT)


@dataclass(frozen=True, slots=True)
class Batch:
    """Parquet files for one kind of node, or one pair of kinds of a relation, and their row counts."""

    kinds: tuple[str, ...]
    new: Path | None
    changed: Path | None
    rows: int


Batches: TypeAlias = tuple[list[Batch], list[Batch], list[Batch]]
"""Nodes to put, edges to put, keys of edges to delete."""


def compare(staging: Staging, store: GraphStore) -> None:
    """Gives every row of `nodes` and `edges` a `state`: new, changed or same."""
    sql = staging.sql
    differs = " OR ".join(
        f"n.{column} IS DISTINCT FROM s.{column}" for column in _NODE_COLUMNS.split(", ")[1:]
    )
    sql.execute(
        f"CREATE TABLE node_states AS SELECT n.*, "  # noqa: S608  # constant names
        f"CASE WHEN s.id IS NULL THEN 'new' WHEN {differs} THEN 'changed' ELSE 'same' END AS state "
        "FROM nodes AS n LEFT JOIN stored AS s ON s.kind = n.kind AND s.id = n.id"
    )
    pairs, sources = (
        [row[0] for row in sql.execute(f"SELECT DISTINCT {column} FROM edges").fetchall()]  # noqa: S608  # constant names
        for column in ("pair", "source")
    )
    stage_stored_edges(staging, store, pairs, sources)
    sql.execute("ALTER TABLE edges ADD COLUMN state VARCHAR DEFAULT 'new'")
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


def _file(staging: Staging, query: str, path: Path) -> Path:
    staging.sql.execute(f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    return path


def write_parquet(staging: Staging) -> Batches:
    """Writes new and changed nodes and edges, and keys of edges to delete: their batches, in that order."""
    folder = staging.folder / "staged"
    folder.mkdir(exist_ok=True)
    nodes: dict[str, dict[str, tuple[Path, int]]] = {}
    groups = staging.sql.execute(
        "SELECT kind, state, count(*) FROM node_states WHERE state <> 'same' "
        "GROUP BY ALL ORDER BY kind, state"
    ).fetchall()
    for kind, state, rows in groups:
        query = f"SELECT {_NODE_COLUMNS} FROM node_states WHERE kind = '{kind}' AND state = '{state}'"  # noqa: S608  # kinds of the schema
        nodes.setdefault(kind, {})[state] = (_file(staging, query, folder / f"{kind}.{state}.parquet"), rows)
    edges: dict[tuple[str, ...], dict[str, tuple[Path, int]]] = {}
    groups = staging.sql.execute(
        "SELECT pair, relation, start_kind, end_kind, state, n "
        "FROM (SELECT pair, state, count(*) AS n FROM edges "
        "WHERE state <> 'same' GROUP BY ALL) JOIN pairs USING (pair) ORDER BY pair, state"
    ).fetchall()
    for pair, relation, start, end, state, rows in groups:
        query = (
            'SELECT s.id AS start, t.id AS "end", e.* EXCLUDE (pair, start, "end", moved, state) '  # noqa: S608  # numbers
            f'FROM edges AS e JOIN numbers AS s ON s.node = e.start JOIN numbers AS t ON t.node = e."end" '
            f"WHERE e.pair = {pair} AND e.state = '{state}'"
        )
        name = f"{relation}.{start}.{end}.{state}.parquet"
        path = _file(staging, f"SELECT {_EDGE_COLUMNS} FROM ({query})", folder / name)  # noqa: S608  # constant names
        edges.setdefault((relation, start, end), {})[state] = (path, rows)
    gone: list[Batch] = []
    groups = staging.sql.execute(
        "SELECT pair, relation, start_kind, end_kind, count(*) FROM gone JOIN pairs USING (pair) "
        "GROUP BY ALL ORDER BY pair"
    ).fetchall()
    for pair, relation, start, end, rows in groups:
        query = f'SELECT start, "end", source FROM gone WHERE pair = {pair}'  # noqa: S608  # a number
        path = _file(staging, query, folder / f"{relation}.{start}.{end}.gone.parquet")
        gone.append(Batch((relation, start, end), path, None, rows))
    return _batches({(kind,): files for kind, files in nodes.items()}), _batches(edges), gone


def _batches(files: dict[tuple[str, ...], dict[str, tuple[Path, int]]]) -> list[Batch]:
    return [
        Batch(
            kinds,
            states["new"][0] if "new" in states else None,
            states["changed"][0] if "changed" in states else None,
            sum(rows for _, rows in states.values()),
        )
        for kinds, states in files.items()
    ]


def put(
    staging: Staging,
    store: GraphStore,
    batches: Batches,
    stage: str,
    progress: Progress,
) -> None:
    """Writes the batches: nodes, edges, then deletes what moved away. After a crash, again is safe."""
    nodes, edges, gone = batches
    total, done = sum(batch.rows for part in batches for batch in part), 0
    progress(stage, 0, total)
    for batch in nodes:
        store.put_nodes(batch.kinds[0], batch.new, batch.changed)
        done += batch.rows
        progress(stage, done, total)
    for batch in edges:
        relation, start, end = batch.kinds
        store.put_edges(relation, start, end, batch.new, batch.changed)
        done += batch.rows
        progress(stage, done, total)
    for batch in gone:
        relation, start, end = batch.kinds
        if batch.new is not None:
            store.delete_edges(relation, start, end, batch.new)
        done += batch.rows
        progress(stage, done, total)
    moved = staging.sql.execute("SELECT kind, list(id) FROM moved GROUP BY kind ORDER BY kind").fetchall()
    for kind, ids in moved:
        store.delete_nodes(kind, ids)
