"""Which part of a passage is quoted: whole sentences that name what was asked about and keep their sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.grounding.framing import Reading, is_aim, is_framing, readings

if TYPE_CHECKING:
    from kedrec.documents.linking import Linker

__all__ = ["LONGEST_QUOTE", "Context", "Quote", "quotation", "quoted"]

LONGEST_QUOTE = 400
"""Characters of the longest quotation: abstracts belong to their publishers, and are to be read there."""
_NO_HEADING = frozenset({"abstract", "unlabelled", "text", "body", "main text", "untitled"})
"""What readers call text that has no heading of its own."""
_SHORT = 160  # characters under which a quotation takes the next sentence too


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a passage.

    Attributes:
        headings: of its sections: the character of its text at which each begins, and its name.
        before, after: the text of the same section in front of it and behind it, with the space between; ""
            where it begins or ends with its section.
        title: of the document, which is shown with the quotation.
    """

    title: str = ""
    headings: tuple[tuple[int, str], ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Places in a passage's text where a quotation begins and ends, and the heading it stands under."""

    start: int = 0
    end: int = 0
    heading: str = ""


def quoted(text: str, linker: Linker) -> tuple[int, int]:
    """Where the quotation of a text that has no passage around it begins and ends; see `quotation`."""
    quote = quotation(text, linker)
    return quote.start, quote.end


def quotation(text: str, linker: Linker, context: Context | None = None) -> Quote:
    """The quotation of a passage; an empty one where no sentence can be quoted.

    The fewest whole sentences that with the title name most of the linker's entities, at most
    `LONGEST_QUOTE` characters. Of equal ones those that the text says as its own (see
    `kedrec.grounding.framing`) and that are no aim, then the last, since what an abstract concludes stands
    at its end. A sentence that others frame ("This is not true.") is quoted with them or not at all.
    """
    around = context or Context()
    shift = len(around.before)
    headings = [(begin + shift, name) for begin, name in around.headings]
    read = readings(around.before + text + around.after, [(0, headings[0][1]), *headings] if headings else ())
    inside = [
        at
        for at, one in enumerate(read)
        if one.sentence.start >= shift and one.sentence.end <= shift + len(text)
    ]
    lines = {at: text[read[at].sentence.start - shift : read[at].sentence.end - shift] for at in inside}
    named = {at: frozenset(linker.find(line)) for at, line in lines.items()}
    above = frozenset(linker.find(around.title)) if around.title else frozenset()
    best: tuple[int, ...] = (-1,)
    chosen: tuple[int, int] | None = None
    for first in inside:
        found: frozenset[str] = frozenset()
        for last in range(first, inside[-1] + 1):
            if _length(read, first, last) > LONGEST_QUOTE or read[last].heading != read[first].heading:
                break
            found |= named[last]
            if not _closed(read, first, last):
                continue
            own = all(one.own for one in read[first : last + 1])
            says = not is_framing(read[first].heading) and not any(
                is_aim(lines[at]) for at in range(first, last + 1)
            )
            rank = (len(found | above), bool(found), own and says, own, says, len(found), first - last, first)
            if rank > best:
                best, chosen = rank, (first, last)
    if chosen is None:
        return Quote()
    first, last = chosen
    for more in range(last + 1, inside[-1] + 1):
        if _length(read, first, last) >= _SHORT or _length(read, first, more) > LONGEST_QUOTE:
            break
        if read[more].heading != read[first].heading:
            break
        if _closed(read, first, more) and read[more].own == read[last].own:
            last = more
    heading = read[first].heading
    return Quote(
        read[first].sentence.start - shift, read[last].sentence.end - shift,
        "" if heading.casefold() in _NO_HEADING else heading,
    )  # fmt: skip


def _length(read: Sequence[Reading], first: int, last: int) -> int:
    return read[last].sentence.end - read[first].sentence.start


def _closed(read: Sequence[Reading], first: int, last: int) -> bool:
    """Whether sentences have among them all that they mustn't be shown without, and each is whole."""
    return all(one.first >= first and one.last <= last and one.whole for one in read[first : last + 1])
