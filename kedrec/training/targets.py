"""Writes targets: a hedged verdict and one to three reasons, each cited, each what its path says.

Every text passes the grounding gate before it becomes a target; what doesn't is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line, shown_name
from kedrec.grounding import check
from kedrec.grounding.reasons import shared_target, warning
from kedrec.training.path_choice import Strength, grave, select, strength
from kedrec.training.path_wording import Told, predicate, tell
from kedrec.training.step_wording import link
from kedrec.training.verdicts import verdict

if TYPE_CHECKING:
    from kedrec.types import Entity, Evidence

__all__ = ["realize"]

_TRIES = 16
_MOST_SENTENCES = 4
_LONGEST = 620  # characters of a target

_OPENERS = ("", "", "", "In addition, ", "Moreover, ", "Furthermore, ")


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


def _draft(
    drug: Entity, disease: Entity, chosen: Sequence[Evidence], adverse: Sequence[Evidence], rng: Random
) -> str:
    count = min(rng.choice((2, 2, 2, 3)), len(chosen))
    tolds = [tell(item, rng) for item in chosen[:count]]
    first, others = tolds[0], tolds[1:]
    against = warning(adverse, drug, disease)
    warned = [against] if against else [item for item in adverse if grave(item) or rng.random() < 0.12][:1]
    carries = strength(first.path)
    if any(grave(item) for item in warned):
        carries = Strength.WEAK
    likened = carries is Strength.ANALOGY and not shared_target(first.path)
    # A sentence tells a whole path, so that its citation follows all it stands for; only where there is
    # no other path to tell, the first one fills two sentences.
    links = len(first.links)
    many = links if others or warned else max(1, links - rng.choice((1, 2)))
    names = one_line(shown_name(drug.name)), one_line(shown_name(disease.name))
    if against is not None:
        # Nothing speaks for a drug where it is contraindicated: what is known is told, without a verdict.
        sentences = [_chain(first, 0, links, rng)]
    else:
        sentences = [verdict(first, carries, names, many, rng, likened=likened)]
    if many < links:
        sentences.append(_chain(first, many, links, rng))
    room = _MOST_SENTENCES - len(sentences) - len(warned)
    sentences += _additions(others, rng)[:room]
    cautions = [_caution(tell(item, rng), rng) for item in warned]
    # What speaks against the drug stands right after the verdict, or last.
    sentences[(place := 1 if rng.random() < 0.5 else len(sentences)) : place] = cautions
    if len(sentences) < 2 or len(sentences) > _MOST_SENTENCES:
        return ""
    return " ".join(_capital(sentence) for sentence in sentences)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _chain(told: Told, start: int, end: int, rng: Random) -> str:
    """Links `start` to `end` of a path as one cited sentence."""
    if end - start == 1 and rng.random() < 0.25:
        back = link(told.path.steps[start], rng, backwards=True)
        return f"{told.names[end]} {back.finite} {told.names[start]} {told.cite}."
    return f"{told.names[start]} {predicate(told, start, end, rng)} {told.cite}."


def _additions(others: Sequence[Told], rng: Random) -> list[str]:
    """A sentence for each further path."""
    if len(others) == 2 and (both := _together(others[0], others[1], rng)):
        return [both]
    sentences = []
    for place, told in enumerate(others):
        opener = rng.choice(_OPENERS) if place == 0 else rng.choice(("", "", "Finally, "))
        subject = rng.choice(("it", "it", "the drug", told.names[0]))
        said = predicate(told, 0, len(told.links), rng)
        said = said if opener else _also(said)
        sentences.append(f"{opener}{subject} {said} {told.cite}.")
    return sentences


def _together(one: Told, other: Told, rng: Random) -> str:
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


def _also(said: str) -> str:
    first, _, rest = said.partition(" ")
    return f"{first} also {rest}" if first in {"is", "can", "may"} else f"also {said}"


def _caution(told: Told, rng: Random) -> str:
    subject = rng.choice((told.names[0], f"however, {told.names[0]}", "however, the drug", "however, it"))
    return f"{subject} {predicate(told, 0, len(told.links), rng)} {told.cite}."
