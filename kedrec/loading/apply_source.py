"""Makes the graph what the staged rows of one source, and what is kept of the others, say it shall be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.canonical import canonical_nodes
from kedrec.loading.edges import canonical_edges
from kedrec.loading.graph_digest import add_digests, key_digest, stored_digest
from kedrec.loading.licences import known_licences
from kedrec.loading.report import ConflictReport, RowReport, SourceReport
from kedrec.loading.source_records import JOURNAL, RETIRED, pack, replay, stage_kept, written
from kedrec.loading.staging import Staging, staging_errors
from kedrec.loading.state import SourceState, source_states
from kedrec.loading.writing import Batch, Batches, Writer, compare, write_parquet
from kedrec.schema import load_schema
from kedrec.stores.base import SharedTarget

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.identity import Identity
    from kedrec.stores import GraphTarget

__all__ = ["Run", "apply"]

_DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Run:
    """What stays the same over the sources of one call.

    Attributes:
        store: the graph.
        rejects: file for rows that are refused.
        progress: told how far it is.
        dry: write nothing, report what would be.
    """

    store: GraphTarget
    rejects: Path
    progress: Progress
    dry: bool = False


def apply(
    run: Run, staging: Staging, name: str, state: SourceState, left_out: dict[str, int]
) -> SourceReport:
    """Compares, writes where the run isn't dry, and reports.

    Args:
        run: the call's own; its store is being written unless the run is dry.
        staging: with the checked rows of the source; without any, where it is removed.
        name: the source's.
        state: what its fact shall say: `loading` or `removing`.
        left_out: rows taken away for their licence.

    Raises:
        DataError: the work folder is full.
        StoreError: the graph database refused or failed; the same call again goes on from there.
    """
    store, schema = run.store, load_schema()
    if not run.dry:
        with staging_errors(staging.folder):
            replay(store, staging.folder)
    facts = store.metadata()
    states = source_states(facts)
    before = states.get(name)
    with staging_errors(staging.folder):
        stage_kept(staging, store, states, name)
        identity = canonical_nodes(staging, name, {**states, name: state}, store, schema)
        canonical_edges(staging, name, known=state.known, progress=run.progress)
        compare(staging, store, before)
        batches = write_parquet(staging)
        # The reject file comes first: what is refused is known now, and a failing write must not hide it.
        staging.write_rejects(name, run.rejects)
        digests = key_digest(staging)
        report = _report(staging, name, state, identity, left_out)
        if state.state == "loading" and (why := _brings_nothing(staging, report)):
            if not run.dry:
                raise DataError(why, _HINT.format(name))
            report = report.model_copy(update={"notes": (*report.notes, f"the load would fail: {why}")})
        report = report.model_copy(update=_released(staging, store, batches))
        kept = {} if run.dry else written(staging, name, removed=state.state == "removing")
        brought = [row[0] for row in staging.sql.execute(_NAMES).fetchall()]
        pairs = tuple(row[0] for row in staging.sql.execute(_PAIRS, {"source": name}).fetchall())
        staging.forget("edges", "records", "node_states")
    if not run.dry:
        state = dataclasses.replace(
            state,
            names=tuple(sorted({*state.names, *brought})),
            pairs=pairs,
            nodes=report.nodes.loaded,
            edges=report.edges.loaded,
        )
        _write(run, staging, name, _Change(before, state, batches, digests, kept))
    return report


def _brings_nothing(staging: Staging, report: SourceReport) -> str:
    """Why a load brings nothing, and so would take away all that the source brought before; "" where it does.

    Rows that were left out as asked count as brought.
    """
    nodes, edges = report.nodes, report.edges
    if nodes.loaded or edges.loaded or edges.left_out:
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
_PAIRS = """
SELECT concat_ws('/', relation, start_kind, end_kind) AS told FROM pairs
WHERE pair IN (SELECT pair FROM edges WHERE NOT moved)
UNION SELECT concat_ws('/', relation, start_kind, end_kind) FROM aside WHERE loader = $source
ORDER BY told
"""
_NAMES = "SELECT DISTINCT source FROM edges WHERE NOT moved ORDER BY source"


@dataclass(frozen=True, slots=True)
class _Change:
    """What shall be written: the source's state before and after, rows, digests, and what is kept."""

    before: SourceState | None
    state: SourceState
    batches: Batches
    digests: tuple[str, str]
    kept: dict[str, bytes | None]


def _write(run: Run, staging: Staging, name: str, change: _Change) -> None:
    """Writes a change so that, killed at any moment, the same call again ends it.

    The fact that names the source as `loading` comes first and the one that says `loaded` last. What is
    kept of the sources changes in one transaction with the journal of other sources' edges that move, when
    the nodes they move to are there and before the first of them moves.
    """
    store, batches = run.store, change.batches
    facts = store.metadata()
    states = source_states(facts)
    # A digest can be kept up only where every load before this one came to its end.
    clean = all(state.state == "loaded" for state in states.values()) and (
        _DIGEST in facts or not store.fingerprint().nodes
    )
    removing = change.state.state == "removing"
    # Writes are counted, since one may change names alone, and what is kept of names is kept by these facts.
    writes = int(change.before.writes) if change.before else 0
    differing = [one for one, kept in change.kept.items() if store.kept(one) != kept]
    counts = batches or not change.before or any(one.startswith(f"{RETIRED}:") for one in differing)
    after = dataclasses.replace(change.state, state="loaded", writes=str(writes + (1 if counts else 0)))
    if clean and after == change.before and not differing:
        return
    # Until it has ended, its edges are those of before and of now.
    both = [change.state, *([change.before] if change.before else [])]
    begun = dataclasses.replace(
        change.state,
        names=tuple(sorted({name for state in both for name in state.names})),
        pairs=tuple(sorted({pair for state in both for pair in state.pairs})),
        writes=after.writes,
    )
    store.put_metadata(begun.fact(name))
    writer = Writer(store, batches, f"{'Removing' if removing else 'Writing'} {name}", run.progress)
    writer.nodes()
    store.put_metadata({}, {**change.kept, JOURNAL: pack(batches.moved, batches.left)})
    writer.others()
    store.put_metadata({}, {JOURNAL: None})
    writer.own()
    digest = (
        add_digests(add_digests(facts.get(_DIGEST, ""), change.digests[0]), change.digests[1], -1)
        if clean
        else stored_digest(staging, store)
    )
    done = dict.fromkeys(begun.fact(name)) if removing else after.fact(name)
    store.put_metadata({_DIGEST: digest, **done})


def _report(
    staging: Staging, name: str, state: SourceState, identity: Identity, left_out: dict[str, int]
) -> SourceReport:
    def rows(part: str, loaded: int, table: str, gone: int, only: str = "true") -> RowReport:
        rejected = staging.count("rejects", f"part = '{part}'")
        read = staging.read[part]
        if part == "attributes":
            return RowReport(read=read, loaded=read - rejected, rejected=rejected)
        left = sum(left_out.values()) if part == "edges" else 0
        return RowReport(
            read=read,
            loaded=loaded,
            merged=read - rejected - loaded - left,
            rejected=rejected,
            left_out=left,
            new=staging.count(table, f"state = 'new' AND {only}"),
            changed=staging.count(table, f"state = 'changed' AND {only}"),
            gone=gone,
        )

    quoted = "'" + name.replace("'", "''") + "'"
    own = f"SELECT DISTINCT new_kind, new_id FROM records WHERE loader = {quoted}"  # noqa: S608  # a declared name
    # A node that is no more is part of another where one of its records is still there.
    parts = "SELECT DISTINCT old_kind AS kind, old_id AS id FROM records"
    moved = staging.count(f"(SELECT * FROM gone_nodes SEMI JOIN ({parts}) USING (kind, id))")  # noqa: S608  # constant names
    held = staging.sql.execute(_HELD).fetchall()
    known = known_licences().allows
    return SourceReport(
        source=name,
        version=state.version,
        licence=state.licence,
        nodes=rows("nodes", staging.count(f"({own})"), "node_states", staging.count("gone_nodes") - moved),
        edges=rows(
            "edges",
            staging.count("edges", "NOT moved"),
            "edges",
            staging.count("gone", "NOT moved"),
            "NOT moved",
        ),
        attributes=rows("attributes", 0, "", 0),
        moved=moved,
        moved_edges=staging.count("edges", "moved AND state = 'new'"),
        held=dict(held),
        reasons=staging.reasons(),
        unread=tuple(staging.unread),
        notes=tuple(staging.notes),
        left_out=left_out,
        unknown_licences=tuple(sorted(one for one in left_out if not set(one.split(" / ")) <= known.keys())),
        conflicts=tuple(
            ConflictReport(id=c.id, kind=c.kind, claimed_by=c.claimed_by) for c in identity.conflicts
        ),
        seconds=0.0,
    )


def _released(staging: Staging, store: GraphTarget, batches: Batches) -> dict[str, int]:
    """What goes from the graph and stays in the database, since others gave it something."""
    if not isinstance(store, SharedTarget):
        return {}
    nodes = sum(len(store.claimed_nodes(kind, ids)) for kind, ids in batches.lost.items())
    edges = 0
    for table, files in _files_by_table((*batches.gone, *batches.left)).items():
        claimed = store.claimed_edges(*table)
        if claimed:
            starts, ends, sources = map(list, zip(*claimed, strict=True))
            staging.table("claimed", {"start": starts, "end": ends, "source": sources})
            query = 'SELECT count(*) FROM claimed SEMI JOIN read_parquet(?) USING (start, "end", source)'
            edges += sum(staging.sql.execute(query, [file]).fetchall()[0][0] for file in files)
            staging.forget("claimed")
    return {"released": nodes, "released_edges": edges}


def _files_by_table(batches: Iterable[Batch]) -> dict[tuple[str, ...], list[str]]:
    files: dict[tuple[str, ...], list[str]] = {}
    for batch in batches:
        files.setdefault(batch.kinds, []).append(str(batch.new))
    return files


_HELD = "SELECT loader, count(*) FROM records WHERE held GROUP BY loader ORDER BY loader"
