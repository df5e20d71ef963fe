"""Verdicts of targets: how they are hedged, and the patterns in which they are said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kedrec.training.path_choice import Strength
from kedrec.training.path_wording import Told, onward, predicate

__all__ = ["VERDICTS", "verdict"]

# Verbs that the gate takes as a hedged verdict, by what the evidence carries.
_HEDGED = {
    Strength.MECHANISM: (
        "may help in", "may help in", "may help with", "may help people with", "may help against",
        "could help treat", "may benefit people with", "could be useful in", "may be of use in",
        "could treat", "may treat", "may work against", "is a plausible candidate for",
        "is a plausible treatment for", "is a potential treatment for", "may be a treatment option for",
    ),
    Strength.ANALOGY: (
        "might help in", "could help in", "might be useful in", "could be considered for",
        "could be repurposed for", "is a possible candidate for", "could be an option for",
        "might be of use in",
    ),
    Strength.WEAK: (
        "might be worth studying in", "might be worth testing in", "could be worth studying in",
        "is a possible candidate for",
    ),
}  # fmt: skip
_ACTS = frozenset({"BINDS", "AFFECTS", "UPREGULATES", "DOWNREGULATES"})

_Pattern = Callable[["_Verdict"], str]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a verdict pattern is filled with: the path, and the hedged verb."""

    told: Told
    drug: str
    disease: str
    hedged: str
    many: int
    rng: Random

    @property
    def reason(self) -> str:
        """The path as a predicate: "inhibits B, which is linked to C"."""
        return predicate(self.told, 0, self.many, self.rng)

    @property
    def doing(self) -> str:
        """The same as a gerund; "" where it has none."""
        told, first = self.told, self.told.links[0]
        if not first.gerund or first.gerund.startswith("being") or told.path.steps[0].relation not in _ACTS:
            return ""
        return f"{first.gerund} {told.names[1]}" + onward(told, 1, self.many, self.rng)


def _by_first(v: _Verdict) -> str:
    return f"By {v.doing}, {v.drug} {v.hedged} {v.disease}" if v.doing else ""


def _because_first(v: _Verdict) -> str:
    return f"Because {v.drug} {v.reason}, it {v.hedged} {v.disease}"


def _suggested(v: _Verdict) -> str:
    lead = v.rng.choice(("The evidence suggests that", "Evidence suggests that"))
    return f"{lead} {_because(v)}"


def _because(v: _Verdict) -> str:
    word = v.rng.choice((" because it", ", since it", ", as it", ": it", "; this is because it"))
    return f"{v.drug} {v.hedged} {v.disease}{word} {v.reason}"


def _by(v: _Verdict) -> str:
    if v.hedged.startswith("is ") or not v.doing:
        return ""
    return f"{v.drug} {v.hedged} {v.disease} by {v.doing}"


def _therefore(v: _Verdict) -> str:
    join = v.rng.choice((", so it", ", and therefore it", "; thus it"))
    return f"{v.drug} {v.reason}{join} {v.hedged} {v.disease}"


def _likened(v: _Verdict) -> str:
    join = v.rng.choice((", so by analogy it", "; by analogy, it", ", and by analogy it"))
    return f"{v.drug} {v.reason}{join} {v.hedged} {v.disease}"


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
"""The patterns of a verdict; one that stands twice is drawn twice as often.

A verdict tells its path before it cites it: an id that comes before what it stands for is learned badly,
and what follows then cites one path and tells another. Most patterns don't begin with the drug's name:
at the start of a text a name is made of other tokens than in the evidence, and small models misspell it.
"""


def verdict(
    told: Told, carries: Strength, names: tuple[str, str], many: int, rng: Random, *, likened: bool = False
) -> str:
    """The cited verdict.

    Args:
        told: the path that the verdict rests on.
        carries: how strong the verdict may be.
        names: the drug's and the disease's.
        many: how many of the path's links it tells.
        rng: draws the pattern and its words.
        likened: whether the path is an analogy, of something that resembles, and no reason.
    """
    filled = _Verdict(told, *names, rng.choice(_HEDGED[carries]), many, rng)
    # Coincidences are told, but never given as a reason.
    text = _which(filled) if carries is Strength.WEAK else ""
    if likened and not text:
        # An analogy is drawn where the whole of it is told.
        whole = many == len(told.links)
        text = rng.choice((_likened, _likened, _which) if whole else (_which,))(filled)
    while not text:
        text = rng.choice(VERDICTS)(filled)
    return f"{text} {told.cite}."
