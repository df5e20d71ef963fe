"""Evaluates predicted side effects on drugs whose own side effects are all hidden.

The drugs with listed side effects are divided into folds; each is predicted from the drugs of the other
folds. The baseline is the share of those drugs that cause an effect, the same for every drug: most listed
side effects are common ones, and a prediction is worth its gain over that share.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import EmptyGraphError
from kedrec.safety.side_effects import CAUSES, SimilarDrugs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["Scores", "SideEffectResult", "evaluate", "markdown"]

_FOLDS = 5
_RESAMPLES = 1000  # resampled sets of drugs, for the intervals
_BINS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0 + 1e-9)


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one prediction method.

    Attributes:
        auroc, auprc: over all pairs of a drug and a side effect (AUPRC as average precision).
        brier: mean squared error over all pairs.
        drug_auroc, drug_auprc: the mean over drugs of each drug's own.
        interval: 95 % interval of `drug_auprc`, by a bootstrap over drugs, 1,000 draws.
    """

    auroc: float
    auprc: float
    brier: float
    drug_auroc: float
    drug_auprc: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SideEffectResult:
    """Result of the evaluation.

    Attributes:
        seed: of the folds and the intervals.
        drugs, effects, pairs: numbers of drugs with listed side effects, of side effects, of listed pairs.
        similar: figures of the prediction from similar drugs.
        usual: figures of the baseline, the share of all other drugs.
        reliability: (least, most, pairs, mean probability, share listed) by predicted probability.
    """

    seed: int
    drugs: int
    effects: int
    pairs: int
    similar: Scores
    usual: Scores
    reliability: tuple[tuple[float, float, int, float, float], ...]


def evaluate(adjacency: Adjacency, *, seed: int, progress: Progress | None = None) -> SideEffectResult:
    """Predicts every side effect of every drug from the drugs of other folds, and scores the predictions.

    Args:
        adjacency: the graph.
        seed: of the folds and the intervals.
        progress: called drug by drug.

    Raises:
        EmptyGraphError: the graph has too few drugs with side effects.
    """
    similar = SimilarDrugs(adjacency)
    drugs = np.flatnonzero(similar.has_effects)
    if len(drugs) < 2 * _FOLDS:
        raise EmptyGraphError(
            f"{len(drugs)} drugs of the graph have side effects listed.",
            f"At least {2 * _FOLDS} are needed: load a source that has some, such as Hetionet.",
        )
    causes = adjacency.incidence(CAUSES)
    generator = np.random.default_rng(seed)
    fold = generator.permutation(np.arange(len(drugs)) % _FOLDS)
    shape = (len(drugs), len(causes.back_degrees))
    truth = np.zeros(shape, bool)
    predicted, usual = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row, drug in enumerate(drugs.tolist()):
        if progress is not None:
            progress("Predicting side effects, by drug", row, len(drugs))
        truth[row, causes.row(drug)] = True
        known = np.zeros(len(similar.has_effects), bool)
        known[drugs[fold != fold[row]]] = True
        prediction = similar.predict(drug, known)
        predicted[row], usual[row] = prediction.probability, prediction.usual
    return SideEffectResult(
        seed=seed,
        drugs=len(drugs),
        effects=shape[1],
        pairs=int(truth.sum()),
        similar=_scores(truth, predicted, seed),
        usual=_scores(truth, usual, seed),
        reliability=_reliability(truth, predicted),
    )


def markdown(result: SideEffectResult) -> str:
    """The result as Markdown tables."""
    summary = f"{result.drugs:,} drugs, {result.effects:,} side effects, {result.pairs:,} listed pairs"
    lines = [
        f"{summary}; {_FOLDS} folds by drug, seed {result.seed}",
        "",
        "| prediction | AUROC | AUPRC | Brier | AUROC by drug | AUPRC by drug (95 %) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, scores in (("similar drugs", result.similar), ("share of all drugs", result.usual)):
        lines.append(
            f"| {name} | {scores.auroc:.3f} | {scores.auprc:.3f} | {scores.brier:.4f} "
            f"| {scores.drug_auroc:.3f} | {scores.drug_auprc:.3f} "
            f"({scores.interval[0]:.3f}-{scores.interval[1]:.3f}) |"
        )
    lines += ["", "| predicted | pairs | mean probability | listed |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {least:.1f}-{min(most, 1.0):.1f} | {pairs:,} | {mean:.3f} | {share:.3f} |"
        for least, most, pairs, mean, share in result.reliability
    ]
    return "\n".join(lines) + "\n"


def _scores(truth: NDArray[np.bool_], predicted: NDArray[np.float32], seed: int) -> Scores:
    from sklearn.metrics import average_precision_score, roc_auc_score

    by_drug = np.array([average_precision_score(*row) for row in zip(truth, predicted, strict=True)])
    drug_aurocs = [roc_auc_score(*row) for row in zip(truth, predicted, strict=True) if not row[0].all()]
    generator = np.random.default_rng(seed)
    means = [by_drug[generator.integers(0, len(by_drug), len(by_drug))].mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Scores(
        auroc=float(roc_auc_score(truth.ravel(), predicted.ravel())),
        auprc=float(average_precision_score(truth.ravel(), predicted.ravel())),
        brier=float(np.mean((predicted - truth) ** 2)),
        drug_auroc=float(np.mean(drug_aurocs)),
        drug_auprc=float(by_drug.mean()),
        interval=(float(low), float(high)),
    )


def _reliability(
    truth: NDArray[np.bool_], predicted: NDArray[np.float32]
) -> tuple[tuple[float, float, int, float, float], ...]:
    bins = []
    for least, most in pairwise(_BINS):
        inside = (predicted >= least) & (predicted < most)
        if inside.any():
            mean, share = float(predicted[inside].mean()), float(truth[inside].mean())
            bins.append((least, most, int(inside.sum()), mean, share))
    return tuple(bins)
