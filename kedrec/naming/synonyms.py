"""Synonyms that share no word with each other: `paracetamol` and `acetaminophen`."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

from kedrec.naming.normalize import compact_form, normal_forms

__all__ = ["is_abbreviation", "other_names"]

_MAX_LETTERS = 6  # letters and digits of an abbreviation


@cache
def _synonyms_by_name() -> dict[str, list[str]]:
    """The synonyms of each name, by its compact words."""
    synonyms: dict[str, list[str]] = defaultdict(list)
    for line in Path(__file__).with_name("synonyms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            group = [name.strip() for name in line.split("=")]
            for name in group:
                synonyms[compact_form(normal_forms(name).words)] += [
                    synonym for synonym in group if synonym != name
                ]
    return dict(synonyms)


def other_names(text: str) -> list[str]:
    """The synonyms of a name, with or without a salt; [] where none is known."""
    form = normal_forms(text)
    return (
        _synonyms_by_name().get(compact_form(form.words))
        or _synonyms_by_name().get(compact_form(form.base))
        or []
    )


def is_abbreviation(text: str) -> bool:
    """True if a text is written like an abbreviation: a few capitals and digits."""
    return len(text) <= _MAX_LETTERS and text.isupper() and text.isalnum()
