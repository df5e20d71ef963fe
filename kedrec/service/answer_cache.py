"""Answers that were given, by what they depend on, so that the same question is computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict

__all__ = ["AnswerCache"]


class AnswerCache:
    """The answers asked for last, up to a number of bytes. Used by many threads.

    Args:
        most_bytes: most bytes of all answers; 0: none is stored.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, bytes] = OrderedDict()

    def get(self, tag: str) -> bytes | None:
        """The answer with a tag; None if it isn't stored."""
        with self._lock:
            answer = self._answers.get(tag)
            if answer is not None:
                self._answers.move_to_end(tag)
            return answer

    def put(self, tag: str, answer: bytes) -> None:
        """Stores an answer unless it exceeds the limit, and drops those that weren't asked for longest."""
        with self._lock:
            self._bytes -= len(self._answers.pop(tag, b""))
            if len(answer) > self._most_bytes:
                return
            self._answers[tag] = answer
            self._bytes += len(answer)
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._answers.popitem(last=False)[1])
