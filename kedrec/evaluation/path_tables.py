"""Figures of mechanism recall (`kedrec evaluate paths`), and their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["DEPTHS", "Figure", "MechanismParts", "Quality", "figure", "markdown"]

DEPTHS = (1, 10, 50)
"""Ranks down to which a match counts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over indications, with its 95 % interval (bootstrap over indications)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Rank of the curated mechanism among a pair's paths.

    Attributes:
        setting, definition, method: what is hidden, the definition of a match, the ranking method.
        indications: number whose drug and disease have a visible link.
        reachable: number of those with a matching path in the graph.
        hits: depth -> share of the reachable ones with a match among the `depth` best paths.
        mrr: mean reciprocal rank of the best match, over the reachable ones.
        hits_of_all: depth -> the same share over all indications.
    """

    setting: str
    definition: str
    method: str
    indications: int
    reachable: int
    hits: dict[int, Figure]
    mrr: Figure
    hits_of_all: dict[int, Figure]


@dataclass(frozen=True, slots=True)
class MechanismParts:
    """Parts of the curated mechanism on the ten best paths; never the headline.

    Attributes:
        setting, method: what is hidden, the ranking method.
        target: share of indications with a curated target gene on one of the paths, over `targets`, the
            indications whose mechanism has a gene that the drug acts on.
        parts: mean share of the curated genes and processes that are on the paths, over `indications`.
    """

    setting: str
    method: str
    target: Figure
    targets: int
    parts: Figure
    indications: int


def figure(values: NDArray[np.float64], mask: NDArray[np.bool_], draws: NDArray[np.int64]) -> Figure:
    """Mean of the masked values, with its interval over the draws (resamples x indications)."""
    if not mask.any():
        return Figure(0.0, 0.0, 0.0)
    sums, sizes = (values * mask)[draws].sum(axis=1), mask[draws].sum(axis=1)
    low, high = np.quantile(sums / np.maximum(sizes, 1), [0.025, 0.975])
    return Figure(float(values[mask].mean()), float(low), float(high))


def markdown(qualities: Sequence[Quality], parts: Sequence[MechanismParts]) -> str:
    """The figures as two Markdown tables."""
    lines = [
        "| hidden | match | method | reachable | Hit@1 | Hit@10 | Hit@50 | MRR | of all | Hit@10 of all |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for quality in qualities:
        figures = [*(quality.hits[depth] for depth in DEPTHS), quality.mrr]
        cells = [_cell(figure) if quality.reachable else "-" for figure in figures]
        lines.append(
            f"| {quality.setting} | {quality.definition} | {quality.method} | {quality.reachable:,} "
            f"| {' | '.join(cells)} | {quality.indications:,} | {_cell(quality.hits_of_all[10])} |"
        )
    lines += [
        "",
        "| hidden | method | with a target | target in best 10 | indications | genes, processes in best 10 |",
        "|---|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row.setting} | {row.method} | {row.targets:,} | {_cell(row.target)} | {row.indications:,} "
        f"| {_cell(row.parts)} |"
        for row in parts
    ]
    return "\n".join(lines) + "\n"


def _cell(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})"
