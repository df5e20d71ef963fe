"""Writes targets: a hedged verdict and one to three reasons, each cited, each what its path says.

Every text passes the grounding gate before it becomes a target; what doesn't is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.grounding import check
from kedrec.schema import load_schema
from kedrec.text import one_line
from kedrec.training.selection import Strength, grave, select, strength
from kedrec.training.wordings import Link, link

if TYPE_CHECKING:
    from kedrec.types import Entity, Evidence, Path

__all__ = ["VERDICTS", "realize"]

_TRIES = 16
_MOST_SENTENCES = 4
_LONGEST = 620  # characters of a target

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
_OPENERS = ("", "", "", "In addition, ", "Moreover, ", "Furthermore, ")
_NOUNS = {
    "Gene": ("gene", "protein"),
    "BiologicalProcess": ("process",),
    "Pathway": ("pathway",),
    "Disease": ("disease", "condition"),
    "Drug": ("drug",),
    "Symptom": ("symptom",),
    "PharmacologicClass": ("class",),
    "Chemical": ("chemical",),
    "Organism": ("organism",),
}
_WAYS = ("through", "via", "by way of")
_ACTS = frozenset({"BINDS", "AFFECTS", "UPREGULATES", "DOWNREGULATES"})


def realize(
    drug: Entity,
    disease: Entity,
    evidence: Sequence[Evidence],
    adverse: Sequence[Evidence],
    rng: Random,
    *,
    mechanisms: Sequence[str] = (),
) -> str:
    """A target for a pair: two to four sentences that hold, "" where none could be written.

    Args:
        evidence: supporting items as they stand in the prompt.
        adverse: adverse items.
        rng: draws paths and words.
        mechanisms: ids of curated mechanisms of this pair, whose paths come first.
    """
    chosen = select(evidence, mechanisms)
    if not chosen:
        return ""
    for _ in range(_TRIES):
        text = _draft(drug, disease, chosen, adverse, rng)
        if text and len(text) <= _LONGEST and _holds(text, drug, disease, evidence, adverse):
            return text
    return ""


def _holds(
    text: str, drug: Entity, disease: Entity, evidence: Sequence[Evidence], adverse: Sequence[Evidence]
) -> bool:
    claims = check(text, drug, disease, evidence, adverse).claims
    return len(claims) == _sentences(text) and all(claim.status == "holds" for claim in claims)


def _sentences(text: str) -> int:
    return text.count("].")


@dataclass(frozen=True, slots=True)
class _Told:
    """A path with one wording a step, so that a target says a step in one way."""

    item: Evidence
    path: Path
    names: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def cite(self) -> str:
        return f"[{self.item.id}]"


def _told(item: Evidence, rng: Random) -> _Told:
    path = item.path
    if path is None:
        raise ValueError(f"{item.id} has no path")  # `select` chooses none such
    return _Told(
        item,
        path,
        tuple(one_line(node.name) for node in path.nodes),
        tuple(link(step, rng) for step in path.steps),
    )


def _draft(
    drug: Entity, disease: Entity, chosen: Sequence[Evidence], adverse: Sequence[Evidence], rng: Random
) -> str:
    count = rng.choice((1, 2, 2, 3)) if len(chosen) > 1 else 1
    tolds = [_told(item, rng) for item in chosen[:count]]
    first, others = tolds[0], tolds[1:]
    warned = [item for item in adverse if grave(item) or rng.random() < 0.12][:1]
    carries = strength(first.path)
    if any(grave(item) for item in warned):
        carries = Strength.WEAK
    filled = _Verdict(
        first,
        one_line(drug.name),
        one_line(disease.name),
        rng.choice(_HEDGED[carries]),
        rng.choice(_HELPED),
        rng,
    )
    verdict, said = _verdict(filled, others, carries)
    sentences = [verdict, *_rest(first, said, rng)]
    room = _MOST_SENTENCES - len(sentences) - len(warned)
    sentences += _additions(others, rng)[: max(room, 0)]
    cautions = [_caution(_told(item, rng), rng) for item in warned]
    # What speaks against the drug stands right after the verdict, or last.
    sentences[(place := 1 if rng.random() < 0.5 else len(sentences)) : place] = cautions
    if len(sentences) < 2 or len(sentences) > _MOST_SENTENCES:
        return ""
    return " ".join(_capital(sentence) for sentence in sentences)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


# --- verdicts: each says how many of the path's links, from the drug on, it has told

_Pattern = Callable[["_Verdict"], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a verdict pattern is filled with: the first path, and the hedged verb."""

    told: _Told
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
        return _predicate(told, 0, many, self.rng), many

    @property
    def doing(self) -> tuple[str, int]:
        """The same as a gerund; ("", 0) where it has none."""
        told = self.told
        first = told.links[0]
        if not first.gerund or first.gerund.startswith("being") or told.path.steps[0].relation not in _ACTS:
            return "", 0
        links = len(told.links)
        many = links if links <= 2 and self.rng.random() < 0.5 else 1
        return f"{first.gerund} {told.names[1]}" + _onward(told, 1, many, self.rng), many


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


def _plain(v: _Verdict) -> tuple[str, int]:
    return f"{v.drug} {v.hedged} {v.disease}", 0


def _suggested(v: _Verdict) -> tuple[str, int]:
    lead = v.rng.choice(("The evidence suggests that", "Evidence suggests that", "The graph shows that"))
    return f"{lead} {v.drug} {v.hedged} {v.disease}", 0


def _suggested_because(v: _Verdict) -> tuple[str, int]:
    said, many = _because(v)
    return f"The evidence suggests that {said}", many


def _helped(v: _Verdict) -> tuple[str, int]:
    return f"{v.disease} {v.helped} {v.drug}", 0


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
    _aside, _which, _through, _plain, _plain, _suggested, _suggested_because, _helped, _helped_because,
    _weighed,
)  # fmt: skip
"""The patterns of a verdict; one that stands twice is drawn twice as often."""


def _verdict(filled: _Verdict, others: Sequence[_Told], carries: Strength) -> tuple[str, int]:
    """The cited verdict, and how many of the first path's links it tells."""
    rng = filled.rng
    # Coincidences are told, but never given as a reason.
    text, many = _plain(filled) if carries is Strength.WEAK else ("", 0)
    while not text:
        text, many = rng.choice(VERDICTS)(filled)
    cites = filled.told.cite
    # A verdict without a reason rests on every path that the answer tells.
    if many == 0 and not any(f" {way} " in text for way in _WAYS):
        cites += "".join(other.cite for other in others if rng.random() < 0.7)
    return f"{text} {cites}.", many


# --- what follows the verdict


def _rest(told: _Told, said: int, rng: Random) -> list[str]:
    """What the verdict left untold of its path, in one sentence, or two where it is long."""
    left = len(told.links) - said
    if left == 0:
        return []
    if left >= 3 and rng.random() < 0.5:
        half = said + rng.choice((1, 2))
        return [_chain(told, said, half, rng), _chain(told, half, len(told.links), rng)]
    return [_chain(told, said, len(told.links), rng)]


def _chain(told: _Told, start: int, end: int, rng: Random) -> str:
    """Links `start` to `end` of a path as one cited sentence."""
    name = rng.choice(("It", "The drug", told.names[0])) if start == 0 else told.names[start]
    if end - start == 1 and start and rng.random() < 0.25:
        back = link(told.path.steps[start], rng, backwards=True)
        return f"{told.names[end]} {back.finite} {told.names[start]} {told.cite}."
    return f"{name} {_predicate(told, start, end, rng)} {told.cite}."


def _additions(others: Sequence[_Told], rng: Random) -> list[str]:
    """A sentence for each further path."""
    if len(others) == 2 and (both := _together(others[0], others[1], rng)):
        return [both]
    sentences = []
    for place, told in enumerate(others):
        opener = rng.choice(_OPENERS) if place == 0 else rng.choice(("", "", "Finally, "))
        subject = rng.choice(("it", "it", "the drug", told.names[0]))
        predicate = _predicate(told, 0, len(told.links), rng)
        predicate = predicate if opener else _also(predicate)
        sentences.append(f"{opener}{subject} {predicate} {told.cite}.")
    return sentences


def _together(one: _Told, other: _Told, rng: Random) -> str:
    """Two paths of one shape in one sentence; "" where they differ in what they say."""
    shapes = [
        [(step.relation, step.action, step.forward) for step in told.path.steps] for told in (one, other)
    ]
    if shapes[0] != shapes[1] or len(one.links) != 2 or not one.links[1].plural:
        return ""
    subject = rng.choice(("It", "The drug", one.names[0]))
    return (
        f"{subject} {_also(one.links[0].finite)} {one.names[1]} and {other.names[1]}, "
        f"which {one.links[1].plural} {one.names[2]} {one.cite}{other.cite}."
    )


def _also(predicate: str) -> str:
    first, _, rest = predicate.partition(" ")
    return f"{first} also {rest}" if first in {"is", "can", "may"} else f"also {predicate}"


def _caution(told: _Told, rng: Random) -> str:
    subject = rng.choice((told.names[0], f"however, {told.names[0]}", "however, the drug", "however, it"))
    return f"{subject} {_predicate(told, 0, len(told.links), rng)} {told.cite}."


def _predicate(told: _Told, start: int, end: int, rng: Random) -> str:
    """Links `start` to `end` after their subject: "inhibits B, which is linked to C"."""
    return f"{told.links[start].finite} {told.names[start + 1]}" + _onward(told, start + 1, end, rng)


def _onward(told: _Told, start: int, end: int, rng: Random) -> str:
    text = ""
    for place in range(start, end):
        words = told.links[place]
        kind = told.path.nodes[place].kind
        noun = rng.choice(_NOUNS.get(kind, (load_schema().kinds[kind].noun,)))
        noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        joins = [
            f", which {words.finite}",
            f", which {words.finite}",
            f", which {'in turn ' * (place == end - 1 > start)}{words.finite}",
            f", {noun} that {words.finite}",
        ]
        if words.reduced and not words.reduced.startswith(("a ", "an ", "the ")):
            joins.append(f", {noun} {words.reduced}")
        if place == end - 1 and end - start == 1:
            joins.append(f", and {told.names[place]} {words.finite}")
        text += f"{rng.choice(joins)} {told.names[place + 1]}"
    return text
