"""Timing and result rows: every figure is a median of repeated runs, with its baseline from the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BenchmarkContext", "Row", "alternate", "median_seconds", "table"]


@dataclass(frozen=True, slots=True)
class BenchmarkContext:
    """Folders and repetitions of a benchmark.

    Attributes:
        data: folder with `hetionet/` and `drugmechdb/`.
        work: an empty folder; also KEDREC_HOME.
        runs: repetitions of each figure.
        times: sizes of synthetic graphs, in multiples of Hetionet.
    """

    data: Path
    work: Path
    runs: int
    times: tuple[int, ...] = (1, 4)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in `unit`; `baseline` is None for a figure without one."""

    name: str
    ours: float
    baseline: float | None
    baseline_name: str
    goal: str
    unit: str = "s"

    @property
    def ratio(self) -> str:
        """KEDRec's figure over the baseline, "" without one."""
        return "" if not self.baseline else f"{self.ours / self.baseline:.2f}"


def median_seconds(call: Callable[[], object], runs: int, *, warm_up: int = 1) -> float:
    """Median wall-clock seconds of `call`, after `warm_up` uncounted runs."""
    for _ in range(warm_up):
        call()
    return statistics.median(_seconds(call) for _ in range(runs))


def alternate(first: Callable[[], object], second: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median seconds of two calls run alternately, so that drift of the machine affects both alike."""
    pairs = [(_seconds(first), _seconds(second)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | KEDRec | baseline | ratio | goal |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        baseline = "" if row.baseline is None else f"{row.baseline:.3f} {row.unit} ({row.baseline_name})"
        lines.append(f"| {row.name} | {row.ours:.3f} {row.unit} | {baseline} | {row.ratio} | {row.goal} |")
    return "\n".join(lines)
