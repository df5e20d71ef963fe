"""Replays the ranking as of a year: fits it on what was known then, and ranks what came later.

Treatments by drugs that were first approved after the year are hidden, and what these palliate; so are
treatments whose edge has a later year, and every other edge of a later year. What has no year stays: above
all, most of what a graph knows of a later drug (targets, side effects, likeness to other drugs) was written
down after the drug was approved. So this is kinder than the year itself was; `ReplayResult.undated_links`
counts it.

A drug without a year of approval is taken as known at the time, and what it treats as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.common.cpus import single_threaded_algebra
from kedrec.errors import EmptyGraphError
from kedrec.evaluation.ranking import METHODS, score_fold
from kedrec.ranking.adjacency import TREATS, Incidence, table_of
from kedrec.ranking.sampling import known_treatments
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["ReplayFigures", "ReplayResult", "markdown", "replay"]

_DRAWS = 500
_RECALLED = (10, 50)
_MIN_LATER = 5  # later treatments
_MIN_KNOWN = 20  # treatments known at the time


@dataclass(frozen=True, slots=True)
class ReplayFigures:
    """Figures of one method; triples are value, low and high of a 95 % bootstrap over diseases.

    Attributes:
        method: `ranking`, or one to compare it with.
        among: the drugs that are ranked: `all`, or `later` for those approved later alone.
        auroc: over all pairs of a drug and a disease with a later treatment.
        recall_10, recall_50: share of a disease's later treatments among its best 10 and 50 drugs, mean over
            the diseases.
        chance_10, chance_50: the same of a random order.
    """

    method: str
    among: str
    auroc: tuple[float, float, float]
    recall_10: tuple[float, float, float]
    recall_50: tuple[float, float, float]
    chance_10: float
    chance_50: float


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """Result of a replay.

    Attributes:
        year: the last year that was known.
        seed: of the samples, the trees and the bootstrap.
        drugs: number of drugs with a year of approval, and of those approved later with a hidden treatment.
        undated_drugs: number of treating drugs without a year, which are taken as known.
        treatments: number of treatments that the ranking was fitted on.
        later: number of hidden treatments, and of diseases with one.
        dated_edges: number of those hidden for their own year alone.
        undated_links: links of the later drugs that have no year and stay, by relation.
        figures: by method, and by the drugs that are ranked.
    """

    year: int
    seed: int
    drugs: tuple[int, int]
    undated_drugs: int
    treatments: int
    later: tuple[int, int]
    dated_edges: int
    undated_links: Mapping[str, int]
    figures: Sequence[ReplayFigures]


def replay(
    whole: Adjacency,
    visible: Adjacency,
    link_tables: Sequence[Table],
    approvals: Mapping[str, int],
    year: int,
    *,
    seed: int,
    threads: int = 1,
) -> ReplayResult:
    """Fits the ranking on what was known in a year, and ranks what came later.

    Args:
        whole: the graph with every treatment.
        visible: the same graph without edges of a later year.
        link_tables: the tables of `visible` that have links.
        approvals: year of first approval of drugs, by id.
        year: the last known year.
        seed: of the samples, the trees and the bootstrap.
        threads: models fitted at once, at most.

    Raises:
        EmptyGraphError: the graph has no year of approval, or too few treatments before or after the year.
    """
    if not approvals:
        raise EmptyGraphError(
            "The graph knows of no drug when it was first approved.",
            "Load a source that says so: kedrec-load graph everycure-drugs chembl-mechanisms.",
        )
    ids = [id_.decode() for id_ in visible.ids("Drug").tolist()]
    approved = np.array([approvals.get(id_, 0) for id_ in ids])
    is_later = approved > year
    every = np.arange(len(visible.ids("Disease")))
    known, dated = known_treatments(whole, every), known_treatments(visible, every)
    hidden_treatments = known & (is_later[:, None] | ~dated)
    diseases = np.flatnonzero(hidden_treatments.any(axis=0))
    before = known & ~hidden_treatments
    if hidden_treatments.sum() < _MIN_LATER or before.sum() < _MIN_KNOWN:
        raise EmptyGraphError(
            f"Of {int(known.sum()):,} treatments {int(hidden_treatments.sum()):,} came after {year}: too few "
            "to rank, or to learn from.",
            "Choose another year.",
        )
    hidden = hidden_treatments | is_later[:, None]
    visible = _without_palliation(visible, is_later)
    with single_threaded_algebra():
        tables = score_fold(visible, link_tables, "drug", hidden, seed, diseases=diseases, threads=threads)
    scores = {
        method: np.mean([_standardized(table) for table in models], axis=0)
        for method, models in tables.items()
    }
    labels, candidates = hidden_treatments[:, diseases], ~before[:, diseases]
    figures = [
        _figures((method, among), scores[method][rows], labels[rows], candidates[rows], seed)
        for among, rows in (("all", np.ones(len(ids), bool)), ("later", is_later))
        for method in METHODS
        if method in scores and labels[rows].any()
    ]
    return ReplayResult(
        year=year,
        seed=seed,
        drugs=(int((approved > 0).sum()), int((is_later & hidden_treatments.any(axis=1)).sum())),
        undated_drugs=int((known.any(axis=1) & (approved == 0)).sum()),
        treatments=int(before.sum()),
        later=(int(hidden_treatments.sum()), len(diseases)),
        dated_edges=int((hidden_treatments & ~is_later[:, None]).sum()),
        undated_links=_undated_links(visible, link_tables, is_later),
        figures=figures,
    )


def _standardized(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray((scores - scores.mean()) / (scores.std() or 1.0))


def _without_palliation(adjacency: Adjacency, drugs: NDArray[np.bool_]) -> Adjacency:
    """The graph without what some drugs palliate, which tells of a use as a treatment does."""
    from scipy.sparse import csr_array

    links: dict[Table, Incidence] = {}
    for relation in load_schema().joining("palliation", "Drug", "Disease"):
        table = table_of(relation, "Drug", "Disease")
        if adjacency.has_table(table):
            old = adjacency.incidence(table)
            starts = np.repeat(np.arange(len(old.degrees)), old.degrees)
            rows, columns = starts[~drugs[starts]], old.indices[~drugs[starts]]
            shape = (len(old.degrees), len(old.back_degrees))
            forward = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=shape)
            back = csr_array(forward.T)
            links[table] = Incidence(
                forward.indptr.astype(np.int64),
                forward.indices.astype(np.int32),
                back.indptr.astype(np.int64),
                back.indices.astype(np.int32),
            )
    return adjacency.with_links(links)


def _undated_links(
    visible: Adjacency, link_tables: Sequence[Table], is_later: NDArray[np.bool_]
) -> dict[str, int]:
    """Number of visible links of the later drugs by relation, but for treatments; most first."""
    counts: dict[str, int] = {}
    for table in link_tables:
        if table[1] == "Drug" and table != TREATS:
            count = int(visible.incidence(table).degrees[is_later].sum())
            counts[table[0]] = counts.get(table[0], 0) + count
    return {name: count for name, count in sorted(counts.items(), key=lambda item: -item[1]) if count}


def _figures(
    name: tuple[str, str],
    scores: NDArray[np.float64],
    labels: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    seed: int,
) -> ReplayFigures:
    """Figures of one method among some drugs (`name`), over the diseases with a later treatment.

    All arrays are drugs x diseases.
    """
    columns = np.flatnonzero(labels.any(axis=0))
    ranked = [
        (scores[candidates[:, column], column], labels[candidates[:, column], column]) for column in columns
    ]
    recalls = {k: np.array([_recall(values, truth, k) for values, truth in ranked]) for k in _RECALLED}
    chances = {k: float(np.mean([min(1.0, k / len(truth)) for _, truth in ranked])) for k in _RECALLED}
    aurocs = _auroc(ranked, range(len(ranked)))
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(ranked), (_DRAWS, len(ranked)))
    intervals = {k: np.percentile(values[draws].mean(axis=1), [2.5, 97.5]) for k, values in recalls.items()}
    auroc_draws = np.percentile([_auroc(ranked, draw.tolist()) for draw in draws[:100]], [2.5, 97.5])
    return ReplayFigures(
        method=name[0],
        among=name[1],
        auroc=(aurocs, float(auroc_draws[0]), float(auroc_draws[1])),
        recall_10=(float(recalls[10].mean()), float(intervals[10][0]), float(intervals[10][1])),
        recall_50=(float(recalls[50].mean()), float(intervals[50][0]), float(intervals[50][1])),
        chance_10=chances[10],
        chance_50=chances[50],
    )


_Ranked = Sequence[tuple["NDArray[np.float64]", "NDArray[np.bool_]"]]
"""Scores and labels of each disease's candidates."""


def _recall(scores: NDArray[np.float64], labels: NDArray[np.bool_], k: int) -> float:
    """Share of the labelled candidates among the best k; tied ones share the places that are left."""
    order = np.sort(scores)[::-1]
    threshold = order[min(k, len(order)) - 1]
    above, tied = scores > threshold, scores == threshold
    share = (min(k, len(scores)) - above.sum()) / max(int(tied.sum()), 1)
    return float((labels & above).sum() + share * (labels & tied).sum()) / float(labels.sum())


def _auroc(ranked: _Ranked, columns: Sequence[int] | range) -> float:
    """The area under the ROC curve over the pairs of some diseases together; ties count half."""
    from scipy.stats import rankdata

    scores = np.concatenate([ranked[column][0] for column in columns])
    labels = np.concatenate([ranked[column][1] for column in columns])
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        return float("nan")
    rank_sum = float(rankdata(scores)[labels].sum())
    return (rank_sum - positive * (positive + 1) / 2) / (positive * negative)


def markdown(result: ReplayResult) -> str:
    """The result as a report with two tables."""
    undated = ", ".join(f"{name} {count:,}" for name, count in result.undated_links.items())
    lines = [
        f"as of {result.year}; seed {result.seed}; fitted on {result.treatments:,} treatments",
        f"later: {result.later[0]:,} treatments of {result.later[1]:,} diseases",
        f"{result.drugs[1]:,} treating drugs were approved after {result.year}",
        f"{result.dated_edges:,} later treatments are by drugs of the time, by the edge's own year",
        f"{result.undated_drugs:,} treating drugs have no year of approval and are taken as known",
        f"links of the later drugs without a year, which stay: {undated or 'none'}",
    ]
    for among, title in (("all", "Among all drugs"), ("later", "Among the drugs approved later")):
        rows = [figures for figures in result.figures if figures.among == among]
        if rows:
            chance = f"recall by chance: {rows[0].chance_10:.3f} at 10, {rows[0].chance_50:.3f} at 50"
            lines += ["", f"## {title}", "", chance, "", "| method | AUROC | recall@10 | recall@50 |"]
            lines += ["| --- | --- | --- | --- |"]
            lines += [
                f"| {row.method} | {_cell(row.auroc)} | {_cell(row.recall_10)} | {_cell(row.recall_50)} |"
                for row in rows
            ]
    return "\n".join(lines) + "\n"


def _cell(values: tuple[float, float, float]) -> str:
    return f"{values[0]:.3f} ({values[1]:.3f}-{values[2]:.3f})"
