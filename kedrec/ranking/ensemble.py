"""The models behind a score: boosted trees and a logistic regression, each with exact parts.

Every model gives log-odds that are a base and one part a feature; so does their mean. Trees: LightGBM (Ke et
al. 2017), whose own contributions (TreeSHAP, Lundberg et al. 2020) add up exactly.
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

__all__ = ["Linear", "Member", "Trees", "member_fits", "restore", "side_by_side"]

T = TypeVar("T")

_CLIP = 20.0  # standard deviations; further out a count tells no more
_STRENGTH = 0.003  # inverse of the ridge
_ROUNDS = 200
_REFITS = 4  # of the regression, each without the columns that had a weight they may not have
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
    "num_threads": 1,  # models are fitted side by side instead; threads that share one wait for each other
}


class Member(Protocol):
    """One model of a score. Rows are pairs, columns all features."""

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The log-odds of each row, not calibrated."""

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each feature adds: rows x (features + 1), the last the base; they sum to `scores`."""

    def facts(self) -> dict[str, Any]:
        """The model as JSON can hold it."""


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
        """Trees for the columns of some labelled rows; of a `rising` column more is never a lower score."""
        import lightgbm

        data = lightgbm.Dataset(rows[:, columns], labels, free_raw_data=True)
        constraints = rising[columns].astype(int).tolist()
        booster = lightgbm.train({**_TREES, "seed": seed, "monotone_constraints": constraints}, data, _ROUNDS)
        return cls(columns, booster.model_to_string(), booster)

    @property
    def booster(self) -> Any:
        """The model itself, read from its text when first used."""
        if self._booster is None:
            import lightgbm

            self._booster = lightgbm.Booster(model_str=self.text)
        return self._booster

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        found: NDArray[np.float64] = self.booster.predict(
            rows[:, self.columns], raw_score=True, num_threads=1
        )
        return found

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        told = self.booster.predict(rows[:, self.columns], pred_contrib=True, num_threads=1)
        parts = np.zeros((len(rows), rows.shape[1] + 1))
        parts[:, self.columns] = told[:, :-1]
        parts[:, -1] = told[:, -1]
        return parts

    def facts(self) -> dict[str, Any]:
        """As `Member`."""
        return {"kind": "trees", "columns": self.columns, "text": self.text}


@dataclass
class Linear:
    """A logistic regression on some of the features, each in standard deviations, at most 20."""

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
        """Ridge logistic regression on the columns of some labelled rows; `rising` ones weigh 0 or more."""
        from sklearn.linear_model import LogisticRegression

        spread = rows[:, columns].std(axis=0, dtype=np.float64)
        spread[spread == 0] = 1.0
        scaled = np.minimum(rows[:, columns] / spread, _CLIP)
        weights, used, bound = np.zeros(len(columns)), np.ones(len(columns), bool), rising[columns]
        model = LogisticRegression(C=_STRENGTH, max_iter=300)
        for _ in range(_REFITS):
            model.fit(scaled[:, used], labels)
            weights[:] = 0.0
            weights[used] = model.coef_[0]
            if not (weights[bound] < 0).any():
                break
            used &= ~(bound & (weights < 0))
        weights[bound] = np.maximum(weights[bound], 0.0)
        return cls(
            columns, (weights / spread).tolist(), float(model.intercept_[0]), (spread * _CLIP).tolist()
        )

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        found: NDArray[np.float64] = self._capped(rows) @ np.array(self.weights) + self.base
        return found

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Member`."""
        parts = np.zeros((len(rows), rows.shape[1] + 1))
        parts[:, self.columns] = self._capped(rows) * np.array(self.weights)
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

    def _capped(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(np.minimum(rows[:, self.columns].astype(np.float64), np.array(self.caps)))


def member_fits(
    rows: Callable[[], NDArray[np.float32]],
    labels: NDArray[Any],
    features: Sequence[Feature],
    allowed: NDArray[np.bool_],
    *,
    seed: int,
) -> list[Callable[[], Member]]:
    """Fits the models of one score: trees on all that is allowed, trees without relative values, and linear.

    What is made from how the disease itself is treated may only raise a score. A known treatment is scored
    with one treatment of its disease fewer than the disease's other drugs are; were a lower number to raise
    scores anywhere (as it does where all diseases have equally many treatments), that would give it away.

    Args:
        rows: makes pairs x features, when a model is fitted.
        labels: 1 for a treatment, else 0.
        features: what each column is.
        allowed: which columns may be used.
        seed: of the trees.
    """
    whole = np.flatnonzero(allowed).tolist()
    plain = [column for column in whole if not features[column].relative]
    rising = np.array([one.of_disease and not one.relative for one in features])
    return [
        lambda: Trees.fit(rows(), labels, plain, rising, seed),
        lambda: Trees.fit(rows(), labels, whole, rising, seed + 1),
        lambda: Linear.fit(rows(), labels, plain, rising),
    ]


def side_by_side(
    calls: Sequence[Callable[[], T]],
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[T]:
    """Runs calls that leave the interpreter alone in a pool of threads; their results, in order.

    Args:
        calls: the longest should come first.
        threads: at most so many run at once, 1 or more.
        progress: called with the calls done and how many there are.
    """
    results: list[T] = []
    with ThreadPoolExecutor(max(min(len(calls), threads), 1)) as pool:
        for result in pool.map(lambda call: call(), calls):
            results.append(result)
            if progress is not None:
                progress(len(results), len(calls))
    return results


def restore(facts: dict[str, Any]) -> Member:
    """A model from what `facts` gave."""
    given = {key: value for key, value in facts.items() if key != "kind"}
    return Trees(**given) if facts["kind"] == "trees" else Linear(**given)
