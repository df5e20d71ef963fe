"""Whom a ranking serves: its performance by the degree of the drug and of the disease, and by disease area.

A ranking may look good on the whole because it knows famous drugs and well-studied diseases; these tables
show where it does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kedrec.evaluation.areas import UNCLASSIFIED

if TYPE_CHECKING:
    from kedrec.common.progress import Progress

__all__ = [
    "Estimate",
    "Stratum",
    "by_degree",
    "markdown",
    "performance",
    "strata_tables",
]

_LEAST = 5  # diseases with a treatment, to draw from

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; the interval is None where there was too little to draw from."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Stratum:
    """How well the pairs of one group are ranked.

    Attributes:
        name: the group: `4 to 11 links`, `neoplastic`.
        pairs, treatments: how many, and how many of them are treatments.
        diseases: diseases with a treatment among them.
        auroc: chance that a treatment scores above another pair of the group, ties half.
        auprc: average precision over the group's pairs; by chance treatments / pairs.
        recall: share of a disease's treatments of this group that are among its best drugs of all groups;
            the mean over those diseases.
        Each figure is None where the group has no treatment, or nothing else.
    """

    name: str
    pairs: int
    treatments: int
    diseases: int
    auroc: Estimate | None
    auprc: Estimate | None
    recall: Estimate | None


def strata_tables(
    scores: _Floats,
    labels: NDArray[Any],
    drugs: _Ints,
    diseases: _Ints,
    *,
    drug_degrees: _Ints,
    disease_degrees: _Ints,
    areas: Sequence[str],
    bins: int = 4,
    top: int = 50,
    seed: int = 0,
    resamples: int = 500,
    progress: Progress | None = None,
) -> dict[str, list[Stratum]]:
    """The three tables: by drug degree, by disease degree, by disease area.

    Args:
        scores, labels, drugs, diseases: one entry a pair; labels are true for treatments, drugs and diseases
            are numbers.
        drug_degrees: links of each drug, by its number.
        disease_degrees: links of each disease, by its number.
        areas: the area of each disease, by its number.
        bins: groups of about as many drugs (diseases) each.
        top: how many drugs of a disease a recall looks at.
        seed, resamples: of the bootstrap.
        progress: called as the groups are done.

    Returns:
        Strata by what they are grouped by: `drug degree`, `disease degree`, `disease area`.
    """
    groupings = {
        "drug degree": by_degree(drug_degrees, drugs, bins),
        "disease degree": by_degree(disease_degrees, diseases, bins),
        "disease area": _by_name(areas, diseases),
    }
    tables = {}
    for done, (by, (names, groups)) in enumerate(groupings.items()):
        if progress is not None:
            progress("Measuring groups", done, len(groupings))
        tables[by] = performance(
            scores, labels, diseases, groups, names, top=top, seed=seed, resamples=resamples
        )
    return tables


def by_degree(degrees: _Ints, nodes: _Ints, bins: int = 4) -> tuple[list[str], _Ints]:
    """Groups pairs by the degree of one end.

    Bounds are quantiles over the nodes that occur, so that groups have about as many nodes each; equal
    degrees stay together, so that there may be fewer groups.

    Args:
        degrees: links of each node, by its number.
        nodes: the number of each pair's node.
        bins: groups wanted.

    Returns:
        The groups' names, lowest degrees first, and the place of each pair's group among them.
    """
    if bins < 1:
        raise ValueError(f"{bins} groups aren't possible")
    if not len(nodes):
        return [], np.zeros(0, np.int64)
    own = np.asarray(degrees)[np.unique(nodes)]
    bounds = np.unique(np.quantile(own, np.arange(1, bins) / bins, method="inverted_cdf"))
    places = np.searchsorted(bounds, own)  # a bound belongs to the group below it
    held = np.unique(places)
    names = []
    for place in held.tolist():
        least, most = int(own[places == place].min()), int(own[places == place].max())
        names.append(
            f"{least} to {most} links" if least < most else f"{least} link{'' if least == 1 else 's'}"
        )
    return names, np.searchsorted(held, np.searchsorted(bounds, np.asarray(degrees)[nodes])).astype(np.int64)


def performance(
    scores: _Floats,
    labels: NDArray[Any],
    diseases: _Ints,
    groups: _Ints,
    names: Sequence[str],
    *,
    top: int = 50,
    seed: int = 0,
    resamples: int = 500,
) -> list[Stratum]:
    """Figures of each group of pairs, with intervals over diseases drawn again and again.

    Diseases and not pairs are drawn (with all their pairs of the group), since pairs of one disease stand
    and fall together. The intervals are the 2.5th and 97.5th percentiles (Efron 1979,
    doi:10.1214/aos/1176344552); they are left out where fewer than five diseases have a treatment in the
    group, since those few drawn again tell nothing, or under half of the resamples had the figure.

    Args:
        scores, labels, diseases: one entry a pair; the pairs of a disease are its whole ranking.
        groups: the place of each pair's group in `names`.
        names: the groups.
        top: how many drugs of a disease a recall looks at.
        seed: equal seeds give equal intervals.
        resamples: how often diseases are drawn; 0: no intervals.
    """
    if not np.isfinite(scores).all():
        raise ValueError("Some scores are no numbers.")
    labels = np.asarray(labels).astype(bool)
    ranks = _ranks(scores, diseases)
    found = []
    for place, name in enumerate(names):
        inside = np.flatnonzero(groups == place)
        _, disease = np.unique(diseases[inside], return_inverse=True)
        sample = _Sample(scores[inside], labels[inside], disease, ranks[inside] <= top)
        draw = np.random.default_rng([seed, place])
        treated = labels[inside]
        held = len(np.unique(disease[treated]))
        draws = _drawn(sample.count, draw, resamples if held >= _LEAST else 0)
        drawn = [sample.figures(weights) for weights in draws]
        estimates = [
            _estimate(value, [figures[at] for figures in drawn])
            for at, value in enumerate(sample.figures(np.ones(sample.count)))
        ]
        found.append(
            Stratum(
                name=name,
                pairs=len(inside),
                treatments=int(treated.sum()),
                diseases=held,
                auroc=estimates[0],
                auprc=estimates[1],
                recall=estimates[2],
            )
        )
    return found


def markdown(tables: Mapping[str, Sequence[Stratum]], top: int = 50) -> str:
    """The tables one below the other, each figure with its 95 % interval."""
    parts = []
    for by, strata in tables.items():
        lines = [
            f"| {by} | pairs | treatments | diseases | AUROC | AUPRC | AUPRC by chance | recall@{top} |",
            "| --- |" + " ---: |" * 7,
        ]
        for one in strata:
            chance = f"{one.treatments / one.pairs:.4f}" if one.pairs else "-"
            figures = [_written(one.auroc), _written(one.auprc), chance, _written(one.recall)]
            lines.append(
                f"| {one.name} | {one.pairs:,} | {one.treatments:,} | {one.diseases} | "
                + " | ".join(figures)
                + " |"
            )
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


class _Sample:
    """The pairs of one group, best first, whose diseases may weigh differently.

    Args:
        scores, labels: of the pairs.
        diseases: each pair's disease, numbered from 0.
        near: whether the pair is among its disease's best.
    """

    def __init__(
        self, scores: _Floats, labels: NDArray[np.bool_], diseases: _Ints, near: NDArray[np.bool_]
    ) -> None:
        self.count = int(diseases.max()) + 1 if len(diseases) else 0
        order = np.argsort(-scores, kind="stable")
        ordered = scores[order]
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(order) else order
        self._labels, self._diseases, self._last = labels[order], diseases[order], last
        self._treated = np.bincount(diseases[labels], minlength=self.count)
        self._hits = np.bincount(diseases[labels & near], minlength=self.count)

    def figures(self, weights: _Floats) -> tuple[float | None, float | None, float | None]:
        """AUROC, AUPRC and recall, where a disease's pairs count `weights` times."""
        by_pair = weights[self._diseases]
        true = np.cumsum(np.where(self._labels, by_pair, 0.0))[self._last]
        false = np.cumsum(np.where(self._labels, 0.0, by_pair))[self._last]
        if not len(true) or true[-1] == 0:
            return None, None, None
        gained = np.diff(true, prepend=0.0)
        of_all = np.maximum(true + false, 1e-12)
        auprc = float((gained * true / of_all).sum() / true[-1])
        auroc = None
        if false[-1] > 0:
            before = np.concatenate([np.zeros(1), true[:-1]])
            passed = np.diff(false, prepend=0.0)
            auroc = float((passed * (true + before)).sum() / (2 * true[-1] * false[-1]))
        treated = self._treated > 0
        shares = self._hits[treated] / self._treated[treated]
        recall = float((weights[treated] * shares).sum() / weights[treated].sum())
        return auroc, auprc if auroc is not None else None, recall


def _drawn(count: int, draw: np.random.Generator, resamples: int) -> Iterator[_Floats]:
    """How often each of `count` diseases is drawn, resample by resample."""
    for _ in range(resamples if count else 0):
        yield np.bincount(draw.integers(0, count, count), minlength=count).astype(np.float64)


def _estimate(value: float | None, drawn: Sequence[float | None]) -> Estimate | None:
    if value is None:
        return None
    held = [each for each in drawn if each is not None]
    if not held or len(held) < len(drawn) / 2:
        return Estimate(value, None, None)
    low, high = np.quantile(held, [0.025, 0.975]).tolist()
    return Estimate(value, low, high)


def _ranks(scores: _Floats, diseases: _Ints) -> _Ints:
    """Each pair's rank among its disease's, 1 the best; equal scores share the worst of their ranks.

    So a score that says nothing, equal for all, brings nothing to the top.
    """
    order = np.lexsort((-scores, diseases))
    sorted_diseases, sorted_scores = diseases[order], scores[order]
    place = np.arange(len(order))
    starts = np.append(True, sorted_diseases[1:] != sorted_diseases[:-1]) if len(order) else place > 0
    ends = np.append(starts[1:] | (sorted_scores[1:] != sorted_scores[:-1]), True) if len(order) else starts
    first = np.maximum.accumulate(np.where(starts, place, 0)) if len(order) else place
    last = np.flatnonzero(ends)[np.cumsum(np.append(0, ends[:-1]))] if len(order) else place
    ranks = np.zeros(len(order), np.int64)
    ranks[order] = last - first + 1
    return ranks


def _by_name(areas: Sequence[str], nodes: _Ints) -> tuple[list[str], _Ints]:
    """Groups pairs by the area of their disease; the most common first, the unclassified last."""
    counts = Counter(areas[node] for node in np.unique(nodes).tolist())
    names = sorted(counts, key=lambda name: (name == UNCLASSIFIED, -counts[name], name))
    places = {name: place for place, name in enumerate(names)}
    by_node = np.array([places.get(area, -1) for area in areas], np.int64)
    return names, by_node[nodes]


def _written(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"
