"""`kedrec-load graph`: loads sources into the graph."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, graph_option, json_option, print_json, progress_on_stderr, warn

if TYPE_CHECKING:
    from kedrec.loading import LoadReport, RowReport
    from kedrec.settings import Settings

__all__ = ["graph"]


@click.command()
@click.argument("source", nargs=-1)
@click.option(
    "--from",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with a folder for each source (DIR/hetionet), or the source's own folder. Without it, "
    "files are fetched into the cache.",
)
@click.option("--again", is_flag=True, help="Fetch the sources' files anew, for a newer release.")
@click.option(
    "--work",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep the staged Parquet files here. Default: they are deleted after the load.",
)
@click.option("--no-fit", is_flag=True, help="Leave fitting the ranking to the first question.")
@graph_option
@json_option
def graph(
    source: tuple[str, ...],
    folder: Path | None,
    again: bool,
    work: Path | None,
    no_fit: bool,
    graph: str | None,
    as_json: bool,
) -> None:  # click passes by name
    """Load sources into the graph; without SOURCE, the built-in starter graph. Then fit the ranking.

    Loading again writes only what is new or changed. `kedrec-load sources` lists the sources.
    """
    from kedrec.cli.sources import fetched
    from kedrec.errors import DataError
    from kedrec.loading import load_graph
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph)
    if folder is None:
        folder = fetched(source, settings, again=again)
    kept = settings.home / "loading"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        scratch = work or Path(tempfile.mkdtemp(prefix="run-", dir=kept))
    except OSError as error:
        raise DataError(
            f"{kept} can't be written: {error.strerror or error}.", "Set KEDREC_HOME to a folder of yours."
        ) from error
    try:
        with (
            progress_on_stderr() as progress,
            open_store(settings.graph_url, settings, read_only=False) as store,
        ):
            report = load_graph(
                store,
                source,
                data_dir=folder,
                work_dir=scratch,
                progress=progress,
                keep_staged=work is not None,
            )
        if report.rejects and work is None:
            # The rows that were refused outlive the scratch folder.
            saved = kept / "rejects.tsv"
            shutil.copyfile(report.rejects, saved)
            report = report.model_copy(update={"rejects": str(saved)})
    finally:
        if work is None:
            shutil.rmtree(scratch, ignore_errors=True)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not no_fit and report.nodes.get("Drug") and report.nodes.get("Disease"):
        _fit(settings, quiet=as_json)


def _fit(settings: Settings, *, quiet: bool) -> None:
    """Fits the ranking of the loaded graph; its seconds are its own, not the load's."""
    from kedrec.errors import KedrecError
    from kedrec.ranking import Ranker
    from kedrec.stores import open_store

    began = time.monotonic()
    try:
        with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
            ranking = Ranker.open(store, settings.cache_dir, progress=progress).description
    except KedrecError as error:
        # The graph is loaded all the same: the first question will fit, or tell again.
        warn(f"The ranking could not be fitted: {error}")
        return
    if not quiet:
        console().print(f"Ranking {ranking}, {time.monotonic() - began:.1f} s", markup=False)


def _rows(part: str, rows: RowReport) -> str:
    told = f"  {part:<10} {rows.read:>10,} read {rows.loaded:>10,} loaded {rows.merged:>8,} merged"
    if part != "attributes":
        told += f" {rows.rejected:>6,} rejected {rows.new:>10,} new {rows.changed:>8,} changed"
        return told
    return f"  {part:<10} {rows.read:>10,} read {rows.loaded:>10,} used{' ' * 18}{rows.rejected:>6,} rejected"


def _print(report: LoadReport) -> None:
    out = console()
    for source in report.sources:
        out.print(f"{source.source} {source.version} ({source.seconds:.1f} s; licence: {source.licence})")
        out.print(_rows("nodes", source.nodes))
        out.print(_rows("edges", source.edges))
        if source.attributes.read:
            out.print(_rows("attributes", source.attributes))
        if source.moved:
            out.print(f"  {source.moved:,} stored nodes became part of another node")
        for reason, count in source.reasons.items():
            out.print(f"  rejected, {reason}: {count:,}")
        for conflict in source.conflicts[:5]:
            out.print(
                f"  {conflict.id} ({conflict.kind}) is listed by {', '.join(conflict.claimed_by)}: not joined"
            )
        if len(source.conflicts) > 5:
            out.print(f"  ... and {len(source.conflicts) - 5:,} more such ids (--json lists them)")
    out.print(f"Graph {report.graph} ({report.engine})")
    out.print(f"  nodes {sum(report.nodes.values()):,}")
    for kind, count in report.nodes.items():
        out.print(f"    {kind:<22} {count:>10,}")
    out.print(f"  edges {sum(count for by in report.edges.values() for count in by.values()):,}")
    for relation, by_source in report.edges.items():
        told = ", ".join(f"{name} {count:,}" for name, count in by_source.items())
        out.print(f"    {relation:<22} {sum(by_source.values()):>10,}  ({told})")
    out.print(f"Fingerprint {report.fingerprint}, digest {report.digest}, {report.seconds:.1f} s")
    if report.rejects:
        out.print(f"Rejected rows: {report.rejects}")
