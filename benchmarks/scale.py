"""Time and memory of the embedded load for synthetic graphs of several times Hetionet's size."""

from __future__ import annotations

import shutil
import sys

from benchmarks.load_costs import LoadCost, run_load
from benchmarks.measuring import BenchmarkContext, Row
from benchmarks.synthetic_graphs import EDGES, write


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures three rows a size; the baseline extrapolates the first size linearly in the edges."""
    rows: list[Row] = []
    baseline: tuple[int, LoadCost] | None = None
    for times in context.times:
        folder = context.work / f"{times}x"
        write(folder / "hetionet", times)
        cost, _ = run_load(["hetionet"], folder, folder)
        shutil.rmtree(folder)
        base, first_cost = baseline = baseline or (times, cost)
        growth = cost.edges / first_cost.edges
        load_name = f"load of {times}x Hetionet ({cost.edges:,} edges of {EDGES * times:,} rows)"
        name = f"{growth:.1f} times {base}x"
        rows += [
            Row(f"{load_name}, embedded", cost.seconds, first_cost.seconds * growth, name, "linear"),
            Row(f"{load_name}, processor", cost.processor, first_cost.processor * growth, name, "linear"),
            Row(
                f"{load_name}, peak memory",
                cost.megabytes,
                first_cost.megabytes * growth,
                name,
                "linear",
                "MB",
            ),
        ]
        print(rows[-3:], file=sys.stderr)
    return rows
