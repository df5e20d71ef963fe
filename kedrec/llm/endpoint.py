"""Speaks the OpenAI chat protocol: one request, or a stream of server-sent events.

Servers differ. A field that one refuses is left out or renamed, and the connection remembers it; reasoning is
no part of an answer and gets tokens of its own; whatever else goes wrong is a `ModelError` that says what.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse
from kedrec.llm.completions import (
    Completion,
    StrangeReplyError,
    completion_of,
    events_of,
    json_of,
    message_of,
)
from kedrec.llm.quoting import before_stop, visible
from kedrec.llm.reasoning import (
    MixedReasoningError,
    ReasoningFilter,
    SplitText,
    may_be_reasoning,
    split_reasoning,
)
from kedrec.llm.refusals import (
    OPTIONAL,
    Changes,
    changed_body,
    optional_fields,
    refused_field,
    with_refused,
    words_of,
)
from kedrec.llm.replies import Limits
from kedrec.llm.server import Server, WholeReply

if TYPE_CHECKING:
    import httpx2

    from kedrec.llm.replies import Reply

__all__ = ["Endpoint"]

_ROOMS = (4096, 1024)
"""Tokens that reasoning gets beside the answer's, the second where a server can't hold the first."""
_PATH = "chat/completions"


class Endpoint:
    """A server that answers `chat/completions`. Every method raises `ModelError`, and nothing else.

    Args:
        client: with the base URL, the key and the timeouts.
        what: how messages call the server, for example "the endpoint http://localhost:8000/v1".
        model: the model's name as the server knows it.
        hint: what to do when it can't be reached.
        limits: size and whole time of one reply.
        query: what every URL ends in.
        secrets: what isn't repeated of the server's messages.
        adapts: whether a request is changed and made again where the server refuses a field of it.
    """

    def __init__(
        self,
        client: httpx2.Client,
        *,
        what: str,
        model: str,
        hint: str,
        limits: Limits | None = None,
        query: str = "",
        secrets: tuple[str, ...] = (),
        adapts: bool = True,
    ) -> None:
        self._server = Server(
            client,
            name=what,
            model=model,
            hint=hint,
            limits=limits or Limits(),
            query=query,
            secrets=secrets,
        )
        self._adapts = adapts
        # What was learned of the server. Threads may learn it twice; each assignment is whole.
        self._changes: Changes = {}
        self._room = 0
        self._headless = False
        self._no_reasoning = False

    @property
    def adjustments(self) -> tuple[str, ...]:
        """What requests have otherwise than they were meant, since the server refused it or reasons."""
        room = (f"{self._room} tokens more for reasoning",) if self._room else ()
        return (*words_of(self._changes), *room)

    def chat(self, request: ChatRequest, **more: Any) -> ChatResponse:
        """The whole answer, without reasoning; `more` are fields of the body beyond the protocol's."""
        completion = self._completion(request, more, self._room)
        split = split_reasoning(completion.text)
        if self._wants_room(request, completion, split):
            completion, split = self._with_room(request, more, completion, split)
        self._headless = self._headless or split.headless
        cut = completion.finish == "length"
        lost = self._headless and not split.reasoning and cut
        if lost or (not split.answer.strip() and (cut or split.reasoning or completion.reasoning)):
            raise self._no_answer(cut=cut)
        return ChatResponse(
            text=before_stop(split.answer, request.stop if "stop" in self._changes else ()),
            finish="length" if cut else "stop",
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )

    def stream(self, request: ChatRequest, **more: Any) -> Iterator[str]:
        """The answer in pieces, without reasoning. Closing the iterator ends the request."""
        for _ in range(len(OPTIONAL) + len(_ROOMS) + 1):
            again = yield from self._stream_once(request, more)
            if not again:
                return
        raise self._no_answer(cut=True)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON object that `path` answers.

        Raises:
            ModelError: it can't be reached, refuses, takes too long, or answers something else.
        """
        return self._object(self._server.send("POST", path, body))

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`. Raises as `post`."""
        return self._object(self._server.send("GET", path, None))

    def _completion(self, request: ChatRequest, more: dict[str, Any], room: int) -> Completion:
        """The completion of a request, with changes until the server takes it."""
        whole = self._body(request, stream=False, room=room) | more
        for _ in range(len(OPTIONAL) + 1):
            changes = self._changes
            body = changed_body(whole, changes)
            sent = self._server.send("POST", _PATH, body)
            try:
                if sent.kind == "text/event-stream" or sent.data.lstrip()[:5] == b"data:":
                    return self._said(self._assembled(sent))
                value = json_of(sent.data)
                if sent.status == 200 and not (isinstance(value, dict) and value.get("error")):
                    return self._said(completion_of(value))
            except StrangeReplyError as error:
                if sent.status == 200:
                    raise self._server.strange(error, sent.text) from error
                value = sent.text
            if not self._adapt(sent.status, value, changes, body):
                raise self._server.refused(sent)
        raise self._server.refused(sent)

    def _stream_once(self, request: ChatRequest, more: dict[str, Any]) -> Generator[str, None, bool]:
        """One try of a stream; returns whether to try again, which it does only before the first piece."""
        room, changes = self._room, self._changes
        body = changed_body(self._body(request, stream=True, room=room) | more, changes)
        with self._server.opened("POST", _PATH, body) as reply:
            if reply.status == 200 and reply.kind == "text/event-stream":
                return (yield from self._pieces(request, reply, room))
            sent = WholeReply.of(reply)
        try:
            value: object = json_of(sent.data)
        except StrangeReplyError as error:
            events = sent.data.lstrip()[:5] == b"data:"
            if sent.status == 200 and not events:
                raise self._server.strange(error, sent.text) from error
            value = sent.text
        if sent.status == 200 and not (isinstance(value, dict) and value.get("error")):
            yield self.chat(request, **more).text  # it doesn't stream
            return False
        if self._adapt(sent.status, value, changes, body):
            return True
        raise self._server.refused(sent)

    def _pieces(self, request: ChatRequest, reply: Reply, room: int) -> Generator[str, None, bool]:
        """The pieces of a stream of events; returns whether to try again with more room for reasoning."""
        reader = ReasoningFilter(hold=self._headless)
        stops = request.stop if "stop" in self._changes else ()
        written, finish, absent, reasoning = "", "", "", False
        for event in self._events(reply):
            finish = finish or event.finish
            absent = absent or event.absent
            reasoning = reasoning or event.reasoning
            piece = self._without_mixing(reader, event.text)
            written += piece
            if stops and before_stop(written, stops) != written:
                return False
            if piece:
                yield piece
        if not finish:
            raise ModelError(f"{self._server.name} broke off in the middle of an answer.", "Ask again.")
        rest = reader.end()
        self._headless = self._headless or reader.headless
        if rest:
            yield rest
        if (written + rest).strip():
            return False
        if absent:
            raise self._silent(absent)
        if finish == "length" and self._next_room(room):
            return True
        if finish == "length" or reasoning or reader.reasoning:
            raise self._no_answer(cut=finish == "length")
        return False

    def _events(self, reply: Reply) -> Iterator[Completion]:
        try:
            yield from events_of(reply.lines())
        except StrangeReplyError as error:
            raise self._server.strange(error, message_of(error.args[-1])) from error

    def _without_mixing(self, reader: ReasoningFilter, text: str) -> str:
        """The next piece of an answer; reasoning that was passed on already is an error, once."""
        try:
            return reader.feed(visible(text))
        except MixedReasoningError as error:
            self._headless = True
            raise ModelError(
                f"{self._server.name} wrote its reasoning in front of its answer without marking where it "
                "begins.",
                "Ask again: it is known now, and left out.",
            ) from error

    def _wants_room(self, request: ChatRequest, completion: Completion, split: SplitText) -> bool:
        """Whether an answer was cut since reasoning used up its tokens, and more were not given yet."""
        if completion.finish != "length" or self._no_reasoning:
            return False
        if split.reasoning or completion.reasoning or not split.answer.strip():
            return True
        # Reasoning that the chat template began shows its mark only at its end.
        return self._headless or (not request.grammar and may_be_reasoning(split.answer))

    def _with_room(
        self, request: ChatRequest, more: dict[str, Any], completion: Completion, split: SplitText
    ) -> tuple[Completion, SplitText]:
        """The answer with more tokens, for reasoning; the one before where that doesn't help."""
        sure = self._headless or split.reasoning or completion.reasoning or not split.answer.strip()
        room = self._room
        while self._next_room(room):
            room = self._room
            try:
                longer = self._completion(request, more, room)
            except ModelError:
                continue  # it can't hold as much
            whole = split_reasoning(longer.text)
            if sure or whole.reasoning or longer.reasoning:
                return longer, whole
            break
        if not sure:
            self._room, self._no_reasoning = 0, True  # it only reads like reasoning
        return completion, split

    def _next_room(self, room: int) -> bool:
        """Gives reasoning its next number of tokens; whether there is one."""
        following = _ROOMS[0] if not room else next((one for one in _ROOMS if one < room), 0)
        if following:
            self._room = following
        return following > 0

    def _adapt(self, status: int, answer: object, changes: Changes, body: dict[str, Any]) -> bool:
        """Changes further requests as an error asks for; whether there is a change to try."""
        sent = optional_fields(body)
        field = refused_field(status, answer, sent) if self._adapts else ""
        if not field:
            return False
        new = with_refused(changes, field, sent)
        if new == changes:
            return False
        self._changes = self._changes | new
        return True

    def _assembled(self, sent: WholeReply) -> Completion:
        """The completion in a stream of events that nobody asked for."""
        events = list(events_of(sent.data.replace(b"\r", b"\n").split(b"\n")))
        last = next((event for event in events if event.finish), None)
        if last is None:
            raise ModelError(f"{self._server.name} broke off in the middle of an answer.", "Ask again.")
        return Completion(
            text="".join(event.text for event in events),
            finish=last.finish,
            reasoning=any(event.reasoning for event in events),
            absent=next((event.absent for event in events if event.absent), ""),
            prompt_tokens=max(event.prompt_tokens for event in events),
            completion_tokens=max(event.completion_tokens for event in events),
        )

    def _said(self, completion: Completion) -> Completion:
        """A completion with text that can be shown.

        Raises:
            ModelError: there is none, and the server says why.
        """
        if completion.absent and not completion.text:
            raise self._silent(completion.absent)
        return replace(completion, text=visible(completion.text))

    def _object(self, sent: WholeReply) -> dict[str, Any]:
        if sent.status != 200:
            raise self._server.refused(sent)
        try:
            value = json_of(sent.data)
        except StrangeReplyError as error:
            raise self._server.strange(error, sent.text) from error
        if not isinstance(value, dict) or value.get("error"):
            raise self._server.strange(StrangeReplyError("an error"), message_of(value))
        return value

    def _body(self, request: ChatRequest, *, stream: bool, room: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._server.model,
            "messages": [
                {"role": turn.role, "content": turn.content.encode("utf-8", "replace").decode()}
                for turn in request.messages
            ],
            "max_tokens": request.max_tokens + room,
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": stream,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        return body

    def _silent(self, absent: str) -> ModelError:
        return ModelError(
            f"{self._server.name} {self._server.quoted(absent)}", "Ask again, or use another model."
        )

    def _no_answer(self, *, cut: bool) -> ModelError:
        how = "was cut in its reasoning, before its answer began" if cut else "reasoned and gave no answer"
        return ModelError(
            f"{self._server.name}: the model '{self._server.model}' {how}.",
            "Use a model that reasons less, or give it a longer context.",
        )
