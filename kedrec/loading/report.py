"""What a load did."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["ConflictReport", "LoadReport", "RowReport", "SourceReport"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowReport(_Frozen):
    """Rows of one part of a source; read = loaded + merged + rejected + left_out.

    Attributes:
        read: rows in the source's files.
        loaded: distinct nodes or edges they became (for attribute tables: rows used).
        merged: rows that say something of a node or edge that another row already gave.
        rejected: rows that were refused, listed in the reject file.
        left_out: rows whose licence doesn't allow what was asked for.
        new, changed: what the graph didn't have, or had otherwise.
        gone: what the graph had of the source, and is deleted because the source has it no more.
    """

    read: int = 0
    loaded: int = 0
    merged: int = 0
    rejected: int = 0
    left_out: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0


class ConflictReport(_Frozen):
    """An id that several nodes of a kind list as their own, so that it joined none of them."""

    id: str
    kind: str
    claimed_by: tuple[str, ...]


class SourceReport(_Frozen):
    """What one source brought, or took away when it was removed.

    Attributes:
        moved: stored nodes that became part of another node, because a cross-reference joined them.
        moved_edges: edges of other sources that run between other nodes now.
        held: nodes that stay although no source has them any more, since its edges need them: by source.
        released, released_edges: nodes and edges that are gone from the graph and stay in the database, since
            another program gave them labels, properties or relationships.
        reasons: rejected rows by reason.
        unread: columns and files of the source that are not read.
        notes: what was taken for what, and how often.
        left_out: edge rows left out, by licence.
        unknown_licences: those of them that the table of licences doesn't have.
        conflicts: cross-references that joined nothing.
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
    seconds: float


class LoadReport(_Frozen):
    """What a load did, and what the graph holds after it.

    Attributes:
        dry_run: nothing was written: the sources tell what would be, the rest what is.
        nodes: nodes by kind.
        edges: edges by relation, then by source.
        fingerprint: 16 hexadecimal digits, equal for equal graphs whatever the engine.
        digest: the digest over all keys.
        lacking: kinds without which nothing can be asked, in sentences; none where the graph has them.
        rejects: path of the reject file; "" where no row was rejected.
    """

    graph: str
    engine: Literal["ladybug", "neo4j"] | str
    dry_run: bool = False
    sources: tuple[SourceReport, ...]
    nodes: dict[str, int]
    edges: dict[str, dict[str, int]]
    fingerprint: str
    digest: str
    lacking: tuple[str, ...] = ()
    rejects: str
    seconds: float
