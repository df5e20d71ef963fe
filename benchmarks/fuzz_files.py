"""Loads hostile files, each in a process of its own, and counts what went wrong:

    python -m benchmarks.fuzz_files --count 500 --seed 1

A sample is fine where it is loaded or refused with one of KEDRec's own errors, in time, in little memory,
without a call to the network, and where no record that is sound is lost.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.hostile_files import Sample, samples, write
from kedrec.documents.loading import load_documents
from kedrec.documents.passage_index import PassageIndex
from kedrec.errors import KedrecError
from kedrec.loading import load_graph
from kedrec.schema import load_schema
from kedrec.settings import load_settings
from kedrec.stores import open_store

__all__ = ["Outcome", "fuzz"]

SECONDS = 120
"""Time for one sample; sound files of this size take one or two."""
MEGABYTES = 1500
"""Memory that one sample may hold beside what this process holds; DuckDB alone may take 1,000."""
_REPORT = "outcome.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sample.

    Attributes:
        result: `loaded`, `refused`; or what is wrong: `no end`, `memory`, `defect`, `died`, `network`,
            `lost`, `refused whole`.
        detail: the error, or what was lost.
        seconds, megabytes: time, and memory at most.
    """

    number: int
    layout: str
    change: str
    result: str
    detail: str
    seconds: float
    megabytes: int

    @property
    def wrong(self) -> bool:
        """Whether it is neither loaded nor refused."""
        return self.result not in ("loaded", "refused")


class _Network(Exception):  # noqa: N818  # a call that must not be
    pass


@contextmanager
def _without_network(calls: list[str]) -> Iterator[None]:
    connect, looked_up = socket.socket.connect, socket.getaddrinfo

    def refuse(*arguments: Any, **_: Any) -> NoReturn:
        calls.append(repr(arguments)[:200])
        raise _Network(calls[-1])

    socket.socket.connect = refuse  # type: ignore[method-assign]  # this process ends with the sample
    socket.getaddrinfo = refuse
    try:
        yield
    finally:
        socket.socket.connect, socket.getaddrinfo = connect, looked_up  # type: ignore[method-assign]


def _load(sample: Sample, folder: Path) -> str:
    """Loads a sample; returns what of its sound records is lost."""
    if not sample.source:
        with PassageIndex.open(folder / "index", create=True) as index:
            report = load_documents(index, [folder / "data"], linker=None)
            there = {id_ for id_ in sample.sound if index.catalogue.known(id_)}
            counted = report.read == report.indexed + report.rejected
        return _lost(sample, there, counted=counted)
    settings = load_settings(home=folder / "home")
    with open_store(str(folder / "graph"), settings, read_only=False) as store:
        loaded = load_graph(store, [sample.source], data_dir=folder / "data", work_dir=folder / "work")
        rows = [part for source in loaded.sources for part in (source.nodes, source.edges)]
        counted = all(
            row.read == row.loaded + row.merged + row.rejected + row.left_out and row.merged >= 0
            for row in rows
        )
        there = {
            id_
            for kind in load_schema().kinds
            if loaded.nodes.get(kind)
            for row in store.nodes(kind, ["id", "xrefs"]).to_pylist()
            for id_ in (row["id"], *row["xrefs"])
        }
    return _lost(sample, there, counted=counted)


def _lost(sample: Sample, there: set[str], *, counted: bool) -> str:
    gone = sorted(sample.sound - there)
    return ", ".join(gone) or ("" if counted else "rows that no count has")


def _run(sample: Sample, folder: Path) -> tuple[str, str]:
    """Result and detail, in the sample's own process."""
    calls: list[str] = []
    try:
        with _without_network(calls):
            lost = _load(sample, folder)
    except KedrecError as error:
        if calls:
            return "network", calls[0]
        return ("refused" if sample.whole else "refused whole"), str(error)[:300]
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is what is looked for
        if calls:
            return "network", calls[0]
        last = traceback.extract_tb(error.__traceback__)[-1]
        return "defect", f"{type(error).__name__}: {error!s:.200} ({Path(last.filename).name}:{last.lineno})"
    if calls:
        return "network", calls[0]
    return ("lost", lost) if lost else ("loaded", "")


def _memory(process: int) -> int:
    """Megabytes that a process holds."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmRSS")), 0)


class _Attempt:
    """A sample being tried, in a process of its own."""

    def __init__(self, number: int, sample: Sample, work: Path) -> None:
        self._number, self._sample, self._folder = number, sample, work / str(number)
        (self._folder / "data").mkdir(parents=True)
        write(sample, self._folder / "data")
        self._before, self._began = _memory(os.getpid()), time.monotonic()
        self._held = 0
        self._process = os.fork()
        if self._process == 0:
            _in_own_process(sample, self._folder)

    def outcome(self) -> Outcome | None:
        """What became of it; None where it isn't at its end. Stops it where it takes too much."""
        stopped = ""
        if os.waitpid(self._process, os.WNOHANG)[0] == 0:
            self._held = max(self._held, _memory(self._process) - self._before)
            if self._held > MEGABYTES:
                stopped = "memory"
            elif time.monotonic() - self._began > SECONDS:
                stopped = "no end"
            else:
                return None
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
        seconds = round(time.monotonic() - self._began, 1)
        result, detail = (stopped, "") if stopped else self._told()
        shutil.rmtree(self._folder, ignore_errors=True)
        layout, change = self._sample.layout, self._sample.change
        return Outcome(self._number, layout, change, result, detail, seconds, self._held)

    def _told(self) -> tuple[str, str]:
        try:
            result, detail = json.loads((self._folder / _REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = self._folder / "stderr"
            return "died", said.read_text(encoding="utf-8", errors="replace")[-300:] if said.exists() else ""
        return result, detail


def _in_own_process(sample: Sample, folder: Path) -> NoReturn:
    status = 1
    try:
        with (folder / "stderr").open("w", encoding="utf-8") as out:
            faulthandler.enable(out)
            os.dup2(out.fileno(), 2)
            os.dup2(out.fileno(), 1)
            found = _run(sample, folder)
            (folder / _REPORT).write_text(json.dumps(found), encoding="utf-8")
        status = 0
    finally:
        # Nothing of the process that it was split from is to be ended here.
        os._exit(status)


def fuzz(
    seed: int,
    count: int,
    work: Path,
    *,
    jobs: int = 1,
    only: Callable[[int, Sample], bool] = lambda *_: True,
    tell: Callable[[Outcome], object] = lambda _: None,
) -> list[Outcome]:
    """Tries so many samples, or some of them; returns what became of each.

    Args:
        seed: the same samples for the same one.
        count: samples to make.
        work: folder for their files, which go with them.
        jobs: samples at a time.
        only: whether to try a sample, by its number from 1 and itself.
        tell: told of each when it is at its end.
    """
    made = iter(
        (number, sample) for number, sample in enumerate(samples(seed, count), 1) if only(number, sample)
    )
    running: list[_Attempt] = []
    found: list[Outcome] = []
    while True:
        # No threads: a process that is split from one with threads may wait for their locks.
        while len(running) < jobs and (following := next(made, None)):
            running.append(_Attempt(*following, work))
        if not running:
            return sorted(found, key=lambda one: one.number)
        ended = {attempt: outcome for attempt in running if (outcome := attempt.outcome())}
        running = [attempt for attempt in running if attempt not in ended]
        for outcome in ended.values():
            tell(outcome)
            found.append(outcome)
        time.sleep(0.02)


def main() -> int:
    """Prints what went wrong, and counts; 0 where nothing did."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_files", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="samples (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="which samples (default 1)")
    parser.add_argument("--jobs", type=int, default=1, help="samples at a time (default 1)")
    parser.add_argument("--only", type=int, nargs="*", default=(), help="numbers of the samples to try")
    arguments = parser.parse_args()
    chosen = frozenset(arguments.only)

    def tell(one: Outcome) -> None:
        if one.wrong or chosen:
            print(f"{one.number} {one.layout}, {one.change}: {one.result} {one.detail}", flush=True)

    with tempfile.TemporaryDirectory(prefix="kedrec-fuzz-") as work:
        found = fuzz(
            arguments.seed,
            arguments.count,
            Path(work),
            jobs=arguments.jobs,
            only=lambda number, _: not chosen or number in chosen,
            tell=tell,
        )
    print(f"{len(found)} samples: {dict(Counter(one.result for one in found).most_common())}")
    if found:
        seconds, megabytes = max(one.seconds for one in found), max(one.megabytes for one in found)
        print(f"slowest {seconds} s, most memory {megabytes} MB")
    return int(any(one.wrong for one in found))


if __name__ == "__main__":
    sys.exit(main())
