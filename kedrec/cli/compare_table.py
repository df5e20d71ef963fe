"""How a comparison looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kedrec.cli.rendering import indented, print_evidence, print_safety, print_taken_for, standing
from kedrec.cli.view_options import undated

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import Comparison, Recommendation

__all__ = ["print_comparison"]

_PARTS = 12
_METAPATHS = 8


def print_comparison(console: Console, found: Comparison) -> None:
    """Prints two drugs side by side: scores, parts, numbers of paths; then the paths of each."""
    head = Text(found.disease.name, style="bold")
    head.append(f"  {found.disease.id}", style="dim")
    console.print(head)
    print_taken_for(console, found.taken_for)
    for one in (found.left, found.right):
        console.print(standing(one))
    console.print()
    indented(console, Text(found.verdict))
    console.print()
    left, right = found.left.drug.name, found.right.drug.name
    table = _columns("What made the scores", left, right)
    parts = [part for part in found.parts if part.group != "base"]
    for part in parts[:_PARTS]:
        label = part.label if part.group == "metapath" else f"{part.group}: {part.label}"
        table.add_row(Text(label), *_three(part.left, part.right))
    rest = parts[_PARTS:]
    if rest:
        table.add_row(
            Text(f"{len(rest)} more"),
            *_three(sum(part.left for part in rest), sum(part.right for part in rest)),
        )
    for part in found.parts:
        if part.group == "base":
            table.add_row(Text(part.label), *_three(part.left, part.right))
    table.add_row(Text("score", style="bold"), *_three(found.left.score, found.right.score))
    console.print(table)
    console.print()
    table = _columns("Paths in the graph", left, right)
    for row in found.metapaths[:_METAPATHS]:
        table.add_row(Text(row.metapath), f"{row.left:,}", f"{row.right:,}", f"{row.left - row.right:+,}")
    more = found.metapaths[_METAPATHS:]
    if more:
        counts = sum(row.left for row in more), sum(row.right for row in more)
        table.add_row(
            Text(f"{len(more)} more kinds"), f"{counts[0]:,}", f"{counts[1]:,}", f"{counts[0] - counts[1]:+,}"
        )
    console.print(table)
    if found.manifest.overlays:
        console.print(Text(f"private overlays seen: {', '.join(found.manifest.overlays)}", style="magenta"))
    if found.manifest.as_of is not None:
        console.print(Text(undated(found.manifest.as_of), style="yellow"))
    for place, one in enumerate((found.left, found.right)):
        _paths(console, one, found.shared[place], found.exclusive[place], (left, right)[1 - place])


def _paths(
    console: Console, one: Recommendation, shared: tuple[str, ...], exclusive: tuple[str, ...], other: str
) -> None:
    console.print()
    console.print(Text(one.drug.name, style="bold cyan"))
    for title, ids in (
        (f"Paths that {other} has too", shared),
        (f"Paths that {other} doesn't have", exclusive),
    ):
        items = tuple(item for item in one.evidence if item.id in ids)
        if items:
            indented(console, Text(title, style="bold"))
            print_evidence(console, items)
    if not one.evidence:
        indented(console, Text("No path.", style="yellow"))
    print_safety(console, one)


def _three(left: float, right: float) -> list[str]:
    """Two values and their difference; what rounds to nothing is written without a minus."""
    return [f"{round(value, 3) + 0.0:+.3f}" for value in (left, right, left - right)]


def _columns(title: str, left: str, right: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(title, overflow="fold")
    for name in (left, right, "difference"):
        table.add_column(Text(name), justify="right", overflow="fold", max_width=16)
    return table
