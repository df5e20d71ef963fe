"""Loads documents into the passage index; each record read is counted as indexed or as rejected."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from kedrec.documents.document import Document, Rejected, Retraction
from kedrec.documents.prepare import build_passages, content_digest
from kedrec.documents.reading import find_files
from kedrec.documents.streaming import StreamItem, prepare_items, stream_records
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.linking import Linker
    from kedrec.documents.passage_index import PassageIndex, PassageWriter
    from kedrec.documents.prepare import Passages

__all__ = ["DocumentsReport", "FileReport", "RejectedRecord", "load_documents"]

_BATCH = 20_000
"""Passages between two commits."""
_SHOWN = 1000
"""Rejected records that a report lists at most; all are counted."""


class RejectedRecord(Frozen):
    """A record that wasn't indexed: its file, its line or number there, its id if known, and the reason."""

    file: str
    where: int
    id: str
    reason: str


class FileReport(Frozen):
    """Counts of a file's records. `problem`: why it wasn't read to its end, "" where it was."""

    file: str
    read: int
    indexed: int
    rejected: int
    problem: str = ""


class DocumentsReport(Frozen):
    """Report of a load; `read` is always `indexed` plus `rejected`.

    Attributes:
        unchanged: of the indexed, those that the index had already, unchanged.
        replaced: of the indexed, those of which it had another version.
        removed: documents of earlier loads that were removed because they were retracted.
        reasons: rejected records by reason.
        passages: passages written by this load.
        linked: True where the texts were linked with a graph's drugs and diseases.
        held: documents in the index now, by source.
    """

    read: int
    indexed: int
    rejected: int
    unchanged: int
    replaced: int
    removed: int
    passages: int
    characters: int
    linked: bool
    reasons: dict[str, int] = Field(default_factory=dict)
    files: tuple[FileReport, ...] = ()
    examples: tuple[RejectedRecord, ...] = ()
    held: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    files: list[FileReport] = field(default_factory=list)
    examples: list[RejectedRecord] = field(default_factory=list)


def load_documents(
    index: PassageIndex,
    paths: Iterable[Path],
    *,
    layouts: tuple[str, ...] = (),
    linker: Linker | None = None,
    progress: Progress | None = None,
    most: int | None = None,
    jobs: int = 1,
    ray: str = "",
) -> DocumentsReport:
    """Indexes the documents in files and folders. A repeat changes nothing; after an interruption it resumes.

    A damaged file is read up to its damage and reported; loading continues with the next file.

    Args:
        paths: files, and folders whose files are read.
        layouts: names out of `LAYOUTS`; files of other layouts are skipped; empty: all are read.
        linker: finds the graph's drugs and diseases; None: the texts are searched by words alone.
        most: records to read at most.
        jobs: processes that link texts, once there are many; 1: this one alone. The index is the same for any
            number.
        ray: address of a Ray cluster (HOST:PORT, ray://HOST:PORT, `local`) that links instead; "": none.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
        DataError: a path doesn't exist, or the index can't be written.
        StoreBusyError: another process writes to the index.
    """
    began = time.monotonic()
    files = [file for path in paths for file in find_files(path)]
    report_progress = progress or (lambda *_: None)
    writer = index.writer()
    load = _Load(index, writer, linker)
    complete = False
    items = prepare_items(stream_records(files, layouts, most), linker, load.is_new, jobs=jobs, ray=ray)
    try:
        with closing(items):
            for item in items:
                load.add(item, report_progress)
        index.catalogue.set_fact("vocabulary", linker.digest if linker else "")
        complete = True
    finally:
        # Also after Ctrl-C: committed batches stay, and the next load repeats the others.
        writer.close(keep=complete)
    return load.report(time.monotonic() - began)


class _Load:
    """One load: indexes, rejects or retracts each record and counts it."""

    def __init__(self, index: PassageIndex, writer: PassageWriter, linker: Linker | None) -> None:
        self.tally = _Tally()
        self._index, self._writer, self._linker = index, writer, linker
        self._catalogue = index.catalogue
        self._salt = linker.digest if linker else ""
        # After an interrupted load the index may have passages that the catalogue lacks.
        self._interrupted = self._catalogue.fact("writing") == "1"
        self._catalogue.set_fact("writing", "1")
        self._run = self._catalogue.next_run()
        self._catalogue.commit()
        self._uncommitted = 0
        self._file, self._before = "", Counter[str]()

    def is_new(self, document: Document) -> bool:
        """True where the index lacks this version of a document; records before it may still change that."""
        entry = self._catalogue.entry(document.id)
        return entry is None or entry.digest != content_digest(document, document.text, self._salt)

    def add(self, item: StreamItem, progress: Progress) -> None:
        """Processes a record, or the end of a file."""
        self._file, record = str(item.path), item.record
        if record is None:
            self._end_file(item.problem)
            return
        if isinstance(record, Rejected):
            self._reject(record.position, record.id, record.reason)
        elif isinstance(record, Retraction):
            self._retract(record)
        else:
            self._document(record, item.passages)
        self.tally.counts["read"] += 1
        if self.tally.counts["read"] % 100 == 0:
            progress(f"Indexing {item.path.name}", self.tally.counts["read"], None)

    def _end_file(self, problem: str) -> None:
        counts = self.tally.counts - self._before
        self._before = Counter(self.tally.counts)
        self.tally.files.append(
            FileReport(
                file=self._file,
                read=counts["read"],
                indexed=counts["indexed"],
                rejected=counts["rejected"],
                problem=problem,
            )
        )

    def _reject(self, position: int, id_: str, reason: str) -> None:
        self.tally.counts["rejected"] += 1
        self.tally.reasons[reason.partition(":")[0]] += 1
        if len(self.tally.examples) < _SHOWN:
            self.tally.examples.append(RejectedRecord(file=self._file, where=position, id=id_, reason=reason))

    def _retract(self, record: Retraction) -> None:
        for id_ in self._catalogue.retract(record.keys, record.reason):
            entry = self._catalogue.entry(id_)
            self._writer.remove(id_)
            self._catalogue.drop(id_)
            if entry and entry.run == self._run:
                self._reject_indexed(id_, f"{record.reason} by a later record")
            else:
                self.tally.counts["removed"] += 1
        self._reject(record.position, record.id, record.reason)

    def _reject_indexed(self, id_: str, reason: str) -> None:
        """Counts a document that this load indexed as rejected instead."""
        self.tally.counts["indexed"] -= 1
        self._reject(0, id_, reason)

    def _document(self, document: Document, passages: Passages | None) -> None:
        position = self.tally.counts["read"] + 1
        keys = (document.id, *document.keys)
        if reason := self._catalogue.retraction_reason(keys):
            self._reject(position, document.id, reason)
            return
        entry = self._catalogue.entry(document.id)
        text = document.text  # joined once: it is as long as the record
        digest = content_digest(document, text, self._salt)
        if entry and entry.run == self._run:
            if entry.digest == digest or document.revised <= entry.revised:
                self._reject(position, document.id, "second record of one id")
                return
            self._reject_indexed(document.id, "replaced by a later version in the same load")
        elif entry and entry.digest == digest:
            self._catalogue.mark_read(document.id, self._run)
            self.tally.counts.update(["indexed", "unchanged"])
            return
        elif entry:
            self.tally.counts["replaced"] += 1
        if passages is None:
            passages = build_passages(document, self._linker)
        self._writer.add(document.id, passages, replace=self._interrupted or entry is not None)
        self._catalogue.put(
            document,
            digest,
            run=self._run,
            passages=len(passages),
            characters=len(text),
            vocabulary=self._salt,
        )
        self.tally.counts.update({"indexed": 1, "passages": len(passages), "characters": len(text)})
        self._uncommitted += len(passages)
        if self._uncommitted >= _BATCH:
            self._writer.commit()
            self._uncommitted = 0

    def report(self, seconds: float) -> DocumentsReport:
        """Ends the load and returns its report."""
        self._catalogue.set_fact("writing", "")
        self._catalogue.commit()
        counts = self.tally.counts
        names = ("read", "indexed", "rejected", "unchanged", "replaced", "removed", "passages", "characters")
        return DocumentsReport(
            **{name: counts[name] for name in names},
            linked=self._linker is not None,
            reasons=dict(self.tally.reasons.most_common()),
            files=tuple(self.tally.files),
            examples=tuple(self.tally.examples),
            held=self._catalogue.counts(),
            seconds=round(seconds, 3),
        )
