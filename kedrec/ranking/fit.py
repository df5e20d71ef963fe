"""Fits the ranking of a graph: every pair is scored by models that have not seen its label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.calibration import Reliability, Scale, brier_skill, platt, sigmoid
from kedrec.ranking.ensemble import Linear, side_by_side
from kedrec.ranking.learning import (
    FOLDS,
    REGIMES,
    Counted,
    Regime,
    Sample,
    allowed,
    blocks,
    draw_for,
    fold_of_disease,
    fold_of_pair,
    known_treatments,
    learn,
)
from kedrec.ranking.metapaths import metapaths
from kedrec.ranking.similarity import Alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Progress, Table
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.metapaths import Metapath

__all__ = ["LEAST_TREATED", "Fitted", "choose_metapaths", "fit"]

LEAST_TREATED = 20
"""Treated pairs under which nothing is fitted."""

_LONGEST = 3  # hops: a fourth cost tenfold and told no more (docs/ranking.md)
_MANY = 200  # metapaths above which those that hardly any treated pair has are left out
_SUPPORT = 5  # treated pairs
_LOOKED_AT = 120  # diseases at which support is counted


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
    """

    scores: NDArray[np.float32]
    priors: NDArray[np.float32]
    informed: NDArray[np.bool_]
    members: dict[Regime, list[list[Member]]]
    scales: dict[Regime, Scale]
    paths: list[Metapath]
    treated: int


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
    graph = Counted(adjacency, paths, Alike.of(adjacency, linked))
    maker = graph.whole()
    told = _teller(progress)
    diseases = np.arange(known.shape[1])
    treated = np.flatnonzero(known.any(axis=0))
    folded = len(np.unique(fold_of_disease(treated, seed))) == FOLDS
    if not learn_from_treatments or known.sum() < LEAST_TREATED or not folded:
        return _unfitted(maker, known, paths, told)
    candidates = np.zeros_like(known)
    candidates[:, treated] = True
    samples = {
        regime: draw_for(regime, graph, known, candidates, seed=seed, told=told("Counting paths", FOLDS))
        for regime in REGIMES
    }
    members = _members(samples, maker, seed, told("Fitting the ranking", len(REGIMES) * FOLDS))
    prior = _fit_prior(samples["treated"], maker, known, treated)
    shape = (len(diseases), known.shape[0])
    raw: dict[Regime, list[NDArray[np.float32]]] = {
        regime: [np.zeros(shape, np.float32) for _ in members[regime][0]] for regime in REGIMES
    }
    priors, informed = np.zeros(shape, np.float32), np.zeros(shape, bool)
    counted = np.array([one.group == "metapath" and not one.relative for one in maker.features])
    for part, table in blocks(maker, diseases, told("Scoring", len(diseases))):
        flat = table.reshape(-1, table.shape[2])
        priors[part] = prior(flat).reshape(table.shape[:2])
        informed[part] = (table[:, :, counted] > 0).any(axis=2)
        _score(part, table, members, raw, seed)
    scales = {regime: _scale(raw[regime], known, treated) for regime in REGIMES}
    combined = {regime: scale.calibrated(scale.straight(raw[regime])) for regime, scale in scales.items()}
    others = known.sum(axis=0)[:, None] - known.T > 0
    scores = np.where(others, combined["treated"], combined["unseen"]).astype(np.float32)
    return Fitted(scores, priors, informed, members, scales, paths, int(known.sum()))


def _teller(progress: Progress | None) -> Any:
    """Makes a callback of one number for each stage."""

    def stage(name: str, total: int) -> Any:
        return (lambda done: progress(name, done, total)) if progress is not None else None

    return stage


def _members(
    samples: dict[Regime, Sample], maker: FeatureMaker, seed: int, told: Any
) -> dict[Regime, list[list[Member]]]:
    members: dict[Regime, list[list[Member]]] = {regime: [] for regime in REGIMES}
    for done, (regime, fold) in enumerate((regime, fold) for regime in REGIMES for fold in range(FOLDS)):
        if told is not None:
            told(done)
        chosen = allowed(maker.features, regime)
        sample = samples[regime]
        left_out = sample.folds == fold
        members[regime].append(learn(sample, maker.features, chosen, left_out, seed=seed + fold))
    return members


def _score(
    part: NDArray[np.int64],
    table: NDArray[np.float32],
    members: dict[Regime, list[list[Member]]],
    raw: dict[Regime, list[NDArray[np.float32]]],
    seed: int,
) -> None:
    """Each pair's scores by the models of its fold, of a block of diseases."""
    drugs = np.arange(table.shape[1])
    flat = table.reshape(-1, table.shape[2])
    for regime in REGIMES:
        if regime == "treated":
            folds = fold_of_pair(np.tile(drugs, len(part)), np.repeat(part, len(drugs)), seed)
        else:
            folds = np.repeat(fold_of_disease(part, seed), len(drugs))
        for fold in np.unique(folds).tolist():
            chosen = np.flatnonzero(folds == fold)
            rows = flat[chosen]
            told = side_by_side([partial(member.scores, rows) for member in members[regime][fold]])
            at = part[chosen // len(drugs)], chosen % len(drugs)
            for values, found in zip(raw[regime], told, strict=True):
                values[at] = found


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


def _unfitted(maker: FeatureMaker, known: NDArray[np.bool_], paths: list[Metapath], told: Any) -> Fitted:
    """Every metapath weighs the same, each in standard deviations over all pairs."""
    shape = known.T.shape
    counted = [
        place for place, one in enumerate(maker.features) if one.group == "metapath" and not one.relative
    ]
    values = np.zeros((*shape, len(counted)), np.float32)
    for part, table in blocks(maker, np.arange(shape[0]), told("Counting paths", shape[0])):
        values[part] = table[:, :, counted]
    spread = values.std(axis=(0, 1)) if values.size else np.ones(len(counted))
    weights = 1.0 / np.where(spread > 0, spread, 1.0)
    model = Linear(counted, weights.tolist(), 0.0, [float("inf")] * len(counted))
    scores = (values @ weights).astype(np.float32)
    priors = np.full(shape, np.nan, np.float32)
    informed = np.asarray((values > 0).any(axis=2))
    return Fitted(scores, priors, informed, {"unseen": [[model]]}, {}, paths, int(known.sum()))
