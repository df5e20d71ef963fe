"""Writes the hedged verdicts of targets in varied sentence patterns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kedrec.grounding.verdict_words import ANALOGY_HEDGES, MECHANISM_HEDGES, WEAK_HEDGES
from kedrec.schema import load_schema
from kedrec.training.path_choice import Strength
from kedrec.training.path_wording import WordedPath, continue_chain, predicate

__all__ = ["VERDICTS", "verdict"]

_HEDGED = {
    Strength.MECHANISM: MECHANISM_HEDGES,
    Strength.ANALOGY: ANALOGY_HEDGES,
    Strength.WEAK: WEAK_HEDGES,
}
_ACTION_RELATIONS = frozenset(load_schema().with_role("target", "effect", "expression change"))

_Pattern = Callable[["_Verdict"], str]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The parts of a verdict pattern.

    Attributes:
        path: the path that the verdict rests on.
        drug, disease: their names.
        hedged: the hedged verb.
        count: steps of the path to state, from its beginning.
        rng: draws words.
    """

    path: WordedPath
    drug: str
    disease: str
    hedged: str
    count: int
    rng: Random

    @property
    def reason(self) -> str:
        """The path as a predicate: "inhibits B, which is linked to C"."""
        return predicate(self.path, 0, self.count, self.rng)

    @property
    def gerund(self) -> str:
        """The path as a gerund: "inhibiting B, which is linked to C"; "" where it has none."""
        path, first = self.path, self.path.steps[0]
        relation = path.graph_path.steps[0].relation
        if not first.gerund or first.gerund.startswith("being") or relation not in _ACTION_RELATIONS:
            return ""
        return f"{first.gerund} {path.names[1]}" + continue_chain(path, 1, self.count, self.rng)


def _by_first(v: _Verdict) -> str:
    return f"By {v.gerund}, {v.drug} {v.hedged} {v.disease}" if v.gerund else ""


def _because_first(v: _Verdict) -> str:
    return f"Because {v.drug} {v.reason}, it {v.hedged} {v.disease}"


def _suggested(v: _Verdict) -> str:
    lead = v.rng.choice(("The evidence suggests that", "Evidence suggests that"))
    return f"{lead} {_because(v)}"


def _because(v: _Verdict) -> str:
    conjunction = v.rng.choice((" because it", ", since it", ", as it", ": it", "; this is because it"))
    return f"{v.drug} {v.hedged} {v.disease}{conjunction} {v.reason}"


def _by(v: _Verdict) -> str:
    if v.hedged.startswith("is ") or not v.gerund:
        return ""
    return f"{v.drug} {v.hedged} {v.disease} by {v.gerund}"


def _therefore(v: _Verdict) -> str:
    conjunction = v.rng.choice((", so it", ", and therefore it", "; thus it"))
    return f"{v.drug} {v.reason}{conjunction} {v.hedged} {v.disease}"


def _by_analogy(v: _Verdict) -> str:
    conjunction = v.rng.choice((", so by analogy it", "; by analogy, it", ", and by analogy it"))
    return f"{v.drug} {v.reason}{conjunction} {v.hedged} {v.disease}"


def _which(v: _Verdict) -> str:
    lead = "According to the evidence, " if v.rng.random() < 0.7 else ""
    return f"{lead}{v.drug}, which {v.reason}, {v.hedged} {v.disease}"


VERDICTS: tuple[_Pattern, ...] = (
    *[_by_first] * 5,
    *[_because_first] * 4,
    *[_suggested] * 4,
    _because,
    _by,
    _therefore,
)
"""The patterns of a verdict, repeated by weight.

A verdict states its path before the citation: a model learns an id badly that precedes its path, and then
cites one path and states another. Most patterns don't begin with the drug's name: at the start of a text a
name has other tokens than in the evidence, and small models misspell it.
"""


def verdict(
    path: WordedPath,
    strength: Strength,
    names: tuple[str, str],
    count: int,
    rng: Random,
    *,
    is_analogy: bool = False,
) -> str:
    """Writes the cited verdict.

    Args:
        path: the path that the verdict rests on.
        strength: greatest strength that the evidence allows.
        names: the drug's and the disease's.
        count: steps of the path to state, from its beginning.
        rng: draws the pattern and its words.
        is_analogy: the path is an analogy to something similar, and no reason.
    """
    parts = _Verdict(path, *names, rng.choice(_HEDGED[strength]), count, rng)
    # Coincidences are stated, but never as a reason.
    text = _which(parts) if strength is Strength.WEAK else ""
    if is_analogy and not text:
        # "By analogy" needs every step of the path.
        complete = count == len(path.steps)
        text = rng.choice((_by_analogy, _by_analogy, _which) if complete else (_which,))(parts)
    while not text:
        text = rng.choice(VERDICTS)(parts)
    return f"{text} {path.cite}."
