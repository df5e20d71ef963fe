"""What the asking commands share about texts: options, what they tell, and how texts look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Answer, DiseaseAnswer, Evidence, Manifest, Texts

__all__ = [
    "background_option",
    "footing",
    "passed_over",
    "tell_texts",
    "texts_option",
    "titled_texts",
    "undated_texts",
]

_NAMED = 5  # of those passed over

background_option = click.option(
    "--background",
    type=click.Choice(["none", "trials", "literature", "both"]),
    help="Texts beside the paths, out of what `kedrec-load documents` loaded. Default: both where there "
    "are any, else none.",
)
texts_option = click.option(
    "--texts",
    default=3,
    show_default=True,
    help="Most articles, and most trials of either stance, each.",
)


def tell_texts(texts: Sequence[Texts]) -> None:
    """Says on stderr, once, why there are no texts or why they may be found badly."""
    for note in dict.fromkeys(one.note for one in texts if one.note):
        warn(note)


def titled_texts(texts: Texts) -> list[tuple[str, tuple[Evidence, ...]]]:
    """The texts that don't speak against a pair, under their titles."""
    trials = tuple(item for item in texts.trials if item.stance != "adverse")
    parts = (("Trials that studied both", trials), ("Articles that name both", texts.articles))
    return [(title, items) for title, items in parts if items]


def undated_texts(texts: Sequence[Texts], year: int) -> str:
    """What of the texts a view as of a year leaves out and what has no date, in words; "" without texts."""
    if all(one.background == "none" for one in texts):
        return ""
    shown = sum(len(one.all) for one in texts)
    later, undated = sum(one.later for one in texts), sum(one.undated for one in texts)
    return (
        f"As of {year}: {later:,} later {_noun(later)} hidden; {undated:,} of the {shown:,} texts shown have "
        "no date and may be later."
    )


def _noun(count: int) -> str:
    return "text is" if count == 1 else "texts are"


def footing(manifest: Manifest) -> str:
    """Which texts an answer was made with, as a line; "" where none were looked for."""
    used = manifest.texts
    if used.background == "none":
        return ""
    line = f"texts ({used.background}) out of {used.documents:,} documents"
    if manifest.model:
        given = (
            "the model read those shown" if used.prompted else "the model read none: it was given paths alone"
        )
        line += f"; {given}"
    return line


def passed_over(answer: Answer | DiseaseAnswer) -> str:
    """Which are missing among the ranks shown, and why, as a sentence; "" where none is."""
    passed = answer.passed
    if not passed:
        return ""
    noun = "drug" if answer.asked == "disease" else "disease"
    named = [
        f"{one.entity.name} (rank {one.rank:,}, {'one path' if one.paths == 1 else 'no path'})"
        for one in passed[:_NAMED]
    ]
    more = f" and {len(passed) - _NAMED:,} more (--json lists them)" if len(passed) > _NAMED else ""
    who = (
        f"1 {noun} that ranks higher has"
        if len(passed) == 1
        else f"{len(passed):,} {noun}s that rank higher have"
    )
    return f"{who} too few paths to be explained: {', '.join(named)}{more}."
