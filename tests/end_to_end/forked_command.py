"""Runs a command in a process of its own, forked from one that has imported the libraries."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing import forkserver
from pathlib import Path

from kedrec.cli import main, main_load

_MODULES = (
    "kedrec.api",
    "kedrec.cli.answer_table",
    "kedrec.cli.ask",
    "kedrec.cli.load",
    "kedrec.loading.pipeline",
    "kedrec.ranking.ensemble",
    "kedrec.ranking.features",
    "kedrec.ranking.fit",
    "kedrec.stores.ladybug",
    "lightgbm",
    "sklearn.linear_model",
    "sklearn.metrics",
)
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([*_MODULES])


def run_forked(
    program: Path,
    words: list[str],
    environment: Mapping[str, str],
    outputs: tuple[Path, Path],
    seconds: float,
) -> int | None:
    """Runs `program` and returns its exit status; None where it had to be ended.

    Several may run at the same time. What Python itself reads from the environment has no effect.

    Args:
        program: the installed script, for its name.
        words: its arguments.
        environment: all variables it sees.
        outputs: files for standard output and standard error.
        seconds: how long it may run.
    """
    with_policy = {"OMP_WAIT_POLICY": "passive"}  # as the program sets it before the libraries are loaded
    before = {name: os.environ.get(name) for name in with_policy}
    os.environ.update(with_policy)
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    process = _context.Process(
        target=_run, args=(program, words, dict(environment), str(Path.cwd()), outputs)
    )
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return None
    status = process.exitcode
    process.close()
    return status


def _run(
    program: Path, words: list[str], environment: dict[str, str], folder: str, outputs: tuple[Path, Path]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
    sys.argv = [str(program), *words]
    try:
        {"kedrec": main, "kedrec-load": main_load}[program.name]()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out
