"""Nouns for the verbs of the schema's wordings: "inhibition of B by A", "a B inhibitor"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from kedrec.grounding.wording import phrase_table

__all__ = ["DeverbalNoun", "agent_nouns", "deverbal_nouns"]

# Of verbs with an object: the noun takes the object after "of", and the agent after "by".
_OF_BY = {
    "inhibits": "inhibition",
    "blocks": "blockade|blocking",
    "suppresses": "suppression",
    "antagonizes": "antagonism|antagonization",
    "activates": "activation",
    "partially activates": "partial activation",
    "stimulates": "stimulation",
    "modulates": "modulation",
    "positively modulates": "positive modulation",
    "negatively modulates": "negative modulation",
    "regulates": "regulation",
    "positively regulates": "positive regulation",
    "negatively regulates": "negative regulation",
    "controls": "control",
    "targets": "targeting",
    "binds": "binding",
    "treats": "treatment",
    "prevents": "prevention",
    "ameliorates": "amelioration",
    "palliates": "palliation",
    "relieves": "relief",
    "upregulates": "upregulation|up-regulation",
    "downregulates": "downregulation|down-regulation",
    "induces": "induction",
    "degrades": "degradation",
    "replaces": "replacement",
    "stabilizes": "stabilization",
    "potentiates": "potentiation",
    "enhances": "enhancement",
    "neutralizes": "neutralization",
    "chelates": "chelation",
    "disrupts": "disruption",
    "produces": "production",
    "expresses": "expression",
    "reduces": "reduction",
    "is an agonist of": "agonism",
    "is a partial agonist of": "partial agonism",
    "is an inverse agonist of": "inverse agonism",
}
# Of verbs with a preposition: the noun takes the agent after "of", and the object after the preposition.
_OF_WITH: dict[str, tuple[str, tuple[str, ...]]] = {
    "is associated with": ("association|connection", ("with",)),
    "is linked to": ("link|connection", ("to", "with")),
    "interacts with": ("interaction", ("with",)),
    "is correlated with": ("correlation", ("with",)),
    "is positively correlated with": ("positive correlation", ("with",)),
    "is negatively correlated with": ("negative correlation|inverse correlation", ("with",)),
    "resembles": ("resemblance|similarity", ("to", "with")),
    "is similar to": ("similarity", ("to", "with")),
    "binds to": ("binding", ("to",)),
    "binds": ("binding", ("to",)),
    "participates in": ("participation", ("in",)),
    "is involved in": ("involvement", ("in",)),
    "is expressed in": ("expression", ("in",)),
    "belongs to": ("membership", ("in", "of")),
    "contributes to": ("contribution", ("to",)),
    "acts on": ("action|effect|effects", ("on",)),
    "affects": ("effect|effects", ("on",)),
}
_BETWEEN = {"with"}


@dataclass(frozen=True, slots=True)
class DeverbalNoun:
    """A verb as a noun.

    Attributes:
        meaning: the schema phrase that it denotes.
        prepositions: the prepositions before its object: `of` for verbs with an object.
        mutual: whether it takes "between A and B".
    """

    meaning: str
    prepositions: tuple[str, ...]
    mutual: bool = False


@cache
def deverbal_nouns() -> Mapping[tuple[str, ...], tuple[DeverbalNoun, ...]]:
    """Deverbal nouns by their words."""
    nouns_by_words: dict[tuple[str, ...], list[DeverbalNoun]] = {}
    for phrase, nouns in _OF_BY.items():
        for noun in nouns.split("|"):
            nouns_by_words.setdefault(tuple(noun.split()), []).append(DeverbalNoun(phrase, ("of",)))
    for phrase, (nouns, prepositions) in _OF_WITH.items():
        for noun in nouns.split("|"):
            mutual = bool(_BETWEEN & set(prepositions))
            nouns_by_words.setdefault(tuple(noun.split()), []).append(
                DeverbalNoun(phrase, prepositions, mutual)
            )
    return {words: tuple(alternatives) for words, alternatives in nouns_by_words.items()}


@cache
def agent_nouns() -> Mapping[tuple[str, ...], str]:
    """The schema's phrases by their agent noun: "is an inhibitor of" by "inhibitor"."""
    phrases = {}
    for words, forms in phrase_table().items():
        if words[0] == "is" and words[1:2] in {("a",), ("an",)} and words[-1] == "of" and len(words) > 3:
            for form in forms:
                if form.tense == "finite" and " ".join(words) == form.meaning:
                    phrases[words[2:-1]] = form.meaning
    return phrases
