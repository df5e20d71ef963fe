"""Turns a pair's trials and passages into numbered evidence, for display, citation and prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from kedrec.common.plain_text import one_line
from kedrec.documents.quoting import Quote
from kedrec.types import Evidence, Link, TextSource, TrialRecord

if TYPE_CHECKING:
    from kedrec.documents.passage_index import Passage
    from kedrec.documents.passage_search import PairTexts, Trial

__all__ = ["numbered_evidence"]

_STANCES: tuple[Literal["supports", "adverse"], ...] = ("supports", "adverse")


def numbered_evidence(
    texts: PairTexts, quotation: Callable[[Passage], Quote] | None = None
) -> tuple[list[Evidence], list[Evidence]]:
    """Builds the supporting and the adverse evidence: `T1`... for trials, `L1`... for articles.

    Numbers run over both lists, so that an id identifies one text. Scores are shares of each list's total.

    Args:
        quotation: chooses the part of a passage to quote; None: all of it.
    """
    rows: list[tuple[str, Passage, Trial | None, str]] = [
        *((f"T{number}", trial.passage, trial, trial.stance) for number, trial in enumerate(texts.trials, 1)),
        *((f"L{number}", passage, None, "supports") for number, passage in enumerate(texts.passages, 1)),
    ]
    lists: tuple[list[Evidence], list[Evidence]] = ([], [])
    for items, stance in zip(lists, _STANCES, strict=True):
        chosen = [row for row in rows if row[3] == stance]
        total = sum(max(passage.score, 0.0) for _, passage, _, _ in chosen)
        for id_, passage, trial, _ in chosen:
            source = _source(passage, trial, quotation)
            items.append(
                Evidence(
                    id=id_,
                    stance=stance,
                    sentence=_trial_sentence(trial) if trial else _quote_sentence(source),
                    text=source,
                    score=max(passage.score, 0.0) / total if total else 1.0 / len(chosen),
                    sources=(passage.document.partition(":")[0],),
                    licences=(passage.licence,) if passage.licence else (),
                    links=_links(passage),
                )
            )
    return lists


def _links(passage: Passage) -> tuple[Link, ...]:
    if not passage.url.startswith("https://"):
        return ()
    return (Link(label=_label(passage), url=passage.url),)


def _label(passage: Passage) -> str:
    identifier = next(
        (key for key in passage.keys if key.startswith(("NCT:", "PMID:", "PMCID:"))), passage.document
    )
    return (
        f"{identifier.removeprefix('NCT:')} ({passage.date})"
        if passage.date
        else identifier.removeprefix("NCT:")
    )


def _trial_sentence(trial: Trial) -> str:
    size = f"{trial.enrolment} participants" if trial.enrolment is not None else ""
    details = ", ".join(part for part in (trial.phase, trial.status, size, trial.date) if part)
    parts = [f"{trial.title.rstrip('.')} ({trial.number}{', ' if details else ''}{details})."]
    if trial.outcome:
        parts.append(f"Primary outcome: {trial.outcome.rstrip('.')}.")
    if trial.reason:
        parts.append(trial.reason)
    return one_line(" ".join(parts))


def _source(
    passage: Passage, trial: Trial | None, quotation: Callable[[Passage], Quote] | None
) -> TextSource:
    quote = Quote(0, len(passage.text), passage.section)
    if trial is not None:
        quote = Quote()
    elif quotation is not None:
        quote = quotation(passage)
    record = None
    if trial is not None:
        record = TrialRecord(
            number=trial.number, status=trial.status, phase=trial.phase, enrolment=trial.enrolment,
            outcome=trial.outcome, why_stopped=trial.why_stopped, failed=trial.failed, adverse=trial.reason,
        )  # fmt: skip
    return TextSource(
        document=passage.document, title=passage.title, quote=passage.text[quote.start : quote.end],
        section=quote.heading, start=passage.start + quote.start if quote.end else 0,
        end=passage.start + quote.end if quote.end else 0,
        names=passage.entities, date=passage.date, year=passage.year, licence=passage.licence,
        redistributable=passage.redistributable, keys=passage.keys, trial=record,
    )  # fmt: skip


def _quote_sentence(source: TextSource) -> str:
    """Joins title, heading and quotation on one line, in which nothing can look like a citation."""
    title = source.title.strip()
    if title and not title.endswith((".", "?", "!")):
        title += "."
    heading = f"{source.section}:" if source.section and source.quote else ""
    return one_line(" ".join(part for part in (title, heading, source.quote) if part))
