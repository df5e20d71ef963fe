"""Time and memory of the embedded load as the graph grows: made-up graphs of several Hetionets' size."""

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

from benchmarks.made_up import EDGES, write
from benchmarks.measuring import Context, Row

_LOAD = Path(sys.executable).with_name("kedrec-load")


class _Cost(NamedTuple):
    """What a command took: seconds by the clock and of the processor, megabytes at most, and edges loaded."""

    seconds: float
    processor: float
    megabytes: float
    edges: int


def measure(context: Context) -> list[Row]:
    """Three rows a size, each beside what the first size makes of it if cost grows with the edges."""
    rows: list[Row] = []
    first: tuple[int, _Cost] | None = None
    for times in context.times:
        folder = context.work / f"{times}x"
        write(folder / "hetionet", times)
        cost = _load(folder)
        shutil.rmtree(folder)
        base, least = first = first or (times, cost)
        grown = cost.edges / least.edges
        what = f"load of {times}x Hetionet ({cost.edges:,} edges of {EDGES * times:,} rows)"
        name = f"{grown:.1f} times {base}x"
        rows += [
            Row(f"{what}, embedded", cost.seconds, least.seconds * grown, name, "linear"),
            Row(f"{what}, processor", cost.processor, least.processor * grown, name, "linear"),
            Row(f"{what}, peak memory", cost.megabytes, least.megabytes * grown, name, "linear", "MB"),
        ]
        print(rows[-3:], file=sys.stderr)
    return rows


def _load(folder: Path) -> _Cost:
    environment = {**os.environ, "KEDREC_HOME": str(folder / "home")}
    call = [str(_LOAD), "graph", "hetionet", "--from", str(folder), "--graph", str(folder / "graph")]
    call += ["--no-fit", "--json"]
    began = time.perf_counter()
    report = folder / "report.json"
    with report.open("wb") as out:
        process = subprocess.Popen(call, env=environment, stdout=out, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"kedrec-load failed with {process.returncode}")
    seconds = time.perf_counter() - began
    edges = sum(count for by in json.loads(report.read_bytes())["edges"].values() for count in by.values())
    return _Cost(seconds, used.ru_utime + used.ru_stime, _megabytes(used), edges)


def _megabytes(used: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return used.ru_maxrss * unit / 1e6
