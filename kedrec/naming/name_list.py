"""Reads names out of lines of text, a name or id each: all of them stand for one entity, or none is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kedrec.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from kedrec.naming.name_index import NameIndex

__all__ = ["names_in", "resolve_lines"]

_NEAR = 3  # candidates named beside a line that names none


def names_in(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The names among lines of text with their numbers; without blank lines and what begins with #."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, text


def resolve_lines(names: NameIndex, lines: Sequence[str], kind: str) -> list[str]:
    """The ids of the entities that lines of text name, each once, in order.

    Args:
        names: the graph's names.
        lines: a name or id each; blank ones and those that begin with # are passed over.
        kind: what they must be (`Disease`, `Drug`).

    Raises:
        NotFoundError: lines that stand for no entity or several, all of them with their numbers.
        UsageError: no line names anything.
    """
    found: dict[str, None] = {}
    wrong: list[str] = []
    for number, text in names_in(lines):
        try:
            found[names.resolve(text, kind).id] = None
        except (NotFoundError, UsageError) as error:
            near = [match.entity for match in getattr(error, "candidates", ())[:_NEAR]]
            told = ", ".join(f"{one.name} ({one.id})" for one in near)
            wrong.append(f"line {number}: {error.what}" + (f" Near: {told}." if told else ""))
    if wrong:
        listed = "\n  ".join(wrong)
        raise NotFoundError(
            f"{len(wrong)} of {len(lines)} lines can't be used; nothing was written:\n  {listed}",
            "`kedrec search` finds names; give an id where a name stands for several.",
        )
    if not found:
        raise UsageError("No line names anything.", "Give a name or an id a line.")
    return list(found)
