"""Resolves a list of names, one per line; fails as a whole if any line is unknown or ambiguous."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kedrec.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from kedrec.naming.name_index import NameIndex

__all__ = ["numbered_names", "resolve_lines"]

_NEAREST = 3  # candidates listed beside a line that can't be resolved


def numbered_names(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yields each name with its line number, from 1; skips blank lines and those that begin with #."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, text


def resolve_lines(names: NameIndex, lines: Sequence[str], kind: str) -> list[str]:
    """Resolves lines of text to the ids of the entities that they name, each once, in order.

    Args:
        names: the graph's names.
        lines: a name or id each; blank ones and those that begin with # are skipped.
        kind: what they must be (`Disease`, `Drug`).

    Raises:
        NotFoundError: some lines stand for no entity or several; lists all of them with their numbers.
        UsageError: no line names anything.
    """
    ids: dict[str, None] = {}
    failures: list[str] = []
    for number, text in numbered_names(lines):
        try:
            ids[names.resolve(text, kind).id] = None
        except (NotFoundError, UsageError) as error:
            nearest = [match.entity for match in getattr(error, "candidates", ())[:_NEAREST]]
            suggestions = ", ".join(f"{entity.name} ({entity.id})" for entity in nearest)
            failures.append(
                f"line {number}: {error.what}" + (f" Near: {suggestions}." if suggestions else "")
            )
    if failures:
        listing = "\n  ".join(failures)
        raise NotFoundError(
            f"{len(failures)} of {len(lines)} lines can't be used; nothing was written:\n  {listing}",
            "`kedrec search` finds names; give an id where a name stands for several.",
        )
    if not ids:
        raise UsageError("No line names anything.", "Give a name or an id a line.")
    return list(ids)
