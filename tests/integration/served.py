"""A service at a port of this machine, as askers see it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from kedrec.service.app import create_app
from kedrec.service.listening import bound_socket, server_config

if TYPE_CHECKING:
    from kedrec.service.options import ServiceOptions
    from kedrec.settings import Settings


@contextmanager
def serving(settings: Settings, options: ServiceOptions | None = None) -> Iterator[str]:
    """Runs a service, and gives its URL."""
    listener = bound_socket("127.0.0.1", 0)
    server = uvicorn.Server(server_config(create_app(settings, options)))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until, "the service didn't start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
        assert not thread.is_alive(), "the service didn't stop"


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    data: Any


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events in the lines of a stream."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "data" in fields:
                yield Event(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
