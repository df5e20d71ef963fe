"""The records of many files as one stream, whose documents are prepared here or by other processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.documents.document import Document, Record
from kedrec.documents.prepare import Passages, passages_of_each
from kedrec.documents.reading import read_file
from kedrec.errors import DataError

if TYPE_CHECKING:
    from kedrec.documents.linking import Linker

__all__ = ["Item", "prepared", "read_all"]

_HERE = 5000
"""Records that are worked on in this process before others are started, which takes a second or two."""
_BLOCK = 100
_BLOCK_CHARACTERS = 500_000
"""Records, and characters, of a piece of work: some of them are in memory at once."""


@dataclass(slots=True)
class Item:
    """One step of the stream.

    Attributes:
        path: the file it is of.
        record: what was read; None: the file ends here.
        problem: why the file was not read to its end.
        passages: of a document, where they were prepared.
    """

    path: Path
    record: Record | None
    problem: str = ""
    passages: Passages | None = None


def read_all(paths: Iterable[Path], layouts: tuple[str, ...], most: int | None) -> Iterator[Item]:
    """The records of all files in order, at most `most`, and after each file's an item without a record."""
    read = 0
    for path in paths:
        problem = ""
        try:
            for record in read_file(path, layouts):
                if read == most:
                    break
                read += 1
                yield Item(path, record)
        except DataError as error:
            problem = str(error)
        yield Item(path, None, problem)


def prepared(
    items: Iterator[Item],
    linker: Linker | None,
    wanted: Callable[[Document], bool],
    *,
    jobs: int = 1,
    ray: str = "",
) -> Generator[Item, None, None]:
    """The same items in the same order, those of many texts with their passages.

    Args:
        linker: finds the graph's entities in the text.
        wanted: whether a document will be written, as far as that can be told before its turn.
        jobs: processes of this machine that look for names, this one not counted; 1 or less: none.
        ray: address of a Ray cluster, "" for none.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
    """
    # Where no names are looked for, cutting takes less than sending the texts there and back.
    if not ray and (jobs <= 1 or linker is None):
        yield from items
        return
    from kedrec.common.parallel import spread

    yield from islice(items, _HERE)
    waiting: deque[tuple[list[Item], list[Item]]] = deque()

    def parts() -> Iterator[list[Document]]:
        for block in _blocks(items):
            documents = [(item, item.record) for item in block if isinstance(item.record, Document)]
            chosen = [(item, document) for item, document in documents if wanted(document)]
            waiting.append((block, [item for item, _ in chosen]))
            yield [document for _, document in chosen]

    with closing(spread(passages_of_each, linker, parts(), jobs=jobs, ray=ray)) as found:
        for made in found:
            block, chosen = waiting.popleft()
            for item, passages in zip(chosen, made, strict=True):
                item.passages = passages
            yield from block


def _blocks(items: Iterator[Item]) -> Iterator[list[Item]]:
    block: list[Item] = []
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
