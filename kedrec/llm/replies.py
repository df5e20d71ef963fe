"""Reads what a server answers, within a size and a time.

A server can send without end, slowly without end, or a gigabyte packed into a megabyte. Nothing of that may
take this machine's memory or keep a caller waiting: the size is counted unpacked, and the time whole, from
the request to the last byte.
"""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import httpx2

__all__ = ["Limits", "OverlongReplyError", "Reply", "SlowReplyError", "UnreadableReplyError", "open_reply"]

_BLOCK = 64 * 1024


class OverlongReplyError(Exception):
    """A reply is longer than its limit."""


class SlowReplyError(Exception):
    """A reply took longer than its limit."""


class UnreadableReplyError(Exception):
    """A reply is packed in a way that wasn't asked for, or its packing is damaged."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one reply: bytes, unpacked, and seconds from the request to the last byte."""

    size: int = 8 << 20
    seconds: float = 300.0


class Reply:
    """A server's answer whose body has yet to be read.

    Attributes:
        status: HTTP status.
        kind: media type, in small letters, without its parameters.
        headers: the header fields.
    """

    def __init__(self, response: httpx2.Response, limits: Limits) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._response = response
        self._limits = limits

    def blocks(self) -> Iterator[bytes]:
        """The body, unpacked, in blocks of at most 64 KB.

        Raises:
            OverlongReplyError, UnreadableReplyError
        """
        size = 0
        for block in self._unpacked():
            size += len(block)
            if size > self._limits.size:
                raise OverlongReplyError
            yield block

    def lines(self) -> Iterator[bytes]:
        """The body's lines, without their ends. Raises as `blocks`."""
        pending: list[bytes] = []
        for block in self.blocks():
            *whole, rest = block.replace(b"\r", b"\n").split(b"\n")
            for line in whole:
                yield b"".join((*pending, line))
                pending.clear()
            pending.append(rest)
        if any(pending):
            yield b"".join(pending)

    def body(self) -> bytes:
        """The whole body. Raises as `blocks`."""
        return b"".join(self.blocks())

    def _unpacked(self) -> Iterator[bytes]:
        packing = self.headers.get("content-encoding", "").strip().lower()
        raw = self._response.iter_raw(_BLOCK)
        if packing in {"", "identity"}:
            yield from raw
        elif packing in {"gzip", "x-gzip", "deflate"}:
            yield from _inflated(raw)
        else:
            raise UnreadableReplyError("packed in a way that wasn't asked for")


@contextmanager
def open_reply(
    client: httpx2.Client,
    method: str,
    path: str,
    limits: Limits,
    *,
    query: str = "",
    body: dict[str, Any] | None = None,
    params: dict[str, str] | None = None,
) -> Iterator[Reply]:
    """Sends a request and opens its reply; the connection is closed at the end.

    Args:
        query: what the URL ends in. It is sent, but kept out of the request's URL, which httpx logs.
        body: sent as JSON.

    Raises:
        SlowReplyError: the whole time is over, also while the body is read.
        httpx2.HTTPError: the server can't be reached, or the connection broke.
    """
    headers = {"Accept-Encoding": "identity"}
    with _Deadline(limits.seconds) as deadline:
        request = client.build_request(method, path, json=body, params=params, headers=headers)
        extensions: dict[str, Any] = {"trace": deadline.trace}
        if query:
            extensions["target"] = request.url.raw_path + b"?" + query.encode("ascii")
        request.extensions.update(extensions)
        response = client.send(request, stream=True)
        try:
            yield Reply(response, limits)
        finally:
            response.close()


class _Deadline:
    """Ends the connection of one request when its time is over, whatever the request waits for."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._streams: list[Any] = []
        self._expired = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Takes note of the connection that httpx opens."""
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")):
            self._streams.append(info["return_value"])
            if self._expired:
                self._expire()

    def _expire(self) -> None:
        self._expired = True
        for stream in self._streams:
            with suppress(OSError, AttributeError):
                # The base class's: an SSL socket's own would first take its state away from the reader.
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        # A body without a length ends without an error when its connection is ended.
        if self._expired and (error is None or isinstance(error, Exception)):
            raise SlowReplyError from error


def _inflated(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Unpacks gzip or zlib, in blocks of bounded size whatever the ratio."""
    unpacker = zlib.decompressobj(wbits=47)  # finds out which of the two it is
    try:
        for packed in raw:
            rest = packed
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, _BLOCK)
                rest = unpacker.unconsumed_tail
            if unpacker.eof:
                return
        yield unpacker.flush()  # less than a window is left
    except zlib.error as error:
        raise UnreadableReplyError("damaged in its packing") from error
    if not unpacker.eof:
        raise UnreadableReplyError("cut off in its packing")
