"""Models behind an OpenAI-compatible endpoint: vLLM, Ollama, or a hosted service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from kedrec.llm.address import bearer, open_client, parse_address
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.endpoint import Endpoint
from kedrec.llm.server import Server

if TYPE_CHECKING:
    from kedrec.llm.replies import Limits

__all__ = ["OpenAIModel", "estimate_tokens"]


class OpenAIModel:
    """A `ChatModel` behind an endpoint.

    A field that the endpoint refuses (`max_tokens`, `temperature`, ...) is renamed or omitted from then on;
    `info.adjustments` lists these changes.

    Args:
        model: the model's name on the server.
        url: base URL, without `/chat/completions`; may hold a user, a password, a query and a key in its
            path, which no message repeats.
        key: bearer token, "" for none.
        context: most tokens of prompt and answer together.
        timeout: most seconds without a byte.
        limits: most bytes of an answer, and most seconds in total.
        parallel: requests at a time in `chat_many`.

    Raises:
        SettingsError: `url` is no http or https URL, or `key` can't be one.
    """

    def __init__(
        self,
        model: str,
        *,
        url: str,
        key: str = "",
        context: int = 8192,
        timeout: float = 120.0,
        limits: Limits | None = None,
        parallel: int = 8,
    ) -> None:
        address = parse_address(
            url, "KEDREC_LLM_URL", role="a language model's endpoint", example="http://localhost:8000/v1"
        )
        headers = bearer(key, "KEDREC_LLM_KEY")
        self._client = open_client(
            address, "KEDREC_LLM_URL", headers, key_setting="KEDREC_LLM_KEY", timeout=timeout
        )
        server = Server(
            self._client,
            name=f"The endpoint {address.display_text}",
            model=model,
            hint="Check KEDREC_LLM_URL and that the server runs.",
            limits=limits,
            query=address.query,
            secrets=(*address.secrets, key.strip()),
        )
        self._endpoint = Endpoint(server)
        self._info = ModelInfo(
            name=f"openai:{model}", context=context, local=address.local, parallel=parallel
        )

    @property
    def info(self) -> ModelInfo:
        """Description of the model; its weights' hash can't be known."""
        return replace(self._info, adjustments=self._endpoint.adjustments)

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer."""
        return self._endpoint.chat(request)

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces."""
        return self._endpoint.stream(request)

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in order, sending `parallel` requests at a time."""
        with ThreadPoolExecutor(self._info.parallel) as pool:
            return list(pool.map(self.chat, requests))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Estimates an upper limit: the protocol has no tokenizer."""
        return estimate_tokens(messages)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Estimates the most tokens of messages: a byte is at most one token, and a turn adds a few."""
    return sum(len(message.content.encode()) + 8 for message in messages) + 8
