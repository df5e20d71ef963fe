"""Types of texts as evidence: trial records, articles, and the texts used for an answer."""

from __future__ import annotations

from typing import Literal, TypeAlias

from kedrec.types.base import Frozen

__all__ = ["BACKGROUNDS", "Background", "TextSource", "TextsUsed", "TrialRecord"]

Background: TypeAlias = Literal["none", "trials", "literature", "both"]
BACKGROUNDS: tuple[Background, ...] = ("none", "trials", "literature", "both")
"""Kinds of texts that go into a question, as in the paper."""


class TrialRecord(Frozen):
    """Record of a trial in its register.

    Attributes:
        status: in lower case: `completed`, `terminated`, `active not recruiting`; "" if unknown.
        phase: `phase 2`, `phase 1/phase 2`; "" if it has none.
        enrolment: number of participants, planned or actual; None if unknown.
        outcome: first primary outcome, with its posted result if there is one.
        why_stopped: reason for stopping in the register's words; "" without one.
        failed: True if results are posted, primary outcomes were tested, and none reached p < 0.05.
        adverse: why it is evidence against the drug, as a sentence; "" if it isn't.
    """

    number: str
    status: str = ""
    phase: str = ""
    enrolment: int | None = None
    outcome: str = ""
    why_stopped: str = ""
    failed: bool = False
    adverse: str = ""


class TextSource(Frozen):
    """The document of a piece of evidence, and the quoted part.

    Attributes:
        document: `SOURCE:ID` in the index of texts.
        title: title of the document.
        quote: complete sentences of an article, verbatim. "" for a trial, and for an article without a
            sentence that is short enough and keeps its sense alone.
        section: heading above the quote; "" without one.
        start, end: offsets of the quote, in characters of the document's text (title, then one line per
            section).
        names: ids of the pair's drug and disease if named in the shown title and text, or in the trial.
        date: date in the source's precision; "" without one.
        licence: licence of the document: an SPDX id or the source's own words.
        redistributable: True if the licence permits redistribution of the text; a publisher's abstract isn't.
        keys: identifiers of the document: `PMID:1`, `PMCID:PMC1`, `DOI:10.1/x`, `NCT:NCT00000378`.
        trial: the register's record of a trial; None for an article.
    """

    document: str
    title: str
    quote: str = ""
    section: str = ""
    start: int = 0
    end: int = 0
    names: tuple[str, ...] = ()
    date: str = ""
    year: int | None = None
    licence: str = ""
    redistributable: bool = False
    keys: tuple[str, ...] = ()
    trial: TrialRecord | None = None


class TextsUsed(Frozen):
    """Texts that an answer is based on.

    Attributes:
        background: kind of texts searched.
        documents: number of documents in the index of texts.
        vocabulary: digest of the names that the index was linked with; "" without linking.
        stale: True if the index was linked with other names than the graph's, so that the words of the names
            were searched instead.
        note: reason why there are none, or why the search may be incomplete, as a sentence; otherwise "".
        prompted: True if the language model was given them.
    """

    background: Background = "none"
    documents: int = 0
    vocabulary: str = ""
    stale: bool = False
    note: str = ""
    prompted: bool = False
