"""Fits the ranking of a graph: every pair is scored by models that have not seen its label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.calibration import Reliability, Scale, brier_skill, cross_calibrate, platt, sigmoid
from kedrec.ranking.ensemble import Linear, run_in_threads
from kedrec.ranking.folds import FOLDS, REGIMES, Regime, fold_of, fold_of_disease
from kedrec.ranking.metapaths import metapaths
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.sampling import (
    CountedGraph,
    Sample,
    allowed_features,
    draw_sample,
    feature_blocks,
    known_treatments,
    model_fits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import Feature, FeatureMaker
    from kedrec.ranking.metapaths import Metapath

__all__ = ["MIN_TREATED_PAIRS", "FittedRanking", "choose_metapaths", "fit"]

MIN_TREATED_PAIRS = 20
"""Least number of treated pairs to fit from."""

_LONGEST = 3  # hops: a fourth cost ten times as much and added no information (docs/ranking.md)
_MAX_METAPATHS = 200  # with more metapaths, those of few treated pairs are excluded
_MIN_SUPPORT = 5  # treated pairs that a metapath must join then
_SUPPORT_DISEASES = 120  # sampled diseases on which support is counted
_UNTREATED_BLOCK = 1024  # diseases without a treatment scored at once
_SCORED_ROWS = 4096  # pairs scored at once: their copies fit in memory that is reused


@dataclass(frozen=True, slots=True)
class FittedRanking:
    """A fitted ranking: the scores of all pairs and the models behind them.

    Attributes:
        scores: log-odds, diseases x drugs; unfitted: a sum without a unit.
        priors: probabilities from degrees alone, diseases x drugs; NaN where unfitted.
        informed: whether any counted path joins the pair, diseases x drugs.
        members: models by regime and fold; unfitted: one model under `unseen`.
        scales: the scale of each regime; empty where unfitted.
        paths: the counted metapaths.
        treated: number of treated pairs learned from.
        maker: computes the models' features.
        pair_similarity: the similarities behind them.
    """

    scores: NDArray[np.float32]
    priors: NDArray[np.float32]
    informed: NDArray[np.bool_]
    members: dict[Regime, list[list[Member]]]
    scales: dict[Regime, Scale]
    paths: list[Metapath]
    treated: int
    maker: FeatureMaker
    pair_similarity: PairSimilarity


def choose_metapaths(adjacency: Adjacency, tables: Sequence[Table], seed: int) -> list[Metapath]:
    """Selects the metapaths to count: of at most three hops; of very many, those that treated pairs have."""
    from kedrec.ranking.dwpc import PathCounter

    paths = metapaths(tables, _LONGEST)
    known = known_treatments(adjacency)
    diseases = np.flatnonzero(known.any(axis=0))
    if len(paths) <= _MAX_METAPATHS or not len(diseases):
        return paths
    if len(diseases) > _SUPPORT_DISEASES:
        diseases = np.sort(np.random.default_rng(seed).choice(diseases, _SUPPORT_DISEASES, replace=False))
    counts = PathCounter(adjacency, paths).counts(diseases)
    support = (counts[:, known[:, diseases]] > 0).sum(axis=1)
    return [path for path, pairs in zip(paths, support.tolist(), strict=True) if pairs >= _MIN_SUPPORT]


def fit(
    adjacency: Adjacency,
    tables: Sequence[Table],
    *,
    seed: int,
    threads: int = 1,
    learn_from_treatments: bool = True,
    progress: Progress | None = None,
) -> FittedRanking:
    """Fits the ranking to the graph's known treatments; unfitted scores where they are too few.

    The diseases with a known treatment are scored first, by both regimes, to calibrate the scales. Those
    without are scored by the regime `unseen` alone, on its scale.
    """
    known = known_treatments(adjacency)
    paths = choose_metapaths(adjacency, tables, seed)
    pair_similarity = PairSimilarity.of(adjacency, tables)
    graph = CountedGraph(adjacency, paths, pair_similarity)
    maker = graph.full_features()
    stage = _stage_callbacks(progress)
    treated = np.flatnonzero(known.any(axis=0))
    has_all_folds = len(np.unique(fold_of_disease(treated, seed))) == FOLDS
    if not learn_from_treatments or known.sum() < MIN_TREATED_PAIRS or not has_all_folds:
        return _unfitted(maker, pair_similarity, known, paths, stage)
    candidates = np.zeros_like(known)
    candidates[:, treated] = True
    samples = {
        regime: draw_sample(
            regime, graph, known, candidates, seed=seed, threads=threads, progress=stage("Counting paths")
        )
        for regime in REGIMES
    }
    samples = {regime: sample for regime, sample in samples.items() if _is_sufficient(sample)}
    if "unseen" not in samples:
        return _unfitted(maker, pair_similarity, known, paths, stage)
    treated_regime: Regime = "treated" if "treated" in samples else "unseen"
    prior = _fit_prior(samples[treated_regime], maker)
    members = _members(samples, graph.features, seed, threads, stage("Fitting the ranking"))
    del samples, candidates
    scoring = _Scoring(maker, members, seed, threads)
    treated_batch = scoring.score(treated, tuple(members), stage("Scoring"))
    labels = known.T[treated]
    scales = {regime: _scale(raw, labels) for regime, raw in treated_batch.raw.items()}
    shift = _shift_to(treated_batch.degrees @ prior, int(labels.sum()))

    def calibrated(regime: Regime, batch: _Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scale = scales[regime]
        scores = scale.calibrate(scale.uncalibrated(batch.raw[regime])).astype(np.float32)
        return scores, sigmoid(batch.degrees @ prior + shift).astype(np.float32)

    shape = known.T.shape
    scores, priors, informed = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, bool)
    scores[treated], priors[treated] = calibrated(treated_regime, treated_batch)
    informed[treated] = treated_batch.informed
    del treated_batch
    untreated = np.flatnonzero(~known.any(axis=0))
    for begin in range(0, len(untreated), _UNTREATED_BLOCK):
        block = untreated[begin : begin + _UNTREATED_BLOCK]
        batch = scoring.score(block, ("unseen",), None)
        scores[block], priors[block] = calibrated("unseen", batch)
        informed[block] = batch.informed
        if (report := stage("Scoring")) is not None:
            report(len(treated) + begin + len(block), shape[0])
    return FittedRanking(
        scores, priors, informed, members, scales, paths, int(known.sum()), maker, pair_similarity
    )


def _stage_callbacks(progress: Progress | None) -> Callable[[str], Callable[[int, int], None] | None]:
    """Binds a progress callback to a stage given later; the bound one takes the units done and of all."""
    return lambda stage: None if progress is None else partial(progress, stage)


def _is_sufficient(sample: Sample) -> bool:
    """True if a sample has enough treated and other pairs to learn from, whatever fold is excluded."""
    hits = np.bincount(sample.folds[sample.labels > 0], minlength=FOLDS)
    misses = np.bincount(sample.folds[sample.labels == 0], minlength=FOLDS)
    return bool((hits.sum() - hits >= MIN_TREATED_PAIRS // 2).all() and (misses.sum() - misses > 0).all())


def _members(
    samples: dict[Regime, Sample],
    features: Sequence[Feature],
    seed: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> dict[Regime, list[list[Member]]]:
    """Fits the models of every regime and fold, all in one pool, so that no core waits for the others."""
    calls: dict[tuple[Regime, int], list[Callable[[], Member]]] = {}
    for regime, sample in samples.items():
        chosen = allowed_features(features, regime)
        for fold in range(FOLDS):
            left_out = sample.folds == fold
            calls[regime, fold] = model_fits(sample, features, chosen, left_out, seed=seed + fold)
    fitted_models = iter(
        run_in_threads([call for model_calls in calls.values() for call in model_calls], threads, progress)
    )
    models = {key: list(islice(fitted_models, len(model_calls))) for key, model_calls in calls.items()}
    return {regime: [models[regime, fold] for fold in range(FOLDS)] for regime in samples}


@dataclass(frozen=True, slots=True)
class _Batch:
    """Model scores of the pairs of some diseases.

    Attributes:
        raw: each model's scores by regime, diseases x drugs.
        degrees: the features of the prior and a one, diseases x drugs x 4.
        informed: as in `FittedRanking`.
    """

    raw: dict[Regime, list[NDArray[np.float32]]]
    degrees: NDArray[np.float32]
    informed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Scores all drugs for some diseases, each pair by the models of its fold.

    Attributes:
        maker: computes the features.
        members: the models by regime and fold.
        seed: of the folds.
        threads: maximum number of models that score at once.
    """

    maker: FeatureMaker
    members: dict[Regime, list[list[Member]]]
    seed: int
    threads: int

    def score(
        self,
        diseases: NDArray[np.int64],
        regimes: Sequence[Regime],
        progress: Callable[[int, int], None] | None,
    ) -> _Batch:
        """Scores some diseases (ascending numbers) by the models of some regimes."""
        features, shape = self.maker.features, (len(diseases), self.maker.drugs)
        metapath_columns = np.array(
            [feature.group == "metapath" and not feature.relative for feature in features]
        )
        degrees = np.array([feature.group == "prior" for feature in features])
        batch = _Batch(
            {regime: [np.zeros(shape, np.float32) for _ in self.members[regime][0]] for regime in regimes},
            np.ones((*shape, int(degrees.sum()) + 1), np.float32),
            np.zeros(shape, bool),
        )
        for block, table in feature_blocks(self.maker, diseases, progress):
            rows = np.searchsorted(diseases, block)
            batch.degrees[rows, :, :-1] = table[:, :, degrees]
            batch.informed[rows] = (table[:, :, metapath_columns] > 0).any(axis=2)
            self._score(block, rows, table, batch)
        return batch

    def _score(
        self,
        block: NDArray[np.int64],
        batch_rows: NDArray[np.int64],
        table: NDArray[np.float32],
        batch: _Batch,
    ) -> None:
        size = table.shape[1]
        flat = table.reshape(-1, table.shape[2])
        drugs, rows = np.tile(np.arange(size), len(block)), np.repeat(batch_rows, size)

        def write(regime: Regime, fold: int, chosen: NDArray[np.int64]) -> None:
            for begin in range(0, len(chosen), _SCORED_ROWS):
                selected = chosen[begin : begin + _SCORED_ROWS]
                features = flat[selected]
                for values, member in zip(batch.raw[regime], self.members[regime][fold], strict=True):
                    values[rows[selected], drugs[selected]] = member.scores(features)

        calls = []
        for regime in batch.raw:
            folds = fold_of(regime, drugs, np.repeat(block, size), self.seed)
            calls += [partial(write, regime, fold, np.flatnonzero(folds == fold)) for fold in range(FOLDS)]
        run_in_threads(calls, self.threads)


def _scale(raw: Sequence[NDArray[np.float32]], labels: NDArray[np.bool_]) -> Scale:
    """Fits the scale of a regime to its models' scores of treated diseases.

    Args:
        raw: each model's scores, diseases x drugs.
        labels: mask of the known treatments among these pairs.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    diseases = np.repeat(np.arange(labels.shape[0]), labels.shape[1])
    centres = tuple(float(values.mean(dtype=np.float64)) for values in raw)
    spreads = tuple(float(values.std(dtype=np.float64)) or 1.0 for values in raw)
    mean = np.zeros(labels.size)
    for values, centre, spread in zip(raw, centres, spreads, strict=True):
        mean += (values.ravel() - centre) / spread / len(raw)
    flat_labels = labels.ravel()
    slope, shift = platt(mean, flat_labels)
    log_odds = shift + slope * mean
    metrics = {
        "auroc": float(roc_auc_score(flat_labels, log_odds)),
        "auprc": float(average_precision_score(flat_labels, log_odds)),
        "brier_skill": brier_skill(cross_calibrate(log_odds, flat_labels, diseases), flat_labels),
    }
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    reliability = Reliability.of(log_odds, flat_labels, diseases)
    return Scale(centres, spreads, slope, shift, reliability, rounded)


def _fit_prior(sample: Sample, maker: FeatureMaker) -> NDArray[np.float64]:
    """Fits the prior's log-odds per unit of each degree; the constant, last, is 0: see `_shift_to`.

    The share of treatments in a sample depends on how it was drawn: it determines the slopes of a logistic
    regression, but not its constant.
    """
    from sklearn.linear_model import LogisticRegression

    columns = [column for column, feature in enumerate(maker.features) if feature.group == "prior"]
    model = LogisticRegression(C=1e3, max_iter=500)
    model.fit(sample.rows[:, columns].astype(np.float64), sample.labels)
    return np.append(model.coef_[0], 0.0)


def _shift_to(log_odds: NDArray[np.float64], treatments: int) -> float:
    """The constant that makes the probabilities of some log-odds sum to a number of treatments."""
    from scipy.optimize import brentq

    return float(brentq(lambda shift: sigmoid(log_odds + shift).sum() - treatments, -50.0, 50.0, xtol=1e-9))


def _unfitted(
    maker: FeatureMaker,
    pair_similarity: PairSimilarity,
    known: NDArray[np.bool_],
    paths: list[Metapath],
    stage: Callable[[str], Callable[[int, int], None] | None],
) -> FittedRanking:
    """Scores all pairs with equal weights of all metapaths, each in standard deviations over all pairs."""
    shape = known.T.shape
    metapath_columns = [
        column
        for column, feature in enumerate(maker.features)
        if feature.group == "metapath" and not feature.relative
    ]
    sums, squares = np.zeros((2, len(metapath_columns)))
    for _, table in feature_blocks(maker, np.arange(shape[0]), stage("Counting paths")):
        values = table[:, :, metapath_columns]
        sums += values.sum(axis=(0, 1), dtype=np.float64)
        squares += np.square(values, dtype=np.float64).sum(axis=(0, 1))
    means = sums / known.size
    spread = np.sqrt(np.maximum(squares / known.size - means**2, 0.0))
    weights = np.divide(1.0, spread, out=np.ones(len(metapath_columns)), where=spread > 0)
    model = Linear(metapath_columns, weights.tolist(), 0.0, [float("inf")] * len(metapath_columns))
    scores, informed = np.zeros(shape, np.float32), np.zeros(shape, bool)
    for block, table in feature_blocks(maker, np.arange(shape[0]), stage("Scoring")):
        scores[block] = table[:, :, metapath_columns] @ weights
        informed[block] = (table[:, :, metapath_columns] > 0).any(axis=2)
    priors = np.full(shape, np.nan, np.float32)
    members: dict[Regime, list[list[Member]]] = {"unseen": [[model]]}
    return FittedRanking(
        scores, priors, informed, members, {}, paths, int(known.sum()), maker, pair_similarity
    )
