"""The graph store on a Neo4j server: prepares the database and writes the graph."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import StoreAccessError, StoreError, StoreUnavailableError, UsageError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.blobs import blob_rows
from kedrec.stores.counts import COUNTS_KEY, TABLES_KEY, VERSION_KEY, public_facts, tables_digest
from kedrec.stores.cypher_statements import statement
from kedrec.stores.marking import EDGE_PROPERTIES, LABEL_PREFIX, MARK_FACT, NODE_PROPERTIES
from kedrec.stores.neo4j_batches import ROWS, WORKERS, batches, present_properties, rounds, slices
from kedrec.stores.neo4j_lock import RESUME_HINT, WriterLock
from kedrec.stores.neo4j_ownership import check_constraints, check_unmarked, constraint_name
from kedrec.stores.neo4j_reader import Neo4jReader
from kedrec.stores.parquet_input import KEY_COLUMNS, check_pair, read_rows

if TYPE_CHECKING:
    import neo4j
    import pyarrow as pa

    from kedrec.settings import Settings

__all__ = ["Neo4jStore"]

_INDEX_SECONDS = 600
_LOCK_SECONDS = 15.0  # a server that has just started needs some of them to plan its first statement


class Neo4jStore(Neo4jReader):
    """A graph in one database of a Neo4j server. See `GraphStore` for its methods.

    The database may hold other programs' nodes and edges, also under the same labels: without KEDRec's mark
    they are neither read nor changed (`stores.marking`).

    Each batch of rows is one transaction, which the driver may retry, so every statement is idempotent. A
    load that fails half-way leaves the batches it wrote; the same calls again complete it.
    """

    def __init__(
        self, url: str, settings: Settings, *, read_only: bool = True, create_constraints: bool = True
    ) -> None:
        """Connects to the server at `url` (`neo4j://HOST:7687`, `bolt://...`).

        Args:
            url: the server's address, with another database than the settings' after a `/`.
            settings: credentials, and the database's name.
            read_only: True if the caller only reads.
            create_constraints: True if a reader creates the constraints that an imported graph lacks.

        Raises:
            SettingsError: the address is invalid.
            StoreUnavailableError: there is no server, or no such database on it.
            StoreAccessError: wrong user name or password.
            EmptyGraphError: `read_only`, and nothing was loaded yet.
            SchemaMismatchError: `read_only`, and the graph has another schema version, or no mark.
        """
        super().__init__(url, settings)
        self._read_only = read_only
        self._lock = WriterLock(self._connection)
        try:
            facts = self._facts()  # raises, too, if the server lacks the database
            if read_only:
                self._check(facts)
                if TABLES_KEY not in facts and create_constraints:
                    self._finish_import()
                    facts = self._facts()
            self._opening_facts = public_facts(facts)
        except BaseException:
            self.close()
            raise

    def check_writable(self) -> None:
        """Checks, without writing, that `prepare` would succeed."""
        check_constraints(self._location, lambda text: self._read(text, table=True))
        facts = self._facts()
        if VERSION_KEY in facts:
            self._check(facts)

    def prepare(self) -> None:
        """Creates the schema's missing constraints, and waits for their indexes.

        A graph of an earlier version, which set no mark, is marked if the database is KEDRec's alone.
        """
        if not self._lock.is_held:
            with self.writing():
                self.prepare()
            return
        facts = self._facts()
        if VERSION_KEY in facts and MARK_FACT not in facts:
            self._check_version(facts)
            self._mark(facts)
        elif VERSION_KEY in facts:
            self._check(facts)
        if facts.get(TABLES_KEY) == tables_digest() and MARK_FACT in facts:
            return
        self._create_constraints()

    def _create_constraints(self) -> None:
        kinds = load_schema().kinds
        rows = self._read(statement("write/list-constraints", self.engine))
        labels = {row["name"]: row["labels"] for row in rows}
        for kind in kinds:
            if labels.get(constraint_name(kind)) == [kind]:  # of a version that set no mark
                self._write(statement("write/drop-nodes", self.engine, kind=kind))
        self._write(*(statement("write/create-nodes", self.engine, kind=kind) for kind in kinds))
        self._write(
            statement("write/await-indexes", self.engine), within=_INDEX_SECONDS + 10, seconds=_INDEX_SECONDS
        )
        facts = {VERSION_KEY: str(load_schema().version), TABLES_KEY: tables_digest(), MARK_FACT: "1"}
        self._put_facts(facts)

    def _mark(self, facts: Mapping[str, str]) -> None:
        """Marks a graph of a version that set no mark; repeatable after an interruption."""
        check_unmarked(f"The graph in {self._location}", facts, lambda text: self._read(text, table=True))
        schema = load_schema()
        for kind in schema.kinds:
            self._connection.run_in_steps(statement("write/mark-nodes", self.engine, kind=kind))
        for relation in schema.relations:
            self._connection.run_in_steps(statement("write/mark-edges", self.engine, relation=relation))
        self._put_facts({COUNTS_KEY: None})

    def _finish_import(self) -> None:
        """Creates the constraints that Neo4j's import tool can't; without them a graph opens, but is slow.

        Two readers may do so at once. If nothing may be written (a reader's role, a read-only database or
        server), a later user with the right to write creates them.
        """
        with contextlib.suppress(StoreError):
            self._write(statement("write/create-metadata", self.engine))
            self._create_constraints()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the writer's lock, an open transaction that the server ends with the process."""
        if self._read_only:
            raise StoreAccessError(
                f"The graph at {self.url} was opened to be read only.", "Open it with read_only=False."
            )
        if self._lock.is_held:
            raise UsageError(f"The graph at {self.url} is being written already.", "Don't nest writing().")
        check_constraints(self._location, self._read)
        names = ("create-metadata", "create-batches", "create-blobs")
        self._write(*(statement(f"write/{name}", self.engine) for name in names))
        with self._lock.hold(_LOCK_SECONDS):
            try:
                self._write(statement("write/forget-batches", self.engine))
                yield
                self._lock.check()
                facts = self._facts()
                if VERSION_KEY in facts and (self._recount or COUNTS_KEY not in facts):
                    counts = self._count(facts)
                    self._put_facts({COUNTS_KEY: counts.dumps()})
                    self._recount.clear()
                self._write(statement("write/forget-batches", self.engine))
            except StoreUnavailableError as error:
                hint = error.hint if RESUME_HINT in error.hint else f"{error.hint} {RESUME_HINT}".strip()
                raise StoreUnavailableError(error.what, hint) from error

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Writes the nodes of both Parquet files; a server treats new and changed ones alike."""
        self._check_writing()
        text = statement("write/put-nodes", self.engine, kind=kind)
        # Nodes deleted from the graph that stayed, for another program's additions, are taken back.
        released = statement("lookup/released-nodes", self.engine, kind=kind)
        released_ids = {row["id"] for row in self._read(released, table=True)}
        adopt = statement("write/adopt-nodes", self.engine, kind=kind)
        for file in (new, changed):
            if file is not None:
                for part in slices(read_rows(file, NODE_COLUMNS), ROWS):
                    rows = [present_properties(row) for row in part.to_pylist()]
                    adopted_ids = [row["id"] for row in rows if row["id"] in released_ids]
                    if adopted_ids:
                        self._write(adopt, ids=adopted_ids)
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
            self._discard_counts(relation)
            # MERGE searches each edge before writing it. If the source has no edge of the relation yet, as in
            # a first load, CREATE does; after an interrupted load, some new edges are stored already.
            sources = table["source"].unique().to_pylist()
            any_edge = statement("lookup/any-edge", self.engine, **names)
            is_first = file is new and not self._read(any_edge, {"sources": sources})
            template = "write/create-edges" if is_first else "write/merge-edges"
            self._put_rounds(table, statement(template, self.engine, **names))

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key is in a Parquet file."""
        self._check_writing()
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        check_pair(**names)
        text = statement("write/delete-edges", self.engine, **names)
        table = read_rows(keys, KEY_COLUMNS)
        if table.num_rows:
            self._discard_counts(relation)
        for part in slices(table, ROWS):
            rows = zip(*(column.to_pylist() for column in part.columns), strict=True)
            self._write(text, rows=[list(row) for row in rows], edge_properties=EDGE_PROPERTIES)

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes without edges."""
        self._check_writing()
        text = statement("write/delete-nodes", self.engine, kind=kind)
        for offset in range(0, len(ids), ROWS):
            self._write(
                text, ids=list(ids[offset : offset + ROWS]), properties=NODE_PROPERTIES, labels=_labels(kind)
            )

    def claimed_nodes(self, kind: str, ids: Sequence[str]) -> list[str]:
        """Ids of the given nodes to which another program added something, sorted."""
        text = statement("lookup/claimed-nodes", self.engine, kind=kind)
        own = {
            "labels": _labels(kind), "properties": NODE_PROPERTIES, "edge_properties": EDGE_PROPERTIES
        }  # fmt: skip
        id_parts = (ids[offset : offset + ROWS] for offset in range(0, len(ids), ROWS))
        return sorted(
            row["id"] for part in id_parts for row in self._read(text, {"ids": part, **own}, table=True)
        )

    def claimed_edges(self, relation: str, start_kind: str, end_kind: str) -> list[tuple[str, str, str]]:
        """Keys (start, end, source) of the edges to which another program added a property, sorted."""
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        text = statement("lookup/claimed-edges", self.engine, **names)
        rows = self._read(text, {"edge_properties": EDGE_PROPERTIES}, table=True)
        return sorted((row["start"], row["end"], row["source"]) for row in rows)

    def put_metadata(
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Stores facts by key and bytes by name; the value None deletes an entry."""
        self._check_writing()
        self._put_facts(facts, blobs)

    def _write(self, *texts: str, within: float | None = None, **parameters: object) -> None:
        """Runs statements in one transaction, within a timeout in seconds."""

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for text in texts:
                transaction.run(text, parameters).consume()

        if within is None:
            self._transact(work)
        else:
            self._connection.write(work, within)

    def _transact(self, work: Callable[[neo4j.ManagedTransaction], None]) -> None:
        self._connection.write(work)

    def _put_rounds(self, table: pa.Table, text: str) -> None:
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
                    # If the batch was committed and only the answer was lost, its node exists already.
                    summary = transaction.run(begin, key=key).consume()
                    if summary.counters.nodes_created:
                        parameters = {"rows": rows, "properties": properties}
                        transaction.run(text, parameters).consume()

                self._transact(work)

        with ThreadPoolExecutor(WORKERS) as workers:
            for disjoint_parts in rounds(table):
                list(workers.map(put, disjoint_parts))

    def _put_facts(
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        put_fact, delete_fact = (
            statement(f"write/{verb}-metadata", self.engine) for verb in ("put", "delete")
        )
        put_part, delete_parts = (statement(f"write/{verb}-blob", self.engine) for verb in ("put", "delete"))

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for key, value in facts.items():
                text = delete_fact if value is None else put_fact
                transaction.run(text, key=key, value=value).consume()
            for name, content in (blobs or {}).items():
                transaction.run(delete_parts, name=name).consume()
                for part in () if content is None else blob_rows(name, content):
                    transaction.run(put_part, part).consume()

        self._transact(work)

    def _discard_counts(self, relation: str) -> None:
        """Deletes the stored counts before a relation changes: after a crash, they would be wrong."""
        if not self._recount:
            self._put_facts({COUNTS_KEY: None})
        self._recount.add(relation)

    def _check_writing(self) -> None:
        """Checks that the writer's lock was taken and not lost with its connection."""
        if not self._lock.is_held:
            raise UsageError(f"The graph at {self.url} isn't being written.", "Write within writing().")
        self._lock.check()


def _labels(kind: str) -> list[str]:
    """The labels that KEDRec gives a node of a kind."""
    return [kind, f"{LABEL_PREFIX}{kind}"]
