"""Parts of the service: options, stored answers, turns, events, tags, names of hosts."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from kedrec.errors import ServiceBusyError, UsageError
from kedrec.service.answer_cache import AnswerCache
from kedrec.service.event_log import EventLog
from kedrec.service.fair_queue import FairQueue
from kedrec.service.guards import RequestBounds
from kedrec.service.listening import is_loopback
from kedrec.service.options import ServiceOptions
from kedrec.service.requests import CompareRequest
from kedrec.service.streaming import wants_stream
from kedrec.service.tags import answer_tag, matches_tag


@pytest.mark.parametrize(
    "values",
    [
        {"deadline": 0}, {"deadline": float("nan")}, {"deadline": -1.0}, {"most_waiting": 0},
        {"cache_bytes": -1}, {"most_body_bytes": 0}, {"body_seconds": 0}, {"rate": "often"},
        {"root_path": "kedrec"}, {"root_path": "/kedrec/"}, {"origins": ("*",)},
        {"origins": ("https://a.example/path",)}, {"origins": ("null",)}, {"stream_grace": -1},
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ServiceOptions(**values)


def test_options_within_range_are_taken() -> None:
    options = ServiceOptions(root_path="/kedrec", origins=("https://wiki.example.org:8443",), rate="5/second")
    assert options.deadline == 120


def test_stored_answers_stay_within_their_bytes() -> None:
    cache = AnswerCache(10)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    assert cache.get("a") == b"1234"
    cache.put("c", b"1234")  # drops b, which wasn't asked for longest
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"1234", None, b"1234")
    cache.put("d", b"12345678901")
    assert cache.get("d") is None
    assert cache.get("a") == b"1234"
    cache.put("a", b"12")
    cache.put("e", b"1234")
    assert [cache.get(tag) for tag in "ace"] == [b"12", b"1234", b"1234"]
    nothing = AnswerCache(0)
    nothing.put("a", b"1")
    assert nothing.get("a") is None


def test_a_queue_goes_on_after_an_error_and_after_a_cancelled_task() -> None:
    queue = FairQueue("it", 3)
    release = threading.Event()
    held = queue.submit(release.wait)

    def fail() -> None:
        raise ValueError("odd")

    failing, dropped = queue.submit(fail), queue.submit(lambda: 1)
    with pytest.raises(ServiceBusyError, match="3 questions already wait for it"):
        queue.submit(lambda: 2)
    assert dropped.cancel()
    last = queue.submit(lambda: 3)
    release.set()
    assert held.result(10)
    with pytest.raises(ValueError, match="odd"):
        failing.result(10)
    assert last.result(10) == 3
    queue.close()
    queue.close()
    assert len(queue) == 0
    with pytest.raises(ServiceBusyError, match="being stopped"):
        queue.submit(lambda: 4)


def test_a_reader_gets_every_event_after_the_last_one_it_has() -> None:
    async def read(log: EventLog, after: int) -> list[bytes]:
        return [event async for event in log.read(after)]

    async def run() -> None:
        log = EventLog("s", "me")
        log.add("ranking", "{}")
        early, late = asyncio.ensure_future(read(log, 0)), asyncio.ensure_future(read(log, 1))
        for number in range(3):
            await asyncio.sleep(0)
            log.add("token", f'"{number}"')
        log.end()
        first, second = await early, await late
        assert len(first) == 4
        assert second == first[1:]
        assert first[1] == b'id: s.2\nevent: token\ndata: "0"\n\n'
        assert await read(log, 99) == []

    asyncio.run(run())


def test_only_a_bounded_number_of_events_is_stored() -> None:
    async def run() -> None:
        log = EventLog("s", "me")
        for number in range(20_000):
            log.add("token", str(number))
        log.end()
        events = [event async for event in log.read()]
        assert len(events) == 5000
        assert events[-1].endswith(b"data: 19999\n\n")

    asyncio.run(run())


def test_askers_take_turns_in_a_queue() -> None:
    queue, release, order = FairQueue("it", 9), threading.Event(), list[str]()
    queue.submit(release.wait)
    names = ["a1", "a2", "b1", "a3"]
    waiting = [queue.submit(partial(order.append, name), name[0]) for name in names]
    release.set()
    for task in waiting:
        task.result(10)
    queue.close()
    assert order == ["a1", "b1", "a2", "a3"]


def test_a_tag_is_of_one_question_and_one_basis() -> None:
    first, other = (CompareRequest(disease="asthma", drug="a", other=name) for name in "bc")
    tags = {answer_tag(first, "one"), answer_tag(other, "one"), answer_tag(first, "two")}
    assert len(tags) == 3
    assert answer_tag(first.model_copy(), "one") in tags


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"ab"', False),
        ("a", False),
        ("", False),
    ],
)
def test_tags_that_an_asker_has_are_compared_whole(header: str, known: bool) -> None:
    assert matches_tag(header, '"a"') is known


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("text/event-stream", True),
        ("application/json, TEXT/Event-Stream; q=0.9", True),
        ("*/*", False),
        ("text/event-streams", False),
    ],
)
def test_events_are_sent_on_request_alone(header: str, wanted: bool) -> None:
    assert wants_stream(header) is wanted


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("192.168.0.7", False), ("::", False), ("example.org", False), ("127.0.0.1.example.org", False)],
)  # fmt: skip
def test_a_loopback_address_is_told_from_others(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("LOCALHOST:8000", 200), ("127.0.0.1:1", 200), ("[::1]:8000", 200), ("[::1]", 200),
     ("evil.example", 421), ("evil.example:8000", 421), ("localhost.evil.example", 421), ("", 421)],
)  # fmt: skip
def test_a_service_is_called_by_its_own_names(host: str, status: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guarded = RequestBounds(app, most_bytes=9, seconds=1, hosts=("localhost", "127.0.0.1", "[::1]"))
    sent: list[Any] = []

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await guarded({"type": "http", "method": "GET", "headers": [(b"host", host.encode())]}, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] == status
