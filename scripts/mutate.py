"""Breaks what the project promises, one change at a time, and sees that a test fails.

    python scripts/mutate.py [--only WORD]

`tests/mutations.yaml` lists the changes: what they break, the file, the text and what takes its place, and
the tests that should notice, of which those that need a Neo4j are left out. Each is made in a copy of the
checkout. A change that no test notices is a promise without a test: it fails the run, unless the list gives
the reason why nothing can notice.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutations.yaml"
_SECONDS = 900


@dataclass(frozen=True)
class Mutation:
    """One change.

    Attributes:
        breaks: the promise that it breaks, in words.
        file: the module, from the checkout's root.
        text: what stands there, exactly once.
        instead: what takes its place.
        tests: the test files, or tests, that should notice.
        survives: why none can; "" where one must.
    """

    breaks: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]
    survives: str = ""


def mutations(path: Path = LIST) -> list[Mutation]:
    """The changes of the list.

    Raises:
        TypeError: one has a field that isn't known, or lacks one.
    """
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Mutation(**one | {"tests": tuple(one["tests"])}) for one in listed]


def apply(one: Mutation, root: Path) -> str:
    """Makes a change and gives the file's text before it.

    Raises:
        ValueError: the text doesn't stand in the file exactly once.
    """
    path = root / one.file
    before = path.read_text(encoding="utf-8")
    if before.count(one.text) != 1:
        raise ValueError(f"{one.file} has the text {before.count(one.text)} times: {one.text!r}")
    path.write_text(before.replace(one.text, one.instead), encoding="utf-8")
    return before


def copy_of_checkout(target: Path) -> Path:
    """A copy of every file that Git tracks, as it stands now."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


def outcome(tests: Sequence[str], root: Path) -> str:
    """`caught`, `survived`, or `slow` (which no test says anything of), with a change made."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "not neo4j",
        *tests,
    ]
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "slow"
    # 1: a test failed. A module that can't be imported any more (2) or no test at all (5) proves nothing.
    return {0: "survived", 1: "caught"}.get(done.returncode, f"pytest ended with {done.returncode}")


def main() -> int:
    """Runs the changes and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="changes whose file or promise has this word")
    word = parser.parse_args().only
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kedrec-mutations-") as folder:
        root = copy_of_checkout(Path(folder))
        chosen = [one for one in mutations() if word in one.file or word in one.breaks]
        tests = sorted({test for one in chosen for test in one.tests})
        if outcome(tests, root) != "survived":  # what is red already would seem to catch everything
            print(f"The tests fail without any change: {' '.join(tests)}", file=sys.stderr)
            return 2
        for one in chosen:
            before = apply(one, root)
            result = outcome(one.tests, root)
            (root / one.file).write_text(before, encoding="utf-8")
            expected = "survived" if one.survives else "caught"
            failed += result != expected
            reason = f" ({one.survives})" if one.survives else ""
            print(f"{result:<9} {one.file}: {one.breaks}{reason}", flush=True)
    print(f"{failed} not as listed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
