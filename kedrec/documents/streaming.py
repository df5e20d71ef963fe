"""Streams the records of many files; their documents are prepared here or by other processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.documents.document import Document, Record
from kedrec.documents.prepare import Passages, prepare_all
from kedrec.documents.reading import read_file
from kedrec.errors import DataError

if TYPE_CHECKING:
    from kedrec.documents.linking import Linker

__all__ = ["StreamItem", "prepare_items", "stream_records"]

_HERE = 5000
"""Records processed here before other processes are started, which takes a second or two."""
_BLOCK = 100
_BLOCK_CHARACTERS = 500_000
"""Most records, and characters, of a task; several tasks are in memory at once."""


@dataclass(slots=True)
class StreamItem:
    """One step of the stream.

    Attributes:
        path: the file.
        record: the record read; None at the file's end.
        problem: why the file wasn't read to its end, "" where it was.
        passages: a document's passages, where another process prepared them.
    """

    path: Path
    record: Record | None
    problem: str = ""
    passages: Passages | None = None


def stream_records(paths: Iterable[Path], layouts: tuple[str, ...], most: int | None) -> Iterator[StreamItem]:
    """Yields all files' records in order, at most `most`, and an item without a record after each file."""
    count = 0
    for path in paths:
        problem = ""
        try:
            for record in read_file(path, layouts):
                if count == most:
                    break
                count += 1
                yield StreamItem(path, record)
        except DataError as error:
            problem = str(error)
        yield StreamItem(path, None, problem)


def prepare_items(
    items: Iterator[StreamItem],
    linker: Linker | None,
    is_needed: Callable[[Document], bool],
    *,
    jobs: int = 1,
    ray: str = "",
) -> Generator[StreamItem, None, None]:
    """Yields the items in order; where there are many, with passages that other processes prepared.

    Args:
        linker: finds the graph's entities in the text.
        is_needed: True for a document that is likely to be written; records before it may still change that.
        jobs: other processes of this machine that link texts; 1 or less: none.
        ray: address of a Ray cluster, "" for none.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
    """
    # Without a linker, splitting costs less than sending the texts to other processes.
    if not ray and (jobs <= 1 or linker is None):
        yield from items
        return
    from kedrec.common.parallel import map_ordered

    yield from islice(items, _HERE)
    pending: deque[tuple[list[StreamItem], list[StreamItem]]] = deque()

    def batches() -> Iterator[list[Document]]:
        for block in _blocks(items):
            documents = [(item, item.record) for item in block if isinstance(item.record, Document)]
            chosen = [(item, document) for item, document in documents if is_needed(document)]
            pending.append((block, [item for item, _ in chosen]))
            yield [document for _, document in chosen]

    with closing(map_ordered(prepare_all, linker, batches(), jobs=jobs, ray=ray)) as results:
        for batch in results:
            block, chosen = pending.popleft()
            for item, passages in zip(chosen, batch, strict=True):
                item.passages = passages
            yield from block


def _blocks(items: Iterator[StreamItem]) -> Iterator[list[StreamItem]]:
    block: list[StreamItem] = []
    characters = 0
    for item in items:
        block.append(item)
        if isinstance(item.record, Document):
            characters += sum(len(section.text) for section in item.record.sections)
        if len(block) == _BLOCK or characters >= _BLOCK_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block
