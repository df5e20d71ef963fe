"""Asks the engine from an endpoint: waits without blocking, up to a deadline, while the asker is there."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from fastapi import Request

from kedrec.api import Kedrec
from kedrec.errors import DeadlineError, ServiceBusyError
from kedrec.service.engine import Engine

__all__ = ["AskerLeftError", "ask", "wait_for"]

_Result = TypeVar("_Result")


class AskerLeftError(Exception):
    """The asker closed the connection, so that nobody waits for the answer."""


async def ask(
    engine: Engine, request: Request, question: Callable[[Kedrec], _Result], *, llm: bool, seconds: float
) -> _Result:
    """The engine's answer to a question.

    Args:
        engine: the engine.
        request: the asker's request, whose body was read.
        question, llm: as of `Engine.submit`.
        seconds: longest wait.

    Raises:
        AskerLeftError: the asker left; a question whose turn hadn't come is dropped.
        ServiceBusyError: the queue is full, or the engine was closed.
        DeadlineError: there is no answer in time.
        KedrecError: whatever the question raises.
    """
    return await wait_for(engine.submit(question, llm=llm), request, seconds)


async def wait_for(future: Future[_Result], request: Request, seconds: float) -> _Result:
    """The result of a submitted question. Arguments and errors as of `ask`."""
    answer: asyncio.Future[_Result] = asyncio.wrap_future(future)
    departure = asyncio.ensure_future(_departure(request))
    awaited: set[asyncio.Future[Any]] = {answer, departure}
    try:
        await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            if answer.cancelled():
                raise ServiceBusyError("The service is being stopped.", "Ask again when it runs.")
            return answer.result()
        if departure.done():
            raise AskerLeftError
        raise DeadlineError(
            f"There was no answer within {seconds:g} seconds.", "Ask for less, or again later."
        )
    finally:
        departure.cancel()
        answer.cancel()  # drops a question that waits; of one that is being answered nobody hears


async def _departure(request: Request) -> None:
    """Returns when the asker has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
