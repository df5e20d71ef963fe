"""Makes parts of one piece of work elsewhere, and gives them back in order."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, TypeVar

from kedrec.errors import UsageError

__all__ = ["spread", "spread_on_ray"]

_Shared = TypeVar("_Shared")
_Part = TypeVar("_Part")
_Made = TypeVar("_Made")

_HOST_PORT = re.compile(r"(?:ray://)?\[?([^\[\]/]+)\]?:(\d+)")
_PATIENCE = 5.0  # seconds for a cluster to answer
_AHEAD = 2  # parts a worker may be ahead of who takes them, so that what is made doesn't pile up


def spread(
    function: Callable[[_Shared, _Part], _Made],
    shared: _Shared,
    parts: Iterable[_Part],
    *,
    jobs: int,
    ray: str,
) -> Generator[_Made, None, None]:
    """`function(shared, part)` of each part, in order, on a Ray cluster or processes of this machine.

    Args:
        function: of a module, so that the processes find it.
        parts: taken as they are needed, so that there may be more of them than memory holds.
        jobs: processes of this machine; 1: in this one.
        ray: address of a Ray cluster to work on instead; "": none.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
    """
    if ray:
        return spread_on_ray(ray, function, shared, parts)
    return _spread_on_processes(jobs, function, shared, parts)


def spread_on_ray(
    address: str,
    function: Callable[[_Shared, _Part], _Made],
    shared: _Shared,
    parts: Iterable[_Part],
) -> Generator[_Made, None, None]:
    """`function(shared, part)` of each part, in order, on a Ray cluster; `shared` travels there once.

    Args:
        address: HOST:PORT, ray://HOST:PORT, or `local` for a new cluster on this machine.
        function: of a module, so that workers find it.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed.", "Install it: pip install 'kedrec[ray]'.") from error
    begun = not ray.is_initialized()
    if begun:
        _answers(address)
    try:
        if begun:
            ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError) as error:
        first = str(error).partition("\n")[0]
        raise UsageError(
            f"There is no Ray cluster at '{address}': {first}",
            "Give HOST:PORT, ray://HOST:PORT, or 'local'.",
        ) from error
    try:
        put = ray.put(shared)
        remote = ray.remote(function)
        waiting: deque[Any] = deque()
        most = _AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1)
        for part in parts:
            waiting.append(remote.remote(put, part))
            if len(waiting) >= most:
                yield ray.get(waiting.popleft())
        while waiting:
            yield ray.get(waiting.popleft())
    finally:
        if begun:
            ray.shutdown()


def _answers(address: str) -> None:
    """Sees that something answers at HOST:PORT: Ray itself would try again for many minutes."""
    place = _HOST_PORT.fullmatch(address)
    if place is None:
        return
    try:
        socket.create_connection((place[1], int(place[2])), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"There is no Ray cluster at '{address}': {getattr(error, 'strerror', None) or error}.",
            "Give HOST:PORT, ray://HOST:PORT, or 'local'.",
        ) from error


def _spread_on_processes(
    jobs: int, function: Callable[[_Shared, _Part], _Made], shared: _Shared, parts: Iterable[_Part]
) -> Generator[_Made, None, None]:
    many = min(jobs, len(parts)) if isinstance(parts, Sequence) else jobs
    if many <= 1:
        for part in parts:
            yield function(shared, part)
        return
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    # A process that is forked would share the database's files and locks with this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        many, mp_context=context, initializer=_begin, initargs=(function, shared)
    ) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for part in parts:
                waiting.append(pool.submit(_work, part))
                if len(waiting) >= _AHEAD * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_begun: list[tuple[Callable[[Any, Any], Any], Any]] = []


def _begin(function: Callable[[Any, Any], Any], shared: Any) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C stops the one who gives out the work
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _begun[:] = [(function, shared)]


def _end_with_parent() -> None:
    """Ends this process when the one that gives out the work was killed: the pool would wait forever."""
    import multiprocessing

    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _work(part: Any) -> Any:
    function, shared = _begun[0]
    return function(shared, part)
