"""Loads and removes sources: read, check, resolve, compare, write, report."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.private_files import private_folder, write_private
from kedrec.errors import UsageError
from kedrec.loading.apply_source import LoadRun, apply_source
from kedrec.loading.canonical import check_nodes, stage_schema
from kedrec.loading.licences import allowed_licences, drop_unlicensed_edges
from kedrec.loading.overlay_source import isolate_overlay
from kedrec.loading.readers.registry import READERS
from kedrec.loading.report import LoadReport, SourceReport
from kedrec.loading.source_files import locate_sources
from kedrec.loading.sources import Source, list_sources, load_source
from kedrec.loading.staging import Staging, staging_errors
from kedrec.loading.state import SourceState, source_states
from kedrec.schema import load_schema
from kedrec.stores.overlay_names import is_private

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
    """Loads sources one after the other; by default the built-in starter graph.

    A source that was loaded before is compared row by row: new and changed rows are written, and rows that
    it no longer has are deleted. Other sources stay untouched, except that nodes which a cross-reference
    joins become one. The same call finishes a load that was killed.

    Args:
        store: the graph, open for writing unless `dry_run`.
        sources: names of `list_sources()`, or `overlay:NAME` for a user's own tables as a private overlay.
        data_dir: folder with a subfolder for each source, or the one source's own folder; an overlay's table.
        work_dir: folder for staged files and `rejects.tsv`, the rejected rows.
        progress: progress callback.
        keep_staged: leave each source's staged Parquet in `work_dir/<source>/staged`.
        licences: uses or licences (`graph/licences.yaml`); edges that they don't allow are not loaded.
        allow_missing: load the rest if the files of some sources are missing.
        dry_run: write nothing; compare each source with the graph as it is.

    Raises:
        UsageError: there is no such source, use or licence.
        DataError: a source's files are missing, and nothing was loaded; or they are damaged, and the graph is
            as it was before that source.
        StoreError: the graph database refused or failed; loading again goes on from there.
    """
    start_time = time.monotonic()
    declarations = [load_source(name) for name in dict.fromkeys(sources or ("starter",))]
    folders, missing = locate_sources(declarations, data_dir, allow_missing=allow_missing)
    allowed_licences(licences)
    run = _open_run(store, work_dir, progress, dry_run=dry_run)
    reports = []
    for source in (source for source in declarations if source.name in folders):
        with _staging_area(work_dir, source.name, keep=keep_staged) as staging:
            reports.append(_load(run, staging, source, folders[source.name], tuple(licences)))
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
    run = _open_run(store, work_dir, progress, dry_run=dry_run)
    states = source_states(store.metadata())
    missing = [name for name in sources if name not in states]
    if missing or not sources:
        problem = f"has no source '{missing[0]}'" if missing else "keeps its sources: none was named"
        raise UsageError(
            f"The graph {store.url} {problem}.", f"Its sources are {', '.join(states)}." if states else ""
        )
    reports = []
    for name in dict.fromkeys(sources):
        source_start = time.monotonic()
        with _staging_area(work_dir, name, keep=False) as staging, _write_lock(run):
            state = source_states(store.metadata()).get(name, SourceState("removing"))
            with staging_errors(staging.folder):
                stage_schema(staging, load_schema(), list_sources())
                check_nodes(staging)
            removing = SourceState(
                "removing", title=state.title, version=state.version, licence=state.licence, names=state.names
            )
            report = apply_source(run, staging, name, removing, {})
        reports.append(_with_duration(report, source_start))
    return _report(run, reports, start_time)


def _open_run(store: GraphTarget, work_dir: Path, progress: Progress | None, *, dry_run: bool) -> LoadRun:
    with staging_errors(work_dir):
        rejects = private_folder(work_dir) / "rejects.tsv"
        write_private(rejects, b"source\tfile\tline\treason\trow\n")
    if dry_run:
        store.check_writable()
    else:
        store.prepare()
    return LoadRun(store, rejects, progress or _silent, dry_run)


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


def _write_lock(run: LoadRun) -> AbstractContextManager[None]:
    return nullcontext() if run.dry_run else run.store.writing()


def _load(
    run: LoadRun, staging: Staging, source: Source, folder: Path, licences: tuple[str, ...]
) -> SourceReport:
    start_time = time.monotonic()
    with staging_errors(staging.folder):
        READERS[source.reader](staging, source, folder, run.progress)
        staging.drop_temporary()
        if is_private(source.name):
            isolate_overlay(staging, run.store)
        left_out = drop_unlicensed_edges(staging, source.licence, licences) if licences else {}
        stage_schema(staging, load_schema(), list_sources())
        check_nodes(staging)
    with _write_lock(run):
        return _with_duration(
            apply_source(run, staging, source.name, SourceState.of(source, licences), left_out), start_time
        )


_NEEDED_KINDS = {
    "Drug": "The graph has no drug: no disease can be asked about until a source brings some.",
    "Disease": "The graph has no disease: nothing can be asked until a source brings some.",
}
"""Warnings about a graph without nodes of a kind that every question needs."""


def _with_duration(report: SourceReport, start_time: float) -> SourceReport:
    return report.model_copy(update={"seconds": round(time.monotonic() - start_time, 3)})


def _report(run: LoadRun, reports: list[SourceReport], start_time: float) -> LoadReport:
    fingerprint = run.store.fingerprint()
    edges: dict[str, dict[str, int]] = {}
    for (relation, name), count in sorted(fingerprint.edges.items()):
        edges.setdefault(relation, {})[name] = count
    warnings = tuple(sentence for kind, sentence in _NEEDED_KINDS.items() if not fingerprint.nodes.get(kind))
    has_rejects = any(report.reasons for report in reports)
    return LoadReport(
        graph=run.store.url,
        engine=run.store.engine,
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
