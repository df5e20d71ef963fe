"""Chooses the quotation of a passage: whole sentences that name the pair and keep their sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.grounding.framing import SentenceInContext, is_aim, is_framing, sentences_in_context

if TYPE_CHECKING:
    from kedrec.documents.linking import Linker

__all__ = ["LONGEST_QUOTE", "Context", "Quote", "quotation", "quotation_bounds"]

LONGEST_QUOTE = 400
"""Characters of the longest quotation: abstracts belong to their publishers."""
_GENERIC_HEADINGS = frozenset({"abstract", "unlabelled", "text", "body", "main text", "untitled"})
"""Headings that readers give to text without one of its own."""
_SHORT = 160  # characters; a shorter quotation is extended by the next sentences


@dataclass(frozen=True, slots=True)
class Context:
    """Surroundings of a passage in its document.

    Attributes:
        title: the document's, which is shown with the quotation.
        headings: the passage's sections: the character of its text at which each begins, and its name.
        before, after: text of the same section before and after it, separating spaces included; "" where the
            passage begins or ends with its section.
    """

    title: str = ""
    headings: tuple[tuple[int, str], ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Start and end (characters) of a quotation in its passage's text, and its heading."""

    start: int = 0
    end: int = 0
    heading: str = ""


def quotation_bounds(text: str, linker: Linker) -> tuple[int, int]:
    """Returns start and end of the quotation of a text without context; see `quotation`."""
    quote = quotation(text, linker)
    return quote.start, quote.end


def quotation(text: str, linker: Linker, context: Context | None = None) -> Quote:
    """Chooses the quotation of a passage; an empty one where no sentence can be quoted.

    It is the fewest whole sentences that with the title name most of the linker's entities, at most
    `LONGEST_QUOTE` characters. Among equals, sentences that the text asserts itself (see
    `kedrec.grounding.framing`) and that state no aim come first, then the last, since abstracts conclude at
    their end. A sentence that others frame ("This is not true.") is quoted with them or not at all.
    """
    context = context or Context()
    shift = len(context.before)
    headings = [(begin + shift, name) for begin, name in context.headings]
    sentences = sentences_in_context(
        context.before + text + context.after, [(0, headings[0][1]), *headings] if headings else ()
    )
    inside = [
        index
        for index, reading in enumerate(sentences)
        if reading.sentence.start >= shift and reading.sentence.end <= shift + len(text)
    ]
    lines = {
        index: text[sentences[index].sentence.start - shift : sentences[index].sentence.end - shift]
        for index in inside
    }
    entities = {index: frozenset(linker.find(line)) for index, line in lines.items()}
    title_entities = frozenset(linker.find(context.title)) if context.title else frozenset()
    best: tuple[int, ...] = (-1,)
    chosen: tuple[int, int] | None = None
    for first in inside:
        mentions: frozenset[str] = frozenset()
        for last in range(first, inside[-1] + 1):
            if (
                _length(sentences, first, last) > LONGEST_QUOTE
                or sentences[last].heading != sentences[first].heading
            ):
                break
            mentions |= entities[last]
            if not _is_closed(sentences, first, last):
                continue
            own = all(reading.is_own_statement for reading in sentences[first : last + 1])
            states = not is_framing(sentences[first].heading) and not any(
                is_aim(lines[index]) for index in range(first, last + 1)
            )
            rank = (
                len(mentions | title_entities), bool(mentions), own and states, own, states, len(mentions),
                first - last, first,
            )  # fmt: skip
            if rank > best:
                best, chosen = rank, (first, last)
    if chosen is None:
        return Quote()
    first, last = chosen
    for following in range(last + 1, inside[-1] + 1):
        if _length(sentences, first, last) >= _SHORT or _length(sentences, first, following) > LONGEST_QUOTE:
            break
        if sentences[following].heading != sentences[first].heading:
            break
        if (
            _is_closed(sentences, first, following)
            and sentences[following].is_own_statement == sentences[last].is_own_statement
        ):
            last = following
    heading = sentences[first].heading
    return Quote(
        sentences[first].sentence.start - shift, sentences[last].sentence.end - shift,
        "" if heading.casefold() in _GENERIC_HEADINGS else heading,
    )  # fmt: skip


def _length(sentences: Sequence[SentenceInContext], first: int, last: int) -> int:
    return sentences[last].sentence.end - sentences[first].sentence.start


def _is_closed(sentences: Sequence[SentenceInContext], first: int, last: int) -> bool:
    """True where the sentences include all that frame them, and each is whole."""
    return all(
        reading.first >= first and reading.last <= last and reading.is_complete
        for reading in sentences[first : last + 1]
    )
