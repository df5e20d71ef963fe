"""What answers are worth: precision, recall and F1 over sets, mean reciprocal rank, with intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.selection_asking import Answer

__all__ = ["Figures", "Interval", "figures_of", "markdown"]

_DRAWS = 1000

Interval = tuple[float, float, float]
"""A value and the ends of its 95 % interval."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One answerer's figures on one split.

    Attributes:
        config, split, answerer, background, among: what was asked, and of whom.
        questions: how many; `groups` of them (clusters, patients) are drawn by the bootstrap.
        candidates, answers: mean number a question has.
        most: how many could be chosen.
        precision, recall, f1: micro: over all choices together.
        macro_precision, macro_recall, macro_f1: means over questions.
        mrr: mean of one over the rank of the first right candidate.
        chance: F1 (micro) expected of a random choice of `most`.
        picked: share of the choices by what was chosen: `answer`, or the kind of wrong candidate.
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

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self)


def figures_of(
    told: Mapping[str, Any],
    questions: Sequence[Question],
    answers: Mapping[str, Answer],
    *,
    most: int,
    seed: int,
) -> Figures:
    """The figures of some answers; intervals by a bootstrap over the questions' groups, 1,000 draws.

    Args:
        told: config, split, answerer, background, among.
        questions: those answered, at least one.
        answers: by question's id.
        most: how many candidates could be chosen.
        seed: of the bootstrap.
    """
    rows = np.array([_row(one, answers[one.id]) for one in questions], float)
    groups = _groups(questions)
    members = np.zeros((len(set(groups)), len(questions)), np.float64)
    members[groups, np.arange(len(questions))] = 1.0
    draw = np.random.default_rng(seed)
    size = len(members)
    drawn = [
        _means(rows, np.bincount(draw.integers(0, size, size), minlength=size) @ members)
        for _ in range(_DRAWS)
    ]
    low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    whole = _means(rows, np.ones(len(questions)))
    names = ("precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1", "mrr")
    intervals: dict[str, Any] = {
        name: tuple(round(float(value), 4) for value in (whole[at], low[at], high[at]))
        for at, name in enumerate(names)
    }
    picked = Counter(
        one.kind_of(id_) or "answer" for one in questions for id_ in answers[one.id].chosen
    )  # fmt: skip
    total = max(sum(picked.values()), 1)
    sizes = [len(answers[one.id].order) for one in questions]
    return Figures(
        **told,
        questions=len(questions),
        groups=size,
        candidates=round(float(np.mean(sizes)), 2),
        answers=round(float(np.mean([len(one.answers) for one in questions])), 2),
        most=most,
        chance=round(_chance(questions, sizes, most), 4),
        picked={kind: round(count / total, 4) for kind, count in sorted(picked.items())},
        **intervals,
    )


def _groups(questions: Sequence[Question]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(one.group or one.id, len(numbers)) for one in questions], np.int64)


def _row(question: Question, answer: Answer) -> tuple[float, ...]:
    """Right choices, choices, answers, reciprocal rank; precision, recall and F1 of the one question."""
    right = set(question.answers)
    hits, chosen = len(right & set(answer.chosen)), len(answer.chosen)
    rank = next((at for at, id_ in enumerate(answer.order, 1) if id_ in right), 0)
    precision, recall = hits / chosen if chosen else 0.0, hits / len(right)
    f1 = 2 * hits / (chosen + len(right))
    return hits, chosen, len(right), 1 / rank if rank else 0.0, precision, recall, f1


def _means(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, ...]:
    hits, chosen, right = (float(weights @ rows[:, at]) for at in range(3))
    each = weights @ rows[:, 3:] / weights.sum()
    precision, recall = hits / chosen if chosen else 0.0, hits / right if right else 0.0
    f1 = 2 * hits / (chosen + right) if chosen + right else 0.0
    return precision, recall, f1, float(each[1]), float(each[2]), float(each[3]), float(each[0])


def _chance(questions: Sequence[Question], sizes: Sequence[int], most: int) -> float:
    right = [len(one.answers) for one in questions]
    taken = [min(most, size) for size in sizes]
    hits = sum(n * k / size for n, k, size in zip(right, taken, sizes, strict=True))
    return 2 * hits / (sum(right) + sum(taken))


def markdown(results: Sequence[Figures]) -> str:
    """The figures as a table."""

    def told(figure: Interval) -> str:
        return f"{figure[0]:.3f} ({figure[1]:.3f}-{figure[2]:.3f})"

    head = (
        "config | split | answerer | background | among | questions | precision | recall | F1 micro | "
        "F1 macro | MRR | F1 by chance"
    )
    lines = [f"| {head} |", "| --- " * 12 + "|"]
    lines += [
        f"| {one.config} | {one.split} | {one.answerer} | {one.background} | {one.among} | {one.questions} | "
        f"{told(one.precision)} | {told(one.recall)} | {told(one.f1)} | {told(one.macro_f1)} | "
        f"{told(one.mrr)} | {one.chance:.3f} |"
        for one in results
    ]
    return "\n".join(lines) + "\n"
