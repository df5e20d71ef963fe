"""Splits biomedical text into sentences: nupunkt (Punkt, Kiss & Strunk 2006) with biomedical abbreviations.

An ambiguous full stop ends no sentence: two sentences read as one keep their sense, and one read as two may
lose it ("Contrary to the claim of Smith et al. ...").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer

__all__ = ["SentenceSpan", "sentences"]

_LINE = re.compile(r"[^\n]+")
# A heading within a text: "RESULTS: ...", "**Aim:** ...", at its beginning or after a sentence.
_LABEL = re.compile(
    r"(?:(?<=[.!?)\]\"'])|^)[ \t]*(\*{0,2}(?:[A-Z][A-Z/&,()' -]{2,60}|"
    r"(?i:(?:background|introduction|context|importance|rationale|objectives?|aims?|purposes?|goals?|"
    r"hypothes[ei]s|"
    r"(?:study |research )?questions?|materials? and methods?|(?:patients and )?methods?|(?:study )?design|"
    r"settings?|"
    r"participants?|interventions?|(?:main )?outcomes?(?: measures?)?|measurements?|(?:main |key )?results|"
    r"(?:key |main )?findings|conclusions?|discussion|interpretation|significance|limitations?|funding|"
    r"summary|areas? covered|expert opinion)"
    r"(?: and (?:aims?|purpose|objectives?|hypothes[ei]s|methods?|results|conclusions?|relevance))?)"
    r")(?:\*{0,2}:\*{0,2}|:\*\*))(?=\s*\S)"
)
# A unit or an acronym (MR, unlike Mr) ends a sentence before a common first word that is no name.
_UNIT_ENDS = re.compile(
    r"(?:\b(?:mg|kg|gm|ml|dl|hrs?|h|min|mins|sec|secs|wks?|mos?|yrs?|etc|spp|[bt]\.i\.d|[pi]\.[opvm]|"
    r"[a-z]\.[cd])|"
    r"[A-Z]{2,})\.(?= (?:They|He|She|Their|The|This|These|Those|There|It|Its|We|Our|In|On|At|After|Before|"
    r"During|Both|All|"
    r"Most|Some|"
    r"Each|Other|Although|However|Moreover|Furthermore|Additionally|Conversely|Thus|Therefore|Because|Since|"
    r"When|"
    r"While|With|Among|For|From|To|As|Of|An?|No|None|Patients|Participants|Subjects|Results|Data|Increasing|"
    r"Using)\b)"
)
_NUMBERED = re.compile(r"(?:^|[:;,.!?]\s)\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]$")
"""The end of a list's number, which is no sentence."""
_LONGEST_NUMBER = 12
_CONTINUATION = re.compile(r"\s*(?:[a-z]+(?:[\s,;.)]|$)|\[\d|[,;:)\]%/=<>\u00b1]|\(?\d+(?:[,;)\]]|\.\d))")
"""Text that can't begin a sentence: a word in small letters, a reference, punctuation."""


@dataclass(frozen=True, slots=True)
class SentenceSpan:
    """A sentence as offsets (characters) into its text, and the heading within the text that it is under."""

    start: int
    end: int
    heading: str = ""


def sentences(text: str) -> list[SentenceSpan]:
    """The sentences of a text, in order. Line ends and headings ("RESULTS:") separate them."""
    result: list[SentenceSpan] = []
    for line in _LINE.finditer(text):
        start, heading = line.start(), ""
        for label in _LABEL.finditer(line[0]):
            result += _split(text, start, line.start() + label.start(1), heading)
            start, heading = line.start() + label.end(1), label[1].strip("*: ")
        result += _split(text, start, line.end(), heading)
    return result


def _split(text: str, start: int, end: int, heading: str) -> list[SentenceSpan]:
    """The sentences between two offsets of a line."""
    part = text[start:end]
    result = []
    begin = 0
    for _, stop in _segmenter().span_tokenize(part):
        if stop < len(part) and (_is_number(part, begin, stop) or _CONTINUATION.match(part, stop)):
            continue
        for end_offset in [*(unit.end() for unit in _UNIT_ENDS.finditer(part, begin, stop)), stop]:
            piece = part[begin:end_offset].rstrip()
            if piece.strip():
                first = begin + len(piece) - len(piece.lstrip())
                result.append(SentenceSpan(start + first, start + begin + len(piece), heading))
            begin = end_offset
    if remainder := part[begin:].strip():
        first = part.index(remainder, begin)
        result.append(SentenceSpan(start + first, start + first + len(remainder), heading))
    return result


def _is_number(part: str, begin: int, stop: int) -> bool:
    """True if the text from `begin` to `stop` ends in a list's number."""
    first = max(begin, stop - _LONGEST_NUMBER)
    return bool(_NUMBERED.search(("" if first == begin else "x") + part[first:stop].strip()))


@cache
def _segmenter() -> PunktSentenceTokenizer:
    from nupunkt import PunktParameters, PunktSentenceTokenizer

    # The library's own model is trained on legal texts, where "cancer." and "found." are abbreviations.
    parameters = PunktParameters(abbrev_types=_abbreviations())
    return PunktSentenceTokenizer(parameters, include_common_abbrevs=False)


def _abbreviations() -> set[str]:
    lines = (resources.files("kedrec.common") / "abbreviations.txt").read_text(encoding="utf-8").splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}
