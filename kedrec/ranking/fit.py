"""Fits the ranking of a graph: every pair is scored by models that have not seen its label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.calibration import Reliability, Scale, brier_skill, cross_calibrated, platt, sigmoid
from kedrec.ranking.ensemble import Linear, side_by_side
from kedrec.ranking.folds import FOLDS, REGIMES, Regime, fold_of, fold_of_disease
from kedrec.ranking.metapaths import metapaths
from kedrec.ranking.pair_similarity import Alike
from kedrec.ranking.sampling import (
    Counted,
    Sample,
    allowed,
    blocks,
    draw_for,
    fits,
    known_treatments,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Progress, Table
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import Feature, FeatureMaker
    from kedrec.ranking.metapaths import Metapath

__all__ = ["LEAST_TREATED", "Fitted", "choose_metapaths", "fit"]

LEAST_TREATED = 20
"""Treated pairs under which nothing is fitted."""

_LONGEST = 3  # hops: a fourth cost tenfold and told no more (docs/ranking.md)
_MANY = 200  # metapaths above which those that hardly any treated pair has are left out
_SUPPORT = 5  # treated pairs
_LOOKED_AT = 120  # diseases at which support is counted
_COLD = 1024  # diseases without a treatment scored in one go
_ROWS = 4096  # pairs scored at once: their copies fit in memory that is used again


@dataclass(frozen=True, slots=True)
class Fitted:
    """The scores of all pairs and the models that gave them.

    Attributes:
        scores: log-odds, diseases x drugs; unfitted: a sum in no unit.
        priors: probability from degrees alone, diseases x drugs; NaN where unfitted.
        informed: whether any counted path joins the pair, diseases x drugs.
        members: models by regime and fold; unfitted: one model, as of an unseen disease.
        scales: by regime; none where unfitted.
        paths: the metapaths counted.
        treated: treated pairs learned from.
        maker: makes the features that the models read.
        alike: the similarities among them.
    """

    scores: NDArray[np.float32]
    priors: NDArray[np.float32]
    informed: NDArray[np.bool_]
    members: dict[Regime, list[list[Member]]]
    scales: dict[Regime, Scale]
    paths: list[Metapath]
    treated: int
    maker: FeatureMaker
    alike: Alike


def choose_metapaths(adjacency: Adjacency, linked: Sequence[Table], seed: int) -> list[Metapath]:
    """The metapaths to count: of at most three hops, and of very many those that treated pairs have."""
    from kedrec.ranking.dwpc import PathCounter

    paths = metapaths(linked, _LONGEST)
    known = known_treatments(adjacency)
    diseases = np.flatnonzero(known.any(axis=0))
    if len(paths) <= _MANY or not len(diseases):
        return paths
    if len(diseases) > _LOOKED_AT:
        diseases = np.sort(np.random.default_rng(seed).choice(diseases, _LOOKED_AT, replace=False))
    counts = PathCounter(adjacency, paths).counts(diseases)
    support = (counts[:, known[:, diseases]] > 0).sum(axis=1)
    return [path for path, pairs in zip(paths, support.tolist(), strict=True) if pairs >= _SUPPORT]


def fit(
    adjacency: Adjacency,
    linked: Sequence[Table],
    *,
    seed: int,
    threads: int = 1,
    learn_from_treatments: bool = True,
    progress: Progress | None = None,
) -> Fitted:
    """Learns from the known treatments of the graph, or gives an unfitted score where they are too few.

    The diseases with a known treatment are scored first, by both regimes: what they show of how often a score
    was right makes the scales. Those without are scored by the regime `unseen` alone, on its scale.
    """
    known = known_treatments(adjacency)
    paths = choose_metapaths(adjacency, linked, seed)
    alike = Alike.of(adjacency, linked)
    graph = Counted(adjacency, paths, alike)
    maker = graph.whole()
    stage = _stages(progress)
    treated = np.flatnonzero(known.any(axis=0))
    folded = len(np.unique(fold_of_disease(treated, seed))) == FOLDS
    if not learn_from_treatments or known.sum() < LEAST_TREATED or not folded:
        return _unfitted(maker, alike, known, paths, stage)
    candidates = np.zeros_like(known)
    candidates[:, treated] = True
    samples = {
        regime: draw_for(
            regime, graph, known, candidates, seed=seed, threads=threads, progress=stage("Counting paths")
        )
        for regime in REGIMES
    }
    samples = {regime: sample for regime, sample in samples.items() if _teaches(sample)}
    if "unseen" not in samples:
        return _unfitted(maker, alike, known, paths, stage)
    warmest: Regime = "treated" if "treated" in samples else "unseen"
    prior = _fit_prior(samples[warmest], maker)
    members = _members(samples, graph.features, seed, threads, stage("Fitting the ranking"))
    del samples, candidates
    scoring = _Scoring(maker, members, seed, threads)
    warm = scoring.score(treated, tuple(members), stage("Scoring"))
    labels = known.T[treated]
    scales = {regime: _scale(raw, labels) for regime, raw in warm.raw.items()}
    shift = _shift_to(warm.degrees @ prior, int(labels.sum()))

    def scored(regime: Regime, batch: _Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scale = scales[regime]
        scores = scale.calibrated(scale.uncalibrated(batch.raw[regime])).astype(np.float32)
        return scores, sigmoid(batch.degrees @ prior + shift).astype(np.float32)

    shape = known.T.shape
    scores, priors, informed = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, bool)
    scores[treated], priors[treated] = scored(warmest, warm)
    informed[treated] = warm.informed
    del warm
    cold = np.flatnonzero(~known.any(axis=0))
    for begin in range(0, len(cold), _COLD):
        part = cold[begin : begin + _COLD]
        batch = scoring.score(part, ("unseen",), None)
        scores[part], priors[part] = scored("unseen", batch)
        informed[part] = batch.informed
        if (report := stage("Scoring")) is not None:
            report(len(treated) + begin + len(part), shape[0])
    return Fitted(scores, priors, informed, members, scales, paths, int(known.sum()), maker, alike)


def _stages(progress: Progress | None) -> Callable[[str], Callable[[int, int], None] | None]:
    """Makes a callback of what is done and how much there is, for each stage."""
    return lambda stage: None if progress is None else partial(progress, stage)


def _teaches(sample: Sample) -> bool:
    """Whether something can be learned from a sample whatever fold is left out of it."""
    hits = np.bincount(sample.folds[sample.labels > 0], minlength=FOLDS)
    misses = np.bincount(sample.folds[sample.labels == 0], minlength=FOLDS)
    return bool((hits.sum() - hits >= LEAST_TREATED // 2).all() and (misses.sum() - misses > 0).all())


def _members(
    samples: dict[Regime, Sample],
    features: Sequence[Feature],
    seed: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> dict[Regime, list[list[Member]]]:
    """The models of every regime and fold; all are fitted in one go, so that no core waits for the others."""
    calls: dict[tuple[Regime, int], list[Callable[[], Member]]] = {}
    for regime, sample in samples.items():
        chosen = allowed(features, regime)
        for fold in range(FOLDS):
            left_out = sample.folds == fold
            calls[regime, fold] = fits(sample, features, chosen, left_out, seed=seed + fold)
    models = iter(side_by_side([call for some in calls.values() for call in some], threads, progress))
    fitted = {key: list(islice(models, len(some))) for key, some in calls.items()}
    return {regime: [fitted[regime, fold] for fold in range(FOLDS)] for regime in samples}


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is computed of some diseases' pairs: diseases x drugs.

    Attributes:
        raw: each model's scores, by regime.
        degrees: the features of the prior and a one: diseases x drugs x 4.
        informed: as of `Fitted`.
    """

    raw: dict[Regime, list[NDArray[np.float32]]]
    degrees: NDArray[np.float32]
    informed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Scores all drugs for some diseases, each pair by the models of its fold.

    Attributes:
        maker: makes the features.
        members: the models by regime and fold.
        seed: of the folds.
        threads: models that score at once, at most.
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
        """The scores of some diseases, ascending, by the models of some regimes."""
        features, shape = self.maker.features, (len(diseases), self.maker.drugs)
        counted = np.array([one.group == "metapath" and not one.relative for one in features])
        degrees = np.array([one.group == "prior" for one in features])
        batch = _Batch(
            {regime: [np.zeros(shape, np.float32) for _ in self.members[regime][0]] for regime in regimes},
            np.ones((*shape, int(degrees.sum()) + 1), np.float32),
            np.zeros(shape, bool),
        )
        for part, table in blocks(self.maker, diseases, progress):
            places = np.searchsorted(diseases, part)
            batch.degrees[places, :, :-1] = table[:, :, degrees]
            batch.informed[places] = (table[:, :, counted] > 0).any(axis=2)
            self._score(part, places, table, batch)
        return batch

    def _score(
        self,
        part: NDArray[np.int64],
        places: NDArray[np.int64],
        table: NDArray[np.float32],
        batch: _Batch,
    ) -> None:
        size = table.shape[1]
        flat = table.reshape(-1, table.shape[2])
        drugs, rows = np.tile(np.arange(size), len(part)), np.repeat(places, size)

        def write(regime: Regime, fold: int, chosen: NDArray[np.int64]) -> None:
            for begin in range(0, len(chosen), _ROWS):
                some = chosen[begin : begin + _ROWS]
                features = flat[some]
                for values, member in zip(batch.raw[regime], self.members[regime][fold], strict=True):
                    values[rows[some], drugs[some]] = member.scores(features)

        calls = []
        for regime in batch.raw:
            folds = fold_of(regime, drugs, np.repeat(part, size), self.seed)
            calls += [partial(write, regime, fold, np.flatnonzero(folds == fold)) for fold in range(FOLDS)]
        side_by_side(calls, self.threads)


def _scale(raw: Sequence[NDArray[np.float32]], labels: NDArray[np.bool_]) -> Scale:
    """The scale of a regime by what its models say of pairs that are scored with it.

    Args:
        raw: each model's scores, diseases x drugs.
        labels: which of these pairs are known treatments.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    diseases = np.repeat(np.arange(labels.shape[0]), labels.shape[1])
    centres = tuple(float(values.mean(dtype=np.float64)) for values in raw)
    spreads = tuple(float(values.std(dtype=np.float64)) or 1.0 for values in raw)
    mean = np.zeros(labels.size)
    for values, centre, spread in zip(raw, centres, spreads, strict=True):
        mean += (values.ravel() - centre) / spread / len(raw)
    flat = labels.ravel()
    slope, shift = platt(mean, flat)
    straight = shift + slope * mean
    metrics = {
        "auroc": float(roc_auc_score(flat, straight)),
        "auprc": float(average_precision_score(flat, straight)),
        "brier_skill": brier_skill(cross_calibrated(straight, flat, diseases), flat),
    }
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    reliability = Reliability.of(straight, flat, diseases)
    return Scale(centres, spreads, slope, shift, reliability, rounded)


def _fit_prior(sample: Sample, maker: FeatureMaker) -> NDArray[np.float64]:
    """Log-odds a unit of each degree, and 0 for the constant: `_shift_to` says how high all of them lie.

    A sample has as many other pairs as were drawn, and its treatments once or twice: it tells the slopes of a
    logistic regression, but not its constant.
    """
    from sklearn.linear_model import LogisticRegression

    columns = [place for place, one in enumerate(maker.features) if one.group == "prior"]
    model = LogisticRegression(C=1e3, max_iter=500)
    model.fit(sample.rows[:, columns].astype(np.float64), sample.labels)
    return np.append(model.coef_[0], 0.0)


def _shift_to(log_odds: NDArray[np.float64], treatments: int) -> float:
    """What to add to some log-odds, that their probabilities sum to the number of treatments among them."""
    from scipy.optimize import brentq

    return float(brentq(lambda shift: sigmoid(log_odds + shift).sum() - treatments, -50.0, 50.0, xtol=1e-9))


def _unfitted(
    maker: FeatureMaker,
    alike: Alike,
    known: NDArray[np.bool_],
    paths: list[Metapath],
    stage: Callable[[str], Callable[[int, int], None] | None],
) -> Fitted:
    """Every metapath weighs the same, each in standard deviations over all pairs."""
    shape = known.T.shape
    counted = [
        place for place, one in enumerate(maker.features) if one.group == "metapath" and not one.relative
    ]
    sums, squares = np.zeros((2, len(counted)))
    for _, table in blocks(maker, np.arange(shape[0]), stage("Counting paths")):
        values = table[:, :, counted]
        sums += values.sum(axis=(0, 1), dtype=np.float64)
        squares += np.square(values, dtype=np.float64).sum(axis=(0, 1))
    means = sums / known.size
    spread = np.sqrt(np.maximum(squares / known.size - means**2, 0.0))
    weights = np.divide(1.0, spread, out=np.ones(len(counted)), where=spread > 0)
    model = Linear(counted, weights.tolist(), 0.0, [float("inf")] * len(counted))
    scores, informed = np.zeros(shape, np.float32), np.zeros(shape, bool)
    for part, table in blocks(maker, np.arange(shape[0]), stage("Scoring")):
        scores[part] = table[:, :, counted] @ weights
        informed[part] = (table[:, :, counted] > 0).any(axis=2)
    priors = np.full(shape, np.nan, np.float32)
    members: dict[Regime, list[list[Member]]] = {"unseen": [[model]]}
    return Fitted(scores, priors, informed, members, {}, paths, int(known.sum()), maker, alike)
