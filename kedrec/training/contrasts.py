"""Writes targets that set two drugs side by side: a verdict on one, and what speaks against the other."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import capitalized, one_line, shown_name
from kedrec.grounding import check
from kedrec.grounding.reasons import contraindication_item, shared_target
from kedrec.training.path_choice import Strength, select, strength
from kedrec.training.path_wording import WordedPath, predicate, word_path
from kedrec.training.target_verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Entity, Evidence

__all__ = ["write_contrast"]

_MOST_DRAFTS = 16


def write_contrast(
    pair: tuple[Entity, Entity],
    other: Entity,
    evidence: Sequence[Evidence],
    other_evidence: Sequence[Evidence],
    rng: Random,
) -> str:
    """Writes a contrast in which every sentence holds and both drugs' evidence is cited; "" without one.

    The other drug must be contraindicated, or have paths of a weaker kind than the first: else the evidence
    doesn't tell them apart.

    Args:
        pair: the drug to choose, and the disease.
        other: the other drug.
        evidence, other_evidence: paths of each, adverse ones among them, with ids of their own.
        rng: draws words.
    """
    drug, disease = pair
    supporting = [item for item in evidence if item.stance != "adverse"]
    chosen = select(supporting, ())
    against = contraindication_item(other_evidence, other, disease)
    weaker = select([item for item in other_evidence if item.stance != "adverse"], ())
    if not chosen or contraindication_item(evidence, drug, disease):
        return ""
    first_strength = _strength(chosen[0])
    if against is None and not (weaker and _strength(weaker[0]) < first_strength):
        return ""
    items = [*evidence, *other_evidence]
    for _ in range(_MOST_DRAFTS):
        first, second = word_path(chosen[0], rng), word_path(against or weaker[0], rng)
        text = f"{_verdict(first, pair, first_strength, rng)} {_sentence(second, rng)}"
        claims = check(text, drug, disease, items).claims
        if len(claims) == 2 and all(claim.status == "holds" for claim in claims):
            return text
    return ""


def _strength(item: Evidence) -> Strength:
    return strength(item.path) if item.path is not None else Strength.WEAK


def _verdict(path: WordedPath, pair: tuple[Entity, Entity], grade: Strength, rng: Random) -> str:
    names = one_line(shown_name(pair[0].name)), one_line(shown_name(pair[1].name))
    is_analogy = grade is Strength.ANALOGY and not shared_target(path.graph_path)
    text = verdict(path, grade, names, len(path.steps), rng, is_analogy=is_analogy)
    return capitalized(text)


def _sentence(path: WordedPath, rng: Random) -> str:
    subject = rng.choice((path.names[0], f"However, {path.names[0]}"))
    text = f"{subject} {predicate(path, 0, len(path.steps), rng)} {path.cite}."
    return capitalized(text)
