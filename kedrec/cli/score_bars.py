"""How a score is made, in a terminal: bars that add up to it."""

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

__all__ = ["Bar", "bars", "print_chances", "score_bars", "score_rows"]

_MOST = 12  # parts shown; the rest is added up in one row
_NOTHING = 5e-4  # what prints as 0.000
_NARROW = 70  # columns under which bars leave the words too little room
_WIDTH = 25
_CHANCES = 6  # types of path whose chance is told
_GROUPS = {"prior": 0, "similar drugs": 2, "similar diseases": 3}


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what it is, what it adds, and the sum after it."""

    label: str
    value: float


def score_rows(found: Recommendation) -> list[Bar]:
    """What the score is made of: the base rate and the prior first, then the metapaths, the similar drugs and
    the similar diseases, each largest first. The values sum to the score.
    """
    rows = [Bar("base rate", found.base)] if abs(found.base) >= _NOTHING else []
    rest = found.score - sum(row.value for row in rows)
    parts = [part for part in found.score_parts if abs(part.contribution) >= _NOTHING]
    named = [part for part in parts if part.metapath != SMALLER]
    largest = sorted(named, key=lambda part: -abs(part.contribution))[:_MOST]
    for part in sorted(
        largest, key=lambda part: (_GROUPS.get(part.group, 1), -abs(part.contribution), part.metapath)
    ):
        label = part.metapath
        if part.group != "metapath" and part.group not in label:
            label = f"{part.group}: {label}" if label else part.group
        rows.append(Bar(label, part.contribution))
        rest -= part.contribution
    if len(parts) > len(largest):
        rows.append(Bar(SMALLER, rest))
    return rows


def score_bars(console: Console, found: Recommendation) -> Table:
    """The rows as bars: each begins where the one above ended, the last runs from 0 to the score."""
    rows = score_rows(found)
    total = Bar(
        "score" if found.probability is None else f"score (probability {found.probability:.3f})", found.score
    )
    return bars(console, rows, total)


def print_chances(console: Console, chances: Sequence[PathTypeChance]) -> None:
    """What chance alone would bring, of the types of path least likely by it; nothing without a null."""
    found = [one for one in chances if one.dwpc > 0][:_CHANCES]
    if not found:
        return
    console.print(Text("  By chance (on permuted graphs, pairs of the same degrees)", style="bold"))
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("  p", "adjusted", "of the expected", "")
    for one in found:
        times = f"{one.dwpc / one.expected:.1f} times" if one.expected > 0 else "never met"
        table.add_row(f"  {one.p_value:.1e}", f"{one.adjusted:.1e}", times, one.metapath)
    console.print(table)


def bars(console: Console, rows: Sequence[Bar], total: Bar) -> Table:
    """Rows of numbers, bars and labels: plain characters when piped, no bars in a narrow terminal."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    drawn = console.width >= _NARROW
    if drawn:
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    spans, at = [], 0.0
    for row in rows:
        spans.append((at, at + row.value))
        at += row.value
    spans.append((0.0, total.value))
    low = min(min(span) for span in spans)
    high = max(max(span) for span in spans)
    for row, span in zip((*rows, total), spans, strict=True):
        last = row is total
        cells = [Text(f"{row.value:+.3f}")]
        if drawn:
            cells.append(_bar(span, low, high, plain=not console.is_terminal))
        cells.append(Text(row.label, style="bold" if last else ""))
        table.add_row(*cells)
    return table


def _bar(span: tuple[float, float], low: float, high: float, *, plain: bool) -> Text:
    """One span on a line from `low` to `high`, at least one character wide."""
    scale = _WIDTH / (high - low) if high > low else 0.0
    begin, end = (round((at - low) * scale) for at in sorted(span))
    begin = min(begin, _WIDTH - 1)
    end = max(end, begin + 1)
    rising = span[1] >= span[0]
    block = ("+" if rising else "-") if plain else "█"
    bar = Text(" " * begin)
    bar.append(block * (end - begin), style="green" if rising else "red")
    bar.append(" " * (_WIDTH - end))
    return bar
