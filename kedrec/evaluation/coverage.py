"""Coverage of calibrated probabilities and their 95 % intervals, simulated from known curves.

Scores and labels are drawn from a known curve, calibrated like the ranking's, and compared with the curve at
fresh scores. Pairs of a disease depend on each other: each disease adds its own log-odds to the curve, and
the truth at a score is the mean over all diseases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.calibration import Reliability, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BANDS", "CURVES", "Band", "World", "coverage", "markdown"]

BANDS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 1.0)
"""Bounds of the bands: quantiles of the score, ascending."""

_NODES = 41  # of the integral over diseases


def _capped(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(sigmoid(scores), 0.6)


def _flat_below(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return 3e-4 + 0.6 * sigmoid(1.3 * scores + 1)


CURVES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "capped": _capped,
    "flat below": _flat_below,
}
"""Share of treatments by score. `capped`: the score is right up to .6 and too high above; `flat below`: low
scores all have the same share, as on real graphs."""


@dataclass(frozen=True, slots=True)
class World:
    """Distribution of simulated pairs.

    Attributes:
        curve: key of `CURVES`.
        diseases, drugs: their numbers; each disease is paired with each drug.
        spread: standard deviation over diseases of their own log-odds; 0: pairs are independent.
    """

    curve: str
    diseases: int = 300
    drugs: int = 200
    spread: float = 0.7

    def draw(
        self, random: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
        """Draws the scores, labels and disease numbers of all pairs."""
        disease_of_pair = np.repeat(np.arange(self.diseases), self.drugs)
        scores = (
            random.normal(-5, 1.6, len(disease_of_pair))
            + random.normal(0, 0.8, self.diseases)[disease_of_pair]
        )
        disease_effects = (
            random.normal(0, self.spread, self.diseases) if self.spread else np.zeros(self.diseases)
        )
        shares = CURVES[self.curve](scores)
        chances = sigmoid(np.log(shares / (1 - shares)) + disease_effects[disease_of_pair])
        return scores, random.random(len(scores)) < chances, disease_of_pair

    def truth(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected share of treatments at the given scores, over the distribution of diseases."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        shares = CURVES[self.curve](scores)
        chances = sigmoid(np.log(shares / (1 - shares))[:, None] + self.spread * nodes)
        return np.asarray(chances @ weights / weights.sum())


@dataclass(frozen=True, slots=True)
class Band:
    """Quality of the calibration for scores between two quantiles.

    Attributes:
        curve, spread: of the `World`.
        least, most: the quantiles.
        truth: mean share of treatments.
        ratio: mean probability over the truth.
        covered: share of the pairs whose truth lies in their 95 % interval.
    """

    curve: str
    spread: float
    least: float
    most: float
    truth: float
    ratio: float
    covered: float


def coverage(world: World, runs: int, seed: int) -> list[Band]:
    """Calibrates fresh samples and compares each with the truth at other scores, band by band.

    Args:
        world: the distribution to draw from.
        runs: samples, 1 or more. The standard error of a coverage is about sqrt(.05 * .95 / runs).
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    fresh = np.sort(world.draw(random)[0])
    truth = world.truth(fresh)
    band = np.searchsorted(BANDS[1:-1], (np.arange(len(fresh)) + 0.5) / len(fresh))
    sizes = np.bincount(band)
    covered, means = np.zeros(len(sizes)), np.zeros(len(sizes))
    for _ in range(runs):
        scores, labels, diseases = world.draw(random)
        reliability = Reliability.of(scores, labels, diseases if world.spread else None)
        calibrated = reliability.calibrate(fresh)
        low, high = reliability.interval(calibrated)
        covered += np.bincount(band, (low <= truth) & (truth <= high))
        means += np.bincount(band, sigmoid(calibrated)) / sizes / runs
    truths = np.bincount(band, truth) / sizes
    return [
        Band(
            world.curve,
            world.spread,
            BANDS[index],
            BANDS[index + 1],
            float(truths[index]),
            float(means[index] / truths[index]),
            float(covered[index] / sizes[index] / runs),
        )
        for index in range(len(sizes))
    ]


def markdown(bands: Sequence[Band]) -> str:
    """The bands as a Markdown table."""
    lines = [
        "| curve | spread of diseases | scores | true share | mean probability / truth | covered |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {band.curve} | {band.spread:g} | {band.least:.0%} to {band.most:.0%} | {band.truth:.5f} | "
        f"{band.ratio:.2f} | {band.covered:.3f} |"
        for band in bands
    ]
    return "\n".join(lines) + "\n"
