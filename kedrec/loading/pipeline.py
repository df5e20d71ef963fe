"""Loads sources into a graph, and takes them out: read, check, resolve, compare, write, report."""

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
from kedrec.loading.apply_source import Run, apply
from kedrec.loading.canonical import check_nodes, stage_schema
from kedrec.loading.licences import allowed, leave_out
from kedrec.loading.overlay_source import keep_apart
from kedrec.loading.readers.registry import READERS
from kedrec.loading.report import LoadReport, SourceReport
from kedrec.loading.sources import Source, list_sources, load_source, source_folder
from kedrec.loading.staging import Staging, staging_errors
from kedrec.loading.state import SourceState, source_states
from kedrec.schema import load_schema
from kedrec.stores.overlay_names import is_private

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.stores import GraphTarget

__all__ = ["load_graph", "remove_sources"]


def _silent(stage: str, done: int, total: int | None) -> None:
    """Reports progress to nobody."""


def load_graph(
    store: GraphTarget,
    sources: Sequence[str] = (),
    *,
    data_dir: Path | None = None,
    work_dir: Path,
    progress: Progress | None = None,
    keep_staged: bool = False,
    licences: Sequence[str] = (),
    dry_run: bool = False,
) -> LoadReport:
    """Loads sources one after the other; without any, the built-in starter graph.

    A source that was loaded before is compared row by row: what is new or changed is written, and what it
    has no more is deleted. Nothing of another source is touched, except that nodes which a cross-reference
    joins become one. A load that was killed is finished by the same call again.

    Args:
        store: the graph, open for writing unless `dry_run`.
        sources: names of `list_sources()`, or `overlay:NAME` for a user's own tables that are to stay apart.
        data_dir: folder with a folder for each source, or the one source's own folder; an overlay's table.
        work_dir: where staged files go, and `rejects.tsv`, the rows that were refused.
        progress: told how far it is.
        keep_staged: leave each source's staged Parquet in `work_dir/<source>/staged`.
        licences: uses or licences (`graph/licences.yaml`); edges that they don't allow are left out.
        dry_run: write nothing; each source is compared with the graph as it is.

    Raises:
        UsageError: there is no such source, use or licence.
        DataError: a source's files are missing or damaged; the graph is as it was before that source.
        StoreError: the graph database refused or failed; loading again goes on from there.
    """
    began = time.monotonic()
    chosen = [load_source(name) for name in dict.fromkeys(sources or ("starter",))]
    folders = [source_folder(source, data_dir) for source in chosen]
    allowed(licences)
    run = _begun(store, work_dir, progress, dry=dry_run)
    reports = []
    for source, folder in zip(chosen, folders, strict=True):
        with _staged(work_dir, source.name, keep=keep_staged) as staging:
            reports.append(_load(run, staging, source, folder, tuple(licences)))
    return _report(run, reports, began)


def remove_sources(
    store: GraphTarget,
    sources: Sequence[str],
    *,
    work_dir: Path,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> LoadReport:
    """Takes sources out of the graph: it is then as if they had never been loaded.

    Nodes that a cross-reference of the removed source had joined are apart again. Only where an edge of
    another source ends at a node that the removed source alone brought, that node stays; the report's
    `held` counts such nodes. A removal that was killed is finished by the same call again.

    Args:
        store: the graph, open for writing unless `dry_run`.
        sources: names of loaded sources, or half-loaded ones.
        work_dir: where staged files go.
        progress: told how far it is.
        dry_run: write nothing; tell what would go.

    Raises:
        UsageError: there is no such source in the graph.
        StoreError: the graph database refused or failed; the same call again goes on from there.
    """
    began = time.monotonic()
    run = _begun(store, work_dir, progress, dry=dry_run)
    there = source_states(store.metadata())
    missing = [name for name in sources if name not in there]
    if missing or not sources:
        what = f"has no source '{missing[0]}'" if missing else "keeps its sources: none was named"
        raise UsageError(
            f"The graph {store.url} {what}.", f"Its sources are {', '.join(there)}." if there else ""
        )
    reports = []
    for name in dict.fromkeys(sources):
        source_began = time.monotonic()
        with _staged(work_dir, name, keep=False) as staging, _right_to_write(run):
            state = source_states(store.metadata()).get(name, SourceState("removing"))
            with staging_errors(staging.folder):
                stage_schema(staging, load_schema(), list_sources())
                check_nodes(staging)
            going = SourceState(
                "removing", title=state.title, version=state.version, licence=state.licence, names=state.names
            )
            found = apply(run, staging, name, going, {})
        reports.append(_timed(found, source_began))
    return _report(run, reports, began)


def _begun(store: GraphTarget, work_dir: Path, progress: Progress | None, *, dry: bool) -> Run:
    with staging_errors(work_dir):
        rejects = private_folder(work_dir) / "rejects.tsv"
        write_private(rejects, b"source\tfile\tline\treason\trow\n")
    if dry:
        store.check_writable()
    else:
        store.prepare()
    return Run(store, rejects, progress or _silent, dry)


@contextmanager
def _staged(work_dir: Path, name: str, *, keep: bool) -> Iterator[Staging]:
    """A staging area of its own; its files stay where `keep`."""
    name = name.replace(":", "-")  # an overlay's, which isn't a file's name everywhere
    staged = work_dir / name
    shutil.rmtree(staged, ignore_errors=True)
    with staging_errors(staged):
        scratch = staged if keep else Path(tempfile.mkdtemp(prefix=f"{name}-", dir=work_dir))
    try:
        with Staging(scratch) as staging:
            yield staging
    finally:
        shutil.rmtree(scratch / "spill", ignore_errors=True)
        if not keep:
            shutil.rmtree(scratch, ignore_errors=True)


def _right_to_write(run: Run) -> AbstractContextManager[None]:
    return nullcontext() if run.dry else run.store.writing()


def _load(
    run: Run, staging: Staging, source: Source, folder: Path, licences: tuple[str, ...]
) -> SourceReport:
    began = time.monotonic()
    with staging_errors(staging.folder):
        READERS[source.reader](staging, source, folder, run.progress)
        staging.forget_temporary()
        if is_private(source.name):
            keep_apart(staging, run.store)
        left_out = leave_out(staging, source.licence, licences) if licences else {}
        stage_schema(staging, load_schema(), list_sources())
        check_nodes(staging)
    with _right_to_write(run):
        return _timed(apply(run, staging, source.name, SourceState.of(source, licences), left_out), began)


_NEEDED = {
    "Drug": "The graph has no drug: no disease can be asked about until a source brings some.",
    "Disease": "The graph has no disease: nothing can be asked until a source brings some.",
}
"""What a graph says of itself that lacks a kind without which no question has an answer."""


def _timed(report: SourceReport, began: float) -> SourceReport:
    return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})


def _report(run: Run, reports: list[SourceReport], began: float) -> LoadReport:
    held = run.store.fingerprint()
    edges: dict[str, dict[str, int]] = {}
    for (relation, name), count in sorted(held.edges.items()):
        edges.setdefault(relation, {})[name] = count
    lacking = tuple(sentence for kind, sentence in _NEEDED.items() if not held.nodes.get(kind))
    refused = any(report.reasons for report in reports)
    return LoadReport(
        graph=run.store.url,
        engine=run.store.engine,
        dry_run=run.dry,
        sources=tuple(reports),
        nodes=dict(sorted(held.nodes.items())),
        edges=edges,
        fingerprint=str(held),
        digest=held.digest,
        lacking=lacking if held.nodes and not run.dry else (),
        rejects=str(run.rejects) if refused else "",
        seconds=round(time.monotonic() - began, 3),
    )
