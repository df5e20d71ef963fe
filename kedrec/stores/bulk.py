"""Staging graph in a DuckDB file, from which Neo4j's import tool is fed.

It implements `GraphTarget`, so that several sources are merged in it as in a database. It runs no query
templates, and exists for the duration of a load.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kedrec.errors import SchemaMismatchError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, ContextCloser, Fingerprint
from kedrec.stores.counts import COUNTS_KEY, VERSION_KEY, GraphCounts, fingerprint_of, public_facts
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
    table_name,
)
from kedrec.stores.marking import MARK_FACT
from kedrec.stores.parquet_input import KEY_COLUMNS, check_pair, count_rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BulkGraph", "BulkTable"]


class BulkTable(NamedTuple):
    """A table of the graph, its name and number of rows.

    `kinds` is (kind,) for nodes and (relation, start kind, end kind) for edges.
    """

    kinds: tuple[str, ...]
    name: str
    rows: int


class BulkGraph(ContextCloser):
    """A graph in a new DuckDB file. See `GraphTarget` for its methods.

    Attributes:
        sql: the DuckDB connection.
    """

    engine = "neo4j"

    def __init__(self, file: Path, url: str) -> None:
        """Creates an empty graph.

        Args:
            file: the DuckDB file; an existing one is replaced.
            url: URL of the graph that will be imported, for messages and reports.
        """
        file.unlink(missing_ok=True)
        self.url = url
        self.sql = connect(file, file.parent / "spill")
        self._tables: dict[tuple[str, ...], str] = {}
        self._facts: dict[str, str] = {}
        self._blobs: dict[str, bytes] = {}

    def tables(self) -> list[BulkTable]:
        """The tables that have rows: nodes before edges, otherwise unordered."""
        tables = [BulkTable(kinds, name, row_count(self.sql, name)) for kinds, name in self._tables.items()]
        return sorted((table for table in tables if table.rows), key=lambda table: len(table.kinds))

    def facts(self) -> dict[str, str]:
        """Metadata of the database, the store's own entries included."""
        return {**self._facts, COUNTS_KEY: self._counts().dumps(), MARK_FACT: "1"}

    def blob_names(self) -> list[str]:
        """Names under which bytes are stored, sorted."""
        return sorted(self._blobs)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        table = self._tables.get((kind,))
        if table is None:
            return chosen.empty_table()
        return read_nodes(self.sql, table, chosen)

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
        table = self._tables.get((relation, start_kind, end_kind))
        if table is None:
            return
        query = f"SELECT {column_names(chosen)} FROM {table}"  # noqa: S608  # names of the schema
        # A cursor of its own: the caller may run other queries while it reads these rows.
        with self.sql.cursor() as cursor:
            if sources is None:
                rows = cursor.sql(query)
            else:
                rows = cursor.sql(f"{query} WHERE list_contains(?, source)", params=[list(sources)])
            for batch in rows.to_arrow_reader(BATCH):
                yield batch.cast(chosen)

    def fingerprint(self) -> Fingerprint:
        """Counts by kind, relation and source, and the digest."""
        return fingerprint_of(self._counts(), self._facts)

    def metadata(self) -> dict[str, str]:
        """Key-value facts stored with the graph."""
        return public_facts(self._facts)

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name."""
        return self._blobs.get(name)

    def check_writable(self) -> None:
        """Always passes: the file is new."""

    def prepare(self) -> None:
        """Stores the schema version; a table is created with its first rows."""
        version = str(load_schema().version)
        if self._facts.setdefault(VERSION_KEY, version) != version:
            raise SchemaMismatchError(f"{self.url} has another schema version.", "Begin anew.")

    def writing(self) -> contextlib.AbstractContextManager[None]:
        """Locks nothing: no other process has the file."""
        return contextlib.nullcontext()

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Inserts the nodes of one Parquet file and overwrites those of another."""
        self._put((kind,), NODE_COLUMNS, ("id",), new, changed)

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Inserts the edges of one Parquet file and overwrites those of another."""
        check_pair(relation, start_kind, end_kind)
        self._put((relation, start_kind, end_kind), EDGE_COLUMNS, KEY_COLUMNS.names, new, changed)

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key is in a Parquet file."""
        count_rows(keys, KEY_COLUMNS)
        self._delete((relation, start_kind, end_kind), KEY_COLUMNS.names, keys)

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes without edges."""
        table = self._tables.get((kind,))
        if table is not None:
            self.sql.execute(f"DELETE FROM {table} WHERE list_contains(?, id)", [list(ids)])  # noqa: S608  # a name of ours

    def put_metadata(
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Stores facts by key and bytes by name; the value None deletes an entry."""
        _update(self._facts, facts)
        _update(self._blobs, blobs or {})

    def close(self) -> None:
        """Closes the file."""
        self.sql.close()

    def _put(
        self,
        kinds: tuple[str, ...],
        columns: pa.Schema,
        key: Sequence[str],
        new: Path | None,
        changed: Path | None,
    ) -> None:
        if kinds not in self._tables:
            name = table_name(kinds)
            self.sql.execute(f"CREATE TABLE {name} ({column_definitions(columns)})")
            self._tables[kinds] = name
        if changed is not None:
            self._delete(kinds, key, changed)
        for file in (new, changed):
            if file is not None:
                count_rows(file, columns)
                self.sql.execute(
                    f"INSERT INTO {self._tables[kinds]} SELECT * FROM read_parquet(?)",  # noqa: S608  # a name of ours
                    [str(file)],
                )

    def _delete(self, kinds: tuple[str, ...], key: Sequence[str], file: Path) -> None:
        if kinds in self._tables:
            delete_keys(self.sql, self._tables[kinds], key, file)

    def _counts(self) -> GraphCounts:
        nodes: dict[str, int] = {}
        edges: dict[tuple[str, str], int] = {}
        for kinds, name, rows in self.tables():
            if len(kinds) == 1:
                nodes[kinds[0]] = rows
                continue
            for source, count in counts_by_source(self.sql, name):
                edges[kinds[0], source] = edges.get((kinds[0], source), 0) + count
        return GraphCounts(nodes, edges)


def _update(entries: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            entries.pop(name, None)
        else:
            entries[name] = value
