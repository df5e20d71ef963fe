"""The graph on a Neo4j server, through the official driver."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from neo4j.exceptions import DriverError, Neo4jError

from kedrec.errors import (
    EmptyGraphError,
    SchemaMismatchError,
    StoreAccessError,
    StoreBusyError,
    StoreUnavailableError,
    UsageError,
)
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, Fingerprint, Row, YearCount
from kedrec.stores.closing import Closing
from kedrec.stores.counting import (
    COUNTS,
    TABLES,
    VERSION,
    Counts,
    fingerprint_of,
    public_facts,
    tables_digest,
    year_counts,
)
from kedrec.stores.keeping import joined, parts
from kedrec.stores.neo4j_batches import ROWS, WORKERS, batches, column, columns_of, rounds, slices, stored
from kedrec.stores.neo4j_driver import Connection, plain
from kedrec.stores.staged import KEY_COLUMNS, check_pair, read_rows
from kedrec.stores.statements import chosen_columns, query, statement

if TYPE_CHECKING:
    import neo4j

    from kedrec.settings import Settings

__all__ = ["Neo4jStore"]

_BATCH = 65_536  # rows of a streamed batch
_INDEX_SECONDS = 600
_LOCK_SECONDS = 15.0  # a server that has just started takes some of them to plan its first statement
_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "LockClientStopped")


RESUME = "What was being loaded is marked half-loaded; the same command goes on from there."
"""What to tell when the server goes away while the graph is written."""


class Neo4jStore(Closing):
    """A graph in one database of a Neo4j server. See `GraphStore` for what its methods promise.

    Each batch of rows is one transaction, which the driver may run again when the server asks for it, so
    every statement gives the same graph when run twice. A load that failed half-way leaves the batches
    it wrote; the same calls again complete it.
    """

    def __init__(self, url: str, settings: Settings, *, read_only: bool = True) -> None:
        """Connects to the server at `url` (`neo4j://HOST:7687`, `bolt://...`).

        Raises:
            StoreUnavailableError: no server there, or no such database on it.
            StoreAccessError: wrong user name or password.
            EmptyGraphError: `read_only`, and nothing was loaded yet.
            SchemaMismatchError: `read_only`, and the graph has another schema version.
        """
        self._connection = Connection(url, settings)
        self._read_only = read_only
        self._locked = False
        self._lock_transaction: neo4j.Transaction | None = None
        self._one_at_a_time = threading.Lock()
        self._stale: set[str] = set()  # relations written to since their edges were counted
        try:
            facts = self._facts()  # tells, too, whether the server has that database
            if read_only:
                self._check(facts)
                if TABLES not in facts:
                    self._finish_import()
        except BaseException:
            self.close()
            raise

    @property
    def engine(self) -> str:
        """`neo4j`."""
        return "neo4j"

    @property
    def url(self) -> str:
        """The server's URI."""
        return self._connection.uri

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template by its path under `cypher/` without suffix."""
        return self._read(query(template, self.engine, parameters or ()), parameters)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        text = statement("lookup/all-nodes", self.engine, kind=kind, columns=tuple(chosen.names))
        return columns_of(self._read(text), chosen)

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
        grouped = ("start", *(name for name in chosen.names if name not in {"start", "end"}))
        name = "lookup/all-edges" if sources is None else "lookup/source-edges"
        ends = {"start_kind": start_kind, "end_kind": end_kind}
        text = statement(name, self.engine, relation=relation, columns=grouped, **ends)
        return self._stream(text, chosen, {} if sources is None else {"sources": list(sources)})

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The edges of a relation from some nodes to some others, ordered by start, end and source."""
        ends = {"start_kind": start_kind, "end_kind": end_kind}
        text = statement("lookup/relation-between", self.engine, relation=relation, **ends)
        return self._read(text, {"start_ids": list(start_ids), "end_ids": list(end_ids)})

    def isolated(self, kind: str) -> list[str]:
        """Ids of the nodes of a kind that have no edge, sorted."""
        text = statement("lookup/isolated-nodes", self.engine, kind=kind)
        return [row["id"] for row in self._read(text)]

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Edges of a relation by (source, licence)."""
        text = statement("lookup/count-edges-by-licence", self.engine, relation=relation)
        return {(row["source"], row["licence"]): row["edges"] for row in self._read(text)}

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Edges of a relation by source: how many there are, without a year, and after `year`."""
        text = statement("lookup/count-edges-by-year", self.engine, relation=relation)
        return year_counts(self._read(text, {"year": year}))

    def fingerprint(self) -> Fingerprint:
        """What is in the graph. Totals are counted live; sources within a relation are kept when written."""
        facts = self._facts()
        if VERSION not in facts:
            return fingerprint_of(Counts({}, {}), facts)
        return fingerprint_of(self._counted(facts), facts)

    def metadata(self) -> dict[str, str]:
        """Key-value facts kept with the graph."""
        return public_facts(self._facts())

    def kept(self, name: str) -> bytes | None:
        """What was kept with the graph under a name."""
        return joined(self._read(statement("lookup/kept", self.engine), {"name": name}))

    def kept_names(self) -> list[str]:
        """Names under which something is kept."""
        return [row["name"] for row in self._read(statement("lookup/kept-names", self.engine))]

    def prepare(self) -> None:
        """Creates the constraints of the schema where they are missing, and waits for their indexes."""
        if not self._locked:
            with self.writing():
                self.prepare()
            return
        facts = self._facts()
        if VERSION in facts:
            self._check(facts)
        if facts.get(TABLES) == tables_digest():
            return
        self._create_constraints()

    def _create_constraints(self) -> None:
        self._write(
            *(statement("write/create-nodes", self.engine, kind=kind) for kind in load_schema().kinds)
        )
        self._write(statement("write/await-indexes", self.engine), seconds=_INDEX_SECONDS)
        self._put_facts({VERSION: str(load_schema().version), TABLES: tables_digest()})

    def _finish_import(self) -> None:
        """Creates the constraints that Neo4j's import tool can't: a graph that it wrote opens slow but whole.

        Two readers may do so at once. One who may not write goes without until someone does.
        """
        with contextlib.suppress(StoreAccessError):
            self._write(statement("write/create-metadata", self.engine))
            self._create_constraints()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the right to write, in an open transaction: the server frees it when the process ends."""
        if self._read_only:
            raise StoreAccessError(
                f"The graph at {self.url} was opened to be read only.", "Open it with read_only=False."
            )
        if self._locked:
            raise UsageError(f"The graph at {self.url} is being written already.", "Don't nest writing().")
        names = ("create-metadata", "create-batches", "create-kept")
        self._write(*(statement(f"write/{name}", self.engine) for name in names))
        with self._lock():
            self._locked = True
            try:
                self._write(statement("write/forget-batches", self.engine))
                yield
                self._check_writing()
                facts = self._facts()
                if VERSION in facts and (self._stale or COUNTS not in facts):
                    counts = self._counted(facts)
                    self._put_facts({COUNTS: counts.dumps()})
                    self._stale.clear()
                self._write(statement("write/forget-batches", self.engine))
            except StoreUnavailableError as error:
                hint = error.hint if RESUME in error.hint else f"{error.hint} {RESUME}".strip()
                raise StoreUnavailableError(error.what, hint) from error
            finally:
                self._locked = False

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Writes the nodes of both Parquet files; new ones need no other treatment here."""
        self._check_writing()
        text = statement("write/put-nodes", self.engine, kind=kind)
        for file in (new, changed):
            if file is not None:
                for part in slices(read_rows(file, NODE_COLUMNS), ROWS):
                    self._write(text, rows=[stored(row) for row in part.to_pylist()])

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Inserts the edges of one Parquet file and overwrites those of another."""
        self._check_writing()
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        check_pair(**names)
        for file in (new, changed):
            table = None if file is None else read_rows(file, EDGE_COLUMNS)
            if table is None or not table.num_rows:
                continue
            self._forget_counts(relation)
            # MERGE looks for each edge before it writes it. Where the source has none here yet, as in a
            # first load, none of the new ones can be there; after a load that broke off, some can.
            sources = table["source"].unique().to_pylist()
            any_edge = statement("lookup/any-edge", self.engine, **names)
            is_first = file is new and not self._read(any_edge, {"sources": sources})
            self._put_parts(table, statement(_put_name(is_first=is_first), self.engine, **names))

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key is in a Parquet file."""
        self._check_writing()
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        check_pair(**names)
        text = statement("write/delete-edges", self.engine, **names)
        table = read_rows(keys, KEY_COLUMNS)
        if table.num_rows:
            self._forget_counts(relation)
        for part in slices(table, ROWS):
            rows = zip(*(column.to_pylist() for column in part.columns), strict=True)
            self._write(text, rows=[list(row) for row in rows])

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes that have no edges any more."""
        self._check_writing()
        text = statement("write/delete-nodes", self.engine, kind=kind)
        for offset in range(0, len(ids), ROWS):
            self._write(text, ids=list(ids[offset : offset + ROWS]))

    def put_metadata(
        self, facts: Mapping[str, str | None], kept: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Sets facts, and keeps bytes under names; None removes one."""
        self._check_writing()
        self._put_facts(facts, kept)

    def close(self) -> None:
        """Gives back the driver."""
        self._connection.close()

    def _read(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        def work(transaction: neo4j.ManagedTransaction) -> list[Row]:
            result = transaction.run(text, dict(parameters or {}))
            keys = result.keys()
            return [dict(zip(keys, map(plain, values), strict=True)) for values in result.values()]

        with self._connection.translated(), self._connection.session(write=False) as session:
            return session.execute_read(work)

    def _stream(
        self, text: str, chosen: pa.Schema, parameters: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        with self._connection.translated(), self._connection.session(write=False) as session:
            result = session.run(text, dict(parameters))
            *names, _ = result.keys()
            groups: list[list[Any]] = []
            rows = 0
            for record in result:
                values = list(record.values())
                groups.append(values)
                rows += len(values[-1])
                if rows >= _BATCH:
                    yield _ungrouped(groups, names, chosen)
                    groups, rows = [], 0
            if groups:
                yield _ungrouped(groups, names, chosen)

    def _write(self, *texts: str, **parameters: object) -> None:
        """Runs statements in one transaction."""

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for text in texts:
                transaction.run(text, parameters).consume()

        self._transact(work)

    def _transact(self, work: Callable[[neo4j.ManagedTransaction], None]) -> None:
        with self._connection.translated(), self._connection.session(write=True) as session:
            session.execute_write(work)

    def _put_parts(self, table: pa.Table, text: str) -> None:
        begin = statement("write/begin-batch", self.engine)

        def put(part: pa.Table) -> None:
            for rows, properties in batches(part):
                self._check_writing()
                key = secrets.token_hex(16)

                def work(
                    transaction: neo4j.ManagedTransaction,
                    key: str = key,
                    rows: list[list[Any]] = rows,
                    properties: list[dict[str, Any]] = properties,
                ) -> None:
                    # Where the batch was committed and only the answer was lost, the mark is there.
                    marked = transaction.run(begin, key=key).consume()
                    if marked.counters.nodes_created:
                        parameters = {"rows": rows, "properties": properties}
                        transaction.run(text, parameters).consume()

                self._transact(work)

        with ThreadPoolExecutor(WORKERS) as workers:
            for parts in rounds(table):
                list(workers.map(put, parts))

    def _facts(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self._read(statement("lookup/metadata", self.engine))}

    def _put_facts(
        self, facts: Mapping[str, str | None], kept: Mapping[str, bytes | None] | None = None
    ) -> None:
        put, delete = (statement(f"write/{name}-metadata", self.engine) for name in ("put", "delete"))
        keep, drop = (statement(f"write/{name}-kept", self.engine) for name in ("put", "delete"))

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for key, value in facts.items():
                text = delete if value is None else put
                transaction.run(text, key=key, value=value).consume()
            for name, content in (kept or {}).items():
                transaction.run(drop, name=name).consume()
                for part in () if content is None else parts(name, content):
                    transaction.run(keep, part).consume()

        self._transact(work)

    def _counted(self, facts: Mapping[str, str]) -> Counts:
        """Counts of now. The server knows totals at once; a relation is read where its total has changed."""
        schema = load_schema()
        kinds = [statement("lookup/count-nodes", self.engine, kind=kind) for kind in schema.kinds]
        totals = [
            statement("lookup/count-edges", self.engine, relation=relation) for relation in schema.relations
        ]
        nodes = {row["kind"]: row["nodes"] for row in self._read("\nUNION ALL\n".join(kinds)) if row["nodes"]}
        kept = Counts.loads(facts[COUNTS]) if COUNTS in facts else Counts({}, {})
        known = kept.by_relation()
        edges: dict[tuple[str, str], int] = {}
        for row in self._read("\nUNION ALL\n".join(totals)):
            relation = row["relation"]
            if row["edges"] == known.get(relation, 0) and relation not in self._stale:
                edges |= {key: count for key, count in kept.edges.items() if key[0] == relation}
                continue
            by_source = statement("lookup/count-edges-by-source", self.engine, relation=relation)
            edges |= {(relation, one["source"]): one["edges"] for one in self._read(by_source)}
        return Counts(nodes, edges)

    def _forget_counts(self, relation: str) -> None:
        """Notes that a relation changes: from here on, also after a crash, its kept counts don't hold."""
        if not self._stale:
            self._put_facts({COUNTS: None})
        self._stale.add(relation)

    def _check(self, facts: Mapping[str, str]) -> None:
        found, expected = facts.get(VERSION), str(load_schema().version)
        if found is None:
            raise EmptyGraphError(
                f"There is no graph in the database '{self._connection.database}' of {self.url} yet.",
                f"Load one first: kedrec-load graph --graph {self.url}.",
            )
        if found != expected:
            raise SchemaMismatchError(
                f"The graph at {self.url} has schema version {found}, not {expected}.",
                "Load it again into another database (NEO4J_DATABASE).",
            )

    def _check_writing(self) -> None:
        """Refuses to write without the right to: never asked for, or lost with its connection."""
        if not self._locked or self._lock_transaction is None:
            raise UsageError(f"The graph at {self.url} isn't being written.", "Write within writing().")
        try:
            with self._one_at_a_time:
                self._lock_transaction.run(statement("write/still-locked", self.engine)).consume()
        except (DriverError, Neo4jError) as error:
            raise StoreUnavailableError(
                f"The connection to the graph at {self.url} was lost while it was being written.", RESUME
            ) from error

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        text = statement("write/lock", self.engine)
        holder = {"holder": f"{socket.gethostname()} {os.getpid()}"}
        with self._connection.translated():
            # A timeout ends a transaction however long it lives, so one with a timeout finds out whether
            # the lock is free, and one without takes it.
            try:
                with (
                    self._connection.session(write=True) as session,
                    session.begin_transaction(timeout=_LOCK_SECONDS) as trial,
                ):
                    trial.run(text, holder).consume()
                    trial.commit()
            except Neo4jError as error:
                if (error.code or "").endswith(_TIMED_OUT):
                    raise StoreBusyError(
                        f"Another process is writing to the graph at {self.url}.",
                        "Wait until it has finished.",
                    ) from error
                raise
        with contextlib.ExitStack() as left:
            with self._connection.translated():
                session = self._connection.session(write=True)
                left.callback(_let_go, session.close)
                held = session.begin_transaction()
                left.callback(_let_go, held.rollback)
                held.run(text, holder).consume()
            self._lock_transaction = held
            left.callback(setattr, self, "_lock_transaction", None)
            yield


def _let_go(call: Callable[[], None]) -> None:
    """Frees what a server frees by itself where the connection was lost."""
    with contextlib.suppress(DriverError, Neo4jError):
        call()


def _put_name(*, is_first: bool) -> str:
    return "write/create-edges" if is_first else "write/merge-edges"


def _ungrouped(groups: list[list[Any]], names: list[str], chosen: pa.Schema) -> pa.RecordBatch:
    """Rows of single edges, from groups of equal properties whose last value lists the ends."""
    *columns, ends = zip(*groups, strict=True)
    repeats = np.repeat(np.arange(len(ends)), [len(each) for each in ends])
    arrays = {"end": pa.array([end for each in ends for end in each], pa.string())}
    for name, values in zip(names, columns, strict=True):
        arrays[name] = column(values, EDGE_COLUMNS.field(name).type).take(pa.array(repeats))
    return pa.RecordBatch.from_arrays([arrays[name] for name in chosen.names], schema=chosen)
