"""Bar chart of a score's parts in a terminal (waterfall), and the table of chances by path type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kedrec.types import SMALLER

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import PathTypeChance, Recommendation

__all__ = ["Bar", "bar_table", "print_chances", "score_bars", "score_rows"]

_MAX_PARTS = 12  # shown parts; the smaller ones are summed up in one row
_MIN_CONTRIBUTION = 5e-4  # less prints as 0.000
_MIN_WIDTH = 70  # in a narrower console, bars leave too little room for labels
_WIDTH = 25  # characters
_MAX_CHANCES = 6  # shown path types
_GROUP_ORDER = {  # metapaths, at 1, come between
    "prior": 0,
    "similar drugs": 2,
    "similar diseases": 3,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the chart: a label and a contribution, in the score's unit."""

    label: str
    value: float


def score_rows(recommendation: Recommendation) -> list[Bar]:
    """The score's parts, whose values sum to the score.

    The base rate and the prior come first, then the metapaths, the similar drugs and the similar diseases,
    each group largest first.
    """
    rows = [Bar("base rate", recommendation.base)] if abs(recommendation.base) >= _MIN_CONTRIBUTION else []
    remainder = recommendation.score - sum(row.value for row in rows)
    parts = [part for part in recommendation.score_parts if abs(part.contribution) >= _MIN_CONTRIBUTION]
    labelled = [part for part in parts if part.metapath != SMALLER]
    largest = sorted(labelled, key=lambda part: -abs(part.contribution))[:_MAX_PARTS]
    for part in sorted(
        largest, key=lambda part: (_GROUP_ORDER.get(part.group, 1), -abs(part.contribution), part.metapath)
    ):
        label = part.metapath
        if part.group != "metapath" and part.group not in label:
            label = f"{part.group}: {label}" if label else part.group
        rows.append(Bar(label, part.contribution))
        remainder -= part.contribution
    if len(parts) > len(largest):
        rows.append(Bar(SMALLER, remainder))
    return rows


def score_bars(console: Console, recommendation: Recommendation) -> Table:
    """The score's parts as bars: each begins where the previous one ends, the last spans 0 to the score."""
    rows = score_rows(recommendation)
    probability = recommendation.probability
    label = "score" if probability is None else f"score (probability {probability:.3f})"
    return bar_table(console, rows, Bar(label, recommendation.score))


def print_chances(console: Console, chances: Sequence[PathTypeChance]) -> None:
    """Prints the path types least likely by chance, with p-values; nothing without chances."""
    shown = [chance for chance in chances if chance.dwpc > 0][:_MAX_CHANCES]
    if not shown:
        return
    console.print(Text("  By chance (on permuted graphs, pairs of the same degrees)", style="bold"))
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("  p", "adjusted", "of the expected", "")
    for chance in shown:
        times = f"{chance.dwpc / chance.expected:.1f} times" if chance.expected > 0 else "never met"
        table.add_row(f"  {chance.p_value:.1e}", f"{chance.adjusted:.1e}", times, chance.metapath)
    console.print(table)


def bar_table(console: Console, rows: Sequence[Bar], total: Bar) -> Table:
    """Table of numbers, bars and labels; with ASCII bars when piped, without bars in a narrow console."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    has_bars = console.width >= _MIN_WIDTH
    if has_bars:
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    spans, position = [], 0.0
    for row in rows:
        spans.append((position, position + row.value))
        position += row.value
    spans.append((0.0, total.value))
    low = min(min(span) for span in spans)
    high = max(max(span) for span in spans)
    for row, span in zip((*rows, total), spans, strict=True):
        is_total = row is total
        cells = [Text(f"{row.value:+.3f}")]
        if has_bars:
            cells.append(_bar(span, low, high, plain=not console.is_terminal))
        cells.append(Text(row.label, style="bold" if is_total else ""))
        table.add_row(*cells)
    return table


def _bar(span: tuple[float, float], low: float, high: float, *, plain: bool) -> Text:
    """Draws a span on the scale from `low` to `high`, at least one character wide."""
    scale = _WIDTH / (high - low) if high > low else 0.0
    begin, end = (round((bound - low) * scale) for bound in sorted(span))
    begin = min(begin, _WIDTH - 1)
    end = max(end, begin + 1)
    is_positive = span[1] >= span[0]
    block = ("+" if is_positive else "-") if plain else "█"
    bar = Text(" " * begin)
    bar.append(block * (end - begin), style="green" if is_positive else "red")
    bar.append(" " * (_WIDTH - end))
    return bar
