"""Limits the number of requests of each asker in a time."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Protocol

from kedrec.errors import RateLimitError, UsageError

if TYPE_CHECKING:
    from limits import RateLimitItem

__all__ = ["CountsRequests", "RateLimits", "parse_rate"]


def parse_rate(text: str) -> tuple[RateLimitItem, ...]:
    """The limits in a text such as `60/minute` or `5/second;1000/day`; () for "".

    Raises:
        UsageError: it is no rate.
    """
    from limits import parse_many

    if not text:
        return ()
    try:
        items = tuple(parse_many(text))
    except ValueError:
        items = ()
    if not items or any(item.amount < 1 for item in items):
        raise UsageError(f"'{text[:100]}' is no rate.", "Give it as 60/minute, or 5/second;1000/day.")
    return items


class CountsRequests(Protocol):
    """What counts requests: `RateLimits`, of this process or of another."""

    def count(self, asker: str, rate: str) -> None:
        """As of `RateLimits`."""


class RateLimits:
    """The requests of each asker in the last moments, in memory."""

    def __init__(self) -> None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, asker: str, rate: str) -> None:
        """Counts a request.

        Args:
            asker: who asks.
            rate: most requests, as of `parse_rate`; "" for any number.

        Raises:
            RateLimitError: there were as many already.
        """
        for item in parse_rate(rate):
            if not self._limiter.hit(item, asker):
                reset = self._limiter.get_window_stats(item, asker).reset_time
                seconds = max(1, math.ceil(reset - time.time()))
                raise RateLimitError(
                    f"There were {item.amount} requests already within "
                    f"{item.multiples if item.multiples > 1 else 'a'} {item.GRANULARITY.name}"
                    f"{'s' if item.multiples > 1 else ''}.",
                    f"Ask again in {seconds} seconds.",
                )
