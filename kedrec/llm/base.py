"""What KEDRec asks of a language model, whichever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

__all__ = ["ChatModel", "ChatRequest", "ChatResponse", "Message", "ModelInfo"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What to generate.

    Attributes:
        messages: the conversation so far.
        max_tokens: most tokens to write.
        seed: of the sampler; with temperature 0 the same request gives the same text.
        temperature: 0 is greedy.
        grammar: GBNF the answer must match, where the backend can; "" for none. A backend that can't
            ignores it and says so in `ModelInfo.grammars`.
        stop: texts that end the answer.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 256
    seed: int = 0
    temperature: float = 0.0
    grammar: str = ""
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """What a model wrote: the text without reasoning, why it ended, tokens read and written (all of them)."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model is.

    Attributes:
        name: as the user names it (`default`, `hf:OWNER/NAME`, ...).
        sha256: of the weights, adapter included; "" where it can't be known (an endpoint).
        context: tokens that prompt and answer may have together.
        grammars: whether `ChatRequest.grammar` is obeyed.
        adapter: name of the adapter, "" for none.
        local: whether what it reads stays on this machine.
        adjustments: what its server refused of requests, so that it was left out or renamed, in words.
    """

    name: str
    sha256: str = ""
    context: int = 2048
    grammars: bool = False
    adapter: str = field(default="")
    local: bool = False
    adjustments: tuple[str, ...] = ()


@runtime_checkable
class ChatModel(Protocol):
    """A model that answers chats. Every method may raise `ModelError`, and nothing else."""

    @property
    def info(self) -> ModelInfo:
        """What the model is."""

    def chat(self, request: ChatRequest) -> ChatResponse:
        """The whole answer."""

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """The answer in pieces, as they are written."""

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Answers in the order of the requests, at once where the backend has parallel slots."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens that the messages take, the chat template included; an upper estimate where the
        backend has no tokenizer."""

    def close(self) -> None:
        """Gives back memory and connections; again does nothing."""
