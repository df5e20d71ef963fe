"""Command `kedrec-load graph`: loads sources into the graph, and fits the ranking."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, graph_option, json_option, print_json, warn
from kedrec.cli.load_common import dry_run_option, print_report, save_rejects, store_for, work_folder
from kedrec.cli.load_lock import GraphLock
from kedrec.cli.load_offline import OfflineExport, offline_options
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.sources import own_sets, sets_option
from kedrec.errors import UsageError

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["graph"]


@click.command()
@click.argument("source", nargs=-1)
@click.option(
    "--from",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with a folder for each source (DIR/hetionet), or the source's own folder; of tables of your "
    "own, one table too. Without it, files are fetched into the cache.",
)
@click.option(
    "--overlay",
    metavar="NAME",
    help="Load tables of your own as a private overlay, which answers use only on request.",
)
@click.option("--again", is_flag=True, help="Fetch the sources' files again, for a newer release.")
@click.option(
    "--work",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep the staged Parquet files here. Default: they are deleted after the load.",
)
@click.option(
    "--licence",
    multiple=True,
    metavar="USE",
    help="Load only edges whose licence allows this use: commercial, modification, closed; or has this name "
    "(CC0-1.0). A licence that isn't known allows nothing. May be given several times.",
)
@sets_option
@click.option("--allow-missing", is_flag=True, help="Load the rest if the files of some sources are missing.")
@click.option(
    "--lock",
    "lock_to",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="After the load, write versions, addresses, licences and the SHA-256 of every file read to FILE.",
)
@click.option(
    "--locked",
    "locked_by",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Load only if every file is that of this lock file; then compare the graph with its fingerprint.",
)
@dry_run_option
@offline_options
@click.option("--no-fit", is_flag=True, help="Leave fitting the ranking to the first question.")
@graph_option
@json_option
def graph(
    source: tuple[str, ...],
    folder: Path | None,
    overlay: str | None,
    again: bool,
    work: Path | None,
    licence: tuple[str, ...],
    sets_file: Path | None,
    allow_missing: bool,
    lock_to: Path | None,
    locked_by: Path | None,
    dry_run: bool,
    offline: Path | None,
    neo4j: str | None,
    overwrite: bool,
    no_fit: bool,
    graph: str | None,
    as_json: bool,
) -> None:  # click passes by name
    """Load sources into the graph; without SOURCE, the built-in starter graph. Then fit the ranking.

    SOURCE is a source, or a set of them (`open`). Loading again writes what is new or changed, and deletes
    what a source no longer has. `kedrec-load sources` lists the sources and sets.
    """
    from kedrec.cli.sources import fetch_missing
    from kedrec.loading import load_graph
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph)
    offline_export = OfflineExport.of(offline, neo4j, overwrite=overwrite, dry_run=dry_run)
    lock = GraphLock.of(lock_to, locked_by, dry_run=dry_run, offline=offline is not None)
    if overlay is not None:
        source = _overlay_sources(overlay, source, folder)
    source = _members(source, settings, sets_file, licence)
    if folder is None:
        folder = fetch_missing(source, settings, again=again, allow_missing=allow_missing)
    lock.check_files(source, folder, licence, allow_missing=allow_missing)
    if offline_export is not None:
        offline_export.load(
            settings,
            source,
            data_dir=folder,
            work=work,
            licences=licence,
            allow_missing=allow_missing,
            as_json=as_json,
        )
        return
    with (
        work_folder(settings, work) as scratch,
        progress_on_stderr() as progress,
        store_for(settings, dry_run=dry_run) as store,
    ):
        report = load_graph(
            store,
            source,
            data_dir=folder,
            work_dir=scratch,
            progress=progress,
            keep_staged=work is not None,
            licences=licence,
            allow_missing=allow_missing,
            dry_run=dry_run,
        )
        if work is None:
            report = save_rejects(report, settings)
        lock.finish(report, store.metadata())
    if as_json:
        print_json(report)
    else:
        print_report(report)
    if not no_fit and not dry_run and report.nodes.get("Drug") and report.nodes.get("Disease"):
        _fit(settings, quiet=as_json)


def _members(
    names: tuple[str, ...], settings: Settings, sets_file: Path | None, licences: tuple[str, ...]
) -> tuple[str, ...]:
    """The named sources, and those of the named sets; warns about those that the licences leave out."""
    from kedrec.loading.sets import select_sources

    selection = select_sources(names, own_sets(settings, sets_file), licences)
    for name, licence in selection.unlicensed.items():
        warn(f"{name} is left out: its licence is {licence}.")
    if selection.sets and not selection.sources:
        raise UsageError(f"No source of {', '.join(selection.sets)} has such a licence.", "Choose another.")
    return selection.sources


def _overlay_sources(name: str, source: tuple[str, ...], folder: Path | None) -> tuple[str, ...]:
    """The source id of a private overlay, as the only element.

    Raises:
        UsageError: another source or no folder is given.
    """
    from kedrec.loading.sources import OWN_SOURCE
    from kedrec.stores.overlay_names import overlay_source

    if source not in {(), (OWN_SOURCE,)}:
        raise UsageError(
            f"The source '{source[0]}' can't be a private overlay.",
            f"An overlay is of your own tables: kedrec-load graph {OWN_SOURCE} --from FILE --overlay {name}.",
        )
    if folder is None:
        raise UsageError("Which tables?", "Name a file or folder of your edges with --from.")
    return (overlay_source(name),)


def _fit(settings: Settings, *, quiet: bool) -> None:
    """Fits the ranking of the loaded graph and prints its duration, unless `quiet`; warns on failure."""
    from kedrec.errors import KedrecError
    from kedrec.ranking import Ranker
    from kedrec.stores import open_store

    start = time.monotonic()
    try:
        with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
            ranking = Ranker.open(
                store, settings.cache_dir, threads=settings.threads, progress=progress
            ).description
    except KedrecError as error:
        # The graph is loaded all the same; the first question fits the ranking or reports the error again.
        warn(f"The ranking could not be fitted: {error}")
        return
    if not quiet:
        console().print(f"Ranking {ranking}, {time.monotonic() - start:.1f} s", markup=False)
