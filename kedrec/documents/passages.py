"""Cuts a document into passages that an embedding can take whole, at the ends of sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.documents.records import Document

__all__ = ["LONGEST", "Cut", "cuts", "sentences"]

LONGEST = 1200
"""Characters of the longest passage: about 256 tokens, which is what MiniLM was trained to take."""
# The mark first, not a look behind it: a pattern that begins with a class is found twice as fast.
_SENTENCE = re.compile(r"[.!?][\"')\]]* (?=[\"'(\[]?[A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage as offsets (characters) into its document's text; `section` names where it stands."""

    start: int
    end: int
    section: str


def cuts(document: Document) -> Iterator[Cut]:
    """The passages of a document in order, together all of its text but the title; never overlapping."""
    place = len(document.title) + 1
    begin, group = place, ""
    names: list[str] = []
    end = place
    for section in document.sections:
        start, stop = place, place + len(section.text)
        place = stop + 1
        fits = section.group and section.group == group and stop - begin <= LONGEST
        if names and not fits:
            yield Cut(begin, end, "; ".join(names))
            names = []
        if stop - start > LONGEST:
            yield from (Cut(start + a, start + b, section.name) for a, b in _pieces(section.text))
            group = ""
            continue
        if not names:
            begin = start
        if section.name not in names:
            names.append(section.name)
        end, group = stop, section.group
    if names:
        yield Cut(begin, end, "; ".join(names))


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand, in order."""
    places, start = [], 0
    for found in _SENTENCE.finditer(text):
        places.append((start, found.end() - 1))
        start = found.end()
    return [*places, (start, len(text))] if start < len(text) else places


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Parts of at most `LONGEST` characters, of about one size, cut where a sentence ends if one does."""
    size = len(text) / -(-len(text) // LONGEST)
    ends = [found.start() + 1 for found in _SENTENCE.finditer(text)] + [len(text)]
    start, at = 0, 0
    while start < len(text):
        best = 0
        while at < len(ends) and ends[at] - start <= LONGEST:
            best = ends[at]
            at += 1
            if best - start >= size:
                break
        if best <= start:
            best = text.rfind(" ", start, start + LONGEST) if len(text) - start > LONGEST else len(text)
            best = best if best > start else min(start + LONGEST, len(text))
        yield start, best
        start = best + (best < len(text) and text[best] == " ")
