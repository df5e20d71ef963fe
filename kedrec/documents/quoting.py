"""Which part of a passage is shown: a short one, of whole sentences, that names what was asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.documents.passages import sentences

if TYPE_CHECKING:
    from kedrec.documents.linking import Linker

__all__ = ["LONGEST_QUOTE", "quoted"]

LONGEST_QUOTE = 400
"""Characters of the longest quotation: abstracts belong to their publishers, and are to be read there."""
_SHORT = 160  # characters under which a quotation takes the next sentence too


def quoted(text: str, linker: Linker) -> tuple[int, int]:
    """The places in a passage's text where its quotation begins and ends.

    The fewest sentences that name most of the linker's entities; of equal ones the last, since what an
    abstract concludes stands at its end. A sentence longer than `LONGEST_QUOTE` is cut after a word.
    """
    places = sentences(text)
    if not places:
        return 0, len(text)
    named = [frozenset(linker.find(text[start:end])) for start, end in places]
    best, chosen = (-1, 0, 0), (0, 0)
    for first in range(len(places)):
        found: frozenset[str] = frozenset()
        for last in range(first, len(places)):
            length = places[last][1] - places[first][0]
            if length > LONGEST_QUOTE and last > first:
                break
            found |= named[last]
            if (rank := (len(found), first - last, first)) > best:
                best, chosen = rank, (first, last)
    first, last = chosen
    while last + 1 < len(places) and places[last][1] - places[first][0] < _SHORT:
        if places[last + 1][1] - places[first][0] > LONGEST_QUOTE:
            break
        last += 1
    start, end = places[first][0], places[last][1]
    if end - start > LONGEST_QUOTE:
        space = text.rfind(" ", start, start + LONGEST_QUOTE)
        end = space if space > start else start + LONGEST_QUOTE
    return start, end
