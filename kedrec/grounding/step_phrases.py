"""Phrases in which one step of a path may be told: the evidence's own, and paraphrases that claim no more."""

from __future__ import annotations

from functools import cache

from kedrec.schema import Wording, load_schema

__all__ = ["is_clumsy", "step_phrases", "usable_phrases", "with_also"]

# Stronger or narrower than the edge: association is no genetics, correlation no contribution.
_OVERSTATED = {
    ("ASSOCIATED_WITH", "plays a part in"),
    ("ASSOCIATED_WITH", "is implicated in"),
    ("ASSOCIATED_WITH", "is involved in"),
    ("ASSOCIATED_WITH", "involves"),
    ("ASSOCIATED_WITH", "is a cause of"),
    ("CAUSES", "is a side effect of"),
    ("CAUSES", "has the side effect"),
    ("PARTICIPATES_IN", "is part of"),
    ("UPREGULATES", "is upregulated by"),  # of diseases: in
    ("DOWNREGULATES", "is downregulated by"),
    ("LOCALIZES_TO", "occurs in"),
    ("LOCALIZES_TO", "is located in"),
    ("LOCALIZES_TO", "affects"),  # needs its article
    ("LOCATED_IN", "takes place in"),  # of processes alone, and substances are located too
    ("LOCATED_IN", "happens in"),
}
_PROTEINS = {"Gene", "GeneFamily", "Complex"}
_OF_AMOUNTS = {"increases", "decreases", "lowers", "reduces"}
"""Of a process they say what regulates it; of a protein, that there is more or less of it."""
_CLUMSY = {
    "is inversely agonized by",
    "is partially agonized by",
    "is antagonized by",
    "is bound by the antibody",
    "is furthered by",
    "is made less active by",
    "is made more active by",
    "is made less abundant by",
    "is made more abundant by",
    "when changed causes",
    "when losing function causes",
    "when gaining function causes",
    "has its expression raised by",
    "has its expression lowered by",
    "up-regulates",
    "down-regulates",
    "is one of",
    "has the member",
    "has the metabolite",
    "has the subtype",
    "is worsened by",
    "is a partner of",
    "is a gene associated with",
}


def step_phrases(relation: str, action: str, *, forward: bool) -> tuple[str, tuple[str, ...]]:
    """The evidence's own phrase of a step, and its usable paraphrases.

    Args:
        relation, action: of the step.
        forward: True where the path runs along the relation's stored direction.
    """
    return _phrases(relation, load_schema().relations[relation].wording_for(action), forward)


def usable_phrases(relation: str, action: str, *, forward: bool, kind: str = "") -> tuple[str, ...]:
    """All phrases in which a step may be told, one or more: the evidence's own first, unless it is clumsy.

    Args:
        relation, action, forward: as of `step_phrases`.
        kind: of the node that the step leads to.
    """
    verbatim, paraphrases = step_phrases(relation, action, forward=forward)
    if kind in _PROTEINS:
        paraphrases = tuple(phrase for phrase in paraphrases if phrase not in _OF_AMOUNTS)
    if paraphrases and verbatim in _CLUMSY:
        return paraphrases
    return tuple(dict.fromkeys((verbatim, *paraphrases)))


def with_also(predicate: str) -> str:
    """A predicate with "also": after "is", "can" and "may", before another verb."""
    verb, _, complement = predicate.partition(" ")
    return f"{verb} also {complement}" if verb in {"is", "can", "may"} else f"also {predicate}"


def is_clumsy(phrase: str) -> bool:
    """True for a phrase of the evidence that a paraphrase should take the place of."""
    return phrase in _CLUMSY


@cache
def _phrases(relation: str, wording: Wording, forward: bool) -> tuple[str, tuple[str, ...]]:  # noqa: FBT001  # one internal caller
    verbatim = wording.phrase if forward else wording.inverse
    paraphrases = wording.paraphrases if forward else wording.inverse_paraphrases
    if load_schema().relations[relation].symmetric:
        paraphrases = wording.paraphrases
    return verbatim, tuple(
        phrase for phrase in paraphrases if phrase not in _CLUMSY and (relation, phrase) not in _OVERSTATED
    )
