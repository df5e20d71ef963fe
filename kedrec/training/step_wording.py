"""Words one step of a path by the schema's phrases, in varied grammatical forms.

A wording states only what the evidence shows: the phrase of the step's own action or a paraphrase, never
those of parallel edges that the evidence's sentence doesn't mention. Phrases that claim more than the edge
does, and clumsy ones, are excluded, although the grounding gate would accept some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from kedrec.grounding.names import normalize_text
from kedrec.grounding.step_phrases import is_clumsy, step_phrases
from kedrec.grounding.wording import Tense, phrase_table
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = ["StepWording", "word_step"]

_VERBATIM_SHARE = 0.4  # of steps in the evidence's own words

_GENERAL = ("acts on", "targets", "binds")


@dataclass(frozen=True, slots=True)
class StepWording:
    """The wording of one step: a finite phrase, and its other forms where it has them.

    Attributes:
        finite: "inhibits".
        gerund: "inhibiting", or "".
        reduced: the form that may follow a name after a comma ("an inhibitor of", "linked to"), or "".
        plural: "are linked to", for several subjects, or "".
    """

    finite: str
    gerund: str
    reduced: str
    plural: str


def word_step(step: PathStep, rng: Random, *, backwards: bool = False) -> StepWording:
    """Draws a wording of a step, from its first node to its second.

    Args:
        step: the step, in path order.
        rng: draws the wording.
        backwards: from its second node to its first.
    """
    phrase = rng.choice(_draw_phrases(step.relation, step.action, step.forward != backwards, rng))
    return StepWording(
        phrase, _form("gerund", phrase), _form("reduced", phrase), _form("finite", phrase, plural=True)
    )


def _form(tense: Tense, phrase: str, *, plural: bool = False) -> str:
    """A grammatical form of a schema phrase, as the gate reads it; "" where there is none."""
    clean = normalize_text(phrase).lower()
    article = " the" if clean.endswith(" the") else ""
    words = _forms_by_meaning().get((tense, clean.removesuffix(" the"), plural), "")
    return words + article if words else ""


@cache
def _forms_by_meaning() -> dict[tuple[Tense, str, bool], str]:
    """Maps tense, meaning and number (true: plural) to the first phrase of that form."""
    phrases: dict[tuple[Tense, str, bool], str] = {}
    for words, forms in sorted(phrase_table().items()):
        for form in forms:
            # "may inhibit" is a plural form too, but a weaker claim.
            if words[0] not in {"may", "might", "could", "can"}:
                phrases.setdefault((form.tense, form.meaning, form.plural), " ".join(words))
    return phrases


def _draw_phrases(relation: str, action: str, forward: bool, rng: Random) -> tuple[str, ...]:  # noqa: FBT001  # one internal caller
    wording = load_schema().relations[relation].wording_for(action)
    verbatim, paraphrases = step_phrases(relation, action, forward=forward)
    if paraphrases and (is_clumsy(verbatim) or rng.random() > _VERBATIM_SHARE):
        return paraphrases
    role, is_general = load_schema().relations[relation].role, not action or wording.general
    if role == "target" and forward and is_general and rng.random() < 0.15:
        # A drug needn't act on a protein that it merely binds.
        return _GENERAL if wording.sign else ("binds",)
    return (verbatim,)
