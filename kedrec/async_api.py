"""The Python API for asynchronous code: the methods of `Kedrec`, run in a thread of their own.

import kedrec

async with kedrec.AsyncKedrec.open() as kr:
    answer = await kr.recommend("multiple sclerosis", top=5)
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from kedrec.api import Kedrec
from kedrec.settings import load_settings

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["AsyncKedrec"]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def _awaited(
    method: Callable[Concatenate[Kedrec, _Arguments], _Result],
) -> Callable[Concatenate[AsyncKedrec, _Arguments], Awaitable[_Result]]:
    """A method of `Kedrec` as one that is awaited."""

    @functools.wraps(method)
    async def call(
        self: AsyncKedrec, /, *arguments: _Arguments.args, **options: _Arguments.kwargs
    ) -> _Result:
        return await self.ask(lambda kedrec: method(kedrec, *arguments, **options))

    return call


class AsyncKedrec:
    """One graph, its ranking and a language model, for coroutines.

    An asynchronous context manager. Questions are answered one after another, in their order, while the event
    loop goes on. One that is cancelled before its turn is dropped; one that is being answered goes on to its
    end, unheard. For many askers, with bounds and longest waits, see `kedrec.service.Engine`.
    """

    def __init__(self, settings: Settings) -> None:
        self._kedrec = Kedrec(settings)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kedrec")

    @classmethod
    def open(
        cls,
        graph: str | None = None,
        *,
        model: str | None = None,
        seed: int | None = None,
        overlay: str | None = None,
        as_of: int | None = None,
    ) -> Self:
        """Opens a graph for questions. Arguments and errors as of `kedrec.open`."""
        return cls(load_settings(graph=graph, model=model, seed=seed, overlay=overlay, as_of=as_of))

    async def ask(self, question: Callable[[Kedrec], _Result]) -> _Result:
        """Asks a question of several steps, all answered without another in between.

        Args:
            question: called in the thread with its `Kedrec`.

        Raises:
            RuntimeError: it was closed.
            KedrecError: whatever the question raises.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, question, self._kedrec)

    recommend = _awaited(Kedrec.recommend)
    recommend_for_genes = _awaited(Kedrec.recommend_for_genes)
    recommend_diseases = _awaited(Kedrec.recommend_diseases)
    explain = _awaited(Kedrec.explain)
    compare = _awaited(Kedrec.compare)
    subgraph = _awaited(Kedrec.subgraph)
    search = _awaited(Kedrec.search)
    status = _awaited(Kedrec.status)

    async def close(self) -> None:
        """Lets what was asked be answered, and closes the graph and the model; may be repeated."""
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._kedrec.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
