"""A chat endpoint over real sockets that answers as a test says: with JSON, or with whatever bytes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Answer", "ChatServer", "Handler", "completion", "event", "replying", "serving", "streaming"]

Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """One request: its answer comes from the server's `answer`."""

    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.chat.seen.append({"path": self.path, "key": self.headers.get("authorization"), **body})
        with suppress(OSError):  # the client had enough
            self.server.chat.answer(self, body)
        self.close_connection = True

    def send(self, body: object, status: int = 200, **headers: str) -> None:
        """Sends an answer whole: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.begin(status, content_length=str(len(data)), **headers)
        self.wfile.write(data)

    def begin(self, status: int = 200, **headers: str) -> None:
        """Sends the status and the headers alone."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def endless(self, block: bytes, pause: float = 0.0) -> None:
        """Sends a block again and again, until the client or the test ends it."""
        while not self.server.chat.over.wait(pause):
            self.wfile.write(block)
            self.wfile.flush()

    def silence(self) -> None:
        """Sends nothing until the test is over."""
        self.server.chat.over.wait(30)

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    chat: ChatServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing: clients go away in the middle."""


@dataclass
class ChatServer:
    """A running endpoint.

    Attributes:
        answer: how it answers; may be changed while it runs.
        seen: the bodies of the requests, with path and key.
        url: its base URL.
        over: set when the test is over.
    """

    answer: Answer
    seen: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(answer: Answer) -> Iterator[ChatServer]:
    """An endpoint on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), Handler)
    server.chat = ChatServer(answer, url=f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.chat
    finally:
        server.chat.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def completion(content: Any, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion with one choice."""
    return {
        "choices": [
            {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
    }


def event(content: Any, finish: str | None = None, **delta: Any) -> str:
    """A server-sent event with a piece of a completion."""
    choice = {"delta": {"content": content, **delta}, "finish_reason": finish}
    return "data: " + json.dumps({"choices": [choice]}) + "\n\n"


def replying(body: object, status: int = 200, **headers: str) -> Answer:
    """Answers every request alike."""
    return lambda handler, _: handler.send(body, status, **headers)


def streaming(*events: str) -> Answer:
    """Answers every request with these events."""
    return replying("".join(events).encode(), content_type="text/event-stream")


def reset(handler: Handler, _body: dict[str, Any]) -> None:
    """Cuts the connection, without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()
