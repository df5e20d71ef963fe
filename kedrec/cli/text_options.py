"""Options and notices for texts, shared by the query commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Texts

__all__ = ["background_option", "texts_option", "warn_about_texts"]

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
