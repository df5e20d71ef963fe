"""The figures of `paths`, and the tables that show them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["DEPTHS", "Figure", "Found", "Quality", "as_dicts", "figure", "markdown"]

DEPTHS = (1, 10, 50)
"""How many best paths are looked at."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over indications, with its 95 % interval (bootstrap over indications)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How high the curated mechanism stands among a pair's paths.

    Attributes:
        setting, definition, method: what was hidden, what is a match, who ranked.
        indications: those whose drug and disease the graph knows without what is hidden.
        reachable: those of them for which some path of the graph matches.
        hits: depth -> share of the reachable ones with a match among so many best paths.
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
class Found:
    """What parts of the curated mechanism are on the ten best paths; never the headline.

    Attributes:
        setting, method: what was hidden, who ranked.
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


def figure(values: NDArray[np.float64], counted: NDArray[np.bool_], draws: NDArray[np.int64]) -> Figure:
    """The mean of what is counted, and its interval over the draws."""
    if not counted.any():
        return Figure(0.0, 0.0, 0.0)
    sums, sizes = (values * counted)[draws].sum(axis=1), counted[draws].sum(axis=1)
    low, high = np.quantile(sums / np.maximum(sizes, 1), [0.025, 0.975])
    return Figure(float(values[counted].mean()), float(low), float(high))


def markdown(qualities: Sequence[Quality], found: Sequence[Found]) -> str:
    """The figures as tables."""
    lines = [
        "| hidden | match | method | reachable | Hit@1 | Hit@10 | Hit@50 | MRR | of all | Hit@10 of all |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in qualities:
        figures = [*(one.hits[depth] for depth in DEPTHS), one.mrr]
        cells = [_cell(one_figure) if one.reachable else "-" for one_figure in figures]
        lines.append(
            f"| {one.setting} | {one.definition} | {one.method} | {one.reachable:,} | {' | '.join(cells)} "
            f"| {one.indications:,} | {_cell(one.hits_of_all[10])} |"
        )
    lines += [
        "",
        "| hidden | method | with a target | target in best 10 | indications | genes, processes in best 10 |",
        "|---|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.setting} | {one.method} | {one.targets:,} | {_cell(one.target)} | {one.indications:,} "
        f"| {_cell(one.parts)} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def _cell(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})"


def as_dicts(qualities: Sequence[Quality], found: Sequence[Found]) -> dict[str, list[dict[str, Any]]]:
    """The figures as plain data."""
    return {"matches": [asdict(one) for one in qualities], "parts": [asdict(one) for one in found]}
