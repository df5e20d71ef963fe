"""Options of the service: what it lets askers do, and how long it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.errors import UsageError
from kedrec.service.rates import parse_rate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ServiceOptions"]

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """Bounds and switches of one service.

    Attributes:
        deadline: longest time for an answer, in seconds.
        most_waiting: most questions that wait for the graph, and as many for the language model.
        stream_grace: time, in seconds, that a streamed answer goes on without a reader.
        cache_bytes: most bytes of stored answers; 0: none is stored.
        most_body_bytes: longest body of a request.
        body_seconds: longest time in which a body comes.
        keys: file of keys (`kedrec.service.keys`); None: everybody may ask.
        rate: most requests of an asker without a rate of its own, such as `60/minute`; "" for any number.
        hosts: names by which the service may be called, without port; () for any.
        origins: origins of other sites whose pages may ask, such as `https://wiki.example.org`.
        log_questions: whether the log has the questions, with the names that were asked about.
        root_path: path prefix that a proxy in front of the service takes away, "" or like `/kedrec`.

    Raises:
        UsageError: a value is out of range.
    """

    deadline: float = 120.0
    most_waiting: int = 64
    stream_grace: float = 5.0
    cache_bytes: int = 64 << 20
    most_body_bytes: int = 1 << 20
    body_seconds: float = 10.0
    keys: Path | None = None
    rate: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    log_questions: bool = False
    root_path: str = ""

    def __post_init__(self) -> None:
        ranges: tuple[tuple[str, float, float], ...] = (
            ("deadline", 0.1, 86_400),
            ("most_waiting", 1, 100_000),
            ("stream_grace", 0, 3600),
            ("cache_bytes", 0, 1 << 40),
            ("most_body_bytes", 1, 1 << 30),
            ("body_seconds", 0.1, 3600),
        )
        for name, least, most in ranges:
            value = getattr(self, name)
            if not least <= value <= most:
                raise UsageError(f"'{name}' is {value:g}.", f"Give {least:g} to {most:,.0f}.")
        parse_rate(self.rate)
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise UsageError(f"'root_path' is {self.root_path}.", "Give it as /kedrec, or leave it out.")
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise UsageError(
                    f"'{origin}' is no origin of a page.",
                    "Give it as https://wiki.example.org, without a path.",
                )
