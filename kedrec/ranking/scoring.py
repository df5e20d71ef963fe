"""Scores all drugs for some diseases, each pair by the models that have not seen its label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.calibration import sigmoid
from kedrec.ranking.ensemble import run_in_threads
from kedrec.ranking.folds import fold_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.calibration import Scale
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.folds import Regime

__all__ = ["DiseaseScorer", "DiseaseScores", "RawScores", "calibrated"]

_SCORED_ROWS = 4096  # pairs scored at once: their copies fit in memory that is reused


@dataclass(frozen=True, slots=True)
class RawScores:
    """Model scores of all drugs for some diseases.

    Attributes:
        by_model: each model's scores by regime, diseases x drugs.
        degrees: the features of the prior and a one, diseases x drugs x 4.
        informed: whether any counted path joins the pair, diseases x drugs.
    """

    by_model: dict[Regime, list[NDArray[np.float32]]]
    degrees: NDArray[np.float32]
    informed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DiseaseScores:
    """Scores of all drugs for some diseases, each diseases x drugs.

    Attributes:
        scores: log-odds; unfitted: a sum without a unit.
        priors: probabilities from degrees alone; NaN where unfitted.
        informed: whether any counted path joins the pair.
    """

    scores: NDArray[np.float32]
    priors: NDArray[np.float32]
    informed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DiseaseScorer:
    """Scores all drugs for some diseases, whatever their number: block by block.

    Attributes:
        maker: computes the features that the models were fitted to.
        models: returns the models of a regime, one list for each fold.
        seed: of the folds.
        threads: maximum number of models that score at once.
    """

    maker: FeatureMaker
    models: Callable[[Regime], Sequence[Sequence[Member]]]
    seed: int
    threads: int

    def raw(
        self,
        diseases: NDArray[np.int64],
        regimes: Sequence[Regime],
        blocks: Iterable[tuple[NDArray[np.int64], NDArray[np.float32]]],
    ) -> RawScores:
        """Scores some diseases by the models of some regimes.

        Args:
            diseases: their numbers, ascending.
            regimes: the regimes.
            blocks: their features, as `feature_blocks` yields them.
        """
        features, shape = self.maker.features, (len(diseases), self.maker.drugs)
        counts = np.array([feature.group == "metapath" and not feature.relative for feature in features])
        degrees = np.array([feature.group == "prior" for feature in features])
        batch = RawScores(
            {regime: [np.zeros(shape, np.float32) for _ in self.models(regime)[0]] for regime in regimes},
            np.ones((*shape, int(degrees.sum()) + 1), np.float32),
            np.zeros(shape, bool),
        )
        for block, table in blocks:
            rows = np.searchsorted(diseases, block)
            batch.degrees[rows, :, :-1] = table[:, :, degrees]
            batch.informed[rows] = (table[:, :, counts] > 0).any(axis=2)
            self._score(block, rows, table, batch)
        return batch

    def _score(
        self,
        block: NDArray[np.int64],
        batch_rows: NDArray[np.int64],
        table: NDArray[np.float32],
        batch: RawScores,
    ) -> None:
        size = table.shape[1]
        flat = table.reshape(-1, table.shape[2])
        drugs, rows = np.tile(np.arange(size), len(block)), np.repeat(batch_rows, size)

        def write(regime: Regime, fold: int, chosen: NDArray[np.int64]) -> None:
            for begin in range(0, len(chosen), _SCORED_ROWS):
                selected = chosen[begin : begin + _SCORED_ROWS]
                features = flat[selected]
                for values, member in zip(batch.by_model[regime], self.models(regime)[fold], strict=True):
                    values[rows[selected], drugs[selected]] = member.scores(features)

        calls = []
        for regime in batch.by_model:
            count = len(self.models(regime))
            folds = fold_of(regime, drugs, np.repeat(block, size), self.seed) % count
            calls += [partial(write, regime, fold, np.flatnonzero(folds == fold)) for fold in range(count)]
        run_in_threads(calls, self.threads)


def calibrated(
    batch: RawScores, regime: Regime, scales: Mapping[Regime, Scale], prior: NDArray[np.float64] | None
) -> DiseaseScores:
    """Turns model scores into log-odds.

    Args:
        batch: the model scores.
        regime: the regime to take.
        scales: the scale of each regime; without one scores stay as they are.
        prior: weights of the degrees and a constant; None: there are no priors.
    """
    raw, scale = batch.by_model[regime], scales.get(regime)
    scores = raw[0] if scale is None else scale.calibrate(scale.uncalibrated(raw)).astype(np.float32)
    priors = (
        np.full(scores.shape, np.nan, np.float32)
        if prior is None
        else sigmoid(batch.degrees @ prior).astype(np.float32)
    )
    return DiseaseScores(scores, priors, batch.informed)
