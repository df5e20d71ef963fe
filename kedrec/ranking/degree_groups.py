"""Path counts on permuted graphs, added up by the degrees of the pairs' ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import CARE, kinds_along
from kedrec.ranking.xswap import ATTEMPTS, permuted_graphs, tables_along

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.metapaths import Metapath

__all__ = ["SCALE", "Ends", "Window", "grouped_counts", "transformed", "window_near"]

SCALE = 10.0
"""How many times its mean over all pairs of the real graph a count is divided by, before its arcsinh.

Himmelstein et al. 2023 take one; on permuted graphs the gamma's tail fits better with ten (docs/bias.md)."""

_BLOCK = 1 << 26  # counts made at once: 256 MB

_WIDTHS = (0.0, 0.05, 0.1, 0.2, 0.4)  # of the window over degrees, as a natural logarithm of their ratio
_LINKED, _PAIRS = 200, 50_000  # a window is wide enough where it holds so many linked pairs, or pairs at all

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """Figures of permuted pairs whose degrees are near some degrees; one entry a pair asked for.

    Attributes:
        n, linked: pairs, and those of them with any path.
        sums, squares: of the transformed counts.
        raw: sum of the counts as they are.
    """

    n: _Floats
    linked: _Floats
    sums: _Floats
    squares: _Floats
    raw: _Floats


@dataclass(frozen=True, slots=True)
class Ends:
    """The degrees that a metapath's ends are matched by.

    Attributes:
        drugs: every drug's links along the first hop.
        diseases: every disease's links along the last.
        care: the treatment-type tables that the first and the last hop go along from the pair's own ends.
    """

    drugs: NDArray[np.int64]
    diseases: NDArray[np.int64]
    care: tuple[Table | None, Table | None]

    @classmethod
    def of(cls, adjacency: Adjacency, path: Metapath) -> Ends:
        """The ends of a metapath in a graph; permuting leaves them as they are."""
        first, last, before = path[0], path[-1], kinds_along(path)[-2]
        leads = first.relation in CARE and first.forward and first.kind == "Disease"
        closes = last.relation in CARE and last.forward and before == "Drug"
        return cls(
            adjacency.along(first, "Drug", PLAIN).degrees,
            adjacency.along(last, before, PLAIN).back_degrees,
            (
                (first.relation, "Drug", "Disease") if leads else None,
                (last.relation, "Drug", "Disease") if closes else None,
            ),
        )

    def own(
        self, adjacency: Adjacency, drugs: NDArray[np.int64], diseases: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """1 where a pair's own care is among the links of its drug, of its disease; 0 elsewhere."""
        found = []
        for table in self.care:
            own = np.zeros(len(drugs), np.int64)
            if table is not None:
                wide = len(self.diseases)
                own[np.isin(drugs * wide + diseases, _links(adjacency, table))] = 1
            found.append(own)
        return found[0], found[1]


def _links(adjacency: Adjacency, table: Table) -> NDArray[np.int64]:
    """A table's links, each as one number."""
    links = adjacency.incidence(table)
    starts = np.repeat(np.arange(len(links.degrees)), links.degrees)
    return starts * len(links.back_degrees) + links.indices


def transformed(dwpcs: NDArray[Any], scale: float) -> _Floats:
    """A DWPC as its distribution is described: the arcsinh of how many times `scale` it is."""
    values: _Floats = np.arcsinh(np.asarray(dwpcs, np.float64) / scale)
    return values


def grouped_counts(
    adjacency: Adjacency,
    paths: Sequence[Metapath],
    permutations: int,
    seed: int,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> dict[str, NDArray[Any]]:
    """The figures of every metapath's groups over permuted graphs."""
    ends = [Ends.of(adjacency, path) for path in paths]
    reached = np.zeros(len(adjacency.ids("Disease")), bool)
    for end in ends:
        reached |= end.diseases > 0
    diseases = np.flatnonzero(reached).astype(np.int64)
    wide = max(1, _BLOCK // max(len(paths) * len(adjacency.ids("Drug")), 1))
    blocks = [diseases[begin : begin + wide] for begin in range(0, len(diseases), wide)]
    means = np.zeros(len(paths))
    counter = PathCounter(adjacency, paths)
    for block in blocks:
        means += counter.counts(block).sum(axis=(1, 2), dtype=np.float64)
    pairs = len(adjacency.ids("Drug")) * len(adjacency.ids("Disease"))
    groups = [
        _Groups(end, SCALE * mean / pairs if mean else 1.0)
        for end, mean in zip(ends, means.tolist(), strict=True)
    ]
    graphs = permuted_graphs(adjacency, tables_along(paths), seed, ATTEMPTS, threads)
    with ThreadPoolExecutor(1) as pool:  # the next graph is permuted while one is counted
        coming = pool.submit(next, graphs)
        for done in range(permutations):
            if progress is not None:
                progress("Counting on permuted graphs", done, permutations)
            graph = coming.result()
            if done + 1 < permutations:
                coming = pool.submit(next, graphs)
            counter = PathCounter(graph, paths)
            for block in blocks:
                counts = counter.counts(block)
                for group, values in zip(groups, counts, strict=True):
                    group.add(graph, block, values)
    return {
        f"{place}/{name}": array
        for place, group in enumerate(groups)
        for name, array in group.arrays().items()
    }


def window_near(arrays: Arrays, place: int, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> Window:
    """The permuted pairs of degrees like some pairs', the window as wide as it has to be.

    Args:
        arrays: as `grouped_counts` makes them.
        place: the metapath's.
        drugs, diseases: the degrees of each pair's ends.
    """
    near, near_place = np.unique(drugs, return_inverse=True)
    far, far_place = np.unique(diseases, return_inverse=True)
    groups = arrays[f"{place}/drug_degrees"], arrays[f"{place}/disease_degrees"]
    figures = [arrays[f"{place}/{name}"] for name in ("n", "linked", "sums", "squares", "raw")]
    found = np.zeros((len(figures), len(near), len(far)))
    few = np.ones((len(near), len(far)), bool)
    for width in _WIDTHS:
        weights = _weights(near, groups[0], width), _weights(far, groups[1], width)
        wider = np.stack([weights[0] @ figure @ weights[1].T for figure in figures])
        found[:, few] = wider[:, few]
        few = (found[1] < _LINKED) & (found[0] < _PAIRS)
        if not few.any():
            break
    return Window(*(figure[near_place, far_place] for figure in found))


def _weights(asked: NDArray[np.int64], groups: NDArray[np.int64], width: float) -> _Floats:
    """How much each group of equal degrees counts for each degree asked: asked x groups."""
    if not width:
        same: _Floats = np.equal.outer(asked, groups).astype(np.float64)
        return same
    with np.errstate(divide="ignore"):
        apart = np.log(asked)[:, None] - np.log(groups)[None, :]  # groups are of 1 at least
    weights: _Floats = np.exp(-0.5 * (apart / width) ** 2)
    return weights


class _Groups:
    """Adds up the counts of one metapath by the degrees of the pairs' ends."""

    def __init__(self, ends: Ends, scale: float) -> None:
        self._ends, self._scale = ends, scale
        self._drug_degrees, self._drug_groups = np.unique(ends.drugs, return_inverse=True)
        self._disease_degrees, self._disease_groups = np.unique(ends.diseases, return_inverse=True)
        self._shape = len(self._drug_degrees), len(self._disease_degrees)
        self._drugs = np.bincount(self._drug_groups, minlength=self._shape[0])
        self._n, self._linked, self._sums, self._squares, self._raw = np.zeros((5, *self._shape))

    def add(self, graph: Adjacency, diseases: NDArray[np.int64], counts: NDArray[np.float32]) -> None:
        """Counts of one permuted graph: drugs x diseases. Pairs of own care are left out."""
        seen = np.bincount(self._disease_groups[diseases], minlength=self._shape[1])
        self._n += self._drugs[:, None] * seen[None, :]
        own = self._own(graph, diseases)
        if own is not None:
            hidden, hiding = np.nonzero(own)
            self._n -= self._added(hidden, hiding, diseases)
            counts = np.where(own, np.float32(0), counts)
        rows, columns = np.nonzero(counts)
        raw = counts[rows, columns].astype(np.float64)
        values = transformed(raw, self._scale)
        self._linked += self._added(rows, columns, diseases)
        self._sums += self._added(rows, columns, diseases, values)
        self._squares += self._added(rows, columns, diseases, values**2)
        self._raw += self._added(rows, columns, diseases, raw)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The figures, without the groups of no links."""
        rows, columns = self._drug_degrees > 0, self._disease_degrees > 0
        figures = {
            "n": self._n,
            "linked": self._linked,
            "sums": self._sums,
            "squares": self._squares,
            "raw": self._raw,
        }
        return {
            "scale": np.array([self._scale]),
            "drug_degrees": self._drug_degrees[rows],
            "disease_degrees": self._disease_degrees[columns],
            **{name: np.ascontiguousarray(figure[rows][:, columns]) for name, figure in figures.items()},
        }

    def _added(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        diseases: NDArray[np.int64],
        weights: _Floats | None = None,
    ) -> _Floats:
        cells = self._drug_groups[rows] * self._shape[1] + self._disease_groups[diseases[columns]]
        size = self._shape[0] * self._shape[1]
        found: _Floats = np.bincount(cells, weights, minlength=size).astype(np.float64)
        return found.reshape(self._shape)

    def _own(self, graph: Adjacency, diseases: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Which pairs have care of their own that the metapath goes along: drugs x diseases."""
        tables = {table for table in self._ends.care if table is not None}
        if not tables:
            return None
        found = np.zeros((len(self._ends.drugs), len(self._ends.diseases)), bool)
        for table in tables:
            found.reshape(-1)[_links(graph, table)] = True
        return found[:, diseases]
