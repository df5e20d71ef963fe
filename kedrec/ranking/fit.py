"""Fits the ranking of a graph: every pair is scored by models that have not seen its label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.calibration import Reliability, Scale, brier_skill, platt, sigmoid
from kedrec.ranking.ensemble import Linear, side_by_side
from kedrec.ranking.folds import FOLDS, REGIMES, Regime, fold_of, fold_of_disease
from kedrec.ranking.learning import (
    Counted,
    Sample,
    allowed,
    blocks,
    draw_for,
    fits,
    known_treatments,
    unseen,
)
from kedrec.ranking.metapaths import metapaths
from kedrec.ranking.similarity import Alike

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
    from kedrec.ranking.counts import PathCounter

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
    learn_from_treatments: bool = True,
    progress: Progress | None = None,
) -> Fitted:
    """Learns from the known treatments of the graph, or gives an unfitted score where they are too few."""
    known = known_treatments(adjacency)
    paths = choose_metapaths(adjacency, linked, seed)
    alike = Alike.of(adjacency, linked)
    graph = Counted(adjacency, paths, alike)
    maker = graph.whole()
    told = _teller(progress)
    diseases = np.arange(known.shape[1])
    treated = np.flatnonzero(known.any(axis=0))
    folded = len(np.unique(fold_of_disease(treated, seed))) == FOLDS
    if not learn_from_treatments or known.sum() < LEAST_TREATED or not folded:
        return _unfitted(maker, alike, known, paths, told)
    candidates = np.zeros_like(known)
    candidates[:, treated] = True
    samples = {
        regime: draw_for(regime, graph, known, candidates, seed=seed, told=told("Counting paths"))
        for regime in REGIMES
    }
    members = _members(samples, graph.features, seed, told("Fitting the ranking"))
    prior = _fit_prior(samples["treated"], maker, known, treated)
    del samples
    shape = (len(diseases), known.shape[0])
    raw: dict[Regime, list[NDArray[np.float32]]] = {
        regime: [np.zeros(shape, np.float32) for _ in members[regime][0]] for regime in REGIMES
    }
    priors, informed = np.zeros(shape, np.float32), np.zeros(shape, bool)
    counted = np.array([one.group == "metapath" and not one.relative for one in maker.features])
    for part, table in blocks(maker, diseases, told("Scoring")):
        flat = table.reshape(-1, table.shape[2])
        priors[part] = prior(flat).reshape(table.shape[:2])
        informed[part] = (table[:, :, counted] > 0).any(axis=2)
        _score(part, table, members, raw, seed=seed, treated=treated)
    scales = {regime: _scale(raw[regime], known, treated) for regime in REGIMES}
    combined = {regime: scale.calibrated(scale.straight(raw[regime])) for regime, scale in scales.items()}
    pairs = np.tile(np.arange(shape[1]), shape[0]), np.repeat(diseases, shape[1])
    alone = unseen(adjacency, *pairs).reshape(shape)
    scores = np.where(alone, combined["unseen"], combined["treated"]).astype(np.float32)
    return Fitted(scores, priors, informed, members, scales, paths, int(known.sum()), maker, alike)


def _teller(progress: Progress | None) -> Callable[[str], Callable[[int, int], None] | None]:
    """Makes a callback of what is done and how much there is, for each stage."""
    return lambda stage: None if progress is None else partial(progress, stage)


def _members(
    samples: dict[Regime, Sample],
    features: Sequence[Feature],
    seed: int,
    told: Callable[[int, int], None] | None,
) -> dict[Regime, list[list[Member]]]:
    """The models of every regime and fold; all are fitted in one go, so that no core waits for the others."""
    calls: dict[tuple[Regime, int], list[Callable[[], Member]]] = {}
    for regime, sample in samples.items():
        chosen = allowed(features, regime)
        for fold in range(FOLDS):
            left_out = sample.folds == fold
            calls[regime, fold] = fits(sample, features, chosen, left_out, seed=seed + fold)
    found = iter(side_by_side([call for some in calls.values() for call in some], told))
    fitted = {key: list(islice(found, len(some))) for key, some in calls.items()}
    return {regime: [fitted[regime, fold] for fold in range(FOLDS)] for regime in samples}


def _score(
    part: NDArray[np.int64],
    table: NDArray[np.float32],
    members: dict[Regime, list[list[Member]]],
    raw: dict[Regime, list[NDArray[np.float32]]],
    *,
    seed: int,
    treated: NDArray[np.int64],
) -> None:
    """Each pair's scores by the models of its fold, of a block of diseases.

    Diseases without any treatment have none in the regime `treated`: neither scales nor scores ask for them.
    """
    size = table.shape[1]
    flat = table.reshape(-1, table.shape[2])
    drugs, diseases = np.tile(np.arange(size), len(part)), np.repeat(part, size)

    def write(regime: Regime, fold: int, chosen: NDArray[np.int64]) -> None:
        for begin in range(0, len(chosen), _ROWS):
            some = chosen[begin : begin + _ROWS]
            rows = flat[some]
            for values, member in zip(raw[regime], members[regime][fold], strict=True):
                values[diseases[some], drugs[some]] = member.scores(rows)

    calls = []
    for regime in REGIMES:
        folds = fold_of(regime, drugs, diseases, seed)
        asked = np.isin(diseases, treated) | (regime == "unseen")
        calls += [
            partial(write, regime, fold, np.flatnonzero(asked & (folds == fold))) for fold in range(FOLDS)
        ]
    side_by_side(calls)


def _scale(raw: Sequence[NDArray[np.float32]], known: NDArray[np.bool_], treated: NDArray[np.int64]) -> Scale:
    from sklearn.metrics import average_precision_score, roc_auc_score

    labels = known.T[treated].ravel()
    parts = [values[treated].ravel().astype(np.float64) for values in raw]
    centres = tuple(float(values.mean()) for values in parts)
    spreads = tuple(float(values.std()) or 1.0 for values in parts)
    mean = np.mean([(v - c) / s for v, c, s in zip(parts, centres, spreads, strict=True)], axis=0)
    slope, shift = platt(mean, labels)
    reliability = Reliability.of(shift + slope * mean, labels)
    scores = reliability.calibrated(shift + slope * mean)
    metrics = {
        "auroc": float(roc_auc_score(labels, scores)),
        "auprc": float(average_precision_score(labels, scores)),
        "brier_skill": brier_skill(sigmoid(scores), labels),
    }
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    return Scale(centres, spreads, slope, shift, reliability, rounded)


def _fit_prior(
    sample: Sample, maker: FeatureMaker, known: NDArray[np.bool_], treated: NDArray[np.int64]
) -> Any:
    """A logistic regression on degrees alone, weighed so that its probabilities are those of all pairs."""
    from sklearn.linear_model import LogisticRegression

    columns = [place for place, one in enumerate(maker.features) if one.group == "prior"]
    others = known.shape[0] * len(treated) - int(known.sum())
    drawn = max(int((sample.labels == 0).sum()), 1)
    weights = np.where(sample.labels > 0, 1.0, others / drawn)
    model = LogisticRegression(C=1e3, max_iter=500)
    model.fit(sample.rows[:, columns].astype(np.float64), sample.labels, weights)
    slopes, base = model.coef_[0], float(model.intercept_[0])

    def prior(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return sigmoid(rows[:, columns].astype(np.float64) @ slopes + base)

    return prior


def _unfitted(
    maker: FeatureMaker,
    alike: Alike,
    known: NDArray[np.bool_],
    paths: list[Metapath],
    told: Callable[[str], Callable[[int, int], None] | None],
) -> Fitted:
    """Every metapath weighs the same, each in standard deviations over all pairs."""
    shape = known.T.shape
    counted = [
        place for place, one in enumerate(maker.features) if one.group == "metapath" and not one.relative
    ]
    values = np.zeros((*shape, len(counted)), np.float32)
    for part, table in blocks(maker, np.arange(shape[0]), told("Counting paths")):
        values[part] = table[:, :, counted]
    spread = values.std(axis=(0, 1)) if values.size else np.ones(len(counted))
    weights = 1.0 / np.where(spread > 0, spread, 1.0)
    model = Linear(counted, weights.tolist(), 0.0, [float("inf")] * len(counted))
    scores = (values @ weights).astype(np.float32)
    priors = np.full(shape, np.nan, np.float32)
    informed = np.asarray((values > 0).any(axis=2))
    members: dict[Regime, list[list[Member]]] = {"unseen": [[model]]}
    return Fitted(scores, priors, informed, members, {}, paths, int(known.sum()), maker, alike)
