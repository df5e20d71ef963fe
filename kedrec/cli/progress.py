"""Progress on stderr: bars on a terminal, else lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from kedrec.cli.common import say
from kedrec.common.plain_text import printable

__all__ = ["ShownProgress", "progress_on_stderr"]


class ShownProgress(Protocol):
    """A callback for long-running functions, of type `Progress`, whose display can be hidden."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Shows how much of a stage is done."""

    def hide(self) -> None:
        """Takes the display off the terminal, until the next call."""


@contextmanager
def progress_on_stderr() -> Iterator[ShownProgress]:
    """Shows progress on stderr: bars on a terminal, else lines for stages of over two seconds.

    Yields:
        a callback for the long-running functions.
    """
    if not sys.stderr.isatty():
        yield _Lines()
        return
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.hide()


class _Bars:
    """Bars, one stage at a time."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._tasks: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self._bars.start()
        if stage not in self._tasks:
            for task in self._tasks.values():
                self._bars.update(task, visible=False)
            self._tasks[stage] = self._bars.add_task(printable(stage), total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total, visible=True)

    def hide(self) -> None:
        if self._bars.live.is_started:  # a stop prints an empty line on a terminal without cursor movements
            self._bars.stop()


class _Lines:
    """A line for a stage that takes over two seconds, and another every ten."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._printed: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        start = self._started.setdefault(stage, now)
        if now - start >= 2.0 and now - self._printed.get(stage, 0.0) >= 10.0:
            self._printed[stage] = now
            total_text = "" if total is None else f" of {total:,}"
            say(f"{stage}: {done:,}{total_text}", err=True)

    def hide(self) -> None:
        """Does nothing: lines stay."""
