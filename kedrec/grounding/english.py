"""Function words between names and relations: closed lists, so that no unknown word is overlooked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kedrec.grounding.frames import frame_words
from kedrec.grounding.names import Mention
from kedrec.grounding.nouns import agent_nouns, deverbal_nouns
from kedrec.grounding.wording import phrase_table
from kedrec.schema import load_schema

__all__ = [
    "ANALOGIES",
    "ARTICLES",
    "BECAUSE_OF",
    "BY",
    "CONTRASTS",
    "EACH_OF_WHICH",
    "FIRST_REASONS",
    "JOINS",
    "LEADS",
    "REASONS",
    "REFERENCES",
    "RELATIVE",
    "THEREFORE",
    "VIA",
    "clause_tokens",
    "grammar_words",
    "kind_nouns",
    "tokens",
]


def _phrases(text: str) -> list[list[str]]:
    return [phrase.split() for phrase in text.split("|")]


LEADS = _phrases(
    "in addition ,|however ,|moreover ,|furthermore ,|further ,|additionally ,|besides ,|also ,|first ,|"
    "second ,|third ,|finally ,|the evidence shows that|the evidence suggests that|evidence suggests that|"
    "according to the evidence ,|the graph shows that|this is because|that is because"
)
"""Openings of a sentence on a trial or an article; for sentences on paths see `frames`."""
JOINS = _phrases(", and|and|;|; and|, while|while|, whereas|whereas")
"""Connectives between two asserted clauses."""
CONTRASTS = _phrases(
    ", but|but|; but|, although|although|, though|though|, yet|yet|; however ,|; however|, however ,|"
    ", even though|even though|, despite the fact that|despite the fact that|, albeit"
)
"""Connectives before a clause that is no reason for the one before it."""
REASONS = _phrases(
    ", because|because|, since|since|, as|as|: ,|:|; this is because|, given that|given that|, in that|"
    "in that|, seeing that|seeing that|, considering that|considering that|, for|on the grounds that|"
    ", inasmuch as|inasmuch as|, insofar as|insofar as|, the reason being that|due to the fact that|"
    "; this may be because|, perhaps because|perhaps because|, possibly because|possibly because|"
    ", presumably because|presumably because|; the reason is that|; one reason is that"
)
"""Connectives between a verdict and the reason after it."""
FIRST_REASONS = _phrases(
    "because|since|as|given that|seeing that|considering that|in that|inasmuch as|insofar as|"
    "due to the fact that|in view of the fact that|on the grounds that"
)
"""Openings of a reason that stands before its verdict."""
THEREFORE = _phrases(
    ", so|so|; therefore|; therefore ,|, and therefore|and therefore|; thus|; thus ,|and thus|, and thus|"
    ", hence|; hence|; hence ,|, and hence|and hence|, and so|and so|, thus|, therefore|, which is why|"
    ", so that|; so|; consequently ,|; consequently|, and consequently|and consequently|; as a result ,|"
    ", meaning that|, suggesting that|, which suggests that|, which means that|, and for this reason|"
    "; accordingly ,"
)
"""Connectives between a reason and the verdict after it."""
ANALOGIES = _phrases(
    ", so by analogy|; by analogy ,|; by analogy|, and by analogy|and by analogy|so by analogy"
)
"""Connectives between the model of an analogy and the verdict after it."""
BY = _phrases(
    "by|, by|through|via|by way of|by means of|by virtue of|thanks to|, through|, via|as a result of"
)
VIA = _phrases(
    "through|via|by way of|by acting through|by means of|, through|, via|by virtue of|by acting via|"
    "because of|due to|owing to|thanks to|on account of"
)
BECAUSE_OF = _phrases(
    "through|via|by|by way of|by means of|by virtue of|because of|due to|owing to|on account of|thanks to|"
    "given|in view of|as a result of|, through|, via|, by|, because of|, due to|, owing to|, given|"
    ", thanks to|on the basis of|based on"
)
"""Prepositions before a reason that is a noun ("inhibition of B")."""
RELATIVE = ("which", "that", "who")
EACH_OF_WHICH = ("each", "of", "which")
ARTICLES = frozenset({"a", "an", "another", "the", "one"})
REFERENCES = {"Drug": ("this", "the", "that"), "Disease": ("this", "the", "that")}
"""Kinds that a sentence may refer back to ("this drug"), and the words before their noun."""

# Unambiguous from every position, and hyphens alone are tried once, from the start of their run.
_WORD = re.compile(r"\d++(?:[.,]\d++)++%?|(?:(?<!['/-])['/-]++)?\w++(?:['/-]++\w++)*+%?|[^\w\s]")
_FILLERS = frozenset({"also", "itself", "too", "thereby"})
_HEDGES = frozenset(
    {
        *("possibly", "probably", "presumably", "apparently", "reportedly", "potentially", "perhaps"),
        *("plausibly", "seemingly", "arguably", "conceivably", "supposedly", "purportedly"),
    }
)
_ASIDES = frozenset(
    {"however", "moreover", "furthermore", "notably", "indeed", "additionally", "importantly"}
)
_COMMAS = {"(": ",", ")": ",", "\N{EM DASH}": ","}
# Nouns for kinds beside the schema's.
_MORE_NOUNS = {
    "Gene": ("protein", "target", "receptor", "enzyme"),
    "Drug": ("medicine", "medication", "compound", "agent", "substance"),
    "Disease": ("condition", "disorder"),
    "BiologicalProcess": ("process",),
    "PharmacologicClass": ("class",),
    "Pathway": ("signaling pathway",),
    "Complex": ("complex",),
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
            items += _WORD.findall(part.lower())
    joined: list[str | Mention] = []
    filler_dropped = False
    for item in items:
        if item in _FILLERS:
            filler_dropped = True
        elif item == "turn" and joined and joined[-1] == "in":
            joined.pop()
            filler_dropped = True
        elif item == "," and filler_dropped and joined[-1:] == [","]:
            joined.pop()  # both commas go with the filler between them
            filler_dropped = False
        else:
            joined.append(item)
            filler_dropped = False
    while joined and joined[-1] in {".", "!"}:
        joined.pop()
    return joined


def clause_tokens(parts: Sequence[str | Mention]) -> list[str | Mention]:
    """`tokens` for parsing: without hedges and asides that don't change the statements.

    Brackets and dashes around an aside become commas, of which no two stand together.
    """
    items = [item if isinstance(item, Mention) else _COMMAS.get(item, item) for item in tokens(parts)]
    joined: list[str | Mention] = []
    aside_dropped = False
    for index, item in enumerate(items):
        previous, following = joined[-1:], items[index + 1] if index + 1 < len(items) else ","
        if item in _ASIDES | _HEDGES and previous == [","] and following == ",":
            joined.pop()
            aside_dropped = True
            continue
        doubled = item == "," and (aside_dropped or previous in ([], [","]) or following in {",", ";"})
        if not doubled and not (item in _HEDGES and joined):
            joined.append(item)
        aside_dropped = False
    while joined and joined[-1] == ",":
        joined.pop()
    return joined


@cache
def grammar_words() -> frozenset[str]:
    """Every word of the grammar."""
    words = {word for phrase in (*phrase_table(), *deverbal_nouns(), *agent_nouns()) for word in phrase}
    for phrases in (JOINS, CONTRASTS, REASONS, FIRST_REASONS, THEREFORE, ANALOGIES, BY, VIA, BECAUSE_OF):
        words.update(word for phrase in phrases for word in phrase)
    words |= frame_words() | _HEDGES | _ASIDES | ARTICLES | _FILLERS
    nouns = {word for noun in kind_nouns() for word in noun}
    words |= {*RELATIVE, *EACH_OF_WHICH, "it", "its", "'s", "this", "that", "both", "turn", ","}
    return frozenset(words | nouns)


@cache
def kind_nouns() -> dict[tuple[str, ...], frozenset[str]]:
    """Nouns for kinds, by their words, each with the kinds it may denote."""
    nouns: dict[tuple[str, ...], set[str]] = {}
    for kind in load_schema().kinds.values():
        for noun in (kind.noun, *_MORE_NOUNS.get(kind.name, ())):
            nouns.setdefault(tuple(noun.split()), set()).add(kind.name)
    return {noun: frozenset(kinds) for noun, kinds in nouns.items()}
