"""A bounded queue of tasks for one thread, in which askers take turns."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from kedrec.errors import ServiceBusyError

__all__ = ["FairQueue", "closed_error"]

_Result = TypeVar("_Result")


class FairQueue:
    """Tasks that one thread carries out, an asker's in the order of arrival and the askers in turn.

    Args:
        name: what the tasks wait for, in messages.
        most_waiting: most tasks, the one being carried out included, 1 or more.
    """

    def __init__(self, name: str, most_waiting: int) -> None:
        self._name = name
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._tasks: OrderedDict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = OrderedDict()
        self._count = 0
        self._listen: Callable[[int], None] = lambda _: None
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="kedrec", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """Number of tasks that wait or are being carried out."""
        return self._count

    def watch(self, listen: Callable[[int], None]) -> None:
        """Has a function called with the number of tasks, now and with each change."""
        with self._changed:
            self._listen = listen
            listen(self._count)

    def submit(self, task: Callable[[], _Result], asker: str = "") -> Future[_Result]:
        """Puts a task into the queue.

        Args:
            task: called in the queue's thread.
            asker: who asks; those with other names have their turns between two tasks of one.

        Returns:
            The result to come. `cancel` takes the task out of the queue while it isn't being carried out.

        Raises:
            ServiceBusyError: the queue is full or closed.
        """
        result: Future[_Result] = Future()
        with self._changed:
            if self._is_closed:
                raise closed_error()
            if self._count >= self._most_waiting:
                raise ServiceBusyError(
                    f"{self._count} questions already wait for {self._name}.", "Ask again later."
                )
            self._count += 1
            self._listen(self._count)
            self._tasks.setdefault(asker, deque()).append((result, task))
            self._changed.notify()
        result.add_done_callback(self._count_down)  # outside the lock, which it takes
        return result

    def close(self) -> None:
        """Drops what waits, and returns when the task being carried out has ended; may be repeated."""
        with self._changed:
            self._is_closed = True
            dropped = [result for tasks in self._tasks.values() for result, _ in tasks]
            self._tasks.clear()
            self._changed.notify()
        for result in dropped:
            result.cancel()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._tasks and not self._is_closed:
                    self._changed.wait()
                if self._is_closed:
                    return
                asker, tasks = self._tasks.popitem(last=False)
                result, task = tasks.popleft()
                if tasks:
                    self._tasks[asker] = tasks  # behind the other askers
            if result.set_running_or_notify_cancel():
                try:
                    result.set_result(task())
                except BaseException as error:  # noqa: BLE001  # it is the asker's
                    result.set_exception(error)
            del result, task, tasks  # else the last answer would stay in memory until the next

    def _count_down(self, _: object) -> None:
        with self._changed:
            self._count -= 1
            self._listen(self._count)


def closed_error() -> ServiceBusyError:
    """The error of a question to a service that is being stopped."""
    return ServiceBusyError("The service is being stopped.", "Ask again when it runs.")
