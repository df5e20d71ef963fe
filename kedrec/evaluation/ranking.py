"""Cross-validated evaluation of the ranking on hidden treatments, with two simple baselines.

Strict: the treatments of a fold are removed from the graph, all counts and models are recomputed without
them, and then the fold's pairs are scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.common.cpus import single_threaded_algebra
from kedrec.errors import EmptyGraphError
from kedrec.evaluation.hidden_folds import Split, folds
from kedrec.ranking.calibration import DegreeLine, brier_skill, cross_calibrated
from kedrec.ranking.ensemble import side_by_side
from kedrec.ranking.fit import choose_metapaths
from kedrec.ranking.sampling import (
    TREATS,
    Counted,
    Sample,
    allowed,
    blocks,
    draw_for,
    known_treatments,
    learn,
    links_of,
)
from kedrec.ranking.similarity import Alike

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.folds import Regime

__all__ = ["METHODS", "Figures", "Scored", "evaluate", "figures", "score_fold", "score_split"]

METHODS = ("degrees", "24 metapaths", "ranking")
"""Degrees alone; a logistic regression on the 24 metapaths that most pairs have; KEDRec's ranking."""

_MIN_TREATMENTS, _MIN_ENTITIES = 20, 5
"""Fewest treatments, and fewest drugs and diseases with one: below, a fold may hide all training data."""
_BASELINE_METAPATHS = 24
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class Scored:
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
    counted: NDArray[np.bool_]
    folds: NDArray[np.int64]
    scores: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Figures:
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


def evaluate(
    adjacency: Adjacency,
    link_tables: Sequence[Table],
    splits: Sequence[Split],
    *,
    seed: int,
    counted: NDArray[np.bool_] | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> tuple[list[Figures], list[Scored]]:
    """Scores every split and computes each method's figures.

    Args:
        adjacency: the graph.
        link_tables: the tables that have links.
        splits: the ways of hiding.
        seed: of folds, samples, trees and bootstrap.
        counted: mask of the pairs that enter the figures, drugs x diseases; None: those of all drugs and all
            treated diseases.
        threads: models fitted at once, at most.
        progress: called fold by fold.

    Returns:
        The figures of every split and method, and the scores of every split.

    Raises:
        EmptyGraphError: the graph has too few treatments to hide some and rank without them.
    """
    known = known_treatments(adjacency)
    _check_size(known)
    if counted is None:
        counted = np.zeros_like(known)
        counted[:, known.any(axis=0)] = True
    with single_threaded_algebra():
        scored = [
            score_split(
                adjacency, link_tables, split, seed=seed, counted=counted, threads=threads, progress=progress
            )
            for split in splits
        ]
    return [figures(split_scores, method, seed) for split_scores in scored for method in METHODS], scored


def _check_size(known: NDArray[np.bool_]) -> None:
    """Checks that treatments and other pairs remain to learn from in every fold.

    Raises:
        EmptyGraphError: the graph has too few.
    """
    treatments, drugs, diseases = (
        int(count) for count in (known.sum(), known.any(axis=1).sum(), known.any(axis=0).sum())
    )
    other_pairs = known.size - treatments
    if min(treatments, other_pairs) < _MIN_TREATMENTS or min(drugs, diseases) < _MIN_ENTITIES:
        raise EmptyGraphError(
            f"The graph has {treatments:,} treatments of {drugs:,} drugs for {diseases:,} diseases: too few "
            "to hide some and rank without them.",
            f"At least {_MIN_TREATMENTS} are needed, of {_MIN_ENTITIES} drugs and for {_MIN_ENTITIES} "
            "diseases, and as many pairs that are none: `kedrec-load sources` lists what brings treatments.",
        )


def score_split(
    adjacency: Adjacency,
    link_tables: Sequence[Table],
    split: Split,
    *,
    seed: int,
    counted: NDArray[np.bool_],
    threads: int = 1,
    progress: Progress | None = None,
) -> Scored:
    """Scores every pair of a split by each method, fold after fold."""
    known = known_treatments(adjacency)
    fold_of = folds(adjacency, link_tables, split, seed)
    raw: dict[str, list[NDArray[np.float64]]] = {}
    for fold in range(int(fold_of.max()) + 1):
        if progress is not None:
            progress(f"By {split}", fold, int(fold_of.max()) + 1)
        hidden = fold_of == fold
        if not (known & hidden & counted).any():
            continue
        for method, models in score_fold(
            adjacency, link_tables, split, hidden, seed + fold, threads=threads
        ).items():
            tables = raw.setdefault(method, [np.zeros(known.shape) for _ in models])
            for values, predictions in zip(tables, models, strict=True):
                values[hidden] = predictions[hidden]
    in_tested_folds = counted & np.isin(fold_of, np.unique(fold_of[known & counted]))
    scores = {
        method: np.mean(
            [
                (values - values[in_tested_folds].mean()) / (values[in_tested_folds].std() or 1.0)
                for values in models
            ],
            axis=0,
        )
        for method, models in raw.items()
    }
    return Scored(split, known, in_tested_folds, fold_of, scores)


def score_fold(
    adjacency: Adjacency,
    link_tables: Sequence[Table],
    split: Split,
    hidden: NDArray[np.bool_],
    seed: int,
    *,
    threads: int = 1,
) -> dict[str, list[NDArray[np.float64]]]:
    """Scores all pairs by models fitted without the hidden ones.

    A disease whose treatments are all hidden is scored by the models for untreated diseases, as the ranking
    does; both regimes' models give log-odds in samples with the same number of other pairs a treatment.

    Returns:
        By method, a table of scores (drugs x diseases) for each of its models.
    """
    known = known_treatments(adjacency)
    visible = known & ~hidden
    masked = adjacency.replaced({TREATS: links_of(visible)})
    graph = Counted(masked, choose_metapaths(masked, link_tables, seed), Alike.of(masked, link_tables))
    maker = graph.whole()
    candidates = ~hidden
    candidates[:, ~visible.any(axis=0)] = False
    cold = split in ("disease", "cluster")
    regime: Regime = "unseen" if cold else "treated"
    diseases = np.flatnonzero(hidden.any(axis=0))
    untreated = np.asarray(~visible.any(axis=0))
    scores: dict[str, list[NDArray[np.float64]]] = {}
    regimes: list[Regime] = [regime] if cold or not untreated[diseases].any() else [regime, "unseen"]
    for sample_regime in regimes:
        sample = draw_for(sample_regime, graph, visible, candidates, seed=seed, threads=threads)
        columns = allowed(maker.features, sample_regime)
        methods: dict[str, list[_Model]] = {
            "ranking": [
                member.scores
                for member in learn(
                    sample,
                    maker.features,
                    columns,
                    np.zeros(len(sample.labels), bool),
                    seed=seed,
                    threads=threads,
                )
            ]
        }
        if sample_regime == regime:
            methods["degrees"] = [_regression(sample, _degree_columns(maker, columns))]
            methods["24 metapaths"] = [_regression(sample, _common_metapath_columns(maker, sample, columns))]
        for name, models in methods.items():
            scores.setdefault(name, [np.zeros(known.shape) for _ in models])
        _fill_scores(
            scores,
            methods,
            maker,
            diseases if sample_regime == regime else diseases[untreated[diseases]],
            threads,
        )
    return scores


_Model = Callable[["NDArray[np.float32]"], Any]
"""Scores pairs (rows) by their features (columns)."""


def _fill_scores(
    scores: dict[str, list[NDArray[np.float64]]],
    methods: dict[str, list[_Model]],
    maker: FeatureMaker,
    diseases: NDArray[np.int64],
    threads: int,
) -> None:
    """Fills in the models' scores of all drugs for the given diseases."""
    for columns, table in blocks(maker, diseases):
        flat = table.reshape(-1, table.shape[2])
        for name, models in methods.items():
            results = side_by_side([partial(model, flat) for model in models], threads)
            for values, column_scores in zip(scores[name], results, strict=True):
                values[:, columns] = np.asarray(column_scores).reshape(table.shape[:2]).T


def _degree_columns(maker: FeatureMaker, allowed_columns: NDArray[np.bool_]) -> list[int]:
    return [
        column
        for column, feature in enumerate(maker.features)
        if allowed_columns[column] and feature.group == "prior"
    ]


def _common_metapath_columns(
    maker: FeatureMaker, sample: Sample, allowed_columns: NDArray[np.bool_]
) -> list[int]:
    """Columns of the metapaths that most pairs of the sample have."""
    counts = [
        (-int((sample.rows[:, column] > 0).sum()), column)
        for column, feature in enumerate(maker.features)
        if allowed_columns[column] and feature.group == "metapath" and not feature.relative
    ]
    return [column for _, column in sorted(counts)[:_BASELINE_METAPATHS]]


def _regression(sample: Sample, columns: list[int]) -> Callable[[NDArray[np.float32]], Any]:
    """Logistic regression on some standardised columns; without columns every pair scores 0."""
    if not columns:
        return lambda rows: np.zeros(len(rows))
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    model.fit(sample.rows[:, columns].astype(np.float64), sample.labels)
    return lambda rows: model.decision_function(rows[:, columns].astype(np.float64))


def figures(scored: Scored, method: str, seed: int) -> Figures:
    """Figures of one method's scores in a split."""
    scores, counted = scored.scores[method], scored.counted
    known = scored.known & counted
    diseases = np.broadcast_to(np.arange(counted.shape[1]), counted.shape)[counted]
    labels = np.asarray(known[counted])
    probabilities = cross_calibrated(scores[counted], labels, diseases)
    drugs = np.flatnonzero(counted.any(axis=1))
    diseases_scored = counted.any(axis=0)
    means, degrees = scores[drugs][:, diseases_scored].mean(axis=1), known[drugs].sum(axis=1)
    visible = _visible_degrees(scored)[drugs]
    adjusted = DegreeLine.of(means, degrees).beyond(scores[drugs], visible)
    pairs = counted[drugs]
    auroc, auprc, recall_10, recall_50 = _bootstrap_intervals(scores, known, counted, seed)
    return Figures(
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


def _visible_degrees(scored: Scored) -> NDArray[np.int64]:
    """Number of diseases that each pair's drug visibly treated when the pair was scored: drugs x diseases."""
    visible = np.zeros(scored.known.shape, np.int64)
    for fold in np.unique(scored.folds).tolist():
        hidden = scored.folds == fold
        degrees = (scored.known & scored.counted & ~hidden).sum(axis=1)
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


def as_dicts(results: Sequence[Figures]) -> list[Mapping[str, Any]]:
    """The figures as JSON can hold them."""
    from dataclasses import asdict

    return [asdict(figures) for figures in results]


def markdown(results: Sequence[Figures]) -> str:
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
