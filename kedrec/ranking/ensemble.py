"""The models of a score: boosted trees and a logistic regression, with each feature's exact contribution.

Every model's log-odds are the sum of a base and one part per feature; so is their mean. Trees: LightGBM (Ke
et al. 2017), whose own contributions (TreeSHAP, Lundberg et al. 2020) add up exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.features import Feature

__all__ = ["Linear", "Member", "Trees", "member_fits", "restore_model", "run_in_threads"]

T = TypeVar("T")

_MAX_DEVIATIONS = 20.0  # standard deviations; larger values carry no more information
_INVERSE_RIDGE = 0.003  # C of scikit-learn: inverse of the ridge penalty
_SPARSE = 0.3  # share of nonzero values below which a sparse matrix is faster
_ROUNDS = 200
_REFITS = 4  # of the regression, each without the columns that had a forbidden negative weight
_TREES = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
    "num_threads": 1,  # models are fitted in parallel instead; threads of one model wait for each other
}


class Member(Protocol):
    """A model of the ensemble. Rows are pairs, columns all features."""

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The uncalibrated log-odds of each row."""

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Contribution of each feature: rows x (features + 1), the last is the base; they sum to `scores`."""

    def facts(self) -> dict[str, Any]:
        """The model as values for JSON."""


@dataclass
class Trees:
    """Boosted trees over some of the features."""

    columns: list[int]
    text: str
    _booster: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def fit(
        cls,
        rows: NDArray[np.float32],
        labels: NDArray[Any],
        columns: list[int],
        rising: NDArray[np.bool_],
        seed: int,
    ) -> Trees:
        """Fits trees on some columns of labelled rows; scores never fall as a `rising` column rises."""
        import lightgbm

        data = lightgbm.Dataset(rows[:, columns], labels, free_raw_data=True)
        constraints = rising[columns].astype(int).tolist()
        booster = lightgbm.train({**_TREES, "seed": seed, "monotone_constraints": constraints}, data, _ROUNDS)
        return cls(columns, booster.model_to_string(), booster)

    @property
    def booster(self) -> Any:
        """The LightGBM model, parsed from its text when first used."""
        if self._booster is None:
            import lightgbm

            self._booster = lightgbm.Booster(model_str=self.text)
        return self._booster

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        log_odds: NDArray[np.float64] = self.booster.predict(
            rows[:, self.columns], raw_score=True, num_threads=1
        )
        return log_odds

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        contributions = self.booster.predict(rows[:, self.columns], pred_contrib=True, num_threads=1)
        parts = np.zeros((len(rows), rows.shape[1] + 1))
        parts[:, self.columns] = contributions[:, :-1]
        parts[:, -1] = contributions[:, -1]
        return parts

    def facts(self) -> dict[str, Any]:
        """As `Member`."""
        return {"kind": "trees", "columns": self.columns, "text": self.text}


@dataclass
class Linear:
    """Logistic regression on some of the features, each in standard deviations, clipped at 20."""

    columns: list[int]
    weights: list[float]
    base: float
    caps: list[float]

    @classmethod
    def fit(
        cls,
        rows: NDArray[np.float32],
        labels: NDArray[Any],
        columns: list[int],
        rising: NDArray[np.bool_],
    ) -> Linear:
        """Fits a ridge regression on some columns of labelled rows; `rising` ones weigh 0 or more."""
        from scipy.sparse import csr_array
        from sklearn.linear_model import LogisticRegression

        spread = rows[:, columns].std(axis=0, dtype=np.float64)
        spread[spread == 0] = 1.0
        scaled: Any = np.minimum(rows[:, columns] / spread, _MAX_DEVIATIONS)
        if np.count_nonzero(scaled) < _SPARSE * scaled.size:
            scaled = csr_array(scaled)
        weights, in_use, bound = np.zeros(len(columns)), np.ones(len(columns), bool), rising[columns]
        model = LogisticRegression(C=_INVERSE_RIDGE, max_iter=300)
        for _ in range(_REFITS):
            model.fit(scaled[:, in_use], labels)
            weights[:] = 0.0
            weights[in_use] = model.coef_[0]
            if not (weights[bound] < 0).any():
                break
            in_use &= ~(bound & (weights < 0))
        weights[bound] = np.maximum(weights[bound], 0.0)
        return cls(
            columns,
            (weights / spread).tolist(),
            float(model.intercept_[0]),
            (spread * _MAX_DEVIATIONS).tolist(),
        )

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        log_odds: NDArray[np.float64] = self._clipped_values(rows) @ np.array(self.weights) + self.base
        return log_odds

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        parts = np.zeros((len(rows), rows.shape[1] + 1))
        parts[:, self.columns] = self._clipped_values(rows) * np.array(self.weights)
        parts[:, -1] = self.base
        return parts

    def facts(self) -> dict[str, Any]:
        """As `Member`."""
        return {
            "kind": "linear",
            "columns": self.columns,
            "weights": self.weights,
            "base": self.base,
            "caps": self.caps,
        }

    def _clipped_values(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(np.minimum(rows[:, self.columns].astype(np.float64), np.array(self.caps)))


def member_fits(
    rows: Callable[[], NDArray[np.float32]],
    labels: NDArray[Any],
    features: Sequence[Feature],
    allowed: NDArray[np.bool_],
    *,
    seed: int,
) -> list[Callable[[], Member]]:
    """Calls that fit the models of one score: trees on plain features, trees on all, and a linear model.

    Features of the disease's own treatments may only raise a score. A known treatment is scored with one
    treatment of its disease fewer than the disease's other drugs are; were a lower number to raise scores
    anywhere (as it does where all diseases have equally many treatments), that would reveal the label.

    Args:
        rows: returns pairs x features; called when a model is fitted.
        labels: 1 for a treatment, else 0.
        features: the features of the columns.
        allowed: mask of the columns that may be used.
        seed: of the trees.
    """
    usable = np.flatnonzero(allowed).tolist()
    plain = [column for column in usable if not features[column].relative]
    rising = np.array([feature.of_disease and not feature.relative for feature in features])
    return [
        lambda: Trees.fit(rows(), labels, plain, rising, seed),
        lambda: Trees.fit(rows(), labels, usable, rising, seed + 1),
        lambda: Linear.fit(rows(), labels, plain, rising),
    ]


def run_in_threads(
    calls: Sequence[Callable[[], T]],
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[T]:
    """Runs calls that release the GIL in a thread pool and returns their results in order.

    Args:
        calls: should begin with the longest.
        threads: maximum number of calls at once, 1 or more.
        progress: called with the number of calls done and of all.
    """
    results: list[T] = []
    with ThreadPoolExecutor(max(min(len(calls), threads), 1)) as pool:
        for result in pool.map(lambda call: call(), calls):
            results.append(result)
            if progress is not None:
                progress(len(results), len(calls))
    return results


def restore_model(facts: dict[str, Any]) -> Member:
    """Restores a model from the values of `facts`."""
    fields = {key: value for key, value in facts.items() if key != "kind"}
    return Trees(**fields) if facts["kind"] == "trees" else Linear(**fields)
