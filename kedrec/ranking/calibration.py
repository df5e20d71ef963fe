"""Probabilities from scores, with intervals, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "DegreeLine",
    "Reliability",
    "Scale",
    "brier_skill",
    "percentiles",
    "platt",
    "sigmoid",
]

_WINDOW = 25  # treatments that an interval is made of, at least
_GRID = 200
_TAKEN_OFF = 0.65  # of what the degree of a drug lets expect
_POOLED = 1e-12  # shares that differ by less are one
_BEYOND = 0.5  # log-odds a point of score, beyond the shares that are known: half as steep as scores are


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


def brier_skill(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """One less the Brier score over that of always giving the rate: 1 is perfect, 0 no better than it."""
    rate = float(np.mean(labels))
    return 1 - float(np.mean((probabilities - labels) ** 2)) / (rate * (1 - rate))


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often pairs of about a score were treatments, and the 95 % interval of that.

    Attributes:
        scores: ascending log-odds, as the models gave them.
        middle: the share as log-odds, rising.
        low, high: ends of the interval, log-odds.
    """

    scores: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, scores: NDArray[Any], labels: NDArray[Any]) -> Reliability:
        """Shares among the pairs around each score, with Jeffreys intervals (Brown et al. 2001).

        A score's pairs are as many as have 25 treatments among them, half of them above it where there are;
        at the top the best-scored pairs that have as many. Where a better score has a smaller share, both are
        pooled (isotonic regression).
        """
        from scipy.stats import beta
        from sklearn.isotonic import isotonic_regression

        order = np.argsort(scores, kind="stable")
        ordered, hits = np.asarray(scores, np.float64)[order], np.cumsum(np.asarray(labels)[order])
        total, count = float(hits[-1]), len(hits)
        half = min(_WINDOW, total) / 2
        by_hits = np.searchsorted(hits, np.quantile(hits, np.linspace(0, 1, _GRID)))
        of_hits = np.searchsorted(hits, np.linspace(0, total, min(_GRID, int(total) + 1)))
        places = np.unique(np.r_[by_hits, of_hits, 0, count - 1])
        end = np.minimum(hits[places] + half, total)
        first = np.minimum(np.searchsorted(hits, np.maximum(end - 2 * half, 0.0), "right"), places)
        last = np.maximum(np.searchsorted(hits, end, "left"), places)
        found = hits[last] - np.where(first > 0, hits[np.maximum(first - 1, 0)], 0) + 0.5
        missed = last - first + 1.5 - found + 0.5
        # Pooling keeps the order of the three, so that the share stays inside its interval.
        share, low, high = (
            isotonic_regression(values)
            for values in (
                found / (found + missed),
                beta.ppf(0.025, found, missed),
                beta.ppf(0.975, found, missed),
            )
        )
        # A share that was pooled is that of the middle of its scores: between two such it rises.
        pools = np.cumsum(np.diff(share, prepend=share[0]) > _POOLED)
        sizes = np.bincount(pools)
        means = [np.bincount(pools, values) / sizes for values in (ordered[places], share, low, high)]
        knots, *ends = means[0], *(_logit(values) for values in means[1:])
        return cls(tuple(knots.tolist()), *(tuple(values.tolist()) for values in ends))

    def calibrated(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds of the share at some scores; a better score has more, beyond the known shares too."""
        scores = np.asarray(scores, np.float64)
        beyond = scores - np.clip(scores, self.scores[0], self.scores[-1])
        return np.asarray(np.interp(scores, self.scores, self.middle) + _BEYOND * beyond)

    def interval(self, calibrated: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lower and the upper ends at some calibrated log-odds, as probabilities.

        Beyond the known shares the interval is as wide in log-odds as at the last of them.
        """
        calibrated = np.asarray(calibrated, np.float64)
        beyond = calibrated - np.clip(calibrated, self.middle[0], self.middle[-1])
        low, high = (sigmoid(np.interp(calibrated, self.middle, e) + beyond) for e in (self.low, self.high))
        return low, high


def _logit(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(shares / (1 - shares))


@dataclass(frozen=True, slots=True)
class Scale:
    """How a regime's models become log-odds: `shift + slope * mean((score - centre) / spread)`, calibrated.

    Attributes:
        centres, spreads: of each model's scores over all pairs.
        slope, shift: calibrated on pairs the models have not seen.
        reliability: of that on the same pairs: at the top log-odds aren't a straight line of scores.
        metrics: out of fold over all pairs of treated diseases, each pair's own treatment hidden: `auroc`,
            `auprc` (average precision), `brier_skill`.
    """

    centres: tuple[float, ...]
    spreads: tuple[float, ...]
    slope: float
    shift: float
    reliability: Reliability | None
    metrics: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Scale:
        """From its fields, as JSON has them."""
        return cls(**{**facts, "reliability": Reliability(**facts["reliability"])})

    def straight(self, raw: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """The models' scores as log-odds before their reliability is looked at."""
        parts = [
            (np.asarray(values, np.float64) - centre) / spread
            for values, centre, spread in zip(raw, self.centres, self.spreads, strict=True)
        ]
        return np.asarray(self.shift + self.slope * np.mean(parts, axis=0))

    def calibrated(self, straight: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds as often as pairs of about that score were treatments."""
        if self.reliability is None:
            return np.asarray(straight, np.float64)
        return self.reliability.calibrated(straight)

    @classmethod
    def plain(cls) -> Scale:
        """A single model's scores as they are."""
        return cls((0.0,), (1.0,), 1.0, 0.0, None)


def percentiles(values: NDArray[Any]) -> NDArray[np.float32]:
    """The share of the others that are lower, in percent; equal ones count half."""
    values = np.asarray(values, np.float64)
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") - 1
    return np.asarray(50.0 * below / max(len(values) - 1, 1), np.float32)


@dataclass(frozen=True, slots=True)
class DegreeLine:
    """What mean score a drug of each degree is expected to have: a line of the degree's logarithm.

    Attributes:
        slope, shift: of the line.
    """

    slope: float
    shift: float

    @classmethod
    def of(cls, means: NDArray[Any], degrees: NDArray[Any]) -> DegreeLine:
        """By least squares.

        Args:
            means: each drug's mean score over all diseases.
            degrees: how many diseases each treats.
        """
        told = np.log1p(np.asarray(degrees, np.float64))
        if len(told) == 0 or told.std() == 0:
            return cls(0.0, float(np.mean(means)) if len(told) else 0.0)
        slope, shift = np.polyfit(told, np.asarray(means, np.float64), 1)
        return cls(float(slope), float(shift))

    def beyond(self, scores: NDArray[Any], degrees: NDArray[Any]) -> NDArray[np.float64]:
        """Scores less 0.65 of what the line expects.

        All of it would rank drugs that treat nothing first; this much brings the correlation of a drug's mean
        score with its degree to about .35 (docs/ranking.md).

        Args:
            scores: of pairs.
            degrees: how many diseases each pair's drug is known to treat, but the pair's own.
        """
        expected = self.shift + self.slope * np.log1p(np.asarray(degrees, np.float64))
        return np.asarray(scores - _TAKEN_OFF * expected, np.float64)
