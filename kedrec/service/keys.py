"""Keys of a service's askers: a file of their hashes, with what each may ask."""

from __future__ import annotations

import datetime
import hashlib
import logging
import re
import secrets
import threading
from typing import TYPE_CHECKING, Annotated, Literal

from filelock import FileLock
from pydantic import Field, ValidationError, field_validator

from kedrec.common.json_text import json_text
from kedrec.common.private_files import private_folder, write_private
from kedrec.errors import DataError, KedrecError, NotFoundError, ServiceError, UsageError
from kedrec.service.rates import parse_rate
from kedrec.stores.overlay_names import overlay_source
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["SCOPES", "ApiKey", "KeyFile", "KeyRing", "Scope"]

Scope = Literal["ask", "model", "metrics"]
SCOPES: tuple[Scope, ...] = ("ask", "model", "metrics")
"""What a key may do: ask the graph; have the language model write; read the metrics."""

_logger = logging.getLogger("kedrec.service")

_PREFIX = "kedrec_"
_RANDOM_BYTES = 32  # so that a fast hash is enough: nobody tries 2**256 keys
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_MOST_BYTES = 16 << 20


class ApiKey(Frozen):
    """A key without its secret.

    Attributes:
        name: its name in lists and logs.
        sha256: hash of the secret.
        scopes: what it may do.
        overlays: private overlays that its holder sees.
        rate: most requests, as `60/minute`; several are separated by semicolons; "" for any number.
        created: date.
    """

    name: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    scopes: tuple[Scope, ...] = ("ask", "model")
    overlays: tuple[str, ...] = ()
    rate: str = ""
    created: datetime.date

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("Take up to 63 letters, digits, _, . and -, beginning with a letter or digit.")
        return name

    @field_validator("overlays")
    @classmethod
    def _are_overlays(cls, overlays: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for name in overlays:
                overlay_source(name)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return overlays

    @field_validator("rate")
    @classmethod
    def _is_rate(cls, rate: str) -> str:
        try:
            parse_rate(rate)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return rate


class _Keys(Frozen):
    keys: tuple[ApiKey, ...] = ()


class KeyFile:
    """A file of keys. Every change writes it whole, readable for its owner alone.

    Args:
        path: the file; it needn't exist before the first key is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(f"{path}.lock")

    def read(self) -> tuple[ApiKey, ...]:
        """The keys, in the order of their addition; () without a file.

        Raises:
            DataError: the file can't be read, or is no file of keys.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise DataError(f"{self.path} can't be read: {error.strerror}.", "Name another file.") from error
        try:
            return _Keys.model_validate_json(content).keys
        except ValidationError as error:
            raise DataError(
                f"{self.path} is no file of keys: {error.errors()[0]['msg']}.",
                "Name a file that `kedrec keys add` wrote, or remove it and add the keys again.",
            ) from error

    def add(
        self, name: str, *, scopes: Sequence[Scope] = (), overlays: Sequence[str] = (), rate: str = ""
    ) -> str:
        """Adds a key and returns its secret, which is stored nowhere.

        Args:
            name, scopes, overlays, rate: as of `ApiKey`; no scope stands for `ask` and `model`.

        Raises:
            UsageError: there is a key of that name, or an argument is invalid.
            DataError: as `read`.
            KedrecError: the file can't be written.
        """
        secret = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
        try:
            key = ApiKey(
                name=name,
                sha256=_hash(secret),
                scopes=tuple(dict.fromkeys(scopes)) or ("ask", "model"),
                overlays=tuple(dict.fromkeys(overlays)),
                rate=rate,
                created=datetime.datetime.now(datetime.UTC).date(),
            )
        except ValidationError as error:
            first = error.errors()[0]
            reason = str(first["msg"]).removeprefix("Value error, ")
            raise UsageError(f"The key's '{first['loc'][0]}' can't be used: {reason}") from error
        with self._locked():
            keys = self.read()
            if any(other.name == name for other in keys):
                raise UsageError(
                    f"There is a key '{name}' already.", "Revoke it first, or take another name."
                )
            self._write((*keys, key))
        return secret

    def revoke(self, name: str) -> None:
        """Removes a key: a running service refuses it from its next request on.

        Raises:
            NotFoundError: there is no such key.
            DataError, KedrecError: as `add`.
        """
        with self._locked():
            keys = self.read()
            remaining = tuple(key for key in keys if key.name != name)
            if len(remaining) == len(keys):
                raise NotFoundError(f"There is no key '{name}'.", "`kedrec keys list` lists them.")
            self._write(remaining)

    def _locked(self) -> FileLock:
        try:
            private_folder(self.path.parent)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self._lock

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        draft = self.path.with_name(f".{self.path.name}-{secrets.token_hex(8)}")
        try:
            write_private(draft, json_text(_Keys(keys=keys)).encode() + b"\n")
            draft.replace(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        finally:
            draft.unlink(missing_ok=True)


class KeyRing:
    """The keys of a running service, read again where their file was changed. Used by many threads.

    Args:
        file: the file, which must exist.

    Raises:
        NotFoundError: there is no such file.
        DataError: as `KeyFile.read`.
    """

    def __init__(self, file: KeyFile) -> None:
        if not file.path.is_file():
            raise NotFoundError(f"There is no file of keys {file.path}.", "`kedrec keys add` makes one.")
        self._file = file
        self._lock = threading.Lock()
        self._version: tuple[int, ...] | None = None
        self._by_hash: dict[str, ApiKey] = {}
        file.read()  # a damaged one is reported at the start

    def find(self, secret: str) -> ApiKey | None:
        """The key with a secret; None for an unknown or revoked one.

        Raises:
            ServiceError: the file was damaged or removed meanwhile: then no key is valid.
        """
        with self._lock:
            self._read()
            return self._by_hash.get(_hash(secret))

    def _read(self) -> None:
        try:
            status = self._file.path.stat()
            version = (status.st_mtime_ns, status.st_size, status.st_ino)
            if version != self._version:
                self._by_hash, self._version = {}, None
                self._by_hash = {key.sha256: key for key in self._file.read()}
                self._version = version
        except (OSError, DataError) as error:
            self._by_hash, self._version = {}, None
            _logger.error("The file of keys can't be read: %s", error)
            raise ServiceError("The service's keys can't be read.", "Tell who runs it.") from error


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _unwritable(path: Path, error: OSError) -> KedrecError:
    return KedrecError(f"{path} can't be written: {error.strerror}.", "Name another file.")
