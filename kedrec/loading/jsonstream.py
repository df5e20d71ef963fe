"""Reads large JSON piece by piece: the items of one of the lists in an object, without holding the rest."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kedrec.errors import DataError
from kedrec.loading.text import unpacking

__all__ = ["listed"]

_CHUNK = 1 << 20
_LONGEST = 1 << 24
"""Characters of the longest item; a damaged one would otherwise be looked for to the end of the file."""
_SPACE = re.compile(r"[\s,]*")


def _texts(path: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as raw:
        stream = unpacking(raw, path)
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


def listed(path: Path, *names: str) -> Iterator[tuple[str, int, Any]]:
    """The items of the lists called `names` at the top of a JSON object, in the order of the file.

    Yields:
        The list's name, the item's number in it from 1, and the item.

    Raises:
        DataError: the file is damaged, or ends before its lists do.
    """
    try:
        yield from _listed(_texts(path), names)
    except (ValueError, EOFError, OSError) as error:
        raise DataError(f"{path} can't be read: {error}.", "Get the file again.") from error


def _listed(texts: Iterator[str], names: tuple[str, ...]) -> Iterator[tuple[str, int, Any]]:
    begins = re.compile(rf'"({"|".join(map(re.escape, names))})"\s*:\s*\[')
    # A list's name may lie across two chunks.
    overlap = max(map(len, names)) + 16
    decoder = json.JSONDecoder()
    buffer = ""
    missing = set(names)
    while missing:
        while (found := begins.search(buffer)) is None:
            more = next(texts, None)
            if more is None:
                raise ValueError(f"it has no list called {' or '.join(sorted(missing))}")
            buffer = buffer[-overlap:] + more
        name, buffer, number = found[1], buffer[found.end() :], 0
        missing.discard(name)
        place = 0
        while True:
            place = _SPACE.match(buffer, place).end()  # type: ignore[union-attr]  # matches nothing, too
            if place < len(buffer) and buffer[place] == "]":
                buffer = buffer[place + 1 :]
                break
            try:
                item, place = decoder.raw_decode(buffer, place)
            except ValueError:
                # The item goes on in the next chunk, unless it is damaged.
                more = next(texts, None) if len(buffer) - place < _LONGEST else None
                if more is None:
                    raise ValueError(f"it is damaged or ends in the middle of {name}") from None
                buffer, place = buffer[place:] + more, 0
                continue
            number += 1
            yield name, number, item
