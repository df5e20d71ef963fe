"""Counts and times every request, and logs it without what was asked."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kedrec.service.metrics import Metrics

__all__ = ["AccessLog"]

_logger = logging.getLogger("kedrec.service")
_NO_ENDPOINT = "none"


class AccessLog:
    """Middleware that measures requests.

    A log line has method, endpoint (its pattern, so that no id or name is in it), status and time.

    Args:
        app: the application.
        metrics: what is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and measures it to the end of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.open.inc()
        try:
            await self._app(scope, receive, send_on)
        finally:
            self._metrics.open.dec()
            seconds = time.perf_counter() - start
            endpoint = getattr(scope.get("route"), "path", _NO_ENDPOINT)
            self._metrics.requests.labels(endpoint, str(status)).inc()
            self._metrics.seconds.labels(endpoint).observe(seconds)
            _logger.info("%s %s %d %.0f ms", scope["method"], endpoint, status, 1000 * seconds)
