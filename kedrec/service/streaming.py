"""Streams the answers of `POST /v1/recommend` as server-sent events."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from kedrec.answers.rationales import PieceWritten, RationaleWritten
from kedrec.common.json_text import json_text
from kedrec.errors import KedrecError, ServiceBusyError, problem
from kedrec.service.answering import Reply, Unwritten, Writing
from kedrec.service.asking import AskerLeftError, Deadline
from kedrec.service.event_log import EventLog
from kedrec.service.problems import defect

if TYPE_CHECKING:
    from kedrec.service.answering import Answerer, Asker
    from kedrec.service.requests import RecommendRequest
    from kedrec.types import Recommendation

__all__ = ["EVENT_STREAM", "Streams", "wants_stream"]

_logger = logging.getLogger("kedrec.service")

EVENT_STREAM = "text/event-stream"

_MOST_STREAMS = 128
_RETRY = b"retry: 1000\n\n"
_ID_BYTES = 12


def wants_stream(accept: str) -> bool:
    """True if an `Accept` header asks for events."""
    return any(part.partition(";")[0].strip().lower() == EVENT_STREAM for part in accept.split(","))


class Streams:
    """The answers being streamed, and those that ended a short time ago. Used in one event loop.

    Args:
        answerer: the answerer.
        seconds: time that an answer may take.
        grace: time, in seconds, after which an answer that nobody reads is dropped: within it an asker whose
            connection broke may go on.
    """

    def __init__(self, answerer: Answerer, *, seconds: float, grace: float) -> None:
        self._answerer = answerer
        self._seconds = seconds
        self._grace = grace
        self._logs: OrderedDict[str, EventLog] = OrderedDict()

    def open(self, question: RecommendRequest, asker: Asker, last_event: str) -> AsyncIterator[bytes]:
        """The events of an answer: those after `last_event` where it is still here, else all, anew.

        Args:
            question: the question.
            asker: who asks.
            last_event: id of the last event that the asker has, as in `Last-Event-ID`; "" for none.

        Raises:
            ServiceBusyError: too many answers are being streamed.
        """
        content = f"{asker.name}\n{asker.overlay}\n{json_text(question)}"
        owner = hashlib.sha256(content.encode()).hexdigest()
        id_, _, number = last_event.rpartition(".")
        log = self._logs.get(id_)
        if log is not None and log.owner == owner and number.isascii() and number.isdigit():
            return self._read(log, int(number[:9]))
        log = self._add_log(owner)
        log.task = asyncio.ensure_future(self._work(log, question, asker))
        return self._read(log, 0)

    async def close(self) -> None:
        """Ends the answers being streamed."""
        tasks = [log.task for log in self._logs.values() if log.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._logs.clear()

    def _add_log(self, owner: str) -> EventLog:
        while len(self._logs) >= _MOST_STREAMS:
            unread = [id_ for id_, log in self._logs.items() if log.is_ended and not log.readers]
            if not unread:
                raise ServiceBusyError(f"{_MOST_STREAMS} answers are being streamed.", "Ask again later.")
            del self._logs[unread[0]]
        log = EventLog(secrets.token_urlsafe(_ID_BYTES), owner)
        self._logs[log.id] = log
        return log

    async def _read(self, log: EventLog, after: int) -> AsyncIterator[bytes]:
        log.readers += 1
        try:
            yield _RETRY
            async for event in log.read(after):
                yield event
        finally:
            log.readers -= 1
            if not log.readers:
                asyncio.get_running_loop().call_later(self._grace, self._drop_unread, log)

    def _drop_unread(self, log: EventLog) -> None:
        if not log.readers and self._logs.get(log.id) is log:
            del self._logs[log.id]
            if log.task is not None:
                log.task.cancel()

    async def _work(self, log: EventLog, question: RecommendRequest, asker: Asker) -> None:
        try:
            reply = await self._answer(log, question, asker)
            log.add("done", reply.body.decode())
        except KedrecError as error:
            log.add("error", json_text(problem(error), indent=None))
        except AskerLeftError:
            pass  # nobody reads it
        except Exception:
            _logger.exception("An answer failed")
            log.add("error", json_text(problem(defect()), indent=None))
        finally:
            log.end()

    async def _answer(self, log: EventLog, question: RecommendRequest, asker: Asker) -> Reply:
        deadline = Deadline(self._seconds)
        reply = await self._answerer.from_graph(question, asker, deadline)
        if isinstance(reply, Reply):
            log.add("ranking", reply.body.decode())
            return reply
        log.add("ranking", question.text(reply.pending))
        loop = asyncio.get_running_loop()

        def listen(event: PieceWritten | RationaleWritten) -> None:
            for name, data in _events(event, reply):
                loop.call_soon_threadsafe(log.add, name, data)

        writing = Writing(listen)
        return await self._answerer.written(question, reply, asker, deadline, writing=writing)


def _events(event: PieceWritten | RationaleWritten, unwritten: Unwritten) -> list[tuple[str, str]]:
    """The names and data of the events that stand for what was written."""
    subject = _subject(unwritten.pending.pool[event.position])
    if isinstance(event, PieceWritten):
        data = subject | {"draft": event.draft, "text": event.text}
        return [("token", json_text(data, indent=None))]
    return [
        ("claim", json_text(subject | {"index": index, "claim": claim}, indent=None))
        for index, claim in enumerate(event.rationale.claims)
    ]


def _subject(recommendation: Recommendation) -> dict[str, object]:
    """The recommendation that an event belongs to."""
    return {
        "rank": recommendation.rank,
        "drug": recommendation.drug.id,
        "disease": recommendation.disease.id,
    }
