"""Counts, times and logs every request, without what was asked unless that is switched on."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kedrec.service.metrics import Metrics

__all__ = ["RequestLog", "note"]

_logger = logging.getLogger("kedrec.service")
_NO_ENDPOINT = "none"
_NOTES = "kedrec"


def note(scope: Scope, name: str, value: str) -> None:
    """Notes something for the log line of a request: `asker`, or `question`."""
    scope.setdefault("state", {}).setdefault(_NOTES, {})[name] = value


class RequestLog:
    """Middleware that measures requests.

    A log line has asker, method, endpoint (its pattern, so that no id or name is in it), status and time.

    Args:
        app: the application.
        metrics: what is counted.
        log_questions: whether lines also have the questions.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log_questions: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._log_questions = log_questions

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
            notes = scope.get("state", {}).get(_NOTES, {})
            question = notes.get("question", "") if self._log_questions else ""
            _logger.info(
                "%s: %s %s %d %.0f ms%s",
                notes.get("asker", "nobody"),
                scope["method"],
                endpoint,
                status,
                1000 * seconds,
                f" {question}" if question else "",
            )
