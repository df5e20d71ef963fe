"""Cuts a document into passages that an embedding can take whole, at the ends of sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.sentences import sentences

if TYPE_CHECKING:
    from kedrec.documents.records import Document

__all__ = ["LONGEST", "Cut", "cuts"]

LONGEST = 1200
"""Characters of the longest passage: about 256 tokens, which is what MiniLM was trained to take."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage as offsets (characters) into its document's text.

    Attributes:
        headings: of the sections that it has text of: at which character of the passage each begins, and its
            name.
        continued: it begins within a section.
    """

    start: int
    end: int
    headings: tuple[tuple[int, str], ...]
    continued: bool = False

    @property
    def section(self) -> str:
        """The names of its sections, each once."""
        return "; ".join(dict.fromkeys(name for _, name in self.headings))


def cuts(document: Document) -> Iterator[Cut]:
    """The passages of a document in order, together all of its text but the title; never overlapping."""
    place = len(document.title) + 1
    begin, group = place, ""
    headings: list[tuple[int, str]] = []
    end = place
    for section in document.sections:
        start, stop = place, place + len(section.text)
        place = stop + 1
        fits = section.group and section.group == group and stop - begin <= LONGEST
        if headings and not fits:
            yield Cut(begin, end, tuple(headings))
            headings = []
        if stop - start > LONGEST:
            for first, last in _pieces(section.text):
                yield Cut(start + first, start + last, ((0, section.name),), continued=first > 0)
            group = ""
            continue
        if not headings:
            begin = start
        headings.append((start - begin, section.name))
        end, group = stop, section.group
    if headings:
        yield Cut(begin, end, tuple(headings))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Parts of at most `LONGEST` characters, of about one size, cut where a sentence ends if one does."""
    size = len(text) / -(-len(text) // LONGEST)
    ends = [sentence.end for sentence in sentences(text)]
    ends = [*(end for end in ends if end < len(text)), len(text)]
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
