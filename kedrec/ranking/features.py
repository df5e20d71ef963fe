"""Degree-weighted path counts of every drug and disease, as sparse matrix products.

Himmelstein & Baranzini, PLoS Comput Biol 11:e1004259 (2015): a path's weight is the product, over its
hops, of the degrees at both ends to the power -0.4; the DWPC of a metapath is the sum over the paths
between drug and disease. A path visits no node twice. The pair's own treatment is hidden.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import PLAIN, Adjacency, Progress
from kedrec.stores.templates import Hop, PathTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["DAMPING", "features", "kinds_of", "repeats"]

DAMPING = 0.4
"""The exponent that damps hubs; Himmelstein & Baranzini chose it by cross-validation."""

_BLOCK = 128  # diseases at a time: dense blocks of genes x diseases stay near 20 MB
_RESIDUE = 1e-9  # what is left of a difference that should be zero, relative to its terms

_Suffix = tuple[tuple[Hop, ...], str]
"""The rest of a metapath and the kind it starts from."""


def kinds_of(template: PathTemplate) -> tuple[str, ...]:
    """The kinds a metapath goes through, from Drug to Disease."""
    return ("Drug", *(hop.kind for hop in template.hops))


def repeats(template: PathTemplate) -> list[tuple[int, int]]:
    """The pairs of places of a metapath where one node could stand twice."""
    kinds = kinds_of(template)
    return [
        (first, second)
        for first in range(len(kinds))
        for second in range(first + 1, len(kinds))
        if kinds[first] == kinds[second]
    ]


def features(
    adjacency: Adjacency, templates: Sequence[PathTemplate], progress: Progress | None = None
) -> dict[str, NDArray[Any]]:
    """The DWPC of every template's metapath, between all drugs and diseases.

    Links that only curated mechanisms state are left out (`adjacency.PLAIN`), and a known treatment is
    hidden from its own pair: no path may use it, and the degrees don't count it.

    Returns:
        For the n-th template, compressed by disease: `features/<n>/indptr` (diseases + 1),
        `features/<n>/drugs` and `features/<n>/values` (float32).
    """
    treats = adjacency.incidence(("TREATS", "Drug", "Disease"))
    damped = _Damped(adjacency)
    groups: dict[tuple[str, Hop], list[int]] = {}  # metapaths with the same last hop share their ends
    for place, template in enumerate(templates):
        _check(template)
        groups.setdefault((kinds_of(template)[-2], template.hops[-1]), []).append(place)
    arrays: dict[str, NDArray[Any]] = {}
    for (kind, hop), places in groups.items():
        reached = np.flatnonzero(adjacency.along(hop, kind, PLAIN).back_degrees)
        columns = [_Column(len(treats.back_degrees)) for _ in places]
        for begin in range(0, len(reached), _BLOCK):
            if progress is not None:
                progress("Counting paths", len(arrays) // 3, len(templates))
            diseases = reached[begin : begin + _BLOCK]
            for place, column in zip(places, columns, strict=True):
                block = damped.product((templates[place].hops, "Drug"), diseases)
                _hide_own(block, templates[place], treats, diseases)
                column.add(block, diseases)
        for place, column in zip(places, columns, strict=True):
            arrays.update(column.arrays(f"features/{place}"))
    return arrays


class _Column:
    """One metapath's values, compressed by disease as the blocks come."""

    def __init__(self, diseases: int) -> None:
        self._counts = np.zeros(diseases, np.int64)
        self._drugs = [np.zeros(0, np.int32)]
        self._values = [np.zeros(0, np.float32)]

    def add(self, block: NDArray[np.float64], diseases: NDArray[np.int64]) -> None:
        column, drug = np.nonzero(block.T)
        self._counts[diseases] = np.bincount(column, minlength=len(diseases))
        self._drugs.append(drug.astype(np.int32))
        self._values.append(block[drug, column].astype(np.float32))

    def arrays(self, key: str) -> dict[str, NDArray[Any]]:
        return {
            f"{key}/indptr": np.concatenate([np.zeros(1, np.int64), np.cumsum(self._counts)]),
            f"{key}/drugs": np.concatenate(self._drugs),
            f"{key}/values": np.concatenate(self._values),
        }


class _Damped:
    """Products of degree-damped matrices, each matrix and the shared ends of metapaths made once."""

    def __init__(self, adjacency: Adjacency) -> None:
        self._adjacency = adjacency
        self._matrices: dict[tuple[str, Hop], csr_array[Any]] = {}
        self._columns: NDArray[np.int64] | None = None
        self._products: dict[_Suffix, NDArray[np.float64]] = {}

    def matrix(self, kind: str, hop: Hop) -> csr_array[Any]:
        from scipy.sparse import csr_array

        found = self._matrices.get((kind, hop))
        if found is None:
            links = self._adjacency.along(hop, kind, PLAIN)
            rows, columns = (
                np.power(np.maximum(degrees, 1), -DAMPING) for degrees in (links.degrees, links.back_degrees)
            )
            data = np.repeat(rows, links.degrees) * columns[links.indices]
            shape = (len(rows), len(columns))
            found = self._matrices[kind, hop] = csr_array((data, links.indices, links.indptr), shape=shape)
        return found

    def product(self, suffix: _Suffix, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Summed weights of the paths along `suffix` from every node of its kind to some diseases."""
        if self._columns is None or not np.array_equal(self._columns, columns):
            self._products, self._columns = {}, columns
        (hop, *rest), kind = suffix
        if not rest:
            return self.matrix(kind, hop)[:, columns].toarray()
        result: NDArray[np.float64] = self.matrix(kind, hop) @ self._kept((tuple(rest), hop.kind), columns)
        if rest[0].kind == kind:  # a -> b -> a: take off what comes straight back
            there, back = self.matrix(kind, hop), self.matrix(hop.kind, rest[0])
            returns = there.multiply(back.T.tocsr()).sum(axis=1)
            ends = (
                self._kept((tuple(rest[1:]), kind), columns) if rest[1:] else _identity(len(returns), columns)
            )
            reached = result.copy()
            result -= np.asarray(returns).reshape(-1, 1) * ends
            result[result < _RESIDUE * reached] = 0.0
        return result

    def _kept(self, suffix: _Suffix, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        if (
            self._columns is None
            or not np.array_equal(self._columns, columns)
            or suffix not in self._products
        ):
            product = self.product(suffix, columns)
            self._products[suffix] = product
        return self._products[suffix]


def _identity(length: int, columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """The end of a metapath that has come to its last node: there is one way to stay."""
    identity = np.zeros((length, len(columns)))
    identity[columns, np.arange(len(columns))] = 1.0
    return identity


def _check(template: PathTemplate) -> None:
    """Paths that visit a node twice are taken off exactly as long as no two such detours overlap."""
    detours = [first for first, second in repeats(template) if second - first == 2]
    far = [first for first, second in repeats(template) if second - first > 2]
    if far or any(b - a == 1 for a, b in itertools.pairwise(detours)):
        raise NotImplementedError(f"{template.name}: paths of {template.metapath} can't be counted exactly")


def _hide_own(
    block: NDArray[np.float64],
    template: PathTemplate,
    treats: Any,
    columns: NDArray[np.int64],
) -> None:
    """Recounts treated pairs as if their own treatment weren't there.

    No path of theirs goes through it (it would visit the drug or the disease twice), so only degrees
    change: the drug's where the metapath begins with a treatment, the disease's where it ends with one.
    """
    names = ("TREATS", "Drug", "Disease")
    first, last, before = template.hops[0], template.hops[-1], kinds_of(template)[-2]
    begins = (first.relation, "Drug", first.kind) == names and first.forward
    ends = (last.relation, before, last.kind) == names and last.forward
    for place, column in enumerate(columns.tolist()):
        own = treats.back_indices[treats.back_indptr[column] : treats.back_indptr[column + 1]]
        if begins:
            degrees = treats.degrees[own].astype(float)
            block[own, place] *= np.where(degrees > 1, degrees / np.maximum(degrees - 1, 1), 0.0) ** DAMPING
        if ends:
            degree = len(own)
            block[own, place] *= (degree / (degree - 1)) ** DAMPING if degree > 1 else 0.0
