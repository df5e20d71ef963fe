"""Similarity of two drugs or two diseases by the nodes that they are linked with.

A node's profile along a relation is the row of its links, each weighted by the logarithm of its other end's
rarity (tf-idf), scaled to length one; the similarity of two nodes is the cosine of their profiles. Profiles
through genes also go on to what the genes participate in and interact with. Where the linked nodes are in a
hierarchy, a profile has their ancestors too (two diseases with different tremors share tremor), and where the
nodes themselves are in one, a broader node has the genes of the narrower ones. Another profile is of the
words of the name (see `name_words`). Treatments are no part of a profile: they are what the ranking predicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.hierarchy import ancestors
from kedrec.ranking.metapaths import CARE_RELATIONS, hops_from
from kedrec.ranking.ones_matrix import as_ones, ones_matrix
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.schema import Role
    from kedrec.stores.templates import Hop

__all__ = ["CACHED_NODES", "Similarity", "SimilarityRows", "care_matrix", "similarities"]

_TO_GENES: tuple[Role, ...] = ("target", "disease gene")  # profiles along these are extended from the genes
_AND_ANCESTORS = " and ancestors"
_SELF_WEIGHT = 2.0  # of a gene itself beside those it interacts with
CACHED_NODES = 8000
"""Nodes of a kind, up to which all its similarities are cached: 256 MB each."""


@dataclass(frozen=True)
class Similarity:
    """A similarity between the nodes of a kind: the products of the rows of two matrices.

    Attributes:
        name: the compared links, such as `BINDS Gene`.
        left, right: nodes x features; equal but for a direct relation, where `right` is the identity.
    """

    name: str
    left: csr_array[Any]
    right: csr_array[Any]

    def columns(self, nodes: NDArray[np.int64]) -> NDArray[np.float32]:
        """Similarity of all nodes with some: all nodes x nodes; 0 of a node with itself."""
        if self.left.shape[0] <= CACHED_NODES:
            return self._full_table[:, nodes]
        return self._of_all.columns(nodes)

    @cached_property
    def _full_table(self) -> NDArray[np.float32]:
        return self._of_all.columns(self._of_all.nodes)

    @cached_property
    def _of_all(self) -> SimilarityRows:
        return SimilarityRows(np.arange(self.left.shape[0]), self.left, self.right)

    def rows(self, nodes: NDArray[np.int64]) -> SimilarityRows:
        """The similarity of some nodes (ascending numbers) with any."""
        return SimilarityRows(nodes, self.left[nodes], self.right)

    def weighted_sums(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sums of the other nodes' values, weighted by similarity: the shape of `values`."""
        own = np.asarray(self.left.multiply(self.right).sum(axis=1), np.float32).reshape(-1, 1)
        summed: NDArray[np.float32] = self.left @ (self.right.T.tocsr() @ values)
        return np.maximum(summed - own * values, 0.0)


@dataclass(frozen=True, slots=True)
class SimilarityRows:
    """A similarity of some nodes with any node of the kind.

    Attributes:
        nodes: numbers of the nodes, ascending.
        left: nodes x features.
        right: all nodes x features.
    """

    nodes: NDArray[np.int64]
    left: csr_array[Any]
    right: csr_array[Any]

    def columns(self, others: NDArray[np.int64]) -> NDArray[np.float32]:
        """Similarity with some other nodes: nodes x others; 0 of a node with itself."""
        table: NDArray[np.float32] = (self.left @ self.right[others].T).toarray()
        if len(self.nodes):
            positions = np.minimum(np.searchsorted(self.nodes, others), len(self.nodes) - 1)
            same = np.flatnonzero(self.nodes[positions] == others)
            table[positions[same], same] = 0.0
        return table


def care_matrix(adjacency: Adjacency, relation: str) -> Any:
    """Treatments or palliations as a sparse matrix of 1 and 0: drugs x diseases."""
    from scipy.sparse import csr_array

    table = (relation, "Drug", "Disease")
    shape = (len(adjacency.ids("Drug")), len(adjacency.ids("Disease")))
    if not adjacency.has_table(table):
        return csr_array(shape, dtype=np.float32)
    links = adjacency.incidence(table)
    return ones_matrix(links.indptr, links.indices, shape[1])


def similarities(adjacency: Adjacency, kind: str, tables: Sequence[Table]) -> list[Similarity]:
    """All similarities between a kind's nodes, in the order of its relations.

    Args:
        adjacency: the graph.
        kind: Drug or Disease.
        tables: the tables that have links.
    """
    measures: list[Similarity] = []
    above = ancestors(adjacency, kind, tables)
    if above is not None:
        measures.append(_similarity(f"{kind}{_AND_ANCESTORS}", _by_information(above)))
    for hop in hops_from(kind, tables):
        if hop.relation in CARE_RELATIONS:
            continue
        role = load_schema().relations[hop.relation].role
        if role == "hierarchy" and hop.kind == kind:
            continue
        links = _links(adjacency, hop, kind)
        broader = ancestors(adjacency, hop.kind, tables) if hop.kind != kind else None
        if broader is None:
            profiles = _unit_rows(_weighted_by_rarity(links))
            measures.append(_similarity(f"{hop.relation} {hop.kind}", profiles))
        else:
            profiles = _by_information(as_ones(links @ broader))
            measures.append(_similarity(f"{hop.relation} {hop.kind}{_AND_ANCESTORS}", profiles))
        if hop.kind == kind and load_schema().relations[hop.relation].symmetric:
            measures.append(Similarity(hop.relation, links, _identity(links.shape[1])))
        if hop.kind == "Gene" and role in _TO_GENES:
            if above is not None:
                links = as_ones(above.T.tocsr() @ links)
                name = f"{hop.relation} {hop.kind} of narrower ones"
                measures.append(_similarity(name, _unit_rows(_weighted_by_rarity(links))))
            measures += _similarities_through_genes(adjacency, hop, _unit_rows(links), tables)
    parts = adjacency.name_parts(kind)
    if parts is not None:
        indptr, indices = parts
        names = ones_matrix(indptr, indices, int(indices.max()) + 1)
        measures.append(_similarity("names", _unit_rows(_weighted_by_rarity(names))))
    return measures


def _similarity(name: str, profiles: csr_array[Any]) -> Similarity:
    return Similarity(name, profiles, profiles)


def _similarities_through_genes(
    adjacency: Adjacency, first: Hop, genes: csr_array[Any], tables: Sequence[Table]
) -> list[Similarity]:
    """Similarities along a relation to genes, extended by the genes' participations and interactions."""
    measures = []
    for hop in hops_from("Gene", tables):
        role = load_schema().relations[hop.relation].role
        if role not in {"participation", "interaction"}:
            continue
        extended = genes @ _unit_rows(_weighted_by_rarity(_links(adjacency, hop, "Gene")))
        if role == "interaction" and hop.kind == "Gene":
            extended = extended + _SELF_WEIGHT * genes
        name = f"{first.relation} Gene {hop.relation} {hop.kind}"
        measures.append(_similarity(name, _unit_rows(extended)))
    return measures


def _links(adjacency: Adjacency, hop: Hop, kind: str) -> csr_array[Any]:
    links = adjacency.hop_incidence(hop, kind, PLAIN)
    return ones_matrix(links.indptr, links.indices, len(links.back_degrees))


def _weighted_by_rarity(links: csr_array[Any]) -> csr_array[Any]:
    """The links with each column weighted by log(1 + rows / links of the column)."""
    counts = np.bincount(links.indices, minlength=links.shape[1])
    weights = np.log1p(links.shape[0] / np.maximum(counts, 1)).astype(np.float32)
    weighted = links.copy()
    weighted.data = links.data * weights[links.indices]
    return weighted


def _by_information(links: csr_array[Any]) -> csr_array[Any]:
    """Rows of unit length, each column weighted by its information: -log of the share of rows that have it.

    What all rows have, such as the top of a hierarchy, weighs nothing.
    """
    counts = np.bincount(links.indices, minlength=links.shape[1])
    rows = max(int(np.count_nonzero(np.diff(links.indptr))), 1)
    weights = np.log(rows / np.maximum(counts, 1)).astype(np.float32)
    weighted = links.copy()
    weighted.data = weights[links.indices]
    return _unit_rows(weighted)


def _unit_rows(rows: csr_array[Any]) -> csr_array[Any]:
    """The rows scaled to length one; empty ones stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), np.float64)).ravel()
    scale = np.where(lengths > 0, 1 / np.maximum(lengths, 1e-12), 0.0).astype(np.float32)
    unit = rows.tocsr().copy()
    unit.data = (unit.data * np.repeat(scale, np.diff(unit.indptr))).astype(np.float32)
    return unit


def _identity(size: int) -> csr_array[Any]:
    from scipy.sparse import csr_array

    return csr_array((np.ones(size, np.float32), np.arange(size), np.arange(size + 1)), shape=(size, size))
