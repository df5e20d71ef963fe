"""Draws random command lines, runs each in its own process, and counts the failures.

    python -m benchmarks.fuzz_calls [--count 5000] [--seed 0] [--keep FOLDER]

Options come from the commands themselves; values are valid names, hostile ones, numbers out of range,
devices, pipes, folders and over-long paths in place of files, unusable settings, standard output closed or
full. A call fails if it ends as a defect or by a signal, doesn't end, fails without a message, prints control
characters, prints invalid JSON with --json, or would reach another machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.random_calls import Call, commands, make_call
from kedrec.cli import _COMMANDS, _LOAD_COMMANDS, _group
from kedrec.cli.common import run
from kedrec.loading import load_graph
from kedrec.naming import NameIndex
from kedrec.ranking import Ranker
from kedrec.settings import load_settings
from kedrec.stores import open_store

_SECONDS = 120  # a machine that does much else is slow
_SLOW_COMMANDS = {
    "train",
    "dataset",
    "evaluate",
    "rank",
    "graph",
    "documents",
}  # may take longer: ended early
_SLOW_SECONDS = 40
_NETWORK_COMMANDS = {"pull", "graph", "documents", "fetch"}  # may contact another machine
_EXPECTED_CODES = {0, 1, 2, 130}
_MEMORY = 6 << 30
_DEFECT_MESSAGES = ("Unexpected error", "Traceback (most recent call last)")


def faults(call: Call, status: int, out: bytes, err: bytes) -> Iterator[str]:
    """Yields descriptions of what is wrong with how a call ended.

    Args:
        call: the command line.
        status: exit status from `os.waitpid`.
        out, err: standard output and standard error.
    """
    stderr_text = err.decode("utf-8", "replace")
    code = os.waitstatus_to_exitcode(status)
    if (
        any(message in stderr_text for message in _DEFECT_MESSAGES)
        and call.settings.get("KEDREC_DEBUG") != "1"
    ):
        yield "defect: " + next(line for line in stderr_text.splitlines() if "rror" in line)[:120]
    if code not in _EXPECTED_CODES:
        yield f"signal {-code}" if code < 0 else f"exit code {code}"
    if code and not stderr_text.strip():
        yield "fails without a word"
    printed = out.decode("utf-8", "replace") + stderr_text
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in printed):
        yield "control characters"
    output_options = {"--json", "--help", "-h"} & set(call.words)
    if (
        not code
        and output_options == {"--json"}
        and call.stdout == "file"
        and out.strip()
        and not _is_json(out)
    ):
        yield "no JSON"


def _is_json(text: bytes) -> bool:
    """True for strict JSON, without NaN and Infinity."""
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(number: str) -> None:
    raise ValueError(number)


def _run_in_child(call: Call, work: Path, marker: Path) -> None:
    """Runs a call in this process and exits with its code."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    for name in [name for name in os.environ if name.startswith(("KEDREC_", "NEO4J_", "HF_"))]:
        del os.environ[name]
    os.environ |= {
        "KEDREC_HOME": str(work / "home"),
        "KEDREC_GRAPH": str(work / "graph"),
        "KEDREC_THREADS": "1",
    }
    os.environ |= call.settings
    os.chdir(work / "cwd")
    targets = {"file": work / "out", "full": Path("/dev/full"), "closed": Path(os.devnull)}
    for number, path, flags in (
        (0, Path(os.devnull), os.O_RDONLY),
        (1, targets[call.stdout], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, work / "err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin, sys.stderr = os.fdopen(0), os.fdopen(2, "w", errors="backslashreplace")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    if call.stdout == "closed":
        os.close(1)
        sys.stdout = None  # as Python begins with a closed descriptor
    _block_network(marker)
    program, table = ("kedrec", _COMMANDS) if call.words[0] == "kedrec" else ("kedrec-load", _LOAD_COMMANDS)
    code = run(_group(program, table, ""), call.words[1:])
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _block_network(marker: Path) -> None:
    """Blocks connections to other machines; an attempt creates the marker file."""

    def guard(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.getaddrinfo":
            host = arguments[0]
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        if str(host) not in {"::1", "localhost", "None", ""} and not str(host).startswith("127."):
            marker.touch()
            raise OSError("no network")

    sys.addaudithook(guard)


def run_call(call: Call, work: Path) -> str:
    """Runs a call in its own process; returns the first fault, "" for none."""
    marker = work / "reached"
    for path in (marker, work / "out", work / "err"):
        path.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if not process:
        try:
            _run_in_child(call, work, marker)
        finally:
            os._exit(70)
    is_slow = call.words[1] in _SLOW_COMMANDS
    status = _wait(process, _SLOW_SECONDS if is_slow else _SECONDS)
    if marker.exists() and not _NETWORK_COMMANDS & set(call.words):
        return "reaches another machine"
    if status is None:
        return "" if is_slow else "no end"
    out, err = (path.read_bytes() if path.exists() else b"" for path in (work / "out", work / "err"))
    return next(faults(call, status, out, err), "")


def _wait(process: int, seconds: int) -> int | None:
    """Waits for a process and returns its exit status; None after killing a slow or large one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _resident(process) < _MEMORY:
        finished, status = os.waitpid(process, os.WNOHANG)
        if finished:
            return status
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def _resident(process: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * resource.getpagesize()
    return 0


def prepare(work: Path) -> None:
    """Fills the folder with the built-in graph, its ranking and names, and paths of every kind."""
    for name in ("home", "cwd", "paths"):
        (work / name).mkdir()
    settings = load_settings(home=work / "home", graph=str(work / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, work_dir=work / "load")
        Ranker.open(store, settings.cache_dir)
        NameIndex.open(store, settings.cache_dir).close()
    (work / "bytes").write_bytes(bytes(range(256)))
    paths = work / "paths"
    (paths / "empty").mkdir()
    (paths / "empty.tsv").touch()
    (paths / "bytes.tsv").write_bytes(bytes(range(256)) * 4)
    (paths / "names.txt").write_text("multiple sclerosis\n\n# gout\nasthma\n", encoding="utf-8")
    (paths / "scores.parquet").touch()
    (paths / "loop").symlink_to(paths / "loop")
    os.mkfifo(paths / "pipe")
    own_tables = paths / "own"
    own_tables.mkdir()
    (own_tables / "nodes.tsv").write_text(
        "kind\tid\tname\nGene\tNCBIGene:1\t\x1b[31mA1BG\n", encoding="utf-8"
    )
    (own_tables / "edges.tsv").write_text("relation\tstart\tend\tlicence\n", encoding="utf-8")


@contextlib.contextmanager
def folder(keep: Path | None) -> Iterator[Path]:
    """Yields the folder for the calls: `keep`, which is not deleted, or a temporary one."""
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="kedrec-calls-") as work:
        yield Path(work)


def fuzz(count: int, seed: int, work: Path) -> list[tuple[str, Call]]:
    """Runs `count` calls; returns the failures, each with its fault."""
    generator = random.Random(seed)  # noqa: S311  # calls to try, no secrets
    leaves = commands()
    failures = []
    for number in range(count):
        call = make_call(generator, leaves, work)
        fault = run_call(call, work)
        if fault:
            failures.append((fault, call))
            print(f"{number}: {fault}\n  {call}", flush=True)
        if number % 100 == 99:
            print(f"{number + 1} calls, {len(failures)} wrong", file=sys.stderr, flush=True)
    return failures


def main() -> int:
    """Runs the calls and prints the number of failures by kind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_calls", description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a new folder for what the calls work on; it stays")
    arguments = parser.parse_args()
    with folder(arguments.keep) as work:
        prepare(work)
        failures = fuzz(arguments.count, arguments.seed, work)
    kinds = Counter(fault.split(":")[0] for fault, _ in failures)
    print(f"{arguments.count} calls, seed {arguments.seed}: {len(failures)} wrong {dict(kinds)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
