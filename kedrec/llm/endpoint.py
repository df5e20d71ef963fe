"""Speaks the OpenAI chat protocol: one request, or a stream of server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse

if TYPE_CHECKING:
    import httpx2

__all__ = ["Endpoint"]

_TRIES = 3
_BUSY = {429, 502, 503, 504}


class Endpoint:
    """A server that answers `chat/completions`.

    Args:
        client: with the base URL, the key and the timeouts.
        what: how messages call the server, for example "the endpoint http://localhost:8000/v1".
        model: the model's name as the server knows it.
        hint: what to do when it can't be reached.
    """

    def __init__(self, client: httpx2.Client, *, what: str, model: str, hint: str) -> None:
        self._client = client
        self._what = what
        self._model = model
        self._hint = hint

    def chat(self, request: ChatRequest, **more: Any) -> ChatResponse:
        """The whole answer; `more` are fields of the body beyond the protocol's."""
        answer = self.post("chat/completions", self._body(request, stream=False) | more)
        try:
            choice = answer["choices"][0]
            usage = answer.get("usage") or {}
            return ChatResponse(
                text=choice["message"]["content"] or "",
                finish="length" if choice.get("finish_reason") == "length" else "stop",
                prompt_tokens=int(usage.get("prompt_tokens") or 0),
                completion_tokens=int(usage.get("completion_tokens") or 0),
            )
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise self._strange("no chat completion", answer) from error

    def stream(self, request: ChatRequest, **more: Any) -> Iterator[str]:
        """The answer in pieces. Closing the iterator ends the request."""
        body = self._body(request, stream=True) | more
        with self._mapped(), self._client.stream("POST", "chat/completions", json=body) as response:
            if response.status_code != 200:
                response.read()
                raise self._refused(response)
            finished = False
            for line in response.iter_lines():
                data = line.removeprefix("data:").strip()
                if not line.startswith("data:") or not data:
                    continue
                if data == "[DONE]":
                    finished = True
                    break
                piece, ended = self._piece(data)
                finished = finished or ended
                if piece:
                    yield piece
            if not finished:
                raise ModelError(f"{self._what} broke off in the middle of an answer.", "Ask again.")

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON object that `path` answers.

        Raises:
            ModelError: it can't be reached, refuses, takes too long, or answers something else.
        """
        for attempt in range(1, _TRIES + 1):
            with self._mapped():
                response = self._client.post(path, json=body)
            if response.status_code not in _BUSY or attempt == _TRIES:
                break
            time.sleep(_wait(response.headers.get("retry-after", ""), attempt))
        if response.status_code != 200:
            raise self._refused(response)
        try:
            answer = response.json()
        except ValueError as error:
            raise self._strange("no JSON", response.text) from error
        if not isinstance(answer, dict) or "error" in answer:
            raise self._strange("an error", answer)
        return answer

    def _body(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": stream,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        return body

    def _piece(self, data: str) -> tuple[str, bool]:
        """The text of one event, and whether it is the last."""
        try:
            event = json.loads(data)
            if "error" in event:
                raise self._strange("an error", event)
            if not event["choices"]:  # usage comes in an event of its own
                return "", False
            choice = event["choices"][0]
            return (choice.get("delta") or {}).get("content") or "", choice.get("finish_reason") is not None
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise self._strange("an event that is no chat completion", data) from error

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        import httpx2

        try:
            yield
        except httpx2.TimeoutException as error:
            raise ModelError(f"{self._what} took too long to answer.", self._hint) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise ModelError(f"{self._what} can't be reached: {reason}.", self._hint) from error

    def _refused(self, response: httpx2.Response) -> ModelError:
        said = _message(response.text)
        if response.status_code in {401, 403}:
            return ModelError(f"{self._what} refused the key: {said}", "Set KEDREC_LLM_KEY.")
        if response.status_code == 404:
            return ModelError(
                f"{self._what} doesn't know the model '{self._model}' or isn't a chat endpoint: {said}",
                "Check KEDREC_LLM_URL (it often ends in /v1) and the model's name.",
            )
        return ModelError(f"{self._what} answered {response.status_code}: {said}", self._hint)

    def _strange(self, found: str, answer: object) -> ModelError:
        return ModelError(f"{self._what} answered {found}: {_message(answer)}", self._hint)


def _message(answer: object) -> str:
    """What an error body says, in at most 300 characters, ending in a full stop."""
    text = answer
    try:
        text = json.loads(answer) if isinstance(answer, str) else answer
        for field in ("error", "message", "detail"):
            if isinstance(text, dict) and field in text:
                text = text[field]
    except ValueError:
        pass
    short = " ".join(str(text).split())[:300] or "(nothing)"
    return short if short.endswith(".") else short + "."


def _wait(retry_after: str, attempt: int) -> float:
    """Seconds before the next try: what the server asks for, at most 30, else 0.5, 1, ..."""
    return min(float(retry_after), 30.0) if retry_after.isdigit() else 0.5 * 2 ** (attempt - 1)
