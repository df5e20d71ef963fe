"""A model behind an OpenAI-compatible endpoint: vLLM, Ollama, a hosted one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from kedrec.errors import SettingsError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.endpoint import Endpoint

__all__ = ["OpenAIModel", "bytes_as_tokens"]


class OpenAIModel:
    """A `ChatModel` behind an endpoint.

    Args:
        model: the model's name as the endpoint knows it.
        url: base URL, up to and without `/chat/completions`.
        key: bearer token, "" for none.
        context: tokens that prompt and answer may have together.
        timeout: seconds without a byte before giving up.
        parallel: requests at a time in `chat_many`.

    Raises:
        SettingsError: `url` is no http or https URL.
    """

    def __init__(
        self,
        model: str,
        *,
        url: str,
        key: str = "",
        context: int = 8192,
        timeout: float = 120.0,
        parallel: int = 8,
    ) -> None:
        import httpx2

        if not url.startswith(("http://", "https://")):
            raise SettingsError(
                f"'{url}' can't be the address of a language model's endpoint."
                if url
                else "No endpoint is set for the language model.",
                "Set KEDREC_LLM_URL, for example to http://localhost:8000/v1.",
            )
        self._client = httpx2.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(timeout, connect=10.0),
        )
        self._endpoint = Endpoint(
            self._client,
            what=f"The endpoint {url}",
            model=model,
            hint="Check KEDREC_LLM_URL and that the server runs.",
        )
        self._info = ModelInfo(name=f"openai:{model}", context=context)
        self._parallel = parallel

    @property
    def info(self) -> ModelInfo:
        """What the model is; its weights' hash can't be known."""
        return self._info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """The whole answer."""
        return self._endpoint.chat(request)

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """The answer in pieces."""
        return self._endpoint.stream(request)

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Answers in order, `parallel` requests at a time."""
        with ThreadPoolExecutor(self._parallel) as pool:
            return list(pool.map(self.chat, requests))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """An upper estimate: the protocol has no tokenizer."""
        return bytes_as_tokens(messages)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def bytes_as_tokens(messages: Sequence[Message]) -> int:
    """Tokens that messages take at most: a byte is at most one token, and a turn adds a few."""
    return sum(len(message.content.encode()) + 8 for message in messages) + 8
