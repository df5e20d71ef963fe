"""What a graph database must do for KEDRec, and the shapes that cross the seam.

Nodes and edges travel as Arrow tables and Parquet files with the columns below; query results as
rows of plain Python values, so that both engines give equal rows for one template.
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
"""Columns of a node table of one kind. Lists are sorted and without repeats; no column is null."""

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
"""Columns of an edge table of one relation and one pair of kinds. The key is (start, end, source). `score`
and `year` may be null, nothing else."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is in a graph, equal for equal graphs whatever the engine.

    Attributes:
        schema_version: version of the schema the graph was written under.
        nodes: nodes by kind, without empty kinds.
        edges: edges by (relation, source), without empty ones.
        digest: hexadecimal digest over every node's and edge's key, kept up to date by the loader.
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
    """Edges by what is known of their year: how many there are, without a year, and after some year."""

    edges: int
    undated: int
    later: int


class GraphTarget(Protocol):
    """What sources are loaded into: a graph of the KEDRec schema that can be written and read back.

    Every method may raise `StoreError` or one of its kinds; nothing of the engine's own exceptions
    leaves a store. A store is used by one thread at a time. It is a context manager that closes itself.
    """

    @property
    def engine(self) -> str:
        """`ladybug` or `neo4j`: the name of the engine's folders under `cypher/`."""

    @property
    def url(self) -> str:
        """Where the graph is, without credentials."""

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind, ordered by id: `NODE_COLUMNS`, or those of them named."""

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the edges of a relation between two kinds: `EDGE_COLUMNS`, or those named, in no order.

        Of some sources only, where they are named.
        """

    def fingerprint(self) -> Fingerprint:
        """Counts by kind, relation and source, and the digest. Cheap enough to ask on every start."""

    def metadata(self) -> dict[str, str]:
        """Key-value facts kept with the graph (`schema_version`, `digest`, `source:hetionet`, ...)."""

    def kept(self, name: str) -> bytes | None:
        """What was kept with the graph under a name by `put_metadata`; None where nothing was."""

    def check_writable(self) -> None:
        """Finds out, without writing, what would keep `prepare` from its work.

        Raises:
            SchemaMismatchError: the graph was written under another schema version, or by a version of KEDRec
                that marked nothing as its own.
            StoreError: the database has rules of its own that the graph would break.
        """

    def prepare(self) -> None:
        """Creates tables or constraints for the whole schema where missing, and marks the version.

        Raises:
            SchemaMismatchError: the graph was written under another schema version; nothing changed.
        """

    def writing(self) -> AbstractContextManager[None]:
        """Holds the right to write; everything below happens inside it.

        Raises:
            StoreBusyError: another process holds it.
            StoreAccessError: the user may not write.
        """

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Inserts the nodes of one Parquet file and overwrites those of another (`NODE_COLUMNS`).

        The caller has split them by what is stored. One transaction or idempotent: after a crash, the
        same call again gives the same graph.
        """

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Inserts the edges of one Parquet file and overwrites those of another (`EDGE_COLUMNS`).

        Both ends of every edge are stored already. Crash-safe like `put_nodes`.
        """

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Deletes the edges whose key (start, end, source) is in a Parquet file; absent ones are no error.

        What somebody else gave a property stays in the database, and is the graph's no more.
        """

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Deletes nodes that have no edges any more; absent ones are no error.

        Those to which somebody else gave something stay in the database, and are the graph's no more.
        """

    def put_metadata(
        self, facts: Mapping[str, str | None], kept: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Sets facts, and keeps bytes under names, in one transaction; None removes one."""

    def close(self) -> None:
        """Gives back files and connections; again does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class SharedTarget(Protocol):
    """A graph in a database that others may write to: what they gave its nodes and edges is theirs."""

    def claimed_nodes(self, kind: str, ids: Sequence[str]) -> list[str]:
        """Ids of those nodes that `delete_nodes` would leave in the database, sorted.

        Somebody gave them a label, a property or a relationship, or one of their edges a property.
        """

    def claimed_edges(self, relation: str, start_kind: str, end_kind: str) -> list[tuple[str, str, str]]:
        """Keys (start, end, source) of the edges that `delete_edges` would leave in the database, sorted.

        Somebody gave them a property.
        """


@runtime_checkable
class GraphStore(GraphTarget, Protocol):
    """A graph database with one graph of the KEDRec schema, which answers questions too."""

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template by its path under `cypher/` without suffix (`paths/causes-disease`).

        Values reach the engine as parameters only.
        """

    @property
    def is_pinned(self) -> bool:
        """Whether all that is read is of the graph as it was opened, whatever is loaded meanwhile."""

    def has_changed(self) -> bool:
        """Whether another graph would be read by who opened it now: something was loaded or removed since."""

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The edges of a relation from some nodes to some others, ordered by start, end and source.

        Rows of `start_id`, `start_name`, `end_id`, `end_name` and `edge`: its stored properties.
        """

    def isolated(self, kind: str) -> list[str]:
        """Ids of the nodes of a kind that have no edge, sorted."""

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Edges of a relation by (source, licence)."""

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Edges of a relation by source: how many there are, without a year, and after `year`."""

    def kept_names(self) -> list[str]:
        """Names under which something is kept, sorted."""
