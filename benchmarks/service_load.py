"""Many clients ask a service at once: `python -m benchmarks.service_load [--seconds 300] [--endpoint ...]`.

Starts `kedrec serve` on this machine with the graph of KEDREC_GRAPH, sends questions about random diseases
at a steady rate, and prints latencies from the time that a question was due, lost answers, and memory.
`--diseases` says among how many: with few, most answers are stored ones.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

import httpx2
import numpy as np

from kedrec.api import Kedrec
from kedrec.settings import load_settings

__all__ = [
    "Load",
    "diseases_of",
    "percentile",
    "questions_about",
    "run_load",
    "serving",
    "shared_megabytes",
    "wait_for_workers",
]

Question = tuple[str, dict[str, object]]
"""An endpoint and a body."""

_SEED = 17
_WAIT = 120.0  # seconds for one answer


@dataclass(frozen=True, slots=True)
class Load:
    """What a load did.

    Attributes:
        seconds: latencies of the answers, from the time that the question was due.
        refused: number of questions refused by the service (status 503).
        lost: number of questions without an answer, or with another error.
        unwritten: number of answers that the model wasn't done with, and that came without its sentences.
        memory: megabytes of the service's processes before, after half of the questions, and after all.
    """

    seconds: list[float]
    refused: int
    lost: int
    unwritten: int
    memory: tuple[float, float, float]


@contextmanager
def serving(home: Path, graph: str, *options: str) -> Iterator[tuple[str, int]]:
    """Runs `kedrec serve` at a free port; yields its URL and its process's id."""
    command = [str(Path(sys.executable).with_name("kedrec")), "serve", "--port", "0", *options]
    environment = {**os.environ, "KEDREC_HOME": str(home), "KEDREC_GRAPH": graph}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = cast("TextIO", process.stdout).readline().rpartition(" ")[2].strip().rstrip("/")
            while httpx2.get(f"{url}/ready", timeout=_WAIT).status_code != 200:
                time.sleep(0.2)  # the graph and its ranking are being opened
            yield url, process.pid
        finally:
            process.terminate()


def family(pid: int) -> list[int]:
    """A process and those below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(one for child in children for one in family(int(child)))]


def shared_megabytes(pid: int) -> float:
    """Memory of a process and of those below it, with what several have in common counted once (Pss)."""
    kilobytes = 0
    for one in family(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def wait_for_workers(pid: int, workers: int, seconds: float = 600.0) -> None:
    """Returns when so many processes below one have a fitted ranking mapped.

    Raises:
        TimeoutError: they haven't in time.
    """
    until = time.monotonic() + seconds
    while True:
        maps = [Path(f"/proc/{one}/maps").read_text(encoding="utf-8") for one in family(pid)]
        if sum("/ranking-" in text for text in maps) >= workers:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{workers} workers haven't opened the graph within {seconds:.0f} s")
        time.sleep(0.5)


def diseases_of(home: Path, graph: str) -> list[str]:
    """The ids of a graph's diseases."""
    with Kedrec(load_settings(home=home, graph=graph)) as kr:
        return kr.disease_ids()


def run_load(
    url: str, pid: int, questions: Sequence[Question], *, seconds: float, rate: float, clients: int
) -> Load:
    """Sends random ones of some questions at a steady rate.

    Args:
        url, pid: the service.
        questions: the questions.
        seconds: length of the load.
        rate: questions a second.
        clients: most questions that are open at once.
    """
    draws = np.random.default_rng(_SEED)  # the same questions each time
    lock = threading.Lock()
    latencies: list[float] = []
    refused = lost = unwritten = 0
    before = half = shared_megabytes(pid)
    with httpx2.Client(timeout=_WAIT, limits=httpx2.Limits(max_connections=clients)) as client:

        def ask(question: Question, due: float) -> None:
            nonlocal refused, lost, unwritten
            status, tag = 0, ""
            with suppress(httpx2.HTTPError):
                reply = client.post(url + question[0], json=question[1])
                status, tag = reply.status_code, reply.headers.get("etag", "")
            with lock:
                unwritten += tag.endswith('-unwritten"')
                if status == 200:
                    latencies.append(time.perf_counter() - due)
                elif status == 503:
                    refused += 1
                else:
                    lost += 1

        begin = time.perf_counter()
        asked = int(seconds * rate)
        with ThreadPoolExecutor(clients) as pool:
            for number in range(asked):
                if number == asked // 2:
                    half = shared_megabytes(pid)
                due = begin + number / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                pool.submit(ask, questions[int(draws.integers(len(questions)))], due)
    return Load(latencies, refused, lost, unwritten, (before, half, shared_megabytes(pid)))


def questions_about(diseases: Sequence[str], endpoint: str) -> list[Question]:
    """A question about each disease: `rank`, `recommend` (without a model), or `rationale` (with one)."""
    if endpoint == "rank":
        return [("/v1/rank", {"diseases": [disease]}) for disease in diseases]
    llm = endpoint == "rationale"
    return [("/v1/recommend", {"disease": disease, "top": 5, "llm": llm}) for disease in diseases]


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least a share of the values don't exceed; NaN without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def main() -> None:
    """Runs one load on the graph of the settings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service_load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the load (default 20)")
    parser.add_argument("--rate", type=float, default=20.0, help="questions a second (default 20)")
    parser.add_argument("--clients", type=int, default=50, help="most open questions (default 50)")
    parser.add_argument("--endpoint", choices=("rank", "recommend", "rationale"), default="rank")
    parser.add_argument("--diseases", type=int, default=0, help="diseases asked about (default: all)")
    parser.add_argument("--workers", type=int, default=1, help="processes of the service (default 1)")
    parser.add_argument("--cache-mb", default="64", help="as of kedrec serve (default 64; 0: compute all)")
    arguments = parser.parse_args()
    settings = load_settings()
    diseases = diseases_of(settings.home, settings.graph_url)[: arguments.diseases or None]
    questions = questions_about(diseases, arguments.endpoint)
    options = ("--cache-mb", arguments.cache_mb, "--workers", str(arguments.workers))
    with serving(settings.home, settings.graph_url, *options) as (url, pid):
        wait_for_workers(pid, arguments.workers)
        load = run_load(
            url,
            pid,
            questions,
            seconds=arguments.seconds,
            rate=arguments.rate,
            clients=arguments.clients,
        )
    milliseconds = [1000 * percentile(load.seconds, share) for share in (0.5, 0.95, 0.99)]
    print(
        f"{len(load.seconds)} answers ({load.unwritten} unwritten), {load.refused} refused, {load.lost} lost"
    )
    print("p50 {:.0f} ms, p95 {:.0f} ms, p99 {:.0f} ms".format(*milliseconds))
    print("memory {:.0f} MB before, {:.0f} MB half-way, {:.0f} MB after".format(*load.memory))


if __name__ == "__main__":
    main()
