"""Catalogue of the indexed documents and the index's own facts, in a SQLite file beside the passage index.

Each batch is written to the index first, then here. A batch that only the index has is written again by the
next load, which replaces a document's passages: nothing is lost and nothing appears twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.private_files import FILE_MODE
from kedrec.documents.document import Document, TrialFacts
from kedrec.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Catalogue", "CatalogueEntry"]

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, digest TEXT, run INTEGER, kind TEXT, title TEXT, date TEXT, licence TEXT, free INTEGER,
  url TEXT, keys TEXT, revised TEXT, facts TEXT, passages INTEGER, characters INTEGER, vocabulary TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document_keys (key TEXT, document TEXT, PRIMARY KEY (key, document)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retracted (key TEXT PRIMARY KEY, reason TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""

_INSERT = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A document's entry: the digest of its content, the last load that read it, and its last revision."""

    digest: str
    run: int
    revised: str


class Catalogue:
    """The documents of one index."""

    def __init__(self, path: Path) -> None:
        """Opens the catalogue, or creates it.

        Raises:
            DataError: the file is damaged or can't be written.
        """
        self._path = path
        with self._errors():
            path.touch(FILE_MODE)  # the files that SQLite writes beside it take its mode
            self._tables = sqlite3.connect(path, timeout=30.0, check_same_thread=False)
            self._tables.execute("PRAGMA journal_mode = WAL")
            self._tables.execute("PRAGMA synchronous = NORMAL")
            self._tables.executescript(_TABLES)
        # Documents that were put and aren't written yet.
        self._pending: dict[str, CatalogueEntry] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._keys: list[tuple[str, str]] = []
        self._reasons: dict[str, str] | None = None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise DataError(
                f"The catalogue of documents {self._path} can't be used: {error}.",
                "Make room on the disk and try again; where the file is damaged, run the load with --again.",
            ) from error

    @contextmanager
    def _flush(self) -> Iterator[None]:
        """Writes the pending documents, many rows at once, before the block reads or changes documents."""
        with self._errors():
            if self._pending:
                self._tables.executemany(_INSERT, self._rows)
                self._tables.executemany("INSERT OR IGNORE INTO document_keys VALUES (?, ?)", self._keys)
                self._clear_pending()
            yield

    def _clear_pending(self) -> None:
        self._pending.clear()
        self._rows.clear()
        self._keys.clear()

    def close(self) -> None:
        """Closes the file."""
        self._tables.close()

    def commit(self) -> None:
        """Writes and commits the documents that were put."""
        with self._flush():
            self._tables.commit()

    def rollback(self) -> None:
        """Discards all changes since the last commit."""
        self._clear_pending()
        self._reasons = None
        with self._errors():
            self._tables.rollback()

    def next_run(self) -> int:
        """Starts a new load and returns its number."""
        run = int(self.fact("run") or 0) + 1
        self.set_fact("run", str(run))
        return run

    def fact(self, name: str) -> str:
        """Returns a fact of the index, "" where there is none."""
        with self._errors():
            row = self._tables.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Stores a fact of the index."""
        with self._errors():
            self._tables.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, value])

    def entry(self, id_: str) -> CatalogueEntry | None:
        """Returns a document's entry by its id; None where there is none."""
        if pending := self._pending.get(id_):
            return pending
        with self._errors():
            row = self._tables.execute(
                "SELECT digest, run, revised FROM documents WHERE id = ?", [id_]
            ).fetchone()
        return CatalogueEntry(*row) if row else None

    def mark_read(self, id_: str, run: int) -> None:
        """Records that a load read a document that is indexed already."""
        with self._flush():
            self._tables.execute("UPDATE documents SET run = ? WHERE id = ?", [run, id_])

    def put(
        self, document: Document, digest: str, *, run: int, passages: int, characters: int, vocabulary: str
    ) -> None:
        """Adds a document, or replaces it.

        Args:
            passages, characters: their numbers.
            vocabulary: digest of the names that its text was linked with.
        """
        facts = document.facts.model_dump_json() if document.facts else ""
        row = (
            document.id, digest, run, document.kind, document.title, document.date, document.licence,
            int(document.redistributable), document.url, json.dumps(document.keys), document.revised, facts,
            passages, characters, vocabulary,
        )  # fmt: skip
        self._pending[document.id] = CatalogueEntry(digest, run, document.revised)
        self._rows.append(row)
        self._keys += [(key, document.id) for key in (document.id, *document.keys)]

    def drop(self, id_: str) -> None:
        """Removes a document."""
        with self._flush():
            self._tables.execute("DELETE FROM documents WHERE id = ?", [id_])
            self._tables.execute("DELETE FROM document_keys WHERE document = ?", [id_])

    def retract(self, keys: Iterable[str], reason: str) -> list[str]:
        """Marks keys as retracted; returns the ids of the documents that have one of them."""
        documents: dict[str, None] = {}
        with self._flush():
            for key in keys:
                self._tables.execute("INSERT OR REPLACE INTO retracted VALUES (?, ?)", [key, reason])
                if self._reasons is not None:
                    self._reasons[key] = reason
                rows = self._tables.execute("SELECT document FROM document_keys WHERE key = ?", [key])
                documents.update(dict.fromkeys(row[0] for row in rows))
        return list(documents)

    def retraction_reason(self, keys: Sequence[str]) -> str:
        """Returns why a document with these keys was retracted; "" where it wasn't."""
        if self._reasons is None:
            with self._errors():
                self._reasons = dict(self._tables.execute("SELECT key, reason FROM retracted"))
        return next((self._reasons[key] for key in keys if key in self._reasons), "")

    def document(self, id_: str) -> Document | None:
        """Returns a document by its id, without its text; None where there is none."""
        columns = "id, kind, title, date, licence, free, url, keys, revised, facts"
        query = f"SELECT {columns} FROM documents WHERE id = ?"  # noqa: S608  # fixed words
        with self._flush():
            row = self._tables.execute(query, [id_]).fetchone()
        if row is None:
            return None
        return Document(
            row[0], row[1], row[2], (), date=row[3], licence=row[4], redistributable=bool(row[5]), url=row[6],
            keys=tuple(json.loads(row[7])), revised=row[8],
            facts=TrialFacts.model_validate_json(row[9]) if row[9] else None,
        )  # fmt: skip

    def documents_with(self, keys: Iterable[str]) -> set[str]:
        """Returns the ids of the documents that have one of the keys."""
        documents: set[str] = set()
        with self._flush():
            for key in keys:
                rows = self._tables.execute("SELECT document FROM document_keys WHERE key = ?", [key])
                documents.update(row[0] for row in rows)
        return documents

    def counts(self) -> dict[str, int]:
        """Counts the documents of each source, which their ids begin with."""
        source = "substr(id, 1, instr(id, ':') - 1)"
        query = f"SELECT {source}, count(*) FROM documents GROUP BY 1 ORDER BY 1"  # noqa: S608  # fixed words
        with self._flush():
            return dict(self._tables.execute(query).fetchall())

    def ids(self, source: str) -> list[str]:
        """Lists the ids of a source's documents, sorted."""
        with self._flush():
            rows = self._tables.execute(
                "SELECT id FROM documents WHERE id GLOB ? ORDER BY id", [f"{source}:*"]
            )
            return [row[0] for row in rows]
