"""Probabilities from scores, with intervals, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "Intervals",
    "Scale",
    "bend_of",
    "brier_skill",
    "expected_means",
    "percentiles",
    "platt",
    "sigmoid",
]

_WINDOW = 25  # treatments that an interval is made of, at least
_GRID = 200


def sigmoid(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities of log-odds."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(scores, np.float64)))


def platt(scores: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
    """Slope and shift that make scores log-odds (Platt 1999), by Newton's method."""
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    design = np.column_stack([scores, np.ones(len(scores))])
    rate = min(max(labels.mean(), 1e-9), 1 - 1e-9)
    weights = np.array([1.0, np.log(rate / (1 - rate)) - scores.mean()])
    for _ in range(50):
        found = sigmoid(design @ weights)
        slopes = design.T @ (labels - found) - 1e-6 * weights
        curve = (design * (found * (1 - found))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.clip(np.linalg.solve(curve, slopes), -5, 5)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


def bend_of(scores: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float, float]:
    """Constant, slope and curvature that bring log-odds nearest to the truth, by Newton's method."""
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    design = np.column_stack([np.ones(len(scores)), scores, scores**2])
    weights, ridge = np.array([0.0, 1.0, 0.0]), np.array([1e-3, 1e-3, 1e-3])
    for _ in range(50):
        found = sigmoid(design @ weights)
        slopes = design.T @ (labels - found) - ridge * (weights - np.array([0.0, 1.0, 0.0]))
        curve = (design * (found * (1 - found))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curve, slopes)
        weights = weights + step
        if np.abs(step).max() < 1e-9:  # far under what a probability shows
            break
    return float(weights[0]), float(weights[1]), float(weights[2])


def bent(scores: NDArray[Any], bend: tuple[float, float, float]) -> NDArray[np.float64]:
    """The quadratic where it rises; beyond its turn a nearly level line, so that order is kept."""
    constant, slope, curvature = bend
    scores = np.asarray(scores, np.float64)
    if abs(curvature) < 1e-12:  # a straight line
        return np.asarray(constant + slope * scores)
    turn = -slope / (2 * curvature)
    inside = np.minimum(scores, turn) if curvature < 0 else np.maximum(scores, turn)
    level = 1e-3 * (scores - inside)
    return np.asarray(constant + slope * inside + curvature * inside**2 + level)


def brier_skill(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """One less the Brier score over that of always giving the rate: 1 is perfect, 0 no better than it."""
    rate = float(np.mean(labels))
    return 1 - float(np.mean((probabilities - labels) ** 2)) / (rate * (1 - rate))


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often pairs of about a score were treatments: a 95 % interval by score.

    Attributes:
        scores: ascending.
        low, high: of the probability, at each score.
    """

    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, scores: NDArray[Any], labels: NDArray[Any]) -> Intervals:
        """Jeffreys intervals (Brown et al. 2001) of the out-of-fold pairs around each score.

        A pair's neighbours are as many as have 25 treatments among them, half of them above it where there
        are; at the top the best-scored pairs that have as many.
        """
        from scipy.stats import beta

        order = np.argsort(scores, kind="stable")
        sorted_scores, hits = np.asarray(scores, np.float64)[order], np.cumsum(np.asarray(labels)[order])
        total, count = float(hits[-1]), len(hits)
        half = min(_WINDOW, total) / 2
        grid = np.unique(np.quantile(hits, np.linspace(0, 1, _GRID)))
        places = np.unique(np.r_[np.searchsorted(hits, grid), np.linspace(0, count - 1, _GRID).astype(int)])
        low, high = [], []
        for place in places.tolist():
            end = min(hits[place] + half, total)
            begin = max(end - 2 * half, 0.0)
            first = min(int(np.searchsorted(hits, begin, "right")), place)
            last = max(int(np.searchsorted(hits, end, "left")), place)
            found = float(hits[last] - (hits[first - 1] if first else 0))
            missed = last - first + 1 - found
            low.append(float(beta.ppf(0.025, found + 0.5, missed + 0.5)))
            high.append(float(beta.ppf(0.975, found + 0.5, missed + 0.5)))
        # a better score never has a lower bound
        return cls(
            tuple(sorted_scores[places].tolist()),
            tuple(np.maximum.accumulate(low).tolist()),
            tuple(np.minimum.accumulate(high[::-1])[::-1].tolist()),
        )

    def at(self, scores: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lower and the upper ends at some scores."""
        return np.interp(scores, self.scores, self.low), np.interp(scores, self.scores, self.high)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a regime's models become log-odds: `shift + slope * mean((score - centre) / spread)`.

    Attributes:
        centres, spreads: of each model's scores over all pairs.
        slope, shift: calibrated on pairs the models have not seen.
        bend: a further quadratic of that, since at the top log-odds aren't a straight line of scores; it is
            level where it would fall.
        intervals: of the probability, by score.
        metrics: out of fold over all pairs of treated diseases, each pair's own treatment hidden: `auroc`,
            `auprc` (average precision), `brier_skill`.
    """

    centres: tuple[float, ...]
    spreads: tuple[float, ...]
    slope: float
    shift: float
    bend: tuple[float, float, float]
    intervals: Intervals
    metrics: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Scale:
        """From its fields, as JSON has them."""
        return cls(**{**facts, "intervals": Intervals(**facts["intervals"])})

    def straight(self, raw: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """The models' scores as log-odds before the bend."""
        parts = [
            (np.asarray(values, np.float64) - centre) / spread
            for values, centre, spread in zip(raw, self.centres, self.spreads, strict=True)
        ]
        return np.asarray(self.shift + self.slope * np.mean(parts, axis=0))

    def bent(self, straight: NDArray[Any]) -> NDArray[np.float64]:
        """Calibrated log-odds."""
        return bent(straight, self.bend)

    @classmethod
    def plain(cls) -> Scale:
        """A single model's scores as they are."""
        return cls((0.0,), (1.0,), 1.0, 0.0, (0.0, 1.0, 0.0), Intervals((0.0,), (0.0,), (1.0,)))


def percentiles(values: NDArray[Any]) -> NDArray[np.float32]:
    """The share of the others that are lower, in percent; equal ones count half."""
    values = np.asarray(values, np.float64)
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") - 1
    return np.asarray(50.0 * below / max(len(values) - 1, 1), np.float32)


def expected_means(means: NDArray[Any], degrees: NDArray[Any]) -> NDArray[np.float32]:
    """What mean score a drug of each degree is expected to have: by least squares on the logarithm.

    Args:
        means: each drug's mean score over all diseases.
        degrees: how many diseases each treats.
    """
    told = np.log1p(np.asarray(degrees, np.float64))
    if told.std() == 0:
        return np.full(len(told), float(np.mean(means)), np.float32)
    slope, shift = np.polyfit(told, np.asarray(means, np.float64), 1)
    return np.asarray(slope * told + shift, np.float32)
