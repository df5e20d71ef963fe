"""Client of the OpenAI chat protocol: single requests, and streams of server-sent events.

Servers differ. A field that one refuses is omitted or renamed, also in later requests; reasoning is removed
from answers and gets tokens of its own; every other failure is a `ModelError`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message
from kedrec.llm.completions import (
    Completion,
    InvalidReplyError,
    error_message,
    parse_completion,
    parse_events,
    parse_json,
)
from kedrec.llm.quoting import before_stop, visible_text
from kedrec.llm.reasoning import (
    MixedReasoningError,
    ReasoningFilter,
    SplitText,
    may_be_reasoning,
    split_reasoning,
)
from kedrec.llm.refusals import (
    OPTIONAL,
    STREAM,
    Changes,
    apply_changes,
    describe_changes,
    next_changes,
    optional_fields,
    refused_field,
)
from kedrec.llm.server import WholeReply

if TYPE_CHECKING:
    from kedrec.llm.replies import Reply
    from kedrec.llm.server import Server

__all__ = ["Endpoint"]

_REASONING_TOKENS = (4096, 1024)
"""Tokens for reasoning beside the answer's; the second where a server can't hold the first."""
_PATH = "chat/completions"


class Endpoint:
    """The chat endpoint of a server. Every method raises `ModelError`, and nothing else.

    Args:
        server: the server that answers `chat/completions`.
        adapts: True to change and repeat a request of which the server refuses a field.
    """

    def __init__(self, server: Server, *, adapts: bool = True) -> None:
        self._server = server
        self._adapts = adapts
        # The server's peculiarities so far. Threads may find one twice; each assignment is atomic.
        self._changes: Changes = {}
        self._extra_tokens = 0
        self._unmarked_reasoning = False
        self._no_reasoning = False

    @property
    def adjustments(self) -> tuple[str, ...]:
        """Changes to requests because the server refused a field or reasons, in words."""
        reasoning = (f"{self._extra_tokens} tokens more for reasoning",) if self._extra_tokens else ()
        return (*describe_changes(self._changes), *reasoning)

    def chat(self, request: ChatRequest, **more: Any) -> ChatResponse:
        """Returns the whole answer, without reasoning; `more`: fields of the body beyond the protocol's."""
        completion = self._completion(request, more, self._extra_tokens)
        split = split_reasoning(completion.text)
        if self._needs_extra_tokens(request, completion, split):
            completion, split = self._with_extra_tokens(request, more, completion, split)
        self._unmarked_reasoning = self._unmarked_reasoning or split.unmarked
        cut = completion.finish == "length"
        undecided = self._unmarked_reasoning and not split.reasoning and cut
        if undecided or (not split.answer.strip() and (cut or split.reasoning or completion.reasoning)):
            raise self._no_answer(cut=cut)
        return ChatResponse(
            text=before_stop(split.answer, request.stop if "stop" in self._changes else ()),
            finish="length" if cut else "stop",
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )

    def stream(self, request: ChatRequest, **more: Any) -> Iterator[str]:
        """Yields the answer in pieces, without reasoning. Closing the iterator ends the request.

        A server that refuses to stream is asked for the whole answer, which is then the only piece.
        """
        for _ in range(len(OPTIONAL) + len(_REASONING_TOKENS) + 1):
            retry = yield from self._stream_once(request, more)
            if not retry:
                return
        raise self._no_answer(cut=True)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Posts a body to `path` and returns the JSON object of the answer.

        Raises:
            ModelError: the server can't be reached, refuses, takes too long, or answers something else.
        """
        return self._object(self._server.send("POST", path, body))

    def get(self, path: str) -> dict[str, Any]:
        """Returns the JSON object at `path`. Raises as `post`."""
        return self._object(self._server.send("GET", path, None))

    def _completion(self, request: ChatRequest, more: dict[str, Any], extra_tokens: int) -> Completion:
        """Requests a completion, changing the request until the server accepts it."""
        full_body = self._body(request, stream=False, extra_tokens=extra_tokens) | more
        for _ in range(len(OPTIONAL) + 1):
            changes = self._changes
            body = apply_changes(full_body, changes)
            reply = self._server.send("POST", _PATH, body)
            try:
                if reply.kind == "text/event-stream" or reply.data.lstrip()[:5] == b"data:":
                    return self._require_text(self._join_events(reply))
                value = parse_json(reply.data)
                if reply.status == 200 and not (isinstance(value, dict) and value.get("error")):
                    return self._require_text(parse_completion(value))
            except InvalidReplyError as error:
                if reply.status == 200:
                    raise self._server.invalid_reply(error, reply.text) from error
                value = reply.text
            if not self._adapt(reply.status, value, changes, body):
                raise self._server.refusal(reply)
        raise self._server.refusal(reply)

    def _stream_once(self, request: ChatRequest, more: dict[str, Any]) -> Generator[str, None, bool]:
        """Tries a stream once; returns True to try again, only before the first piece."""
        extra_tokens, changes = self._extra_tokens, self._changes
        if STREAM in changes:
            yield self.chat(request, **more).text
            return False
        body = apply_changes(self._body(request, stream=True, extra_tokens=extra_tokens) | more, changes)
        with self._server.open("POST", _PATH, body) as open_reply:
            if open_reply.status == 200 and open_reply.kind == "text/event-stream":
                return (yield from self._pieces(request, open_reply, extra_tokens))
            reply = WholeReply.read(open_reply)
        try:
            value: object = parse_json(reply.data)
        except InvalidReplyError as error:
            events = reply.data.lstrip()[:5] == b"data:"
            if reply.status == 200 and not events:
                raise self._server.invalid_reply(error, reply.text) from error
            value = reply.text
        if reply.status == 200 and not (isinstance(value, dict) and value.get("error")):
            yield self.chat(request, **more).text  # the server doesn't stream
            return False
        if self._adapt(reply.status, value, changes, body):
            return True
        raise self._server.refusal(reply)

    def _pieces(self, request: ChatRequest, reply: Reply, extra_tokens: int) -> Generator[str, None, bool]:
        """Yields the pieces of a stream of events; returns True to try again with tokens for reasoning."""
        reader = ReasoningFilter(hold=self._unmarked_reasoning)
        stops = request.stop if "stop" in self._changes else ()
        written, finish, absence, reasoning = "", "", "", False
        for event in self._events(reply):
            finish = finish or event.finish
            absence = absence or event.absence
            reasoning = reasoning or event.reasoning
            piece = self._next_piece(reader, event.text)
            written += piece
            if stops and before_stop(written, stops) != written:
                return False
            if piece:
                yield piece
        if not finish:
            raise ModelError(f"{self._server.name} broke off in the middle of an answer.", "Ask again.")
        tail = reader.end()
        self._unmarked_reasoning = self._unmarked_reasoning or reader.unmarked
        if tail:
            yield tail
        if (written + tail).strip():
            return False
        if absence:
            raise self._no_text(absence)
        if finish == "length" and self._set_next_extra_tokens(extra_tokens):
            return True
        if finish == "length" or reasoning or reader.reasoning:
            raise self._no_answer(cut=finish == "length")
        return False

    def _events(self, reply: Reply) -> Iterator[Completion]:
        try:
            yield from parse_events(reply.lines())
        except InvalidReplyError as error:
            raise self._server.invalid_reply(error, error_message(error.args[-1])) from error

    def _next_piece(self, reader: ReasoningFilter, text: str) -> str:
        """Returns the answer's next piece.

        Raises:
            ModelError: reasoning was passed on as answer already; the next request will hold it back.
        """
        try:
            return reader.feed(visible_text(text))
        except MixedReasoningError as error:
            self._unmarked_reasoning = True
            raise ModelError(
                f"{self._server.name} wrote its reasoning in front of its answer without marking where it "
                "begins.",
                "Ask again: it is known now, and left out.",
            ) from error

    def _needs_extra_tokens(self, request: ChatRequest, completion: Completion, split: SplitText) -> bool:
        """True for an answer that was cut because reasoning may have used up its tokens."""
        if completion.finish != "length" or self._no_reasoning:
            return False
        if split.reasoning or completion.reasoning or not split.answer.strip():
            return True
        # Reasoning that the chat template began is marked only at its end.
        return self._unmarked_reasoning or (not request.grammar and may_be_reasoning(split.answer))

    def _with_extra_tokens(
        self, request: ChatRequest, more: dict[str, Any], completion: Completion, split: SplitText
    ) -> tuple[Completion, SplitText]:
        """Requests the answer with tokens for reasoning; returns the first answer where that doesn't help."""
        certain = (
            self._unmarked_reasoning or split.reasoning or completion.reasoning or not split.answer.strip()
        )
        extra_tokens = self._extra_tokens
        while self._set_next_extra_tokens(extra_tokens):
            extra_tokens = self._extra_tokens
            try:
                longer = self._completion(request, more, extra_tokens)
            except ModelError:
                continue  # the server can't hold as much
            longer_split = split_reasoning(longer.text)
            if certain or longer_split.reasoning or longer.reasoning:
                return longer, longer_split
            break
        if not certain:
            self._extra_tokens, self._no_reasoning = 0, True  # the answer only reads like reasoning
        return completion, split

    def _set_next_extra_tokens(self, extra_tokens: int) -> bool:
        """Sets the next number of tokens for reasoning; False where there is none."""
        next_size = (
            _REASONING_TOKENS[0]
            if not extra_tokens
            else next((size for size in _REASONING_TOKENS if size < extra_tokens), 0)
        )
        if next_size:
            self._extra_tokens = next_size
        return next_size > 0

    def _adapt(self, status: int, answer: object, changes: Changes, body: dict[str, Any]) -> bool:
        """Changes further requests as an error demands; False where there is no change left to try."""
        fields = optional_fields(body)
        field = refused_field(status, answer, fields) if self._adapts else ""
        if not field:
            return False
        new_changes = next_changes(changes, field, fields)
        if new_changes == changes:
            return False
        self._changes = self._changes | new_changes
        return True

    def _join_events(self, reply: WholeReply) -> Completion:
        """Joins the completion from a stream of events that the request didn't ask for."""
        events = list(parse_events(reply.data.replace(b"\r", b"\n").split(b"\n")))
        last = next((event for event in events if event.finish), None)
        if last is None:
            raise ModelError(f"{self._server.name} broke off in the middle of an answer.", "Ask again.")
        return Completion(
            text="".join(event.text for event in events),
            finish=last.finish,
            reasoning=any(event.reasoning for event in events),
            absence=next((event.absence for event in events if event.absence), ""),
            prompt_tokens=max(event.prompt_tokens for event in events),
            completion_tokens=max(event.completion_tokens for event in events),
        )

    def _require_text(self, completion: Completion) -> Completion:
        """Returns a completion whose text can be shown.

        Raises:
            ModelError: it has no text, and the server says why.
        """
        if completion.absence and not completion.text:
            raise self._no_text(completion.absence)
        return replace(completion, text=visible_text(completion.text))

    def _object(self, reply: WholeReply) -> dict[str, Any]:
        if reply.status != 200:
            raise self._server.refusal(reply)
        try:
            value = parse_json(reply.data)
        except InvalidReplyError as error:
            raise self._server.invalid_reply(error, reply.text) from error
        if not isinstance(value, dict) or value.get("error"):
            raise self._server.invalid_reply(InvalidReplyError("an error"), error_message(value))
        return value

    def _body(self, request: ChatRequest, *, stream: bool, extra_tokens: int) -> dict[str, Any]:
        turns = request.messages
        if request.prefix:
            turns = (*turns, Message("assistant", request.prefix))  # llama.cpp goes on from a last turn of it
        body: dict[str, Any] = {
            "model": self._server.model,
            "messages": [
                {"role": turn.role, "content": turn.content.encode("utf-8", "replace").decode()}
                for turn in turns
            ],
            "max_tokens": request.max_tokens + extra_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": stream,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        return body

    def _no_text(self, absence: str) -> ModelError:
        return ModelError(
            f"{self._server.name} {self._server.quotable(absence)}", "Ask again, or use another model."
        )

    def _no_answer(self, *, cut: bool) -> ModelError:
        failure = (
            "was cut in its reasoning, before its answer began" if cut else "reasoned and gave no answer"
        )
        return ModelError(
            f"{self._server.name}: the model '{self._server.model}' {failure}.",
            "Use a model that reasons less, or give it a longer context.",
        )
