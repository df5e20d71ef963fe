"""Takes the questions of many threads in turn, each answered from one graph by the functions of `Kedrec`."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

from kedrec.api import Kedrec
from kedrec.errors import DeadlineError, ServiceBusyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kedrec.settings import Settings

__all__ = ["Engine"]

_Result = TypeVar("_Result")


class Engine:
    """A graph that many threads ask about at once.

    A context manager. There are two queues, each with one thread and one `Kedrec`: questions for the language
    model, and all others, which so never wait for it. A queue is answered in the order of arrival. A graph
    that was replaced is taken over between two questions, by `Kedrec` itself.

    Args:
        settings: the settings, as of `Kedrec`.
        most_waiting: most questions of a queue, the one being answered included, 1 or more.

    Raises:
        UsageError: `most_waiting` is less than 1.
    """

    def __init__(self, settings: Settings, *, most_waiting: int = 64) -> None:
        if most_waiting < 1:
            raise UsageError(f"'most_waiting' is {most_waiting}.", "Give 1 or more.")
        self._queues = {
            llm: _Queue(settings, "the language model" if llm else "the graph", most_waiting)
            for llm in (False, True)
        }

    def submit(self, question: Callable[[Kedrec], _Result], *, llm: bool) -> Future[_Result]:
        """Puts a question into a queue.

        Args:
            question: called in the queue's thread with its `Kedrec`; may call its methods, and returns plain
                data that doesn't refer to it.
            llm: whether it may use the language model.

        Returns:
            The answer to come. `cancel` takes the question out of the queue while it isn't being answered.

        Raises:
            ServiceBusyError: the queue is full, or the engine was closed.
        """
        return self._queues[llm].submit(question)

    def ask(self, question: Callable[[Kedrec], _Result], *, llm: bool, seconds: float = 60.0) -> _Result:
        """Asks a question and waits for its answer.

        Args:
            question, llm: as of `submit`.
            seconds: longest wait. A question whose turn didn't come is dropped then; one that is being
                answered goes on to its end, unheard.

        Raises:
            ServiceBusyError: the queue is full, or the engine was closed.
            DeadlineError: there is no answer in time.
            KedrecError: whatever the question raises.
        """
        answer = self.submit(question, llm=llm)
        try:
            return answer.result(seconds)
        except CancelledError as error:
            raise _closed() from error
        except TimeoutError as error:
            answer.cancel()
            raise DeadlineError(
                f"There was no answer within {seconds:g} seconds.", "Ask for less, or again later."
            ) from error

    def close(self) -> None:
        """Drops what waits, lets what is being answered end, and closes graph and model; may be repeated."""
        for queue in self._queues.values():
            queue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Queue:
    """One thread with a `Kedrec` that only it uses, and the questions that wait for it."""

    def __init__(self, settings: Settings, name: str, most_waiting: int) -> None:
        self._name = name
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._count = 0
        self._is_closed = False
        self._kedrec = Kedrec(settings)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kedrec")

    def submit(self, question: Callable[[Kedrec], _Result]) -> Future[_Result]:
        with self._lock:
            if self._is_closed:
                raise _closed()
            if self._count >= self._most_waiting:
                raise ServiceBusyError(
                    f"{self._count} questions already wait for {self._name}.", "Ask again later."
                )
            answer = self._thread.submit(question, self._kedrec)
            self._count += 1
        answer.add_done_callback(self._count_down)  # outside the lock, which it takes
        return answer

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        self._thread.shutdown(cancel_futures=True)
        self._kedrec.close()

    def _count_down(self, _: object) -> None:
        with self._lock:
            self._count -= 1


def _closed() -> ServiceBusyError:
    return ServiceBusyError("The service is being stopped.", "Ask again when it runs.")
