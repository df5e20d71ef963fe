"""Timeouts for calls to a server: another thread makes the call, and the caller stops waiting after a time.

A driver waits for an answer until the connection ends, which takes hours if the server hangs or the line is
dead. Drivers have no way to interrupt that wait, so another thread than the caller's waits.
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
    """Work of another thread and the caller's wait for it.

    Attributes:
        is_given_up: True after the caller's timeout; no further work may be begun then.
    """

    def __init__(self, work: Callable[[Wait[T]], T], late: Callable[[T], None] | None) -> None:
        self._work = work
        self._late = late
        self._done = threading.Event()
        self._state_lock = threading.Lock()
        self._result: T
        self._error: BaseException | None = None
        self._last_sign = time.monotonic()
        self.is_abandoned = False

    def record_sign(self) -> None:
        """Records a sign of life of the server, which restarts the caller's timeout."""
        self._last_sign = time.monotonic()

    def do(self) -> None:
        """Does the work; passes a result after the caller's timeout to `late`."""
        try:
            self._result = self._work(self)
        except BaseException as error:  # noqa: BLE001  # raised again where the caller waits
            self._error = error
        with self._state_lock:
            self._done.set()
            is_late = self.is_abandoned
        if is_late and self._error is None and self._late is not None:
            with contextlib.suppress(Exception):  # no caller is waiting for it
                self._late(self._result)

    def result(self, seconds: float) -> T:
        """Waits for the work and returns its result, or raises its error.

        Raises:
            TimeoutError: `seconds` passed without a sign of life.
        """
        try:
            while not self._done.wait(max(0.0, self._last_sign + seconds - time.monotonic())):
                if time.monotonic() >= self._last_sign + seconds:
                    break
        finally:  # also if the caller is interrupted
            with self._state_lock:
                self.is_abandoned = not self._done.is_set()
        if self.is_abandoned:
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._result


class _Waiters:
    """Pool of threads that wait; a thread whose work is done takes the next."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._idle: list[queue.SimpleQueue[Wait[object]]] = []

    def begin(self, wait: Wait[T]) -> None:
        if self._process != os.getpid():  # a forked process has none of the threads
            self._process, self._idle = os.getpid(), []
        try:
            jobs = self._idle.pop()
        except IndexError:
            jobs = queue.SimpleQueue()
            # A daemon, which the interpreter doesn't join at exit: it may wait forever.
            threading.Thread(target=self._serve, args=(jobs,), name="kedrec-wait", daemon=True).start()
        jobs.put(wait)  # type: ignore[arg-type]  # the result's type only concerns the caller

    def _serve(self, jobs: queue.SimpleQueue[Wait[object]]) -> None:
        while True:
            jobs.get().do()
            self._idle.append(jobs)


_WAITERS = _Waiters()


def wait_for(work: Callable[[Wait[T]], T], seconds: float, late: Callable[[T], None] | None = None) -> T:
    """Runs `work` in another thread and returns its result.

    Args:
        work: called with the wait, to record signs of life of the server and to check for the timeout.
        seconds: timeout since the last sign of life.
        late: called with the result of `work` if it ends after the timeout.

    Raises:
        TimeoutError: `seconds` passed without a sign of life.
    """
    wait = Wait(work, late)
    _WAITERS.begin(wait)
    return wait.result(seconds)
