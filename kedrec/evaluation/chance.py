"""Whether p-values of path counts are what they say: how often each comes up on a graph of chance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.xswap import permuted_graphs, tables_along

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.permutation_null import NullModel

__all__ = ["Calibration", "calibration", "markdown"]

_LIMITS = (0.05, 0.01, 0.001, 1e-4, 1e-5)
_BLOCK = 1 << 26  # counts made at once: 256 MB


@dataclass(frozen=True, slots=True)
class Calibration:
    """How many pairs of one graph have a p-value under a limit.

    Attributes:
        limit: the limit.
        pairs: pairs of a drug and a disease with links to begin and end a path, over all metapaths.
        joined: those with a path.
        expected: share of the pairs that would be under the limit were p exact: the limit itself, or the
            chance of a path at all where that is less.
        fresh: their share on a permuted graph that the null hasn't seen.
        real: their share on the graph itself.
    """

    limit: float
    pairs: int
    joined: int
    expected: float
    fresh: float
    real: float


def calibration(
    adjacency: Adjacency, null: NullModel, *, seed: int = 777, progress: Progress | None = None
) -> list[Calibration]:
    """The shares of small p-values on one more permuted graph, and on the graph itself.

    Args:
        adjacency: the graph that the null was made for.
        null: its null.
        seed: of the fresh graph; another than the null's.
        progress: called as the counting goes on.
    """
    fresh = next(permuted_graphs(adjacency, tables_along(null.paths), seed))
    ends = np.arange(len(adjacency.ids("Drug"))), np.arange(len(adjacency.ids("Disease")))
    wide = max(1, _BLOCK // max(len(null.paths) * len(ends[0]), 1))
    under = np.zeros((2, len(_LIMITS)))
    expected = np.zeros(len(_LIMITS))
    pairs, joined = np.zeros(2), 0
    for which, graph in enumerate((fresh, adjacency)):
        counter, on = PathCounter(graph, null.paths), null.on(graph)
        for begin in range(0, len(ends[1]), wide):
            if progress is not None:
                progress("Checking p-values", which * len(ends[1]) + begin, 2 * len(ends[1]))
            block = ends[1][begin : begin + wide]
            counts = counter.counts(block)
            for place, path in enumerate(null.paths):
                drugs, diseases = (axis.ravel() for axis in np.meshgrid(ends[0], block, indexing="ij"))
                values = counts[place].ravel().astype(np.float64)
                share = on.share(path, drugs, diseases)
                possible, found = share > 0, values > 0  # without paths p is 1
                p = on.p_values(path, drugs[found], diseases[found], values[found])
                under[which] += [(p < limit).sum() for limit in _LIMITS]
                pairs[which] += possible.sum()
                if graph is fresh:
                    joined += int(found.sum())
                    expected += [np.minimum(limit, share[possible]).sum() for limit in _LIMITS]
    return [
        Calibration(
            limit=limit,
            pairs=int(pairs[0]),
            joined=joined,
            expected=float(expected[at] / max(pairs[0], 1)),
            fresh=float(under[0, at] / max(pairs[0], 1)),
            real=float(under[1, at] / max(pairs[1], 1)),
        )
        for at, limit in enumerate(_LIMITS)
    ]


def markdown(rows: Sequence[Calibration]) -> str:
    """The shares as a Markdown table."""
    lines = [
        "| p under | expected by chance | fresh permuted graph | the graph itself |",
        "| ---: | ---: | ---: | ---: |",
    ]
    lines += [f"| {row.limit:g} | {row.expected:.2g} | {row.fresh:.2g} | {row.real:.2g} |" for row in rows]
    return "\n".join(lines) + "\n"
