"""Reads a graph on a Neo4j server, through the official driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kedrec.errors import EmptyGraphError, SchemaMismatchError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, ContextCloser, Fingerprint, Row, YearCount
from kedrec.stores.blobs import join_parts
from kedrec.stores.counts import (
    COUNTS_KEY,
    VERSION_KEY,
    GraphCounts,
    fingerprint_of,
    public_facts,
    year_counts,
)
from kedrec.stores.cypher_statements import chosen_columns, query, statement
from kedrec.stores.marking import MARK_FACT
from kedrec.stores.neo4j_batches import to_column, to_table
from kedrec.stores.neo4j_driver import Connection, plain_value
from kedrec.stores.neo4j_ownership import unmarked_error

if TYPE_CHECKING:
    import neo4j

    from kedrec.settings import Settings
    from kedrec.stores.waiting import Wait

__all__ = ["Neo4jReader"]

_BATCH = 65_536  # rows of a streamed batch
_SIGN_ROWS = 1_000  # rows after which a sign of life of the server is recorded


class Neo4jReader(ContextCloser):
    """The reading methods of a `GraphStore` on one database of a Neo4j server.

    Only nodes and edges with KEDRec's mark are read (`stores.marking`).
    """

    def __init__(self, url: str, settings: Settings) -> None:
        """Connects to the server at `url`, with the settings' credentials.

        Raises:
            SettingsError: the address is invalid.
            StoreUnavailableError: there is no server.
            StoreAccessError: wrong user name or password.
        """
        self._connection = Connection(url, settings)
        self._opening_facts: dict[str, str] = {}
        self._recount: set[str] = set()  # relations written to since their edges were counted

    @property
    def engine(self) -> str:
        """`neo4j`."""
        return "neo4j"

    @property
    def url(self) -> str:
        """The server's address."""
        return self._connection.printable_url

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template by its path under `cypher/` without suffix."""
        return self._read(query(template, self.engine, parameters or ()), parameters)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id."""
        chosen = chosen_columns(NODE_COLUMNS, columns)
        text = statement("lookup/all-nodes", self.engine, kind=kind, columns=tuple(chosen.names))
        return to_table(self._read(text, table=True), chosen)

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
        group_columns = ("start", *(name for name in chosen.names if name not in {"start", "end"}))
        name = "lookup/all-edges" if sources is None else "lookup/source-edges"
        ends = {"start_kind": start_kind, "end_kind": end_kind}
        text = statement(name, self.engine, relation=relation, columns=group_columns, **ends)
        return self._stream(text, chosen, {} if sources is None else {"sources": list(sources)})

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
        text = statement("lookup/relation-between", self.engine, relation=relation, **ends)
        return self._read(text, {"start_ids": list(start_ids), "end_ids": list(end_ids)})

    def isolated_ids(self, kind: str) -> list[str]:
        """Ids of the nodes of a kind that have no edge, sorted."""
        text = statement("lookup/isolated-nodes", self.engine, kind=kind)
        return [row["id"] for row in self._read(text, table=True)]

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Number of a relation's edges by (source, licence)."""
        text = statement("lookup/count-edges-by-licence", self.engine, relation=relation)
        return {(row["source"], row["licence"]): row["edges"] for row in self._read(text, table=True)}

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Numbers of a relation's edges by source: all, without a year, and after `year`."""
        text = statement("lookup/count-edges-by-year", self.engine, relation=relation)
        return year_counts(self._read(text, {"year": year}, table=True))

    def fingerprint(self) -> Fingerprint:
        """Counts and digest. Totals are counted live; counts by source are stored if a total is unchanged."""
        facts = self._facts()
        if VERSION_KEY not in facts:
            return fingerprint_of(GraphCounts({}, {}), facts)
        return fingerprint_of(self._count(facts), facts)

    def metadata(self) -> dict[str, str]:
        """Key-value facts stored with the graph."""
        return public_facts(self._facts())

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name."""
        return join_parts(self._read(statement("lookup/blob-parts", self.engine), {"name": name}))

    def blob_names(self) -> list[str]:
        """Names under which bytes are stored."""
        return [row["name"] for row in self._read(statement("lookup/blob-names", self.engine))]

    @property
    def is_pinned(self) -> bool:
        """False: each query reads the current database."""
        return False

    def has_changed(self) -> bool:
        """True if something was loaded or removed since the graph was opened."""
        return self.metadata() != self._opening_facts

    def close(self) -> None:
        """Releases the driver."""
        self._connection.close()

    def _read(
        self, text: str, parameters: Mapping[str, Any] | None = None, *, table: bool = False
    ) -> list[Row]:
        def work(transaction: neo4j.ManagedTransaction, wait: Wait[list[Row]]) -> list[Row]:
            result = transaction.run(text, dict(parameters or {}))
            keys = result.keys()
            rows = []
            for record in result:
                rows.append(dict(zip(keys, map(plain_value, record.values()), strict=True)))
                if not len(rows) % _SIGN_ROWS:
                    wait.record_sign()
            return rows

        return self._connection.read(work, table=table)

    def _stream(
        self, text: str, chosen: pa.Schema, parameters: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        with self._connection.stream_rows(text, parameters) as records:
            *names, _ = next(records)
            groups: list[list[Any]] = []
            rows = 0
            for values in records:
                groups.append(values)
                rows += len(values[-1])
                if rows >= _BATCH:
                    yield _ungroup(groups, names, chosen)
                    groups, rows = [], 0
            if groups:
                yield _ungroup(groups, names, chosen)

    def _facts(self) -> dict[str, str]:
        rows = self._read(statement("lookup/metadata", self.engine))
        return {row["key"]: row["value"] for row in rows}

    def _count(self, facts: Mapping[str, str]) -> GraphCounts:
        """Current counts. The server has totals ready; a relation is read only if its total has changed."""
        schema = load_schema()
        node_queries = [statement("lookup/count-nodes", self.engine, kind=kind) for kind in schema.kinds]
        edge_queries = [
            statement("lookup/count-edges", self.engine, relation=relation) for relation in schema.relations
        ]
        node_rows = self._read("\nUNION ALL\n".join(node_queries))
        nodes = {row["kind"]: row["nodes"] for row in node_rows if row["nodes"]}
        stored = GraphCounts.loads(facts[COUNTS_KEY]) if COUNTS_KEY in facts else GraphCounts({}, {})
        stored_totals = stored.by_relation()
        edges: dict[tuple[str, str], int] = {}
        edge_rows = self._read("\nUNION ALL\n".join(edge_queries))
        totals = {row["relation"]: row["edges"] for row in edge_rows if row["edges"]}
        for relation, total in totals.items():
            if total == stored_totals.get(relation, 0) and relation not in self._recount:
                edges |= {key: count for key, count in stored.edges.items() if key[0] == relation}
                continue
            by_source = statement("lookup/count-edges-by-source", self.engine, relation=relation)
            rows = self._read(by_source, table=True)
            edges |= {(relation, row["source"]): row["edges"] for row in rows}
        return GraphCounts(nodes, edges, totals)

    @property
    def _location(self) -> str:
        return f"the database '{self._connection.database}' of {self.url}"

    def _check(self, facts: Mapping[str, str]) -> None:
        """Checks that there is a graph, of this schema version, with the mark."""
        if VERSION_KEY not in facts:
            raise EmptyGraphError(
                f"There is no graph in {self._location} yet.",
                f"Load one first: kedrec-load graph --graph {self.url}.",
            )
        self._check_version(facts)
        if MARK_FACT not in facts:
            raise unmarked_error(f"The graph in {self._location}", facts)

    def _check_version(self, facts: Mapping[str, str]) -> None:
        version, expected = facts.get(VERSION_KEY), str(load_schema().version)
        if version != expected:
            raise SchemaMismatchError(
                f"The graph at {self.url} has schema version {version}, not {expected}.",
                "Load it again into another database (NEO4J_DATABASE).",
            )


def _ungroup(groups: list[list[Any]], names: list[str], chosen: pa.Schema) -> pa.RecordBatch:
    """One row per edge, from groups of edges with equal properties whose last value lists the ends."""
    *columns, ends = zip(*groups, strict=True)
    repeats = np.repeat(np.arange(len(ends)), [len(group_ends) for group_ends in ends])
    arrays = {"end": pa.array([end for group_ends in ends for end in group_ends], pa.string())}
    for name, values in zip(names, columns, strict=True):
        arrays[name] = to_column(values, EDGE_COLUMNS.field(name).type).take(pa.array(repeats))
    return pa.RecordBatch.from_arrays([arrays[name] for name in chosen.names], schema=chosen)
