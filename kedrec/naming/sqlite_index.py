"""The index on disk: a SQLite file a graph, which opens in a millisecond and is made once.

The file is named after what is in the graph and is never changed after it was made, so readers need no
lock: a process that makes one writes it beside and puts it in place at once. It holds a checksum of itself,
where SQLite keeps an application's id, so that a file that was changed is made again. It is its user's alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kedrec.common.private_files import private_folder
from kedrec.errors import EmptyGraphError
from kedrec.naming.normalize import compact, forms
from kedrec.naming.retired_ids import TABLE, fill_retired
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.stores import GraphStore

__all__ = ["SALTED", "hashed", "local_part", "open_tables"]

_FORMAT = 3  # raise it with every change of these tables or of a normal form
_CHECKSUM_AT = slice(68, 72)  # SQLite's application id: https://www.sqlite.org/fileformat2.html
_BLOCK = 1 << 20
_KEPT = 4  # indexes kept on disk: that many graphs may be asked in turn
_PREFIX = "names-"

SALTED = frozenset({"Drug", "Chemical"})
"""Kinds whose names may carry a salt."""

_TABLES = """
PRAGMA journal_mode = off;
PRAGMA synchronous = off;
CREATE TABLE kinds (kind TEXT PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE entities (entity INTEGER PRIMARY KEY, id TEXT, kind TEXT, name TEXT);
CREATE TABLE names (
  row INTEGER PRIMARY KEY, entity INTEGER, preferred INTEGER, text TEXT, words TEXT,
  compact INTEGER, bag INTEGER, base INTEGER
);
CREATE TABLE ids (curie TEXT, local TEXT, own INTEGER, entity INTEGER);
"""
_INDEXES = """
CREATE INDEX entities_by_id ON entities (id);
CREATE INDEX names_by_compact ON names (compact);
CREATE INDEX names_by_bag ON names (bag) WHERE bag IS NOT NULL;
CREATE INDEX names_by_base ON names (base) WHERE base IS NOT NULL;
CREATE INDEX ids_by_curie ON ids (curie);
CREATE INDEX ids_by_local ON ids (local);
"""


def hashed(words: str) -> int | None:
    """A form as a 64-bit integer, which takes less room than its text; None for ""."""
    if not words:
        return None
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), signed=True)


def local_part(curie: str) -> str:
    """The part of a CURIE after its prefix where it tells the vocabulary by itself (`DB00945`), else ""."""
    local = curie.partition(":")[2].upper()
    return local if local[:1].isalpha() and local[-1:].isdigit() else ""


def open_tables(store: GraphStore, cache_dir: Path, progress: Progress | None = None) -> sqlite3.Connection:
    """The index of the graph, from `cache_dir` where it is there already, else made and left there.

    Where the folder can't be written the index is made in memory, for this process alone.

    Raises:
        EmptyGraphError: the graph has no nodes.
    """
    fingerprint = store.fingerprint()
    if not fingerprint.nodes:
        raise EmptyGraphError(
            f"The graph at {store.url} is empty.", "Run `kedrec-load graph` to load the built-in graph."
        )
    # Names may change while every id stays; the loader's own facts tell that apart.
    content = json.dumps([_FORMAT, str(fingerprint), sorted(store.metadata().items())])
    path = cache_dir / f"{_PREFIX}{hashlib.sha256(content.encode()).hexdigest()[:16]}.sqlite"
    kept = _opened(path)
    if kept is not None:
        return kept
    try:
        private_folder(cache_dir)
        handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".making", dir=cache_dir)
    except OSError:
        return _made(sqlite3.connect(":memory:", check_same_thread=False), store, progress)
    os.close(handle)
    making = Path(name)
    try:
        _made(sqlite3.connect(making), store, progress).close()
        _seal(making)
        making.replace(path)
        _prune(cache_dir, path)
        made = _opened(path)
    except (OSError, sqlite3.Error):  # a full disk, or a folder that goes away: the answer matters more
        made = None
    finally:
        with contextlib.suppress(OSError):
            making.unlink(missing_ok=True)
    return made or _made(sqlite3.connect(":memory:", check_same_thread=False), store, progress)


def _opened(path: Path) -> sqlite3.Connection | None:
    """A whole index, for reading; None where there is none or it is damaged."""
    try:
        size = path.stat().st_size
        if not _is_sealed(path):
            return None
        tables = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
    except (OSError, sqlite3.Error):
        return None
    try:
        (pages,) = tables.execute("PRAGMA page_count").fetchone()
        (page,) = tables.execute("PRAGMA page_size").fetchone()
        (version,) = tables.execute("PRAGMA user_version").fetchone()
        whole = pages * page == size and version == _FORMAT
    except sqlite3.Error:
        whole = False
    if whole:
        with contextlib.suppress(OSError):
            os.utime(path)  # the last one used is the last one thrown away
        return tables
    tables.close()
    return None


def _seal(path: Path) -> None:
    """Writes the checksum into a file that is whole."""
    with path.open("r+b") as file:
        checksum = _checksum(file)
        file.seek(_CHECKSUM_AT.start)
        file.write(checksum)


def _is_sealed(path: Path) -> bool:
    """Whether a file is as it was when it was made. Makes it its user's alone where it is not.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        head = file.read(_CHECKSUM_AT.stop)
        sealed = head[_CHECKSUM_AT] == _checksum(file)
    if sealed and os.name == "posix" and path.stat().st_mode & 0o077:
        with contextlib.suppress(OSError):
            path.chmod(0o600)
    return sealed


def _checksum(file: BinaryIO) -> bytes:
    """CRC-32 of a file but for the bytes that hold it."""
    file.seek(0)
    head = bytearray(file.read(_BLOCK))
    head[_CHECKSUM_AT] = bytes(len(head[_CHECKSUM_AT]))
    value = zlib.crc32(head)
    while block := file.read(_BLOCK):
        value = zlib.crc32(block, value)
    return value.to_bytes(4, "big")


def _prune(cache_dir: Path, keep: Path) -> None:
    """Throws away the indexes that weren't used for longest, and what a killed process left."""
    made = sorted(cache_dir.glob(f"{_PREFIX}*.sqlite"), key=lambda path: path.stat().st_mtime, reverse=True)
    old = [path for path in made if path != keep][_KEPT - 1 :]
    hour_ago = time.time() - 3600
    left = [path for path in cache_dir.glob(f"{_PREFIX}*.making") if path.stat().st_mtime < hour_ago]
    for path in old + left:
        with contextlib.suppress(OSError):
            path.unlink()


def _made(tables: sqlite3.Connection, store: GraphStore, progress: Progress | None) -> sqlite3.Connection:
    """Fills empty tables from the graph. Rows stand in the order of kind, id and name: the same each time."""
    tables.executescript(_TABLES + TABLE)
    fill_retired(tables, store)
    held = store.fingerprint().nodes
    kinds = [kind for kind in load_schema().kinds if held.get(kind)]
    total, done, row = sum(held[kind] for kind in kinds), 0, 1
    for kind in kinds:
        first = row
        for part in _parts(store, kind):
            if progress is not None:
                progress("Indexing names", done, total)
            entities = [(done + number, id_, kind, name) for number, (id_, name, _, _) in enumerate(part)]
            names = [
                (entity, *given)
                for (entity, *_), (_, name, synonyms, _) in zip(entities, part, strict=True)
                for given in _names(kind, name, synonyms)
            ]
            ids = [
                (curie.upper(), local_part(curie), own, entity)
                for (entity, id_, *_), (_, _, _, xrefs) in zip(entities, part, strict=True)
                for curie, own in [(id_, 1), *((xref, 0) for xref in xrefs)]
            ]
            tables.executemany("INSERT INTO entities VALUES (?, ?, ?, ?)", entities)
            tables.executemany(
                "INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((row + n, *given) for n, given in enumerate(names)),
            )
            tables.executemany("INSERT INTO ids VALUES (?, ?, ?, ?)", ids)
            done, row = done + len(part), row + len(names)
        tables.execute("INSERT INTO kinds VALUES (?, ?, ?)", (kind, first, row - 1))
    tables.executescript(_INDEXES + f"PRAGMA user_version = {_FORMAT};")
    tables.commit()
    return tables


def _parts(store: GraphStore, kind: str) -> Iterator[list[tuple[str, str, list[str], list[str]]]]:
    table = store.nodes(kind, ["id", "name", "synonyms", "xrefs"])
    for batch in table.to_batches(max_chunksize=5000):
        columns = [batch.column(name).to_pylist() for name in ("id", "name", "synonyms", "xrefs")]
        yield list(zip(*columns, strict=True))


def _names(
    kind: str, name: str, synonyms: list[str]
) -> Iterator[tuple[int, str, str, int | None, int | None, int | None]]:
    for preferred, text in [(1, name), *((0, synonym) for synonym in synonyms)]:
        form = forms(text)
        base = form.base if kind in SALTED else ""
        yield (
            preferred,
            text,
            form.words,
            hashed(compact(form.words)),
            hashed(form.bag),
            hashed(compact(base)) if base != form.words else None,
        )
