"""Tells what an asked name was taken for, where the two are not the same words."""

from __future__ import annotations

from collections.abc import Iterable

from kedrec.types import NameMatch, TakenFor

__all__ = ["taken_for"]

_SAME_WORDS = frozenset({"id", "name", "case", "spelling", "plural", "word order"})


def taken_for(resolved: Iterable[tuple[str, NameMatch]]) -> tuple[TakenFor, ...]:
    """What names were taken for: by a synonym, a cross-reference, a salt's base, without a vocabulary's tag.

    Args:
        resolved: names as they were asked, each with the match that it resolved to.

    Returns:
        One for each that isn't the entity's id, or its name in one writing or another; each once, in order.
    """
    taken = []
    for asked, match in resolved:
        why = match.why
        if why in _SAME_WORDS:
            if match.matched == match.entity.name or why == "id":
                continue
            why = "synonym"
        text = " ".join(asked.split())
        taken.append(TakenFor(asked=text, entity=match.entity, matched=match.matched, why=why))
    return tuple(dict.fromkeys(taken))
