"""Tree of the errors that KEDRec raises on purpose.

    KedrecError
    ├── UsageError              the call itself is wrong (exit code 2)
    │   └── SettingsError       a setting or environment variable is wrong
    ├── NotFoundError           a name, an id or a file that isn't there
    │   ├── UnknownNameError    no entity of that name; carries the nearest ones
    │   └── AmbiguousNameError  several entities of that name; carries them
    ├── DataError               a source's files are damaged or not in its layout
    ├── AssetError              a declaration that ships with KEDRec is damaged
    ├── StoreError              the graph database refused or failed
    │   ├── StoreUnavailableError   not running, not reachable
    │   ├── StoreAccessError        wrong password, not allowed
    │   ├── StoreBusyError          another process is writing
    │   ├── SchemaMismatchError     a graph of another schema version
    │   └── EmptyGraphError         nothing loaded yet
    ├── ModelError              the language model is missing, damaged or failed
    └── ServiceError            the service can't take or finish a question
        ├── ServiceBusyError        too many wait already, or it is being stopped
        ├── DeadlineError           no answer in time
        ├── KeyRefusedError         no key, or one that isn't valid
        ├── ScopeError              the key may not ask this
        ├── RateLimitError          too many requests in a time
        └── OversizeRequestError    a request's body is too long

A message says what happened, to what, and what to do. `exit_code` maps an error to the process's
exit status and `problem` to an `application/problem+json` body (RFC 9457); nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from kedrec.types import NameMatch

__all__ = [
    "AmbiguousNameError",
    "AssetError",
    "DataError",
    "DeadlineError",
    "EmptyGraphError",
    "KedrecError",
    "KeyRefusedError",
    "ModelError",
    "NotFoundError",
    "OversizeRequestError",
    "RateLimitError",
    "SchemaMismatchError",
    "ScopeError",
    "ServiceBusyError",
    "ServiceError",
    "SettingsError",
    "StoreAccessError",
    "StoreBusyError",
    "StoreError",
    "StoreUnavailableError",
    "UnknownNameError",
    "UsageError",
    "exit_code",
    "problem",
]


class KedrecError(Exception):
    """Root of every error KEDRec raises on purpose.

    Args:
        what: what happened, and to what, as one sentence.
        hint: what to do about it, as one sentence; may be empty.
    """

    title: ClassVar[str] = "Error"
    status: ClassVar[int] = 500

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class UsageError(KedrecError):
    """The call itself is wrong: an option's value, a combination."""

    title = "Wrong call"
    status = 400


class SettingsError(UsageError):
    """A setting or an environment variable has a value that can't be used."""

    title = "Wrong setting"


class NotFoundError(KedrecError):
    """A name, an id, a file or a template that isn't there."""

    title = "Not found"
    status = 404


class _NameError(NotFoundError):
    def __init__(self, what: str, hint: str = "", candidates: Sequence[NameMatch] = ()) -> None:
        super().__init__(what, hint)
        self.candidates = tuple(candidates)


class UnknownNameError(_NameError):
    """No entity has that name. `candidates` holds the nearest ones, best first."""

    title = "Unknown name"


class AmbiguousNameError(_NameError):
    """Several entities have that name. `candidates` holds them, best first."""

    title = "Ambiguous name"
    status = 409


class DataError(KedrecError):
    """A source's files are missing, damaged or not in the layout it publishes."""

    title = "Unusable data"
    status = 422


class AssetError(KedrecError):
    """A declaration that ships with KEDRec (schema, template, mapping) is damaged."""

    title = "Damaged declaration"


class StoreError(KedrecError):
    """The graph database refused or failed."""

    title = "Graph database error"
    status = 502


class StoreUnavailableError(StoreError):
    """The graph database isn't running or can't be reached."""

    title = "Graph database unavailable"
    status = 503


class StoreAccessError(StoreError):
    """The graph database refused the user: wrong password, or not allowed."""

    title = "Graph database access denied"
    status = 403


class StoreBusyError(StoreError):
    """Another process is writing to the graph."""

    title = "Graph is being written"
    status = 409


class SchemaMismatchError(StoreError):
    """The graph was written under another version of the schema."""

    title = "Graph of another schema version"
    status = 409


class EmptyGraphError(StoreError):
    """The graph holds nothing that could answer."""

    title = "Empty graph"
    status = 409


class ModelError(KedrecError):
    """The language model is missing, damaged, or failed."""

    title = "Language model error"
    status = 502


class ServiceError(KedrecError):
    """The service can't take or finish a question."""

    title = "Service error"
    status = 503


class ServiceBusyError(ServiceError):
    """Too many questions wait already, or the service is being stopped."""

    title = "Service busy"


class DeadlineError(ServiceError):
    """There was no answer in time."""

    title = "No answer in time"
    status = 504


class KeyRefusedError(ServiceError):
    """The service needs a key, and there was none, or one that is unknown or was revoked."""

    title = "Key refused"
    status = 401


class ScopeError(ServiceError):
    """The key may not ask this."""

    title = "Not allowed with this key"
    status = 403


class RateLimitError(ServiceError):
    """The asker sent too many requests in a time."""

    title = "Too many requests"
    status = 429


class OversizeRequestError(ServiceError):
    """The body of a request is longer than the service reads."""

    title = "Request too large"
    status = 413


def exit_code(error: BaseException) -> int:
    """The exit status for `error`: 2 for a wrong call, 130 an interrupt, 0 a reader that is gone, else 1."""
    match error:
        case UsageError():
            return 2
        case KeyboardInterrupt():
            return 130
        case BrokenPipeError():  # `| head`
            return 0
        case _:
            return 1


def problem(error: KedrecError) -> dict[str, Any]:
    """`error` as an `application/problem+json` object (RFC 9457)."""
    body: dict[str, Any] = {
        "type": f"urn:kedrec:error:{type(error).__name__}",
        "title": error.title,
        "status": error.status,
        "detail": error.what,
    }
    if error.hint:
        body["hint"] = error.hint
    if isinstance(error, _NameError):
        body["candidates"] = [match.model_dump(mode="json") for match in error.candidates]
    return body
