"""Interval coverage: how often a calibrated probability and its interval hold where the truth is known.

Scores and labels are drawn from a known curve, calibrated as the ranking calibrates its own, and compared
with the curve at fresh scores. Pairs of a disease depend on each other: each disease has log-odds of its own
on top of the curve, and the truth at a score is the mean over all diseases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.calibration import Reliability, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BANDS", "CURVES", "Band", "World", "coverage", "markdown"]

BANDS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 1.0)
"""Ends of the bands: quantiles of the score, the lowest first."""

_NODES = 41  # of the integral over diseases


def _capped(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(sigmoid(scores), 0.6)


def _flat_below(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return 3e-4 + 0.6 * sigmoid(1.3 * scores + 1)


CURVES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "capped": _capped,
    "flat below": _flat_below,
}
"""Share of treatments by score. `capped`: the score is right up to .6 and says too much above; `flat below`:
a low score tells no more, as on real graphs."""


@dataclass(frozen=True, slots=True)
class World:
    """Pairs as they are drawn.

    Attributes:
        curve: of `CURVES`.
        diseases, drugs: how many; each disease is paired with each drug.
        spread: standard deviation over diseases of their own log-odds; 0: pairs are independent.
    """

    curve: str
    diseases: int = 300
    drugs: int = 200
    spread: float = 0.7

    def draw(
        self, random: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
        """Scores, labels and diseases of all pairs."""
        of_pair = np.repeat(np.arange(self.diseases), self.drugs)
        scores = random.normal(-5, 1.6, len(of_pair)) + random.normal(0, 0.8, self.diseases)[of_pair]
        own = random.normal(0, self.spread, self.diseases) if self.spread else np.zeros(self.diseases)
        shares = CURVES[self.curve](scores)
        chances = sigmoid(np.log(shares / (1 - shares)) + own[of_pair])
        return scores, random.random(len(scores)) < chances, of_pair

    def truth(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of treatments at some scores, over all diseases there could be."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        shares = CURVES[self.curve](scores)
        chances = sigmoid(np.log(shares / (1 - shares))[:, None] + self.spread * nodes)
        return np.asarray(chances @ weights / weights.sum())


@dataclass(frozen=True, slots=True)
class Band:
    """What calibration is worth for the scores between two quantiles.

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
    """Calibrates samples drawn anew, and compares each with the truth at fresh scores, band by band.

    Args:
        world: what is drawn.
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
        calibrated = reliability.calibrated(fresh)
        low, high = reliability.interval(calibrated)
        covered += np.bincount(band, (low <= truth) & (truth <= high))
        means += np.bincount(band, sigmoid(calibrated)) / sizes / runs
    truths = np.bincount(band, truth) / sizes
    return [
        Band(
            world.curve,
            world.spread,
            BANDS[place],
            BANDS[place + 1],
            float(truths[place]),
            float(means[place] / truths[place]),
            float(covered[place] / sizes[place] / runs),
        )
        for place in range(len(sizes))
    ]


def markdown(bands: Sequence[Band]) -> str:
    """The bands as a table."""
    lines = [
        "| curve | spread of diseases | scores | true share | mean probability / truth | covered |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.curve} | {one.spread:g} | {one.least:.0%} to {one.most:.0%} | {one.truth:.5f} | "
        f"{one.ratio:.2f} | {one.covered:.3f} |"
        for one in bands
    ]
    return "\n".join(lines) + "\n"


def as_dicts(bands: Sequence[Band]) -> list[dict[str, Any]]:
    """The bands as JSON can hold them."""
    return [asdict(one) for one in bands]
