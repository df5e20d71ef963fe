"""Names of one thing that share no word: `paracetamol` and `acetaminophen`."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

from kedrec.naming.normalize import compact, forms

__all__ = ["other_names"]


@cache
def _groups() -> dict[str, list[str]]:
    """The other names of each name, by its compact words."""
    others: dict[str, list[str]] = defaultdict(list)
    for line in Path(__file__).with_name("synonyms.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            group = [name.strip() for name in line.split("=")]
            for name in group:
                others[compact(forms(name).words)] += [other for other in group if other != name]
    return dict(others)


def other_names(text: str) -> list[str]:
    """The other names of what a text names, with or without a salt; [] where none is known."""
    form = forms(text)
    return _groups().get(compact(form.words)) or _groups().get(compact(form.base)) or []
