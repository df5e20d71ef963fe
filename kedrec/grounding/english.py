"""The small words between names and relations: a closed list, so that nothing unknown slips through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kedrec.grounding.names import Mention
from kedrec.grounding.wording import phrase_table
from kedrec.schema import load_schema

__all__ = [
    "ARTICLES",
    "BY",
    "JOINS",
    "LEADS",
    "REASONS",
    "REFERENCES",
    "RELATIVE",
    "THEREFORE",
    "VIA",
    "kind_nouns",
    "known_words",
    "tokens",
]


def _phrases(text: str) -> list[list[str]]:
    return [phrase.split() for phrase in text.split("|")]


LEADS = _phrases(
    "in addition ,|however ,|moreover ,|furthermore ,|further ,|additionally ,|besides ,|also ,|first ,|"
    "second ,|third ,|finally ,|the evidence shows that|the evidence suggests that|evidence suggests that|"
    "according to the evidence ,|the graph shows that|this is because|that is because"
)
"""What a sentence may begin with."""
JOINS = _phrases(", and|and|;|; and|, while|while|, whereas|whereas")
"""What may stand between two clauses that are both said."""
REASONS = _phrases(", because|because|, since|since|, as|as|: ,|:|; this is because")
"""What may follow a verdict, before its reason."""
THEREFORE = _phrases(", so|so|; therefore|, and therefore|and therefore|; thus|and thus")
"""What may come before a verdict, after its reason."""
BY = _phrases("by|, by|through|via|by way of")
VIA = _phrases("through|via|by way of|by acting through")
RELATIVE = ("which", "that")
ARTICLES = frozenset({"a", "an", "another", "the", "one"})
REFERENCES = {"Drug": ("this", "the", "that"), "Disease": ("this", "the", "that")}
"""Kinds that a sentence may refer back to ("this drug"), and the words before their noun."""

_WORD = re.compile(r"\d+(?:[.,]\d+)+%?|[\w'/-]*\w%?|[^\w\s]")
_FILLERS = frozenset({"also", "itself"})
# What a kind may also be called beside its noun in the schema.
_MORE_NOUNS = {
    "Gene": ("protein", "target"),
    "Drug": ("medicine", "medication"),
    "Disease": ("condition", "disorder"),
    "BiologicalProcess": ("process",),
    "PharmacologicClass": ("class",),
    "Anatomy": ("structure",),
    "Cell": ("cell",),
}


def tokens(parts: Sequence[str | Mention]) -> list[str | Mention]:
    """Mentions and words in order, in lower case, without fillers and the last full stop."""
    items: list[str | Mention] = []
    for part in parts:
        if isinstance(part, Mention):
            items.append(part)
        else:
            words = _WORD.findall(part.lower())
            items += [word for word in words if word not in _FILLERS]
    joined: list[str | Mention] = []
    for item in items:
        if item == "turn" and joined and joined[-1] == "in":
            joined.pop()
        else:
            joined.append(item)
    while joined and joined[-1] in {".", "!"}:
        joined.pop()
    return joined


@cache
def known_words() -> frozenset[str]:
    """Every word that the grammar has a use for."""
    words = {word for phrase in phrase_table() for word in phrase}
    for phrases in (LEADS, JOINS, REASONS, THEREFORE, BY, VIA):
        words.update(word for phrase in phrases for word in phrase)
    nouns = {word for noun in kind_nouns() for word in noun}
    return frozenset(
        words | nouns | ARTICLES | _FILLERS | {*RELATIVE, "it", "this", "that", "both", "turn", ","}
    )


@cache
def kind_nouns() -> dict[tuple[str, ...], frozenset[str]]:
    """How kinds may be called in a sentence, by the noun's words: the kinds of that noun."""
    nouns: dict[tuple[str, ...], set[str]] = {}
    for kind in load_schema().kinds.values():
        for noun in (kind.noun, *_MORE_NOUNS.get(kind.name, ())):
            nouns.setdefault(tuple(noun.split()), set()).add(kind.name)
    return {noun: frozenset(kinds) for noun, kinds in nouns.items()}
