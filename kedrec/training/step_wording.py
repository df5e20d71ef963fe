"""How a target says one step of a path: the schema's wordings, in varied grammatical forms.

Only what the evidence shows is said: the wording of the step's own action and its paraphrases, never
those of parallel edges that the evidence's sentence doesn't tell. Wordings that claim more than the
edge does, and clumsy ones, are left out, although the grounding gate would take some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from kedrec.grounding.names import normal
from kedrec.grounding.wording import Tense, phrase_table
from kedrec.schema import Action, load_schema

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = ["Link", "finite", "forms", "gerund", "link", "reduced"]

_SHOWN = 0.4  # share of links said in the evidence's own words

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
}
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
_GENERAL = ("acts on", "targets", "binds")


@dataclass(frozen=True, slots=True)
class Link:
    """One step as it is said: the finite phrase, and its other forms where it has them.

    Attributes:
        finite: "inhibits".
        gerund: "inhibiting", or "".
        reduced: what may follow a name after a comma ("an inhibitor of", "linked to"), or "".
        plural: "are linked to", for several subjects, or "".
    """

    finite: str
    gerund: str
    reduced: str
    plural: str


def link(step: PathStep, rng: Random, *, backwards: bool = False) -> Link:
    """A wording of a step, from its first node to its second.

    Args:
        step: the step, in path order.
        rng: draws the wording.
        backwards: say it of the second node for the first.
    """
    phrase = rng.choice(_weighted(step.relation, step.action, step.forward != backwards, rng))
    return Link(finite(phrase), gerund(phrase), reduced(phrase), forms("finite", phrase, plural=True))


def finite(phrase: str) -> str:
    """The phrase for one subject ("is linked to")."""
    return phrase


def gerund(phrase: str) -> str:
    """ "inhibiting" of "inhibits"; "" where the gate knows none."""
    return forms("gerund", phrase)


def reduced(phrase: str) -> str:
    """ "linked to" of "is linked to"; "" where there is none."""
    return forms("reduced", phrase)


def forms(tense: Tense, phrase: str, *, plural: bool = False) -> str:
    """A grammatical form of a schema phrase, as the gate reads it; "" where there is none."""
    clean = normal(phrase).lower()
    article = " the" if clean.endswith(" the") else ""
    words = _by_meaning().get((tense, clean.removesuffix(" the"), plural), "")
    return words + article if words else ""


@cache
def _by_meaning() -> dict[tuple[str, str, bool], str]:
    found: dict[tuple[str, str, bool], str] = {}
    for words, known in sorted(phrase_table().items()):
        for form in known:
            # "may inhibit" is a plural form too, but says something weaker.
            if words[0] not in {"may", "might", "could", "can"}:
                found.setdefault((form.tense, form.meaning, form.plural), " ".join(words))
    return found


def _weighted(relation: str, action: str, forward: bool, rng: Random) -> tuple[str, ...]:  # noqa: FBT001  # one internal caller
    wording = load_schema().relations[relation].worded(action)
    shown, others = _said(relation, wording, forward)
    if others and (shown in _CLUMSY or rng.random() > _SHOWN):
        return others
    if relation == "BINDS" and forward and action != "replacement" and rng.random() < 0.15:
        # What a drug merely binds needn't be what it acts on.
        return _GENERAL if wording.sign else ("binds",)
    return (shown,)


@cache
def _said(relation: str, wording: Action, forward: bool) -> tuple[str, tuple[str, ...]]:  # noqa: FBT001  # one internal caller
    shown = wording.phrase if forward else wording.inverse
    others = wording.paraphrases if forward else wording.inverse_paraphrases
    if load_schema().relations[relation].symmetric:
        others = wording.paraphrases
    return shown, tuple(
        phrase for phrase in others if phrase not in _CLUMSY and (relation, phrase) not in _OVERSTATED
    )
