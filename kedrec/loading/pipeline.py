"""Loads and removes sources: read, check, resolve, compare, write, report."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.private_files import private_folder, write_private
from kedrec.errors import UsageError
from kedrec.loading.apply_source import LoadRun, apply_source
from kedrec.loading.canonical import check_nodes, stage_schema
from kedrec.loading.graph_digest import DIGEST, stored_digest
from kedrec.loading.licences import allowed_licences, drop_unlicensed_edges
from kedrec.loading.overlay_source import isolate_overlay
from kedrec.loading.publishing import publish, replay_journal
from kedrec.loading.readers.registry import READERS
from kedrec.loading.report import LoadReport, SourceReport
from kedrec.loading.source_files import locate_sources
from kedrec.loading.sources import Source, list_sources, load_source
from kedrec.loading.staging import Staging, staging_errors
from kedrec.loading.state import SourceState, source_states
from kedrec.schema import load_schema
from kedrec.stores.key_sums import add_digests
from kedrec.stores.overlay_names import is_private
from kedrec.stores.pending import PendingGraph

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.stores import GraphTarget

__all__ = ["load_graph", "remove_sources"]


def _silent(stage: str, done: int, total: int | None) -> None:
    """Ignores progress."""


def load_graph(
    store: GraphTarget,
    sources: Sequence[str] = (),
    *,
    data_dir: Path | None = None,
    work_dir: Path,
    progress: Progress | None = None,
    keep_staged: bool = False,
    licences: Sequence[str] = (),
    allow_missing: bool = False,
    dry_run: bool = False,
) -> LoadReport:
    """Loads sources in order, and writes the graph once; by default the built-in starter graph.

    The graph is that of loading them one by one. A source that was loaded before is compared row by row: new
    and changed rows are written, and rows that it no longer has are deleted. Other sources stay untouched,
    except that nodes which a cross-reference joins become one. The same call finishes a load that was killed.

    Args:
        store: the graph, open for writing unless `dry_run`.
        sources: names of `list_sources()`, or `overlay:NAME` for a user's own tables as a private overlay.
        data_dir: folder with a subfolder for each source, or the one source's own folder; an overlay's table.
        work_dir: folder for staged files and `rejects.tsv`, the rejected rows.
        progress: progress callback.
        keep_staged: leave each source's staged Parquet in `work_dir/<source>/staged`.
        licences: uses or licences (`graph/licences.yaml`); edges that they don't allow are not loaded.
        allow_missing: load the rest if the files of some sources are missing.
        dry_run: write nothing; compare each source with the graph as the ones before it would leave it.

    Raises:
        UsageError: there is no such source, use or licence.
        DataError: a source's files are missing or damaged, or bring nothing; nothing was loaded.
        StoreError: the graph database refused or failed; loading again goes on from there.
    """
    start_time = time.monotonic()
    declarations = [load_source(name) for name in dict.fromkeys(sources or ("starter",))]
    folders, missing = locate_sources(declarations, data_dir, allow_missing=allow_missing)
    allowed_licences(licences)
    present = [source for source in declarations if source.name in folders]
    reports = []
    with _open_run(store, work_dir, progress, dry_run=dry_run) as run:
        digests = []
        for source in present:
            with _staging_area(work_dir, source.name, keep=keep_staged) as staging:
                report, change = _load(run, staging, source, folders[source.name], tuple(licences))
            reports.append(report)
            digests.append(change)
        _publish(run, [source.name for source in present], digests)
    return _report(run, reports, start_time).model_copy(update={"missing": missing})


def remove_sources(
    store: GraphTarget,
    sources: Sequence[str],
    *,
    work_dir: Path,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> LoadReport:
    """Removes sources from the graph, which is then as if they had never been loaded.

    Nodes that a cross-reference of the removed source had joined are separate again. A node that only the
    removed source brought stays where an edge of another source ends at it; the report's `held` counts such
    nodes. The same call finishes a removal that was killed.

    Args:
        store: the graph, open for writing unless `dry_run`.
        sources: names of loaded sources, or half-loaded ones.
        work_dir: folder for staged files.
        progress: progress callback.
        dry_run: write nothing; report what would be removed.

    Raises:
        UsageError: there is no such source in the graph.
        StoreError: the graph database refused or failed; the same call again goes on from there.
    """
    start_time = time.monotonic()
    states = source_states(store.metadata())
    missing = [name for name in sources if name not in states]
    if missing or not sources:
        problem = f"has no source '{missing[0]}'" if missing else "keeps its sources: none was named"
        raise UsageError(
            f"The graph {store.url} {problem}.", f"Its sources are {', '.join(states)}." if states else ""
        )
    names = list(dict.fromkeys(sources))
    reports, digests = [], []
    with _open_run(store, work_dir, progress, dry_run=dry_run) as run:
        for name in names:
            source_start = time.monotonic()
            with _staging_area(work_dir, name, keep=False) as staging:
                state = source_states(run.graph.metadata()).get(name, SourceState("removing"))
                with staging_errors(staging.folder):
                    stage_schema(staging, load_schema(), list_sources())
                    check_nodes(staging)
                removing = SourceState(
                    "removing",
                    title=state.title,
                    version=state.version,
                    licence=state.licence,
                    names=state.names,
                )
                report, change = apply_source(run, staging, name, removing, {})
            reports.append(_with_duration(report, source_start))
            digests.append(change)
        _publish(run, names, digests)
    return _report(run, reports, start_time)


@contextmanager
def _open_run(
    store: GraphTarget, work_dir: Path, progress: Progress | None, *, dry_run: bool
) -> Iterator[LoadRun]:
    """Locks the graph for writing, unless it is a dry run, and begins to collect changes of it."""
    with staging_errors(work_dir):
        rejects = private_folder(work_dir) / "rejects.tsv"
        write_private(rejects, b"source\tfile\tline\treason\trow\n")
    if dry_run:
        store.check_writable()
    folder = work_dir / "pending"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with nullcontext() if dry_run else store.writing():
            with staging_errors(folder):
                private_folder(folder)
                if not dry_run:
                    store.prepare()
                    replay_journal(store, folder)
                graph = PendingGraph(store, folder)
            with graph:
                yield LoadRun(graph, rejects, progress or _silent, dry_run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(run: LoadRun, sources: Sequence[str], digests: Sequence[tuple[str, str]]) -> None:
    """Updates the digest of the pending graph, and writes its changes unless it is a dry run."""
    if run.dry_run:
        return
    stored = run.graph.base.metadata()
    states = source_states(stored)
    folder = run.rejects.parent / "pending"
    # The digest can be updated only if every earlier load was finished.
    if all(state.state == "loaded" for state in states.values()) and (DIGEST in stored or not states):
        digest = stored.get(DIGEST, "")
        for added, deleted in digests:
            digest = add_digests(add_digests(digest, added), deleted, -1)
    else:
        with staging_errors(folder), Staging(folder / "digest") as staging:
            stage_schema(staging, load_schema(), ())
            digest = stored_digest(staging, run.graph)
    run.graph.put_metadata({DIGEST: digest})
    publish(run.graph, sources, folder / "changes", run.progress)


@contextmanager
def _staging_area(work_dir: Path, name: str, *, keep: bool) -> Iterator[Staging]:
    """Opens a staging area for one source; deletes its files at the end unless `keep`."""
    name = name.replace(":", "-")  # an overlay's name has a colon, which not every file system allows
    folder = work_dir / name
    shutil.rmtree(folder, ignore_errors=True)
    with staging_errors(folder):
        scratch = folder if keep else Path(tempfile.mkdtemp(prefix=f"{name}-", dir=work_dir))
    try:
        with Staging(scratch) as staging:
            yield staging
    finally:
        shutil.rmtree(scratch / "spill", ignore_errors=True)
        if not keep:
            shutil.rmtree(scratch, ignore_errors=True)


def _load(
    run: LoadRun, staging: Staging, source: Source, folder: Path, licences: tuple[str, ...]
) -> tuple[SourceReport, tuple[str, str]]:
    start_time = time.monotonic()
    with staging_errors(staging.folder):
        READERS[source.reader](staging, source, folder, run.progress)
        staging.drop_temporary()
        if is_private(source.name):
            isolate_overlay(staging, run.graph)
        left_out = drop_unlicensed_edges(staging, source.licence, licences) if licences else {}
        stage_schema(staging, load_schema(), list_sources())
        check_nodes(staging)
    report, digests = apply_source(run, staging, source.name, SourceState.of(source, licences), left_out)
    return _with_duration(report, start_time), digests


_NEEDED_KINDS = {
    "Drug": "The graph has no drug: no disease can be asked about until a source brings some.",
    "Disease": "The graph has no disease: nothing can be asked until a source brings some.",
}
"""Warnings about a graph without nodes of a kind that every question needs."""


def _with_duration(report: SourceReport, start_time: float) -> SourceReport:
    return report.model_copy(update={"seconds": round(time.monotonic() - start_time, 3)})


def _report(run: LoadRun, reports: list[SourceReport], start_time: float) -> LoadReport:
    fingerprint = run.graph.base.fingerprint()
    edges: dict[str, dict[str, int]] = {}
    for (relation, name), count in sorted(fingerprint.edges.items()):
        edges.setdefault(relation, {})[name] = count
    warnings = tuple(sentence for kind, sentence in _NEEDED_KINDS.items() if not fingerprint.nodes.get(kind))
    has_rejects = any(report.reasons for report in reports)
    return LoadReport(
        graph=run.graph.url,
        engine=run.graph.engine,
        dry_run=run.dry_run,
        sources=tuple(reports),
        nodes=dict(sorted(fingerprint.nodes.items())),
        edges=edges,
        fingerprint=str(fingerprint),
        digest=fingerprint.digest,
        lacking=warnings if fingerprint.nodes and not run.dry_run else (),
        rejects=str(run.rejects) if has_rejects else "",
        seconds=round(time.monotonic() - start_time, 3),
    )
