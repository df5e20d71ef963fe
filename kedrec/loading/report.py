"""Reports of a load or a removal, for the command line and JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["ConflictReport", "LoadReport", "RowReport", "SourceReport"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowReport(_Frozen):
    """Rows of one part of a source; read = loaded + merged + rejected + left_out + waiting.

    Attributes:
        read: rows in the source's files.
        loaded: distinct nodes or edges they became (for attribute tables: rows used).
        merged: rows about a node or edge that another row already gave.
        rejected: rows that failed a check, listed in the reject file.
        left_out: rows whose licence doesn't allow the requested uses.
        waiting: nodes that the source only adds names and ids to, and that no other source brings yet.
        new, changed: nodes or edges added to the graph, or updated.
        gone: nodes or edges of the source that are deleted, because its files no longer have them.
    """

    read: int = 0
    loaded: int = 0
    merged: int = 0
    rejected: int = 0
    left_out: int = 0
    waiting: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0


class ConflictReport(_Frozen):
    """An id that several nodes of a kind list as a cross-reference, so that it joined none of them."""

    id: str
    kind: str
    claimed_by: tuple[str, ...]


class SourceReport(_Frozen):
    """Changes made by loading or removing one source.

    Attributes:
        moved: stored nodes that became part of another node, because a cross-reference joined them.
        moved_edges: edges of other sources whose ends became other nodes.
        held: number of nodes, by source, that stay only because edges of that source need them.
        released, released_edges: nodes and edges that leave the graph but stay in the database, because
            another program gave them labels, properties or relationships.
        reasons: rejected rows by reason.
        unread: columns and files of the source that are not read.
        notes: how often a reader interpreted a row in a special way.
        left_out: edge rows left out, by licence.
        unknown_licences: licences in `left_out` that the table of licences doesn't have.
        conflicts: cross-references that joined nothing.
        doubtful_ids: number of ids, named or listed by the source, that a term lists and shares no name with,
            so that they aren't equal.
        seconds: time from the first file to the last write.
    """

    source: str
    version: str
    licence: str
    nodes: RowReport
    edges: RowReport
    attributes: RowReport
    moved: int
    moved_edges: int = 0
    held: dict[str, int] = {}
    released: int = 0
    released_edges: int = 0
    reasons: dict[str, int]
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: dict[str, int] = {}
    unknown_licences: tuple[str, ...] = ()
    conflicts: tuple[ConflictReport, ...]
    doubtful_ids: int = 0
    seconds: float


class LoadReport(_Frozen):
    """Changes made by a load, and the content of the graph after it.

    Attributes:
        dry_run: True if nothing was written: `sources` reports what would change.
        nodes: nodes by kind.
        edges: edges by relation, then by source.
        fingerprint: 16 hexadecimal digits, equal for equal graphs whatever the engine.
        digest: the digest over all keys.
        missing: sources that were left out because their files are missing, with what is missing.
        lacking: warnings about kinds that every question needs and the graph lacks.
        rejects: path of the reject file; "" if no row was rejected.
    """

    graph: str
    engine: Literal["ladybug", "neo4j"] | str
    dry_run: bool = False
    sources: tuple[SourceReport, ...]
    nodes: dict[str, int]
    edges: dict[str, dict[str, int]]
    fingerprint: str
    digest: str
    missing: dict[str, str] = {}
    lacking: tuple[str, ...] = ()
    rejects: str
    seconds: float
