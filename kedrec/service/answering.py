"""Answers questions from the engine: stored answers first, then the graph, then the model."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kedrec.answers.pending_answer import PendingAnswer
from kedrec.errors import DeadlineError, StoreBusyError
from kedrec.service.asking import AskerLeftError, Deadline, result_of
from kedrec.service.requests import RecommendRequest
from kedrec.service.tags import answer_basis, answer_tag, basis_key, matches_tag, unwritten_tag

if TYPE_CHECKING:
    from fastapi import Request

    from kedrec.answers.rationales import Listener, PieceWritten, RationaleWritten
    from kedrec.api import Kedrec
    from kedrec.llm.base import ChatModel
    from kedrec.service.answer_cache import AnswerCache
    from kedrec.service.engine import Engine
    from kedrec.service.requests import Question
    from kedrec.stores import GraphStore
    from kedrec.types import Answer, DiseaseAnswer

__all__ = ["Answerer", "Asker", "Reply", "Unwritten", "Writing"]

_TRIES = 3  # of an answer while the graph is replaced
_MOST_BASES = 1000  # of kinds of questions and choices of overlays


@dataclass(frozen=True, slots=True)
class Asker:
    """The one who asks.

    Attributes:
        name: key or address; askers take turns.
        overlay: names of the private overlays that the asker sees, as of `Settings`; None: the service's own.
        scopes: what the asker's key may do; None: everything.
    """

    name: str = ""
    overlay: str | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it is sent.

    Attributes:
        body: the text in UTF-8; b"" for an asker who has it already.
        tag: its entity tag.
        is_known: True for an asker who has it already.
    """

    body: bytes
    tag: str
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Unwritten:
    """An answer that a model has yet to write, and its tag."""

    pending: PendingAnswer[Answer] | PendingAnswer[DiseaseAnswer]
    tag: str


@dataclass(frozen=True, slots=True)
class _Basis:
    """Everything that answers depend on beside their questions, and the graph that it is of."""

    kr: Kedrec
    store: GraphStore
    closings: int
    text: str

    def is_current(self) -> bool:
        """True if the graph is surely the one in use, and hasn't changed; asked in any thread."""
        is_same = self.store.is_pinned and not self.store.has_changed()
        return is_same and self.kr.closings == self.closings  # a closed store doesn't know of changes


class Writing:
    """A model's work on one answer, which `stop` ends at its next word.

    Args:
        listen: called with what is written, in the model's thread.
    """

    def __init__(self, listen: Listener | None = None) -> None:
        self._listen = listen
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends the writing with `AskerLeftError`; after its end nothing happens."""
        self._stopped.set()

    def check(self, *_: object) -> None:
        """Raises `AskerLeftError` after `stop`; also the progress of work that isn't written in pieces."""
        if self._stopped.is_set():
            raise AskerLeftError

    def __call__(self, event: PieceWritten | RationaleWritten) -> None:
        """Passes an event on. Raises as `check`."""
        self.check()
        if self._listen is not None:
            self._listen(event)


class Answerer:
    """Answers questions with an engine, and stores the answers.

    Args:
        engine: the engine.
        cache: where answers are stored.
        seconds: time that an answer may take.
    """

    def __init__(self, engine: Engine, cache: AnswerCache, *, seconds: float) -> None:
        self._engine = engine
        self._cache = cache
        self._seconds = seconds
        self._bases: dict[Hashable, _Basis] = {}

    async def reply(self, question: Question, asker: Asker, request: Request) -> Reply:
        """The whole answer to a question.

        Args:
            question: the question.
            asker: who asks.
            request: the asker's request, whose `If-None-Match` may name the answer that the asker has.

        Raises:
            AskerLeftError, ServiceBusyError, DeadlineError: as of `result_of`.
            KedrecError: whatever the question raises.
        """
        deadline = Deadline(self._seconds)
        known = request.headers.get("if-none-match", "")
        reply = await self.from_graph(question, asker, deadline, known=known, request=request)
        if isinstance(reply, Reply):
            return reply
        writing = Writing()
        return await self.written(question, reply, asker, deadline, writing=writing, request=request)

    async def from_graph(
        self,
        question: Question,
        asker: Asker,
        deadline: Deadline,
        *,
        known: str = "",
        request: Request | None = None,
    ) -> Reply | Unwritten:
        """The stored answer, or the graph's.

        Args:
            question, asker: the question and who asks.
            deadline: its time.
            known: tags of answers that the asker has, as in `If-None-Match`.
            request: as of `result_of`.
        """
        reply = self._without_asking(question, asker, known)
        if reply is not None:
            return reply
        ask = partial(self._ask, question, asker, known)
        future = self._engine.submit(ask, overlay=asker.overlay, asker=asker.name)
        return await result_of(future, deadline, request)

    async def written(
        self,
        question: Question,
        unwritten: Unwritten,
        asker: Asker,
        deadline: Deadline,
        *,
        writing: Writing,
        request: Request | None = None,
    ) -> Reply:
        """The answer with the model's rationales; the model stops where the wait ends without it.

        Where it isn't done in time, the graph's answer, which says so and isn't stored. The texts that the
        model finished are stored (`text_cache`), so that the question asked again goes on from there.

        Args:
            question, asker, deadline, request: as of `from_graph`.
            unwritten: the graph's answer.
            writing: called with what is written.

        Raises:
            DeadlineError: the model is to order the drugs, and isn't done in time.
        """
        write = partial(self._write, question, unwritten, writing)
        try:
            future = self._engine.submit_to_model(write, asker=asker.name)
            return await result_of(future, deadline, request)
        except DeadlineError:
            if unwritten.pending.orders:
                raise
            answer = unwritten.pending.without_model(_late(self._seconds))
            return Reply(question.text(answer).encode(), unwritten_tag(unwritten.tag))
        finally:
            writing.stop()

    def _without_asking(self, question: Question, asker: Asker, known: str) -> Reply | None:
        """The stored answer, where the graph is certainly still the one that it is from.

        So a stored answer doesn't wait for questions that are being computed.
        """
        basis = self._bases.get((asker.overlay, basis_key(question)))
        if basis is None or not basis.is_current():
            return None
        return self._stored_reply(answer_tag(question, basis.text), known)

    def _stored_reply(self, tag: str, known: str) -> Reply | None:
        if known and matches_tag(known, tag):
            return Reply(b"", tag, is_known=True)
        stored = self._cache.get(tag)
        return None if stored is None else Reply(stored, tag)

    def _ask(self, question: Question, asker: Asker, known: str, kr: Kedrec) -> Reply | Unwritten:
        for _ in range(_TRIES):
            basis = answer_basis(kr, question)
            tag = answer_tag(question, basis)
            if (reply := self._stored_reply(tag, known)) is not None:
                return reply
            answer = question.ask(kr)
            if answer_basis(kr, question) != basis:
                continue  # the graph was replaced after the tag was made
            if (key := basis_key(question)) is not None:
                if len(self._bases) >= _MOST_BASES:
                    self._bases.clear()
                self._bases[asker.overlay, key] = _Basis(kr, kr.store, kr.closings, basis)
            if isinstance(answer, PendingAnswer) and isinstance(question, RecommendRequest):
                if question.llm and answer.needs_model:
                    return Unwritten(answer, tag)
                answer = answer.answer
            return self._stored(question, answer, tag)
        raise StoreBusyError("The graph is being replaced again and again.", "Ask again later.")

    def _write(self, question: Question, unwritten: Unwritten, writing: Writing, model: ChatModel) -> Reply:
        stored = self._cache.get(unwritten.tag)  # another asker may have had the same question
        if stored is not None:
            return Reply(stored, unwritten.tag)
        writing.check()
        answer = unwritten.pending.write(model, progress=writing.check, listen=writing)
        return self._stored(question, answer, unwritten.tag)

    def _stored(self, question: Question, answer: object, tag: str) -> Reply:
        body = question.text(answer).encode()
        self._cache.put(tag, body)
        return Reply(body, tag)


def _late(seconds: float) -> str:
    """The note of rationales that the model was to write, and hadn't written in time."""
    return (
        f"The language model wasn't done within {seconds:g} seconds; ask again later, or for fewer results."
    )
