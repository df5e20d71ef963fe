"""Sends requests to a web service within its rate, retries those that may succeed, and stores each page."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.http_retries import RETRYABLE_STATUSES, RetryableError, backoff, retry_after
from kedrec.common.private_files import private_folder
from kedrec.errors import DataError

if TYPE_CHECKING:
    import httpx2

__all__ = ["PageFolder", "RateLimitedClient"]

_TRIES = 6


@dataclass
class RateLimitedClient:
    """Client of one service that keeps to its rate.

    Attributes:
        url: the service's address.
        rate: most requests a second.
        sleep, clock: wait some seconds, and return the time in seconds.
    """

    url: str
    rate: float
    client: httpx2.Client
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _next_time: float = field(default=0.0, init=False)

    def get(self, path: str, parameters: Mapping[str, str], check: Callable[[bytes], None]) -> bytes:
        """Returns an answer that passes `check`, which raises `ValueError` for a damaged one.

        Raises:
            DataError: the service refuses, or six tries gave no whole answer.
        """
        import httpx2
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        retrying = Retrying(
            retry=retry_if_exception_type((RetryableError, httpx2.TransportError)),
            stop=stop_after_attempt(_TRIES),
            wait=backoff,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return bytes(retrying(self._send, path, parameters, check))
        except (RetryableError, httpx2.TransportError) as error:
            raise DataError(
                f"{self.url} gave no answer that can be used: {error or type(error).__name__}.",
                "Check the network, then run the command again; it goes on where it stopped.",
            ) from error
        except httpx2.HTTPError as error:
            raise DataError(f"{self.url} can't be asked: {error}.", "Check the address.") from error

    def _send(self, path: str, parameters: Mapping[str, str], check: Callable[[bytes], None]) -> bytes:
        now = self.clock()
        if now < self._next_time:
            self.sleep(self._next_time - now)
        self._next_time = max(now, self._next_time) + 1.0 / self.rate
        response = self.client.get(f"{self.url}/{path}", params=dict(parameters))
        if response.status_code in RETRYABLE_STATUSES:
            raise RetryableError(f"it answered {response.status_code}", retry_after(response.headers))
        if response.status_code != 200:
            message = " ".join(response.text[:200].split())
            raise DataError(
                f"{self.url} refused the question ({response.status_code}): {message or 'it said nothing'}.",
                "Correct the words after --query.",
            )
        try:
            check(response.content)
        except ValueError as error:
            raise RetryableError(f"its answer is damaged ({error})") from error
        return bytes(response.content)


class PageFolder:
    """Folder of the pages that one service returned for one query, so that none is requested twice."""

    def __init__(self, cache_dir: Path, service: str, query: Mapping[str, str]) -> None:
        content = json.dumps(dict(sorted(query.items())), ensure_ascii=False)
        name = hashlib.sha256(content.encode()).hexdigest()[:16]
        self.folder = cache_dir / "documents" / service / name
        self._state_file = self.folder / "state.txt"
        self._query = content

    @property
    def state(self) -> dict[str, Any]:
        """State after the last page: `pages`, `done`, and the parameters of the next request."""
        try:
            state = json.loads(self._state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def put(self, number: int, content: bytes, suffix: str, state: Mapping[str, Any]) -> None:
        """Stores a page, then the state after it.

        Raises:
            DataError: the disk can't be written.
        """
        try:
            private_folder(self.folder)
            self._replace(self.folder / f"page-{number:05d}{suffix}", content)
            stored = {**state, "question": self._query}
            self._replace(self._state_file, json.dumps(stored, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise DataError(
                f"Writing into {self.folder} failed: {error.strerror or error}.",
                "Make room on the disk and run the command again; it goes on where it stopped.",
            ) from error

    def _replace(self, path: Path, content: bytes) -> None:
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        part.replace(path)

    def forget(self) -> None:
        """Deletes the pages and their state."""
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            path.unlink()
