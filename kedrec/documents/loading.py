"""Loads documents into the passage index: what is read is either indexed or rejected, and each is counted."""

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
from kedrec.documents.prepare import content_digest, passages_of
from kedrec.documents.reading import find_files
from kedrec.documents.streaming import Item, prepared, read_all
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
"""Rejected records that a report lists; all are counted."""


class RejectedRecord(Frozen):
    """A record that wasn't indexed: its file, its line or number there, its id where it has one, and why."""

    file: str
    where: int
    id: str
    reason: str


class FileReport(Frozen):
    """What became of a file's records. `problem`: why it wasn't read to its end, "" where it was."""

    file: str
    read: int
    indexed: int
    rejected: int
    problem: str = ""


class DocumentsReport(Frozen):
    """What a load did; `read` is always `indexed` and `rejected` together.

    Attributes:
        unchanged: of the indexed, those that the index already had as they are.
        replaced: of the indexed, those that it had otherwise.
        removed: documents of earlier loads that were taken out, because they were retracted.
        reasons: how many were rejected, by reason.
        passages: passages written by this load.
        linked: whether drugs and diseases of the graph were looked for in the texts.
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
    places: Iterable[Path],
    *,
    layouts: tuple[str, ...] = (),
    linker: Linker | None = None,
    progress: Progress | None = None,
    most: int | None = None,
    jobs: int = 1,
    ray: str = "",
) -> DocumentsReport:
    """Indexes the documents in files and folders; again changes nothing, and cut off it goes on.

    A file that is damaged is read up to its damage, told in the report, and the next one is read.

    Args:
        layouts: names out of `LAYOUTS` to read, all others are passed over; none: every one.
        linker: finds the graph's drugs and diseases; None: the texts are searched by words alone.
        most: records to read at most.
        jobs: processes that look for names, once there are many texts; 1: this one alone. The index is the
            same for any number.
        ray: address of a Ray cluster (HOST:PORT, ray://HOST:PORT, `local`) that does it instead; "": none.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
        DataError: a place isn't there, or the index can't be written.
        StoreBusyError: another process writes to the index.
    """
    began = time.monotonic()
    paths = [path for place in places for path in find_files(place)]
    tell = progress or (lambda *_: None)
    writer = index.writer()
    load = _Load(index, writer, linker)
    keep = False
    items = prepared(read_all(paths, layouts, most), linker, load.is_new, jobs=jobs, ray=ray)
    try:
        with closing(items):
            for item in items:
                load.take(item, tell)
        index.catalogue.set_fact("vocabulary", linker.digest if linker else "")
        keep = True
    finally:
        # Also where Ctrl-C ends it: batches that were committed stay, and the rest is done again.
        writer.close(keep=keep)
    return load.report(time.monotonic() - began)


class _Load:
    """One load: decides of each record what becomes of it."""

    def __init__(self, index: PassageIndex, writer: PassageWriter, linker: Linker | None) -> None:
        self.tally = _Tally()
        self._index, self._writer, self._linker = index, writer, linker
        self._catalogue = index.catalogue
        self._salt = linker.digest if linker else ""
        # A load that was cut off may have left passages of which the catalogue doesn't know.
        self._careful = self._catalogue.fact("writing") == "1"
        self._catalogue.set_fact("writing", "1")
        self._run = self._catalogue.next_run()
        self._catalogue.commit()
        self._waiting = 0
        self._file, self._before = "", Counter[str]()

    def is_new(self, document: Document) -> bool:
        """Whether the index has the document otherwise or not at all; before its turn that may yet change."""
        known = self._catalogue.known(document.id)
        return known is None or known.digest != content_digest(document, document.text, self._salt)

    def take(self, item: Item, tell: Progress) -> None:
        """Takes a record, or the end of a file."""
        self._file, record = str(item.path), item.record
        if record is None:
            self._end_file(item.problem)
            return
        if isinstance(record, Rejected):
            self._reject(record.where, record.id, record.reason)
        elif isinstance(record, Retraction):
            self._retract(record)
        else:
            self._document(record, item.passages)
        self.tally.counts["read"] += 1
        if self.tally.counts["read"] % 100 == 0:
            tell(f"Indexing {item.path.name}", self.tally.counts["read"], None)

    def _end_file(self, problem: str) -> None:
        done = self.tally.counts - self._before
        self._before = Counter(self.tally.counts)
        self.tally.files.append(
            FileReport(
                file=self._file,
                read=done["read"],
                indexed=done["indexed"],
                rejected=done["rejected"],
                problem=problem,
            )
        )

    def _reject(self, where: int, id_: str, reason: str) -> None:
        self.tally.counts["rejected"] += 1
        self.tally.reasons[reason.partition(":")[0]] += 1
        if len(self.tally.examples) < _SHOWN:
            self.tally.examples.append(RejectedRecord(file=self._file, where=where, id=id_, reason=reason))

    def _retract(self, record: Retraction) -> None:
        for id_ in self._catalogue.retract(record.keys, record.reason):
            known = self._catalogue.known(id_)
            self._writer.remove(id_)
            self._catalogue.drop(id_)
            if known and known.run == self._run:
                self._take_back(id_, f"{record.reason} by a later record")
            else:
                self.tally.counts["removed"] += 1
        self._reject(record.where, record.id, record.reason)

    def _take_back(self, id_: str, reason: str) -> None:
        """Counts a document of this load, which was indexed, as rejected."""
        self.tally.counts["indexed"] -= 1
        self._reject(0, id_, reason)

    def _document(self, document: Document, passages: Passages | None) -> None:
        where = self.tally.counts["read"] + 1
        keys = (document.id, *document.keys)
        if why := self._catalogue.retracted(keys):
            self._reject(where, document.id, why)
            return
        known = self._catalogue.known(document.id)
        text = document.text  # put together once: it is as long as the record
        digest = content_digest(document, text, self._salt)
        if known and known.run == self._run:
            if known.digest == digest or document.revised <= known.revised:
                self._reject(where, document.id, "second record of one id")
                return
            self._take_back(document.id, "replaced by a later version in the same load")
        elif known and known.digest == digest:
            self._catalogue.seen(document.id, self._run)
            self.tally.counts.update(["indexed", "unchanged"])
            return
        elif known:
            self.tally.counts["replaced"] += 1
        if passages is None:
            passages = passages_of(document, self._linker)
        self._writer.add(document.id, passages, replace=self._careful or known is not None)
        self._catalogue.put(
            document,
            digest,
            run=self._run,
            passages=len(passages),
            characters=len(text),
            vocabulary=self._salt,
        )
        self.tally.counts.update({"indexed": 1, "passages": len(passages), "characters": len(text)})
        self._waiting += len(passages)
        if self._waiting >= _BATCH:
            self._writer.commit()
            self._waiting = 0

    def report(self, seconds: float) -> DocumentsReport:
        """What was done."""
        self._catalogue.set_fact("writing", "")
        self._catalogue.commit()
        counts = self.tally.counts
        named = ("read", "indexed", "rejected", "unchanged", "replaced", "removed", "passages", "characters")
        return DocumentsReport(
            **{name: counts[name] for name in named},
            linked=self._linker is not None,
            reasons=dict(self.tally.reasons.most_common()),
            files=tuple(self.tally.files),
            examples=tuple(self.tally.examples),
            held=self._catalogue.counts(),
            seconds=round(seconds, 3),
        )
