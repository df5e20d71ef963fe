"""Terminal rendering of `kedrec status`: the graph, its sources, the model and the home folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kedrec.loading.state import UNFINISHED_ADVICE

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import Status

__all__ = ["print_status"]


def print_status(console: Console, status: Status) -> None:
    """Prints the state of the graph and the model."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("graph", Text(f"{status.graph} ({status.engine}), fingerprint {status.fingerprint}"))
    nodes = ", ".join(f"{count:,} {kind}" for kind, count in sorted(status.nodes.items()))
    table.add_row("nodes", Text(f"{sum(status.nodes.values()):,}: {nodes}"))
    if status.lacks:
        table.add_row("lacks", Text(status.lacks, style="bold yellow"))
    edges = ", ".join(f"{count:,} {source}" for source, count in sorted(status.edges_by_source.items()))
    table.add_row("edges", Text(f"{sum(status.edges_by_source.values()):,}: {edges}"))
    for source, state in sorted(status.sources.items()):
        summary = UNFINISHED_ADVICE.get(state.get("state", ""))
        if summary is None:
            licences = ", ".join(state.get("licences", ()))
            summary = f"{state.get('nodes', 0):,} nodes, {state.get('edges', 0):,} edges, "
            summary += f"version {state.get('version', '')}; licence: {state.get('licence', '')}"
            summary += f"; only {licences}" if licences else ""
        table.add_row(
            "source", Text(f"{source}: {summary}", style="" if state.get("state") == "loaded" else "bold")
        )
    if status.overlays or status.left_out:
        visible = f"{', '.join(status.overlays) or 'none'} seen"
        table.add_row("overlays", Text(f"{visible}; {', '.join(status.left_out) or 'none'} left out"))
    if status.as_of is not None:
        table.add_row("as of", Text(f"{status.as_of}; edges without a year are counted too"))
    table.add_row("templates", Text(str(status.templates)))
    table.add_row("model", Text(f"{status.model}: {status.model_state}"))
    table.add_row("home", Text(status.home))
    console.print(table)
