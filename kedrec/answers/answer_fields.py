"""Puts together the fields of an answer from what was recommended and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from kedrec.answers.coverage_card import coverage_card
from kedrec.answers.recommendations import abstention_reason
from kedrec.naming.substitution import substitutions
from kedrec.types import KnownTreatment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kedrec.answers.recommendations import Results
    from kedrec.naming import NameIndex
    from kedrec.ranking import PairScore, Ranker
    from kedrec.types import Entity, GroupMember, Manifest, NameMatch, PassedOver, Recommendation, TakenFor

__all__ = ["AnswerFields", "answer_fields", "chosen_pairs", "drug_abstention", "known_treatments"]


def chosen_pairs(ranked: Sequence[PairScore], drugs: Sequence[Entity]) -> list[PairScore]:
    """The ranked pairs of some drugs; all of them without any."""
    ids = {drug.id for drug in drugs}
    return [score for score in ranked if not ids or score.drug in ids]


def drug_abstention(ranker: Ranker, ranked: Sequence[PairScore], results: Results, target: Entity) -> str:
    """The reason why no drug is recommended for a disease, and what the graph knows of it; "" with one."""
    no_path = f"no path leads from any drug to {target.name}"
    reason = abstention_reason(ranker, ranked, results, "drug", no_path)
    return reason and f"{reason} {coverage_card(ranker.adjacency, target, ranker.treatment_count(target.id))}"


def known_treatments(ranked: Iterable[PairScore], names: NameIndex) -> tuple[KnownTreatment, ...]:
    """The known treatments among a disease's drugs, which are given best first."""
    return tuple(
        KnownTreatment(rank=rank, drug=names.entity(score.drug, "Drug"), sources=score.known)
        for rank, score in enumerate(ranked, start=1)
        if score.known
    )


class AnswerFields(TypedDict):
    """The fields that answers about a disease and about a drug share."""

    recommendations: tuple[Recommendation, ...]
    candidates: int
    abstained: str
    known_left_out: int
    hidden: int
    status_left_out: int
    also: tuple[GroupMember, ...]
    passed: tuple[PassedOver, ...]
    taken_for: tuple[TakenFor, ...]
    manifest: Manifest


def answer_fields(
    results: Results,
    candidates: int,
    abstained: str,
    matches: Sequence[tuple[str, NameMatch]],
    manifest: Manifest,
) -> AnswerFields:
    """An answer's fields from its recommendations.

    Args:
        results: the recommendations.
        candidates: number of ranked pairs.
        abstained: reason for an answer without recommendations; "" with some.
        matches: each queried name with what it was resolved to.
        manifest: the answer's manifest.
    """
    return AnswerFields(
        recommendations=results.recommendations,
        candidates=candidates,
        abstained=abstained,
        known_left_out=results.known_left_out,
        hidden=results.hidden,
        status_left_out=results.status_left_out,
        also=results.also,
        passed=results.passed_over,
        taken_for=substitutions(matches),
        manifest=manifest,
    )
