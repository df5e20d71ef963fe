"""Answers that were given, by what they depend on, so that the same question is computed once."""

from __future__ import annotations

import threading

from kedrec.common.recently_used import RecentlyUsed

__all__ = ["AnswerCache"]


class AnswerCache:
    """The answers asked for last, up to a number of bytes. Used by many threads.

    Args:
        most_bytes: most bytes of all answers; 0: none is stored.
    """

    def __init__(self, most_bytes: int) -> None:
        self._lock = threading.Lock()
        self._answers = RecentlyUsed[str, bytes](most_bytes, len)

    def get(self, tag: str) -> bytes | None:
        """The answer with a tag; None if it isn't stored."""
        with self._lock:
            return self._answers.get(tag)

    def put(self, tag: str, answer: bytes) -> None:
        """Stores an answer unless it exceeds the limit, and drops those that weren't asked for longest."""
        with self._lock:
            self._answers.put(tag, answer)
