"""Probabilities must be as often right as they say, never tie, and carry an interval around them."""

from __future__ import annotations

import numpy as np
import pytest

from kedrec.ranking.calibration import DegreeLine, Reliability, platt, sigmoid


def _drawn(seed: int, size: int = 60_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are log-odds but at the top, where treatments are rarer than scores say."""
    draw = np.random.default_rng(seed)
    scores = draw.normal(-5, 1.8, size)
    labels = draw.random(size) < np.minimum(sigmoid(scores), 0.6)
    return scores, labels


def test_shares_follow_what_is_drawn_and_their_intervals_hold_it() -> None:
    reliability = Reliability.of(*_drawn(1))
    others, labels = _drawn(2)
    calibrated = reliability.calibrated(others)
    for least, most in ((-6, -4), (-3, -2), (-1, 0), (0, 9)):
        chosen = (others > least) & (others <= most)
        assert sigmoid(calibrated[chosen]).mean() == pytest.approx(labels[chosen].mean(), rel=0.3)
    low, high = reliability.interval(calibrated)
    assert (low < sigmoid(calibrated)).all()
    assert (sigmoid(calibrated) < high).all()
    truth = np.minimum(sigmoid(others), 0.6)
    assert ((low <= truth) & (truth <= high)).mean() > 0.65


def test_a_better_score_is_a_higher_probability() -> None:
    reliability = Reliability.of(*_drawn(3))
    told = reliability.calibrated(np.linspace(-15, 15, 2_000))
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
    beyond = line.beyond(2 * np.log1p(degrees) - 4, degrees)
    assert 0 < beyond[-1] - beyond[0] < 2 * np.log(32) / 2
    assert DegreeLine.of(np.array([1.0, 3.0]), np.array([2, 2])) == DegreeLine(0.0, 2.0)
