"""Protocols of a graph database, and the tables and rows that cross them.

Nodes and edges travel as Arrow tables and Parquet files with the columns below, query results as
rows of plain Python values: both engines give equal rows for one template.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import pyarrow as pa

__all__ = [
    "EDGE_COLUMNS",
    "NODE_COLUMNS",
    "ContextCloser",
    "Fingerprint",
    "GraphStore",
    "GraphTarget",
    "Row",
    "SharedTarget",
    "YearCount",
]

Row = dict[str, Any]
"""One result row: column alias -> str, int, float, bool, None, or a list of these; a returned node or
relationship is a dict of its stored properties, without the engine's internals."""

NODE_COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("synonyms", pa.list_(pa.string())),
        ("xrefs", pa.list_(pa.string())),
        ("description", pa.string()),
        ("sources", pa.list_(pa.string())),
    ]
)
"""Columns of a node table of one kind. Lists are sorted and free of duplicates; no column is null."""

EDGE_COLUMNS = pa.schema(
    [
        ("start", pa.string()),
        ("end", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("references", pa.list_(pa.string())),
        ("evidence", pa.string()),
        ("score", pa.float64()),
        ("year", pa.int64()),
        ("action", pa.string()),
        ("mechanisms", pa.list_(pa.string())),
    ]
)
"""Columns of an edge table of one relation and one pair of kinds. The key is (start, end, source). Only
`score` and `year` may be null."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Counts and digest of a graph, equal for equal graphs on every engine.

    Attributes:
        schema_version: version of the schema the graph was written under.
        nodes: number of nodes by kind, without zeros.
        edges: number of edges by (relation, source), without zeros.
        digest: hexadecimal digest over every node's and edge's key, maintained by the loader.
    """

    schema_version: int
    nodes: Mapping[str, int]
    edges: Mapping[tuple[str, str], int]
    digest: str

    def __str__(self) -> str:
        """The fingerprint as 16 hexadecimal digits."""
        content = json.dumps(
            [self.schema_version, sorted(self.nodes.items()), sorted(self.edges.items()), self.digest]
        )
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class YearCount(NamedTuple):
    """Numbers of edges: all, those without a year, and those of a year after a given one."""

    edges: int
    undated: int
    later: int


class ContextCloser:
    """Base class of context managers whose end calls `close`."""

    def close(self) -> None:
        """Releases files and connections; a second call has no effect."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class GraphTarget(Protocol):
    """Target of a load: a graph of the KEDRec schema that can be written and read back.

    Every method may raise `StoreError` or a subclass, and none of the engine's own exceptions. A store is
    used by one thread at a time. It is a context manager that closes itself.
    """

    @property
    def engine(self) -> str:
        """Name of the engine's folders under `cypher/`: `ladybug` or `neo4j`."""

    @property
    def url(self) -> str:
        """Location of the graph, without credentials."""

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id, with the given columns of `NODE_COLUMNS` (None: all)."""

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the edges of a relation between two kinds, unordered.

        Args:
            columns: of `EDGE_COLUMNS`; None: all.
            sources: sources whose edges are read; None: all.
        """

    def fingerprint(self) -> Fingerprint:
        """Counts by kind, relation and source, and the digest. Cheap enough for every start."""

    def metadata(self) -> dict[str, str]:
        """Key-value facts stored with the graph (`schema_version`, `digest`, `source:hetionet`, ...)."""

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name by `put_metadata`; None if there are none."""

    def check_writable(self) -> None:
        """Checks, without writing, that `prepare` would succeed.

        Raises:
            SchemaMismatchError: the graph was written under another schema version, or by a version of KEDRec
                that did not mark its nodes and edges.
            StoreError: the database has constraints that the graph would violate.
        """

    def prepare(self) -> None:
        """Creates the schema's missing tables or constraints, and stores the schema version.

        Raises:
            SchemaMismatchError: the graph was written under another schema version; nothing changed.
        """

    def writing(self) -> AbstractContextManager[None]:
        """Holds the writer's lock, which every method below requires.

        Raises:
            StoreBusyError: another process holds it.
            StoreAccessError: the user may not write.
        """

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Inserts the nodes of one Parquet file and overwrites those of another (`NODE_COLUMNS`).

        `new` holds no node that is stored, `changed` only such nodes. One transaction or idempotent: repeated
        after a crash, the call gives the same graph.
        """

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Inserts the edges of one Parquet file and overwrites those of another (`EDGE_COLUMNS`).

        Both ends of every edge must be stored. Crash-safe like `put_nodes`.
        """

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key (start, end, source) is in a Parquet file; missing ones are no error.

        An edge to which another program gave a property stays in the database, outside the graph.
        """

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes without edges; missing ones are no error.

        A node to which another program added something stays in the database, outside the graph.
        """

    def put_metadata(
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Stores facts by key and bytes by name in one transaction; the value None deletes an entry."""

    def close(self) -> None:
        """Releases files and connections; a second call has no effect."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class SharedTarget(Protocol):
    """A graph in a database to which other programs write: their labels, properties and edges are theirs."""

    def claimed_nodes(self, kind: str, ids: Sequence[str]) -> list[str]:
        """Ids of the given nodes that `delete_nodes` would leave in the database, sorted.

        Another program gave them a label, a property or a relationship, or one of their edges a property.
        """

    def claimed_edges(self, relation: str, start_kind: str, end_kind: str) -> list[tuple[str, str, str]]:
        """Keys (start, end, source) of the edges that `delete_edges` would leave in the database, sorted.

        Another program gave them a property.
        """


@runtime_checkable
class GraphStore(GraphTarget, Protocol):
    """A graph of the KEDRec schema in a database that runs query templates."""

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template by its path under `cypher/` without suffix (`paths/causes-disease`).

        Values reach the engine as parameters only.
        """

    @property
    def is_pinned(self) -> bool:
        """True if reads see the graph as it was when opened, unaffected by later loads."""

    def has_changed(self) -> bool:
        """True if something was loaded or removed since the graph was opened."""

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The edges of a relation from `start_ids` to `end_ids`, ordered by start, end and source.

        Returns:
            Rows of `start_id`, `start_name`, `end_id`, `end_name` and `edge` (its stored properties).
        """

    def isolated_ids(self, kind: str) -> list[str]:
        """Ids of the nodes of a kind that have no edge, sorted."""

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Number of a relation's edges by (source, licence)."""

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Numbers of a relation's edges by source: all, without a year, and after `year`."""

    def blob_names(self) -> list[str]:
        """Names under which bytes are stored, sorted."""
