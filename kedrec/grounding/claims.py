"""Splits a rationale into claims: one sentence each, with the evidence ids that it cites.

The time is linear in the text's length: every pattern here is unambiguous from any position, is tried once
from the start of a run, and looks at a bounded stretch.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from kedrec.common.plain_text import one_line

__all__ = ["LONGEST_TEXT", "RawClaim", "split_claims"]

LONGEST_TEXT = 20_000
"""Characters of a rationale that are read; an answer of two hundred tokens has about a thousand."""

_BRACKETED = re.compile(r"\[([^\[\]]*)\]")
_ID = re.compile(r"[A-Za-z]{0,2}\d+")
_SEPARATED = re.compile(r"[\s,;]+")
_BULLET = re.compile(r"^\s*+(?:[-*\u2022\u2013]|\(?\d{1,2}[.)])\s+")
# Only the first of several full stops starts a match, and the possessive quantifiers never backtrack.
_STOP = re.compile(r"(?<![.!?])[.!?]++[\"')\u201d\u2019]*+(?=\s|$|\[)")
_NEXT = re.compile(r"\S")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|vs|cf|al|etc|approx|resp|spp?|var|subsp|no|fig|dr|st)\.$", re.IGNORECASE
)
_INITIAL = re.compile(r"(?:^|[\s(])[A-Z]\.$")
_LONGEST_ABBREVIATION = 10  # characters, with the one before it


@dataclass(frozen=True, slots=True)
class RawClaim:
    """A sentence of the model: its text without citations, on one line, and the ids it cites, in order."""

    text: str
    citations: tuple[str, ...]


def split_claims(text: str, names: Iterable[str] = ()) -> list[RawClaim]:
    """The sentences of the first `LONGEST_TEXT` characters of `text`.

    A sentence ends at `.`, `!` or `?` before a space, the end, or a citation; not inside one of `names`
    (St. John's Wort), not after an abbreviation (e.g.), an initial (E. coli) or in a number (0.5). Citations
    right after a full stop belong to the sentence before it, if that has none of its own. Line ends
    and list bullets separate sentences too.
    """
    escaped_names = [
        re.escape(name) for name in {one_line(name) for name in names} if re.search(r"[.!?]", name)
    ]
    protected = re.compile("|".join(sorted(escaped_names, key=len, reverse=True))) if escaped_names else None
    claims: list[RawClaim] = []
    for line in unicodedata.normalize("NFC", text[:LONGEST_TEXT]).splitlines():
        claims.extend(_split_line(_BULLET.sub("", line), protected))
    return claims


def _split_line(line: str, protected: re.Pattern[str] | None) -> list[RawClaim]:
    name_spans = [match.span() for match in protected.finditer(line)] if protected else []
    citation_starts = [match.start() for match in _BRACKETED.finditer(line) if _ids(match[1])]
    claims = []
    start = 0
    for stop in _STOP.finditer(line):
        end = stop.end()
        if stop.start() < start or not _ends_sentence(line, stop, name_spans):
            continue
        if bisect_left(citation_starts, start) == bisect_left(citation_starts, end):
            end = _after_citations(line, end)
        claims.append(_claim(line[start:end]))
        start = end
    claims.append(_claim(line[start:]))
    return [claim for claim in claims if claim.text or claim.citations]


def _ends_sentence(line: str, stop: re.Match[str], name_spans: list[tuple[int, int]]) -> bool:
    # A full stop that is the last character of a name may still end the sentence after it.
    name_count = bisect_right(name_spans, (stop.start(), len(line)))
    if name_count and stop.end() < name_spans[name_count - 1][1]:
        return False
    next_character = _NEXT.search(line, stop.end())
    if next_character is None:
        return True
    preceding = line[max(0, stop.end() - _LONGEST_ABBREVIATION) : stop.end()]
    if _INITIAL.search(preceding):
        return not next_character[0].islower()
    return not _ABBREVIATION.search(preceding)


def _after_citations(line: str, position: int) -> int:
    while next_character := _NEXT.search(line, position):
        citation = _BRACKETED.match(line, next_character.start())
        if citation is None or not _ids(citation[1]):
            return position
        position = citation.end()
    return position


def _ids(bracketed: str) -> list[str]:
    """The ids between two brackets; none where they contain anything else."""
    words = [word for word in _SEPARATED.split(bracketed) if word]
    ids = [_ID.findall(word) for word in words]
    complete = all("".join(matches) == word for matches, word in zip(ids, words, strict=True))
    return [id_ for matches in ids for id_ in matches] if complete else []


def _claim(sentence: str) -> RawClaim:
    ids = [id_ for match in _BRACKETED.finditer(sentence) for id_ in _ids(match[1])]
    plain = one_line(_BRACKETED.sub(lambda match: " " if _ids(match[1]) else match[0], sentence))
    plain = re.sub(r" ([.,;:!?])", r"\1", plain)
    ending = plain.rstrip(".,;:")
    final_punctuation = plain[len(ending) :]
    if ending.endswith(("!", "?")):
        plain = ending
    elif "." in final_punctuation:
        plain = ending + final_punctuation[: final_punctuation.index(".") + 1]
    return RawClaim("" if re.fullmatch(r"\W*+", plain) else plain, tuple(dict.fromkeys(ids)))
