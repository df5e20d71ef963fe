"""Command `kedrec-load remove`: removes sources from the graph."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, json_option, print_json
from kedrec.cli.load_common import dry_run_option, print_report, store_for, work_folder
from kedrec.cli.progress import progress_on_stderr

__all__ = ["remove"]


@click.command()
@click.argument("source", nargs=-1, required=True)
@dry_run_option
@graph_option
@json_option
def remove(source: tuple[str, ...], dry_run: bool, graph: str | None, as_json: bool) -> None:
    """Take sources out of the graph, as if they had never been loaded.

    Nodes that the source's cross-references had merged are separate again. A node that an edge of another
    source needs stays, and is reported. The same command finishes an interrupted removal.
    """
    from kedrec.loading import remove_sources
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph)
    with (
        work_folder(settings, None) as scratch,
        progress_on_stderr() as progress,
        store_for(settings, dry_run=dry_run) as store,
    ):
        report = remove_sources(store, source, work_dir=scratch, progress=progress, dry_run=dry_run)
    if as_json:
        print_json(report)
    else:
        print_report(report, is_removal=True)
