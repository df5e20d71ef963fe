"""Conditional logistic regression of choices (McFadden 1974).

It compares the candidates of one question with one another, so that what all of them have in common has no
weight, and the answers' share among them has none either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["fit_choices"]


def fit_choices(
    questions: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]], ridge: float
) -> NDArray[np.float64]:
    """The weights that make the right candidates likeliest, with a ridge on standardized features.

    Args:
        questions: of each question, the features (candidates x features) and which candidates are right.
        ridge: half of it times the summed squares of the weights is added to the negative log-likelihood.

    Returns:
        A weight for each feature as it was given.
    """
    from scipy.optimize import minimize

    width = questions[0][0].shape[1]
    spread = np.concatenate([features for features, _ in questions]).std(axis=0)
    spread[spread == 0] = 1.0
    longest = max(len(right) for _, right in questions)
    features = np.zeros((len(questions), longest, width))
    absent = np.ones((len(questions), longest), bool)
    right = np.zeros((len(questions), longest), bool)
    for number, (values, is_right) in enumerate(questions):
        count = len(is_right)
        features[number, :count], right[number, :count] = values / spread, is_right
        absent[number, :count] = False
    answers = right.sum(axis=1, keepdims=True)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = np.where(absent, -np.inf, features @ weights)
        values -= values.max(axis=1, keepdims=True)
        logs = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
        slopes = (answers * np.exp(logs) - right)[..., None] * features
        total = 0.5 * ridge * float((weights**2).sum()) - float(logs[right].sum())
        return total, ridge * weights + slopes.sum(axis=(0, 1))

    result = minimize(loss, np.zeros(width), jac=True, method="L-BFGS-B")
    return np.asarray(result.x / spread, np.float64)
