"""Measures the predicted side effects: on drugs whose own side effects are all hidden.

The drugs that have side effects listed are cut into folds; each is predicted from the drugs of the other
folds. Beside it stands the share of those drugs that cause an effect, the same for every drug: side effects
are mostly common ones, and a prediction is worth what it adds to that.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.errors import UsageError
from kedrec.safety.side_effects import CAUSES, SimilarDrugs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["Scores", "SideEffectResult", "evaluate", "markdown"]

_FOLDS = 5
_DRAWN = 1000  # resampled sets of drugs, for the intervals
_BINS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0 + 1e-9)


@dataclass(frozen=True, slots=True)
class Scores:
    """How well one prediction does.

    Attributes:
        auroc, auprc: over all pairs of a drug and a side effect (AUPRC as average precision).
        brier: mean squared error over all pairs.
        drug_auroc, drug_auprc: the mean over drugs of each drug's own.
        interval: 95 % interval of `drug_auprc`: the drugs drawn anew 1,000 times.
    """

    auroc: float
    auprc: float
    brier: float
    drug_auroc: float
    drug_auprc: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SideEffectResult:
    """What was measured.

    Attributes:
        drugs, effects, pairs: drugs with side effects listed, side effects, and the listed pairs.
        similar: predicted from similar drugs.
        usual: the share of all other drugs, for comparison.
        reliability: (least, most, pairs, mean probability, share that is listed) by predicted probability.
    """

    seed: int
    drugs: int
    effects: int
    pairs: int
    similar: Scores
    usual: Scores
    reliability: tuple[tuple[float, float, int, float, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON can hold it."""
        return asdict(self)


def evaluate(adjacency: Adjacency, *, seed: int, progress: Progress | None = None) -> SideEffectResult:
    """Predicts every side effect of every drug from the drugs of other folds, and compares.

    Args:
        adjacency: the graph.
        seed: of the folds and the intervals.
        progress: called as the drugs are done.

    Raises:
        UsageError: the graph has too few drugs with side effects.
    """
    similar = SimilarDrugs(adjacency)
    drugs = np.flatnonzero(similar.listed)
    if len(drugs) < 2 * _FOLDS:
        raise UsageError(
            f"{len(drugs)} drugs of the graph have side effects listed.",
            f"At least {2 * _FOLDS} are needed: load a source that has some, such as Hetionet.",
        )
    causes = adjacency.incidence(CAUSES)
    draw = np.random.default_rng(seed)
    fold = draw.permutation(np.arange(len(drugs)) % _FOLDS)
    shape = (len(drugs), len(causes.back_degrees))
    truth = np.zeros(shape, bool)
    guessed, usual = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for place, drug in enumerate(drugs.tolist()):
        if progress is not None:
            progress("Predicting side effects, by drug", place, len(drugs))
        truth[place, causes.indices[causes.indptr[drug] : causes.indptr[drug + 1]]] = True
        known = np.zeros(len(similar.listed), bool)
        known[drugs[fold != fold[place]]] = True
        likely = similar.predict(drug, known)
        guessed[place], usual[place] = likely.probability, likely.usual
    return SideEffectResult(
        seed=seed,
        drugs=len(drugs),
        effects=shape[1],
        pairs=int(truth.sum()),
        similar=_scores(truth, guessed, seed),
        usual=_scores(truth, usual, seed),
        reliability=_reliability(truth, guessed),
    )


def markdown(result: SideEffectResult) -> str:
    """The result as Markdown tables."""
    told = f"{result.drugs:,} drugs, {result.effects:,} side effects, {result.pairs:,} listed pairs"
    lines = [
        f"{told}; {_FOLDS} folds by drug, seed {result.seed}",
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


def _scores(truth: NDArray[np.bool_], guessed: NDArray[np.float32], seed: int) -> Scores:
    from sklearn.metrics import average_precision_score, roc_auc_score

    by_drug = np.array([average_precision_score(*row) for row in zip(truth, guessed, strict=True)])
    apart = [roc_auc_score(*row) for row in zip(truth, guessed, strict=True) if not row[0].all()]
    draw = np.random.default_rng(seed)
    means = [by_drug[draw.integers(0, len(by_drug), len(by_drug))].mean() for _ in range(_DRAWN)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Scores(
        auroc=float(roc_auc_score(truth.ravel(), guessed.ravel())),
        auprc=float(average_precision_score(truth.ravel(), guessed.ravel())),
        brier=float(np.mean((guessed - truth) ** 2)),
        drug_auroc=float(np.mean(apart)),
        drug_auprc=float(by_drug.mean()),
        interval=(float(low), float(high)),
    )


def _reliability(
    truth: NDArray[np.bool_], guessed: NDArray[np.float32]
) -> tuple[tuple[float, float, int, float, float], ...]:
    found = []
    for least, most in pairwise(_BINS):
        inside = (guessed >= least) & (guessed < most)
        if inside.any():
            mean, share = float(guessed[inside].mean()), float(truth[inside].mean())
            found.append((least, most, int(inside.sum()), mean, share))
    return tuple(found)
