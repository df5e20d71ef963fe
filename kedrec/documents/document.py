"""The records that readers return: a document, a rejected record, or a retraction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from kedrec.types.base import Frozen

__all__ = [
    "FAILED",
    "STOPPED",
    "Document",
    "DocumentKind",
    "Record",
    "Rejected",
    "Retraction",
    "Section",
    "TrialFacts",
    "format_date",
    "parse_year",
    "single_line",
    "written",
]

STOPPED = ("terminated", "withdrawn", "suspended")
"""Statuses of trials that were stopped early."""
FAILED = "failed"
"""Marks a trial whose primary outcomes were tested and missed."""

_WHOLE = re.compile(r"(\d+)\.0+", re.ASCII)
DocumentKind: TypeAlias = Literal["article", "trial", "note"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document: its heading and its text on one line.

    Attributes:
        group: neighbours of one group that isn't "" may share a passage (an abstract's parts).
    """

    name: str
    text: str
    group: str = ""


class TrialFacts(Frozen):
    """A trial register's structured fields.

    Attributes:
        status: in lower case and words: `completed`, `terminated`, `active, not recruiting`.
        phase: `phase 2`, `phase 1/phase 2`; "" where it has none.
        enrolment: participants, planned or actual; None where unknown.
        start, end: dates as the register writes them.
        why_stopped: the register's own sentence; "" where it gives none.
        outcome: first primary outcome, with its result where one is posted.
        failed: results are posted, its primary outcomes were tested, and none reached p < 0.05.
    """

    number: str
    status: str = ""
    phase: str = ""
    enrolment: int | None = None
    start: str = ""
    end: str = ""
    why_stopped: str = ""
    outcome: str = ""
    failed: bool = False
    results: bool = False
    conditions: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()

    @property
    def adverse_marks(self) -> tuple[str, ...]:
        """Marks that speak against the trial's drug: its status if in `STOPPED`, `FAILED`, both or none."""
        stopped = (self.status,) if self.status in STOPPED else ()
        return (*stopped, FAILED) if self.failed else stopped


@dataclass(frozen=True, slots=True)
class Document:
    """One article, trial or note.

    Attributes:
        id: `SOURCE:ID`, the same at each reading (`pubmed:29768149`, `trials:NCT00000378`).
        date: as exact as the source has it (`2018-05-17`, `2018`), "" where unknown.
        licence: SPDX id or the source's words.
        redistributable: True where the licence lets the text be passed on; a publisher's abstract isn't.
        keys: its other identifiers: `PMID:1`, `PMCID:PMC1`, `DOI:10.1/x`, `NCT:NCT00000378`.
        revised: date of the record's last change (ISO), "" where unknown; the latest of two wins.
    """

    id: str
    kind: DocumentKind
    title: str
    sections: tuple[Section, ...]
    date: str = ""
    licence: str = ""
    redistributable: bool = False
    url: str = ""
    keys: tuple[str, ...] = ()
    revised: str = ""
    facts: TrialFacts | None = None

    @property
    def text(self) -> str:
        """Title and sections, a line each; passages' offsets count its characters."""
        return "\n".join([self.title, *(section.text for section in self.sections)])

    @property
    def year(self) -> int | None:
        """Year of `date`, None where it has none."""
        return parse_year(self.date)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that isn't indexed: its position (line or number) in its file, its id if known, the reason."""

    position: int
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """A record that retracts articles: a notice of retraction, or a retracted article.

    Attributes:
        keys: identifiers of the retracted articles.
    """

    position: int
    id: str
    keys: tuple[str, ...]
    reason: str


Record: TypeAlias = Document | Rejected | Retraction


def single_line(text: str) -> str:
    """Puts text on one line: each run of white space becomes a space; NUL and lone surrogates are removed."""
    line = " ".join(text.split())
    if line.isascii() and "\0" not in line:
        return line
    return line.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def written(value: Any) -> str:
    """A number or text as an id or a date is written; "" for none. pandas writes 12345 as 12345.0."""
    text = single_line(str(value or ""))
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def format_date(year: str, month: str, day: str) -> str:
    """Builds `2018-05-17`, `2018-05` or `2018` from the parts that are numbers; "" without a year."""
    if not _is_number(year, 4):
        return ""
    if not _is_number(month, 2) or not 1 <= int(month) <= 12:
        return year
    date = f"{year}-{int(month):02d}"
    return f"{date}-{int(day):02d}" if _is_number(day, 2) else date


def _is_number(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isascii() and text.isdigit()


def parse_year(date: str) -> int | None:
    """Returns the year, 1600 to 2100, in a date (`2018-05-17`, `July 1997`); None where there is none."""
    for word in date.replace("-", " ").replace("/", " ").replace(",", " ").split():
        if _is_number(word, 4) and 1600 <= int(word) <= 2100:
            return int(word)
    return None
