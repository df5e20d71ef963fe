"""Runs a service in several processes at one address, for machines with many cores.

The processes share the fitted ranking and the model's weights, which are mapped from files, and the counts of
rates and metrics. Each has a queue, stored answers and streams of its own.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.parallel import end_with_parent
from kedrec.service.listening import GRACE_SECONDS, bound_socket, log_to_stderr, run_server, url_of
from kedrec.service.rates import RateLimits

if TYPE_CHECKING:
    import socket
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Event

    from kedrec.service.options import ServiceOptions
    from kedrec.settings import Settings

__all__ = ["listen_with_workers"]

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own setting
_CHECK_SECONDS = 0.2
_RESTART_SECONDS = 1.0  # between two starts, so that what can't start isn't tried without a pause

_logger = logging.getLogger("kedrec.service")
_spawn = multiprocessing.get_context("spawn")  # a forked process would share the database's files and locks


class _Sharing(BaseManager):
    """Gives the workers the one count of requests; only processes that this one starts know its secret."""


def listen_with_workers(
    settings: Settings,
    options: ServiceOptions,
    *,
    host: str,
    port: int,
    workers: int,
    say_address: Callable[[str], None],
) -> None:
    """Serves in several processes until SIGINT or SIGTERM; one that ends is replaced.

    The first opens the graph before the others start, so that a ranking is fitted once.

    Args:
        settings, options: as of `create_app`.
        host, port, say_address: as of `listen`.
        workers: number of processes, 1 or more.

    Raises:
        UsageError: nothing can listen there.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    log_to_stderr()
    with bound_socket(host, port) as listener, tempfile.TemporaryDirectory(prefix="kedrec-") as folder:
        os.environ[_METRICS_FOLDER] = folder  # which the workers read when they start
        limits = RateLimits()
        _Sharing.register("rates", callable=lambda: limits, exposed=["count"])
        server = _Sharing().get_server()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        opened = _spawn.Event()
        running: list[SpawnProcess] = []

        def start() -> None:
            arguments = {
                "settings": settings,
                "options": options,
                "listener": listener,
                "address": server.address,
                "metrics_folder": Path(folder),
                "opened": opened,
            }
            running.append(_spawn.Process(target=_work, kwargs=arguments))
            running[-1].start()

        start()
        say_address(url_of(host, listener))
        while not stop.wait(_CHECK_SECONDS):
            for worker in [worker for worker in running if not worker.is_alive()]:
                running.remove(worker)
                _logger.error("A worker ended with status %s; another takes its place", worker.exitcode)
                _forget_gauges(worker)
                stop.wait(_RESTART_SECONDS)
            while not stop.is_set() and len(running) < (workers if opened.is_set() else 1):
                start()
        _end(running)


def _work(
    *,
    settings: Settings,
    options: ServiceOptions,
    listener: socket.socket,
    address: Any,
    metrics_folder: Path,
    opened: Event,
) -> None:
    """Serves in one process, which ends with its parent."""
    from kedrec.service.app import create_app  # prometheus-client looks at once whether others share
    from kedrec.service.service import Shares

    threading.Thread(target=end_with_parent, daemon=True).start()
    log_to_stderr()
    _Sharing.register("rates", exposed=["count"])
    sharing = _Sharing(address)
    sharing.connect()
    shares = Shares(sharing.rates(), metrics_folder)  # type: ignore[attr-defined]  # `register` adds it
    run_server(create_app(settings, options, shares=shares, on_open=opened.set), listener)


def _forget_gauges(worker: SpawnProcess) -> None:
    """Takes the open and waiting requests of a process that ended out of the metrics."""
    from prometheus_client.multiprocess import mark_process_dead

    with suppress(OSError):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _end(running: list[SpawnProcess]) -> None:
    """Tells the workers to stop, and kills those that don't."""
    for worker in running:
        worker.terminate()
    until = time.monotonic() + GRACE_SECONDS + 5
    for worker in running:
        worker.join(max(0.0, until - time.monotonic()))
        if worker.is_alive():
            worker.kill()
            worker.join()
