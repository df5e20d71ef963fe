"""Stacks a model's judgement on the ranking's log-odds, by a regression fitted on validation questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import UsageError
from kedrec.evaluation.conditional_logit import fit_choices
from kedrec.evaluation.selection_answerers import rank_candidates
from kedrec.llm.choice_fit import Regime, StackedWeights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.selection_asking import BackgroundMode, BlindQuestion, RankedAnswer

__all__ = ["regime_of", "stacked_answer", "stacked_weights"]

_FOLDS = 5
_DRAWS = 1000
_RIDGE = 1.0  # of weights of standardized scores: those of few questions stay small


def regime_of(config: str) -> Regime:
    """The regime that a config's questions ask about."""
    return "unseen" if config == "unseen_disease" else "treated"


def stacked_answer(
    question: BlindQuestion, ranking: RankedAnswer, judged: RankedAnswer, weights: StackedWeights
) -> RankedAnswer:
    """Orders the candidates by the weighted sum of both answers' scores."""
    by_ranking, by_model = ranking.by_candidate, judged.by_candidate
    scores = {id_: weights.ranking * by_ranking[id_] + weights.model * by_model[id_] for id_ in by_ranking}
    return rank_candidates(question, scores)


def stacked_weights(
    questions: Sequence[Question],
    ranking: Mapping[str, RankedAnswer],
    judged: Mapping[str, RankedAnswer],
    *,
    config: str,
    background: BackgroundMode,
    most: int,
    seed: int,
) -> StackedWeights:
    """Fits the weights, and measures what they are worth on questions of groups that they weren't fitted on.

    Args:
        questions: validation questions.
        ranking, judged: answers with scores, by question id.
        config, background: what the questions and judgements are of.
        most: most candidates that may be chosen.
        seed: of the folds and the bootstrap.

    Raises:
        UsageError: the questions are of one group.
    """
    rows = [_Row.of(question, ranking[question.id], judged[question.id]) for question in questions]
    names = sorted({question.group or question.id for question in questions})
    if len(names) < 2:
        raise UsageError(
            f"The {len(questions)} validation questions of {config} are of one group, so that nothing can be "
            "fitted on one part and measured on another.",
            "Build the data set with more questions.",
        )
    numbers = {name: number for number, name in enumerate(names)}
    groups = np.array([numbers[question.group or question.id] for question in questions])
    generator = np.random.default_rng(seed)
    folds = (generator.permutation(len(names)) % min(_FOLDS, len(names)))[groups]
    counts = np.zeros((3, len(rows), 3))
    for fold in np.unique(folds):
        weights = _fitted([row for row, place in zip(rows, folds, strict=True) if place != fold])
        for index in np.flatnonzero(folds == fold):
            for place, each in enumerate((np.array([1.0, 0.0]), np.array([0.0, 1.0]), weights)):
                counts[place, index] = rows[index].count(each, most)
    by_group = np.zeros((3, len(names), 3))
    for place in range(3):
        np.add.at(by_group[place], groups, counts[place])
    drawn = generator.integers(0, len(names), (_DRAWS, len(names)))
    gains = [_f1(by_group[2][each].sum(axis=0)) - _f1(by_group[0][each].sum(axis=0)) for each in drawn]
    low, high = np.percentile(gains, [2.5, 97.5])
    f1_ranking, f1_model, f1_both = (round(_f1(count.sum(axis=0)), 4) for count in counts)
    weights = _fitted(rows)
    return StackedWeights(
        regime=regime_of(config),
        background=background,
        config=config,
        ranking=round(float(weights[0]), 4),
        model=round(float(weights[1]), 4),
        questions=len(rows),
        groups=len(names),
        f1_ranking=f1_ranking,
        f1_model=f1_model,
        f1_both=f1_both,
        gain=(round(f1_both - f1_ranking, 4), round(float(low), 4), round(float(high), 4)),
    )


class _Row:
    """One question: both scores of each candidate, and which are right."""

    def __init__(self, scores: NDArray[np.float64], right: NDArray[np.bool_]) -> None:
        self.scores = scores - scores.mean(axis=0)
        self.right = right

    @classmethod
    def of(cls, question: Question, ranking: RankedAnswer, judged: RankedAnswer) -> _Row:
        by_ranking, by_model = ranking.by_candidate, judged.by_candidate
        ids = list(judged.order)
        scores = np.array([[by_ranking[id_], by_model[id_]] for id_ in ids], np.float64)
        return cls(scores, np.array([id_ in question.answers for id_ in ids]))

    def count(self, weights: NDArray[np.float64], most: int) -> tuple[int, int, int]:
        """Right choices, choices, and right candidates, of the first `most` by these weights."""
        chosen = np.argsort(-(self.scores @ weights), kind="stable")[:most]
        return int(self.right[chosen].sum()), len(chosen), int(self.right.sum())


def _fitted(rows: Sequence[_Row]) -> NDArray[np.float64]:
    return fit_choices([(row.scores, row.right) for row in rows], _RIDGE)


def _f1(counts: NDArray[np.float64]) -> float:
    """Micro F1 of right choices, choices, and right candidates."""
    hits, chosen, right = counts
    return float(2 * hits / (chosen + right)) if chosen + right else 0.0
