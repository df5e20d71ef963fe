"""Command `kedrec compare`: compares two drugs for one disease."""

from __future__ import annotations

import click

from kedrec.cli.common import (
    console,
    graph_option,
    json_option,
    print_json,
    warn_unfinished_loads,
)
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.view_options import as_of_option, overlay_option, warn_about_view, warn_untreated


@click.command()
@click.option("--disease", required=True, metavar="NAME", help="The disease: a name or an id.")
@click.option("--drug", "drugs", multiple=True, required=True, metavar="NAME", help="A drug; give two.")
@click.option("--paths", default=12, show_default=True, help="Maximum number of evidence paths per drug.")
@overlay_option
@as_of_option
@graph_option
@json_option
def compare(
    disease: str,
    drugs: tuple[str, ...],
    paths: int,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Compare two drugs for a disease: shared paths, own paths, and where their scores differ."""
    from kedrec.api import Kedrec
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings

    if len(drugs) != 2:
        raise UsageError(f"{len(drugs)} drugs were given.", "Compare two: --drug NAME --drug NAME.")
    with (
        progress_on_stderr() as progress,
        Kedrec(load_settings(graph=graph, overlay=overlay, as_of=as_of), progress=progress) as kr,
    ):
        warn_unfinished_loads(kr.store)
        warn_about_view(kr.store, kr.settings)
        comparison = kr.compare(disease, *drugs, paths=paths)
        warn_untreated(kr.fingerprint)
    if as_json:
        print_json(comparison)
        return
    from kedrec.cli.compare_table import print_comparison

    print_comparison(console(), comparison)
