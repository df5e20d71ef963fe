"""Passes on what a model writes while it writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, cast

from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo

if TYPE_CHECKING:
    from collections.abc import Generator

    from kedrec.llm.base import ChatModel

__all__ = ["StreamedModel"]


class StreamedModel:
    """A `ChatModel` that writes each answer as a stream, one after the other.

    Args:
        model: the model that writes; the caller closes it.
        listen: called with the index of the request among those of the call, and with None before its answer,
            then with each piece of it, of which its given beginning is the first. What it raises ends the
            request, and reaches the caller.
    """

    def __init__(self, model: ChatModel, listen: Callable[[int, str | None], None]) -> None:
        self._model = model
        self._listen = listen

    @property
    def info(self) -> ModelInfo:
        """Description of the model."""
        return self._model.info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer, without counts of tokens; why it ended isn't known."""
        return self._chat(0, request)

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces."""
        return self._model.stream(request)

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in the order of the requests."""
        return [self._chat(index, request) for index, request in enumerate(requests)]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Counts the messages' tokens as the model does."""
        return self._model.count_tokens(messages)

    def close(self) -> None:
        """Does nothing: the model belongs to the caller."""

    def _chat(self, index: int, request: ChatRequest) -> ChatResponse:
        pieces: list[str] = []
        self._listen(index, None)
        if request.prefix:
            self._listen(index, request.prefix)
        # Every backend's stream is a generator: closing it ends the request at the model's server.
        with closing(cast("Generator[str, None, None]", self._model.stream(request))) as stream:
            for piece in stream:
                pieces.append(piece)
                self._listen(index, piece)
        return ChatResponse(text="".join(pieces), finish="stop")
