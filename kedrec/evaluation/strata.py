"""Ranking performance by drug degree, disease degree and disease area.

A ranking may look good overall because it favours famous drugs and well-studied diseases; these tables show
where it does not hold.
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
    "group_by_degree",
    "markdown",
    "performance",
    "strata_tables",
]

_MIN_TREATED_DISEASES = 5  # for an interval

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; the interval is None where too few diseases could be drawn."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Stratum:
    """Figures of one group of pairs.

    Attributes:
        name: the group: `4 to 11 links`, `neoplastic`.
        pairs, treatments: number of pairs, and of treatments among them.
        diseases: diseases with a treatment among them.
        auroc: chance that a treatment scores above another pair of the group, ties half.
        auprc: average precision over the group's pairs; by chance treatments / pairs.
        recall: share of a disease's treatments of this group that are among its best drugs of all groups;
            the mean over those diseases.

    Each figure is None where the group has no treatment, or only treatments.
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
    """Computes the three tables: by drug degree, by disease degree, by disease area.

    Args:
        scores, labels, drugs, diseases: one entry a pair; labels are true for treatments, drugs and diseases
            are numbers.
        drug_degrees: links of each drug, by its number.
        disease_degrees: links of each disease, by its number.
        areas: the area of each disease, by its number.
        bins: groups of about as many drugs (diseases) each.
        top: rank down to which a drug counts for recall.
        seed, resamples: of the bootstrap.
        progress: called before each table.

    Returns:
        Strata by grouping: `drug degree`, `disease degree`, `disease area`.
    """
    groupings = {
        "drug degree": group_by_degree(drug_degrees, drugs, bins),
        "disease degree": group_by_degree(disease_degrees, diseases, bins),
        "disease area": _group_by_area(areas, diseases),
    }
    tables = {}
    for index, (grouping, (names, groups)) in enumerate(groupings.items()):
        if progress is not None:
            progress("Measuring groups", index, len(groupings))
        tables[grouping] = performance(
            scores, labels, diseases, groups, names, top=top, seed=seed, resamples=resamples
        )
    return tables


def group_by_degree(degrees: _Ints, nodes: _Ints, bins: int = 4) -> tuple[list[str], _Ints]:
    """Groups pairs by the degree of one end.

    Bounds are quantiles over the nodes that occur, so that groups have about as many nodes each; equal
    degrees stay together, so that there may be fewer groups.

    Args:
        degrees: links of each node, by its number.
        nodes: the number of each pair's node.
        bins: number of groups, at most.

    Returns:
        The groups' names, lowest degrees first, and the index of each pair's group among them.
    """
    if bins < 1:
        raise ValueError(f"{bins} groups aren't possible")
    if not len(nodes):
        return [], np.zeros(0, np.int64)
    node_degrees = np.asarray(degrees)[np.unique(nodes)]
    bounds = np.unique(np.quantile(node_degrees, np.arange(1, bins) / bins, method="inverted_cdf"))
    node_groups = np.searchsorted(bounds, node_degrees)  # a bound belongs to the group below it
    occupied = np.unique(node_groups)
    names = []
    for group in occupied.tolist():
        lowest, highest = (
            int(node_degrees[node_groups == group].min()),
            int(node_degrees[node_groups == group].max()),
        )
        names.append(
            f"{lowest} to {highest} links"
            if lowest < highest
            else f"{lowest} link{'' if lowest == 1 else 's'}"
        )
    return names, np.searchsorted(occupied, np.searchsorted(bounds, np.asarray(degrees)[nodes])).astype(
        np.int64
    )


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
    """Figures of each group of pairs, with bootstrap intervals over diseases.

    Diseases and not pairs are drawn (with all their pairs of the group), since pairs of one disease depend
    on each other. The intervals are the 2.5th and 97.5th percentiles (Efron 1979,
    doi:10.1214/aos/1176344552); they are omitted where fewer than five diseases have a treatment in the
    group, too few to resample, or where under half of the resamples had the figure.

    Args:
        scores, labels, diseases: one entry a pair; the pairs of a disease are its whole ranking.
        groups: the index of each pair's group in `names`.
        names: the groups.
        top: rank down to which a drug counts for recall.
        seed: equal seeds give equal intervals.
        resamples: number of bootstrap samples; 0: no intervals.

    Raises:
        ValueError: a score is NaN or infinite.
    """
    if not np.isfinite(scores).all():
        raise ValueError("Some scores are no numbers.")
    labels = np.asarray(labels).astype(bool)
    ranks = _ranks(scores, diseases)
    strata = []
    for number, name in enumerate(names):
        inside = np.flatnonzero(groups == number)
        _, disease = np.unique(diseases[inside], return_inverse=True)
        group = _PairGroup(scores[inside], labels[inside], disease, ranks[inside] <= top)
        generator = np.random.default_rng([seed, number])
        is_treatment = labels[inside]
        treated_diseases = len(np.unique(disease[is_treatment]))
        draws = _resample_weights(
            group.count, generator, resamples if treated_diseases >= _MIN_TREATED_DISEASES else 0
        )
        resampled = [group.figures(weights) for weights in draws]
        estimates = [
            _estimate(value, [figures[column] for figures in resampled])
            for column, value in enumerate(group.figures(np.ones(group.count)))
        ]
        strata.append(
            Stratum(
                name=name,
                pairs=len(inside),
                treatments=int(is_treatment.sum()),
                diseases=treated_diseases,
                auroc=estimates[0],
                auprc=estimates[1],
                recall=estimates[2],
            )
        )
    return strata


def markdown(tables: Mapping[str, Sequence[Stratum]], top: int = 50) -> str:
    """The tables in Markdown, each figure with its 95 % interval."""
    parts = []
    columns = f"AUROC | AUPRC | AUPRC by chance | recall@{top}"
    for grouping, strata in tables.items():
        lines = [
            f"| {grouping} | pairs | treatments | diseases | {columns} |",
            "| --- |" + " ---: |" * 7,
        ]
        for stratum in strata:
            chance = f"{stratum.treatments / stratum.pairs:.4f}" if stratum.pairs else "-"
            figures = [
                _estimate_text(stratum.auroc),
                _estimate_text(stratum.auprc),
                chance,
                _estimate_text(stratum.recall),
            ]
            lines.append(
                f"| {stratum.name} | {stratum.pairs:,} | {stratum.treatments:,} | {stratum.diseases} | "
                + " | ".join(figures)
                + " |"
            )
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


class _PairGroup:
    """The pairs of one group, best first, whose figures can be weighted by disease.

    Args:
        scores, labels: of the pairs.
        diseases: each pair's disease, numbered from 0.
        in_top: whether the pair is among its disease's best.
    """

    def __init__(
        self, scores: _Floats, labels: NDArray[np.bool_], diseases: _Ints, in_top: NDArray[np.bool_]
    ) -> None:
        self.count = int(diseases.max()) + 1 if len(diseases) else 0
        order = np.argsort(-scores, kind="stable")
        ordered = scores[order]
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(order) else order
        self._labels, self._diseases, self._last = labels[order], diseases[order], last
        self._treated = np.bincount(diseases[labels], minlength=self.count)
        self._hits = np.bincount(diseases[labels & in_top], minlength=self.count)

    def figures(self, weights: _Floats) -> tuple[float | None, float | None, float | None]:
        """AUROC, AUPRC and recall with each disease's pairs weighted by `weights`."""
        by_pair = weights[self._diseases]
        hits = np.cumsum(np.where(self._labels, by_pair, 0.0))[self._last]
        misses = np.cumsum(np.where(self._labels, 0.0, by_pair))[self._last]
        if not len(hits) or hits[-1] == 0:
            return None, None, None
        new_hits = np.diff(hits, prepend=0.0)
        pairs_so_far = np.maximum(hits + misses, 1e-12)
        auprc = float((new_hits * hits / pairs_so_far).sum() / hits[-1])
        auroc = None
        if misses[-1] > 0:
            before = np.concatenate([np.zeros(1), hits[:-1]])
            new_misses = np.diff(misses, prepend=0.0)
            auroc = float((new_misses * (hits + before)).sum() / (2 * hits[-1] * misses[-1]))
        treated = self._treated > 0
        shares = self._hits[treated] / self._treated[treated]
        recall = float((weights[treated] * shares).sum() / weights[treated].sum())
        return auroc, auprc if auroc is not None else None, recall


def _resample_weights(count: int, generator: np.random.Generator, resamples: int) -> Iterator[_Floats]:
    """Yields, for each resample, the number of times that each of `count` diseases is drawn."""
    for _ in range(resamples if count else 0):
        yield np.bincount(generator.integers(0, count, count), minlength=count).astype(np.float64)


def _estimate(value: float | None, resampled: Sequence[float | None]) -> Estimate | None:
    if value is None:
        return None
    values = [resample for resample in resampled if resample is not None]
    if not values or len(values) < len(resampled) / 2:
        return Estimate(value, None, None)
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return Estimate(value, low, high)


def _ranks(scores: _Floats, diseases: _Ints) -> _Ints:
    """Rank of each pair within its disease, 1 the best; equal scores share the worst of their ranks.

    So a constant score puts no pair at the top.
    """
    order = np.lexsort((-scores, diseases))
    sorted_diseases, sorted_scores = diseases[order], scores[order]
    positions = np.arange(len(order))
    starts = np.append(True, sorted_diseases[1:] != sorted_diseases[:-1]) if len(order) else positions > 0
    ends = np.append(starts[1:] | (sorted_scores[1:] != sorted_scores[:-1]), True) if len(order) else starts
    first_positions = np.maximum.accumulate(np.where(starts, positions, 0)) if len(order) else positions
    last_positions = np.flatnonzero(ends)[np.cumsum(np.append(0, ends[:-1]))] if len(order) else positions
    ranks = np.zeros(len(order), np.int64)
    ranks[order] = last_positions - first_positions + 1
    return ranks


def _group_by_area(areas: Sequence[str], nodes: _Ints) -> tuple[list[str], _Ints]:
    """Groups pairs by the area of their disease; the most common first, the unclassified last."""
    counts = Counter(areas[node] for node in np.unique(nodes).tolist())
    names = sorted(counts, key=lambda name: (name == UNCLASSIFIED, -counts[name], name))
    group_numbers = {name: number for number, name in enumerate(names)}
    by_node = np.array([group_numbers.get(area, -1) for area in areas], np.int64)
    return names, by_node[nodes]


def _estimate_text(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"
