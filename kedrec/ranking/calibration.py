"""Probabilities from scores, with intervals, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.splines import Binned, fit_spline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "DegreeLine",
    "Reliability",
    "Scale",
    "brier_skill",
    "cross_calibrated",
    "percentiles",
    "platt",
    "sigmoid",
]

_PARTS = 200  # groups that independent pairs are dealt to
_FOLDS = 5
_TAKEN_OFF = 0.65  # of what the degree of a drug lets expect
_APART = 1e-9  # log-odds between neighbours that would else be equal
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
    """How often pairs of a score were treatments, and the 95 % interval of that.

    Attributes:
        scores: ascending log-odds, as the models gave them; equal ones at an end.
        middle: the share as log-odds, rising.
        low, high: ends of the interval, log-odds, rising.
    """

    scores: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(
        cls, scores: NDArray[Any], labels: NDArray[Any], diseases: NDArray[Any] | None = None
    ) -> Reliability:
        """Shares by a logistic regression on a spline of the score, with intervals for diseases drawn anew.

        All three curves are put in rising order, which brings none of them further from a truth that rises
        (Chernozhukov, Fernández-Val and Galichon 2009, doi:10.1093/biomet/asp030).

        Args:
            scores: log-odds, one a pair.
            labels: which pairs are treatments.
            diseases: the number of each pair's disease: pairs of one depend on each other. Without, pairs are
                taken as independent.
        """
        groups = np.arange(len(scores)) % _PARTS if diseases is None else np.asarray(diseases)
        binned = Binned.of(scores, labels, groups)
        middle, reach = fit_spline(binned)
        curves = (middle, middle - reach, middle + reach)
        return cls(tuple(binned.scores.tolist()), *(tuple(_rising(curve).tolist()) for curve in curves))

    def calibrated(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds of the share at some scores; a better score has more, beyond the known shares too."""
        return _along(np.asarray(scores, np.float64), self.scores, self.middle)

    def interval(self, calibrated: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lower and the upper ends at some calibrated log-odds, as probabilities.

        Beyond the known shares the interval is as wide in log-odds as at the last of them.
        """
        calibrated = np.asarray(calibrated, np.float64)
        beyond = calibrated - np.clip(calibrated, self.middle[0], self.middle[-1])
        low, high = (sigmoid(np.interp(calibrated, self.middle, e) + beyond) for e in (self.low, self.high))
        return low, high


def _rising(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a curve in rising order, no two of them equal."""
    return np.sort(curve) + _APART * np.arange(len(curve))


def cross_calibrated(
    scores: NDArray[Any], labels: NDArray[Any], diseases: NDArray[Any]
) -> NDArray[np.float64]:
    """Probabilities of pairs, each by the shares among pairs of other diseases: in five folds of diseases.

    Arguments are as of `Reliability.of`.
    """
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels)
    folds = np.unique(diseases, return_inverse=True)[1] % _FOLDS
    probabilities = np.zeros(len(scores))
    for fold in np.unique(folds).tolist():
        here = folds == fold
        others = ~here if not here.all() else here  # a single disease has no others
        binned = Binned.of(scores[others], labels[others], diseases[others])
        middle = _rising(fit_spline(binned)[0])
        probabilities[here] = sigmoid(_along(scores[here], binned.scores, middle))
    return probabilities


def _along(scores: NDArray[Any], knots: Any, values: Any) -> NDArray[np.float64]:
    """A curve at some scores; beyond its ends it goes on half as steeply as the scores."""
    beyond = scores - np.clip(scores, knots[0], knots[-1])
    return np.asarray(np.interp(scores, knots, values) + _BEYOND * beyond)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a regime's models become log-odds: `shift + slope * mean((score - centre) / spread)`, calibrated.

    Attributes:
        centres, spreads: of each model's scores over all pairs.
        slope, shift: calibrated on pairs the models have not seen.
        reliability: of that on the same pairs: at the top log-odds aren't a straight line of scores.
        metrics: over all pairs of treated diseases, by models that have not seen the pair's label. In the
            regime `treated` the pair's own treatment alone is hidden from its features, in `unseen` all of
            the disease's. `auroc`, `auprc` (average precision), `brier_skill` (of probabilities calibrated on
            other diseases).
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
        """Calibrated log-odds: the observed share of treatments among pairs with a similar score."""
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
        heights = np.log1p(np.asarray(degrees, np.float64))
        if len(np.unique(degrees)) < 2:
            return cls(0.0, float(np.mean(means)) if len(heights) else 0.0)
        slope, shift = np.polyfit(heights, np.asarray(means, np.float64), 1)
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
