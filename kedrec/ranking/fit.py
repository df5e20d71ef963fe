"""Fits the ranking of a graph: every pair is scored by models that have not seen its label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.calibration import Reliability, Scale, brier_skill, cross_calibrate, platt, sigmoid
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.ensemble import Linear, run_in_threads
from kedrec.ranking.folds import FOLDS, REGIMES, Regime, fold_of_disease
from kedrec.ranking.metapaths import metapaths
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.sampling import (
    BLOCK,
    CountedGraph,
    Sample,
    allowed_features,
    draw_sample,
    feature_blocks,
    known_treatments,
    model_fits,
    treated_diseases,
)
from kedrec.ranking.scoring import DiseaseScorer, DiseaseScores, calibrated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import Feature, FeatureMaker
    from kedrec.ranking.metapaths import Metapath

__all__ = [
    "MAX_METAPATHS",
    "MAX_STORED",
    "MIN_TREATED_PAIRS",
    "SAMPLED_OTHERS",
    "TOP",
    "FittedRanking",
    "choose_metapaths",
    "fit",
]

MIN_TREATED_PAIRS = 20
"""Least number of treated pairs to fit from."""

_LONGEST = 3  # hops: a fourth cost ten times as much and added no information (docs/ranking.md)
MAX_METAPATHS = 200
"""Metapaths that are counted: of more, those of few treated pairs are excluded."""

MAX_STORED = 1000
"""Diseases of a graph up to which all are scored by a fit."""

SAMPLED_OTHERS = 256
"""Diseases without a known treatment that are scored by the fit of a larger graph."""

TOP = 20
"""Drugs of a stored disease whose parts are stored; those of others are computed when asked for."""

_MIN_SUPPORT = 5  # treated pairs that a metapath must join where there are too many
_SUPPORT_DISEASES = 120  # sampled diseases on which support is counted
_SUPPORT_BLOCK = 20  # of them counted at once


@dataclass(frozen=True, slots=True)
class FittedRanking:
    """A fitted ranking: the models, and the scores of the diseases that are stored.

    Attributes:
        diseases: numbers of the stored diseases, ascending: all where they are few, else those with a known
            treatment and a sample of others. The rest is scored when it is asked for.
        stored: scores of all drugs for these.
        members: models by regime and fold; unfitted: one model under `unseen`.
        scales: the scale of each regime; empty where unfitted.
        prior: weights of the degrees and a constant; None where unfitted.
        paths: the counted metapaths.
        treated: number of treated pairs learned from.
        maker: computes the models' features.
        pair_similarity: the similarities behind them.
    """

    diseases: NDArray[np.int64]
    stored: DiseaseScores
    members: dict[Regime, list[list[Member]]]
    scales: dict[Regime, Scale]
    prior: NDArray[np.float64] | None
    paths: list[Metapath]
    treated: int
    maker: FeatureMaker
    pair_similarity: PairSimilarity


def choose_metapaths(adjacency: Adjacency, tables: Sequence[Table], seed: int) -> list[Metapath]:
    """Selects the metapaths to count: of up to three hops; of very many, those most treated pairs have."""
    paths = metapaths(tables, _LONGEST)
    diseases = treated_diseases(adjacency)
    if len(paths) <= MAX_METAPATHS or not len(diseases):
        return paths
    if len(diseases) > _SUPPORT_DISEASES:
        diseases = np.sort(np.random.default_rng(seed).choice(diseases, _SUPPORT_DISEASES, replace=False))
    counter, known = PathCounter(adjacency, paths), known_treatments(adjacency, diseases)
    support = np.zeros(len(paths), np.int64)
    for begin in range(0, len(diseases), _SUPPORT_BLOCK):
        block = slice(begin, begin + _SUPPORT_BLOCK)
        support += (counter.counts(diseases[block])[:, known[:, block]] > 0).sum(axis=1)
    most = np.argsort(-support, kind="stable")[:MAX_METAPATHS]
    return [paths[index] for index in np.sort(most[support[most] >= _MIN_SUPPORT]).tolist()]


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

    The diseases with a known treatment are scored by both regimes, to calibrate the scales. Those without are
    scored by the regime `unseen` alone, on its scale.
    """
    treated = treated_diseases(adjacency)
    known = known_treatments(adjacency, treated)
    paths = choose_metapaths(adjacency, tables, seed)
    pair_similarity = PairSimilarity.of(adjacency, tables)
    graph = CountedGraph(adjacency, paths, pair_similarity)
    stage = _stage_callbacks(progress)
    stored = _stored_diseases(len(adjacency.ids("Disease")), treated, seed)
    has_all_folds = len(np.unique(fold_of_disease(treated, seed))) == FOLDS
    samples = {}
    if learn_from_treatments and known.sum() >= MIN_TREATED_PAIRS and has_all_folds:
        samples = {
            regime: draw_sample(
                regime,
                graph,
                known,
                np.ones_like(known),
                treated,
                seed=seed,
                threads=threads,
                progress=stage("Counting paths"),
            )
            for regime in REGIMES
        }
        samples = {regime: sample for regime, sample in samples.items() if _is_sufficient(sample)}
    if "unseen" not in samples:
        return _unfitted(graph, stored, int(known.sum()), threads, stage)
    treated_regime: Regime = "treated" if "treated" in samples else "unseen"
    maker = graph.full_features()
    prior = _fit_prior(samples[treated_regime], maker)
    members = _members(samples, graph.features, seed, threads, stage("Fitting the ranking"))
    del samples
    scorer = DiseaseScorer(maker, lambda regime: members[regime], seed, threads)
    report = stage("Scoring")
    raw = scorer.raw(treated, tuple(members), feature_blocks(maker, treated, report))
    labels = known.T
    scales = {regime: _scale(values, labels) for regime, values in raw.by_model.items()}
    prior[-1] = _shift_to(raw.degrees @ prior, int(labels.sum()))
    shape = (len(stored), len(known))
    scores = DiseaseScores(np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, bool))
    _copy(calibrated(raw, treated_regime, scales, prior), scores, np.searchsorted(stored, treated))
    del raw
    others = np.setdiff1d(stored, treated)
    for begin in range(0, len(others), BLOCK):
        block = others[begin : begin + BLOCK]
        raw = scorer.raw(block, ("unseen",), feature_blocks(maker, block))
        _copy(calibrated(raw, "unseen", scales, prior), scores, np.searchsorted(stored, block))
        if report is not None:
            report(len(treated) + begin + len(block), len(stored))
    treatments = int(known.sum())
    return FittedRanking(stored, scores, members, scales, prior, paths, treatments, maker, pair_similarity)


def _stored_diseases(count: int, treated: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Numbers of the diseases whose scores are stored, ascending: the treated ones, and a sample of others.

    The sample also tells how high drugs rank for a disease without a treatment.
    """
    others = np.setdiff1d(np.arange(count), treated)
    if count > MAX_STORED:
        size = min(SAMPLED_OTHERS, len(others))
        others = np.random.default_rng(seed).choice(others, size, replace=False)
    return np.union1d(treated, others).astype(np.int64)


def _copy(source: DiseaseScores, target: DiseaseScores, rows: NDArray[np.int64]) -> None:
    """Copies scores into some rows."""
    target.scores[rows], target.priors[rows], target.informed[rows] = (
        source.scores,
        source.priors,
        source.informed,
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
            excluded_mask = sample.folds == fold
            calls[regime, fold] = model_fits(sample, features, chosen, excluded_mask, seed=seed + fold)
    fitted_models = iter(
        run_in_threads([call for model_calls in calls.values() for call in model_calls], threads, progress)
    )
    models = {key: list(islice(fitted_models, len(model_calls))) for key, model_calls in calls.items()}
    return {regime: [models[regime, fold] for fold in range(FOLDS)] for regime in samples}


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
    graph: CountedGraph,
    stored: NDArray[np.int64],
    treatments: int,
    threads: int,
    stage: Callable[[str], Callable[[int, int], None] | None],
) -> FittedRanking:
    """Scores with equal weights of all metapaths, each in standard deviations over the stored pairs."""
    maker = graph.full_features()
    columns = [
        column
        for column, feature in enumerate(maker.features)
        if feature.group == "metapath" and not feature.relative
    ]
    sums, squares = np.zeros((2, len(columns)))
    for _, table in feature_blocks(maker, stored, stage("Counting paths")):
        values = table[:, :, columns]
        sums += values.sum(axis=(0, 1), dtype=np.float64)
        squares += np.square(values, dtype=np.float64).sum(axis=(0, 1))
    pairs = maker.drugs * len(stored)
    means = sums / pairs
    spread = np.sqrt(np.maximum(squares / pairs - means**2, 0.0))
    weights = np.divide(1.0, spread, out=np.ones(len(columns)), where=spread > 0)
    model: Member = Linear(columns, weights.tolist(), 0.0, [float("inf")] * len(columns))
    members: dict[Regime, list[list[Member]]] = {"unseen": [[model]]}
    scorer = DiseaseScorer(maker, lambda regime: members[regime], 0, threads)  # one fold, whatever the seed
    raw = scorer.raw(stored, ("unseen",), feature_blocks(maker, stored, stage("Scoring")))
    scores = calibrated(raw, "unseen", {}, None)
    return FittedRanking(
        stored, scores, members, {}, None, list(graph.paths), treatments, maker, graph.pair_similarity
    )
