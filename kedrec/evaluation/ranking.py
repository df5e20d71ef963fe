"""Cross-validated evaluation of the ranking on hidden treatments, with two simple baselines.

Strict: the treatments of a fold are removed from the graph, all counts and models are recomputed without
them, and then the fold's pairs are scored. The similarities of drugs and of diseases use no treatments, so
that they are computed once; their weights are learned anew without the fold's treatments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.common.cpus import single_threaded_algebra
from kedrec.errors import EmptyGraphError
from kedrec.evaluation.hidden_folds import COLD_SPLITS, Split, folds, hidden_pairs
from kedrec.evaluation.ranking_figures import RankingFigures, SplitScores, figures
from kedrec.ranking.ensemble import run_in_threads
from kedrec.ranking.features import RIDGE_LABEL
from kedrec.ranking.fit import choose_metapaths
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.sampling import (
    CountedGraph,
    Sample,
    allowed_features,
    draw_sample,
    feature_blocks,
    fit_models,
    known_treatments,
    treated_diseases,
    treatments_only,
    untreated_diseases,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.folds import Regime

__all__ = ["METHODS", "evaluate", "score_fold", "score_split", "standardized"]

METHODS = ("degrees", "24 metapaths", "best similarity", "ranking")
"""Degrees alone; a logistic regression on the 24 metapaths that most pairs have; the similarity that by
itself ranks the training pairs best; KEDRec's ranking."""

_MIN_TREATMENTS, _MIN_ENTITIES = 20, 5
"""Fewest treatments, and fewest drugs and diseases with one: below, a fold may hide all training data."""
_BASELINE_METAPATHS = 24


def evaluate(
    adjacency: Adjacency,
    link_tables: Sequence[Table],
    splits: Sequence[Split],
    *,
    seed: int,
    pair_mask: NDArray[np.bool_] | None = None,
    first_folds: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> tuple[list[RankingFigures], list[SplitScores]]:
    """Scores every split and computes each method's figures.

    Args:
        adjacency: the graph.
        link_tables: the tables that have links.
        splits: the ways of hiding.
        seed: of folds, samples, trees and bootstrap.
        pair_mask: mask of the pairs that enter the figures, drugs x diseases; None: those of all drugs and
            all treated diseases.
        first_folds: how many folds of a split are scored, from the first; None: all. The others' treatments
            are learned from as ever, and don't enter the figures.
        threads: models fitted at once, at most.
        progress: called fold by fold.

    Returns:
        The figures of every split and method, and the scores of every split.

    Raises:
        EmptyGraphError: the graph has too few treatments to hide some and rank without them.
    """
    treated = treated_diseases(adjacency)
    _check_size(known_treatments(adjacency, treated))
    counted = treated
    if pair_mask is not None:
        counted = np.flatnonzero(pair_mask.any(axis=0))
        pair_mask = pair_mask[:, counted]
    with single_threaded_algebra():
        scored = [
            score_split(
                adjacency,
                link_tables,
                split,
                seed=seed,
                diseases=counted,
                pair_mask=pair_mask,
                first_folds=first_folds,
                threads=threads,
                progress=progress,
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
    diseases: NDArray[np.int64],
    pair_mask: NDArray[np.bool_] | None = None,
    first_folds: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> SplitScores:
    """Scores the pairs of some diseases in a split by each method, fold after fold.

    Args:
        adjacency: the graph.
        link_tables: the tables that have links.
        split: the way of hiding.
        seed: of folds, samples and trees.
        diseases: numbers of the diseases, ascending.
        pair_mask: mask of the pairs to count, drugs x these diseases; None: all of them.
        first_folds: as of `evaluate`.
        threads: models fitted at once, at most.
        progress: called fold by fold.
    """
    known = known_treatments(adjacency, diseases)
    if pair_mask is None:
        pair_mask = np.ones_like(known)
    fold_of_all = folds(adjacency, link_tables, split, seed)
    fold_of = fold_of_all[:, diseases]
    count = int(fold_of_all.max()) + 1
    if first_folds is not None:
        count = min(count, first_folds)
        pair_mask = pair_mask & (fold_of < count)
    similarity = PairSimilarity.of(adjacency, link_tables)
    raw: dict[str, list[NDArray[np.float32]]] = {}
    for fold in range(count):
        if progress is not None:
            progress(f"By {split}", fold, count)
        in_fold = fold_of == fold
        if not (known & in_fold & pair_mask).any():
            continue
        scored = np.flatnonzero((in_fold & pair_mask).any(axis=0))
        fold_scores = score_fold(
            adjacency,
            link_tables,
            split,
            hidden_pairs(adjacency, split, fold_of_all == fold),
            seed + fold,
            diseases=diseases[scored],
            similarity=similarity,
            threads=threads,
        )
        for method, models in fold_scores.items():
            tables = raw.setdefault(method, [np.zeros(known.shape, np.float32) for _ in models])
            for values, predictions in zip(tables, models, strict=True):
                values[:, scored] = np.where(in_fold[:, scored], predictions, values[:, scored])
    in_tested_folds = pair_mask & np.isin(fold_of, np.unique(fold_of[known & pair_mask]))
    scores = {
        method: np.mean([standardized(values, in_tested_folds) for values in models], axis=0)
        for method, models in raw.items()
    }
    return SplitScores(split, diseases, known, in_tested_folds, fold_of, scores)


def standardized(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Values in standard deviations from their mean, both over the pairs of a mask."""
    chosen = values[mask].astype(np.float64)
    return np.asarray((values - chosen.mean()) / (chosen.std() or 1.0), np.float64)


def score_fold(
    adjacency: Adjacency,
    link_tables: Sequence[Table],
    split: Split,
    hidden: NDArray[np.bool_],
    seed: int,
    *,
    diseases: NDArray[np.int64],
    similarity: PairSimilarity | None = None,
    threads: int = 1,
) -> dict[str, list[NDArray[np.float32]]]:
    """Scores all drugs for some diseases by models fitted without the hidden pairs.

    A disease whose treatments are all hidden is scored by the models for untreated diseases, as the ranking
    does; both regimes' models give log-odds in samples with the same number of other pairs a treatment.

    Args:
        adjacency: the graph.
        link_tables: the tables that have links.
        split: the way of hiding.
        hidden: mask of the hidden pairs: drugs x all diseases.
        seed: of samples and trees.
        diseases: numbers of the diseases to score, ascending.
        similarity: the similarities of the graph's drugs and diseases; None: they are computed.
        threads: models fitted at once, at most.

    Returns:
        By method, a table of scores (drugs x these diseases) for each of its models.

    Raises:
        EmptyGraphError: every treatment is hidden.
    """
    treated = treated_diseases(adjacency)
    masked = treatments_only(adjacency, known_treatments(adjacency, treated) & ~hidden[:, treated], treated)
    visible_similarity = (
        PairSimilarity.of(masked, link_tables) if similarity is None else similarity.with_treatments(masked)
    )
    graph = CountedGraph(masked, choose_metapaths(masked, link_tables, seed), visible_similarity)
    maker = graph.full_features()
    learned = treated_diseases(masked)
    if not len(learned):
        raise EmptyGraphError(
            f"Hidden by {split}, all treatments are hidden at once: none is left to learn from.",
            "Load more sources, or choose other ways of hiding with --split.",
        )
    visible, candidates = known_treatments(masked, learned), ~hidden[:, learned]
    cold = split in COLD_SPLITS
    regime: Regime = "unseen" if cold else "treated"
    untreated = untreated_diseases(masked)[diseases]
    scores: dict[str, list[NDArray[np.float32]]] = {}
    regimes: list[Regime] = [regime] if cold or not untreated.any() else [regime, "unseen"]
    for sample_regime in regimes:
        sample = draw_sample(sample_regime, graph, visible, candidates, learned, seed=seed, threads=threads)
        columns = allowed_features(maker.features, sample_regime)
        nothing = np.zeros(len(sample.labels), bool)
        members = fit_models(sample, maker.features, columns, nothing, seed=seed, threads=threads)
        methods: dict[str, list[_Model]] = {"ranking": [member.scores for member in members]}
        if sample_regime == regime:
            methods["degrees"] = [_regression(sample, _degree_columns(maker, columns))]
            methods["24 metapaths"] = [_regression(sample, _common_metapath_columns(maker, sample, columns))]
            methods["best similarity"] = [_best_similarity(maker, sample, columns)]
        for name, models in methods.items():
            scores.setdefault(name, [np.zeros((len(visible), len(diseases)), np.float32) for _ in models])
        chosen = np.arange(len(diseases)) if sample_regime == regime else np.flatnonzero(untreated)
        _fill_scores(scores, methods, maker, diseases, chosen, threads=threads)
    return scores


_Model = Callable[["NDArray[np.float32]"], Any]
"""Scores pairs (rows) by their features (columns)."""


def _fill_scores(
    scores: dict[str, list[NDArray[np.float32]]],
    methods: dict[str, list[_Model]],
    maker: FeatureMaker,
    diseases: NDArray[np.int64],
    chosen: NDArray[np.int64],
    *,
    threads: int,
) -> None:
    """Fills in the models' scores of all drugs for the chosen columns of the diseases."""
    for block, table in feature_blocks(maker, diseases[chosen]):
        columns = np.searchsorted(diseases, block)
        flat = table.reshape(-1, table.shape[2])
        for name, models in methods.items():
            results = run_in_threads([partial(model, flat) for model in models], threads)
            for values, column_scores in zip(scores[name], results, strict=True):
                values[:, columns] = np.asarray(column_scores).reshape(table.shape[:2]).T


def _best_similarity(maker: FeatureMaker, sample: Sample, allowed_columns: NDArray[np.bool_]) -> _Model:
    """The similarity that alone ranks the sample best, by average precision."""
    from sklearn.metrics import average_precision_score

    columns = [
        column
        for column, feature in enumerate(maker.features)
        if allowed_columns[column]
        and not feature.relative
        and feature.group in ("similar drugs", "similar diseases")
        and not feature.label.startswith(RIDGE_LABEL)
    ]
    if not columns:
        return lambda rows: np.zeros(len(rows))
    best = max(
        columns, key=lambda column: float(average_precision_score(sample.labels, sample.rows[:, column]))
    )
    return lambda rows: rows[:, best]


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
