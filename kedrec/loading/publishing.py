"""Publishes the changes of a load: writes them so that a killed write can be finished by the same load."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kedrec.loading.staging import staging_errors
from kedrec.loading.state import source_states
from kedrec.stores.changes import TableChange

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.common.progress import Progress
    from kedrec.stores import GraphTarget
    from kedrec.stores.changes import GraphChanges
    from kedrec.stores.pending import PendingGraph

__all__ = ["publish", "replay_journal"]

_LISTED = 4
"""Number of sources from which on progress gives their number alone."""
_JOURNAL = "journal"
"""Name of the blob with the edge moves of an unfinished write."""


def publish(pending: PendingGraph, sources: Sequence[str], folder: Path, progress: Progress) -> None:
    """Writes the changes so that the same load finishes the write if it is killed at any moment.

    The state `loading` or `removing` of the changed sources is written first and their final states last. The
    stored records change in one transaction with the journal of other sources' edges that move: after the
    nodes they move to are written and before the first of them moves.

    Args:
        pending: the graph as it will be; its stored graph is locked for writing.
        sources: sources that were loaded or removed.
        folder: an empty folder for the changes.
        progress: progress callback.

    Raises:
        StoreError: the graph database refused or failed; the same load again goes on from there.
    """
    store = pending.base
    facts, blobs = pending.changed_facts(), pending.changed_blobs()
    if not facts and not blobs:
        return
    before, after = source_states(store.metadata()), source_states(pending.metadata())
    unfinished: dict[str, str | None] = {}
    own_sources: set[str] = set()
    for name in sources:
        if before.get(name) == after.get(name):
            continue
        # Until the write is finished, the source has edges of its state before and after.
        states = [states[name] for states in (after, before) if name in states]
        names = {edge_source for state in states for edge_source in state.names}
        own_sources |= names
        state = dataclasses.replace(
            states[0],
            state="loading" if name in after else "removing",
            names=tuple(sorted(names)),
            pairs=tuple(sorted({pair for state in states for pair in state.pairs})),
        )
        unfinished |= state.fact(name)
    with staging_errors(folder):
        changes = pending.changes(folder, own_sources)
        journal = _pack_journal(changes.moved_edges, changes.moved_edge_keys)
    verb = "Writing" if any(name in after for name in sources) else "Removing"
    subject = ", ".join(sources) if len(sources) < _LISTED else f"{len(sources)} sources"
    writer = _Writer(store, changes, f"{verb} {subject}", progress)
    store.put_metadata(unfinished)
    writer.write_nodes()
    store.put_metadata({}, {**blobs, _JOURNAL: journal})
    writer.move_edges()
    store.put_metadata({}, {_JOURNAL: None})
    writer.write_edges()
    store.put_metadata(facts)


def _pack_journal(moved: Sequence[TableChange], deleted: Sequence[TableChange]) -> bytes | None:
    """Packs the edges of other sources that a load moves into a ZIP archive; None if it moves none."""
    if not moved and not deleted:
        return None
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        steps: list[dict[str, Any]] = []
        for kind, changes in (("put", moved), ("delete", deleted)):
            for change in changes:
                names = [file and f"{len(steps)}-{file.name}" for file in (change.new, change.changed)]
                for name, file in zip(names, (change.new, change.changed), strict=True):
                    if name and file is not None:
                        files.write(file, name)
                steps.append({"kind": kind, "table": change.kinds, "new": names[0], "changed": names[1]})
        files.writestr("steps.json", json.dumps(steps))
    return packed.getvalue()


def replay_journal(store: GraphTarget, folder: Path) -> None:
    """Finishes the edge moves of a killed write, so that every other source is complete again."""
    packed = store.blob(_JOURNAL)
    if packed is None:
        return
    unpacked = folder / "journal"
    with zipfile.ZipFile(BytesIO(packed)) as files:
        files.extractall(unpacked)  # our own file
        for step in json.loads(files.read("steps.json")):
            new, changed = (unpacked / step[part] if step[part] else None for part in ("new", "changed"))
            change = TableChange(tuple(step["table"]), new, changed, 0)
            if step["kind"] == "put":
                change.put(store)
            else:
                change.delete(store)
    store.put_metadata({}, {_JOURNAL: None})


class _Writer:
    """Writes changes and reports progress. Every step may be repeated after a crash."""

    def __init__(self, store: GraphTarget, changes: GraphChanges, stage: str, progress: Progress) -> None:
        self._store, self._changes = store, changes
        self._stage, self._progress = stage, progress
        self._done, self._total = 0, changes.rows
        progress(stage, 0, self._total)

    def _add(self, rows: int) -> None:
        self._done += rows
        self._progress(self._stage, self._done, self._total)

    def _put(self, changes: Sequence[TableChange]) -> None:
        for change in changes:
            change.put(self._store)
            self._add(change.rows)

    def _delete(self, changes: Sequence[TableChange]) -> None:
        for change in changes:
            change.delete(self._store)
            self._add(change.rows)

    def write_nodes(self) -> None:
        """Writes the nodes."""
        self._put(self._changes.nodes)

    def move_edges(self) -> None:
        """Moves the edges of other sources to their new ends."""
        self._put(self._changes.moved_edges)
        self._delete(self._changes.moved_edge_keys)

    def write_edges(self) -> None:
        """Writes the sources' own edges, then deletes rows: edges before the nodes that they need."""
        self._put(self._changes.edges)
        self._delete(self._changes.deleted_edges)
        for kind, ids in self._changes.deleted_nodes.items():
            self._store.delete_nodes(kind, ids)
            self._add(len(ids))
