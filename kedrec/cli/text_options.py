"""Options and notices for texts, shared by the query commands, and the texts' titles in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Answer, DiseaseAnswer, Evidence, Manifest, Texts

__all__ = [
    "background_option",
    "passed_over_note",
    "texts_footnote",
    "texts_option",
    "titled_texts",
    "undated_texts_note",
    "warn_about_texts",
]

_NARROWER_SHOWN = 3
_PASSED_OVER_SHOWN = 5

background_option = click.option(
    "--background",
    type=click.Choice(["none", "trials", "literature", "both"]),
    help="Trials and articles to show beside the paths, of those that `kedrec-load documents` loaded. "
    "Default: both, if any are loaded.",
)
texts_option = click.option(
    "--texts",
    default=3,
    show_default=True,
    help="Maximum number of articles, of trials for and of trials against, per pair.",
)


def warn_about_texts(texts: Sequence[Texts]) -> None:
    """Warns on stderr, once for each reason, that texts are missing or their search is incomplete."""
    for note in dict.fromkeys(pair_texts.note for pair_texts in texts if pair_texts.note):
        warn(note)


def titled_texts(texts: Texts) -> list[tuple[str, tuple[Evidence, ...]]]:
    """Pairs of title and texts: trials that aren't adverse, then articles, without empty ones."""
    trials = tuple(item for item in texts.trials if item.stance != "adverse")
    sections = (("Trials that studied both", trials), ("Articles that name both", texts.articles))
    return [(title, items) for title, items in sections if items]


def undated_texts_note(texts: Sequence[Texts], year: int) -> str:
    """Sentence on the numbers of hidden later texts and shown undated texts; "" if none were searched."""
    if all(pair_texts.background == "none" for pair_texts in texts):
        return ""
    shown = sum(len(pair_texts.all) for pair_texts in texts)
    later = sum(pair_texts.later for pair_texts in texts)
    undated = sum(pair_texts.undated for pair_texts in texts)
    return (
        f"As of {year}: {later:,} later {_noun_and_verb(later)} hidden; {undated:,} of the "
        f"{shown:,} texts shown have no date and may be later."
    )


def _noun_and_verb(count: int) -> str:
    return "text is" if count == 1 else "texts are"


def texts_footnote(manifest: Manifest) -> str:
    """Line on the kind and number of the searched texts; "" if no texts were searched."""
    used = manifest.texts
    if used.background == "none":
        return ""
    line = f"texts ({used.background}) out of {used.documents:,} documents"
    if manifest.model:
        prompt_note = (
            "the model read those shown" if used.prompted else "the model read none: it was given paths alone"
        )
        line += f"; {prompt_note}"
    return line


def narrower_note(answer: Answer) -> str:
    """Sentences on the diseases below the one that is asked for, and the drugs that treat them."""
    count = answer.narrower_count
    parts = []
    for below in answer.narrower[:_NARROWER_SHOWN]:
        drugs = ", ".join(below.drugs) + (" and others" if below.treatments > len(below.drugs) else "")
        noun = "treatment" if below.treatments == 1 else "treatments"
        parts.append(f"{below.disease.name} ({below.treatments:,} {noun}{': ' if drugs else ''}{drugs})")
    more = f"; and {count - len(parts):,} more" if count > len(parts) else ""
    return (
        f"Narrower diseases in the graph: {count:,}, their treatments: {'; '.join(parts)}{more}. "
        f"The answer is for {answer.disease.name} itself."
    )


def passed_over_note(answer: Answer | DiseaseAnswer) -> str:
    """Sentence on the candidates omitted for want of a path, with their ranks; "" if there are none."""
    passed = answer.passed
    if not passed:
        return ""
    noun = "drug" if answer.asked == "disease" else "disease"
    names = [
        f"{candidate.entity.name} (rank {candidate.rank:,})" for candidate in passed[:_PASSED_OVER_SHOWN]
    ]
    more_count = len(passed) - _PASSED_OVER_SHOWN
    more = f" and {more_count:,} more (--json lists them)" if more_count > 0 else ""
    subject = (
        f"1 {noun} that ranks higher has"
        if len(passed) == 1
        else f"{len(passed):,} {noun}s that rank higher have"
    )
    return f"{subject} no path to be explained by: {', '.join(names)}{more}."
