"""Protocol of language models: requests, responses, and `ChatModel`, which every backend implements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

__all__ = ["ChatModel", "ChatRequest", "ChatResponse", "Message", "ModelInfo", "ScoringModel"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request to a model.

    Attributes:
        messages: the conversation so far.
        max_tokens: most tokens to write.
        seed: the sampler's seed; with temperature 0 the same request gives the same text.
        temperature: 0 is greedy.
        grammar: GBNF that the answer must match, "" for none; ignored by backends whose `ModelInfo.grammars`
            is False.
        stop: texts that end the answer.
        prefix: beginning of the answer, which the model goes on from; the response has what follows it. Only
            for backends whose `ModelInfo.continues` is True; `grammar` is of what follows.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 256
    seed: int = 0
    temperature: float = 0.0
    grammar: str = ""
    stop: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """A model's answer without its reasoning, why it ended, and the tokens read and written (all of them)."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Description of a model.

    Attributes:
        name: as the user names it (`default`, `hf:OWNER/NAME`, ...).
        sha256: hash of the weights, adapter included; "" where it can't be known (an endpoint).
        context: most tokens of prompt and answer together.
        grammars: True where `ChatRequest.grammar` is obeyed.
        continues: True where `ChatRequest.prefix` is obeyed.
        adapter: name of the adapter, "" for none.
        local: True where what the model reads stays on this machine; see `kedrec.llm.locality`.
        adjustments: changes to requests after its server's refusals, in words (`without seed`).
        parallel: number of requests that it answers at once, so that asking for as many together is faster.
    """

    name: str
    sha256: str = ""
    context: int = 2048
    grammars: bool = False
    adapter: str = field(default="")
    local: bool = False
    adjustments: tuple[str, ...] = ()
    continues: bool = False
    parallel: int = 1


@runtime_checkable
class ChatModel(Protocol):
    """A model that answers chats. Every method may raise `ModelError`, and nothing else."""

    @property
    def info(self) -> ModelInfo:
        """Description of the model."""

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer."""

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces, as they are written."""

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in the order of the requests, in parallel where the backend can."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Counts the messages' tokens, chat template included; an upper estimate without a tokenizer."""

    def close(self) -> None:
        """Frees memory and connections; a second call does nothing."""


@runtime_checkable
class ScoringModel(Protocol):
    """A `ChatModel` that says how likely it finds given answers; may raise `ModelError`, and nothing else."""

    def answer_scores(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Log-probabilities of the answers' first tokens, of which one is taken to come.

        The tokens must differ, and nothing is written.
        """
