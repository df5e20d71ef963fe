"""Asks a web service politely: no faster than it allows, again where that helps, each page only once."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.private_files import private_folder
from kedrec.errors import DataError

if TYPE_CHECKING:
    import httpx2
    from tenacity import RetryCallState

__all__ = ["Asker", "Pages"]

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another try may better."""
_TRIES = 6
_LONGEST_WAIT = 60.0


class _Again(Exception):  # noqa: N818  # no error: a wish to be asked later
    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass
class Asker:
    """Asks one service.

    Attributes:
        url: of the service.
        rate: most requests a second.
        sleep, clock: wait, and tell the time, both in seconds.
    """

    url: str
    rate: float
    client: httpx2.Client
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _next: float = field(default=0.0, init=False)

    def get(self, path: str, parameters: Mapping[str, str], check: Callable[[bytes], None]) -> bytes:
        """An answer that `check` lets pass; it raises `ValueError` where an answer is damaged.

        Raises:
            DataError: the service refuses, or gave no whole answer after several tries.
        """
        import httpx2
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        tries = Retrying(
            retry=retry_if_exception_type((_Again, httpx2.TransportError)),
            stop=stop_after_attempt(_TRIES),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return bytes(tries(self._once, path, parameters, check))
        except (_Again, httpx2.TransportError) as error:
            raise DataError(
                f"{self.url} gave no answer that can be used: {error or type(error).__name__}.",
                "Check the network, then run the command again; it goes on where it stopped.",
            ) from error
        except httpx2.HTTPError as error:
            raise DataError(f"{self.url} can't be asked: {error}.", "Check the address.") from error

    def _once(self, path: str, parameters: Mapping[str, str], check: Callable[[bytes], None]) -> bytes:
        now = self.clock()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + 1.0 / self.rate
        response = self.client.get(f"{self.url}/{path}", params=dict(parameters))
        if response.status_code in _AGAIN:
            said = response.headers.get("retry-after", "")
            wait = float(said) if said.isdecimal() else None
            raise _Again(f"it answered {response.status_code}", wait)
        if response.status_code != 200:
            told = " ".join(response.text[:200].split())
            raise DataError(
                f"{self.url} refused the question ({response.status_code}): {told or 'it said nothing'}.",
                "Correct the words after --query.",
            )
        try:
            check(response.content)
        except ValueError as error:
            raise _Again(f"its answer is damaged ({error})") from error
        return bytes(response.content)


def _wait(state: RetryCallState) -> float:
    """As long as the service asks for, else 1, 2, 4... seconds."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Again) else None
    return min(asked if asked is not None else 2.0 ** (state.attempt_number - 1), _LONGEST_WAIT)


class Pages:
    """The pages of one question to one service, kept in a folder: what came is never asked for again."""

    def __init__(self, cache_dir: Path, service: str, question: Mapping[str, str]) -> None:
        content = json.dumps(dict(sorted(question.items())), ensure_ascii=False)
        name = hashlib.sha256(content.encode()).hexdigest()[:16]
        self.folder = cache_dir / "documents" / service / name
        self._note = self.folder / "state.txt"
        self._question = content

    @property
    def state(self) -> dict[str, Any]:
        """What the last page left: `pages`, `done`, and what the service needs for the next one."""
        try:
            found = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def put(self, number: int, content: bytes, suffix: str, state: Mapping[str, Any]) -> None:
        """Keeps a page, then what comes next.

        Raises:
            DataError: the disk refuses.
        """
        try:
            private_folder(self.folder)
            self._replace(self.folder / f"page-{number:05d}{suffix}", content)
            kept = {**state, "question": self._question}
            self._replace(self._note, json.dumps(kept, ensure_ascii=False, indent=1).encode())
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
        """Deletes the pages, to ask anew."""
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            path.unlink()
