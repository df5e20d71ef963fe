"""Fits the weights by which paths are scored, on paths that curators drew.

A conditional logit (McFadden 1974): within each pair the paths compete, and what is made large is the
probability that one of the curated ones is drawn. What all paths of a pair share, such as how much is known
of the drug, tells nothing and can't be learned by heart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evidence.path_features import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.evidence.path_features import Pool

__all__ = ["Weights", "fit"]

_RIDGE = 1.0  # on standardized features, beside the sum over pairs


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature, and each template, adds to a path's score."""

    numeric: NDArray[np.float64]
    templates: NDArray[np.float64]


def fit(
    cases: Sequence[tuple[Pool, NDArray[np.bool_], float]], templates: int, ridge: float = _RIDGE
) -> Weights:
    """Weights under which curated paths come first.

    Args:
        cases: the paths of a pair, which of them are curated, and how often the pair counts; pairs without
            a curated one, or with nothing else, teach nothing and are left out.
        templates: how many templates the pools number.
        ridge: how strongly weights are drawn to zero.
    """
    from scipy.optimize import minimize
    from scipy.sparse import csr_array, hstack

    cases = [case for case in cases if case[1].any() and not case[1].all()]
    if not cases:
        return Weights(np.zeros(len(NUMERIC)), np.zeros(templates))
    numeric = np.concatenate([pool.values for pool, _, _ in cases]).astype(float)
    scale = np.maximum(numeric.std(axis=0), 1e-6)
    sizes = np.array([len(pool) for pool, _, _ in cases])
    begins = np.cumsum(sizes) - sizes
    rows = np.concatenate(
        [pool.member_path + begin for (pool, _, _), begin in zip(cases, begins, strict=True)]
    )
    columns = np.concatenate([pool.member_template for pool, _, _ in cases])
    along = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(numeric), templates))
    features = hstack([csr_array(numeric / scale), along]).tocsr()
    curated = np.concatenate([curated for _, curated, _ in cases])

    often = np.array([times for _, _, times in cases])

    def loss(weights: NDArray[np.float64]) -> tuple[float, Any]:
        scores = features @ weights
        drawn, value = [], 0.0
        for chosen in (curated, np.ones(len(curated), bool)):
            held = np.where(chosen, scores, -np.inf)
            top = np.maximum.reduceat(held, begins)
            parts = np.exp(held - np.repeat(top, sizes))
            total = np.add.reduceat(parts, begins)
            drawn.append(parts * np.repeat(often / total, sizes))
            value += float(often @ (np.log(total) + top)) * (-1 if len(drawn) == 1 else 1)
        slope = features.T @ (drawn[1] - drawn[0]) + ridge * weights
        return value + 0.5 * ridge * float(weights @ weights), slope

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return Weights(found.x[: len(NUMERIC)] / scale, found.x[len(NUMERIC) :])
