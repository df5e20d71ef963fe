"""Client of a language model server: sends requests, and turns each failure into a `ModelError`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kedrec.common.http_retries import retry_after
from kedrec.errors import ModelError
from kedrec.llm.completions import InvalidReplyError, error_message, parse_json
from kedrec.llm.quoting import quotable
from kedrec.llm.replies import Limits, OverlongReplyError, SlowReplyError, UnreadableReplyError, open_reply

if TYPE_CHECKING:
    from concurrent.futures import Future

    import httpx2
    from tenacity import RetryCallState

    from kedrec.llm.replies import Reply

__all__ = ["Server", "WholeReply"]

_TRIES = 3
_BUSY = {429, 502, 503, 504, 529}
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class WholeReply:
    """A reply that was read whole.

    Attributes:
        status: HTTP status.
        kind: media type.
        target: address that a redirection names, "" for none.
        data: the body.
        wait: seconds that the server asks to wait before another request, None where it doesn't say.
    """

    status: int
    kind: str
    target: str
    data: bytes
    wait: float | None = None

    @classmethod
    def read(cls, reply: Reply) -> WholeReply:
        """Reads a reply to its end."""
        headers = reply.headers
        return cls(reply.status, reply.kind, headers.get("location", ""), reply.body(), retry_after(headers))

    @property
    def text(self) -> str:
        """Start of the body as text, for messages."""
        return self.data[:65536].decode("utf-8", "replace")


class Server:
    """A server of one model. Every method raises `ModelError`, and nothing else.

    Args:
        client: HTTP client with the base URL, the key and the timeouts.
        name: the server's name in messages, for example "the endpoint http://localhost:8000/v1".
        model: the model's name on the server.
        hint: advice for when it can't be reached.
        limits: size and total time of one reply.
        query: query of every URL.
        secrets: texts that no message repeats, even where the server does.
    """

    def __init__(
        self,
        client: httpx2.Client,
        *,
        name: str,
        model: str,
        hint: str,
        limits: Limits | None = None,
        query: str = "",
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.model = model
        self._client = client
        self._hint = hint
        self._limits = limits or Limits()
        self._query = query
        self._secrets = secrets

    def quotable(self, message: str) -> str:
        """Returns a message of the server as one line without its secrets."""
        return quotable(message, self._secrets)

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> WholeReply:
        """Sends a request and reads the reply; a busy server gets it three times at most."""
        from tenacity import Retrying, retry_if_result, stop_after_attempt

        retrying = Retrying(
            retry=retry_if_result(lambda reply: reply.status in _BUSY),
            stop=stop_after_attempt(_TRIES),
            wait=_wait,
            sleep=time.sleep,
            retry_error_callback=_last_reply,
        )
        for attempt in retrying:
            # Errors bypass tenacity, which would keep them, with the connections in their frames, in a cycle.
            with self.open(method, path, body) as open_reply:
                reply = WholeReply.read(open_reply)
            attempt.retry_state.set_result(reply)
        return reply

    @contextmanager
    def open(self, method: str, path: str, body: dict[str, Any] | None) -> Iterator[Reply]:
        """Sends a request and opens its reply; failures while the reply is read become `ModelError` too."""
        with (
            self._model_errors(),
            open_reply(self._client, method, path, self._limits, query=self._query, body=body) as reply,
        ):
            yield reply

    def refusal(self, reply: WholeReply) -> ModelError:
        """Builds the error of a reply without an answer."""
        try:
            message = error_message(parse_json(reply.data))
        except InvalidReplyError:
            message = reply.text
        message = self.quotable(message)
        if reply.status == 200:
            return ModelError(
                f"{self.name} answered an error: {message}", "Read what it says; then ask again."
            )
        if 300 <= reply.status < 400:
            target = self.quotable(_plain_url(reply.target)) if reply.target else "nowhere."
            return ModelError(
                f"{self.name} answered {reply.status}: it redirects to {target}",
                "Set KEDREC_LLM_URL to the address that answers; its key isn't sent elsewhere.",
            )
        if reply.status in {401, 407}:
            return ModelError(f"{self.name} refused the key: {message}", "Set KEDREC_LLM_KEY.")
        if reply.status == 403:
            return ModelError(
                f"{self.name} forbids the request: {message}",
                "See what it says: KEDREC_LLM_KEY may lack the right to use this model.",
            )
        if reply.status == 404:
            return ModelError(
                f"{self.name} doesn't know the model '{self.model}' or isn't a chat endpoint: {message}",
                "Check KEDREC_LLM_URL (it often ends in /v1) and the model's name.",
            )
        if reply.status in {400, 413, 422}:
            hint = "It runs, but can't take this request: see what it says, or use another model."
        elif reply.status in _BUSY:
            hint = "It is busy: try again later."
        else:
            hint = self._hint
        return ModelError(f"{self.name} answered {reply.status}: {message}", hint)

    def invalid_reply(self, error: InvalidReplyError, answer: str) -> ModelError:
        """Builds the error of a reply that is no valid answer; `answer` is its text."""
        return ModelError(f"{self.name} answered {error.args[0]}: {self.quotable(answer)}", self._hint)

    @contextmanager
    def _model_errors(self) -> Iterator[None]:
        import httpx2

        try:
            yield
        except SlowReplyError as error:
            raise ModelError(
                f"{self.name} took more than {self._limits.seconds:g} seconds in all to answer.", self._hint
            ) from error
        except OverlongReplyError as error:
            raise ModelError(
                f"{self.name} answered more than {self._limits.size >> 20} MB, which is no chat completion.",
                self._hint,
            ) from error
        except UnreadableReplyError as error:
            raise ModelError(f"{self.name} answered something that is {error}.", self._hint) from error
        except httpx2.ConnectTimeout as error:
            raise ModelError(f"{self.name} can't be reached: it doesn't answer.", self._hint) from error
        except httpx2.TimeoutException as error:
            raise ModelError(f"{self.name} took too long to answer.", self._hint) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            reason = self.quotable(str(error) or type(error).__name__)
            raise ModelError(f"{self.name} can't be reached: {reason}", self._hint) from error
        except RuntimeError as error:  # httpx raises it for a client that was closed
            if not self._client.is_closed:
                raise
            raise ModelError(f"{self.name} was closed.", "Open the model again.") from error


def _plain_url(url: str) -> str:
    """Removes user, password, query and fragment from a URL."""
    scheme, separator, address = url.partition("?")[0].partition("#")[0].partition("://")
    return f"{scheme}://{address.rpartition('@')[2]}" if separator else scheme


def _last_reply(state: RetryCallState) -> WholeReply:
    """Returns the reply of the last try (for tenacity)."""
    return cast("Future[WholeReply]", state.outcome).result()


def _wait(state: RetryCallState) -> float:
    """Waits as long as the server asks for, at most 30 seconds, else 0.5, 1, ... seconds (for tenacity)."""
    requested = _last_reply(state).wait
    return min(requested, _LONGEST_WAIT) if requested is not None else 0.5 * 2 ** (state.attempt_number - 1)
