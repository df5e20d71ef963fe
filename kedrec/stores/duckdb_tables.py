"""Tables of nodes and edges in a DuckDB database: connection, columns, rows read, counted and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "BATCH",
    "column_definitions",
    "column_names",
    "connect",
    "counts_by_source",
    "delete_keys",
    "read_nodes",
    "row_count",
    "same_key",
    "table_name",
]

BATCH = 65_536
"""Rows of a streamed batch, at most."""
_MEMORY = "1GB"
"""Memory limit of DuckDB; more data spill to the disk."""
_TYPES = {
    pa.string(): "VARCHAR",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
}


def connect(database: Path | None, spill: Path, *, keeps_order: bool = False) -> duckdb.DuckDBPyConnection:
    """Opens a database.

    Args:
        database: its file; None for one in memory.
        spill: folder for what exceeds the memory limit.
        keeps_order: True if rows are inserted in the order in which they are read.
    """
    import duckdb

    sql = duckdb.connect(
        ":memory:" if database is None else str(database),
        config={"memory_limit": _MEMORY, "temp_directory": str(spill)},
    )
    # In a notebook without ipywidgets there is no bar, and DuckDB refuses to set that there is none.
    if sql.execute("SELECT current_setting('enable_progress_bar')").fetchone() != (False,):
        sql.execute("SET enable_progress_bar = false")
    if not keeps_order:
        sql.execute("SET preserve_insertion_order = false")
    return sql


def table_name(kinds: Sequence[str]) -> str:
    """Quoted name of the table of a kind of node, or of a relation between two kinds."""
    return '"' + "/".join(kinds) + '"'


def column_names(columns: pa.Schema) -> str:
    """Quoted names of columns, separated by commas."""
    return ", ".join(f'"{name}"' for name in columns.names)


def column_definitions(columns: pa.Schema) -> str:
    """Quoted names of columns with their types, for CREATE TABLE."""
    return ", ".join(f'"{field.name}" {_TYPES[field.type]}' for field in columns)


def same_key(key: Sequence[str]) -> str:
    """Condition under which a row of table `t` and one of table `k` have the same key."""
    return " AND ".join(f't."{name}" = k."{name}"' for name in key)


def read_nodes(sql: duckdb.DuckDBPyConnection, table: str, columns: pa.Schema) -> pa.Table:
    """All nodes of a table, ordered by id."""
    query = f"SELECT {column_names(columns)} FROM {table} ORDER BY id"  # noqa: S608  # names of the schema
    rows: pa.Table = sql.sql(query).to_arrow_table()
    return rows.cast(columns)


def delete_keys(sql: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], file: Path) -> None:
    """Deletes the rows of a table whose key is in a Parquet file."""
    sql.execute(
        f"DELETE FROM {table} AS t USING read_parquet(?) AS k WHERE {same_key(key)}",  # noqa: S608  # names of the schema
        [str(file)],
    )


def row_count(sql: duckdb.DuckDBPyConnection, selection: str) -> int:
    """Counts the rows of a table, or of a part of it: a name and a WHERE clause."""
    [[rows]] = sql.execute(f"SELECT count(*) FROM {selection}").fetchall()  # noqa: S608  # names of the schema
    return int(rows)


def counts_by_source(sql: duckdb.DuckDBPyConnection, selection: str) -> list[tuple[str, int]]:
    """Counts the edges of a table, or of a part of it, by source."""
    query = f"SELECT source, count(*) FROM {selection} GROUP BY source"  # noqa: S608  # names of the schema
    rows: list[tuple[str, int]] = sql.execute(query).fetchall()
    return rows
