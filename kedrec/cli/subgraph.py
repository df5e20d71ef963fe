"""Command `kedrec subgraph`: writes the graph between a drug and a disease."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import graph_option, json_text, say, warn
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.view_options import as_of_option, overlay_option, warn_about_view


@click.command()
@click.option("--drug", required=True, metavar="NAME", help="The drug: a name or an id.")
@click.option("--disease", required=True, metavar="NAME", help="The disease: a name or an id.")
@click.option("--paths", default=25, show_default=True, help="Maximum number of paths.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["json", "cytoscape", "cypher", "graphml"]),
    default="json",
    show_default=True,
    help="Output format.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; default: stdout.")
@overlay_option
@as_of_option
@graph_option
def subgraph(
    drug: str,
    disease: str,
    paths: int,
    layout: str,
    out: Path | None,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
) -> None:
    """Write the graph between a drug and a disease."""
    from kedrec.api import Kedrec
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings

    with (
        progress_on_stderr() as progress,
        Kedrec(load_settings(graph=graph, overlay=overlay, as_of=as_of), progress=progress) as kr,
    ):
        warn_about_view(kr.store, kr.settings)
        graph_part = kr.subgraph(drug, disease, paths=paths)
        year = kr.settings.as_of
    for substitution in graph_part.taken_for:
        warn(substitution.text)
    if year is not None:
        undated = sum(edge.year is None for edge in graph_part.edges)
        warn(
            f"As of {year}: {undated:,} of the {len(graph_part.edges):,} edges have no year and may be later."
        )
    if layout == "json":
        text = json_text(graph_part)
    elif layout == "cytoscape":
        text = json_text(graph_part.to_cytoscape())
    elif layout == "cypher":
        text = graph_part.to_cypher().rstrip("\n")
    else:
        text = graph_part.to_graphml()
    if out is None:
        say(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} can't be written: {error.strerror}.", "Give another file.") from error
    warn(f"{len(graph_part.nodes)} nodes and {len(graph_part.edges)} edges written to {out}")
