"""Reports the substitution of a query by an entity's name, where the two are not the same words."""

from __future__ import annotations

from collections.abc import Iterable

from kedrec.types import NameMatch, TakenFor

__all__ = ["substitutions"]

_SAME_WORDS = frozenset({"id", "name", "case", "spelling", "plural", "word order"})


def substitutions(resolved: Iterable[tuple[str, NameMatch]]) -> tuple[TakenFor, ...]:
    """Names resolved by a synonym, a cross-reference, a salt's base, or without a vocabulary's tag.

    Args:
        resolved: queries, each with the match that it resolved to.

    Returns:
        One for each query that isn't the entity's id or a writing of its name; each once, in order.
    """
    substitutions = []
    for query, match in resolved:
        why = match.why
        if why in _SAME_WORDS:
            if match.matched == match.entity.name or why == "id":
                continue
            why = "synonym"
        text = " ".join(query.split())
        substitutions.append(TakenFor(asked=text, entity=match.entity, matched=match.matched, why=why))
    return tuple(dict.fromkeys(substitutions))
