"""Waits for an answer without blocking, up to a deadline, while the asker is there."""

import asyncio
from concurrent.futures import Future
from typing import Any, TypeVar

from fastapi import Request

from kedrec.errors import DeadlineError
from kedrec.service.fair_queue import closed_error

__all__ = ["AskerLeftError", "Deadline", "result_of"]

_Result = TypeVar("_Result")


class AskerLeftError(Exception):
    """The asker closed the connection, so that nobody waits for the answer."""


class Deadline:
    """The end of the time that a question has, for all its steps together.

    Args:
        seconds: time from now.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds

    @property
    def left(self) -> float:
        """Seconds left, 0 or more."""
        return max(0.0, self._end - asyncio.get_running_loop().time())

    def error(self) -> DeadlineError:
        """The error of an answer that took too long."""
        return DeadlineError(
            f"There was no answer within {self._seconds:g} seconds.", "Ask for less, or again later."
        )


async def result_of(future: Future[_Result], deadline: Deadline, request: Request | None = None) -> _Result:
    """The result of a submitted question.

    Args:
        future: the result to come. It is cancelled where nobody waits for it any more.
        deadline: the question's time.
        request: the asker's request, whose body was read; None: the asker needn't stay.

    Raises:
        AskerLeftError: the asker left; a question whose turn hadn't come is dropped.
        ServiceBusyError: the engine was closed.
        DeadlineError: there is no result in time.
        KedrecError: whatever the question raises.
    """
    answer: asyncio.Future[_Result] = asyncio.wrap_future(future)
    awaited: set[asyncio.Future[Any]] = {answer}
    departure = None if request is None else asyncio.ensure_future(_departure(request))
    if departure is not None:
        awaited.add(departure)
    try:
        await asyncio.wait(awaited, timeout=deadline.left, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            if answer.cancelled():
                raise closed_error()
            return answer.result()
        if departure is not None and departure.done():
            raise AskerLeftError
        raise deadline.error()
    finally:
        if departure is not None:
            departure.cancel()
        answer.cancel()


async def _departure(request: Request) -> None:
    """Returns when the asker has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
