"""Splits a rationale into claims: one sentence each, with the evidence ids that it cites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from kedrec.text import one_line

__all__ = ["RawClaim", "split_claims"]

_CITATION = re.compile(r"\[\s*([A-Za-z]{0,2}\d+(?:\s*[,;]?\s*[A-Za-z]{0,2}\d+)*)\s*\]")
_ID = re.compile(r"[A-Za-z]{0,2}\d+")
_BULLET = re.compile(r"^\s*(?:[-*\u2022\u2013]|\(?\d{1,2}[.)])\s+")
_STOP = re.compile(r"[.!?]+[\"')\u201d\u2019]*(?=\s|$|\[)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|vs|cf|al|etc|approx|resp|spp?|var|subsp|no|fig|dr|st)\.$", re.IGNORECASE
)
_INITIAL = re.compile(r"(?:^|[\s(])[A-Z]\.$")


@dataclass(frozen=True, slots=True)
class RawClaim:
    """A sentence as written: its text without citations, on one line, and the ids it cites, in order."""

    text: str
    citations: tuple[str, ...]


def split_claims(text: str, names: Iterable[str] = ()) -> list[RawClaim]:
    """The sentences of `text`.

    A sentence ends at `.`, `!` or `?` before a space, the end, or a citation; not inside one of `names`
    (St. John's Wort), not after an abbreviation (e.g.), an initial (E. coli) or in a number (0.5). Citations
    right after a full stop belong to the sentence before it, if that has none of its own. Line ends
    and list bullets separate sentences too.
    """
    stopped = [re.escape(name) for name in {one_line(name) for name in names} if re.search(r"[.!?]", name)]
    protected = re.compile("|".join(sorted(stopped, key=len, reverse=True))) if stopped else None
    claims: list[RawClaim] = []
    for line in unicodedata.normalize("NFC", text).splitlines():
        claims.extend(_split_line(_BULLET.sub("", line), protected))
    return claims


def _split_line(line: str, protected: re.Pattern[str] | None) -> list[RawClaim]:
    kept = [match.span() for match in protected.finditer(line)] if protected else []
    claims = []
    start = 0
    for stop in _STOP.finditer(line):
        end = stop.end()
        if stop.start() < start or not _ends_sentence(line, stop, kept):
            continue
        if not _CITATION.search(line, start, end):
            end = _after_citations(line, end)
        claims.append(_claim(line[start:end]))
        start = end
    claims.append(_claim(line[start:]))
    return [claim for claim in claims if claim.text or claim.citations]


def _ends_sentence(line: str, stop: re.Match[str], kept: list[tuple[int, int]]) -> bool:
    # A full stop that is the last character of a name may still end the sentence after it.
    if any(first <= stop.start() and stop.end() < last for first, last in kept):
        return False
    before, after = line[: stop.end()], line[stop.end() :].lstrip()
    if not after:
        return True
    if _INITIAL.search(before):
        return not after[0].islower()
    return not _ABBREVIATION.search(before)


def _after_citations(line: str, position: int) -> int:
    while match := re.compile(r"\s*").match(line, position):
        citation = _CITATION.match(line, match.end())
        if citation is None:
            return position
        position = citation.end()
    return position


def _claim(sentence: str) -> RawClaim:
    ids = [id_ for found in _CITATION.finditer(sentence) for id_ in _ID.findall(found[1])]
    bare = one_line(_CITATION.sub(" ", sentence))
    bare = re.sub(r"\s+([.,;:!?])", r"\1", bare)
    bare = re.sub(r"([.!?])[.,;:]+$", r"\1", bare)
    return RawClaim("" if re.fullmatch(r"\W*", bare) else bare, tuple(dict.fromkeys(ids)))
