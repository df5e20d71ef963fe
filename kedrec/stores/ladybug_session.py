"""Session on an open file of the embedded engine: runs statements, returns plain values and Arrow tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

# llama.cpp must be loaded before ladybug: otherwise its C++ symbols resolve to ladybug's, which are loaded
# globally, and the first use of a model ends the process with std::bad_alloc.
import xllamacpp  # noqa: F401

# isort: split
import ladybug

from kedrec.common.cpus import usable_threads
from kedrec.errors import StoreError
from kedrec.schema import load_schema
from kedrec.stores.blobs import blob_rows, join_parts
from kedrec.stores.counts import TABLES_KEY, GraphCounts, tables_digest
from kedrec.stores.cypher_statements import statement

if TYPE_CHECKING:
    import pyarrow as pa

    from kedrec.stores.base import Row

__all__ = ["BATCH", "Session", "is_readable"]

BATCH = 65_536
"""Rows of a streamed batch."""

_MAGIC = b"LBUG"
_BUFFER_BYTES = 4 * 2**30
"""The engine's default is four fifths of the machine's memory; all of Hetionet loads in a third of this."""
_FILE_BYTES = 2**40
"""The largest database. The engine reserves this much address space for each that is open, by default 8 TiB,
and a process has 128 TiB: it could open fifteen graphs."""


class Session:
    """An open database file with one connection. Engine errors are raised as `StoreError`."""

    def __init__(self, file: Path, *, read_only: bool, threads: int) -> None:
        self._file = file
        self._is_open = False
        self._tables: frozenset[str] = frozenset()
        with self._translated_errors():
            # A writer's copy is published only after it is closed: automatic checkpoints before that
            # would cost a tenth of a second a batch without benefit.
            self._database = ladybug.Database(
                str(file),
                read_only=read_only,
                auto_checkpoint=False,
                buffer_pool_size=_BUFFER_BYTES,
                max_db_size=_FILE_BYTES,
            )
            self._connection = ladybug.Connection(self._database, num_threads=threads)
        self._is_open = True
        self._threads = self._current_threads = usable_threads(threads)

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Runs a statement on all threads and returns the engine's result."""
        return self._execute(text, parameters, self._threads)

    def rows(self, text: str, parameters: Mapping[str, Any] | None = None, *, threads: int = 1) -> list[Row]:
        """Runs a statement and returns its rows as plain values.

        The default is one thread: waking a second one makes a lookup a tenth slower.
        """
        result = self._execute(text, parameters, threads)
        with self._translated_errors():
            names = result.get_column_names()
            return [dict(zip(names, map(_plain_value, row), strict=True)) for row in result]

    def table(self, text: str, schema: pa.Schema, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """Runs a statement and returns its rows as a table of the given schema."""
        result = self.execute(text, parameters)
        with self._translated_errors():
            return result.get_as_arrow(BATCH).cast(schema)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits when the block ends, rolls back when it raises."""
        self.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            # The engine may have ended the transaction itself.
            with contextlib.suppress(StoreError):
                self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def facts(self) -> dict[str, str]:
        """All metadata, the store's own entries included."""
        if not self._has("KedrecMetadata"):
            return {}  # another program's database: its schema version is unknown
        rows = self.rows(statement("lookup/metadata", "ladybug"))
        return {row["key"]: row["value"] for row in rows}

    def put_fact(self, key: str, value: str | None) -> None:
        """Stores one entry of the metadata; None deletes it."""
        if value is None:
            self.execute(statement("write/delete-metadata", "ladybug"), {"key": key})
        else:
            self.execute(statement("write/put-metadata", "ladybug"), {"key": key, "value": value})

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name; None if there are none."""
        return join_parts(self._blob_rows("lookup/blob-parts", {"name": name}))

    def blob_names(self) -> list[str]:
        """Names under which bytes are stored."""
        return [row["name"] for row in self._blob_rows("lookup/blob-names", {})]

    def put_blob(self, name: str, content: bytes | None) -> None:
        """Stores bytes under a name; None deletes them."""
        self.execute(statement("write/delete-blob", "ladybug"), {"name": name})
        for part in () if content is None else blob_rows(name, content):
            self.execute(statement("write/put-blob", "ladybug"), part)

    def _blob_rows(self, name: str, parameters: dict[str, Any]) -> list[Row]:
        if not self._has("KedrecKept"):
            return []  # a graph without stored bytes
        return self.rows(statement(name, "ladybug"), parameters)

    def _has(self, table: str) -> bool:
        """True if the file has a table. Cached: tables are never dropped."""
        if table not in self._tables:
            self._tables = frozenset(row["name"] for row in self.rows("CALL show_tables() RETURN name"))
        return table in self._tables

    def count(self) -> GraphCounts:
        """Counts every node and edge, live."""
        schema = load_schema()
        kinds = [statement("lookup/count-nodes", "ladybug", kind=kind) for kind in schema.kinds]
        relations = [
            statement("lookup/count-edges-by-source", "ladybug", relation=relation)
            for relation in schema.relations
        ]
        nodes = self.rows("\nUNION ALL\n".join(kinds), threads=self._threads)
        edges = self.rows("\nUNION ALL\n".join(relations), threads=self._threads)
        return GraphCounts(
            {row["kind"]: row["nodes"] for row in nodes if row["nodes"]},
            {(row["relation"], row["source"]): row["edges"] for row in edges if row["edges"]},
        )

    def create_tables(self) -> None:
        """Creates the schema's tables, and pairs of kinds, that the file lacks."""
        schema = load_schema()
        self.execute(statement("write/create-metadata", "ladybug"))
        for kind in schema.kinds:
            self.execute(statement("write/create-nodes", "ladybug", kind=kind))
        existing = {row["name"] for row in self.rows("CALL show_tables() RETURN name")}
        for relation in schema.relations.values():
            self.execute(statement("write/create-edges", "ladybug", relation=relation.name))
            if relation.name in existing:  # it may lack pairs added to the schema since
                for start, end in relation.pairs:
                    ends = {"start_kind": start, "end_kind": end}
                    self.execute(statement("write/add-edge-ends", "ladybug", relation=relation.name, **ends))

    def checkpoint(self) -> None:
        """Writes all changes into the database file; raises if the disk is full."""
        self.execute("CHECKPOINT")

    def close(self) -> None:
        """Closes the file."""
        with self._translated_errors():
            self._connection.close()
            self._database.close()

    def _execute(self, text: str, parameters: Mapping[str, Any] | None, threads: int) -> Any:
        with self._translated_errors():
            if threads != self._current_threads:
                self._connection.set_max_threads_for_exec(threads)
                self._current_threads = threads
            return self._connection.execute(text, dict(parameters or {}))

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, OSError) as error:
            # The cause is inferred from the file and its facts: the engine's wording may change.
            message = " ".join(str(error).split())
            if not self._is_open and not is_readable(self._file):
                raise StoreError(
                    f"{self._file} is no graph that ladybug {ladybug.__version__} can open: {message}",
                    "Remove it and load the graph again: kedrec-load graph.",
                ) from error
            if self._is_open and self._is_older():
                raise StoreError(
                    f"The graph in {self._file.parent} is older than a part of the schema: {message}",
                    "Load any of its sources again: kedrec-load graph adds what is missing.",
                ) from error
            raise StoreError(f"The graph in {self._file.parent} failed: {message}") from error

    def _is_older(self) -> bool:
        """True if the graph was written under a schema with other kinds or pairs."""
        self._is_open = False  # an error of this query must not lead here again
        try:
            return self.facts().get(TABLES_KEY, tables_digest()) != tables_digest()
        except StoreError:
            return False
        finally:
            self._is_open = True


def is_readable(file: Path) -> bool:
    """True if a file has the header of this engine release: "LBUG" and the storage version.

    The version is an integer of eight bytes, little-endian. A file that can't be opened counts as readable.
    """
    try:
        with file.open("rb") as stream:
            header = stream.read(len(_MAGIC) + 8)
    except OSError:
        return True  # the engine's own message says why
    version = int(ladybug.Database.get_storage_version())
    return header == _MAGIC + version.to_bytes(8, "little")


def _plain_value(value: Any) -> Any:
    """A node or relationship as a dict of its properties, also within lists; other values unchanged."""
    if isinstance(value, dict) and "_ID" in value:
        return {key: field for key, field in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return value
