"""Merges one staged source into the graph: compares it with what is stored, writes, reports."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.canonical import canonical_nodes
from kedrec.loading.edges import canonical_edges
from kedrec.loading.graph_digest import key_digest, stored_digest
from kedrec.loading.licences import known_licences
from kedrec.loading.report import ConflictReport, RowReport, SourceReport
from kedrec.loading.source_records import (
    JOURNAL,
    RETIRED_IDS,
    pack_journal,
    records_to_store,
    replay_journal,
    stage_stored_records,
)
from kedrec.loading.staging import Staging, staging_errors
from kedrec.loading.state import SourceState, source_states
from kedrec.loading.writing import Batch, Batches, Writer, compare_with_stored, write_parquet
from kedrec.schema import load_schema
from kedrec.stores.base import SharedTarget
from kedrec.stores.key_sums import add_digests

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.identity import Identity
    from kedrec.stores import GraphTarget

__all__ = ["LoadRun", "apply_source"]

_DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class LoadRun:
    """Settings shared by the sources of one load or removal.

    Attributes:
        store: the graph.
        rejects: file for rejected rows.
        progress: progress callback.
        dry_run: write nothing; report what would change.
    """

    store: GraphTarget
    rejects: Path
    progress: Progress
    dry_run: bool = False


def apply_source(
    run: LoadRun, staging: Staging, name: str, state: SourceState, left_out: dict[str, int]
) -> SourceReport:
    """Compares a source with the graph, writes the difference unless it is a dry run, and reports.

    Args:
        run: settings of the call; its store is locked for writing unless it is a dry run.
        staging: staging area with the checked rows of the source; no rows to remove it.
        name: name of the source.
        state: state to record, `loading` or `removing`.
        left_out: rows left out for their licence, by licence.

    Raises:
        DataError: the work folder is full.
        StoreError: the graph database refused or failed; the same call again goes on from there.
    """
    store, schema = run.store, load_schema()
    if not run.dry_run:
        with staging_errors(staging.folder):
            replay_journal(store, staging.folder)
    facts = store.metadata()
    states = source_states(facts)
    before = states.get(name)
    with staging_errors(staging.folder):
        stage_stored_records(staging, store, states, name)
        identity = canonical_nodes(staging, name, {**states, name: state}, store, schema)
        canonical_edges(staging, name, known=state.known, progress=run.progress)
        compare_with_stored(staging, store, before)
        batches = write_parquet(staging)
        # The reject file comes first: a write that fails must not hide the rejected rows.
        staging.write_rejects(name, run.rejects)
        digests = key_digest(staging)
        report = _report(staging, name, state, identity, left_out)
        if state.state == "loading" and (why := _empty_load_reason(staging, report)):
            if not run.dry_run:
                raise DataError(why, _HINT.format(name))
            report = report.model_copy(update={"notes": (*report.notes, f"the load would fail: {why}")})
        report = report.model_copy(update=_released_counts(staging, store, batches))
        blobs = {} if run.dry_run else records_to_store(staging, name, removed=state.state == "removing")
        edge_sources = [row[0] for row in staging.sql.execute(_EDGE_SOURCES).fetchall()]
        pairs = tuple(row[0] for row in staging.sql.execute(_EDGE_TABLES, {"source": name}).fetchall())
        staging.drop("merged_edges", "records", "idle_records", "node_states")
    if not run.dry_run:
        state = dataclasses.replace(
            state,
            names=tuple(sorted({*state.names, *edge_sources})),
            pairs=pairs,
            nodes=report.nodes.loaded,
            edges=report.edges.loaded,
        )
        _write(run, staging, name, _Change(before, state, batches, digests, blobs))
    return report


def _empty_load_reason(staging: Staging, report: SourceReport) -> str:
    """Why a load brings nothing, and so would delete what the source brought before; "" if it brings rows.

    Rows left out for their licence count as brought.
    """
    nodes, edges = report.nodes, report.edges
    if nodes.loaded or nodes.waiting or edges.loaded or edges.left_out:
        return ""
    read = nodes.read + edges.read
    why = "its files have no rows"
    if read:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in report.reasons.items())
        why = f"{read:,} rows were read and all rejected ({reasons}); {staging.first_reject()}"
    return f"Nothing of the source '{report.source}' could be loaded: {why}."


_HINT = (
    "Correct its files; --work DIR keeps the list of rejected rows. The graph is as it was before; what an "
    "earlier load brought goes with: kedrec-load remove {}."
)
_EDGE_TABLES = """
SELECT concat_ws('/', relation, start_kind, end_kind) AS edge_table FROM pairs
WHERE pair IN (SELECT pair FROM merged_edges WHERE NOT moved)
UNION SELECT concat_ws('/', relation, start_kind, end_kind) FROM source_edges WHERE loader = $source
ORDER BY edge_table
"""
_EDGE_SOURCES = "SELECT DISTINCT source FROM merged_edges WHERE NOT moved ORDER BY source"


@dataclass(frozen=True, slots=True)
class _Change:
    """Changes to write: the source's state before and after, rows, key digests and stored records."""

    before: SourceState | None
    state: SourceState
    batches: Batches
    digests: tuple[str, str]
    blobs: dict[str, bytes | None]


def _write(run: LoadRun, staging: Staging, name: str, change: _Change) -> None:
    """Writes a change so that the same call finishes it if it is killed at any moment.

    The state `loading` is written first and `loaded` last. The stored records of the sources change in one
    transaction with the journal of other sources' edges that move: after the nodes they move to are written
    and before the first of them moves.
    """
    store, batches = run.store, change.batches
    facts = store.metadata()
    all_states = source_states(facts)
    # The digest can be updated only if every earlier load was finished.
    digest_is_valid = all(state.state == "loaded" for state in all_states.values()) and (
        _DIGEST in facts or not store.fingerprint().nodes
    )
    removing = change.state.state == "removing"
    # Writes are counted: one may change names alone, and caches of names are keyed by these facts.
    writes = int(change.before.writes) if change.before else 0
    changed_blobs = [name for name, content in change.blobs.items() if store.blob(name) != content]
    is_write = (
        batches or not change.before or any(name.startswith(f"{RETIRED_IDS}:") for name in changed_blobs)
    )
    loaded = dataclasses.replace(change.state, state="loaded", writes=str(writes + (1 if is_write else 0)))
    if digest_is_valid and loaded == change.before and not changed_blobs:
        return
    # Until the load is finished, the source has edges of its state before and after.
    states_between = [change.state, *([change.before] if change.before else [])]
    unfinished = dataclasses.replace(
        change.state,
        names=tuple(sorted({name for state in states_between for name in state.names})),
        pairs=tuple(sorted({pair for state in states_between for pair in state.pairs})),
        writes=loaded.writes,
    )
    store.put_metadata(unfinished.fact(name))
    writer = Writer(store, batches, f"{'Removing' if removing else 'Writing'} {name}", run.progress)
    writer.write_nodes()
    store.put_metadata(
        {}, {**change.blobs, JOURNAL: pack_journal(batches.moved_edges, batches.moved_edge_keys)}
    )
    writer.move_edges()
    store.put_metadata({}, {JOURNAL: None})
    writer.write_edges()
    digest = (
        add_digests(add_digests(facts.get(_DIGEST, ""), change.digests[0]), change.digests[1], -1)
        if digest_is_valid
        else stored_digest(staging, store)
    )
    final_facts = dict.fromkeys(unfinished.fact(name)) if removing else loaded.fact(name)
    store.put_metadata({_DIGEST: digest, **final_facts})


def _report(
    staging: Staging, name: str, state: SourceState, identity: Identity, left_out: dict[str, int]
) -> SourceReport:
    def rows(part: str, loaded: int, states: dict[str, int], deleted: int) -> RowReport:
        rejected = staging.count("rejects", f"part = '{part}'")
        read = staging.rows_read[part]
        if part == "attributes":
            return RowReport(read=read, loaded=read - rejected, rejected=rejected)
        unlicensed = sum(left_out.values()) if part == "edges" else 0
        waiting = staging.count(f"({idle_nodes})") if part == "nodes" else 0
        return RowReport(
            read=read,
            loaded=loaded,
            merged=read - rejected - loaded - unlicensed - waiting,
            rejected=rejected,
            left_out=unlicensed,
            waiting=waiting,
            new=states.get("new", 0),
            changed=states.get("changed", 0),
            gone=deleted,
        )

    quoted = "'" + name.replace("'", "''") + "'"
    own_nodes = f"SELECT DISTINCT new_kind, new_id FROM records WHERE loader = {quoted}"  # noqa: S608  # a declared name
    idle_nodes = f"SELECT DISTINCT new_kind, new_id FROM idle_records WHERE loader = {quoted}"  # noqa: S608  # a declared name
    # A deleted node became part of another if one of its records still exists.
    record_nodes = "SELECT DISTINCT old_kind AS kind, old_id AS id FROM records"
    moved = staging.count(f"(SELECT * FROM deleted_nodes SEMI JOIN ({record_nodes}) USING (kind, id))")  # noqa: S608  # constant names
    held_nodes = staging.sql.execute(_COUNT_HELD).fetchall()
    node_states = dict(staging.sql.execute(_COUNT_NODE_STATES).fetchall())
    edge_states = dict(staging.sql.execute(_COUNT_EDGE_STATES).fetchall())
    known = known_licences().allows
    return SourceReport(
        source=name,
        version=state.version,
        licence=state.licence,
        nodes=rows(
            "nodes", staging.count(f"({own_nodes})"), node_states, staging.count("deleted_nodes") - moved
        ),
        edges=rows(
            "edges",
            staging.count("merged_edges", "NOT moved"),
            edge_states,
            staging.count("deleted_edges", "NOT moved"),
        ),
        attributes=rows("attributes", 0, {}, 0),
        moved=moved,
        moved_edges=staging.count("merged_edges", "moved AND state = 'new'"),
        held=dict(held_nodes),
        reasons=staging.reasons(),
        unread=tuple(staging.unread),
        notes=tuple(staging.notes),
        left_out=left_out,
        unknown_licences=tuple(
            sorted(licence for licence in left_out if not set(licence.split(" / ")) <= known.keys())
        ),
        conflicts=tuple(
            ConflictReport(id=c.id, kind=c.kind, claimed_by=c.claimed_by) for c in identity.conflicts
        ),
        seconds=0.0,
    )


def _released_counts(staging: Staging, store: GraphTarget, batches: Batches) -> dict[str, int]:
    """Counts what leaves the graph but stays in the database, because another program uses it."""
    if not isinstance(store, SharedTarget):
        return {}
    nodes = sum(len(store.claimed_nodes(kind, ids)) for kind, ids in batches.deleted_nodes.items())
    edges = 0
    for table, files in _files_by_table((*batches.deleted_edges, *batches.moved_edge_keys)).items():
        claimed_keys = store.claimed_edges(*table)
        if claimed_keys:
            starts, ends, sources = map(list, zip(*claimed_keys, strict=True))
            staging.fill("claimed_edges", {"start": starts, "end": ends, "source": sources})
            query = (
                'SELECT count(*) FROM claimed_edges SEMI JOIN read_parquet(?) USING (start, "end", source)'
            )
            edges += sum(staging.sql.execute(query, [file]).fetchall()[0][0] for file in files)
            staging.drop("claimed_edges")
    return {"released": nodes, "released_edges": edges}


def _files_by_table(batches: Iterable[Batch]) -> dict[tuple[str, ...], list[str]]:
    files: dict[tuple[str, ...], list[str]] = {}
    for batch in batches:
        files.setdefault(batch.kinds, []).append(str(batch.new))
    return files


_COUNT_NODE_STATES = "SELECT state, count(*) FROM node_states GROUP BY state"
_COUNT_EDGE_STATES = "SELECT state, count(*) FROM merged_edges WHERE NOT moved GROUP BY state"
_COUNT_HELD = "SELECT loader, count(*) FROM records WHERE held GROUP BY loader ORDER BY loader"
