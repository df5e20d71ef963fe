"""Merges one staged source into the pending graph: compares it with what is there, changes that, reports."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.canonical import canonical_nodes
from kedrec.loading.edges import canonical_edges
from kedrec.loading.family_identities import FamilyIdentities
from kedrec.loading.graph_digest import key_digest
from kedrec.loading.licences import known_licences
from kedrec.loading.report import ConflictReport, RowReport, SourceReport
from kedrec.loading.source_records import RETIRED_IDS, records_to_store, stage_stored_records
from kedrec.loading.staging import Staging, staging_errors
from kedrec.loading.state import SourceState, source_states
from kedrec.loading.writing import compare_with_stored, write_parquet
from kedrec.stores.base import SharedTarget

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.node_records import Identity
    from kedrec.stores import GraphTarget
    from kedrec.stores.changes import GraphChanges, TableChange
    from kedrec.stores.pending import PendingGraph

__all__ = ["LoadRun", "apply_source"]


@dataclass(frozen=True, slots=True)
class LoadRun:
    """Settings shared by the sources of one load or removal.

    Attributes:
        graph: the graph as it will be.
        rejects: file for rejected rows.
        progress: progress callback.
        dry_run: nothing will be written; report what would change.
        families: identities of the sources before.
    """

    graph: PendingGraph
    rejects: Path
    progress: Progress
    dry_run: bool = False
    families: FamilyIdentities = field(default_factory=FamilyIdentities)


def apply_source(
    run: LoadRun, staging: Staging, name: str, state: SourceState, left_out: dict[str, int]
) -> tuple[SourceReport, tuple[str, str]]:
    """Compares a source with the pending graph, makes the changes there, and reports.

    Args:
        run: settings of the call.
        staging: staging area with the checked rows of the source; no rows to remove it.
        name: name of the source.
        state: state to record, `loading` or `removing`.
        left_out: rows left out for their licence, by licence.

    Returns:
        The report, and the digests of the keys that were added and deleted.

    Raises:
        DataError: the work folder is full, or the source brings nothing.
    """
    graph = run.graph
    states = source_states(graph.metadata())
    before = states.get(name)
    with staging_errors(staging.folder):
        stage_stored_records(staging, graph, states, name)
        identity = canonical_nodes(staging, name, {**states, name: state}, graph, families=run.families)
        canonical_edges(staging, name, known=state.known, progress=run.progress)
        compare_with_stored(staging, graph, before)
        changes = write_parquet(staging)
        # The reject file comes first: a load that fails must not hide the rejected rows.
        staging.write_rejects(name, run.rejects)
        digests = key_digest(staging)
        report = _report(staging, name, state, identity, left_out)
        if state.state == "loading" and (why := _empty_load_reason(staging, report)):
            if not run.dry_run:
                raise DataError(why, _HINT.format(name))
            report = report.model_copy(update={"notes": (*report.notes, f"the load would fail: {why}")})
        report = report.model_copy(update=_released_counts(staging, graph.base, changes))
        blobs = records_to_store(staging, name, removed=state.state == "removing")
        blobs = {blob: content for blob, content in blobs.items() if graph.blob(blob) != content}
        edge_sources = [row[0] for row in staging.sql.execute(_EDGE_SOURCES).fetchall()]
        pairs = tuple(row[0] for row in staging.sql.execute(_EDGE_TABLES, {"source": name}).fetchall())
        graph.apply(changes)
    # Writes are counted: one may change names alone, and caches of names are keyed by these facts.
    is_write = changes or not before or any(blob.startswith(f"{RETIRED_IDS}:") for blob in blobs)
    writes = int(before.writes) if before else 0
    loaded = dataclasses.replace(
        state,
        state="loaded",
        names=tuple(sorted({*state.names, *edge_sources})),
        pairs=pairs,
        nodes=report.nodes.loaded,
        edges=report.edges.loaded,
        writes=str(writes + 1 if is_write else writes),
    )
    removed: dict[str, str | None] = dict.fromkeys(loaded.fact(name))
    graph.put_metadata(removed if state.state == "removing" else loaded.fact(name), blobs)
    return report, digests


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
    own_doubtful = f"""(
      SELECT DISTINCT d.* FROM doubtful_ids AS d JOIN records AS r ON r.kind = d.kind
        AND ((r.id = d.id AND list_contains(r.xrefs, d.xref)) OR r.id = d.xref)
      WHERE r.loader = {quoted})"""  # noqa: S608  # a declared name
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
        doubtful_ids=staging.count(own_doubtful),
        seconds=0.0,
    )


def _released_counts(staging: Staging, store: GraphTarget, changes: GraphChanges) -> dict[str, int]:
    """Counts what leaves the graph but stays in the database, because another program uses it."""
    if not isinstance(store, SharedTarget):
        return {}
    nodes = sum(len(store.claimed_nodes(kind, ids)) for kind, ids in changes.deleted_nodes.items())
    edges = 0
    for table, files in _files_by_table((*changes.deleted_edges, *changes.moved_edge_keys)).items():
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


def _files_by_table(changes: Iterable[TableChange]) -> dict[tuple[str, ...], list[str]]:
    files: dict[tuple[str, ...], list[str]] = {}
    for change in changes:
        files.setdefault(change.kinds, []).append(str(change.new))
    return files


_COUNT_NODE_STATES = "SELECT state, count(*) FROM node_states GROUP BY state"
_COUNT_EDGE_STATES = "SELECT state, count(*) FROM merged_edges WHERE NOT moved GROUP BY state"
_COUNT_HELD = "SELECT loader, count(*) FROM records WHERE held GROUP BY loader ORDER BY loader"
