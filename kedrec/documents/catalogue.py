"""What the passage index knows of documents and files: a SQLite file beside it.

The index is written first and this after it, a batch at a time. A batch that only the index has is written
again by the next load, which replaces a document's passages, so nothing is lost and nothing appears twice.
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

__all__ = ["Catalogue", "Known"]

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
class Known:
    """What the catalogue holds of a document: a digest of what was indexed, and the load that saw it last."""

    digest: str
    run: int
    revised: str


class Catalogue:
    """The documents of one index."""

    def __init__(self, path: Path) -> None:
        """Opens or makes it.

        Raises:
            DataError: the file is damaged or can't be written.
        """
        self._path = path
        with self._errors():
            path.touch(FILE_MODE)  # where there is none; what SQLite writes beside it takes its mode
            self._tables = sqlite3.connect(path, timeout=30.0, check_same_thread=False)
            self._tables.execute("PRAGMA journal_mode = WAL")
            self._tables.execute("PRAGMA synchronous = NORMAL")
            self._tables.executescript(_TABLES)
        # What was put and isn't written yet.
        self._put: dict[str, Known] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._keys: list[tuple[str, str]] = []
        self._taken: dict[str, str] | None = None

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
    def _written(self) -> Iterator[None]:
        """For what reads or changes documents: those that were put are written first, many rows at once."""
        with self._errors():
            if self._put:
                self._tables.executemany(_INSERT, self._rows)
                self._tables.executemany("INSERT OR IGNORE INTO document_keys VALUES (?, ?)", self._keys)
                self._forget()
            yield

    def _forget(self) -> None:
        self._put.clear()
        self._rows.clear()
        self._keys.clear()

    def close(self) -> None:
        """Gives the file back."""
        self._tables.close()

    def commit(self) -> None:
        """Makes lasting what was put."""
        with self._written():
            self._tables.commit()

    def rollback(self) -> None:
        """Forgets what was put since the last commit."""
        self._forget()
        self._taken = None
        with self._errors():
            self._tables.rollback()

    def next_run(self) -> int:
        """The number of a new load."""
        run = int(self.fact("run") or 0) + 1
        self.set_fact("run", str(run))
        return run

    def fact(self, name: str) -> str:
        """A fact of the index, "" where there is none."""
        with self._errors():
            row = self._tables.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Keeps a fact of the index."""
        with self._errors():
            self._tables.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, value])

    def known(self, id_: str) -> Known | None:
        """What is known of a document by its id."""
        if put := self._put.get(id_):
            return put
        with self._errors():
            row = self._tables.execute(
                "SELECT digest, run, revised FROM documents WHERE id = ?", [id_]
            ).fetchone()
        return Known(*row) if row else None

    def seen(self, id_: str, run: int) -> None:
        """Notes that a load came across a document that is there already."""
        with self._written():
            self._tables.execute("UPDATE documents SET run = ? WHERE id = ?", [run, id_])

    def put(
        self, document: Document, digest: str, *, run: int, passages: int, characters: int, vocabulary: str
    ) -> None:
        """Adds a document, or replaces it.

        Args:
            passages, characters: how many it has.
            vocabulary: stands for the names that were looked for in it.
        """
        facts = document.facts.model_dump_json() if document.facts else ""
        row = (
            document.id, digest, run, document.kind, document.title, document.date, document.licence,
            int(document.redistributable), document.url, json.dumps(document.keys), document.revised, facts,
            passages, characters, vocabulary,
        )  # fmt: skip
        self._put[document.id] = Known(digest, run, document.revised)
        self._rows.append(row)
        self._keys += [(key, document.id) for key in (document.id, *document.keys)]

    def drop(self, id_: str) -> None:
        """Takes a document out."""
        with self._written():
            self._tables.execute("DELETE FROM documents WHERE id = ?", [id_])
            self._tables.execute("DELETE FROM document_keys WHERE document = ?", [id_])

    def retract(self, keys: Iterable[str], reason: str) -> list[str]:
        """Notes that what has these keys must not be used; the ids of the documents that have one."""
        found: dict[str, None] = {}
        with self._written():
            for key in keys:
                self._tables.execute("INSERT OR REPLACE INTO retracted VALUES (?, ?)", [key, reason])
                if self._taken is not None:
                    self._taken[key] = reason
                rows = self._tables.execute("SELECT document FROM document_keys WHERE key = ?", [key])
                found.update(dict.fromkeys(row[0] for row in rows))
        return list(found)

    def retracted(self, keys: Sequence[str]) -> str:
        """Why a document with these keys must not be used; "" where it may."""
        if self._taken is None:
            with self._errors():
                self._taken = dict(self._tables.execute("SELECT key, reason FROM retracted"))
        return next((self._taken[key] for key in keys if key in self._taken), "")

    def document(self, id_: str) -> Document | None:
        """A document by its id, without its text."""
        columns = "id, kind, title, date, licence, free, url, keys, revised, facts"
        query = f"SELECT {columns} FROM documents WHERE id = ?"  # noqa: S608  # fixed words
        with self._written():
            row = self._tables.execute(query, [id_]).fetchone()
        if row is None:
            return None
        return Document(
            row[0], row[1], row[2], (), date=row[3], licence=row[4], redistributable=bool(row[5]), url=row[6],
            keys=tuple(json.loads(row[7])), revised=row[8],
            facts=TrialFacts.model_validate_json(row[9]) if row[9] else None,
        )  # fmt: skip

    def documents_with(self, keys: Iterable[str]) -> set[str]:
        """The ids of the documents that have one of some keys."""
        found: set[str] = set()
        with self._written():
            for key in keys:
                rows = self._tables.execute("SELECT document FROM document_keys WHERE key = ?", [key])
                found.update(row[0] for row in rows)
        return found

    def counts(self) -> dict[str, int]:
        """Documents by the source in their ids."""
        source = "substr(id, 1, instr(id, ':') - 1)"
        query = f"SELECT {source}, count(*) FROM documents GROUP BY 1 ORDER BY 1"  # noqa: S608  # fixed words
        with self._written():
            return dict(self._tables.execute(query).fetchall())

    def ids(self, source: str) -> list[str]:
        """The ids of a source's documents, sorted."""
        with self._written():
            rows = self._tables.execute(
                "SELECT id FROM documents WHERE id GLOB ? ORDER BY id", [f"{source}:*"]
            )
            return [row[0] for row in rows]
