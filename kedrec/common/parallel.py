"""Maps a function over parts of a task in processes or on a Ray cluster, in order."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, TypeVar

from kedrec.common.extras import install_advice
from kedrec.errors import UsageError

__all__ = ["map_on_ray", "map_ordered"]

_Shared = TypeVar("_Shared")
_Part = TypeVar("_Part")
_Result = TypeVar("_Result")

_HOST_PORT = re.compile(r"(?:ray://)?\[?([^\[\]/]+)\]?:(\d+)")
_CONNECT_SECONDS = 5.0
_QUEUED_PER_WORKER = 2  # parts in work or waiting to be consumed, which bounds the memory of results


def map_ordered(
    function: Callable[[_Shared, _Part], _Result],
    shared: _Shared,
    parts: Iterable[_Part],
    *,
    jobs: int,
    ray: str,
) -> Generator[_Result, None, None]:
    """Yields `function(shared, part)` for each part, in order, from a Ray cluster or processes.

    Args:
        function: a function at module level, which other processes can import.
        parts: consumed as needed, so that they needn't fit into memory together.
        jobs: number of processes on this machine; 1: this process.
        ray: address of a Ray cluster to use instead; "": none.

    Raises:
        UsageError: Ray isn't installed, or there is no cluster at that address.
    """
    if ray:
        return map_on_ray(ray, function, shared, parts)
    return _map_on_processes(jobs, function, shared, parts)


def map_on_ray(
    address: str,
    function: Callable[[_Shared, _Part], _Result],
    shared: _Shared,
    parts: Iterable[_Part],
) -> Generator[_Result, None, None]:
    """Yields `function(shared, part)` for each part, in order, from a Ray cluster. `shared` is sent once.

    Args:
        address: HOST:PORT, ray://HOST:PORT, or `local` for a new cluster on this machine.
        function: a function at module level, which workers can import.

    Raises:
        UsageError: Ray isn't installed, or there is no cluster at that address.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed.", install_advice("ray")) from error
    starts_ray = not ray.is_initialized()
    if starts_ray:
        _check_address(address)
    try:
        if starts_ray:
            ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0]
        raise UsageError(
            f"There is no Ray cluster at '{address}': {first_line}",
            "Give HOST:PORT, ray://HOST:PORT, or 'local'.",
        ) from error
    try:
        shared_reference = ray.put(shared)
        remote = ray.remote(function)
        pending: deque[Any] = deque()
        max_pending = _QUEUED_PER_WORKER * max(int(ray.cluster_resources().get("CPU", 1)), 1)
        for part in parts:
            pending.append(remote.remote(shared_reference, part))
            if len(pending) >= max_pending:
                yield ray.get(pending.popleft())
        while pending:
            yield ray.get(pending.popleft())
    finally:
        if starts_ray:
            ray.shutdown()


def _check_address(address: str) -> None:
    """Checks that HOST:PORT accepts a connection: Ray itself would retry for many minutes."""
    match = _HOST_PORT.fullmatch(address)
    if match is None:
        return
    try:
        socket.create_connection((match[1], int(match[2])), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"There is no Ray cluster at '{address}': {getattr(error, 'strerror', None) or error}.",
            "Give HOST:PORT, ray://HOST:PORT, or 'local'.",
        ) from error


def _map_on_processes(
    jobs: int, function: Callable[[_Shared, _Part], _Result], shared: _Shared, parts: Iterable[_Part]
) -> Generator[_Result, None, None]:
    processes = min(jobs, len(parts)) if isinstance(parts, Sequence) else jobs
    if processes <= 1:
        for part in parts:
            yield function(shared, part)
        return
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    # A forked process would share the database's files and locks with this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_initialise, initargs=(function, shared)
    ) as pool:
        pending: deque[Future[Any]] = deque()
        try:
            for part in parts:
                pending.append(pool.submit(_work, part))
                if len(pending) >= _QUEUED_PER_WORKER * jobs:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_task: list[tuple[Callable[[Any, Any], Any], Any]] = []  # of a worker process


def _initialise(function: Callable[[Any, Any], Any], shared: Any) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C stops the parent process
    threading.Thread(target=end_with_parent, daemon=True).start()
    _task[:] = [(function, shared)]


def end_with_parent() -> None:
    """Waits for the parent process and ends this one after it: one whose parent was killed would stay."""
    import multiprocessing

    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _work(part: Any) -> Any:
    function, shared = _task[0]
    return function(shared, part)
