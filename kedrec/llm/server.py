"""A server of language models: requests to it, and what each of its failures means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedrec.errors import ModelError
from kedrec.llm.completions import StrangeReplyError, json_of, message_of
from kedrec.llm.quoting import quoted
from kedrec.llm.replies import Limits, OverlongReplyError, SlowReplyError, UnreadableReplyError, open_reply

if TYPE_CHECKING:
    import httpx2

    from kedrec.llm.replies import Reply

__all__ = ["Server", "WholeReply"]

_TRIES = 3
_BUSY = {429, 502, 503, 504, 529}


@dataclass(frozen=True, slots=True)
class WholeReply:
    """A reply that was read whole: status, media type, redirection's target, bytes."""

    status: int
    kind: str
    target: str
    data: bytes

    @classmethod
    def of(cls, reply: Reply) -> WholeReply:
        """A reply that is read now."""
        return cls(reply.status, reply.kind, reply.headers.get("location", ""), reply.body())

    @property
    def text(self) -> str:
        """The bytes as text, for messages."""
        return self.data[:65536].decode("utf-8", "replace")


class Server:
    """A server, by its client. Every method raises `ModelError`, and nothing else.

    Args:
        client: with the base URL, the key and the timeouts.
        name: how messages call the server, for example "the endpoint http://localhost:8000/v1".
        model: the model's name as the server knows it.
        hint: what to do when it can't be reached.
        limits: size and whole time of one reply.
        query: what every URL ends in.
        secrets: what isn't repeated of the server's messages.
    """

    def __init__(
        self,
        client: httpx2.Client,
        *,
        name: str,
        model: str,
        hint: str,
        limits: Limits,
        query: str = "",
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.model = model
        self._client = client
        self._hint = hint
        self._limits = limits
        self._query = query
        self._secrets = secrets

    def quoted(self, message: str) -> str:
        """A message of the server's, fit to be shown."""
        return quoted(message, self._secrets)

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> WholeReply:
        """What the server answers, whole; a busy one is asked again."""
        for attempt in range(1, _TRIES + 1):
            with self.opened(method, path, body) as reply:
                sent = WholeReply.of(reply)
                after = reply.headers.get("retry-after", "")
            if sent.status not in _BUSY or attempt == _TRIES:
                break
            time.sleep(_wait(after, attempt))
        return sent

    @contextmanager
    def opened(self, method: str, path: str, body: dict[str, Any] | None) -> Iterator[Reply]:
        """The server's reply to a request, still to be read; failures while it is read are mapped too."""
        with (
            self._mapped(),
            open_reply(self._client, method, path, self._limits, query=self._query, body=body) as reply,
        ):
            yield reply

    def refused(self, sent: WholeReply) -> ModelError:
        """The error that a reply without an answer means."""
        try:
            said = message_of(json_of(sent.data))
        except StrangeReplyError:
            said = sent.text
        said = self.quoted(said)
        if sent.status == 200:
            return ModelError(f"{self.name} answered an error: {said}", "Read what it says; then ask again.")
        if 300 <= sent.status < 400:
            target = self.quoted(_plain_url(sent.target)) if sent.target else "nowhere."
            return ModelError(
                f"{self.name} answered {sent.status}: it redirects to {target}",
                "Set KEDREC_LLM_URL to the address that answers; its key isn't sent elsewhere.",
            )
        if sent.status in {401, 403, 407}:
            return ModelError(f"{self.name} refused the key: {said}", "Set KEDREC_LLM_KEY.")
        if sent.status == 404:
            return ModelError(
                f"{self.name} doesn't know the model '{self.model}' or isn't a chat endpoint: {said}",
                "Check KEDREC_LLM_URL (it often ends in /v1) and the model's name.",
            )
        if sent.status in {400, 413, 422}:
            hint = "It runs, but can't take this request: see what it says, or use another model."
        elif sent.status in _BUSY:
            hint = "It is busy: try again later."
        else:
            hint = self._hint
        return ModelError(f"{self.name} answered {sent.status}: {said}", hint)

    def strange(self, error: StrangeReplyError, answer: str) -> ModelError:
        """The error that an answer means which is none; `answer` is what came."""
        return ModelError(f"{self.name} answered {error.args[0]}: {self.quoted(answer)}", self._hint)

    @contextmanager
    def _mapped(self) -> Iterator[None]:
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
            reason = self.quoted(str(error) or type(error).__name__)
            raise ModelError(f"{self.name} can't be reached: {reason}", self._hint) from error
        except RuntimeError as error:  # httpx's, of a client that was closed
            if not self._client.is_closed:
                raise
            raise ModelError(f"{self.name} was closed.", "Open the model again.") from error


def _plain_url(url: str) -> str:
    """A URL without what may be secret in it."""
    scheme, mark, rest = url.partition("?")[0].partition("#")[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if mark else scheme


def _wait(retry_after: str, attempt: int) -> float:
    """Seconds before the next try: what the server asks for, at most 30, else 0.5, 1, ..."""
    asked = retry_after.strip()
    return min(float(asked), 30.0) if asked.isascii() and asked.isdecimal() else 0.5 * 2 ** (attempt - 1)
