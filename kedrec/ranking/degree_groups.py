"""Statistics of path counts on permuted graphs, grouped by the degrees of the pairs' ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import CARE_RELATIONS
from kedrec.ranking.xswap import ATTEMPTS, metapath_tables, permuted_graphs
from kedrec.stores.templates import metapath_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.metapaths import Metapath

__all__ = ["SCALE", "Ends", "Window", "grouped_counts", "transform_dwpc", "window_near"]

SCALE = 10.0
"""Before its arcsinh a count is divided by this multiple of its mean over all pairs of the real graph.

Himmelstein et al. 2023 use 1; on permuted graphs the gamma's tail fits better with ten (docs/bias.md)."""

_BLOCK_VALUES = 1 << 26  # counts computed at once: 256 MB

_WIDTHS = (0.0, 0.05, 0.1, 0.2, 0.4)  # of the window over degrees: natural logarithms of their ratio
_MIN_LINKED, _MIN_PAIRS = (
    200,
    50_000,
)  # a window is wide enough with so many linked pairs, or so many pairs in all

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """Statistics of permuted pairs with degrees near those of some pairs; one entry for each of these.

    Attributes:
        n, linked: number of pairs, and of those with any path.
        sums, squares: sums of the transformed counts and of their squares.
        raw: sum of the untransformed counts.
    """

    n: _Floats
    linked: _Floats
    sums: _Floats
    squares: _Floats
    raw: _Floats


@dataclass(frozen=True, slots=True)
class Ends:
    """The degrees by which pairs are grouped for a metapath.

    Attributes:
        drugs: number of each drug's links along the first hop.
        diseases: number of each disease's links along the last.
        care: the tables of treatment or palliation that the first and the last hop follow from the pair's own
            ends; None where a hop follows none.
    """

    drugs: NDArray[np.int64]
    diseases: NDArray[np.int64]
    care: tuple[Table | None, Table | None]

    @classmethod
    def of(cls, adjacency: Adjacency, path: Metapath) -> Ends:
        """The degrees of a metapath's ends in a graph; permuting the graph doesn't change them."""
        first, last, last_kind = path[0], path[-1], metapath_kinds(path)[-2]
        starts_with_care = first.relation in CARE_RELATIONS and first.forward and first.kind == "Disease"
        ends_with_care = last.relation in CARE_RELATIONS and last.forward and last_kind == "Drug"
        return cls(
            adjacency.hop_incidence(first, "Drug", PLAIN).degrees,
            adjacency.hop_incidence(last, last_kind, PLAIN).back_degrees,
            (
                (first.relation, "Drug", "Disease") if starts_with_care else None,
                (last.relation, "Drug", "Disease") if ends_with_care else None,
            ),
        )

    def own(
        self, adjacency: Adjacency, drugs: NDArray[np.int64], diseases: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Own treatments or palliations among the links of each pair's drug and disease: 1 or 0."""
        own_links = []
        for table in self.care:
            own = np.zeros(len(drugs), np.int64)
            if table is not None:
                width = len(self.diseases)
                own[np.isin(drugs * width + diseases, _link_keys(adjacency, table))] = 1
            own_links.append(own)
        return own_links[0], own_links[1]


def _link_keys(adjacency: Adjacency, table: Table) -> NDArray[np.int64]:
    """A table's links, each as the number `start * ends + end`."""
    links = adjacency.incidence(table)
    starts = np.repeat(np.arange(len(links.degrees)), links.degrees)
    return starts * len(links.back_degrees) + links.indices


def transform_dwpc(dwpcs: NDArray[Any], scale: float) -> _Floats:
    """Transforms a DWPC for the gamma distribution: arcsinh(dwpc / scale)."""
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
    """Collects the statistics of every metapath by groups of degrees, over permuted graphs.

    Args:
        adjacency: the graph.
        paths: the metapaths.
        permutations: number of graphs to permute.
        seed: of the permutations.
        threads: relations permuted at once, at most.
        progress: called with the graphs done.

    Returns:
        Arrays by `index/name`: the index of the metapath, and a name as in `_Groups.arrays`.
    """
    ends = [Ends.of(adjacency, path) for path in paths]
    reached = np.zeros(len(adjacency.ids("Disease")), bool)
    for end in ends:
        reached |= end.diseases > 0
    diseases = np.flatnonzero(reached).astype(np.int64)
    width = max(1, _BLOCK_VALUES // max(len(paths) * len(adjacency.ids("Drug")), 1))
    blocks = [diseases[begin : begin + width] for begin in range(0, len(diseases), width)]
    means = np.zeros(len(paths))
    counter = PathCounter(adjacency, paths)
    for block in blocks:
        means += counter.counts(block).sum(axis=(1, 2), dtype=np.float64)
    pairs = len(adjacency.ids("Drug")) * len(adjacency.ids("Disease"))
    groups = [
        _Groups(end, SCALE * mean / pairs if mean else 1.0)
        for end, mean in zip(ends, means.tolist(), strict=True)
    ]
    graphs = permuted_graphs(adjacency, metapath_tables(paths), seed, ATTEMPTS, threads)
    with ThreadPoolExecutor(1) as pool:  # the next graph is permuted while one is counted
        next_graph = pool.submit(next, graphs)
        for done in range(permutations):
            if progress is not None:
                progress("Counting on permuted graphs", done, permutations)
            graph = next_graph.result()
            if done + 1 < permutations:
                next_graph = pool.submit(next, graphs)
            counter = PathCounter(graph, paths)
            for block in blocks:
                counts = counter.counts(block)
                for group, values in zip(groups, counts, strict=True):
                    group.add(graph, block, values)
    return {
        f"{index}/{name}": array
        for index, group in enumerate(groups)
        for name, array in group.arrays().items()
    }


def window_near(arrays: Arrays, index: int, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> Window:
    """Statistics of permuted pairs with degrees like some pairs', in the narrowest sufficient window.

    Args:
        arrays: as `grouped_counts` returns them.
        index: of the metapath.
        drugs, diseases: the degrees of each pair's ends.
    """
    drug_degrees, drug_index = np.unique(drugs, return_inverse=True)
    disease_degrees, disease_index = np.unique(diseases, return_inverse=True)
    groups = arrays[f"{index}/drug_degrees"], arrays[f"{index}/disease_degrees"]
    tables = [arrays[f"{index}/{name}"] for name in ("n", "linked", "sums", "squares", "raw")]
    sums = np.zeros((len(tables), len(drug_degrees), len(disease_degrees)))
    too_few = np.ones((len(drug_degrees), len(disease_degrees)), bool)
    for width in _WIDTHS:
        weights = _weights(drug_degrees, groups[0], width), _weights(disease_degrees, groups[1], width)
        windowed = np.stack([weights[0] @ table @ weights[1].T for table in tables])
        sums[:, too_few] = windowed[:, too_few]
        too_few = (sums[1] < _MIN_LINKED) & (sums[0] < _MIN_PAIRS)
        if not too_few.any():
            break
    return Window(*(table[drug_index, disease_index] for table in sums))


def _weights(degrees: NDArray[np.int64], groups: NDArray[np.int64], width: float) -> _Floats:
    """The weight of each group of equal degrees for each of some degrees: degrees x groups."""
    if not width:
        equal: _Floats = np.equal.outer(degrees, groups).astype(np.float64)
        return equal
    with np.errstate(divide="ignore"):
        log_ratio = np.log(degrees)[:, None] - np.log(groups)[None, :]  # groups are of 1 at least
    weights: _Floats = np.exp(-0.5 * (log_ratio / width) ** 2)
    return weights


class _Groups:
    """Sums of one metapath's counts by the degrees of the pairs' ends."""

    def __init__(self, ends: Ends, scale: float) -> None:
        self._ends, self._scale = ends, scale
        self._drug_degrees, self._drug_groups = np.unique(ends.drugs, return_inverse=True)
        self._disease_degrees, self._disease_groups = np.unique(ends.diseases, return_inverse=True)
        self._shape = len(self._drug_degrees), len(self._disease_degrees)
        self._drugs = np.bincount(self._drug_groups, minlength=self._shape[0])
        self._n, self._linked, self._sums, self._squares, self._raw = np.zeros((5, *self._shape))

    def add(self, graph: Adjacency, diseases: NDArray[np.int64], counts: NDArray[np.float32]) -> None:
        """Adds the counts of one permuted graph (drugs x diseases) but those of pairs with own care."""
        diseases_by_group = np.bincount(self._disease_groups[diseases], minlength=self._shape[1])
        self._n += self._drugs[:, None] * diseases_by_group[None, :]
        own = self._own(graph, diseases)
        if own is not None:
            own_drugs, own_diseases = np.nonzero(own)
            self._n -= self._group_sums(own_drugs, own_diseases, diseases)
            counts = np.where(own, np.float32(0), counts)
        rows, columns = np.nonzero(counts)
        raw = counts[rows, columns].astype(np.float64)
        values = transform_dwpc(raw, self._scale)
        self._linked += self._group_sums(rows, columns, diseases)
        self._sums += self._group_sums(rows, columns, diseases, values)
        self._squares += self._group_sums(rows, columns, diseases, values**2)
        self._raw += self._group_sums(rows, columns, diseases, raw)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The statistics by name, without the groups of degree 0."""
        rows, columns = self._drug_degrees > 0, self._disease_degrees > 0
        tables = {
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
            **{name: np.ascontiguousarray(table[rows][:, columns]) for name, table in tables.items()},
        }

    def _group_sums(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        diseases: NDArray[np.int64],
        weights: _Floats | None = None,
    ) -> _Floats:
        """The number of some pairs, or the sum of their weights, by drug group x disease group."""
        cells = self._drug_groups[rows] * self._shape[1] + self._disease_groups[diseases[columns]]
        size = self._shape[0] * self._shape[1]
        sums: _Floats = np.bincount(cells, weights, minlength=size).astype(np.float64)
        return sums.reshape(self._shape)

    def _own(self, graph: Adjacency, diseases: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Mask of pairs with own care that the metapath follows (drugs x diseases); None: it follows none."""
        tables = {table for table in self._ends.care if table is not None}
        if not tables:
            return None
        mask = np.zeros((len(self._ends.drugs), len(self._ends.diseases)), bool)
        for table in tables:
            mask.reshape(-1)[_link_keys(graph, table)] = True
        return mask[:, diseases]
