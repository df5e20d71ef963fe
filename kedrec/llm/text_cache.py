"""Texts that a model wrote, stored in a file by what they depend on, so that each is written once.

Only texts that depend on the request alone are stored: those of llama.cpp with one slot. A stored text is
what the model would write again, and passes the gate as that would.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kedrec.common.private_files import make_private, private_folder
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.locality import is_local
from kedrec.llm.open_model import open_model

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel, ScoringModel
    from kedrec.settings import Settings

__all__ = ["CachedModel", "TextCache", "open_cached_model", "stores_texts"]

_FORMAT = 2  # raise it when what is stored, or what a text depends on, changes
_FILE = "texts.sqlite"
_MOST_BYTES = 64 << 20
_DAY = 86_400  # seconds; a finer time of use would mean a write for every read
_TABLE = "CREATE TABLE IF NOT EXISTS texts (key BLOB PRIMARY KEY, value TEXT, used INTEGER) WITHOUT ROWID"


class TextCache:
    """Values by key in one SQLite file, which only its user may read; the last used up to a number of bytes.

    Several threads and processes may use the file. Where it can't be read or written, nothing is stored.

    Args:
        path: the file; its folder is created.
        most_bytes: most bytes of all values.
    """

    def __init__(self, path: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._database = _open_database(path)
        self._length = float(most_bytes)  # of all values: full until they are counted

    def get(self, key: bytes) -> str | None:
        """The value of a key; None if it isn't stored."""
        now = int(time.time())
        for value, used in self._rows("SELECT value, used FROM texts WHERE key = ?", key):
            if now - used > _DAY:
                self._rows("UPDATE texts SET used = ? WHERE key = ?", now, key)
            return str(value)
        return None

    def put(self, key: bytes, value: str) -> None:
        """Stores a value, and drops those that weren't used for longest where all are too large."""
        self._rows("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", key, value, int(time.time()))
        # A count reads every value, so it is made at the first, and where the sum says that room is needed.
        self._length += len(value)
        if self._length > self._most_bytes:
            self._length = self._count()
        if self._length > self._most_bytes:
            self._rows(
                "DELETE FROM texts WHERE key IN (SELECT key FROM texts ORDER BY used "
                "LIMIT (SELECT 1 + count(*) / 4 FROM texts))"
            )
            self._length = self._count()

    def _count(self) -> float:
        ((length,),) = self._rows("SELECT total(length(value)) FROM texts") or [(0.0,)]
        return float(length)

    def close(self) -> None:
        """Closes the file; nothing is stored afterwards."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement; none where the file fails, which is then left alone."""
        with self._lock:
            if self._database is None:
                return []
            try:
                return self._database.execute(statement, values).fetchall()
            except sqlite3.Error:
                self._database.close()
                self._database = None
                return []


def _open_database(path: Path) -> sqlite3.Connection | None:
    """Opens the file, anew where it is no database; None where it can't be opened."""
    for _ in range(2):
        try:
            private_folder(path.parent)
            if not path.exists():
                make_private(path)
            database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            database.execute("PRAGMA journal_mode = wal")
            database.execute("PRAGMA synchronous = off")  # a text that is lost is written again
            database.execute(_TABLE)
            return database
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or a disk that refuses
                return None
            with suppress(OSError):
                path.unlink()
        except OSError:
            return None
    return None


class CachedModel:
    """A `ChatModel` that is opened at the first request whose answer isn't stored.

    Args:
        open_it: opens the model. `close` closes it.
        identity: what texts depend on beside the request: the weights' hash, the engine's version.
        cache: the stored texts. `close` closes it.
    """

    def __init__(self, open_it: Callable[[], ChatModel], identity: Sequence[str], cache: TextCache) -> None:
        self._open = open_it
        self._identity = identity
        self._cache = cache
        self._model: ChatModel | None = None
        self._info: ModelInfo | None = None

    @property
    def info(self) -> ModelInfo:
        """Description of the model."""
        if self._info is None:
            stored = self._remembered("info", None, lambda: asdict(self._opened().info))
            self._info = ModelInfo(**stored | {"adjustments": tuple(stored["adjustments"])})
        return self._info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer; of one stored while it was streamed, without counts of tokens."""
        return self.chat_many([request])[0]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces; a stored one at once."""
        key = self._key("chat", asdict(request))
        stored = self._response(key)
        if stored is not None:
            yield stored.text
            return
        pieces: list[str] = []
        # Every backend's stream is a generator: closing it ends the request at the model's server.
        with closing(cast("Generator[str, None, None]", self._opened().stream(request))) as stream:
            for piece in stream:
                pieces.append(piece)
                yield piece
        self._store(key, asdict(ChatResponse("".join(pieces), "stop")))

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in the order of the requests; only those that aren't stored are written."""
        keys = [self._key("chat", asdict(request)) for request in requests]
        stored = {key: self._response(key) for key in keys}
        missing = {key: request for key, request in zip(keys, requests, strict=True) if stored[key] is None}
        written = self._opened().chat_many(list(missing.values())) if missing else []
        responses = {key: response for key, response in stored.items() if response is not None}
        for key, response in zip(missing, written, strict=True):
            self._store(key, asdict(response))
            responses[key] = response
        return [responses[key] for key in keys]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Counts the messages' tokens as the model does."""
        asked = [asdict(message) for message in messages]
        return int(self._remembered("tokens", asked, lambda: self._opened().count_tokens(messages)))

    def answer_scores(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Log-probabilities of the answers' first tokens, of which one is taken to come."""
        asked = [[asdict(message) for message in messages], list(answers)]

        def scores() -> list[float]:
            return cast("ScoringModel", self._opened()).answer_scores(messages, answers)  # llama.cpp's is one

        return cast("list[float]", self._remembered("scores", asked, scores))

    def close(self) -> None:
        """Closes the model, where it was opened, and the stored texts."""
        if self._model is not None:
            self._model.close()
        self._cache.close()

    def _opened(self) -> ChatModel:
        if self._model is None:
            self._model = self._open()
        return self._model

    def _key(self, kind: str, value: object) -> bytes:
        return hashlib.sha256(json.dumps([_FORMAT, *self._identity, kind, value]).encode()).digest()

    def _response(self, key: bytes) -> ChatResponse | None:
        stored = self._stored(key)
        return None if stored is None else ChatResponse(**stored)

    def _remembered(self, kind: str, asked: object, compute: Callable[[], object]) -> Any:
        """A stored value; one that isn't stored is computed, and stored."""
        key = self._key(kind, asked)
        stored = self._stored(key)
        if stored is None:
            stored = compute()
            self._store(key, stored)
        return stored

    def _stored(self, key: bytes) -> Any:
        value = self._cache.get(key)
        return None if value is None else json.loads(value)

    def _store(self, key: bytes, value: object) -> None:
        self._cache.put(key, json.dumps(value))


def stores_texts(name: str, settings: Settings, progress: Progress | None = None) -> bool:
    """True for a model whose texts `open_cached_model` stores; it opens none. Raises as `resolve_model`."""
    from kedrec.llm.model_registry import resolve_model

    if not settings.cache_texts or not is_local(name):
        return False
    return resolve_model(name, settings, progress).backend == "llama.cpp"


def open_cached_model(name: str, settings: Settings, progress: Progress | None = None) -> ChatModel:
    """Opens a model whose texts are stored in the cache folder where they depend on the request alone.

    Other models, and every model where the setting `cache_texts` is off, are those of `open_model`, with
    its arguments and errors.
    """
    from kedrec.llm.model_registry import resolve_model

    if not stores_texts(name, settings, progress):
        return open_model(name, settings, progress=progress)
    files = resolve_model(name, settings, progress)
    return CachedModel(
        partial(open_model, name, settings, progress=progress),
        (name, files.sha256, version("xllamacpp")),
        TextCache(settings.cache_dir / _FILE),
    )
