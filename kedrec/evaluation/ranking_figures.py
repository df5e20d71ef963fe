"""Figures of scored splits: AUROC, AUPRC, recall, Brier skill and dependence on degree, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.calibration import DegreeLine, brier_skill, cross_calibrate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.evaluation.hidden_folds import Split

__all__ = ["RankingFigures", "SplitScores", "figures", "markdown"]

_DRAWS = 500


@dataclass(frozen=True, slots=True)
class SplitScores:
    """Out-of-fold scores of one split's pairs; all arrays are drugs x diseases.

    Attributes:
        split: the way of hiding.
        known: the labels.
        counted: mask of the pairs that enter the figures.
        folds: the fold of each pair.
        scores: by method; log-odds up to a calibration.
    """

    split: Split
    known: NDArray[np.bool_]
    pair_mask: NDArray[np.bool_]
    folds: NDArray[np.int64]
    scores: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Figures of one method in one split; triples are value, low and high of a 95 % bootstrap over diseases.

    Attributes:
        auroc, auprc: over all pairs together.
        recall_10, recall_50: share of a disease's treatments among its best 10 and 50 drugs, mean over the
            diseases with one.
        brier_skill: of the probabilities, calibrated on other diseases.
        degree_correlation: Spearman's, of a drug's mean score and how many diseases it treats.
        beyond: AUPRC and that correlation after the scores expected from degree are subtracted
            (`--beyond-prior`).
    """

    split: Split
    method: str
    auroc: tuple[float, float, float]
    auprc: tuple[float, float, float]
    recall_10: tuple[float, float, float]
    recall_50: tuple[float, float, float]
    brier_skill: float
    degree_correlation: float
    beyond: tuple[float, float]


def figures(scored: SplitScores, method: str, seed: int) -> RankingFigures:
    """Figures of one method's scores in a split."""
    scores, counted = scored.scores[method], scored.pair_mask
    known = scored.known & counted
    diseases = np.broadcast_to(np.arange(counted.shape[1]), counted.shape)[counted]
    labels = np.asarray(known[counted])
    probabilities = cross_calibrate(scores[counted], labels, diseases)
    drugs = np.flatnonzero(counted.any(axis=1))
    diseases_scored = counted.any(axis=0)
    means, degrees = scores[drugs][:, diseases_scored].mean(axis=1), known[drugs].sum(axis=1)
    visible = _visible_degrees(scored)[drugs]
    adjusted = DegreeLine.of(means, degrees).subtract_expected(scores[drugs], visible)
    pairs = counted[drugs]
    auroc, auprc, recall_10, recall_50 = _bootstrap_intervals(scores, known, counted, seed)
    return RankingFigures(
        split=scored.split,
        method=method,
        auroc=auroc,
        auprc=auprc,
        recall_10=recall_10,
        recall_50=recall_50,
        brier_skill=brier_skill(probabilities, labels),
        degree_correlation=_rank_correlation(means, degrees),
        beyond=(
            _average_precision(adjusted[pairs], known[drugs][pairs]),
            _rank_correlation(adjusted[:, diseases_scored].mean(axis=1), degrees),
        ),
    )


def _rank_correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Spearman's correlation, -1 to 1; 0 where one of the arrays is constant."""
    from scipy.stats import spearmanr

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def _visible_degrees(scored: SplitScores) -> NDArray[np.int64]:
    """Number of diseases that each pair's drug visibly treated when the pair was scored: drugs x diseases."""
    visible = np.zeros(scored.known.shape, np.int64)
    for fold in np.unique(scored.folds).tolist():
        hidden = scored.folds == fold
        degrees = (scored.known & scored.pair_mask & ~hidden).sum(axis=1)
        visible += hidden * degrees[:, None]
    return visible


def _average_precision(
    scores: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any] | None = None
) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores, sample_weight=weights))


def _bootstrap_intervals(
    scores: NDArray[np.float64], known: NDArray[np.bool_], counted: NDArray[np.bool_], seed: int
) -> tuple[tuple[float, float, float], ...]:
    """AUROC, AUPRC, recall at 10 and at 50, each with its interval over diseases drawn with replacement."""
    from sklearn.metrics import roc_auc_score

    diseases = np.flatnonzero(counted.any(axis=0))
    disease_of_pair = np.repeat(np.arange(len(diseases)), len(scores))
    in_mask = counted[:, diseases].T.ravel()
    flat, labels = scores[:, diseases].T.ravel()[in_mask], known[:, diseases].T.ravel()[in_mask]
    disease_of_pair = disease_of_pair[in_mask]
    recalls = {top: _recalls(scores, known, counted, diseases, top) for top in (10, 50)}
    estimates = (
        float(roc_auc_score(labels, flat)),
        _average_precision(flat, labels),
        *(float(np.nanmean(values)) for values in recalls.values()),
    )
    order = np.argsort(-flat, kind="stable")
    labels, disease_of_pair = labels[order], disease_of_pair[order]
    generator, resamples = np.random.default_rng(seed), []
    for _ in range(_DRAWS):
        weights = np.bincount(generator.integers(0, len(diseases), len(diseases)), minlength=len(diseases))
        hits, misses = _cumulative_counts(labels, weights[disease_of_pair])
        if hits[-1] == 0:
            continue
        mean_recalls = [
            np.average(values[~np.isnan(values)], weights=_nonzero_weights(weights[~np.isnan(values)]))
            for values in recalls.values()
        ]
        resamples.append(
            (_area_under_roc(hits, misses), _weighted_average_precision(hits, misses, labels), *mean_recalls)
        )
    bounds = np.percentile(np.array(resamples), [2.5, 97.5], axis=0)
    return tuple(
        (value, float(bounds[0, column]), float(bounds[1, column])) for column, value in enumerate(estimates)
    )


def _nonzero_weights(weights: NDArray[Any]) -> NDArray[Any]:
    return weights if weights.sum() else np.ones_like(weights)


def _cumulative_counts(
    labels: NDArray[Any], weights: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cumulative weights of treatments and of other pairs, from the best score on."""
    return np.cumsum(labels * weights, dtype=float), np.cumsum(~labels * weights, dtype=float)


def _area_under_roc(hits: NDArray[np.float64], misses: NDArray[np.float64]) -> float:
    return float(np.trapezoid(hits / hits[-1], misses / max(misses[-1], 1.0)))


def _weighted_average_precision(
    hits: NDArray[np.float64], misses: NDArray[np.float64], labels: NDArray[Any]
) -> float:
    """Average precision of pairs in order of their score, from cumulative weights."""
    gained = np.diff(hits, prepend=0.0)
    treatments = labels & (gained > 0)
    return float(
        (gained[treatments] * hits[treatments] / (hits[treatments] + misses[treatments])).sum() / hits[-1]
    )


def _recalls(
    scores: NDArray[np.float64],
    known: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    diseases: NDArray[np.int64],
    top: int,
) -> NDArray[np.float64]:
    """Share of each disease's treatments among its `top` drugs; NaN where it has none."""
    recalls = np.full(len(diseases), np.nan)
    for index, disease in enumerate(diseases.tolist()):
        inside = counted[:, disease]
        labels = known[inside, disease]
        if labels.any():
            best = np.argsort(-scores[inside, disease], kind="stable")[:top]
            recalls[index] = labels[best].sum() / labels.sum()
    return recalls


def markdown(results: Sequence[RankingFigures]) -> str:
    """The figures as a table."""

    def cell(estimate: tuple[float, float, float]) -> str:
        return f"{estimate[0]:.3f} ({estimate[1]:.3f}-{estimate[2]:.3f})"

    head = (
        "split | method | AUROC | AUPRC | recall@10 | recall@50 | Brier skill | degree correlation | "
        "beyond the degree: AUPRC, correlation"
    )
    lines = [f"| {head} |", "| --- " * 9 + "|"]
    lines += [
        f"| by {row.split} | {row.method} | {cell(row.auroc)} | {cell(row.auprc)} | {cell(row.recall_10)} | "
        f"{cell(row.recall_50)} | {row.brier_skill:.3f} | {row.degree_correlation:.2f} | "
        f"{row.beyond[0]:.3f}, {row.beyond[1]:.2f} |"
        for row in results
    ]
    return "\n".join(lines) + "\n"
