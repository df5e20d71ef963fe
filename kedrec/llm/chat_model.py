"""Adapter that makes any LangChain chat model a `ChatModel` (extra `langchain`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.openai import estimate_tokens
from kedrec.llm.quoting import quotable, visible_text
from kedrec.llm.reasoning import ReasoningFilter, split_reasoning

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

__all__ = ["LangChainModel"]

_LENGTH_REASONS = {"length", "max_tokens", "MAX_TOKENS"}
_PARALLEL = 8  # as of an endpoint


class LangChainModel:
    """A `ChatModel` over a `BaseChatModel`.

    Only a request's messages and stops are passed on. Temperature, seed and length are set in the LangChain
    model, since each provider names them differently.

    Args:
        model: the chat model.
        name: name in `info`; "" for the class's name.
        context: most tokens of prompt and answer together.
    """

    def __init__(self, model: BaseChatModel, *, name: str = "", context: int = 8192) -> None:
        self._model = model
        self._info = ModelInfo(
            name=name or f"langchain:{type(model).__name__}", context=context, parallel=_PARALLEL
        )

    @property
    def info(self) -> ModelInfo:
        """Description of the model; its weights' hash can't be known."""
        return self._info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer."""
        try:
            return self._response(self._model.invoke(_messages(request), stop=_stop(request)))
        except ModelError:
            raise
        except Exception as error:
            raise self._error(error) from error

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces."""
        try:
            reader = ReasoningFilter(hold=False)
            for piece in self._model.stream(_messages(request), stop=_stop(request)):
                if text := reader.feed(visible_text(str(piece.text))):
                    yield text
            if text := reader.end():
                yield text
        except Exception as error:
            raise self._error(error) from error

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in order; requests with the same stops go as one LangChain batch."""
        if len({request.stop for request in requests}) > 1:
            return [self.chat(request) for request in requests]
        try:
            inputs: list[Any] = [_messages(request) for request in requests]
            answers = self._model.batch(inputs, stop=_stop(requests[0])) if requests else []
            return [self._response(answer) for answer in answers]
        except ModelError:
            raise
        except Exception as error:
            raise self._error(error) from error

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Estimates an upper limit: many LangChain models would fetch a tokenizer to count."""
        return estimate_tokens(messages)

    def close(self) -> None:
        """Does nothing: the LangChain model belongs to the caller."""

    def _response(self, answer: AIMessage) -> ChatResponse:
        metadata = answer.response_metadata
        usage = answer.usage_metadata
        reason = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
        split = split_reasoning(visible_text(str(answer.text)))
        if split.reasoning and not split.answer.strip():
            raise ModelError(
                f"The LangChain model {self._info.name} ended in its reasoning, before its answer began.",
                "Allow it more tokens where it is made, or use one that reasons less.",
            )
        return ChatResponse(
            text=split.answer,
            finish="length" if str(reason) in _LENGTH_REASONS else "stop",
            prompt_tokens=usage["input_tokens"] if usage else 0,
            completion_tokens=usage["output_tokens"] if usage else 0,
        )

    def _error(self, error: Exception) -> ModelError:
        # Providers raise errors without a common base class.
        return ModelError(
            f"The LangChain model {self._info.name} failed: {type(error).__name__}: {quotable(str(error))}",
            "Check the model's own settings and key.",
        )


def _messages(request: ChatRequest) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](content=message.content) for message in request.messages]


def _stop(request: ChatRequest) -> list[str] | None:
    return list(request.stop) or None
