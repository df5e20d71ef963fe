"""Terminal rendering of a comparison of two drugs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kedrec.cli.evidence_list import print_evidence, print_indented
from kedrec.cli.rendering import headline, print_safety, print_taken_for
from kedrec.rendering.notes import as_of_note

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import Comparison, Recommendation

__all__ = ["print_comparison"]

_MAX_PARTS = 12
_MAX_METAPATHS = 8


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Prints two drugs side by side: scores, score parts, numbers of paths; then the paths of each."""
    head = Text(comparison.disease.name, style="bold")
    head.append(f"  {comparison.disease.id}", style="dim")
    console.print(head)
    print_taken_for(console, comparison.taken_for)
    for recommendation in (comparison.left, comparison.right):
        console.print(headline(recommendation))
    console.print()
    print_indented(console, Text(comparison.verdict))
    console.print()
    left, right = comparison.left.drug.name, comparison.right.drug.name
    table = _comparison_table("What made the scores", left, right)
    parts = [part for part in comparison.parts if part.group != "base"]
    for part in parts[:_MAX_PARTS]:
        table.add_row(Text(part.title), *_value_cells(part.left, part.right))
    smaller_parts = parts[_MAX_PARTS:]
    if smaller_parts:
        table.add_row(
            Text(f"{len(smaller_parts)} more"),
            *_value_cells(
                sum(part.left for part in smaller_parts), sum(part.right for part in smaller_parts)
            ),
        )
    for part in comparison.parts:
        if part.group == "base":
            table.add_row(Text(part.title), *_value_cells(part.left, part.right))
    table.add_row(Text("score", style="bold"), *_value_cells(comparison.left.score, comparison.right.score))
    console.print(table)
    console.print()
    table = _comparison_table("Paths in the graph", left, right)
    for row in comparison.metapaths[:_MAX_METAPATHS]:
        table.add_row(Text(row.metapath), f"{row.left:,}", f"{row.right:,}", f"{row.left - row.right:+,}")
    more_metapaths = comparison.metapaths[_MAX_METAPATHS:]
    if more_metapaths:
        counts = sum(row.left for row in more_metapaths), sum(row.right for row in more_metapaths)
        table.add_row(
            Text(f"{len(more_metapaths)} more kinds"),
            f"{counts[0]:,}",
            f"{counts[1]:,}",
            f"{counts[0] - counts[1]:+,}",
        )
    console.print(table)
    if comparison.manifest.overlays:
        console.print(
            Text(f"private overlays seen: {', '.join(comparison.manifest.overlays)}", style="magenta")
        )
    if comparison.manifest.as_of is not None:
        console.print(Text(as_of_note(comparison.manifest.as_of), style="yellow"))
    sides = zip(
        (comparison.left, comparison.right),
        comparison.shared,
        comparison.exclusive,
        (right, left),
        strict=True,
    )
    for recommendation, shared, exclusive, other_drug in sides:
        _print_paths(console, recommendation, shared, exclusive, other_drug)


def _print_paths(
    console: Console,
    recommendation: Recommendation,
    shared: tuple[str, ...],
    exclusive: tuple[str, ...],
    other_drug: str,
) -> None:
    """Prints one drug's paths, shared ones first, and its adverse evidence.

    Args:
        shared, exclusive: ids of evidence that the other drug has too, and that it lacks.
    """
    console.print()
    console.print(Text(recommendation.drug.name, style="bold cyan"))
    for title, ids in (
        (f"Paths that {other_drug} has too", shared),
        (f"Paths that {other_drug} doesn't have", exclusive),
    ):
        items = tuple(item for item in recommendation.evidence if item.id in ids)
        if items:
            print_indented(console, Text(title, style="bold"))
            print_evidence(console, items)
    if not recommendation.evidence:
        print_indented(console, Text("No path.", style="yellow"))
    print_safety(console, recommendation)


def _value_cells(left: float, right: float) -> list[str]:
    """Cells of two values and their difference, with sign; what rounds to zero has a plus."""
    return [f"{round(value, 3) + 0.0:+.3f}" for value in (left, right, left - right)]


def _comparison_table(title: str, left: str, right: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(title, overflow="fold")
    for name in (left, right, "difference"):
        table.add_column(Text(name), justify="right", overflow="fold", max_width=16)
    return table
