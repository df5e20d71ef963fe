"""Splits a document at the ends of sentences into passages short enough for the embedding model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.sentences import sentences

if TYPE_CHECKING:
    from kedrec.documents.document import Document

__all__ = ["LONGEST_PASSAGE", "PassageSpan", "passage_spans"]

LONGEST_PASSAGE = 1200
"""Characters of the longest passage: about 256 tokens, MiniLM's trained length."""
_MARGIN = 40
"""Characters around a position that decide whether a sentence ends there; abbreviations are shorter."""
_WINDOW = 200
"""Characters searched at a time for the end of a sentence."""


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """A passage as offsets (characters) into its document's text.

    Attributes:
        headings: its sections: the character of the passage at which each begins, and its name.
        continued: True where it begins within a section.
    """

    start: int
    end: int
    headings: tuple[tuple[int, str], ...]
    continued: bool = False

    @property
    def section(self) -> str:
        """Names of its sections, each once, joined by `; `."""
        return "; ".join(dict.fromkeys(name for _, name in self.headings))


def passage_spans(document: Document) -> Iterator[PassageSpan]:
    """Yields the spans of a document's passages in order, which cover all but its title without overlap."""
    position = len(document.title) + 1
    begin, group = position, ""
    headings: list[tuple[int, str]] = []
    end = position
    for section in document.sections:
        start, stop = position, position + len(section.text)
        position = stop + 1
        fits = section.group and section.group == group and stop - begin <= LONGEST_PASSAGE
        if headings and not fits:
            yield PassageSpan(begin, end, tuple(headings))
            headings = []
        if stop - start > LONGEST_PASSAGE:
            for first, last in _pieces(section.text):
                yield PassageSpan(start + first, start + last, ((0, section.name),), continued=first > 0)
            group = ""
            continue
        if not headings:
            begin = start
        headings.append((start - begin, section.name))
        end, group = stop, section.group
    if headings:
        yield PassageSpan(begin, end, tuple(headings))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yields similar parts of at most `LONGEST_PASSAGE` characters, split where a sentence ends."""
    size = len(text) // -(-len(text) // LONGEST_PASSAGE)
    start = 0
    while start < len(text):
        end = len(text) if len(text) - start <= LONGEST_PASSAGE else _part_end(text, start, size)
        yield start, end
        start = end + (end < len(text) and text[end] == " ")


def _part_end(text: str, start: int, size: int) -> int:
    """Returns the end of the part at `start`: a sentence's first end after `size`, or last before it."""
    for first in range(start + size, start + LONGEST_PASSAGE, _WINDOW):
        if ends := _sentence_ends(text, first, min(first + _WINDOW, start + LONGEST_PASSAGE)):
            return ends[0]
    if ends := _sentence_ends(text, start, start + size):
        return ends[-1]
    space = text.rfind(" ", start, start + LONGEST_PASSAGE)
    return space if space > start else start + LONGEST_PASSAGE


def _sentence_ends(text: str, first: int, last: int) -> list[int]:
    """Returns where sentences end in (first, last]; reads only the text near them, since texts are long."""
    floor = max(first - _MARGIN - _WINDOW, 0)  # a text may have no blank at all
    begin = max(text.rfind(" ", floor, max(first - _MARGIN, 0)), floor)
    stop = min(last + _MARGIN, len(text))
    ends = (begin + sentence.end for sentence in sentences(text[begin:stop]))
    return [end for end in ends if first < end <= last and end < stop]
