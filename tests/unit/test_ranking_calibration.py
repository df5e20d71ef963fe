"""Probabilities must be as often right as they say, never tie, and carry an interval around them."""

from __future__ import annotations

import numpy as np
import pytest

from kedrec.evaluation.coverage import BANDS, World, coverage, markdown
from kedrec.ranking.calibration import (
    DegreeLine,
    Reliability,
    brier_skill,
    cross_calibrate,
    platt,
    sigmoid,
)


def _drawn(seed: int, size: int = 60_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are log-odds but at the top, where treatments are rarer than scores say."""
    draw = np.random.default_rng(seed)
    scores = draw.normal(-5, 1.8, size)
    labels = draw.random(size) < np.minimum(sigmoid(scores), 0.6)
    return scores, labels


@pytest.mark.parametrize("world", [World("capped", spread=0.0), World("flat below", spread=0.7)])
def test_shares_are_unbiased_and_intervals_hold_them_in_every_band(world: World) -> None:
    """The full table is `kedrec evaluate intervals`; of 40 runs a coverage has a standard error of .035."""
    bands = coverage(world, 40, seed=2)
    assert len(bands) == len(BANDS) - 1
    for band in bands:
        assert 0.86 < band.covered <= 1.0, band
        assert band.ratio == pytest.approx(1.0, abs=0.5 if band.truth < 1e-3 else 0.08), band
    assert np.mean([band.covered for band in bands]) > 0.93
    assert "| capped | 0 |" in markdown(coverage(World("capped", 20, 100, 0.0), 1, seed=3))


def test_the_interval_is_wider_where_diseases_differ() -> None:
    scores, labels, diseases = World("capped", 60, 400, 1.5).draw(np.random.default_rng(5))
    together = Reliability.of(scores, labels)
    apart = Reliability.of(scores, labels, diseases)
    assert together.middle == apart.middle
    widths = [np.subtract(one.high, one.low)[20:-20].mean() for one in (together, apart)]
    assert widths[1] > 1.3 * widths[0]


def test_what_a_calibration_is_measured_by_is_not_what_it_was_fitted_to() -> None:
    """A disease of its own labels: the shares of the others know nothing of them."""
    draw = np.random.default_rng(6)
    scores, labels = draw.normal(-4, 1.5, 4_000), draw.random(4_000) < 0.05
    diseases = np.repeat(np.arange(20), 200)
    one = diseases == 7
    flipped = np.where(one, ~labels, labels)
    before, after = (cross_calibrate(scores, some, diseases)[one] for some in (labels, flipped))
    assert np.array_equal(before, after)
    # Scores that say nothing have no skill; fitted to its own labels a curve seems to have more.
    crossed = brier_skill(cross_calibrate(scores, labels, diseases), labels)
    fitted = sigmoid(Reliability.of(scores, labels, diseases).calibrate(scores))
    assert crossed < 0.0
    assert crossed < brier_skill(fitted, labels)


@pytest.mark.parametrize("hits", [0, 1, 2, 20, 499, 500])
@pytest.mark.parametrize("equal", [False, True])
def test_few_treatments_or_equal_scores_are_calibrated_all_the_same(hits: int, *, equal: bool) -> None:
    draw = np.random.default_rng(7)
    scores = np.full(500, -3.0) if equal else draw.normal(-3, 1, 500)
    labels = np.arange(500) < hits
    reliability = Reliability.of(scores, labels, np.repeat(np.arange(5), 100))
    calibrated = reliability.calibrate(scores)
    low, high = reliability.interval(calibrated)
    assert np.isfinite([calibrated, low, high]).all()
    assert (low <= sigmoid(calibrated)).all()
    assert (sigmoid(calibrated) <= high).all()
    assert sigmoid(calibrated).mean() == pytest.approx(hits / 500, abs=0.02)


def test_a_better_score_is_a_higher_probability() -> None:
    reliability = Reliability.of(*_drawn(3))
    told = reliability.calibrate(np.linspace(-15, 15, 2_000))
    assert (np.diff(told) > 0).all()


def test_platt_finds_the_line_that_labels_were_drawn_by() -> None:
    draw = np.random.default_rng(4)
    scores = draw.normal(0, 2, 40_000)
    labels = draw.random(40_000) < sigmoid(0.7 * scores - 1.5)
    assert platt(scores, labels) == pytest.approx((0.7, -1.5), abs=0.05)


def test_what_a_degree_lets_expect_is_taken_off() -> None:
    degrees = np.array([0, 1, 3, 7, 15, 31])
    line = DegreeLine.of(2 * np.log1p(degrees) - 4, degrees)
    assert (line.slope, line.shift) == pytest.approx((2, -4))
    beyond = line.subtract_expected(2 * np.log1p(degrees) - 4, degrees)
    assert 0 < beyond[-1] - beyond[0] < 2 * np.log(32) / 2
    assert DegreeLine.of(np.array([1.0, 3.0]), np.array([2, 2])) == DegreeLine(0.0, 2.0)
