"""How well the ranking tells treatments that were hidden from it, beside two plain baselines.

Strict: the treatments of a fold are taken out of the graph, everything is counted and fitted anew without
them, and the fold's pairs are scored.
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
from kedrec.ranking.pair_similarity import Alike
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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.folds import Regime

__all__ = ["METHODS", "Figures", "Scored", "evaluate", "figures", "score_fold", "score_split"]

METHODS = ("degrees", "24 metapaths", "ranking")
"""Degrees alone; a logistic regression on the 24 metapaths that most pairs have; what KEDRec does."""

_FEWEST, _FEWEST_ENDS = 20, 5
"""Treatments, and drugs and diseases that have some, without which a fold may leave none to learn from."""
_PLAIN = 24
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one split's pairs, each by models that knew nothing of its fold.

    Attributes:
        split: how it was split.
        known: the labels, drugs x diseases.
        counted: which pairs are counted.
        folds: the fold of each pair.
        scores: by method, drugs x diseases; log-odds up to a calibration.
    """

    split: Split
    known: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    folds: NDArray[np.int64]
    scores: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the scores of a method are in one split; intervals are 95 %, by a bootstrap over diseases.

    Attributes:
        auroc, auprc: over all pairs together.
        recall_10, recall_50: share of a disease's treatments among its best 10 and 50 drugs, mean over the
            diseases with one.
        brier_skill: of the probabilities, calibrated on other diseases.
        degree_correlation: Spearman's, of a drug's mean score and how many diseases it treats.
        beyond: AUPRC and that correlation once most of what the degree tells is taken off (`--beyond-prior`).
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
    linked: Sequence[Table],
    splits: Sequence[Split],
    *,
    seed: int,
    counted: NDArray[np.bool_] | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> tuple[list[Figures], list[Scored]]:
    """Every method's figures in some splits, and the scores they come from.

    Args:
        adjacency: the graph.
        linked: the tables that have links.
        splits: how to hide.
        seed: of folds, samples, trees and bootstrap.
        counted: which pairs count, drugs x diseases; else those of all drugs and all treated diseases.
        threads: models fitted at once, at most.
        progress: called fold by fold.

    Raises:
        EmptyGraphError: the graph has too few treatments to hide some and rank without them.
    """
    known = known_treatments(adjacency)
    _check_enough(known)
    if counted is None:
        counted = np.zeros_like(known)
        counted[:, known.any(axis=0)] = True
    with single_threaded_algebra():
        scored = [
            score_split(
                adjacency, linked, split, seed=seed, counted=counted, threads=threads, progress=progress
            )
            for split in splits
        ]
    return [figures(one, method, seed) for one in scored for method in METHODS], scored


def _check_enough(known: NDArray[np.bool_]) -> None:
    """Sees that, whatever a fold hides, there are treatments and other pairs to learn from."""
    treatments, drugs, diseases = (
        int(count) for count in (known.sum(), known.any(axis=1).sum(), known.any(axis=0).sum())
    )
    others = known.size - treatments
    if min(treatments, others) < _FEWEST or min(drugs, diseases) < _FEWEST_ENDS:
        raise EmptyGraphError(
            f"The graph has {treatments:,} treatments of {drugs:,} drugs for {diseases:,} diseases: too few "
            "to hide some and rank without them.",
            f"At least {_FEWEST} are needed, of {_FEWEST_ENDS} drugs and for {_FEWEST_ENDS} diseases, and as "
            "many pairs that are none: `kedrec-load sources` lists what brings treatments.",
        )


def score_split(
    adjacency: Adjacency,
    linked: Sequence[Table],
    split: Split,
    *,
    seed: int,
    counted: NDArray[np.bool_],
    threads: int = 1,
    progress: Progress | None = None,
) -> Scored:
    """Scores every pair of a split by each method, fold after fold."""
    known = known_treatments(adjacency)
    fold_of = folds(adjacency, linked, split, seed)
    raw: dict[str, list[NDArray[np.float64]]] = {}
    for fold in range(int(fold_of.max()) + 1):
        if progress is not None:
            progress(f"By {split}", fold, int(fold_of.max()) + 1)
        hidden = fold_of == fold
        if not (known & hidden & counted).any():
            continue
        for method, models in score_fold(
            adjacency, linked, split, hidden, seed + fold, threads=threads
        ).items():
            kept = raw.setdefault(method, [np.zeros(known.shape) for _ in models])
            for values, found in zip(kept, models, strict=True):
                values[hidden] = found[hidden]
    inside = counted & np.isin(fold_of, np.unique(fold_of[known & counted]))
    scores = {
        method: np.mean([(v - v[inside].mean()) / (v[inside].std() or 1.0) for v in models], axis=0)
        for method, models in raw.items()
    }
    return Scored(split, known, inside, fold_of, scores)


def score_fold(
    adjacency: Adjacency,
    linked: Sequence[Table],
    split: Split,
    hidden: NDArray[np.bool_],
    seed: int,
    *,
    threads: int = 1,
) -> dict[str, list[NDArray[np.float64]]]:
    """The scores of all pairs by what can be learned with some hidden: by method, one table a model.

    A disease that has no treatment left is scored by the models for such diseases, as the ranking does; both
    regimes' models give log-odds in samples with as many other pairs a treatment.
    """
    known = known_treatments(adjacency)
    seen = known & ~hidden
    without = adjacency.replaced({TREATS: links_of(seen)})
    graph = Counted(without, choose_metapaths(without, linked, seed), Alike.of(without, linked))
    maker = graph.whole()
    candidates = ~hidden
    candidates[:, ~seen.any(axis=0)] = False
    cold = split in ("disease", "cluster")
    regime: Regime = "unseen" if cold else "treated"
    asked = np.flatnonzero(hidden.any(axis=0))
    bare = np.asarray(~seen.any(axis=0))
    scores: dict[str, list[NDArray[np.float64]]] = {}
    regimes: list[Regime] = [regime] if cold or not bare[asked].any() else [regime, "unseen"]
    for one in regimes:
        sample = draw_for(one, graph, seen, candidates, seed=seed, threads=threads)
        chosen = allowed(maker.features, one)
        methods: dict[str, list[_Model]] = {
            "ranking": [
                member.scores
                for member in learn(
                    sample,
                    maker.features,
                    chosen,
                    np.zeros(len(sample.labels), bool),
                    seed=seed,
                    threads=threads,
                )
            ]
        }
        if one == regime:
            methods["degrees"] = [_regression(sample, _degrees(maker, chosen))]
            methods["24 metapaths"] = [_regression(sample, _commonest(maker, sample, chosen))]
        for name, models in methods.items():
            scores.setdefault(name, [np.zeros(known.shape) for _ in models])
        _write(scores, methods, maker, asked if one == regime else asked[bare[asked]], threads)
    return scores


_Model = Callable[["NDArray[np.float32]"], Any]
"""Scores of pairs by their features."""


def _write(
    scores: dict[str, list[NDArray[np.float64]]],
    methods: dict[str, list[_Model]],
    maker: FeatureMaker,
    diseases: NDArray[np.int64],
    threads: int,
) -> None:
    """Writes what some models say of all drugs for some diseases."""
    for part, table in blocks(maker, diseases):
        flat = table.reshape(-1, table.shape[2])
        for name, models in methods.items():
            results = side_by_side([partial(model, flat) for model in models], threads)
            for values, result in zip(scores[name], results, strict=True):
                values[:, part] = np.asarray(result).reshape(table.shape[:2]).T


def _degrees(maker: FeatureMaker, chosen: NDArray[np.bool_]) -> list[int]:
    return [place for place, one in enumerate(maker.features) if chosen[place] and one.group == "prior"]


def _commonest(maker: FeatureMaker, sample: Sample, chosen: NDArray[np.bool_]) -> list[int]:
    """The metapaths that most pairs of the sample have."""
    found = [
        (-int((sample.rows[:, place] > 0).sum()), place)
        for place, one in enumerate(maker.features)
        if chosen[place] and one.group == "metapath" and not one.relative
    ]
    return [place for _, place in sorted(found)[:_PLAIN]]


def _regression(sample: Sample, columns: list[int]) -> Callable[[NDArray[np.float32]], Any]:
    """A plain logistic regression on some columns, in standard deviations; without columns all are equal."""
    if not columns:
        return lambda rows: np.zeros(len(rows))
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    model.fit(sample.rows[:, columns].astype(np.float64), sample.labels)
    return lambda rows: model.decision_function(rows[:, columns].astype(np.float64))


def figures(scored: Scored, method: str, seed: int) -> Figures:
    """What one method's scores in a split are worth."""
    scores, counted = scored.scores[method], scored.counted
    known = scored.known & counted
    diseases = np.broadcast_to(np.arange(counted.shape[1]), counted.shape)[counted]
    labels = np.asarray(known[counted])
    probabilities = cross_calibrated(scores[counted], labels, diseases)
    drugs = np.flatnonzero(counted.any(axis=1))
    shown = counted.any(axis=0)
    means, degrees = scores[drugs][:, shown].mean(axis=1), known[drugs].sum(axis=1)
    visible = _visible_degrees(scored)[drugs]
    beyond = DegreeLine.of(means, degrees).beyond(scores[drugs], visible)
    inside = counted[drugs]
    auroc, auprc, recall_10, recall_50 = _bootstrapped(scores, known, counted, seed)
    return Figures(
        split=scored.split,
        method=method,
        auroc=auroc,
        auprc=auprc,
        recall_10=recall_10,
        recall_50=recall_50,
        brier_skill=brier_skill(probabilities, labels),
        degree_correlation=_correlation(means, degrees),
        beyond=(
            _precision(beyond[inside], known[drugs][inside]),
            _correlation(beyond[:, shown].mean(axis=1), degrees),
        ),
    )


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Spearman's correlation, from -1 to 1; 0 where one of the two is the same throughout."""
    from scipy.stats import spearmanr

    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other).statistic)


def _visible_degrees(scored: Scored) -> NDArray[np.int64]:
    """How many diseases each pair's drug was known to treat when the pair was scored: drugs x diseases."""
    visible = np.zeros(scored.known.shape, np.int64)
    for fold in np.unique(scored.folds).tolist():
        hidden = scored.folds == fold
        seen = (scored.known & scored.counted & ~hidden).sum(axis=1)
        visible += hidden * seen[:, None]
    return visible


def _precision(scores: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any] | None = None) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores, sample_weight=weights))


def _bootstrapped(
    scores: NDArray[np.float64], known: NDArray[np.bool_], counted: NDArray[np.bool_], seed: int
) -> tuple[tuple[float, float, float], ...]:
    """AUROC, AUPRC, recall at 10 and at 50: each with its interval, diseases drawn with replacement."""
    from sklearn.metrics import roc_auc_score

    diseases = np.flatnonzero(counted.any(axis=0))
    of_pair = np.repeat(np.arange(len(diseases)), len(scores))
    inside = counted[:, diseases].T.ravel()
    flat, labels = scores[:, diseases].T.ravel()[inside], known[:, diseases].T.ravel()[inside]
    of_pair = of_pair[inside]
    recalls = {top: _recalls(scores, known, counted, diseases, top) for top in (10, 50)}
    whole = (
        float(roc_auc_score(labels, flat)),
        _precision(flat, labels),
        *(float(np.nanmean(values)) for values in recalls.values()),
    )
    order = np.argsort(-flat, kind="stable")
    labels, of_pair = labels[order], of_pair[order]
    draw, drawn = np.random.default_rng(seed), []
    for _ in range(_DRAWS):
        times = np.bincount(draw.integers(0, len(diseases), len(diseases)), minlength=len(diseases))
        hits, misses = _weighed(labels, times[of_pair])
        if hits[-1] == 0:
            continue
        told = [np.average(v[~np.isnan(v)], weights=_some(times[~np.isnan(v)])) for v in recalls.values()]
        drawn.append((_area(hits, misses), _average(hits, misses, labels), *told))
    ends = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    return tuple((value, float(ends[0, at]), float(ends[1, at])) for at, value in enumerate(whole))


def _some(weights: NDArray[Any]) -> NDArray[Any]:
    return weights if weights.sum() else np.ones_like(weights)


def _weighed(labels: NDArray[Any], times: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Treatments and other pairs so far, from the best score on."""
    return np.cumsum(labels * times, dtype=float), np.cumsum(~labels * times, dtype=float)


def _area(hits: NDArray[np.float64], misses: NDArray[np.float64]) -> float:
    return float(np.trapezoid(hits / hits[-1], misses / max(misses[-1], 1.0)))


def _average(hits: NDArray[np.float64], misses: NDArray[np.float64], labels: NDArray[Any]) -> float:
    """Average precision."""
    new = np.diff(hits, prepend=0.0)
    at = labels & (new > 0)
    return float((new[at] * hits[at] / (hits[at] + misses[at])).sum() / hits[-1])


def _recalls(
    scores: NDArray[np.float64],
    known: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    diseases: NDArray[np.int64],
    top: int,
) -> NDArray[np.float64]:
    """Each disease's share of treatments among its best drugs; NaN where it has none."""
    found = np.full(len(diseases), np.nan)
    for place, disease in enumerate(diseases.tolist()):
        inside = counted[:, disease]
        labels = known[inside, disease]
        if labels.any():
            best = np.argsort(-scores[inside, disease], kind="stable")[:top]
            found[place] = labels[best].sum() / labels.sum()
    return found


def as_dicts(results: Sequence[Figures]) -> list[Mapping[str, Any]]:
    """The figures as JSON can hold them."""
    from dataclasses import asdict

    return [asdict(one) for one in results]


def markdown(results: Sequence[Figures]) -> str:
    """The figures as a table."""

    def told(figure: tuple[float, float, float]) -> str:
        return f"{figure[0]:.3f} ({figure[1]:.3f}-{figure[2]:.3f})"

    head = (
        "split | method | AUROC | AUPRC | recall@10 | recall@50 | Brier skill | degree correlation | "
        "beyond the degree: AUPRC, correlation"
    )
    lines = [f"| {head} |", "| --- " * 9 + "|"]
    lines += [
        f"| by {one.split} | {one.method} | {told(one.auroc)} | {told(one.auprc)} | {told(one.recall_10)} | "
        f"{told(one.recall_50)} | {one.brier_skill:.3f} | {one.degree_correlation:.2f} | "
        f"{one.beyond[0]:.3f}, {one.beyond[1]:.2f} |"
        for one in results
    ]
    return "\n".join(lines) + "\n"
