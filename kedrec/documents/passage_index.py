"""Passage index: tantivy for full-text search and a catalogue of documents, in one versioned folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kedrec.common.private_files import FILE_MODE, private_folder, write_private
from kedrec.documents.catalogue import Catalogue
from kedrec.documents.document import DocumentKind, TrialFacts
from kedrec.errors import DataError, NotFoundError, StoreBusyError
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    import tantivy

    from kedrec.documents.prepare import Passages

__all__ = ["FORMAT_VERSION", "MOST_DOCUMENTS", "Passage", "PassageIndex", "PassageWriter", "index_folder"]

FORMAT_VERSION = 2
"""Version of the folder's contents; raised with every change of them."""
MOST_DOCUMENTS = 60_000
"""Most documents of a query that are counted; tantivy refuses to list more than 65,000."""
_VERSION_FILE = "index.json"
_HEAP = 128 << 20


class Passage(Frozen):
    """A part of a document, as a search returns it.

    Attributes:
        id: `SOURCE:ID#N`, the same at each indexing of the same text.
        text: characters `start` to `end` of the document's text; the title isn't part of it.
        entities: ids of the drugs and diseases that it or the title names.
        headings: its sections: the character of `text` at which each begins, and its name.
        continued: True where it begins within a section, which the passage before it begins.
        score: the search's score; higher is better.
    """

    id: str
    document: str
    kind: DocumentKind
    title: str
    section: str
    text: str
    start: int
    end: int
    date: str = ""
    year: int | None = None
    licence: str = ""
    redistributable: bool = False
    url: str = ""
    keys: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    headings: tuple[tuple[int, str], ...] = ()
    continued: bool = False
    facts: TrialFacts | None = None
    score: float = 0.0


def index_folder(home: Path) -> Path:
    """Returns the index's folder in a KEDRec home."""
    return home / "documents"


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    # Ids are one term each; only words are searched by BM25. Documents have many passages: counting them
    # needs a fast field.
    for name in ("id", "document"):
        builder.add_text_field(
            name, stored=True, fast=name == "document", tokenizer_name="raw", index_option="basic"
        )
    for name in ("kind", "source", "entity", "studied", "standing"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="en_stem")
    builder.add_text_field("text", stored=True, tokenizer_name="en_stem")
    for name in ("year", "end"):  # of the document; of the trial
        builder.add_unsigned_field(name, indexed=True)
    builder.add_bytes_field("about", stored=True)
    return builder.build()


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"The passage index in {folder} can't be used: {error.strerror or error}.",
            "Make room on the disk, or set KEDREC_HOME to a folder of yours; what was committed is kept.",
        ) from error
    except ValueError as error:  # tantivy raises it for every error
        message = str(error)
        if "LockBusy" in message or "Lockfile" in message:
            raise StoreBusyError(
                f"Another process is writing to the passage index in {folder}.", "Wait until it has ended."
            ) from error
        raise DataError(
            f"The passage index in {folder} can't be used: {message}.",
            "Make room on the disk if it is full; else `kedrec-load documents --again` makes it anew.",
        ) from error


class PassageIndex:
    """Index of the passages of all documents that were loaded. A context manager."""

    def __init__(self, folder: Path, index: tantivy.Index, catalogue: Catalogue) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self._index = index
        self.schema = index.schema

    @classmethod
    def open(cls, folder: Path, *, create: bool = False) -> Self:
        """Opens the index in a folder.

        Args:
            create: create an empty index where there is none.

        Raises:
            NotFoundError: there is no index.
            DataError: it is of another version, or damaged.
        """
        import tantivy

        version_file = folder / _VERSION_FILE
        if not version_file.exists() and not create:
            raise NotFoundError(
                f"There are no texts yet in {folder}.",
                "Load some: `kedrec-load documents --from DIR`, or `... documents trials --query WORDS`.",
            )
        with _errors(folder):
            words = folder / "words"
            if version_file.exists():
                _check_version(version_file)
            else:
                private_folder(words)
                write_private(version_file, json.dumps({"format": FORMAT_VERSION}).encode())
            private_folder(words)
            index = tantivy.Index(_schema(), path=str(words), reuse=True)
        return cls(folder, index, Catalogue(folder / "catalogue.sqlite"))

    def close(self) -> None:
        """Closes the files."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def delete(folder: Path) -> None:
        """Deletes an index of any version; fetched texts stay in the cache."""
        with _errors(folder), suppress(FileNotFoundError):
            if (folder / _VERSION_FILE).exists():
                shutil.rmtree(folder)

    @property
    def passages(self) -> int:
        """Number of passages."""
        self._index.reload()
        return self._index.searcher().num_docs

    @property
    def vocabulary(self) -> str:
        """Digest of the names that the texts were linked with, "" for texts without links."""
        return self.catalogue.fact("vocabulary")

    def writer(self) -> PassageWriter:
        """Opens a writer; there is one at a time.

        Raises:
            StoreBusyError: another process writes.
        """
        with _errors(self.folder):
            return PassageWriter(self, self._index.writer(heap_size=_HEAP))

    def words_query(self, words: str, fields: Sequence[str] = ("title", "text")) -> tantivy.Query:
        """Builds a query of free words; characters of the query language are removed."""
        plain = "".join(character if character.isalnum() else " " for character in words)
        lowered = " ".join(plain.lower().split())  # AND, OR and NOT are words here
        with _errors(self.folder):
            return self._index.parse_query(lowered or "\u2400", list(fields))

    def phrase(self, name: str) -> tantivy.Query:
        """Builds a query for a name's words in sequence, in the title or the text."""
        plain = "".join(character if character.isalnum() else " " for character in name)
        lowered = " ".join(plain.lower().split())
        with _errors(self.folder):
            return self._index.parse_query(f'"{lowered}"' if lowered else "\u2400", ["title", "text"])

    def term(self, field: str, value: str) -> tantivy.Query:
        """Builds a query for an exact term."""
        import tantivy

        return tantivy.Query.term_query(self.schema, field, value)

    def after(self, year: int) -> tantivy.Query:
        """Builds a query for documents after a year; it doesn't match documents without a year."""
        import tantivy

        return tantivy.Query.range_query(
            self.schema, "year", tantivy.FieldType.Unsigned, year, include_lower=False,
            use_inverted_index=True,
        )  # fmt: skip

    def ended_by(self, year: int) -> tantivy.Query:
        """Builds a query for trials that ended by a year; it doesn't match trials without an end."""
        import tantivy

        return tantivy.Query.range_query(
            self.schema, "end", tantivy.FieldType.Unsigned, None, year, use_inverted_index=True
        )

    def documents(self, query: tantivy.Query) -> set[str]:
        """Returns the ids of the documents with a passage that matches, at most `MOST_DOCUMENTS`."""
        with _errors(self.folder):
            self._index.reload()
            terms = {"terms": {"field": "document", "size": MOST_DOCUMENTS}}
            buckets = self._index.searcher().aggregate(query, {"ids": terms})
        return {bucket["key"] for bucket in buckets["ids"]["buckets"]}

    def search(self, query: tantivy.Query, limit: int) -> list[Passage]:
        """Returns the passages with the highest scores, best first; ties in the order of their ids."""
        with _errors(self.folder):
            self._index.reload()
            searcher = self._index.searcher()
            hits = searcher.search(query, limit, count=False).hits
            rows = [(float(score), searcher.doc(address).to_dict()) for score, address in hits]
        passages = [passage for score, fields in rows if (passage := self._passage(score, fields))]
        return sorted(passages, key=lambda passage: (-passage.score, passage.id))

    def passage(self, id_: str) -> Passage | None:
        """Returns a passage by its id; None where the index has none."""
        return next(iter(self.search(self.term("id", id_), 1)), None)

    def _passage(self, score: float, fields: dict[str, list[Any]]) -> Passage | None:
        document = self.catalogue.document(fields["document"][0])
        if document is None:
            return None  # of an interrupted batch, which the next load writes again
        section, start, end, entities, headings, continued = json.loads(bytes(fields["about"][0]))
        return Passage(
            id=fields["id"][0], document=document.id, kind=document.kind, title=document.title,
            section=section, text=fields["text"][0], start=start, end=end, date=document.date,
            year=document.year, licence=document.licence, redistributable=document.redistributable,
            url=document.url, keys=document.keys, entities=tuple(entities),
            headings=tuple(map(tuple, headings)),
            continued=continued, facts=document.facts, score=score,
        )  # fmt: skip


def _check_version(file: Path) -> None:
    try:
        version = json.loads(file.read_text(encoding="utf-8"))["format"]
    except (ValueError, KeyError, TypeError):
        version = "unknown"
    if version != FORMAT_VERSION:
        raise DataError(
            f"The passage index in {file.parent} is of version {version}; "
            f"this KEDRec reads version {FORMAT_VERSION}.",
            "Run `kedrec-load documents --again` with the same sources: it makes the index anew.",
        )


class PassageWriter:
    """Writer of documents in batches; an uncommitted batch is lost when the process ends."""

    def __init__(self, index: PassageIndex, writer: tantivy.IndexWriter) -> None:
        self._index = index
        self._writer = writer

    def add(self, id_: str, passages: Passages, *, replace: bool) -> None:
        """Adds a document's passages.

        Args:
            replace: remove the document's earlier passages first.
        """
        import tantivy

        if replace:
            self.remove(id_)
        with _errors(self._index.folder):
            for fields in passages:
                self._writer.add_document(tantivy.Document.from_dict(fields, self._index.schema))

    def remove(self, id_: str) -> None:
        """Removes a document's passages."""
        with _errors(self._index.folder):
            self._writer.delete_documents_by_term("document", id_)

    def commit(self) -> None:
        """Commits the passages first, then the catalogue."""
        with _errors(self._index.folder):
            self._writer.commit()
            self._restrict_files()
        self._index.catalogue.commit()

    def close(self, *, keep: bool) -> None:
        """Closes the writer; `keep`: commits first, else rolls back."""
        if keep:
            self.commit()
        else:
            with suppress(ValueError, OSError):
                self._writer.rollback()
            self._index.catalogue.rollback()
        with _errors(self._index.folder):
            self._writer.wait_merging_threads()
            self._restrict_files()

    def _restrict_files(self) -> None:
        """Makes tantivy's files readable by their owner alone, since notes describe patients."""
        for file in (self._index.folder / "words").iterdir():
            with suppress(FileNotFoundError):  # merging deletes files
                file.chmod(FILE_MODE)
