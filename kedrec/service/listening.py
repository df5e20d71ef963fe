"""Runs the application at an address of this machine until the process is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from kedrec.errors import UsageError

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

__all__ = [
    "GRACE_SECONDS",
    "LOCAL_NAMES",
    "bound_socket",
    "is_loopback",
    "listen",
    "log_to_stderr",
    "run_server",
    "server_config",
    "url_of",
]

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Names by which a service is called that only this machine reaches."""

_KEEP_ALIVE = 15  # seconds that an idle connection stays open
_MOST_CONNECTIONS = 512
GRACE_SECONDS = 10
"""Seconds for open answers when the process is told to stop."""


def is_loopback(host: str) -> bool:
    """True if an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(app: Starlette, host: str, port: int, *, say_address: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM; open answers then have ten seconds.

    Args:
        app: the application.
        host: address to listen at.
        port: port; 0 for a free one.
        say_address: called with the URL when it can be asked.

    Raises:
        UsageError: nothing can listen there.
    """
    log_to_stderr()
    with bound_socket(host, port) as listener:
        say_address(url_of(host, listener))
        run_server(app, listener)


def log_to_stderr() -> None:
    """Writes the service's log to standard error, with times."""
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("kedrec.service").setLevel(logging.INFO)


def url_of(host: str, listener: socket.socket) -> str:
    """The URL at which a socket of a host listens."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def run_server(app: Starlette, listener: socket.socket) -> None:
    """Serves at a socket until SIGINT or SIGTERM."""
    import uvicorn

    uvicorn.Server(server_config(app)).run([listener])


def server_config(app: Starlette) -> uvicorn.Config:
    """The server's settings: how long connections stay open, how many, and nothing of them in a log."""
    import uvicorn

    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,  # it would write down what is asked
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at an address of this machine.

    Raises:
        UsageError: there is no such address, or another program listens there.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"There is no address {host}.", "Give --host an address of this machine.") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_MOST_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"Nothing can listen at {host}:{port}: {error.strerror}.", "Give another --port, or --port 0."
        ) from error
    return listener
