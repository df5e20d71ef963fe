"""Scores of selection answers: set precision, recall and F1, mean reciprocal rank, with intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.selection_asking import RankedAnswer

__all__ = ["Interval", "SelectionFigures", "markdown", "score_answers"]

_DRAWS = 1000

Interval = tuple[float, float, float]
"""A value and the ends of its 95 % interval."""


@dataclass(frozen=True, slots=True)
class SelectionFigures:
    """One answerer's figures on one split.

    Attributes:
        config, split, answerer, background, among: the questions and the answerer.
        questions: their number; the bootstrap draws whole `groups` of them (clusters, patients).
        candidates, answers: mean number a question.
        most: most candidates that could be chosen.
        precision, recall, f1: micro averages, over all choices together.
        macro_precision, macro_recall, macro_f1: means over questions.
        mrr: mean of one over the rank of the first right candidate.
        chance: F1 (micro) expected of a random choice of `most`.
        picked: share of the choices by kind: `answer`, or the kind of wrong candidate.
    """

    config: str
    split: str
    answerer: str
    background: str
    among: str
    questions: int
    groups: int
    candidates: float
    answers: float
    most: int
    precision: Interval
    recall: Interval
    f1: Interval
    macro_precision: Interval
    macro_recall: Interval
    macro_f1: Interval
    mrr: Interval
    chance: float
    picked: Mapping[str, float]


def score_answers(
    description: Mapping[str, Any],
    questions: Sequence[Question],
    answers: Mapping[str, RankedAnswer],
    *,
    most: int,
    seed: int,
) -> SelectionFigures:
    """Scores answers; intervals by a bootstrap over the questions' groups, 1,000 draws.

    Args:
        description: config, split, answerer, background, among.
        questions: the answered ones, at least one.
        answers: by question id.
        most: most candidates that could be chosen.
        seed: of the bootstrap.
    """
    rows = np.array([_row(question, answers[question.id]) for question in questions], float)
    groups = _groups(questions)
    members = np.zeros((len(set(groups)), len(questions)), np.float64)
    members[groups, np.arange(len(questions))] = 1.0
    generator = np.random.default_rng(seed)
    size = len(members)
    resamples = [
        _means(rows, np.bincount(generator.integers(0, size, size), minlength=size) @ members)
        for _ in range(_DRAWS)
    ]
    low, high = np.percentile(np.array(resamples), [2.5, 97.5], axis=0)
    estimates = _means(rows, np.ones(len(questions)))
    names = ("precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1", "mrr")
    intervals: dict[str, Any] = {
        name: tuple(round(float(value), 4) for value in (estimates[column], low[column], high[column]))
        for column, name in enumerate(names)
    }
    picked = Counter(
        question.kind_of(id_) or "answer" for question in questions for id_ in answers[question.id].chosen
    )  # fmt: skip
    total = max(sum(picked.values()), 1)
    sizes = [len(answers[question.id].order) for question in questions]
    return SelectionFigures(
        **description,
        questions=len(questions),
        groups=size,
        candidates=round(float(np.mean(sizes)), 2),
        answers=round(float(np.mean([len(question.answers) for question in questions])), 2),
        most=most,
        chance=round(_chance(questions, sizes, most), 4),
        picked={kind: round(count / total, 4) for kind, count in sorted(picked.items())},
        **intervals,
    )


def _groups(questions: Sequence[Question]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(question.group or question.id, len(numbers)) for question in questions], np.int64
    )


def _row(question: Question, answer: RankedAnswer) -> tuple[float, ...]:
    """Right choices, choices, answers, reciprocal rank; precision, recall and F1 of one question."""
    right = set(question.answers)
    hits, chosen = len(right & set(answer.chosen)), len(answer.chosen)
    rank = next((position for position, id_ in enumerate(answer.order, 1) if id_ in right), 0)
    precision, recall = hits / chosen if chosen else 0.0, hits / len(right)
    f1 = 2 * hits / (chosen + len(right))
    return hits, chosen, len(right), 1 / rank if rank else 0.0, precision, recall, f1


def _means(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, ...]:
    hits, chosen, right = (float(weights @ rows[:, column]) for column in range(3))
    question_means = weights @ rows[:, 3:] / weights.sum()
    precision, recall = hits / chosen if chosen else 0.0, hits / right if right else 0.0
    f1 = 2 * hits / (chosen + right) if chosen + right else 0.0
    return (
        precision,
        recall,
        f1,
        float(question_means[1]),
        float(question_means[2]),
        float(question_means[3]),
        float(question_means[0]),
    )


def _chance(questions: Sequence[Question], sizes: Sequence[int], most: int) -> float:
    right = [len(question.answers) for question in questions]
    choices = [min(most, size) for size in sizes]
    hits = sum(correct * chosen / size for correct, chosen, size in zip(right, choices, sizes, strict=True))
    return 2 * hits / (sum(right) + sum(choices))


def markdown(results: Sequence[SelectionFigures]) -> str:
    """The figures as a Markdown table."""

    def cell(interval: Interval) -> str:
        return f"{interval[0]:.3f} ({interval[1]:.3f}-{interval[2]:.3f})"

    head = (
        "config | split | answerer | background | among | questions | precision | recall | F1 micro | "
        "F1 macro | MRR | F1 by chance"
    )
    lines = [f"| {head} |", "| --- " * 12 + "|"]
    lines += [
        f"| {row.config} | {row.split} | {row.answerer} | {row.background} | {row.among} | {row.questions} | "
        f"{cell(row.precision)} | {cell(row.recall)} | {cell(row.f1)} | {cell(row.macro_f1)} | "
        f"{cell(row.mrr)} | {row.chance:.3f} |"
        for row in results
    ]
    return "\n".join(lines) + "\n"
