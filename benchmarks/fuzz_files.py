"""Loads hostile files, each in its own process, and counts the failures:

    python -m benchmarks.fuzz_files --count 500 --seed 1

A sample passes if it is loaded, or refused with one of KEDRec's own errors, within the limits of time and
memory, without a call to the network, and without the loss of a sound record.
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

from benchmarks.hostile_files import HostileSample, samples, write
from kedrec.documents.loading import load_documents
from kedrec.documents.passage_index import PassageIndex
from kedrec.errors import KedrecError
from kedrec.loading import load_graph
from kedrec.schema import load_schema
from kedrec.settings import load_settings
from kedrec.stores import open_store

__all__ = ["SampleResult", "fuzz"]

SECONDS = 120
"""Time limit of one sample; sound files of this size take one or two seconds."""
MEGABYTES = 1500
"""Memory limit of one sample above this process's own; DuckDB alone may take 1,000."""
_REPORT = "outcome.json"


@dataclass(frozen=True, slots=True)
class SampleResult:
    """Result of one sample.

    Attributes:
        number: of the sample, from 1.
        layout, change: of the sample.
        result: `loaded` or `refused`; or a failure: `no end`, `memory`, `defect`, `died`, `network`, `lost`,
            `refused whole`.
        detail: the error, or the lost records.
        seconds, megabytes: wall time and peak memory.
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
        """True if the sample failed."""
        return self.result not in ("loaded", "refused")


class _Network(Exception):  # noqa: N818  # a forbidden call
    pass


@contextmanager
def _without_network(calls: list[str]) -> Iterator[None]:
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def refuse(*arguments: Any, **_: Any) -> NoReturn:
        calls.append(repr(arguments)[:200])
        raise _Network(calls[-1])

    socket.socket.connect = refuse  # type: ignore[method-assign]  # this process ends with the sample
    socket.getaddrinfo = refuse
    try:
        yield
    finally:
        socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo  # type: ignore[method-assign]


def _load(sample: HostileSample, folder: Path) -> str:
    """Loads a sample; returns its lost sound records as text, "" for none."""
    if not sample.source:
        with PassageIndex.open(folder / "index", create=True) as index:
            report = load_documents(index, [folder / "data"], linker=None)
            ids = {id_ for id_ in sample.sound_ids if index.catalogue.entry(id_)}
            is_complete = report.read == report.indexed + report.rejected
        return _missing_records(sample, ids, is_complete=is_complete)
    settings = load_settings(home=folder / "home")
    with open_store(str(folder / "graph"), settings, read_only=False) as store:
        loaded = load_graph(store, [sample.source], data_dir=folder / "data", work_dir=folder / "work")
        rows = [part for source in loaded.sources for part in (source.nodes, source.edges)]
        is_complete = all(
            counts.read == counts.loaded + counts.merged + counts.rejected + counts.left_out
            and counts.merged >= 0
            for counts in rows
        )
        ids = {
            id_
            for kind in load_schema().kinds
            if loaded.nodes.get(kind)
            for row in store.nodes(kind, ["id", "xrefs"]).to_pylist()
            for id_ in (row["id"], *row["xrefs"])
        }
    return _missing_records(sample, ids, is_complete=is_complete)


def _missing_records(sample: HostileSample, ids: set[str], *, is_complete: bool) -> str:
    missing = sorted(sample.sound_ids - ids)
    return ", ".join(missing) or ("" if is_complete else "rows that no count has")


def _run(sample: HostileSample, folder: Path) -> tuple[str, str]:
    """Loads a sample in this process; returns result and detail."""
    calls: list[str] = []
    try:
        with _without_network(calls):
            missing = _load(sample, folder)
    except KedrecError as error:
        if calls:
            return "network", calls[0]
        return ("refused" if sample.may_be_refused else "refused whole"), str(error)[:300]
    except BaseException as error:  # noqa: BLE001  # any other error is a defect
        if calls:
            return "network", calls[0]
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return (
            "defect",
            f"{type(error).__name__}: {error!s:.200} ({Path(frame.filename).name}:{frame.lineno})",
        )
    if calls:
        return "network", calls[0]
    return ("lost", missing) if missing else ("loaded", "")


def _memory(process: int) -> int:
    """Resident memory of a process, in megabytes; 0 once it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmRSS")), 0)


class _Attempt:
    """A sample being loaded in its own process."""

    def __init__(self, number: int, sample: HostileSample, work: Path) -> None:
        self._number, self._sample, self._folder = number, sample, work / str(number)
        (self._folder / "data").mkdir(parents=True)
        write(sample, self._folder / "data")
        self._before, self._began = _memory(os.getpid()), time.monotonic()
        self._memory_used = 0
        self._process = os.fork()
        if self._process == 0:
            _in_own_process(sample, self._folder)

    def outcome(self) -> SampleResult | None:
        """The result; None while the process runs within its limits. Kills it beyond them."""
        limit = ""
        if os.waitpid(self._process, os.WNOHANG)[0] == 0:
            self._memory_used = max(self._memory_used, _memory(self._process) - self._before)
            if self._memory_used > MEGABYTES:
                limit = "memory"
            elif time.monotonic() - self._began > SECONDS:
                limit = "no end"
            else:
                return None
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
        seconds = round(time.monotonic() - self._began, 1)
        result, detail = (limit, "") if limit else self._read_report()
        shutil.rmtree(self._folder, ignore_errors=True)
        layout, change = self._sample.layout, self._sample.change
        return SampleResult(self._number, layout, change, result, detail, seconds, self._memory_used)

    def _read_report(self) -> tuple[str, str]:
        try:
            result, detail = json.loads((self._folder / _REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            stderr = self._folder / "stderr"
            return "died", stderr.read_text(encoding="utf-8", errors="replace")[
                -300:
            ] if stderr.exists() else ""
        return result, detail


def _in_own_process(sample: HostileSample, folder: Path) -> NoReturn:
    status = 1
    try:
        with (folder / "stderr").open("w", encoding="utf-8") as out:
            faulthandler.enable(out)
            os.dup2(out.fileno(), 2)
            os.dup2(out.fileno(), 1)
            report = _run(sample, folder)
            (folder / _REPORT).write_text(json.dumps(report), encoding="utf-8")
        status = 0
    finally:
        # Exit handlers inherited from the parent process must not run here.
        os._exit(status)


def fuzz(
    seed: int,
    count: int,
    work: Path,
    *,
    jobs: int = 1,
    only: Callable[[int, HostileSample], bool] = lambda *_: True,
    on_outcome: Callable[[SampleResult], object] = lambda _: None,
) -> list[SampleResult]:
    """Loads `count` samples, or some of them; returns their results.

    Args:
        seed: the same samples for the same one.
        count: number of samples.
        work: folder for their files, deleted afterwards.
        jobs: samples at a time.
        only: whether to load a sample, given its number from 1 and itself.
        on_outcome: called with each result.
    """
    pending = iter(
        (number, sample) for number, sample in enumerate(samples(seed, count), 1) if only(number, sample)
    )
    running: list[_Attempt] = []
    outcomes: list[SampleResult] = []
    while True:
        # No threads: a process forked from one with threads may wait for their locks forever.
        while len(running) < jobs and (next_sample := next(pending, None)):
            running.append(_Attempt(*next_sample, work))
        if not running:
            return sorted(outcomes, key=lambda outcome: outcome.number)
        finished = {attempt: outcome for attempt in running if (outcome := attempt.outcome())}
        running = [attempt for attempt in running if attempt not in finished]
        for outcome in finished.values():
            on_outcome(outcome)
            outcomes.append(outcome)
        time.sleep(0.02)


def main() -> int:
    """Prints the failures and their number; returns 0 without any."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_files", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="samples (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="which samples (default 1)")
    parser.add_argument("--jobs", type=int, default=1, help="samples at a time (default 1)")
    parser.add_argument("--only", type=int, nargs="*", default=(), help="numbers of the samples to try")
    arguments = parser.parse_args()
    numbers = frozenset(arguments.only)

    def print_outcome(outcome: SampleResult) -> None:
        if outcome.wrong or numbers:
            print(
                f"{outcome.number} {outcome.layout}, {outcome.change}: {outcome.result} {outcome.detail}",
                flush=True,
            )

    with tempfile.TemporaryDirectory(prefix="kedrec-fuzz-") as work:
        outcomes = fuzz(
            arguments.seed,
            arguments.count,
            Path(work),
            jobs=arguments.jobs,
            only=lambda number, _: not numbers or number in numbers,
            on_outcome=print_outcome,
        )
    print(f"{len(outcomes)} samples: {dict(Counter(outcome.result for outcome in outcomes).most_common())}")
    if outcomes:
        seconds, megabytes = (
            max(outcome.seconds for outcome in outcomes),
            max(outcome.megabytes for outcome in outcomes),
        )
        print(f"slowest {seconds} s, most memory {megabytes} MB")
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
