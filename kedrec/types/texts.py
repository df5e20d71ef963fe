"""What a piece of evidence that is a text rests on: a trial as its register has it, or an article."""

from __future__ import annotations

from typing import Literal, TypeAlias

from kedrec.types.base import Frozen

__all__ = ["BACKGROUNDS", "Background", "TextSource", "TextsUsed", "TrialRecord"]

Background: TypeAlias = Literal["none", "trials", "literature", "both"]
BACKGROUNDS: tuple[Background, ...] = ("none", "trials", "literature", "both")
"""Which texts go into a question, as in the paper."""


class TrialRecord(Frozen):
    """A trial as its register tells it.

    Attributes:
        status: in lower case: `completed`, `terminated`, `active not recruiting`; "" where it isn't known.
        phase: `phase 2`, `phase 1/phase 2`; "" where it has none.
        enrolment: participants, planned or actual; None where unknown.
        outcome: first primary outcome, with its result where one is posted.
        why_stopped: the register's own words; "" where it gives none.
        failed: results are posted, its primary outcomes were tested, and none reached p < 0.05.
        adverse: why it speaks against the drug, as a sentence; "" where it doesn't.
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
    """The document of a piece of evidence, and the part of it that is shown.

    Attributes:
        document: `SOURCE:ID` in the index of texts.
        title: of the document.
        quote: what is shown of an article, word for word: whole sentences. "" of a trial, and of an article
            none of whose sentences is short enough and keeps its sense alone.
        section: the heading that the quote stands under; "" where there is none.
        start, end: characters of the document's text (title, then a section a line) where the quote stands.
        names: ids of the drug and disease of the pair that the shown title and text, or the trial, name.
        date: as exact as the source has it; "" where it has none.
        licence: of the document: an SPDX id or the source's own words.
        redistributable: whether the licence lets the text be passed on; a publisher's abstract isn't.
        keys: what stands for the document: `PMID:1`, `PMCID:PMC1`, `DOI:10.1/x`, `NCT:NCT00000378`.
        trial: of a trial, what its register says; None of an article.
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
    """Which texts an answer was made with.

    Attributes:
        background: which were looked for.
        documents: in the index of texts.
        vocabulary: digest of the names that the index was linked with; "" where it wasn't.
        stale: the index was linked with other names than the graph's, so that the names' words were looked
            for instead.
        note: why there are none, or why they may be found badly, as a sentence; "" where all is well.
        prompted: whether the language model was given them.
    """

    background: Background = "none"
    documents: int = 0
    vocabulary: str = ""
    stale: bool = False
    note: str = ""
    prompted: bool = False
