"""Fits the weights of path scores on curated paths.

A conditional logit (McFadden 1974): within each pair the paths compete, and the fit maximises the probability
that a curated one is drawn. Properties shared by all paths of a pair, such as the number of known facts about
the drug, cancel out and can't be memorised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evidence.path_features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.evidence.path_pool import Pool

__all__ = ["Weights", "fit"]

_RIDGE = 1.0  # on standardized features, beside the sum over pairs


@dataclass(frozen=True, slots=True)
class Weights:
    """Contributions of each feature and each template to a path's score, in log-odds."""

    numeric: NDArray[np.float64]
    templates: NDArray[np.float64]


def fit(
    cases: Sequence[tuple[Pool, NDArray[np.bool_], float]], templates: int, ridge: float = _RIDGE
) -> Weights:
    """Fits weights that put curated paths first.

    Args:
        cases: the paths of a pair, the mask of the curated ones, and the pair's weight; pairs without a
            curated path, or with curated ones only, are uninformative and skipped.
        templates: number of templates in the pools.
        ridge: strength of the L2 penalty.
    """
    from scipy.optimize import minimize
    from scipy.sparse import csr_array, hstack

    cases = [case for case in cases if case[1].any() and not case[1].all()]
    if not cases:
        return Weights(np.zeros(len(FEATURES)), np.zeros(templates))
    numeric = np.concatenate([pool.values for pool, _, _ in cases]).astype(float)
    scale = np.maximum(numeric.std(axis=0), 1e-6)
    sizes = np.array([len(pool) for pool, _, _ in cases])
    begins = np.cumsum(sizes) - sizes
    rows = np.concatenate(
        [pool.member_path + begin for (pool, _, _), begin in zip(cases, begins, strict=True)]
    )
    columns = np.concatenate([pool.member_template for pool, _, _ in cases])
    template_counts = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(numeric), templates))
    features = hstack([csr_array(numeric / scale), template_counts]).tocsr()
    curated = np.concatenate([curated for _, curated, _ in cases])

    weights_of_cases = np.array([weight for _, _, weight in cases])

    def loss(weights: NDArray[np.float64]) -> tuple[float, Any]:
        scores = features @ weights
        expectations, value = [], 0.0
        for chosen in (curated, np.ones(len(curated), bool)):
            chosen_scores = np.where(chosen, scores, -np.inf)
            max_scores = np.maximum.reduceat(chosen_scores, begins)
            exponentials = np.exp(chosen_scores - np.repeat(max_scores, sizes))
            total = np.add.reduceat(exponentials, begins)
            expectations.append(exponentials * np.repeat(weights_of_cases / total, sizes))
            value += float(weights_of_cases @ (np.log(total) + max_scores)) * (
                -1 if len(expectations) == 1 else 1
            )
        slope = features.T @ (expectations[1] - expectations[0]) + ridge * weights
        return value + 0.5 * ridge * float(weights @ weights), slope

    result = minimize(
        loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}
    )
    return Weights(result.x[: len(FEATURES)] / scale, result.x[len(FEATURES) :])
