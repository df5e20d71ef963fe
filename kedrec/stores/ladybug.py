"""The embedded graph store: a folder, on the ladybug engine, without a server."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import (
    EmptyGraphError,
    SchemaMismatchError,
    StoreAccessError,
    StoreError,
    UsageError,
)
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, ContextCloser, Fingerprint, Row, YearCount
from kedrec.stores.counts import (
    COUNTS_KEY,
    TABLES_KEY,
    VERSION_KEY,
    GraphCounts,
    fingerprint_of,
    public_facts,
    tables_digest,
    year_counts,
)
from kedrec.stores.cypher_statements import chosen_columns, query, statement
from kedrec.stores.graph_folder import GraphFolder, Stamp
from kedrec.stores.ladybug_session import BATCH, Session
from kedrec.stores.parquet_input import KEY_COLUMNS, check_pair, count_rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LadybugStore"]

_LARGE = 50_000
"""Rows after which a checkpoint is written: until then they are in memory. A batch counts as at least a
twentieth of that."""

_WINDOW_ROWS = 250_000
"""Edges read into memory at once, approximately."""
_WINDOW_NODES = 1024
"""Start nodes in the first window of a large table."""

_FEW = 4
"""Start nodes looked up one by one, each in a third of the time of a lookup of several at once."""


class LadybugStore(ContextCloser):
    """A graph in a folder. See `GraphStore` for its methods.

    Within `writing`, writes and reads go to the writer's copy, which becomes the graph if the block ends
    without an error, and is discarded otherwise. A store opened to be read shows the same graph until it is
    closed, unaffected by later loads.
    """

    def __init__(self, path: Path, *, read_only: bool = True, threads: int = 0) -> None:
        """Opens the graph in the folder `path`.

        Raises:
            EmptyGraphError: `read_only`, and there is no graph.
            SchemaMismatchError: `read_only`, and the graph has another schema version.
            StoreError: the file is no graph or is unreadable.
        """
        self._folder = GraphFolder(path)
        self._read_only = read_only
        self._threads = threads
        self._reader: Session | None = None
        self._stamp: Stamp | None = None
        self._writer: Session | None = None
        self._is_locked = False
        self._rows_in_memory = 0
        self._totals: tuple[Session, Mapping[str, int] | None] | None = None
        if read_only:
            self._session()

    @property
    def engine(self) -> str:
        """`ladybug`."""
        return "ladybug"

    @property
    def url(self) -> str:
        """The folder."""
        return str(self._folder.path)

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template by its path under `cypher/` without suffix."""
        text = query(template, self.engine, parameters or ())
        return self._session().rows(text, parameters)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        text = statement("lookup/all-nodes", self.engine, kind=kind, columns=tuple(chosen.names))
        return self._session().table(text, chosen)

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
        name = "lookup/all-edges" if sources is None else "lookup/source-edges"
        ends = {"start_kind": start_kind, "end_kind": end_kind}
        placeholders: dict[str, Any] = {"relation": relation, "columns": tuple(chosen.names), **ends}
        text = statement(name, self.engine, **placeholders)
        if (start_kind, end_kind) not in load_schema().relations[relation].pairs or (
            sources is not None and not sources
        ):
            return iter(())
        session = self._session()
        if self._is_large(session, relation):
            text = statement("lookup/window-edges", self.engine, **placeholders)
            return self._read_windows(session, text, chosen, sources, start_kind)
        parameters = None if sources is None else {"sources": list(sources)}
        return iter(session.table(text, chosen, parameters).to_batches(BATCH))

    def _is_large(self, session: Session, relation: str) -> bool:
        """True if the stored counts give a relation more edges than a window, or are missing."""
        totals = self._stored_totals(session)
        return totals is None or totals.get(relation, 0) > _WINDOW_ROWS

    def _is_empty(self, relation: str) -> bool:
        """True if a published file's counts give a relation no edge; a query for them takes milliseconds."""
        totals = None if self._writer is not None else self._stored_totals(self._session())
        return totals is not None and not totals.get(relation)

    def _stored_totals(self, session: Session) -> Mapping[str, int] | None:
        """The stored numbers of edges by relation; None where they are missing."""
        if self._totals is None or self._totals[0] is not session:
            counts = session.facts().get(COUNTS_KEY)
            self._totals = session, None if counts is None else GraphCounts.loads(counts).by_relation()
        return self._totals[1]

    def _read_windows(
        self, session: Session, text: str, chosen: pa.Schema, sources: Sequence[str] | None, start_kind: str
    ) -> Iterator[pa.RecordBatch]:
        """Edges of one range of start nodes after the other, to bound the memory."""
        [last] = session.rows(statement("lookup/last-place", self.engine, kind=start_kind))
        low, width = 0, _WINDOW_NODES
        while last["place"] is not None and low <= last["place"]:
            window = {"low": low, "high": low + width, "sources": list(sources or ())}
            table = session.table(text, chosen, window)
            yield from table.to_batches(BATCH)
            low += width
            width = max(1, min(8 * width, width * _WINDOW_ROWS // max(1, table.num_rows)))

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The edges of a relation from `start_ids` to `end_ids`, ordered by start, end and source."""
        ends = {"start_kind": start_kind, "end_kind": end_kind}
        one_by_one = len(start_ids) <= _FEW
        name = f"lookup/relation-{'from' if one_by_one else 'between'}"
        text = statement(name, self.engine, relation=relation, **ends)
        if (start_kind, end_kind) not in load_schema().relations[relation].pairs or self._is_empty(relation):
            return []
        session, end_list = self._session(), list(end_ids)
        if not one_by_one:
            return session.rows(text, {"start_ids": list(start_ids), "end_ids": end_list})
        rows = [
            row
            for start_id in set(start_ids)
            for row in session.rows(text, {"start_id": start_id, "end_ids": end_list})
        ]
        return sorted(rows, key=lambda row: (row["start_id"], row["end_id"], row["edge"]["source"]))

    def isolated_ids(self, kind: str) -> list[str]:
        """Ids of the nodes of a kind that have no edge, sorted."""
        text = statement("lookup/isolated-nodes", self.engine, kind=kind)
        return [row["id"] for row in self._session().rows(text)]

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Number of a relation's edges by (source, licence)."""
        text = statement("lookup/count-edges-by-licence", self.engine, relation=relation)
        return {(row["source"], row["licence"]): row["edges"] for row in self._session().rows(text)}

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Numbers of a relation's edges by source: all, without a year, and after `year`."""
        text = statement("lookup/count-edges-by-year", self.engine, relation=relation)
        return year_counts(self._session().rows(text, {"year": year}))

    def fingerprint(self) -> Fingerprint:
        """Counts and digest: counted live while writing, otherwise read from the metadata."""
        if self._is_missing():
            return fingerprint_of(GraphCounts({}, {}), {})
        session = self._session()
        facts = session.facts()
        stored = facts.get(COUNTS_KEY)
        # The published file never changes, so its stored counts are exact.
        counts = GraphCounts.loads(stored) if stored and session is not self._writer else session.count()
        return fingerprint_of(counts, facts)

    def metadata(self) -> dict[str, str]:
        """Key-value facts stored with the graph."""
        return {} if self._is_missing() else public_facts(self._session().facts())

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name."""
        return None if self._is_missing() else self._session().blob(name)

    def blob_names(self) -> list[str]:
        """Names under which bytes are stored."""
        return [] if self._is_missing() else self._session().blob_names()

    @property
    def is_pinned(self) -> bool:
        """True if opened to be read: the open file is never changed, only replaced."""
        return self._read_only

    def has_changed(self) -> bool:
        """True if another file has replaced the open one."""
        return self._stamp is not None and self._folder.stamp() != self._stamp

    def check_writable(self) -> None:
        """Refuses a graph of another schema version."""
        if not self._is_missing():
            self._check_version(self._session().facts())

    def prepare(self) -> None:
        """Creates the missing tables of the schema."""
        if not self._is_locked:
            with self.writing():
                self.prepare()
            return
        version, tables = str(load_schema().version), tables_digest()
        if not self._is_missing():
            facts = self._session().facts()
            self._check_version(facts)
            if facts.get(TABLES_KEY) == tables:
                return
        session = self._writing_session()
        with session.transaction():
            session.create_tables()
            session.put_fact(VERSION_KEY, version)
            session.put_fact(TABLES_KEY, tables)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the writer's lock. Others see the changes when the block ends."""
        if self._read_only:
            raise StoreAccessError(
                f"The graph in {self.url} was opened to be read only.", "Open it with read_only=False."
            )
        if self._is_locked:
            raise UsageError(f"The graph in {self.url} is being written already.", "Don't nest writing().")
        with self._folder.writer_lock():
            self._is_locked = True
            try:
                yield
                if self._writer is not None:
                    with self._writer.transaction():
                        self._writer.put_fact(COUNTS_KEY, self._writer.count().dumps())
                    self._writer.checkpoint()
                    self._close_writer()
                    self._folder.publish()
            finally:
                self._is_locked = False
                self._close_writer()
                self._folder.discard()

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Inserts the nodes of one Parquet file and overwrites those of another."""
        self._load("copy-nodes", new, NODE_COLUMNS, kind=kind)
        self._load("change-nodes", changed, NODE_COLUMNS, kind=kind)

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Inserts the edges of one Parquet file and overwrites those of another."""
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        check_pair(**names)
        self._load("copy-edges", new, EDGE_COLUMNS, **names)
        self._load("change-edges", changed, EDGE_COLUMNS, **names)

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key is in a Parquet file."""
        names = {"relation": relation, "start_kind": start_kind, "end_kind": end_kind}
        check_pair(**names)
        self._load("delete-edges", keys, KEY_COLUMNS, **names)

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes without edges."""
        session = self._writing_session()
        if ids:
            text = statement("write/delete-nodes", self.engine, kind=kind)
            with session.transaction():
                session.execute(text, {"ids": list(ids)})

    def put_metadata(
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Stores facts by key and bytes by name; the value None deletes an entry."""
        session = self._writing_session()
        if blobs:
            session.execute(statement("write/create-blobs", self.engine))
        with session.transaction():
            for key, value in facts.items():
                session.put_fact(key, value)
            for name, content in (blobs or {}).items():
                session.put_blob(name, content)

    def close(self) -> None:
        """Releases the files."""
        self._close_writer()
        if self._reader is not None:
            self._reader.close()
        self._reader = self._stamp = self._totals = None

    def _is_missing(self) -> bool:
        return not self._read_only and self._writer is None and self._folder.stamp() is None

    def _session(self) -> Session:
        """The session to read from: the writer's copy, the file a reader opened, or the current graph."""
        if self._writer is not None:
            return self._writer
        if self._read_only and self._reader is not None:
            return self._reader
        stamp = self._folder.stamp()
        if stamp is None:
            raise EmptyGraphError(
                f"There is no graph in {self.url} yet.", "Load one first: kedrec-load graph."
            )
        if self._reader is None or stamp != self._stamp:
            self._reader = None  # not closed: a running stream may still use it
            reader = Session(self._folder.graph, read_only=True, threads=self._threads)
            try:
                self._check_version(reader.facts())
            except StoreError:
                reader.close()
                raise
            self._reader, self._stamp = reader, stamp
        return self._reader

    def _writing_session(self) -> Session:
        if not self._is_locked:
            raise UsageError(f"The graph in {self.url} isn't being written.", "Write within writing().")
        if self._writer is None:
            self._folder.copy()
            self._writer = Session(self._folder.next, read_only=False, threads=self._threads)
            facts = self._writer.facts()
            if facts:
                self._check_version(facts)
        return self._writer

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _check_version(self, facts: Mapping[str, str]) -> None:
        version, expected = facts.get(VERSION_KEY), str(load_schema().version)
        if version != expected:
            raise SchemaMismatchError(
                f"The graph in {self.url} has schema version {version or 'unknown'}, not {expected}.",
                "Load it again into another folder: kedrec-load graph --graph FOLDER.",
            )

    def _load(self, name: str, file: Path | None, columns: pa.Schema, **names: str) -> None:
        session = self._writing_session()
        statement(
            f"write/{name}", self.engine, file="checked", **names
        )  # raises for a wrong name even without a file
        if file is None:
            return
        with _plain_path(file) as path:
            rows = count_rows(file, columns)
            if rows:
                with session.transaction():
                    session.execute(statement(f"write/{name}", self.engine, file=path, **names))
            self._rows_in_memory += rows + _LARGE // 20
            if self._rows_in_memory > _LARGE:
                session.checkpoint()
                self._rows_in_memory = 0


@contextlib.contextmanager
def _plain_path(file: Path) -> Iterator[str]:
    """A path of `file` without quotes and wildcards, which COPY would interpret."""
    name = str(file.absolute())
    if not set(name) & set("'\"\\*?[]{}"):
        yield name
        return
    with tempfile.TemporaryDirectory(prefix="kedrec-") as folder:
        link = Path(folder) / "rows.parquet"
        link.symlink_to(name)
        yield str(link)
