"""Turns scored pairs into recommendations: evidence, safety, texts and verdict of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from kedrec.answers import no_recommendation
from kedrec.answers.candidates import Candidate, CandidateSearch, SearchResult
from kedrec.answers.manifest import as_of_coverage
from kedrec.answers.pair_summary import adverse_trials, badge, basis, evidence_gap, flags, verdict
from kedrec.answers.rationales import candidate_grade, evidence_rationale
from kedrec.types import SMALLER, Coverage, GroupMember, PassedOver, Recommendation, ScorePart, Texts

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.background import TextFinder
    from kedrec.naming import NameIndex
    from kedrec.ranking import PairScore, Ranker
    from kedrec.stores import GraphStore
    from kedrec.types import ClinicalStage, Entity

__all__ = ["Recommender", "Results", "Side", "abstention_reason"]

Side = Literal["Disease", "Drug"]
"""The kind of the entity in question: drugs are ranked for a `Disease`, diseases for a `Drug`."""

_MAX_PARTS = 40  # parts of a score that are listed one by one; of hundreds most change nothing
_MAX_UNSUITABLE = 5  # pairs named where every pair with evidence is unsuitable


@dataclass(frozen=True, slots=True)
class Results:
    """Recommendations, and an account of the pairs that were not recommended.

    Attributes:
        candidates: the pairs of the recommendations, in order.
        hidden: number of contraindicated pairs that were left out as requested.
        known_left_out: number of known treatments that were left out as requested.
        status_left_out: number of pairs that were left out for their clinical status.
        passed_over: pairs before the last recommendation that lack evidence or are unsuitable; without a
            recommendation, the best few that have evidence.
        also: pairs that go with a recommendation.
    """

    recommendations: tuple[Recommendation, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    hidden: int = 0
    status_left_out: int = 0
    known_left_out: int = 0
    passed_over: tuple[PassedOver, ...] = ()
    also: tuple[GroupMember, ...] = ()


class Recommender:
    """Builds recommendations from scored pairs.

    Args:
        store: the graph.
        names: its entities' names.
        ranker: its ranking.
        progress: called with stage, items done and total as the work goes on.
        taken: called with each pair that is recommended, as soon as it is found.
    """

    def __init__(
        self,
        store: GraphStore,
        names: NameIndex,
        ranker: Ranker,
        progress: Progress | None = None,
        taken: Callable[[Candidate], None] | None = None,
    ) -> None:
        self._store = store
        self._names = names
        self._ranker = ranker
        self._progress = progress
        self._search = CandidateSearch(store, names, ranker, progress, taken)

    def recommendations(
        self,
        side: Side,
        ranked: Sequence[PairScore],
        chosen: Sequence[PairScore],
        paths: int,
        top: int | None,
        *,
        texts: tuple[TextFinder, int],
        new: bool = False,
        hide: bool = False,
        status: ClinicalStage | None = None,
        diverse: bool = False,
        abstain: bool = True,
    ) -> Results:
        """The recommendations from some of the ranked pairs.

        Args:
            side: kind of the entity in question.
            ranked: all of its pairs, best first.
            chosen: those that may be recommended, best first.
            paths: most evidence paths a pair.
            top: most recommendations; None: every chosen pair.
            texts: the source of texts, and most texts of a kind a pair.
            new: leave out known treatments.
            hide: leave out contraindicated pairs.
            status: leave out drugs without this clinical stage; None: none.
            diverse: of pairs with one mechanism, or one class, recommend the best alone.
            abstain: recommend nothing where no pair is surely likelier a treatment than any pair.
        """
        if abstain and top is not None and not self._ranker.is_above_base_rate(ranked):
            return Results()
        ranks = {(score.drug, score.disease): rank for rank, score in enumerate(ranked, start=1)}
        remaining = [score for score in chosen if not (new and score.known)]
        result = self._search.search(
            remaining,
            paths,
            top=top,
            hide=hide,
            has_status=None if status is None else partial(self._search.has_status, status, texts[0]),
            diverse=diverse,
            grouped=side == "Disease",
        )
        candidates = self.add_texts(result.candidates, *texts)

        def rank(candidate: Candidate) -> int:
            return ranks[candidate.score.drug, candidate.score.disease]

        recommendations = tuple(
            self.recommendation(candidate, rank=rank(candidate), of=len(ranked), side=side)
            for candidate in candidates
        )
        return Results(
            recommendations,
            tuple(candidates),
            hidden=result.hidden,
            status_left_out=result.status_left_out,
            known_left_out=len(chosen) - len(remaining),
            passed_over=self.passed_over_entities(result, rank, side),
            also=_members(result, rank, side),
        )

    def add_texts(
        self, candidates: Sequence[Candidate], backgrounds: TextFinder, max_texts: int
    ) -> list[Candidate]:
        """The pairs with their texts; `max_texts` as `most` of `TextFinder.find_texts`.

        Raises:
            DataError: the index of texts can't be read.
        """
        if backgrounds.usage.background == "none" or not candidates:
            return [replace(candidate, texts=Texts(note=backgrounds.usage.note)) for candidate in candidates]
        self._report("Finding texts", 0, None)
        pairs = [(candidate.evidence.drug, candidate.evidence.disease) for candidate in candidates]
        texts = backgrounds.find_texts(pairs, self._names, max_texts)
        return [
            replace(candidate, texts=candidate_texts)
            for candidate, candidate_texts in zip(candidates, texts, strict=True)
        ]

    def recommendation(self, candidate: Candidate, *, rank: int, of: int, side: Side) -> Recommendation:
        """The recommendation of one pair, the `rank`-th of `of`, in the evidence's own sentences."""
        score, pair = candidate.score, candidate.evidence
        coverage = Coverage(
            paths=pair.paths,
            metapaths=pair.metapaths,
            drug_edges=self._ranker.link_count("Drug", pair.drug.id),
            disease_edges=self._ranker.link_count("Disease", pair.disease.id),
            disease_treatments=self._ranker.treatment_count(pair.disease.id) - bool(score.known),
            enough=not evidence_gap(pair),
            reason=evidence_gap(pair),
            basis=basis(pair),
        )
        parts = _largest_parts(score.parts)
        strength = candidate_grade(candidate)
        novelty = badge(self._store, score, pair, candidate.related)
        return Recommendation(
            rank=rank,
            drug=pair.drug,
            disease=pair.disease,
            score=score.score,
            probability=score.probability,
            low=score.low,
            high=score.high,
            prior=score.prior,
            drug_percentile=score.drug_percentile,
            disease_percentile=score.disease_percentile,
            unseen=score.unseen,
            known=score.known,
            badge=novelty,
            clinical=self._search.status(pair.drug.id, pair.disease.id, candidate.texts),
            drug_class=self._search.drug_class(pair.drug.id),
            verdict=verdict(
                rank,
                of,
                score,
                pair,
                candidate.safety,
                related=candidate.related,
                side=side,
                strength=strength,
            )
            + adverse_trials(candidate.texts),
            rationale=evidence_rationale(candidate),
            evidence=pair.evidence,
            adverse=pair.adverse,
            safety=candidate.safety,
            base=score.score - sum(part.contribution for part in parts),
            score_parts=parts,
            coverage=coverage,
            flags=flags(score, pair, candidate.safety, novelty, candidate.texts),
            texts=candidate.texts,
            as_of=as_of_coverage(self._store, (*pair.evidence, *pair.adverse, *candidate.safety.cautions)),
        )

    def passed_over_entities(
        self, result: SearchResult, rank: Callable[[Candidate], int], side: Side
    ) -> tuple[PassedOver, ...]:
        """The pairs that a search passed over and that rank before the last of its candidates.

        Without a candidate, the best few of those that have evidence.
        """
        last = max(map(rank, result.candidates), default=0)
        passed_over = [candidate for candidate in result.passed_over if rank(candidate) < last]
        if not result.candidates:
            unsuitable = [candidate for candidate in result.passed_over if candidate.evidence.evidence]
            passed_over = unsuitable[:_MAX_UNSUITABLE]
        return tuple(
            PassedOver(
                rank=rank(candidate),
                entity=_recommended_entity(candidate, side),
                paths=candidate.evidence.paths,
                reason=candidate.gap,
                has_evidence=bool(candidate.evidence.evidence),
            )
            for candidate in passed_over
        )

    def _report(self, stage: str, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(stage, done, total)


def _recommended_entity(candidate: Candidate, side: Side) -> Entity:
    return candidate.evidence.drug if side == "Disease" else candidate.evidence.disease


def _members(result: SearchResult, rank: Callable[[Candidate], int], side: Side) -> tuple[GroupMember, ...]:
    """The pairs that go with one that is shown."""
    return tuple(
        GroupMember(
            rank=rank(member),
            entity=_recommended_entity(member, side),
            like=_recommended_entity(shown, side).id,
            known=member.score.known,
            probability=member.score.probability,
        )
        for member, shown in result.members
    )


def _largest_parts(parts: Sequence[ScorePart]) -> tuple[ScorePart, ...]:
    """The parts that change a score most, largest first, then the sum of all others as one part."""
    if len(parts) <= _MAX_PARTS:
        return tuple(parts)
    order = sorted(parts, key=lambda part: -abs(part.contribution))
    remainder = sum(part.contribution for part in order[_MAX_PARTS:])
    largest = sorted(order[:_MAX_PARTS], key=lambda part: -part.contribution)
    smaller = ScorePart(metapath=SMALLER, template="", value=0.0, contribution=remainder)
    return (*largest, smaller)


def abstention_reason(
    ranker: Ranker, ranked: Sequence[PairScore], results: Results, noun: str, no_path: str
) -> str:
    """The reason why nothing is recommended, as a sentence; "" where something is.

    Args:
        ranker, ranked: the ranking and its pairs, best first.
        results: the recommendations, and the counts of pairs left out.
        noun: the recommended kind: `drug`, `disease`.
        no_path: a clause for where no path leads to any.
    """
    if results.recommendations:
        return ""
    if results.known_left_out or results.hidden or results.status_left_out:
        others = len(ranked) - results.known_left_out - results.hidden - results.status_left_out
        return no_recommendation.no_candidate(
            noun, results.known_left_out, results.hidden, others, results.status_left_out
        )
    if results.passed_over:
        best_passed = results.passed_over[0]
        return no_recommendation.none_suitable(
            noun, best_passed.entity.name, best_passed.rank, best_passed.reason
        )
    if ranker.is_above_base_rate(ranked):
        return no_recommendation.not_enough(no_path)
    best = ranked[0]
    return no_recommendation.none_above_base_rate(best.probability, best.low, best.high, ranker.base_rate)
