"""Waits between repeated requests: as long as the server asks for, else doubling, never over a minute."""

from __future__ import annotations

import httpx2
import pytest
from tenacity import Future, RetryCallState, Retrying

from kedrec.common.http_retries import RetryableError, backoff, retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("2\N{SUPERSCRIPT TWO}", None),
        ("soon", None),
        ("Fri, 27 Nov 2026 08:00:00 GMT", None),
    ],
)
def test_a_server_asks_for_whole_seconds_or_for_nothing(value: str, seconds: float | None) -> None:
    headers = httpx2.Headers({b"retry-after": value.encode("latin-1")} if value else {})
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (RetryableError("busy"), [1, 2, 4, 8, 16, 32, 60, 60]),
        (RetryableError("busy", 7.0), [7] * 8),
        (RetryableError("busy", 0.0), [0] * 8),
        (RetryableError("busy", 9999.0), [60] * 8),
        (httpx2.ConnectError("refused"), [1, 2, 4, 8, 16, 32, 60, 60]),
    ],
)
def test_waits_double_unless_the_server_asks_for_one(error: Exception, waits: list[float]) -> None:
    measured = []
    for attempt in range(1, 9):
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        state.outcome = Future.construct(attempt, error, has_exception=True)
        measured.append(backoff(state))
    assert measured == waits
