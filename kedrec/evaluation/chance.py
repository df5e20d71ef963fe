"""Calibration of the path counts' p-values: the share of small ones on a permuted graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.xswap import metapath_tables, permuted_graphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.permutation_null import NullModel

__all__ = ["Calibration", "calibration", "markdown"]

_THRESHOLDS = (0.05, 0.01, 0.001, 1e-4, 1e-5)
_BLOCK = 1 << 26  # counts in memory at once: 256 MB


@dataclass(frozen=True, slots=True)
class Calibration:
    """Shares of pairs with a p-value under one limit.

    Attributes:
        limit: the limit.
        pairs: pairs of a drug and a disease with links to begin and end a path, over all metapaths.
        joined: those with a path.
        expected: share of the pairs that would be under the limit were p exact: the limit itself, or the
            chance of a path at all where that is less.
        fresh: observed share on a permuted graph that the null model was not estimated from.
        real: observed share on the graph itself.
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
    """Measures the shares of small p-values on one more permuted graph and on the graph itself.

    Args:
        adjacency: the graph of the null model.
        null: the null model.
        seed: of the fresh graph; different from the null model's.
        progress: called block by block.
    """
    fresh = next(permuted_graphs(adjacency, metapath_tables(null.paths), seed))
    ends = np.arange(len(adjacency.ids("Drug"))), np.arange(len(adjacency.ids("Disease")))
    block_size = max(1, _BLOCK // max(len(null.paths) * len(ends[0]), 1))
    under = np.zeros((2, len(_THRESHOLDS)))
    expected = np.zeros(len(_THRESHOLDS))
    pairs, linked_pairs = np.zeros(2), 0
    for graph_number, graph in enumerate((fresh, adjacency)):
        counter, graph_null = PathCounter(graph, null.paths), null.with_adjacency(graph)
        for start in range(0, len(ends[1]), block_size):
            if progress is not None:
                progress("Checking p-values", graph_number * len(ends[1]) + start, 2 * len(ends[1]))
            block = ends[1][start : start + block_size]
            counts = counter.counts(block)
            for path_number, path in enumerate(null.paths):
                drugs, diseases = (axis.ravel() for axis in np.meshgrid(ends[0], block, indexing="ij"))
                values = counts[path_number].ravel().astype(np.float64)
                share = graph_null.linked_share(path, drugs, diseases)
                possible, linked = share > 0, values > 0  # without paths p is 1
                p = graph_null.p_values(path, drugs[linked], diseases[linked], values[linked])
                under[graph_number] += [(p < limit).sum() for limit in _THRESHOLDS]
                pairs[graph_number] += possible.sum()
                if graph is fresh:
                    linked_pairs += int(linked.sum())
                    expected += [np.minimum(limit, share[possible]).sum() for limit in _THRESHOLDS]
    return [
        Calibration(
            limit=limit,
            pairs=int(pairs[0]),
            joined=linked_pairs,
            expected=float(expected[row] / max(pairs[0], 1)),
            fresh=float(under[0, row] / max(pairs[0], 1)),
            real=float(under[1, row] / max(pairs[1], 1)),
        )
        for row, limit in enumerate(_THRESHOLDS)
    ]


def markdown(rows: Sequence[Calibration]) -> str:
    """The shares as a Markdown table."""
    lines = [
        "| p under | expected by chance | fresh permuted graph | the graph itself |",
        "| ---: | ---: | ---: | ---: |",
    ]
    lines += [f"| {row.limit:g} | {row.expected:.2g} | {row.fresh:.2g} | {row.real:.2g} |" for row in rows]
    return "\n".join(lines) + "\n"
