"""Fits the weights of the metapaths: a logistic regression whose weights are never negative.

A supporting path may only raise a score, so that every contribution can be read as evidence. Checked by
cross-validation over diseases and calibrated on its out-of-fold scores (Platt 1999).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.ranking.adjacency import Adjacency, Progress
    from kedrec.ranking.arrays import Arrays

__all__ = ["LEAST_TREATED", "Model", "fit", "transformed"]

LEAST_TREATED = 20
"""Treated pairs under which nothing is fitted."""

_CLIP = 20.0
_FOLDS = 5
_NEGATIVES = 100_000  # untreated pairs drawn for the fit, each weighing for those not drawn
_RIDGE = 10.0  # strong enough that a metapath seen a few times can't decide alone

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """How a score is made of features.

    Attributes:
        fitted: whether weights and intercept were learned; otherwise every metapath weighs the same.
        scales: standard deviation of each transformed feature.
        weights: log-odds per standard deviation (unfitted: 1).
        intercept: log-odds of a pair without any path (unfitted: 0).
        treated: treated pairs learned from.
        metrics: `auroc`, `auprc` (average precision) and `brier_skill` out of fold, folds by disease. Each
            pair's own treatment was hidden, the disease's other treatments were not.
    """

    fitted: bool
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    treated: int
    metrics: dict[str, float] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The model as JSON can hold it; `Model(**facts)` gives it back."""
        return asdict(self)


def transformed(values: NDArray[Any], scale: float) -> _Floats:
    """A DWPC as the model sees it: its square root in standard deviations, at most 20."""
    scaled: _Floats = np.minimum(np.sqrt(values.astype(np.float64)) / scale, _CLIP)
    return scaled


def fit(
    adjacency: Adjacency,
    arrays: Arrays,
    count: int,
    *,
    seed: int,
    learn: bool = True,
    progress: Progress | None = None,
) -> Model:
    """Learns from the known treatments of the graph, or gives the unfitted model where they are too few.

    Args:
        adjacency: the graph.
        arrays: the features of `count` metapaths, as `features` makes them.
        count: how many metapaths there are.
        seed: draws the untreated pairs and the folds.
        learn: False: give the unfitted model in any case.
        progress: called as the work goes on.
    """
    treats = adjacency.incidence(("TREATS", "Drug", "Disease"))
    pairs = len(treats.degrees) * max(len(treats.back_degrees), 1)
    scales = tuple(_scale(arrays[f"features/{place}/values"], pairs) for place in range(count))
    treated = len(treats.indices)
    diseases = np.flatnonzero(treats.back_degrees)
    if not learn or treated < LEAST_TREATED or len(diseases) < _FOLDS:
        return Model(fitted=False, scales=scales, weights=(1.0,) * count, intercept=0.0, treated=treated)
    rows, columns, labels, weights = _sample(treats, diseases, seed)
    design = _design(arrays, scales, rows, columns)
    whole = _regress(design, labels, weights)
    fold = _folds_of_diseases(treats, diseases, np.random.default_rng(seed))[columns]
    logits = np.zeros(len(rows))
    for part in range(_FOLDS):
        if progress is not None:
            progress("Fitting the ranking", part + 1, _FOLDS + 1)
        test = fold == part
        intercept, coefficients = _regress(design[~test], labels[~test], weights[~test], whole)
        logits[test] = intercept + design[test] @ coefficients
    slope, shift = _platt(logits, labels, weights)
    intercept, coefficients = whole
    calibrated = _sigmoid(shift + slope * logits)
    base = np.average(labels, weights=weights)
    skill = 1 - np.average((calibrated - labels) ** 2, weights=weights) / (base * (1 - base))
    metrics = {**_metrics(labels, logits, weights), "brier_skill": float(skill)}
    return Model(
        fitted=True,
        scales=scales,
        weights=tuple((slope * coefficients).tolist()),
        intercept=float(shift + slope * intercept),
        treated=treated,
        metrics={name: round(value, 4) for name, value in metrics.items()},
    )


def _scale(values: NDArray[np.float32], pairs: int) -> float:
    """Standard deviation of the square roots over all pairs, those without a path included."""
    roots = np.sqrt(values.astype(np.float64))
    variance = (roots**2).sum() / max(pairs, 1) - (roots.sum() / max(pairs, 1)) ** 2
    return float(np.sqrt(variance)) if variance > 0 else 1.0


def _sample(
    treats: Any, diseases: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], _Floats, _Floats]:
    """Rows, columns, labels and weights: all treated pairs, and a draw of their diseases' other pairs."""
    drugs = len(treats.degrees)
    known = np.repeat(np.arange(drugs), treats.degrees) * len(treats.back_degrees) + treats.indices
    every = (np.arange(drugs)[:, None] * len(treats.back_degrees) + diseases[None, :]).ravel()
    others = np.setdiff1d(every, known, assume_unique=True)
    drawn = others
    if len(others) > _NEGATIVES:
        drawn = np.sort(np.random.default_rng(seed).choice(others, _NEGATIVES, replace=False))
    pairs = np.concatenate([known, drawn])
    labels = np.concatenate([np.ones(len(known)), np.zeros(len(drawn))])
    weights = np.concatenate([np.ones(len(known)), np.full(len(drawn), len(others) / max(len(drawn), 1))])
    rows, columns = np.divmod(pairs, len(treats.back_degrees))
    return rows, columns, labels, weights


def _design(
    arrays: Arrays, scales: Sequence[float], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> _Floats:
    """The transformed features of some pairs: pairs x metapaths."""
    from scipy.sparse import csc_array

    design = np.zeros((len(rows), len(scales)))
    drugs = int(rows.max()) + 1
    for place, scale in enumerate(scales):
        key = f"features/{place}"
        indptr, found = arrays[f"{key}/indptr"], arrays[f"{key}/drugs"]
        if len(found):
            height = max(drugs, int(found.max()) + 1)
            matrix = csc_array((arrays[f"{key}/values"], found, indptr), shape=(height, len(indptr) - 1))
            design[:, place] = transformed(matrix[rows, columns], scale)
    return design


def _folds_of_diseases(
    treats: Any, diseases: NDArray[np.int64], draw: np.random.Generator
) -> NDArray[np.int64]:
    """The fold of each disease; every fold gets diseases with many and with few treatments."""
    shuffled = draw.permutation(diseases)
    order = shuffled[np.argsort(-treats.back_degrees[shuffled], kind="stable")]
    folds = np.full(len(treats.back_degrees), -1)
    folds[order] = np.arange(len(order)) % _FOLDS
    return folds


def _regress(
    design: _Floats,
    labels: _Floats,
    weights: _Floats,
    start: tuple[float, _Floats] | None = None,
) -> tuple[float, _Floats]:
    """Intercept and non-negative coefficients of the ridge-penalized logistic regression."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_array

    used, informed = design.any(axis=0), design.any(axis=1)
    # Pairs without any path differ in their label alone: they count as two heavy pairs.
    bare = [float(weights[~informed & (labels == label)].sum()) for label in (0.0, 1.0)]
    rows = csr_array(design[np.ix_(informed, used)])  # most pairs have few kinds of paths
    turned = csr_array(rows.T)
    target, heavy = 2 * labels[informed] - 1, weights[informed]

    def loss(parameters: _Floats) -> tuple[float, _Floats]:
        intercept, coefficients = parameters[0], parameters[1:]
        margins = target * (intercept + rows @ coefficients)
        residuals = -heavy * target * _sigmoid(-margins)
        value = heavy @ np.logaddexp(0, -margins) + _RIDGE / 2 * coefficients @ coefficients
        value += bare[0] * np.logaddexp(0, intercept) + bare[1] * np.logaddexp(0, -intercept)
        slope = residuals.sum() + bare[0] * _sigmoid(intercept) - bare[1] * _sigmoid(-intercept)
        gradient = np.concatenate([[slope], turned @ residuals + _RIDGE * coefficients])
        return float(value), gradient

    base = np.average(labels, weights=weights)
    first = np.zeros(int(used.sum()) + 1)
    first[0] = np.log(max(base, 1e-9) / max(1 - base, 1e-9))
    if start is not None:
        first = np.concatenate([[start[0]], start[1][used]])
    bounds = [(None, None)] + [(0.0, None)] * int(used.sum())
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300})
    coefficients = np.zeros(design.shape[1])
    coefficients[used] = found.x[1:]
    return float(found.x[0]), coefficients


def _platt(logits: _Floats, labels: _Floats, weights: _Floats) -> tuple[float, float]:
    """Slope (0.05 or more) and shift that make out-of-fold logits calibrated."""
    from scipy.optimize import minimize

    target = 2 * labels - 1

    def loss(parameters: _Floats) -> float:
        margins = target * (parameters[1] + parameters[0] * logits)
        return float(weights @ np.logaddexp(0, -margins))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, None), (None, None)])
    return float(found.x[0]), float(found.x[1])


def _sigmoid(logits: _Floats) -> _Floats:
    odds: _Floats = 0.5 * (1 + np.tanh(0.5 * logits))
    return odds


def _metrics(labels: _Floats, logits: _Floats, weights: _Floats) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "auroc": float(roc_auc_score(labels, logits, sample_weight=weights)),
        "auprc": float(average_precision_score(labels, logits, sample_weight=weights)),
    }
