"""Reads a server's replies within limits of size and time.

A server can send without end, or slowly, or a gigabyte compressed to a megabyte. None of that may fill the
memory or keep a caller waiting: the size is counted uncompressed, the time from the request to the last byte.
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
    """A reply has a content encoding that wasn't requested, or is damaged."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one reply: uncompressed bytes, and seconds from the request to the last byte."""

    size: int = 8 << 20
    seconds: float = 300.0


class Reply:
    """A server's answer whose body has yet to be read.

    Attributes:
        status: HTTP status.
        kind: media type, in lower case, without parameters.
        headers: the header fields.
    """

    def __init__(self, response: httpx2.Response, limits: Limits) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._response = response
        self._limits = limits

    def blocks(self) -> Iterator[bytes]:
        """Yields the uncompressed body in blocks of at most 64 KB.

        Raises:
            OverlongReplyError: it is longer than the limit.
            UnreadableReplyError: it can't be decompressed.
        """
        size = 0
        for block in self._uncompressed():
            size += len(block)
            if size > self._limits.size:
                raise OverlongReplyError
            yield block

    def lines(self) -> Iterator[bytes]:
        """Yields the body's lines, without their ends. Raises as `blocks`."""
        pending: list[bytes] = []
        for block in self.blocks():
            *lines, remainder = block.replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                yield b"".join((*pending, line))
                pending.clear()
            pending.append(remainder)
        if any(pending):
            yield b"".join(pending)

    def body(self) -> bytes:
        """Reads the whole body. Raises as `blocks`."""
        return b"".join(self.blocks())

    def _uncompressed(self) -> Iterator[bytes]:
        encoding = self.headers.get("content-encoding", "").strip().lower()
        raw = self._response.iter_raw()
        if encoding in {"", "identity"}:
            yield from raw
        elif encoding in {"gzip", "x-gzip", "deflate"}:
            yield from _decompress(raw)
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
        query: query of the URL. It is sent, but isn't part of the request's URL, which httpx logs.
        body: the JSON body, None for none.

    Raises:
        SlowReplyError: the time is over, also while the body is read.
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
    """Closes the connection of one request when its time is over, whatever the request waits for."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._streams: list[Any] = []
        self._expired = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Records the connection that httpx opens."""
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")):
            self._streams.append(info["return_value"])
            if self._expired:
                self._expire()

    def _expire(self) -> None:
        self._expired = True
        for stream in self._streams:
            with suppress(OSError, AttributeError):
                # The base class's method: an SSL socket's own would first drop the reader's state.
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
        # A body without a length ends without an error when its connection is closed.
        if self._expired and (error is None or isinstance(error, Exception)):
            raise SlowReplyError from error


def _decompress(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Decompresses gzip or zlib in blocks of bounded size, whatever the ratio."""
    decompressor = zlib.decompressobj(wbits=47)  # recognizes either format
    try:
        for block in raw:
            data = block
            while data and not decompressor.eof:
                yield decompressor.decompress(data, _BLOCK)
                data = decompressor.unconsumed_tail
            if decompressor.eof:
                return
        yield decompressor.flush()  # at most a window remains
    except zlib.error as error:
        raise UnreadableReplyError("damaged in its packing") from error
    if not decompressor.eof:
        raise UnreadableReplyError("cut off in its packing")
