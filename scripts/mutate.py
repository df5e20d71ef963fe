"""Mutation testing of the project's promises: breaks each by one change and expects a test to fail.

    python scripts/mutate.py [--only WORD] [--jobs N]

`tests/mutations.yaml` lists the changes: the broken promise, the file, the text and its replacement, and the
tests that should notice, of which those that need a Neo4j are skipped. Each change is applied to a copy of
the checkout. A change that no test notices is a promise without a test: it fails the run, unless the list
gives a reason why nothing can notice. With `--jobs`, several are tried at a time, each in a copy of its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import yaml

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutations.yaml"
_SECONDS = 900
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Mutation:
    """One change.

    Attributes:
        breaks: the broken promise, in words.
        file: the module, from the checkout's root.
        text: the text to replace, unique in the file.
        instead: its replacement.
        tests: the test files, or tests, that should notice.
        survives: the reason why none can; "" if one must.
    """

    breaks: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]
    survives: str = ""

    @property
    def package(self) -> str:
        """The package of the module, without `kedrec`; the module itself where it is in none."""
        return self.file.split("/")[1]


def mutations(path: Path = LIST) -> list[Mutation]:
    """Reads the list of changes.

    Raises:
        TypeError: a change has an unknown field, or lacks one.
    """
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Mutation(**entry | {"tests": tuple(entry["tests"])}) for entry in entries]


def apply(mutation: Mutation, root: Path) -> str:
    """Applies a change; returns the file's text before it.

    Raises:
        ValueError: the text isn't in the file exactly once.
    """
    path = root / mutation.file
    before = path.read_text(encoding="utf-8")
    if before.count(mutation.text) != 1:
        times = before.count(mutation.text)
        raise ValueError(f"{mutation.file} has the text {times} times: {mutation.text!r}")
    path.write_text(before.replace(mutation.text, mutation.instead), encoding="utf-8")
    return before


def copy_of_checkout(target: Path) -> Path:
    """Copies every file that Git tracks, with uncommitted changes, into a folder, and returns it."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


def outcome(tests: Sequence[str], root: Path, seconds: int = _SECONDS) -> str:
    """Runs the tests on a changed copy: `caught`, `survived`, `slow` (over time), or pytest's own failure."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-o",
        f"cache_dir={ROOT / '.pytest_cache'}",  # where the tests keep the model that they fetched
        "-m",
        "not neo4j",
        *tests,
    ]
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        process = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return "slow"
    # 1: a test failed. A module that can't be imported any more (2) or no test at all (5) proves nothing.
    return {0: "survived", 1: "caught"}.get(process.returncode, f"pytest ended with {process.returncode}")


def in_copies(
    call: Callable[[_Item, Path], _Result], items: Sequence[_Item], roots: Sequence[Path]
) -> list[_Result]:
    """Calls the function with each item and a copy of the checkout that no other call uses meanwhile."""
    idle: SimpleQueue[Path] = SimpleQueue()
    for root in roots:
        idle.put(root)

    def call_in_idle(item: _Item) -> _Result:
        root = idle.get()
        try:
            return call(item, root)
        finally:
            idle.put(root)

    with ThreadPoolExecutor(len(roots)) as pool:
        return list(pool.map(call_in_idle, items))


def attempt(mutation: Mutation, root: Path) -> str:
    """Tries one change in a copy of the checkout, prints a line with its `outcome`, and returns that."""
    before = apply(mutation, root)
    result = outcome(mutation.tests, root)
    (root / mutation.file).write_text(before, encoding="utf-8")
    reason = f" ({mutation.survives})" if mutation.survives else ""
    print(f"{result:<9} {mutation.file}: {mutation.breaks}{reason}", flush=True)
    return result


def table(selection: Sequence[Mutation], results: Sequence[str]) -> str:
    """Markdown table of the changes and of those that were caught, by package."""
    changes = Counter(mutation.package for mutation in selection)
    caught = Counter(
        mutation.package for mutation, result in zip(selection, results, strict=True) if result == "caught"
    )
    rows = [f"| {package} | {count} | {caught[package]} |" for package, count in sorted(changes.items())]
    rows.append(f"| all | {changes.total()} | {caught.total()} |")
    return "\n".join(["| package | changes | caught |", "| --- | ---: | ---: |", *rows])


def main() -> int:
    """Runs the changes and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="changes whose file or promise has this word")
    parser.add_argument("--jobs", type=int, default=1, help="changes tried at a time (default 1)")
    arguments = parser.parse_args()
    word = arguments.only
    selection = [mutation for mutation in mutations() if word in mutation.file or word in mutation.breaks]
    with tempfile.TemporaryDirectory(prefix="kedrec-mutations-") as folder:
        roots = [copy_of_checkout(Path(folder) / str(job)) for job in range(max(1, arguments.jobs))]
        # Red tests would seem to catch every change.
        files = sorted({test.partition("::")[0] for mutation in selection for test in mutation.tests})
        unchanged = in_copies(lambda file, root: outcome([file], root, 4 * _SECONDS), files, roots)
        failing = [
            f"{file} ({result})"
            for file, result in zip(files, unchanged, strict=True)
            if result != "survived"
        ]
        if failing:
            print("Without any change:", *failing, sep="\n", file=sys.stderr)
            return 2
        results = in_copies(attempt, selection, roots)
    print(table(selection, results))
    failed = sum(
        result != ("survived" if mutation.survives else "caught")
        for mutation, result in zip(selection, results, strict=True)
    )
    print(f"{failed} not as listed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
