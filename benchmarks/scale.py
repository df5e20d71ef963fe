"""Time and memory of the embedded load for synthetic graphs of several times Hetionet's size."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import BenchmarkContext, Row
from benchmarks.synthetic_graphs import EDGES, write

_LOAD = Path(sys.executable).with_name("kedrec-load")


class _LoadCost(NamedTuple):
    """Wall and processor seconds, peak megabytes, and loaded edges of a load."""

    seconds: float
    processor: float
    megabytes: float
    edges: int


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures three rows a size; the baseline extrapolates the first size linearly in the edges."""
    rows: list[Row] = []
    baseline: tuple[int, _LoadCost] | None = None
    for times in context.times:
        folder = context.work / f"{times}x"
        write(folder / "hetionet", times)
        cost = _load(folder)
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


def _load(folder: Path) -> _LoadCost:
    environment = {**os.environ, "KEDREC_HOME": str(folder / "home")}
    command = [str(_LOAD), "graph", "hetionet", "--from", str(folder), "--graph", str(folder / "graph")]
    command += ["--no-fit", "--json"]
    started = time.perf_counter()
    report = folder / "report.json"
    with report.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"kedrec-load failed with {process.returncode}")
    seconds = time.perf_counter() - started
    edges = sum(count for by in json.loads(report.read_bytes())["edges"].values() for count in by.values())
    return _LoadCost(seconds, usage.ru_utime + usage.ru_stime, _megabytes(usage), edges)


def _megabytes(usage: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # macOS reports bytes, others kilobytes
    return usage.ru_maxrss * unit / 1e6
