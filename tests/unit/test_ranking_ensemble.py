"""The logistic regression of a score: the same from a sparse matrix, within its optimizer's tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from kedrec.ranking import ensemble
from kedrec.ranking.ensemble import Linear


def test_mostly_zero_features_are_fitted_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.default_rng(1)
    rows = (numbers.exponential(size=(800, 12)) * (numbers.random((800, 12)) < 0.1)).astype(np.float32)
    labels = (rows[:, 0] - rows[:, 1] + numbers.normal(size=800) > 0.8).astype(np.float64)
    rising = np.arange(12) < 3  # the second lowers the score, so that it gets no weight
    sparse = Linear.fit(rows, labels, [*range(12)], rising)
    monkeypatch.setattr(ensemble, "_SPARSE", 0.0)
    dense = Linear.fit(rows, labels, [*range(12)], rising)
    assert sparse.weights[0] > 0
    assert sparse.weights[1] == 0
    assert sparse.weights == pytest.approx(dense.weights, abs=1e-6)
    assert sparse.base == pytest.approx(dense.base, abs=1e-6)
    assert sparse.caps == dense.caps
