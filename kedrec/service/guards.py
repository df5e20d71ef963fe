"""Bounds of every request, and headers of every response."""

import asyncio
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kedrec.errors import OversizeRequestError, UsageError
from kedrec.service.problems import problem_response

__all__ = ["RequestBounds", "SecurityHeaders"]

_MOST_DRAINED = 32 << 20  # bytes of a refused body that are read, so that its sender reads the answer
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SecurityHeaders:
    """Middleware that lets a browser load a page's parts from the service alone, and embed it nowhere.

    Args:
        app: the application.
        headers: headers instead of the usual ones, by name.
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str] | None = None) -> None:
        self._app = app
        self._headers = _HEADERS | (headers or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and adds the headers to its response."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_on if scope["type"] == "http" else send)


class RequestBounds:
    """Middleware that refuses long and slow bodies, and names of other hosts.

    Args:
        app: the application.
        most_bytes: longest body.
        seconds: longest time in which a body comes.
        hosts: names, in lower case and without port, by which the service may be called; () for any. Against
            pages whose host's name stands for this machine's address.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, seconds: float, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on whose bounds hold; what exceeds them while it is read raises there."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = _Body(receive, self._most_bytes, self._seconds)
        if self._hosts and _host(headers.get("host", "")) not in self._hosts:
            error = UsageError(
                "The service isn't called by this name.", "`kedrec serve --allow-host` allows it."
            )
            await problem_response(error, status=421)(scope, receive, send)
        elif _length(headers) > self._most_bytes:
            await body.drain()
            await problem_response(body.oversize_error())(scope, receive, send)
        else:
            await self._app(scope, body.receive, send)


class _Body:
    """The body of one request, read in bounds."""

    def __init__(self, receive: Receive, most_bytes: int, seconds: float) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._read = 0
        self._is_complete = False
        self._end: float | None = None

    async def receive(self) -> Message:
        """The next message of the request.

        Raises:
            HTTPException: the body is too long (413), or comes too slowly (408).
        """
        message = await self._next()
        if self._read > self._most_bytes:
            await self.drain()
            raise HTTPException(413, self.oversize_error().what)
        return message

    async def drain(self) -> None:
        """Reads the rest of a refused body, up to a limit, and drops it."""
        try:
            while not self._is_complete and self._read <= _MOST_DRAINED:
                await self._next()
        except HTTPException:
            return

    def oversize_error(self) -> OversizeRequestError:
        """The error of a body that is too long."""
        return OversizeRequestError(
            f"The request's body has more than {self._most_bytes:,} bytes.", "Ask for less at a time."
        )

    async def _next(self) -> Message:
        if self._is_complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._end = now + self._seconds if self._end is None else self._end
        try:
            message: dict[str, Any] = dict(await asyncio.wait_for(self._receive(), max(0.0, self._end - now)))
        except TimeoutError as error:
            self._is_complete = True
            what = f"The request's body didn't come within {self._seconds:g} seconds"
            raise HTTPException(408, what, {"Connection": "close"}) from error
        self._read += len(message.get("body", b""))
        self._is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message


def _host(header: str) -> str:
    """A `Host` header's name in lower case, without port."""
    name = header.strip().lower()
    return name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]


def _length(headers: Headers) -> int:
    """The announced length of a body; 0 without one."""
    text = headers.get("content-length", "")
    return int(text[:18]) if text.isascii() and text.isdigit() else 0
