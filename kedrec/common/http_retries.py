"""Rules for repeating HTTP requests: statuses worth another try, and the wait that the server asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2
    from tenacity import RetryCallState

__all__ = ["RETRYABLE_STATUSES", "RetryableError", "backoff", "retry_after"]

RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses of an answer that another try may better."""
_LONGEST_WAIT = 60.0


class RetryableError(Exception):
    """A request failed in a way that another try may better.

    Attributes:
        wait: seconds that the server asks to wait before the next try, None where it doesn't say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def retry_after(headers: httpx2.Headers) -> float | None:
    """Returns the seconds in a `Retry-After` header; None where it is missing or holds a date."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isascii() and value.isdecimal() else None


def backoff(state: RetryCallState) -> float:
    """Waits as long as the server asks for, else 1, 2, 4... seconds; 60 seconds at most (for tenacity)."""
    error = state.outcome.exception() if state.outcome else None
    requested = error.wait if isinstance(error, RetryableError) else None
    return min(requested if requested is not None else 2.0 ** (state.attempt_number - 1), _LONGEST_WAIT)
