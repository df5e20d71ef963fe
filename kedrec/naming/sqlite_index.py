"""The name index on disk: one SQLite file per graph, built once, which opens in a millisecond.

The file is named after the graph's content and is never changed once it is built, so readers need no lock: a
process that builds one writes it beside and moves it into place at once. It contains a checksum of itself,
where SQLite has an application's id, so that a changed file is rebuilt. Only its user can read it.
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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kedrec.common.private_files import private_folder
from kedrec.errors import EmptyGraphError
from kedrec.naming.normalize import compact_form, normal_forms
from kedrec.naming.retired_ids import TABLE, fill_retired
from kedrec.naming.wordings import DOUBTFUL, PREFERRED, SYNONYM, standings
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.stores import GraphStore

__all__ = ["SALTED_KINDS", "hash_form", "local_part", "open_tables"]

_FORMAT = 5  # raise it with every change of these tables or of a normal form
_CHECKSUM_AT = slice(68, 72)  # SQLite's application id: https://www.sqlite.org/fileformat2.html
_CHECKSUM_BLOCK = 1 << 20
_MAX_INDEXES = 4  # indexes on disk: that many graphs may be queried in turn
_PREFIX = "names-"

SALTED_KINDS = frozenset({"Drug", "Chemical"})
"""Kinds whose names may contain a salt."""

_TABLES = """
PRAGMA journal_mode = off;
PRAGMA synchronous = off;
CREATE TABLE kinds (kind TEXT PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE entities (entity INTEGER PRIMARY KEY, id TEXT, kind TEXT, name TEXT);
CREATE TABLE names (
  row INTEGER PRIMARY KEY, entity INTEGER, standing INTEGER, text TEXT, words TEXT,
  compact INTEGER, bag INTEGER, base INTEGER
);
CREATE TABLE ids (curie TEXT, local TEXT, own INTEGER, entity INTEGER);
"""
_INDEXES = """
CREATE INDEX entities_by_id ON entities (id);
CREATE INDEX names_by_compact ON names (compact);
CREATE INDEX names_by_bag ON names (bag) WHERE bag IS NOT NULL;
CREATE INDEX names_by_base ON names (base) WHERE base IS NOT NULL;
CREATE INDEX names_by_entity ON names (entity);
CREATE INDEX ids_by_curie ON ids (curie);
CREATE INDEX ids_by_local ON ids (local);
"""


def hash_form(words: str) -> int | None:
    """Hash of a name's form as a 64-bit integer, which is smaller than its text; None for ""."""
    if not words:
        return None
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), signed=True)


def local_part(curie: str) -> str:
    """The part of a CURIE after its prefix where that identifies the vocabulary (`DB00945`), else ""."""
    local = curie.partition(":")[2].upper()
    return local if local[:1].isalpha() and local[-1:].isdigit() else ""


def open_tables(store: GraphStore, cache_dir: Path, progress: Progress | None = None) -> sqlite3.Connection:
    """Opens the index of a graph from `cache_dir`, and builds it there first where it is missing.

    Where the folder can't be written the index is built in memory, for this process alone.

    Raises:
        EmptyGraphError: the graph has no nodes.
    """
    fingerprint = store.fingerprint()
    if not fingerprint.nodes:
        raise EmptyGraphError(
            f"The graph at {store.url} is empty.", "Run `kedrec-load graph` to load the built-in graph."
        )
    # Names may change while every id stays; the loader's own facts differ then.
    content = json.dumps([_FORMAT, str(fingerprint), sorted(store.metadata().items())])
    path = cache_dir / f"{_PREFIX}{hashlib.sha256(content.encode()).hexdigest()[:16]}.sqlite"
    cached = _open_index(path)
    if cached is not None:
        return cached
    try:
        private_folder(cache_dir)
        handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".making", dir=cache_dir)
    except OSError:
        return _fill_tables(sqlite3.connect(":memory:", check_same_thread=False), store, progress)
    os.close(handle)
    draft = Path(name)
    try:
        _fill_tables(sqlite3.connect(draft), store, progress).close()
        _seal(draft)
        draft.replace(path)
        _prune(cache_dir, path)
        built = _open_index(path)
    except (OSError, sqlite3.Error):  # a full disk, or a folder that disappears: the answer matters more
        built = None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return built or _fill_tables(sqlite3.connect(":memory:", check_same_thread=False), store, progress)


def _open_index(path: Path) -> sqlite3.Connection | None:
    """Opens a finished index for reading; None where there is none or it is damaged."""
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
        (page_size,) = tables.execute("PRAGMA page_size").fetchone()
        (version,) = tables.execute("PRAGMA user_version").fetchone()
        intact = pages * page_size == size and version == _FORMAT
    except sqlite3.Error:
        intact = False
    if intact:
        with contextlib.suppress(OSError):
            os.utime(path)  # the most recently used is the last to be deleted
        return tables
    tables.close()
    return None


def _seal(path: Path) -> None:
    """Writes the checksum into a finished file."""
    with path.open("r+b") as file:
        checksum = _checksum(file)
        file.seek(_CHECKSUM_AT.start)
        file.write(checksum)


def _is_sealed(path: Path) -> bool:
    """True if a file is unchanged since it was built. Restricts it to its user where others can read it.

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
    """CRC-32 of a file without the bytes of the checksum itself."""
    file.seek(0)
    head = bytearray(file.read(_CHECKSUM_BLOCK))
    head[_CHECKSUM_AT] = bytes(len(head[_CHECKSUM_AT]))
    value = zlib.crc32(head)
    while block := file.read(_CHECKSUM_BLOCK):
        value = zlib.crc32(block, value)
    return value.to_bytes(4, "big")


def _prune(cache_dir: Path, keep: Path) -> None:
    """Deletes the least recently used indexes, and the drafts of killed processes."""
    indexes = sorted(
        cache_dir.glob(f"{_PREFIX}*.sqlite"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    old = [path for path in indexes if path != keep][_MAX_INDEXES - 1 :]
    hour_ago = time.time() - 3600
    drafts = [path for path in cache_dir.glob(f"{_PREFIX}*.making") if path.stat().st_mtime < hour_ago]
    for path in old + drafts:
        with contextlib.suppress(OSError):
            path.unlink()


def _fill_tables(
    tables: sqlite3.Connection, store: GraphStore, progress: Progress | None
) -> sqlite3.Connection:
    """Fills empty tables from the graph. Rows are in the order of kind, id and name: the same each time."""
    tables.executescript(_TABLES + TABLE)
    fill_retired(tables, store)
    counts = store.fingerprint().nodes
    kinds = [kind for kind in load_schema().kinds if counts.get(kind)]
    total, done, row = sum(counts[kind] for kind in kinds), 0, 1
    for kind in kinds:
        first = row
        own_wordings = standings(store, kind)
        for batch in _node_batches(store, kind):
            if progress is not None:
                progress("Indexing names", done, total)
            entities = [(done + offset, id_, kind, name) for offset, (id_, name, _, _) in enumerate(batch)]
            names = [
                (entity, *columns)
                for (entity, *_), (id_, name, synonyms, _) in zip(entities, batch, strict=True)
                for columns in _name_rows(kind, name, synonyms, own_wordings.get(id_))
            ]
            ids = [
                (curie.upper(), local_part(curie), own, entity)
                for (entity, id_, *_), (_, _, _, xrefs) in zip(entities, batch, strict=True)
                for curie, own in [(id_, 1), *((xref, 0) for xref in xrefs)]
            ]
            tables.executemany("INSERT INTO entities VALUES (?, ?, ?, ?)", entities)
            tables.executemany(
                "INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((row + n, *columns) for n, columns in enumerate(names)),
            )
            tables.executemany("INSERT INTO ids VALUES (?, ?, ?, ?)", ids)
            done, row = done + len(batch), row + len(names)
        tables.execute("INSERT INTO kinds VALUES (?, ?, ?)", (kind, first, row - 1))
    tables.executescript(_INDEXES + f"PRAGMA user_version = {_FORMAT};")
    tables.commit()
    return tables


def _node_batches(store: GraphStore, kind: str) -> Iterator[list[tuple[str, str, list[str], list[str]]]]:
    """Yields id, name, synonyms and cross-references of a kind's nodes, up to 5,000 at a time."""
    table = store.nodes(kind, ["id", "name", "synonyms", "xrefs"])
    for record_batch in table.to_batches(max_chunksize=5000):
        columns = [record_batch.column(name).to_pylist() for name in ("id", "name", "synonyms", "xrefs")]
        yield list(zip(*columns, strict=True))


def _name_rows(
    kind: str, name: str, synonyms: list[str], own_wordings: Mapping[str, int] | None
) -> Iterator[tuple[int, str, str, int | None, int | None, int | None]]:
    """Yields the columns of the table `names` from `standing` on, for each name of an entity.

    Args:
        kind: the entity's kind.
        name: its name.
        synonyms: its other names.
        own_wordings: standing of the vocabularies' own wordings; None if no vocabulary names the entity.
    """
    default, own_wordings = (SYNONYM, {}) if own_wordings is None else (DOUBTFUL, own_wordings)
    others = ((own_wordings.get(synonym, default), synonym) for synonym in synonyms)
    for standing, text in [(PREFERRED, name), *others]:
        form = normal_forms(text)
        base = form.base if kind in SALTED_KINDS else ""
        yield (
            standing,
            text,
            form.words,
            hash_form(compact_form(form.words)),
            hash_form(form.bag),
            hash_form(compact_form(base)) if base != form.words else None,
        )
