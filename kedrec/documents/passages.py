"""Cuts a document into passages that an embedding can take whole, at the ends of sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.sentences import sentences

if TYPE_CHECKING:
    from kedrec.documents.document import Document

__all__ = ["LONGEST", "Cut", "cuts"]

LONGEST = 1200
"""Characters of the longest passage: about 256 tokens, which is what MiniLM was trained to take."""
_BESIDE = 40
"""Characters before and after a place that tell whether a sentence ends there: abbreviations are shorter."""
_READ = 200
"""Characters in which the end of a sentence is looked for at a time."""


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
    size = len(text) // -(-len(text) // LONGEST)
    start = 0
    while start < len(text):
        best = len(text) if len(text) - start <= LONGEST else _cut(text, start, size)
        yield start, best
        start = best + (best < len(text) and text[best] == " ")


def _cut(text: str, start: int, size: int) -> int:
    """Where the part that begins at a place ends: after the sentence that fills it, or one before that."""
    for first in range(start + size, start + LONGEST, _READ):
        if ends := _ends(text, first, min(first + _READ, start + LONGEST)):
            return ends[0]
    if ends := _ends(text, start, start + size):
        return ends[-1]
    space = text.rfind(" ", start, start + LONGEST)
    return space if space > start else start + LONGEST


def _ends(text: str, first: int, last: int) -> list[int]:
    """Where sentences end between two places; only what stands around these is read, since texts are long."""
    begin = max(text.rfind(" ", 0, max(first - _BESIDE, 0)), 0)
    stop = min(last + _BESIDE, len(text))
    found = (begin + sentence.end for sentence in sentences(text[begin:stop]))
    return [end for end in found if first < end <= last and end < stop]
