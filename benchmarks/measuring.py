"""Measures and rows: every figure is the median of repeated runs, beside its baseline in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Context", "Row", "alternate", "median_seconds", "table"]


@dataclass(frozen=True, slots=True)
class Context:
    """Where a benchmark finds its data and may write.

    Attributes:
        data: folder with `hetionet/` and `drugmechdb/`.
        work: an empty folder; also KEDREC_HOME.
        runs: how often each figure is taken.
        times: sizes of made-up graphs, in Hetionets.
    """

    data: Path
    work: Path
    runs: int
    times: tuple[int, ...] = (1, 4)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; seconds, or the unit given. `baseline` is None where there is none."""

    name: str
    ours: float
    baseline: float | None
    baseline_name: str
    goal: str
    unit: str = "s"

    @property
    def ratio(self) -> str:
        """Ours over the baseline."""
        return "" if not self.baseline else f"{self.ours / self.baseline:.2f}"


def median_seconds(call: Callable[[], object], runs: int, *, warm_up: int = 1) -> float:
    """Median wall-clock seconds of `call`, after `warm_up` runs that don't count."""
    for _ in range(warm_up):
        call()
    return statistics.median(_seconds(call) for _ in range(runs))


def alternate(first: Callable[[], object], second: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median seconds of two calls run in turn, so that a drift of the machine meets both alike."""
    pairs = [(_seconds(first), _seconds(second)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | KEDRec | baseline | ratio | goal |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        baseline = "" if row.baseline is None else f"{row.baseline:.3f} {row.unit} ({row.baseline_name})"
        lines.append(f"| {row.name} | {row.ours:.3f} {row.unit} | {baseline} | {row.ratio} | {row.goal} |")
    return "\n".join(lines)
