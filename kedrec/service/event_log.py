"""The events of one answer, which askers read as they come, again after a broken connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Task

__all__ = ["EventLog"]

_MOST_EVENTS = 5000  # words of a text are dropped first come, first dropped: `done` has them all
_ALIVE = b": alive\n\n"
_ALIVE_SECONDS = 10.0


class EventLog:
    """The events of one answer in order, in the form of server-sent events. Used in one event loop.

    Args:
        id: its id, which no other asker can guess.
        owner: what a reader must show to read it again: who asked, and the question.

    Attributes:
        task: the work that adds the events.
        readers: number of askers that read it.
    """

    def __init__(self, id: str, owner: str) -> None:  # noqa: A002  # the field's own name
        self.id = id
        self.owner = owner
        self.readers = 0
        self.task: Task[None] | None = None
        self._events: deque[tuple[int, bytes]] = deque(maxlen=_MOST_EVENTS)
        self._count = 0
        self._is_ended = False
        self._changed = asyncio.Event()

    @property
    def is_ended(self) -> bool:
        """True if no event will follow."""
        return self._is_ended

    def add(self, name: str, data: str) -> None:
        """Adds an event; `data` is one line."""
        self._count += 1
        event = f"id: {self.id}.{self._count}\nevent: {name}\ndata: {data}\n\n"
        self._events.append((self._count, event.encode()))
        self._wake()

    def end(self) -> None:
        """Ends the events."""
        self._is_ended = True
        self._wake()

    async def read(self, after: int = 0) -> AsyncIterator[bytes]:
        """Yields the events after one by its number, as they are added, and signs of life between them."""
        position = after
        while True:
            changed = self._changed
            for number, event in list(self._events):
                if number > position:
                    position = number
                    yield event
            if self._is_ended and position >= self._count:
                return
            if not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), _ALIVE_SECONDS)
                except TimeoutError:
                    yield _ALIVE

    def _wake(self) -> None:
        """Wakes all readers: each waits for the event that it saw last."""
        self._changed.set()
        self._changed = asyncio.Event()
