"""Figures of scored splits: AUROC, AUPRC, recall, Brier skill and dependence on degree, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.calibration import DegreeLine, brier_skill, cross_calibrate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.evaluation.hidden_folds import Split

__all__ = ["RankingFigures", "SplitScores", "figures", "markdown", "of_diseases"]

_DRAWS = 500


@dataclass(frozen=True, slots=True)
class SplitScores:
    """Out-of-fold scores of one split's pairs; all tables are drugs x diseases.

    Attributes:
        split: the way of hiding.
        diseases: numbers of the diseases, ascending.
        known: the labels.
        pair_mask: mask of the pairs that enter the figures.
        folds: the fold of each pair.
        scores: by method; log-odds up to a calibration.
    """

    split: Split
    diseases: NDArray[np.int64]
    known: NDArray[np.bool_]
    pair_mask: NDArray[np.bool_]
    folds: NDArray[np.int8]
    scores: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Figures of one method in one split; triples are value, low and high of a 95 % bootstrap over diseases.

    Attributes:
        auroc, auprc: over all pairs together.
        disease_auroc, disease_auprc: over the pairs of a disease, mean over the diseases with a treatment.
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
    disease_auroc: tuple[float, float, float]
    disease_auprc: tuple[float, float, float]
    recall_10: tuple[float, float, float]
    recall_50: tuple[float, float, float]
    brier_skill: float
    degree_correlation: float
    beyond: tuple[float, float]


def of_diseases(scored: SplitScores, mask: NDArray[np.bool_]) -> SplitScores:
    """The same scores of some diseases alone; `mask` has a value for each disease of the graph."""
    return replace(scored, pair_mask=scored.pair_mask & mask[scored.diseases])


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
    auroc, auprc, *by_disease = _bootstrap_intervals(scores, known, counted, seed)
    return RankingFigures(
        split=scored.split,
        method=method,
        auroc=auroc,
        auprc=auprc,
        disease_auroc=by_disease[0],
        disease_auprc=by_disease[1],
        recall_10=by_disease[2],
        recall_50=by_disease[3],
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
    """AUROC and AUPRC over all pairs, then the figures of `_figures_by_disease`.

    Each with its interval over diseases drawn with replacement.
    """
    from sklearn.metrics import roc_auc_score

    diseases = np.flatnonzero(counted.any(axis=0))
    disease_of_pair = np.repeat(np.arange(len(diseases)), len(scores))
    in_mask = counted[:, diseases].T.ravel()
    flat, labels = scores[:, diseases].T.ravel()[in_mask], known[:, diseases].T.ravel()[in_mask]
    disease_of_pair = disease_of_pair[in_mask]
    by_disease = _figures_by_disease(scores, known, counted, diseases)
    estimates = (
        float(roc_auc_score(labels, flat)),
        _average_precision(flat, labels),
        *(float(np.nanmean(values)) for values in by_disease),
    )
    order = np.argsort(-flat, kind="stable")
    labels, disease_of_pair = labels[order], disease_of_pair[order]
    generator, resamples = np.random.default_rng(seed), []
    for _ in range(_DRAWS):
        weights = np.bincount(generator.integers(0, len(diseases), len(diseases)), minlength=len(diseases))
        hits, misses = _cumulative_counts(labels, weights[disease_of_pair])
        if hits[-1] == 0:
            continue
        means = [
            np.average(values[~np.isnan(values)], weights=_nonzero_weights(weights[~np.isnan(values)]))
            for values in by_disease
        ]
        resamples.append(
            (_area_under_roc(hits, misses), _weighted_average_precision(hits, misses, labels), *means)
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


def _figures_by_disease(
    scores: NDArray[np.float64],
    known: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    diseases: NDArray[np.int64],
) -> list[NDArray[np.float64]]:
    """AUROC, AUPRC, and the shares of its treatments among its best 10 and 50 drugs, of each disease.

    NaN where a disease has no treatment, the AUROC also where it has nothing else.
    """
    values = np.full((4, len(diseases)), np.nan)
    for index, disease in enumerate(diseases.tolist()):
        inside = counted[:, disease]
        labels = known[inside, disease]
        if not labels.any():
            continue
        disease_scores = scores[inside, disease]
        order = np.argsort(-disease_scores, kind="stable")
        if not labels.all():
            values[0, index] = _disease_auroc(disease_scores, labels)
        values[1, index] = _average_precision(disease_scores, labels)
        for row, top in ((2, 10), (3, 50)):
            values[row, index] = labels[order[:top]].sum() / labels.sum()
    return list(values)


def _disease_auroc(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """The chance that a treatment scores above another drug, ties half."""
    ordered = np.sort(scores[~labels])
    treatments = scores[labels]
    below = np.searchsorted(ordered, treatments, "left") + np.searchsorted(ordered, treatments, "right")
    return float(below.mean() / (2 * len(ordered)))


def markdown(results: Sequence[RankingFigures]) -> str:
    """The figures as a table."""

    def cell(estimate: tuple[float, float, float]) -> str:
        return f"{estimate[0]:.3f} ({estimate[1]:.3f}-{estimate[2]:.3f})"

    head = (
        "split | method | AUROC | AUPRC | AUROC of a disease | AUPRC of a disease | recall@10 | recall@50 | "
        "Brier skill | degree correlation | beyond the degree: AUPRC, correlation"
    )
    lines = [f"| {head} |", "| --- " * 11 + "|"]
    lines += [
        f"| by {row.split} | {row.method} | {cell(row.auroc)} | {cell(row.auprc)} | "
        f"{cell(row.disease_auroc)} | {cell(row.disease_auprc)} | "
        f"{cell(row.recall_10)} | {cell(row.recall_50)} | "
        f"{row.brier_skill:.3f} | {row.degree_correlation:.2f} | "
        f"{row.beyond[0]:.3f}, {row.beyond[1]:.2f} |"
        for row in results
    ]
    return "\n".join(lines) + "\n"
