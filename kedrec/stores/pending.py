"""Graph as it will be: a stored graph, and changes to it that are collected before one write.

Nodes of a kind are copied from the stored graph when the kind is first used. Of the edges, only those that
are written or deleted are held; the others are read through from the stored graph.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, ContextCloser, Fingerprint, GraphTarget
from kedrec.stores.changes import GraphChanges, TableChange
from kedrec.stores.counts import GraphCounts, fingerprint_of
from kedrec.stores.cypher_statements import chosen_columns
from kedrec.stores.duckdb_tables import (
    BATCH,
    column_definitions,
    column_names,
    connect,
    counts_by_source,
    delete_keys,
    read_nodes,
    row_count,
    same_key,
    table_name,
)
from kedrec.stores.parquet_input import KEY_COLUMNS, check_pair, count_rows

__all__ = ["PendingGraph"]

_PART = 262_144
"""Edges read into memory at once, at most."""
_Table = tuple[str, str, str]
"""Relation, start kind and end kind."""
_SAME_KEY = same_key(KEY_COLUMNS.names)
_NODE_NAMES, _EDGE_NAMES, _KEY_NAMES = map(column_names, (NODE_COLUMNS, EDGE_COLUMNS, KEY_COLUMNS))


class PendingGraph(ContextCloser):
    """A stored graph with changes in a DuckDB database. See `GraphTarget` for its methods.

    Nothing is written to the stored graph: `changes` returns what is to be written.

    Attributes:
        base: the stored graph.
    """

    def __init__(self, base: GraphTarget, folder: Path) -> None:
        """Begins without changes.

        Args:
            base: the stored graph, which must not change while this one is used.
            folder: folder for what exceeds the memory limit.
        """
        self.base = base
        self._sql = connect(None, folder / "spill")
        self._base_counts = base.fingerprint()
        self._base_facts = base.metadata()
        self._base_blobs: dict[str, bytes | None] = {}
        self._facts: dict[str, str | None] = {}
        self._blobs: dict[str, bytes | None] = {}
        self._kinds: set[str] = set()
        self._tables: set[_Table] = set()
        self._counts: GraphCounts | None = None

    @property
    def engine(self) -> str:
        """Engine of the stored graph."""
        return self.base.engine

    @property
    def url(self) -> str:
        """Location of the stored graph."""
        return self.base.url

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        self._copy_nodes(kind)
        return read_nodes(self._sql, table_name((kind,)), chosen)

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the edges of a relation between two kinds, unordered."""
        chosen = chosen_columns(EDGE_COLUMNS, columns)
        table = (relation, start_kind, end_kind)
        if any(name == relation for name, _ in self._base_counts.edges):
            yield from self._unchanged_edges(table, chosen, sources)
        if table in self._tables:
            yield from self._changed_edges(table, chosen, sources)

    def _changed_edges(
        self, table: _Table, chosen: pa.Schema, sources: Sequence[str] | None
    ) -> Iterator[pa.RecordBatch]:
        """Edges that were written, read in parts to bound the memory."""
        name = table_name(table)
        [[last]] = self._sql.execute(f"SELECT coalesce(max(rowid), -1) FROM {name}").fetchall()  # noqa: S608  # names of the schema
        query = (
            f"SELECT {column_names(chosen)} FROM {name} WHERE rowid BETWEEN ? AND ? "  # noqa: S608  # names of the schema
            "AND (? IS NULL OR list_contains(?, source))"
        )
        wanted = None if sources is None else list(sources)
        for first in range(0, last + 1, _PART):
            part = [first, first + _PART - 1, wanted, wanted]
            rows = self._sql.sql(query, params=part).to_arrow_table()
            yield from rows.cast(chosen).to_batches(BATCH)

    def _unchanged_edges(
        self, table: _Table, chosen: pa.Schema, sources: Sequence[str] | None
    ) -> Iterator[pa.RecordBatch]:
        """Edges of the stored graph that are neither overwritten nor deleted."""
        if table not in self._tables or not self._hides(table):
            yield from self.base.edges(*table, columns=chosen.names, sources=sources)
            return
        needed = chosen_columns(EDGE_COLUMNS, list(dict.fromkeys([*KEY_COLUMNS.names, *chosen.names])))
        query = (
            f"SELECT {column_names(chosen)} FROM listed AS t "  # noqa: S608  # names of the schema
            f"WHERE NOT EXISTS (SELECT 1 FROM {table_name(table)} AS k WHERE {_SAME_KEY}) "
            f"AND NOT EXISTS (SELECT 1 FROM {_deleted(table)} AS k WHERE {_SAME_KEY})"
        )
        for batch in self.base.edges(*table, columns=needed.names, sources=sources):
            with self._listed(pa.Table.from_batches([batch])):
                rows = self._sql.sql(query).to_arrow_table()
            yield from rows.cast(chosen).to_batches(BATCH)

    def fingerprint(self) -> Fingerprint:
        """Counts by kind, relation and source, and the digest."""
        if self._counts is None:
            nodes = dict(self._base_counts.nodes)
            for kind in self._kinds:
                nodes[kind] = row_count(self._sql, f'"{kind}"')
            edges = dict(self._base_counts.edges)
            for table in self._tables:
                for part, sign in ((f"{table_name(table)} WHERE is_new", 1), (_deleted(table), -1)):
                    for source, count in counts_by_source(self._sql, part):
                        key = table[0], source
                        edges[key] = edges.get(key, 0) + sign * count
            self._counts = GraphCounts(
                {kind: count for kind, count in nodes.items() if count},
                {key: count for key, count in edges.items() if count},
            )
        return fingerprint_of(self._counts, self.metadata())

    def metadata(self) -> dict[str, str]:
        """Key-value facts of the graph."""
        facts = {**self._base_facts, **self._facts}
        return {key: value for key, value in facts.items() if value is not None}

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name."""
        return self._blobs[name] if name in self._blobs else self._base_blob(name)

    def _base_blob(self, name: str) -> bytes | None:
        if name not in self._base_blobs:
            self._base_blobs[name] = self.base.blob(name)
        return self._base_blobs[name]

    def check_writable(self) -> None:
        """Checks that the stored graph can be written."""
        self.base.check_writable()

    def prepare(self) -> None:
        """Does nothing: tables are created with their first rows."""

    def writing(self) -> contextlib.AbstractContextManager[None]:
        """Locks nothing: no other process has the changes."""
        return contextlib.nullcontext()

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Inserts the nodes of one Parquet file and overwrites those of another."""
        self._copy_nodes(kind)
        deleted = _deleted((kind,))
        if new is not None:
            count_rows(new, NODE_COLUMNS)
            self._sql.execute(
                f'INSERT INTO "{kind}" SELECT {_NODE_NAMES}, if('  # noqa: S608  # names of the schema
                f"id IN (SELECT id FROM {deleted}), 'changed', 'new') FROM read_parquet(?)",
                [str(new)],
            )
            self._sql.execute(
                f"DELETE FROM {deleted} WHERE id IN (SELECT id FROM read_parquet(?))",  # noqa: S608  # names of the schema
                [str(new)],
            )
        if changed is not None:
            count_rows(changed, NODE_COLUMNS)
            values = ", ".join(f"{name} = k.{name}" for name in NODE_COLUMNS.names if name != "id")
            self._sql.execute(
                f"UPDATE \"{kind}\" AS t SET {values}, state = if(t.state = 'new', 'new', 'changed') "  # noqa: S608  # names of the schema
                "FROM read_parquet(?) AS k WHERE t.id = k.id",
                [str(changed)],
            )
        self._counts = None

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes without edges."""
        self._copy_nodes(kind)
        with self._listed(pa.table({"id": pa.array(ids, pa.string())})):
            self._sql.execute(
                f'INSERT INTO {_deleted((kind,))} SELECT id FROM "{kind}" SEMI JOIN listed USING (id) '  # noqa: S608  # names of the schema
                "WHERE state <> 'new'"
            )
            self._sql.execute(f'DELETE FROM "{kind}" WHERE id IN (SELECT id FROM listed)')  # noqa: S608  # names of the schema
        self._counts = None

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Inserts the edges of one Parquet file and overwrites those of another."""
        check_pair(relation, start_kind, end_kind)
        table = (relation, start_kind, end_kind)
        self._create_edges(table)
        name, deleted = table_name(table), _deleted(table)
        if new is not None:
            count_rows(new, EDGE_COLUMNS)
            is_new, has_deleted = "true", bool(row_count(self._sql, deleted))
            if has_deleted:
                is_new = f"NOT EXISTS (SELECT 1 FROM {deleted} AS t WHERE {_SAME_KEY})"  # noqa: S608  # names of the schema
            self._sql.execute(
                f"INSERT INTO {name} SELECT {_EDGE_NAMES}, {is_new} FROM read_parquet(?) AS k",  # noqa: S608  # names of the schema
                [str(new)],
            )
            if has_deleted:
                delete_keys(self._sql, deleted, KEY_COLUMNS.names, new)
        if changed is not None:
            count_rows(changed, EDGE_COLUMNS)
            self._sql.execute(
                f"CREATE OR REPLACE TEMP TABLE overwritten AS SELECT {_KEY_NAMES}, is_new FROM {name} "  # noqa: S608  # names of the schema
                f"SEMI JOIN read_parquet(?) USING ({_KEY_NAMES})",
                [str(changed)],
            )
            delete_keys(self._sql, name, KEY_COLUMNS.names, changed)
            self._sql.execute(
                f"INSERT INTO {name} SELECT k.*, coalesce(t.is_new, false) FROM read_parquet(?) AS k "  # noqa: S608  # names of the schema
                f"LEFT JOIN overwritten AS t ON {_SAME_KEY}",
                [str(changed)],
            )
            self._sql.execute("DROP TABLE overwritten")
        self._counts = None

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key is in a Parquet file."""
        check_pair(relation, start_kind, end_kind)
        count_rows(keys, KEY_COLUMNS)
        table = (relation, start_kind, end_kind)
        self._create_edges(table)
        name, deleted = table_name(table), _deleted(table)
        self._sql.execute(
            f"INSERT INTO {deleted} SELECT DISTINCT {_KEY_NAMES} FROM read_parquet(?) AS k "  # noqa: S608  # names of the schema
            f"WHERE NOT EXISTS (SELECT 1 FROM {name} AS t WHERE t.is_new AND {_SAME_KEY}) "
            f"AND NOT EXISTS (SELECT 1 FROM {deleted} AS t WHERE {_SAME_KEY})",
            [str(keys)],
        )
        delete_keys(self._sql, name, KEY_COLUMNS.names, keys)
        self._counts = None

    def put_metadata(
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Stores facts by key and bytes by name; the value None deletes an entry."""
        self._facts |= facts
        self._blobs |= blobs or {}

    def close(self) -> None:
        """Discards the changes."""
        self._sql.close()

    def apply(self, changes: GraphChanges) -> None:
        """Makes the changes of one source: nodes, edges, then what is deleted."""
        for change in (*changes.nodes, *changes.moved_edges, *changes.edges):
            change.put(self)
        for change in (*changes.moved_edge_keys, *changes.deleted_edges):
            change.delete(self)
        for kind, ids in changes.deleted_nodes.items():
            self.delete_nodes(kind, ids)

    def changed_facts(self) -> dict[str, str | None]:
        """Facts that differ from the stored graph's, None for those to delete."""
        return {key: value for key, value in self._facts.items() if self._base_facts.get(key) != value}

    def changed_blobs(self) -> dict[str, bytes | None]:
        """Bytes that differ from the stored graph's, by name, None for those to delete."""
        return {name: value for name, value in self._blobs.items() if self._base_blob(name) != value}

    def changes(self, folder: Path, own_sources: Collection[str]) -> GraphChanges:
        """Writes the differences from the stored graph as Parquet files.

        Args:
            folder: an empty folder for the files.
            own_sources: sources whose edges are `edges`; those of others are `moved_edges`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        nodes, deleted_nodes = [], {}
        for kind in sorted(self._kinds):
            files = {state: f"\"{kind}\" WHERE state = '{state}'" for state in ("new", "changed")}
            change = self._write_change((kind,), _NODE_NAMES, files, folder / kind)
            nodes += [change] if change else []
            ids = self._sql.execute(f"SELECT id FROM {_deleted((kind,))} ORDER BY id").fetchall()  # noqa: S608  # names of the schema
            if ids:
                deleted_nodes[kind] = [row[0] for row in ids]
        written: dict[bool, list[TableChange]] = {True: [], False: []}
        deleted: dict[bool, list[TableChange]] = {True: [], False: []}
        with self._listed(pa.table({"source": pa.array(sorted(own_sources), pa.string())})):
            for table in sorted(self._tables):
                for is_own in (True, False):
                    condition = f"(source IN (FROM listed)) = {is_own}"
                    path = folder / ".".join((*table, "own" if is_own else "moved"))
                    files = {
                        "new": f"{table_name(table)} WHERE is_new AND {condition}",
                        "changed": f"{table_name(table)} WHERE NOT is_new AND {condition}",
                    }
                    change = self._write_change(table, _EDGE_NAMES, files, path)
                    written[is_own] += [change] if change else []
                    files = {"new": f"{_deleted(table)} WHERE {condition}"}
                    path = path.with_name(f"{path.name}.deleted")
                    change = self._write_change(table, _KEY_NAMES, files, path)
                    deleted[is_own] += [change] if change else []
        return GraphChanges(
            nodes, written[False], deleted[False], written[True], deleted[True], deleted_nodes
        )

    def _write_change(
        self, kinds: tuple[str, ...], columns: str, selections: Mapping[str, str], path: Path
    ) -> TableChange | None:
        """Writes rows by state; None if there are none."""
        files: dict[str, Path] = {}
        rows = 0
        for state, selection in selections.items():
            count = row_count(self._sql, selection)
            if count:
                file = path.with_name(f"{path.name}.{state}.parquet")
                target = str(file).replace("'", "''")
                query = f"SELECT {columns} FROM {selection}"  # noqa: S608  # names of the schema
                self._sql.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
                files[state] = file
                rows += count
        return TableChange(kinds, files.get("new"), files.get("changed"), rows) if rows else None

    def _copy_nodes(self, kind: str) -> None:
        if kind in self._kinds:
            return
        self._sql.execute(f'CREATE TABLE "{kind}" ({column_definitions(NODE_COLUMNS)}, state VARCHAR)')
        self._sql.execute(f"CREATE TABLE {_deleted((kind,))} (id VARCHAR)")
        if self._base_counts.nodes.get(kind):
            with self._listed(self.base.nodes(kind)):
                self._sql.execute(f"INSERT INTO \"{kind}\" SELECT {_NODE_NAMES}, 'same' FROM listed")  # noqa: S608  # names of the schema
        self._kinds.add(kind)

    def _create_edges(self, table: _Table) -> None:
        if table not in self._tables:
            self._sql.execute(
                f"CREATE TABLE {table_name(table)} ({column_definitions(EDGE_COLUMNS)}, is_new BOOLEAN)"
            )
            self._sql.execute(f"CREATE TABLE {_deleted(table)} ({column_definitions(KEY_COLUMNS)})")
            self._tables.add(table)

    def _hides(self, table: _Table) -> bool:
        """True if an edge of the stored graph is overwritten or deleted."""
        return bool(
            row_count(self._sql, f"{table_name(table)} WHERE NOT is_new")
            or row_count(self._sql, _deleted(table))
        )

    @contextlib.contextmanager
    def _listed(self, rows: pa.Table) -> Iterator[None]:
        self._sql.register("listed", rows)
        try:
            yield
        finally:
            self._sql.unregister("listed")


def _deleted(kinds: tuple[str, ...]) -> str:
    """Name of the table with the keys of the stored rows that are deleted."""
    return table_name((*kinds, "deleted"))
