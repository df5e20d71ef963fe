"""Time until the first checked sentence of an answer is on the screen, beside the whole answer.

Asked of the graph and home that `KEDREC_GRAPH` and `KEDREC_HOME` name, whose ranking is fitted. Each run
has a seed of its own, so that no stored text answers it.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import Row

if TYPE_CHECKING:
    from benchmarks.measuring import BenchmarkContext

KEDREC = Path(sys.executable).with_name("kedrec")
_DISEASES = ("psoriasis", "Huntington disease", "asthma")
_CITED = re.compile(rb"\[P\d+\]\.")


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures cold questions about three diseases."""
    seeds = count(time.time_ns() % 2**31)
    rows = []
    for disease in _DISEASES:
        times = [_times(disease, next(seeds)) for _ in range(context.runs + 1)][1:]
        first, whole = (statistics.median(seconds) for seconds in zip(*times, strict=True))
        rows += [
            Row(
                f"first sentence of `kedrec ask --top 5`, {disease}", first, whole, "the whole answer", "3 s"
            ),
            Row(f"`kedrec ask --top 5`, {disease}", whole, None, "", "8 s"),
        ]
    return rows


def _times(disease: str, seed: int) -> tuple[float, float]:
    """Seconds until the first cited sentence is printed, and until the end."""
    started = time.perf_counter()
    words = (KEDREC, "ask", "--disease", disease, "--top", "5", "--seed", str(seed))
    first, printed = 0.0, b""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0) as process:
        while process.stdout is not None and (piece := process.stdout.read(65536)):
            printed += piece
            if not first and _CITED.search(printed):
                first = time.perf_counter() - started
    if process.returncode or not first:
        raise RuntimeError(f"No answer on {disease}: status {process.returncode}.")
    return first, time.perf_counter() - started
