"""A graph that is gathered whole before Neo4j's import tool reads it: tables of a DuckDB file.

It can be written and read back as loading needs, so that several sources meet in it as in a database. It
answers no questions, and lives as long as the load.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from kedrec.errors import SchemaMismatchError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, Fingerprint
from kedrec.stores.closing import Closing
from kedrec.stores.counts import COUNTS, VERSION, Counts, fingerprint_of, public_facts
from kedrec.stores.cypher_statements import chosen_columns
from kedrec.stores.marking import MARK_FACT
from kedrec.stores.parquet_input import KEY_COLUMNS, check_pair, count_rows

if TYPE_CHECKING:
    import duckdb

__all__ = ["BulkGraph", "BulkTable"]

_MEMORY = "1GB"
_BATCH = 65_536
_TYPES = {
    pa.string(): "VARCHAR",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
}


class BulkTable(NamedTuple):
    """A table of the graph: one kind's nodes, or the edges of a relation from one kind to another."""

    kinds: tuple[str, ...]
    name: str
    rows: int


class BulkGraph(Closing):
    """A graph in a DuckDB file of its own, which is written anew. See `GraphTarget` for its methods.

    Attributes:
        sql: the DuckDB connection.
    """

    engine = "neo4j"

    def __init__(self, file: Path, url: str) -> None:
        """Begins an empty graph.

        Args:
            file: the DuckDB file; one that is there is replaced.
            url: where the graph is to be, for messages and reports.
        """
        import duckdb

        file.unlink(missing_ok=True)
        self.url = url
        self.sql: duckdb.DuckDBPyConnection = duckdb.connect(
            str(file), config={"memory_limit": _MEMORY, "temp_directory": str(file.parent / "spill")}
        )
        self.sql.execute("SET enable_progress_bar = false")
        self.sql.execute("SET preserve_insertion_order = false")
        self._tables: dict[tuple[str, ...], str] = {}
        self._facts: dict[str, str] = {}
        self._kept: dict[str, bytes] = {}

    def tables(self) -> list[BulkTable]:
        """The tables that have rows: nodes before edges, else in no order."""
        found = [BulkTable(kinds, name, self._count(name)) for kinds, name in self._tables.items()]
        return sorted((table for table in found if table.rows), key=lambda table: len(table.kinds))

    def facts(self) -> dict[str, str]:
        """All that the metadata of the database shall say, the store's own entries included."""
        return {**self._facts, COUNTS: self._counts().dumps(), MARK_FACT: "1"}

    def kept_names(self) -> list[str]:
        """Names under which something is kept, sorted."""
        return sorted(self._kept)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        table = self._tables.get((kind,))
        if table is None:
            return chosen.empty_table()
        query = f"SELECT {_names(chosen)} FROM {table} ORDER BY id"  # noqa: S608  # names of the schema
        found: pa.Table = self.sql.sql(query).to_arrow_table()
        return found.cast(chosen)

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the edges of a relation between two kinds, in no order."""
        chosen = chosen_columns(EDGE_COLUMNS, columns)
        table = self._tables.get((relation, start_kind, end_kind))
        if table is None:
            return
        query = f"SELECT {_names(chosen)} FROM {table}"  # noqa: S608  # names of the schema
        # A cursor of its own: its rows are read while others are asked for.
        with self.sql.cursor() as cursor:
            if sources is None:
                rows = cursor.sql(query)
            else:
                rows = cursor.sql(f"{query} WHERE list_contains(?, source)", params=[list(sources)])
            for batch in rows.to_arrow_reader(_BATCH):
                yield batch.cast(chosen)

    def fingerprint(self) -> Fingerprint:
        """What is in the graph."""
        return fingerprint_of(self._counts(), self._facts)

    def metadata(self) -> dict[str, str]:
        """Key-value facts kept with the graph."""
        return public_facts(self._facts)

    def kept(self, name: str) -> bytes | None:
        """What was kept with the graph under a name."""
        return self._kept.get(name)

    def check_writable(self) -> None:
        """Nothing is in the way: the file is new."""

    def prepare(self) -> None:
        """Marks the schema's version; tables are made as rows come."""
        version = str(load_schema().version)
        if self._facts.setdefault(VERSION, version) != version:
            raise SchemaMismatchError(f"{self.url} has another schema version.", "Begin anew.")

    def writing(self) -> contextlib.AbstractContextManager[None]:
        """The file is one process's own, so nobody else writes."""
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
        """Deletes nodes that have no edges any more."""
        table = self._tables.get((kind,))
        if table is not None:
            self.sql.execute(f"DELETE FROM {table} WHERE list_contains(?, id)", [list(ids)])  # noqa: S608  # a name of ours

    def put_metadata(
        self, facts: Mapping[str, str | None], kept: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Sets facts, and keeps bytes under names; None removes one."""
        _update(self._facts, facts)
        _update(self._kept, kept or {})

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
            name = '"' + "/".join(kinds) + '"'
            types = ", ".join(f'"{field.name}" {_TYPES[field.type]}' for field in columns)
            self.sql.execute(f"CREATE TABLE {name} ({types})")
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
            same = " AND ".join(f't."{name}" = k."{name}"' for name in key)
            self.sql.execute(
                f"DELETE FROM {self._tables[kinds]} AS t USING read_parquet(?) AS k WHERE {same}",  # noqa: S608  # names of ours
                [str(file)],
            )

    def _count(self, table: str) -> int:
        [[rows]] = self.sql.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608  # a name of ours
        return int(rows)

    def _counts(self) -> Counts:
        nodes: dict[str, int] = {}
        edges: dict[tuple[str, str], int] = {}
        for kinds, name, rows in self.tables():
            if len(kinds) == 1:
                nodes[kinds[0]] = rows
                continue
            by_source = self.sql.execute(f"SELECT source, count(*) FROM {name} GROUP BY source").fetchall()  # noqa: S608  # a name of ours
            for source, count in by_source:
                edges[kinds[0], source] = edges.get((kinds[0], source), 0) + count
        return Counts(nodes, edges)


def _names(columns: pa.Schema) -> str:
    return ", ".join(f'"{name}"' for name in columns.names)


def _update(held: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            held.pop(name, None)
        else:
            held[name] = value
