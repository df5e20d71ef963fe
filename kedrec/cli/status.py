"""Command `kedrec status`: prints the state of the graph, the ranking and the language model."""

from __future__ import annotations

import click

from kedrec.cli.common import console, graph_option, json_option, print_json
from kedrec.cli.view_options import as_of_option, overlay_option


@click.command()
@overlay_option
@as_of_option
@graph_option
@json_option
def status(overlay: str | None, as_of: int | None, graph: str | None, as_json: bool) -> None:
    """Show the graph, the ranking and the language model in use."""
    from kedrec.api import Kedrec
    from kedrec.settings import load_settings

    with Kedrec(load_settings(graph=graph, overlay=overlay, as_of=as_of)) as kr:
        state = kr.status()
    if as_json:
        print_json(state)
        return
    from kedrec.cli.status_table import print_status

    print_status(console(), state)
