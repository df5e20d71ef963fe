"""Options of the service: what it lets askers do, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass

from kedrec.errors import UsageError

__all__ = ["ServiceOptions"]


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """Bounds and switches of one service.

    Attributes:
        deadline: longest time for an answer, in seconds.
        most_waiting: most questions that wait for the graph, and as many for the language model.
        stream_grace: time, in seconds, that a streamed answer goes on without a reader.
        cache_bytes: most bytes of stored answers; 0: none is stored.
        root_path: path prefix that a proxy in front of the service takes away, "" or like `/kedrec`.

    Raises:
        UsageError: a value is out of range.
    """

    deadline: float = 120.0
    most_waiting: int = 64
    stream_grace: float = 5.0
    cache_bytes: int = 64 << 20
    root_path: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.deadline <= 86_400:
            raise UsageError(f"'deadline' is {self.deadline:g}.", "Give seconds, above 0, a day at most.")
        if self.most_waiting < 1:
            raise UsageError(f"'most_waiting' is {self.most_waiting}.", "Give 1 or more.")
        if not 0 <= self.stream_grace <= 3600:
            raise UsageError(f"'stream_grace' is {self.stream_grace:g}.", "Give 0 to 3,600 seconds.")
        if self.cache_bytes < 0:
            raise UsageError(f"'cache_bytes' is {self.cache_bytes}.", "Give 0 or more.")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise UsageError(f"'root_path' is {self.root_path}.", "Give it as /kedrec, or leave it out.")
