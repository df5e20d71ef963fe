"""How alike two drugs or two diseases are, told by what they are linked with.

A node's profile along a relation is the row of its links, each weighing the logarithm of how rare its other
end is (tf-idf), of length one; two nodes are as similar as the cosine of their profiles. Genes are also told
by what they take part in. Treatments are no part of a profile: they are what is to be found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.kron_ridge import PairKernel
from kedrec.ranking.metapaths import CARE, hops_from
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores.templates import Hop

__all__ = ["Alike", "Similarity", "care_matrix", "similarities"]

_THROUGH_GENES = frozenset(
    {"BINDS", "ASSOCIATED_WITH"}
)  # what a gene takes part in speaks for its links here
_TAKES_PART = "PARTICIPATES_IN"
_PARTNER = "INTERACTS_WITH"
_ITSELF = 2.0  # what a gene itself weighs beside those it interacts with


_KEPT_NODES = 4000  # of a kind, up to which all its similarities are kept: 64 MB each


@dataclass(frozen=True)
class Similarity:
    """One similarity between the nodes of a kind: the products of the rows of two matrices.

    Attributes:
        name: what it compares, such as `BINDS Gene`.
        left, right: nodes x features; equal but for a direct relation, where `right` is the identity.
    """

    name: str
    left: csr_array[Any]
    right: csr_array[Any]

    def among(self, nodes: NDArray[np.int64]) -> NDArray[np.float32]:
        """Of all nodes with some: nodes x chosen; 0 of a node with itself."""
        if self.left.shape[0] <= _KEPT_NODES:
            return self._all[:, nodes]
        return self._made(nodes)

    @cached_property
    def _all(self) -> NDArray[np.float32]:
        return self._made(np.arange(self.left.shape[0]))

    def _made(self, nodes: NDArray[np.int64]) -> NDArray[np.float32]:
        table: NDArray[np.float32] = (self.left @ self.right[nodes].T).toarray()
        table[nodes, np.arange(len(nodes))] = 0.0
        return table

    def times(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Each node's values of the others, weighed by similarity and summed: like `values`."""
        own = np.asarray(self.left.multiply(self.right).sum(axis=1), np.float32).reshape(-1, 1)
        summed: NDArray[np.float32] = self.left @ (self.right.T.tocsr() @ values)
        return np.maximum(summed - own * values, 0.0)


@dataclass(frozen=True)
class Alike:
    """Every similarity between drugs and between diseases, and the kernel over pairs that they make.

    Treatments are no part of them, but what each weighs in the kernel is learned from the treatments.
    """

    drugs: list[Similarity]
    diseases: list[Similarity]
    kernel: PairKernel

    @classmethod
    def of(cls, adjacency: Adjacency, linked: Sequence[Table], kernel: PairKernel | None = None) -> Alike:
        """The similarities of a graph.

        Args:
            adjacency: the graph.
            linked: the tables that have links.
            kernel: of that graph, where it was kept.
        """
        drugs, diseases = (similarities(adjacency, kind, linked) for kind in ("Drug", "Disease"))
        return cls(
            drugs, diseases, kernel or PairKernel.of(drugs, diseases, care_matrix(adjacency, "TREATS"))
        )


def care_matrix(adjacency: Adjacency, relation: str) -> Any:
    """Which drugs treat or relieve which diseases, 1 or 0: a sparse matrix, drugs x diseases."""
    from scipy.sparse import csr_array

    table = (relation, "Drug", "Disease")
    shape = (len(adjacency.ids("Drug")), len(adjacency.ids("Disease")))
    if not adjacency.has(table):
        return csr_array(shape, dtype=np.float32)
    links = adjacency.incidence(table)
    data = np.ones(len(links.indices), np.float32)
    return csr_array((data, links.indices, links.indptr.astype(np.int32)), shape=shape)


def similarities(adjacency: Adjacency, kind: str, linked: Sequence[Table]) -> list[Similarity]:
    """Every similarity between a kind's nodes, in the order of its relations.

    Args:
        adjacency: the graph.
        kind: Drug or Disease.
        linked: the tables that have links.
    """
    found = []
    for hop in hops_from(kind, linked):
        if hop.relation in CARE:
            continue
        links = _links(adjacency, hop, kind)
        told = _unit(_rare(links))
        found.append(Similarity(f"{hop.relation} {hop.kind}", told, told))
        if hop.kind == kind and load_schema().relations[hop.relation].symmetric:
            found.append(Similarity(hop.relation, links, _identity(links.shape[1])))
        if hop.kind == "Gene" and hop.relation in _THROUGH_GENES:
            found += _through_genes(adjacency, hop, _unit(links), linked)
    return found


def _through_genes(
    adjacency: Adjacency, first: Hop, genes: csr_array[Any], linked: Sequence[Table]
) -> list[Similarity]:
    found = []
    for hop in hops_from("Gene", linked):
        if hop.relation not in (_TAKES_PART, _PARTNER):
            continue
        onward = genes @ _unit(_rare(_links(adjacency, hop, "Gene")))
        if hop.relation == _PARTNER and hop.kind == "Gene":
            onward = onward + _ITSELF * genes
        told = _unit(onward)
        found.append(Similarity(f"{first.relation} Gene {hop.relation} {hop.kind}", told, told))
    return found


def _links(adjacency: Adjacency, hop: Hop, kind: str) -> csr_array[Any]:
    from scipy.sparse import csr_array

    links = adjacency.along(hop, kind, PLAIN)
    data = np.ones(len(links.indices), np.float32)
    shape = (len(links.degrees), len(links.back_degrees))
    return csr_array((data, links.indices, links.indptr.astype(np.int32)), shape=shape)


def _rare(links: csr_array[Any]) -> csr_array[Any]:
    """Each column weighed by the logarithm of how few rows have it."""
    counts = np.bincount(links.indices, minlength=links.shape[1])
    weights = np.log1p(links.shape[0] / np.maximum(counts, 1)).astype(np.float32)
    weighed = links.copy()
    weighed.data = links.data * weights[links.indices]
    return weighed


def _unit(rows: csr_array[Any]) -> csr_array[Any]:
    """Rows of length one; empty ones stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), np.float64)).ravel()
    scale = np.where(lengths > 0, 1 / np.maximum(lengths, 1e-12), 0.0).astype(np.float32)
    unit = rows.tocsr().copy()
    unit.data = (unit.data * np.repeat(scale, np.diff(unit.indptr))).astype(np.float32)
    return unit


def _identity(size: int) -> csr_array[Any]:
    from scipy.sparse import csr_array

    return csr_array((np.ones(size, np.float32), np.arange(size), np.arange(size + 1)), shape=(size, size))
