"""Waits for a server that end: another thread waits, and the caller gives up after a time.

A driver waits for an answer for as long as the connection stands, and a server that hangs, or a line that is
dead, keeps it standing for hours. Nothing of a driver's ends that wait from outside, so the caller's thread
isn't the one that waits.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Wait", "wait_for"]

T = TypeVar("T")


class Wait(Generic[T]):
    """Work that another thread does while the caller waits.

    Attributes:
        is_given_up: the caller waits no more; work that isn't done yet must not be begun.
    """

    def __init__(self, work: Callable[[Wait[T]], T], late: Callable[[T], None] | None) -> None:
        self._work = work
        self._late = late
        self._done = threading.Event()
        self._changing = threading.Lock()
        self._result: T
        self._error: BaseException | None = None
        self._heard = time.monotonic()
        self.is_given_up = False

    def heard(self) -> None:
        """Notes that the server is there: from now on, the caller waits for the whole time again."""
        self._heard = time.monotonic()

    def do(self) -> None:
        """Does the work; what comes of it after the caller has left is handed to `late`."""
        try:
            self._result = self._work(self)
        except BaseException as error:  # noqa: BLE001  # raised again where the caller waits
            self._error = error
        with self._changing:
            self._done.set()
            is_late = self.is_given_up
        if is_late and self._error is None and self._late is not None:
            with contextlib.suppress(Exception):  # nobody is left to be told
                self._late(self._result)

    def result(self, seconds: float) -> T:
        """What the work returned, or the error that it raised.

        Raises:
            TimeoutError: nothing was heard for that many seconds.
        """
        try:
            while not self._done.wait(max(0.0, self._heard + seconds - time.monotonic())):
                if time.monotonic() >= self._heard + seconds:
                    break
        finally:  # also where the caller was interrupted
            with self._changing:
                self.is_given_up = not self._done.is_set()
        if self.is_given_up:
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._result


class _Waiters:
    """Threads that wait; one that has done its work takes the next."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._free: list[queue.SimpleQueue[Wait[object]]] = []

    def begin(self, wait: Wait[T]) -> None:
        if self._process != os.getpid():  # a forked process has none of them
            self._process, self._free = os.getpid(), []
        try:
            jobs = self._free.pop()
        except IndexError:
            jobs = queue.SimpleQueue()
            # Not one that the interpreter joins at its end: it may wait forever.
            threading.Thread(target=self._serve, args=(jobs,), name="kedrec-wait", daemon=True).start()
        jobs.put(wait)  # type: ignore[arg-type]  # what comes of it is for whoever waits

    def _serve(self, jobs: queue.SimpleQueue[Wait[object]]) -> None:
        while True:
            jobs.get().do()
            self._free.append(jobs)


_WAITERS = _Waiters()


def wait_for(work: Callable[[Wait[T]], T], seconds: float, late: Callable[[T], None] | None = None) -> T:
    """What `work` returns, done in another thread.

    Args:
        work: is given the wait, to say that it heard of the server and to learn whether it was given up.
        seconds: how long to wait without hearing of the server.
        late: is given what `work` returned, where it ended after the caller had left.

    Raises:
        TimeoutError: nothing was heard for that many seconds.
    """
    wait = Wait(work, late)
    _WAITERS.begin(wait)
    return wait.result(seconds)
