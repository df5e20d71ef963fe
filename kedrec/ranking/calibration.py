"""Calibrates scores to probabilities with intervals, and measures the calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.splines import BinnedScores, fit_spline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "DegreeLine",
    "Reliability",
    "Scale",
    "brier_skill",
    "cross_calibrate",
    "percentiles",
    "percentiles_among",
    "platt",
    "sigmoid",
]

_INDEPENDENT_GROUPS = 200  # groups that independent pairs are distributed over
_FOLDS = 5
_DEGREE_SHARE = 0.65  # of the mean score expected by a drug's degree, that is subtracted
_MIN_STEP = 1e-9  # log-odds between neighbours that would otherwise be equal
_OUTER_SLOPE = 0.5  # log-odds per point of score beyond the observed shares: half as steep as scores are


def sigmoid(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities of log-odds."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(scores, np.float64)))


def platt(scores: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
    """Fits the slope and shift that turn scores into log-odds (Platt 1999), by Newton's method."""
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    design = np.column_stack([scores, np.ones(len(scores))])
    rate = min(max(labels.mean(), 1e-9), 1 - 1e-9)
    weights = np.array([1.0, np.log(rate / (1 - rate)) - scores.mean()])
    for _ in range(50):
        probabilities = sigmoid(design @ weights)
        gradient = design.T @ (labels - probabilities) - 1e-6 * weights
        hessian = (design * (probabilities * (1 - probabilities))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.clip(np.linalg.solve(hessian, gradient), -5, 5)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


def brier_skill(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """Brier skill score: 1 is perfect, 0 no better than predicting the rate for every pair."""
    rate = float(np.mean(labels))
    return 1 - float(np.mean((probabilities - labels) ** 2)) / (rate * (1 - rate))


@dataclass(frozen=True, slots=True)
class Reliability:
    """The observed share of treatments among pairs of each score, with a 95 % interval.

    Attributes:
        scores: uncalibrated log-odds, ascending; equal ones at an end.
        middle: the share as log-odds, ascending.
        low, high: ends of the interval as log-odds, ascending.
    """

    scores: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(
        cls, scores: NDArray[Any], labels: NDArray[Any], diseases: NDArray[Any] | None = None
    ) -> Reliability:
        """Fits shares by a logistic regression on a spline of the score, with intervals for new diseases.

        All three curves are sorted, which brings none of them further from an increasing truth
        (Chernozhukov, Fernández-Val and Galichon 2009, doi:10.1093/biomet/asp030).

        Args:
            scores: log-odds, one a pair.
            labels: which pairs are treatments.
            diseases: the number of each pair's disease: pairs of one depend on each other. None: pairs are
                independent.
        """
        groups = np.arange(len(scores)) % _INDEPENDENT_GROUPS if diseases is None else np.asarray(diseases)
        binned = BinnedScores.of(scores, labels, groups)
        middle, half_width = fit_spline(binned)
        curves = (middle, middle - half_width, middle + half_width)
        return cls(tuple(binned.scores.tolist()), *(tuple(_rising(curve).tolist()) for curve in curves))

    def calibrate(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds of the share at some scores; strictly increasing, also beyond the observed shares."""
        return _interpolated(np.asarray(scores, np.float64), self.scores, self.middle)

    def interval(self, calibrated: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lower and the upper ends at some calibrated log-odds, as probabilities.

        Beyond the observed shares the interval is as wide in log-odds as at the last of them.
        """
        calibrated = np.asarray(calibrated, np.float64)
        excess = calibrated - np.clip(calibrated, self.middle[0], self.middle[-1])
        low, high = (
            sigmoid(np.interp(calibrated, self.middle, curve) + excess) for curve in (self.low, self.high)
        )
        return low, high


def _rising(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a curve in ascending order, no two of them equal."""
    return np.sort(curve) + _MIN_STEP * np.arange(len(curve))


def cross_calibrate(
    scores: NDArray[Any], labels: NDArray[Any], diseases: NDArray[Any]
) -> NDArray[np.float64]:
    """Cross-fitted probabilities: each pair's from pairs of other diseases, in five folds of diseases.

    Arguments as in `Reliability.of`.
    """
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels)
    folds = np.unique(diseases, return_inverse=True)[1] % _FOLDS
    probabilities = np.zeros(len(scores))
    for fold in np.unique(folds).tolist():
        in_fold = folds == fold
        training = ~in_fold if not in_fold.all() else in_fold  # a single disease has no others
        binned = BinnedScores.of(scores[training], labels[training], diseases[training])
        middle = _rising(fit_spline(binned)[0])
        probabilities[in_fold] = sigmoid(_interpolated(scores[in_fold], binned.scores, middle))
    return probabilities


def _interpolated(scores: NDArray[Any], knots: Any, values: Any) -> NDArray[np.float64]:
    """A curve at some scores; beyond its ends it continues half as steeply as the scores."""
    excess = scores - np.clip(scores, knots[0], knots[-1])
    return np.asarray(np.interp(scores, knots, values) + _OUTER_SLOPE * excess)


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns the scores of a regime's models into log-odds.

    The log-odds are `shift + slope * mean((score - centre) / spread)`, calibrated.

    Attributes:
        centres, spreads: mean and standard deviation of each model's scores over all pairs.
        slope, shift: fitted on pairs the models have not seen.
        reliability: calibration on the same pairs: at the top, log-odds aren't linear in the scores.
        metrics: over all pairs of treated diseases, by models that have not seen the pair's label: `auroc`,
            `auprc` (average precision), `brier_skill` (of probabilities calibrated on other diseases). In the
            regime `treated` the pair's own treatment alone is hidden from its features, in `unseen` all of
            the disease's.
    """

    centres: tuple[float, ...]
    spreads: tuple[float, ...]
    slope: float
    shift: float
    reliability: Reliability | None
    metrics: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Scale:
        """Restores a scale from its fields as read from JSON."""
        return cls(**{**facts, "reliability": Reliability(**facts["reliability"])})

    def uncalibrated(self, raw: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Uncalibrated log-odds: linear in the models' scores."""
        standardized = [
            (np.asarray(values, np.float64) - centre) / spread
            for values, centre, spread in zip(raw, self.centres, self.spreads, strict=True)
        ]
        return np.asarray(self.shift + self.slope * np.mean(standardized, axis=0))

    def calibrate(self, uncalibrated: NDArray[Any]) -> NDArray[np.float64]:
        """Calibrated log-odds: the observed share of treatments among pairs with a similar score."""
        if self.reliability is None:
            return np.asarray(uncalibrated, np.float64)
        return self.reliability.calibrate(uncalibrated)

    @classmethod
    def identity(cls) -> Scale:
        """The scale that returns a single model's scores unchanged."""
        return cls((0.0,), (1.0,), 1.0, 0.0, None)


def percentiles(values: NDArray[Any]) -> NDArray[np.float32]:
    """Percentile of each value: the share of the others that are lower, in percent; equal ones count half."""
    values = np.asarray(values, np.float64)
    return percentiles_among(np.sort(values), values, np.ones(len(values), bool))


def percentiles_among(
    ordered: NDArray[Any], values: NDArray[Any], included: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Percentile of each value among others: the share of them that are lower; equal ones count half.

    Args:
        ordered: the others, ascending.
        values: the values.
        included: mask of the values that are themselves in `ordered`: compared with the others there.
    """
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") - included
    return np.asarray(50.0 * below / np.maximum(len(ordered) - included, 1), np.float32)


@dataclass(frozen=True, slots=True)
class DegreeLine:
    """Expected mean score of a drug by its degree: a line over the degree's logarithm.

    Attributes:
        slope, shift: of the line.
    """

    slope: float
    shift: float

    @classmethod
    def of(cls, means: NDArray[Any], degrees: NDArray[Any]) -> DegreeLine:
        """Fits the line by least squares.

        Args:
            means: each drug's mean score over all diseases.
            degrees: number of diseases that each treats.
        """
        log_degrees = np.log1p(np.asarray(degrees, np.float64))
        if len(np.unique(degrees)) < 2:
            return cls(0.0, float(np.mean(means)) if len(log_degrees) else 0.0)
        slope, shift = np.polyfit(log_degrees, np.asarray(means, np.float64), 1)
        return cls(float(slope), float(shift))

    def subtract_expected(self, scores: NDArray[Any], degrees: NDArray[Any]) -> NDArray[np.float64]:
        """Scores minus 0.65 of the line's value.

        Subtracting all of it would rank drugs that treat nothing first; this share brings the correlation of
        a drug's mean score with its degree to about .35 (docs/ranking.md).

        Args:
            scores: of pairs.
            degrees: number of diseases that each pair's drug is known to treat, without the pair's own.
        """
        expected = self.shift + self.slope * np.log1p(np.asarray(degrees, np.float64))
        return np.asarray(scores - _DEGREE_SHARE * expected, np.float64)
