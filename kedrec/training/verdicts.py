"""Verdicts of targets: how they are hedged, and the patterns in which they are said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kedrec.training.selection import Strength
from kedrec.training.told import Told, onward, predicate

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
        "could be repurposed for", "might be worth considering for", "is a possible candidate for",
        "could be an option for", "might be of use in",
    ),
    Strength.WEAK: (
        "might be worth studying in", "might be worth testing in", "could be worth studying in",
        "is a possible candidate for",
    ),
}  # fmt: skip
_HELPED = ("may respond to", "might benefit from", "could be helped by", "may be treatable with")
_WAYS = ("through", "via", "by way of")
_ACTS = frozenset({"BINDS", "AFFECTS", "UPREGULATES", "DOWNREGULATES"})

_Pattern = Callable[["_Verdict"], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a verdict pattern is filled with: the first path, and the hedged verb."""

    told: Told
    drug: str
    disease: str
    hedged: str
    helped: str
    rng: Random

    @property
    def reason(self) -> tuple[str, int]:
        """The path's beginning as a predicate, and how many links it tells: one, or all of a short path."""
        told = self.told
        links = len(told.links)
        many = links if links <= 2 and self.rng.random() < 0.5 else 1
        return predicate(told, 0, many, self.rng), many

    @property
    def doing(self) -> tuple[str, int]:
        """The same as a gerund; ("", 0) where it has none."""
        told = self.told
        first = told.links[0]
        if not first.gerund or first.gerund.startswith("being") or told.path.steps[0].relation not in _ACTS:
            return "", 0
        links = len(told.links)
        many = links if links <= 2 and self.rng.random() < 0.5 else 1
        return f"{first.gerund} {told.names[1]}" + onward(told, 1, many, self.rng), many


def _because(v: _Verdict) -> tuple[str, int]:
    reason, many = v.reason
    word = v.rng.choice((" because it", ", because it", ", since it", ", as it", ":it", " since it"))
    word = word.replace(":it", ": it")
    return f"{v.drug} {v.hedged} {v.disease}{word} {reason}", many


def _because_first(v: _Verdict) -> tuple[str, int]:
    reason, many = v.reason
    return f"{v.rng.choice(('Because', 'Since', 'As'))} {v.drug} {reason}, it {v.hedged} {v.disease}", many


def _therefore(v: _Verdict) -> tuple[str, int]:
    reason, many = v.reason
    join = v.rng.choice((", so it", ", and therefore it", "; thus it", "; therefore it"))
    return f"{v.drug} {reason}{join} {v.hedged} {v.disease}", many


def _by(v: _Verdict) -> tuple[str, int]:
    doing, many = v.doing if not v.hedged.startswith("is ") else ("", 0)
    return (f"{v.drug} {v.hedged} {v.disease} by {doing}" if doing else ""), many


def _by_first(v: _Verdict) -> tuple[str, int]:
    doing, many = v.doing
    return (f"By {doing}, {v.drug} {v.hedged} {v.disease}" if doing else ""), many


def _aside(v: _Verdict) -> tuple[str, int]:
    first = v.told.links[0]
    if not first.reduced.startswith(("a ", "an ")):
        return "", 0
    return f"{v.drug}, {first.reduced} {v.told.names[1]}, {v.hedged} {v.disease}", 1


def _which(v: _Verdict) -> tuple[str, int]:
    return f"{v.drug}, which {v.told.links[0].finite} {v.told.names[1]}, {v.hedged} {v.disease}", 1


def _through(v: _Verdict) -> tuple[str, int]:
    if v.told.path.steps[0].relation not in _ACTS:
        return "", 0
    return (
        f"{v.drug} {v.hedged} {v.disease} {v.rng.choice(_WAYS)} {v.told.names[1]}",
        0,
    )


def _suggested_because(v: _Verdict) -> tuple[str, int]:
    said, many = _because(v)
    return f"The evidence suggests that {said}", many


def _helped_because(v: _Verdict) -> tuple[str, int]:
    reason, many = v.reason
    return (
        f"{v.disease} {v.helped} {v.drug}, {v.rng.choice(('because', 'since'))} {_subject(v)} {reason}",
        many,
    )


def _subject(v: _Verdict) -> str:
    return v.rng.choice((v.drug, "the drug", "this drug"))


def _weighed(v: _Verdict) -> tuple[str, int]:
    reason, many = v.reason
    return f"{v.drug} {v.hedged} {v.disease}; this is because it {reason}", many


VERDICTS: tuple[_Pattern, ...] = (
    _because, _because, _because, _because_first, _because_first, _therefore, _therefore, _by, _by, _by_first,
    _aside, _which, _through, _suggested_because, _helped_because, _weighed,
)  # fmt: skip
"""The patterns of a verdict; one that stands twice is drawn twice as often.

Each says something of its path before the citation: an id that comes before what it stands for is
learned badly, and the sentences that follow then cite one path and tell another.
"""


def verdict(told: Told, carries: Strength, names: tuple[str, str], rng: Random) -> tuple[str, int]:
    """The cited verdict, and how many of the path's links it tells.

    Args:
        told: the path that the verdict rests on.
        carries: how strong the verdict may be.
        names: the drug's and the disease's.
        rng: draws the pattern and its words.
    """
    filled = _Verdict(told, *names, rng.choice(_HEDGED[carries]), rng.choice(_HELPED), rng)
    # Coincidences are told, but never given as a reason.
    text, many = _which(filled) if carries is Strength.WEAK else ("", 0)
    while not text:
        text, many = rng.choice(VERDICTS)(filled)
    return f"{text} {told.cite}.", many
