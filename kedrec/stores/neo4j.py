"""The graph on a Neo4j server, through the official driver."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kedrec.errors import (
    EmptyGraphError,
    SchemaMismatchError,
    StoreAccessError,
    StoreError,
    StoreUnavailableError,
    UsageError,
)
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, Fingerprint, Row, YearCount
from kedrec.stores.blobs import joined, parts
from kedrec.stores.closing import Closing
from kedrec.stores.counts import (
    COUNTS,
    TABLES,
    VERSION,
    Counts,
    fingerprint_of,
    public_facts,
    tables_digest,
    year_counts,
)
from kedrec.stores.cypher_statements import chosen_columns, query, statement
from kedrec.stores.marking import EDGE_PROPERTIES, MARK_FACT, NODE_PROPERTIES, PREFIX
from kedrec.stores.neo4j_batches import ROWS, WORKERS, batches, column, columns_of, rounds, slices, stored
from kedrec.stores.neo4j_driver import Connection, plain
from kedrec.stores.neo4j_lock import RESUME, WriterLock
from kedrec.stores.neo4j_ownership import check_constraints, check_unmarked, unmarked_error
from kedrec.stores.parquet_input import KEY_COLUMNS, check_pair, read_rows

if TYPE_CHECKING:
    import neo4j

    from kedrec.settings import Settings
    from kedrec.stores.waiting import Wait

__all__ = ["Neo4jStore"]

_BATCH = 65_536  # rows of a streamed batch
_HEARD = 1_000  # rows after which a reader knows that the server is there
_INDEX_SECONDS = 600
_LOCK_SECONDS = 15.0  # a server that has just started takes some of them to plan its first statement


class Neo4jStore(Closing):
    """A graph in one database of a Neo4j server. See `GraphStore` for what its methods promise.

    The database may hold other things, under the same labels too: what doesn't bear KEDRec's mark is neither
    read nor changed (`stores.marking`).

    Each batch of rows is one transaction, which the driver may run again when the server asks for it, so
    every statement gives the same graph when run twice. A load that failed half-way leaves the batches
    it wrote; the same calls again complete it.
    """

    def __init__(
        self, url: str, settings: Settings, *, read_only: bool = True, untouched: bool = False
    ) -> None:
        """Connects to the server at `url` (`neo4j://HOST:7687`, `bolt://...`).

        Args:
            url: the server's address, with the database's name behind a `/` where it isn't the settings'.
            settings: credentials, and the database's name.
            read_only: whether the caller will only read.
            untouched: leave out, too, what a reader does for an imported graph: its constraints.

        Raises:
            SettingsError: the address can't be used.
            StoreUnavailableError: no server there, or no such database on it.
            StoreAccessError: wrong user name or password.
            EmptyGraphError: `read_only`, and nothing was loaded yet.
            SchemaMismatchError: `read_only`, and the graph has another schema version, or no mark.
        """
        self._connection = Connection(url, settings)
        self._read_only = read_only
        self._lock = WriterLock(self._connection)
        self._stale: set[str] = set()  # relations written to since their edges were counted
        try:
            facts = self._facts()  # tells, too, whether the server has that database
            if read_only:
                self._check(facts)
                if TABLES not in facts and not untouched:
                    self._finish_import()
                    facts = self._facts()
            self._opened = public_facts(facts)
        except BaseException:
            self.close()
            raise

    @property
    def engine(self) -> str:
        """`neo4j`."""
        return "neo4j"

    @property
    def url(self) -> str:
        """The server's address."""
        return self._connection.shown

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template by its path under `cypher/` without suffix."""
        return self._read(query(template, self.engine, parameters or ()), parameters)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        text = statement("lookup/all-nodes", self.engine, kind=kind, columns=tuple(chosen.names))
        return columns_of(self._read(text, table=True), chosen)

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
        return [row["id"] for row in self._read(text, table=True)]

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Edges of a relation by (source, licence)."""
        text = statement("lookup/count-edges-by-licence", self.engine, relation=relation)
        return {(row["source"], row["licence"]): row["edges"] for row in self._read(text, table=True)}

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Edges of a relation by source: how many there are, without a year, and after `year`."""
        text = statement("lookup/count-edges-by-year", self.engine, relation=relation)
        return year_counts(self._read(text, {"year": year}, table=True))

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

    @property
    def is_pinned(self) -> bool:
        """Never: each question reads the database as it is."""
        return False

    def has_changed(self) -> bool:
        """Whether anybody loaded or removed something since the graph was opened."""
        return self.metadata() != self._opened

    def check_writable(self) -> None:
        """Refuses what `prepare` would refuse, and writes nothing."""
        check_constraints(self._where, lambda text: self._read(text, table=True))
        facts = self._facts()
        if VERSION in facts:
            self._check(facts)

    def prepare(self) -> None:
        """Creates the constraints of the schema where they are missing, and waits for their indexes.

        A graph of an earlier version, which set no mark, is marked where it is sure to be KEDRec's alone.
        """
        if not self._lock.is_held:
            with self.writing():
                self.prepare()
            return
        facts = self._facts()
        if VERSION in facts and MARK_FACT not in facts:
            self._check_version(facts)
            self._mark(facts)
        elif VERSION in facts:
            self._check(facts)
        if facts.get(TABLES) == tables_digest() and MARK_FACT in facts:
            return
        self._create_constraints()

    def _create_constraints(self) -> None:
        kinds = load_schema().kinds
        made = {
            row["name"]: row["labels"] for row in self._read(statement("write/list-constraints", self.engine))
        }
        for kind in kinds:
            if made.get(f"kedrec_{kind}_id") == [kind]:
                self._write(statement("write/drop-nodes", self.engine, kind=kind))
        self._write(*(statement("write/create-nodes", self.engine, kind=kind) for kind in kinds))
        self._write(
            statement("write/await-indexes", self.engine), within=_INDEX_SECONDS + 10, seconds=_INDEX_SECONDS
        )
        self._put_facts({VERSION: str(load_schema().version), TABLES: tables_digest(), MARK_FACT: "1"})

    def _mark(self, facts: Mapping[str, str]) -> None:
        """Marks a graph of before the mark; again after it was killed."""
        check_unmarked(f"The graph in {self._where}", facts, lambda text: self._read(text, table=True))
        schema = load_schema()
        for kind in schema.kinds:
            self._connection.in_steps(statement("write/mark-nodes", self.engine, kind=kind))
        for relation in schema.relations:
            self._connection.in_steps(statement("write/mark-edges", self.engine, relation=relation))
        self._put_facts({COUNTS: None})

    def _finish_import(self) -> None:
        """Creates the constraints that Neo4j's import tool can't: a graph that it wrote opens slow but whole.

        Two readers may do so at once. Where nothing may be written (a reader's role, a database or a server
        that is read only), the graph goes without until someone opens it who may.
        """
        with contextlib.suppress(StoreError):
            self._write(statement("write/create-metadata", self.engine))
            self._create_constraints()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the right to write, in an open transaction: the server frees it when the process ends."""
        if self._read_only:
            raise StoreAccessError(
                f"The graph at {self.url} was opened to be read only.", "Open it with read_only=False."
            )
        if self._lock.is_held:
            raise UsageError(f"The graph at {self.url} is being written already.", "Don't nest writing().")
        check_constraints(self._where, self._read)
        names = ("create-metadata", "create-batches", "create-kept")
        self._write(*(statement(f"write/{name}", self.engine) for name in names))
        with self._lock.held(_LOCK_SECONDS):
            try:
                self._write(statement("write/forget-batches", self.engine))
                yield
                self._lock.check()
                facts = self._facts()
                if VERSION in facts and (self._stale or COUNTS not in facts):
                    counts = self._counted(facts)
                    self._put_facts({COUNTS: counts.dumps()})
                    self._stale.clear()
                self._write(statement("write/forget-batches", self.engine))
            except StoreUnavailableError as error:
                hint = error.hint if RESUME in error.hint else f"{error.hint} {RESUME}".strip()
                raise StoreUnavailableError(error.what, hint) from error

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Writes the nodes of both Parquet files; new ones need no other treatment here."""
        self._check_writing()
        text = statement("write/put-nodes", self.engine, kind=kind)
        # Nodes that left KEDRec, and stayed for what somebody else gave them, come back as they are.
        left = self._read(statement("lookup/released-nodes", self.engine, kind=kind), table=True)
        released = {row["id"] for row in left}
        adopt = statement("write/adopt-nodes", self.engine, kind=kind)
        for file in (new, changed):
            if file is not None:
                for part in slices(read_rows(file, NODE_COLUMNS), ROWS):
                    rows = [stored(row) for row in part.to_pylist()]
                    back = [row["id"] for row in rows if row["id"] in released]
                    if back:
                        self._write(adopt, ids=back)
                    self._write(text, rows=rows)

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
            self._write(text, rows=[list(row) for row in rows], edge_properties=EDGE_PROPERTIES)

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes that have no edges any more."""
        self._check_writing()
        text = statement("write/delete-nodes", self.engine, kind=kind)
        for offset in range(0, len(ids), ROWS):
            self._write(
                text, ids=list(ids[offset : offset + ROWS]), properties=NODE_PROPERTIES, labels=_labels(kind)
            )

    def claimed_nodes(self, kind: str, ids: Sequence[str]) -> list[str]:
        """Ids of those nodes to which somebody else gave something, sorted."""
        text = statement("lookup/claimed-nodes", self.engine, kind=kind)
        given = {
            "labels": _labels(kind), "properties": NODE_PROPERTIES, "edge_properties": EDGE_PROPERTIES
        }  # fmt: skip
        parts = (ids[offset : offset + ROWS] for offset in range(0, len(ids), ROWS))
        return sorted(
            row["id"] for part in parts for row in self._read(text, {"ids": part, **given}, table=True)
        )

    def claimed_edges(self, relation: str, start_kind: str, end_kind: str) -> list[tuple[str, str, str]]:
        """Keys (start, end, source) of the edges to which somebody else gave a property, sorted."""
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        text = statement("lookup/claimed-edges", self.engine, **names)
        rows = self._read(text, {"edge_properties": EDGE_PROPERTIES}, table=True)
        return sorted((row["start"], row["end"], row["source"]) for row in rows)

    def put_metadata(
        self, facts: Mapping[str, str | None], kept: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Sets facts, and keeps bytes under names; None removes one."""
        self._check_writing()
        self._put_facts(facts, kept)

    def close(self) -> None:
        """Gives back the driver."""
        self._connection.close()

    def _read(
        self, text: str, parameters: Mapping[str, Any] | None = None, *, table: bool = False
    ) -> list[Row]:
        def work(transaction: neo4j.ManagedTransaction, wait: Wait[list[Row]]) -> list[Row]:
            result = transaction.run(text, dict(parameters or {}))
            keys = result.keys()
            rows = []
            for record in result:
                rows.append(dict(zip(keys, map(plain, record.values()), strict=True)))
                if not len(rows) % _HEARD:
                    wait.heard()
            return rows

        return self._connection.read(work, table=table)

    def _stream(
        self, text: str, chosen: pa.Schema, parameters: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        with self._connection.streamed(text, parameters) as records:
            *names, _ = next(records)
            groups: list[list[Any]] = []
            rows = 0
            for values in records:
                groups.append(values)
                rows += len(values[-1])
                if rows >= _BATCH:
                    yield _ungrouped(groups, names, chosen)
                    groups, rows = [], 0
            if groups:
                yield _ungrouped(groups, names, chosen)

    def _write(self, *texts: str, within: float | None = None, **parameters: object) -> None:
        """Runs statements in one transaction."""

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for text in texts:
                transaction.run(text, parameters).consume()

        if within is None:
            self._transact(work)
        else:
            self._connection.write(work, within)

    def _transact(self, work: Callable[[neo4j.ManagedTransaction], None]) -> None:
        self._connection.write(work)

    def _put_parts(self, table: pa.Table, text: str) -> None:
        begin = statement("write/begin-batch", self.engine)

        def put(part: pa.Table) -> None:
            for rows, properties in batches(part):
                self._lock.check()
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
        rows = self._read(statement("lookup/metadata", self.engine))
        return {row["key"]: row["value"] for row in rows}

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
        total = {
            row["relation"]: row["edges"] for row in self._read("\nUNION ALL\n".join(totals)) if row["edges"]
        }
        for relation, number in total.items():
            if number == known.get(relation, 0) and relation not in self._stale:
                edges |= {key: count for key, count in kept.edges.items() if key[0] == relation}
                continue
            by_source = statement("lookup/count-edges-by-source", self.engine, relation=relation)
            rows = self._read(by_source, table=True)
            edges |= {(relation, one["source"]): one["edges"] for one in rows}
        return Counts(nodes, edges, total)

    def _forget_counts(self, relation: str) -> None:
        """Notes that a relation changes: from here on, also after a crash, its kept counts don't hold."""
        if not self._stale:
            self._put_facts({COUNTS: None})
        self._stale.add(relation)

    @property
    def _where(self) -> str:
        return f"the database '{self._connection.database}' of {self.url}"

    def _check(self, facts: Mapping[str, str]) -> None:
        if VERSION not in facts:
            raise EmptyGraphError(
                f"There is no graph in {self._where} yet.",
                f"Load one first: kedrec-load graph --graph {self.url}.",
            )
        self._check_version(facts)
        if MARK_FACT not in facts:
            raise unmarked_error(f"The graph in {self._where}", facts)

    def _check_version(self, facts: Mapping[str, str]) -> None:
        found, expected = facts.get(VERSION), str(load_schema().version)
        if found != expected:
            raise SchemaMismatchError(
                f"The graph at {self.url} has schema version {found}, not {expected}.",
                "Load it again into another database (NEO4J_DATABASE).",
            )

    def _check_writing(self) -> None:
        """Refuses to write without the right to: never asked for, or lost with its connection."""
        if not self._lock.is_held:
            raise UsageError(f"The graph at {self.url} isn't being written.", "Write within writing().")
        self._lock.check()


def _labels(kind: str) -> list[str]:
    """The labels that KEDRec gives a node of a kind."""
    return [kind, f"{PREFIX}{kind}"]


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
