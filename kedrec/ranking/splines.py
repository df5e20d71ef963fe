"""Logistic regression on a natural cubic spline of one score, with standard errors over groups of pairs.

At the maximum of the likelihood the fitted shares sum to the hits; no share is shifted on purpose.
Standard errors are robust to any dependence between pairs of one group (Liang and Zeger 1986,
doi:10.1093/biomet/73.1.13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BinnedScores", "fit_spline"]

_BINS = 100  # quantiles of all scores, and as many of the hits' scores
_FIRST_KNOT_HITS, _KNOT_FACTOR = 15, 2.5  # hits below the first knot, and their factor for each further knot
_RIDGE = 1e-3  # on weights of columns with mean square one: keeps them finite where hits lack
_MAX_STEP = 2.0  # log-odds by which a step of Newton's method may change any bin
_MAX_STEPS = 50
_MAX_HALVINGS = 6  # of a step that increases the loss
_FREEDOM_FACTOR = 5.0  # degrees of freedom per effective group of a standard error
_TOLERANCE = 1e-6  # log-odds at which Newton's method stops
_MAX_GROUPS = 1000  # further groups are merged


@dataclass(frozen=True, slots=True)
class BinnedScores:
    """Pairs counted by bins of their score, and by group.

    Attributes:
        scores: mean score of each bin, ascending; the first and the last bin are empty ones at the least and
            the largest score.
        hits, pairs: groups x bins.
        knots: of the spline; at both ends they are a few hits apart, so that the tails are flexible.
    """

    scores: NDArray[np.float64]
    hits: NDArray[np.float64]
    pairs: NDArray[np.float64]
    knots: NDArray[np.float64]

    @classmethod
    def of(cls, scores: NDArray[Any], labels: NDArray[Any], groups: NDArray[Any]) -> BinnedScores:
        """Bins some pairs.

        Args:
            scores: one per pair.
            labels: true or 1 for a hit.
            groups: the number of each pair's group, 0 or more.
        """
        scores, labels = np.asarray(scores, np.float64), np.asarray(labels, bool)
        hit_scores = np.sort(scores[labels])
        quantiles = np.linspace(0, 1, _BINS + 1)
        hit_edges = np.quantile(hit_scores, quantiles) if len(hit_scores) else hit_scores
        edges = np.unique(np.r_[np.quantile(scores, quantiles), hit_edges])
        bins = np.clip(np.searchsorted(edges, scores, "right") - 1, 0, max(len(edges) - 2, 0))
        count = max(len(edges) - 1, 1)
        sizes = np.bincount(bins, minlength=count)
        filled = np.flatnonzero(sizes)
        means = np.bincount(bins, scores, minlength=count)[filled] / sizes[filled]
        groups = np.unique(groups, return_inverse=True)[1] % _MAX_GROUPS
        cells, shape = groups * count + bins, (int(groups.max()) + 1, count)
        tables = []
        for selected_cells in (cells[labels], cells):
            table = np.bincount(selected_cells, minlength=shape[0] * shape[1]).reshape(shape)[:, filled]
            tables.append(np.pad(table, ((0, 0), (1, 1))).astype(np.float64))
        return cls(np.r_[scores.min(), means, scores.max()], tables[0], tables[1], _knots(hit_scores))


def _knots(hits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Knots at the hits' scores of rank 15, 37, 93, ... from either end, and at the median."""
    if not len(hits):
        return hits
    ranks, rank, half = [0.0], float(_FIRST_KNOT_HITS), (len(hits) - 1) / 2
    while rank < half:
        ranks.append(rank)
        rank *= _KNOT_FACTOR
    positions = np.array([*ranks, half, *(len(hits) - 1 - inner_rank for inner_rank in reversed(ranks))])
    return np.unique(np.interp(positions, np.arange(len(hits)), hits))


def fit_spline(binned: BinnedScores) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fits the log-odds of a hit in each bin, and the half-widths of their 95 % intervals.

    The half-width is a quantile of Student's t times the standard error. Its degrees of freedom, after
    Satterthwaite (1946), are few where all depends on the hits of a few groups; they are multiplied by a
    factor with which the intervals of `kedrec evaluate intervals` have a coverage closest to 95 %, also at
    the lowest scores.
    """
    from scipy.stats import t

    design, groups = _design(binned), len(binned.pairs)
    pairs = binned.pairs.sum(axis=0)
    weights = _maximum_likelihood(design, binned.hits.sum(axis=0), pairs)
    shares = _shares(design @ weights)
    inverse = np.linalg.inv(_curvature(design, pairs * shares * (1 - shares)))
    influence = (binned.hits - binned.pairs * shares) @ design @ inverse @ design.T
    squares = np.square(influence)
    fourth_powers = np.square(squares).sum(axis=0)
    freedom = np.divide(
        _FREEDOM_FACTOR * squares.sum(axis=0) ** 2,
        fourth_powers,
        out=np.ones(len(fourth_powers)),
        where=fourth_powers > 0,
    )
    errors = np.sqrt(squares.sum(axis=0) * groups / max(groups - 1, 1))
    return design @ weights, t.ppf(0.975, np.clip(freedom, 1.0, max(groups - 1, 1))) * errors


def _design(binned: BinnedScores) -> NDArray[np.float64]:
    """Basis of a natural cubic spline in each bin, orthogonal, of mean square one: bins x weights."""
    scores, knots = binned.scores, binned.knots
    columns = [np.ones(len(scores))]
    if scores[-1] > scores[0]:
        columns.append(scores)
    if len(knots) > 2:  # Hastie, Tibshirani and Friedman 2009, section 5.2.1
        cubes = np.maximum(scores[:, None] - knots, 0.0) ** 3
        slopes = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
        columns += list((slopes[:, :-1] - slopes[:, -1:]).T)
    table = np.column_stack(columns)
    return np.asarray(np.linalg.qr(table / np.abs(table).max(axis=0))[0] * np.sqrt(len(scores)))


def _maximum_likelihood(
    design: NDArray[np.float64], hits: NDArray[np.float64], pairs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weights of maximum likelihood, by Newton's method; a step that increases the loss is halved.

    Args:
        design: bins x weights.
        hits, pairs: one per bin.
    """

    def loss(weights: NDArray[np.float64]) -> float:
        log_odds = design @ weights
        likelihood = (hits * log_odds - pairs * np.logaddexp(0.0, log_odds)).sum()
        return float(0.5 * _RIDGE * np.square(weights).sum() - likelihood)

    rate = (hits.sum() + 0.5) / (pairs.sum() + 1.0)
    weights = np.linalg.lstsq(design, np.full(len(design), np.log(rate / (1 - rate))), rcond=None)[0]
    for _ in range(_MAX_STEPS):
        shares = _shares(design @ weights)
        gradient = (hits - pairs * shares) @ design - _RIDGE * weights
        step = np.linalg.solve(_curvature(design, pairs * shares * (1 - shares)), gradient)
        step *= min(1.0, _MAX_STEP / max(float(np.abs(design @ step).max()), _MAX_STEP))
        for _ in range(_MAX_HALVINGS):
            if loss(weights + step) <= loss(weights):
                break
            step *= 0.5
        weights = weights + step
        if np.abs(design @ step).max() < _TOLERANCE:
            break
    return np.asarray(weights)


def _shares(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of log-odds."""
    return 0.5 * (1 + np.tanh(0.5 * log_odds))


def _curvature(design: NDArray[np.float64], variances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hessian of the loss: weights x weights."""
    return np.asarray((design * variances[:, None]).T @ design + _RIDGE * np.eye(design.shape[1]))
