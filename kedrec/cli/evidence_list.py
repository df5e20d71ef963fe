"""Terminal rendering of evidence: each item's sentence with its share, sources, licences and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import Evidence

__all__ = ["MAX_LINKS", "print_evidence", "print_indented"]

MAX_LINKS = 3
"""Number of links shown per item of an answer."""

_MAX_URLS = 10  # per item of an explanation


def print_indented(console: Console, content: Text | Table) -> None:
    """Prints a part of an answer, indented by four columns."""
    console.print(Padding(content, (0, 0, 0, 4)))


def print_evidence(console: Console, items: tuple[Evidence, ...], *, links: int | None = MAX_LINKS) -> None:
    """Prints evidence with its share, sources, licences and links.

    Args:
        links: maximum number of links per item; None to write out the URLs of the first ten.
    """
    with_urls = links is None
    max_links = _MAX_URLS if links is None else links
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for item in items:
        body = Text(item.sentence)
        if item.private:
            body.append("  private", style="bold magenta")
        if item.role == "association":
            body.append("  association only", style="yellow")
        body.append(f"\n{', '.join(item.sources)} ({'; '.join(item.licences)})", style="dim")
        for link in item.links[:max_links]:
            if with_urls:
                label = "" if link.label == link.url else f"{link.label}  "
                body.append(f"\n{label}{link.url}", style="dim")
            else:
                body.append("  ")
                body.append(link.label, style=f"dim link {link.url}")
        if len(item.links) > max_links:
            note = f"and {len(item.links) - max_links} more"
            body.append(f"\n{note}: --json lists them" if with_urls else f"  {note}", style="dim")
        # A path's score is its share of the evidence; a text's only orders the texts.
        share = "" if item.text is not None else f"{item.score:.0%}"
        table.add_row(Text(f"[{item.id}]", style="bold"), Text(share, style="dim"), body)
    print_indented(console, table)
