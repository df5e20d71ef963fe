"""Degree-weighted path counts (DWPC) of every metapath, for all drugs and a block of diseases at once.

The DWPC of Himmelstein et al. 2017 (doi:10.7554/eLife.26726): each path weighs the product of its links'
degrees at both ends to the power -0.4; no path visits a node twice. Metapaths with a common suffix share the
work: counted backwards from the diseases, each suffix is one sparse matrix times one dense block.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.metapaths import CARE_RELATIONS
from kedrec.stores.templates import metapath_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.adjacency import Adjacency, Incidence
    from kedrec.ranking.metapaths import Metapath
    from kedrec.stores.templates import Hop

__all__ = ["DAMPING", "PathCounter"]

DAMPING = 0.4
"""Exponent of the degrees, the optimum of Himmelstein et al. 2017."""

_RESIDUE = 2e-5  # rounding error of a float32 difference that should be zero, relative to its terms


@dataclass(frozen=True, slots=True)
class _Suffix:
    """The end of a metapath with its counts.

    Attributes:
        kind: kind of the start nodes.
        hops: the hops from there to the diseases.
        block: weighted counts of the paths, `rows` x diseases.
        rows: numbers of the start nodes; None: all nodes of the kind.
    """

    kind: str
    hops: Metapath
    block: NDArray[np.float32]
    rows: NDArray[np.int64] | None = None


class PathCounter:
    """Counts paths along a set of metapaths; matrices are cached over calls.

    Args:
        adjacency: the graph.
        metapaths: each of 1 to 4 hops from Drug to Disease.
    """

    def __init__(self, adjacency: Adjacency, metapaths: Sequence[Metapath]) -> None:
        self._adjacency = adjacency
        self._metapaths = list(metapaths)
        self._drugs = len(adjacency.ids("Drug"))
        self._matrices: dict[tuple[str, Hop], csr_array[Any]] = {}
        self._cache: dict[tuple[Any, ...], Any] = {}
        # For each suffix of a metapath: the hops that may precede it, with the kind they start from.
        self._preceding: dict[tuple[str, Metapath], set[tuple[str, Hop]]] = defaultdict(set)
        self._indices: dict[Metapath, int] = {}
        for index, path in enumerate(self._metapaths):
            kinds = metapath_kinds(path)
            self._indices[path] = index
            for position in range(len(path)):
                self._preceding[kinds[position + 1], path[position + 1 :]].add(
                    (kinds[position], path[position])
                )
        self._reachable = self._first_nodes()

    def counts(
        self, diseases: NDArray[np.int64], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """The DWPC of every metapath for all drugs and some diseases, each pair's own care hidden.

        A pair's own treatment and palliation are hidden exactly: no path returns to the drug or the disease,
        so none uses them, and the degrees are those without them.

        Args:
            diseases: numbers of the diseases.
            out: zeros to write to; None: a new array.

        Returns:
            metapaths x drugs x diseases.
        """
        shape = (len(self._metapaths), self._drugs, len(diseases))
        if out is None:
            out = np.zeros(shape, np.float32)
        own = {relation: self._own_drugs(relation, diseases) for relation in CARE_RELATIONS}
        for kind, hop in sorted(self._preceding["Disease", ()], key=str):
            block = self.matrix(kind, hop)[:, diseases].toarray()
            self._extend([_Suffix(kind, (hop,), block)], diseases, own, out)
        return out

    def matrix(self, kind: str, hop: Hop) -> csr_array[Any]:
        """One hop's links from `kind`, each weighted by its two degrees to the power -0.4."""
        from scipy.sparse import csr_array

        matrix = self._matrices.get((kind, hop))
        if matrix is None:
            links = self._adjacency.hop_incidence(hop, kind, PLAIN)
            rows, columns = (
                np.power(np.maximum(degrees, 1), -DAMPING).astype(np.float32)
                for degrees in (links.degrees, links.back_degrees)
            )
            data = np.repeat(rows, links.degrees) * columns[links.indices]
            shape = (len(rows), len(columns))
            indptr = links.indptr.astype(np.int32)
            matrix = self._matrices[kind, hop] = csr_array((data, links.indices, indptr), shape=shape)
        return matrix

    def _first_nodes(self) -> dict[str, NDArray[np.int64]]:
        """The nodes of each kind that a metapath's first hop reaches: all that the longest suffixes need."""
        reached: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        for kind, hop in {("Drug", path[0]) for path in self._metapaths}:
            reached[hop.kind].append(
                np.flatnonzero(self._adjacency.hop_incidence(hop, kind, PLAIN).back_degrees)
            )
        return {kind: np.unique(np.concatenate(parts)) for kind, parts in reached.items()}

    def _extend(
        self,
        suffixes: list[_Suffix],
        diseases: NDArray[np.int64],
        own: dict[str, list[NDArray[np.int64]]],
        out: NDArray[np.float32],
    ) -> None:
        """Writes the counts of the last suffix if it is a full metapath, and prepends each possible hop."""
        last = suffixes[-1]
        if last.kind == "Drug" and last.hops in self._indices:
            counts = out[self._indices[last.hops]]
            counts[:] = last.block
            self._remove_own_care(counts, last.hops, own)
        for kind, hop in sorted(self._preceding.get((last.kind, last.hops), ()), key=str):
            rows = None
            preceding = self._preceding.get((kind, (hop, *last.hops)), set())
            if kind != "Drug" and kind in self._reachable and {start for start, _ in preceding} == {"Drug"}:
                rows = self._reachable[kind]
            block = self._extended_block(kind, hop, rows, suffixes, diseases)
            self._extend([*suffixes, _Suffix(kind, (hop, *last.hops), block, rows)], diseases, own, out)

    def _extended_block(
        self,
        kind: str,
        hop: Hop,
        rows: NDArray[np.int64] | None,
        suffixes: list[_Suffix],
        diseases: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """The block of `hop` before the last suffix, without paths that visit a node twice.

        The product of the hop's matrix and the suffix's block, less the walks that return at once (a-b-a-...)
        and those that return in three hops (a-b-c-a-d). Walks that return to the disease are zero already.
        """
        last = suffixes[-1]
        matrix = self.matrix(kind, hop)
        if rows is not None:
            matrix = self._cached(("rows", kind, hop), lambda: self.matrix(kind, hop)[rows])
        if last.rows is not None:
            matrix = self._cached(
                ("columns", kind, hop, rows is None), lambda matrix=matrix: matrix[:, last.rows]
            )
        block: NDArray[np.float32] = matrix @ last.block
        returns = self._returns_in_two(kind, hop, suffixes, diseases)
        longer = self._returns_in_three(kind, hop, suffixes, diseases)
        returns = longer if returns is None else returns if longer is None else returns + longer
        if returns is not None:
            if rows is not None:
                returns = returns[rows]
            all_walks = block.copy()
            block -= returns
            block[block < _RESIDUE * all_walks] = 0.0
        if kind == "Disease":
            own_rows = diseases
            columns = np.arange(len(diseases))
            if rows is not None:
                inside = np.isin(diseases, rows)
                own_rows, columns = np.searchsorted(rows, diseases[inside]), columns[inside]
            block[own_rows, columns] = 0.0
        return block

    def _returns_in_two(
        self, kind: str, hop: Hop, suffixes: list[_Suffix], diseases: NDArray[np.int64]
    ) -> Any:
        """Walks a-b-a-...: from a node to the next, back to it, and on to nodes that are neither."""
        if len(suffixes) < 2 or suffixes[-2].kind != kind:
            return None
        last, previous = suffixes[-1], suffixes[-2]
        forward, back = self.matrix(kind, hop), self.matrix(last.kind, last.hops[0])
        there_and_back = self._cached(
            ("both", kind, hop, last.hops[0]), lambda: forward.multiply(back.T.tocsr()).tocsr()
        )
        returns = self._cached(
            ("returns", kind, hop, last.hops[0]),
            lambda: np.asarray(there_and_back.sum(axis=1), np.float32).reshape(-1, 1),
        )
        walks = returns * previous.block
        if last.kind == "Disease":  # b is the disease: the block has no such walk
            walks -= there_and_back[:, diseases].toarray() * previous.block
        if len(suffixes) > 2 and suffixes[-3].kind == last.kind:  # nor one that goes on to b
            onward = self.matrix(kind, previous.hops[0])
            onward_again = self._cached(
                ("again", kind, hop, last.hops[0], previous.hops[0]),
                lambda: there_and_back.multiply(onward).tocsr(),
            )
            walks -= onward_again @ suffixes[-3].block
        return walks

    def _returns_in_three(
        self, kind: str, hop: Hop, suffixes: list[_Suffix], diseases: NDArray[np.int64]
    ) -> Any:
        """Walks a-b-c-a-d of four hops: only of drugs that are linked with the disease itself."""
        if len(suffixes) < 3 or suffixes[-3].kind != kind or len(suffixes[-3].hops) != 1:
            return None
        third, second, first = suffixes[-1], suffixes[-2], suffixes[-3]
        hops = ((kind, hop), (third.kind, third.hops[0]), (second.kind, second.hops[0]))
        linked = first.block  # nonzero at the drug's own links only
        starts = np.flatnonzero(linked.any(axis=1))
        walks = np.zeros_like(linked)
        if not len(starts):
            return walks
        forward = self.matrix(*hops[0])[starts]
        back = self.matrix(*hops[2])[:, starts].T.tocsr()
        two_hops = (forward @ self.matrix(*hops[1])).tocsr()
        returns = np.asarray(two_hops.multiply(back).sum(axis=1), np.float32).reshape(-1, 1)
        loops = np.repeat(returns, len(diseases), axis=1)
        if second.kind == "Disease":  # c is the disease: the block has no such walk
            loops -= two_hops[:, diseases].toarray() * back[:, diseases].toarray()
        if third.kind == "Disease":  # nor with b the disease
            through_disease = (self.matrix(*hops[1])[diseases] @ self.matrix(*hops[2])[:, starts]).T
            loops -= forward[:, diseases].toarray() * through_disease.toarray()
        walks[starts] = loops * linked[starts]
        return walks

    def _own_drugs(self, relation: str, diseases: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Numbers of the drugs that `relation` links with each of the diseases."""
        links = self._care_links(relation)
        if links is None:
            return [np.zeros(0, np.int64) for _ in diseases]
        return [links.back_row(disease).astype(np.int64) for disease in diseases.tolist()]

    def _care_links(self, relation: str) -> Incidence | None:
        table = (relation, "Drug", "Disease")
        return self._adjacency.incidence(table) if self._adjacency.has_table(table) else None

    def _remove_own_care(
        self,
        block: NDArray[np.float32],
        path: Metapath,
        own: dict[str, list[NDArray[np.int64]]],
    ) -> None:
        """Removes the pair's own care from the drug's degree (first hop) and the disease's (last)."""
        first, last, last_kind = path[0], path[-1], metapath_kinds(path)[-2]
        if first.relation in CARE_RELATIONS and first.forward and first.kind == "Disease":
            links = self._care_links(first.relation)
            assert links is not None  # noqa: S101  # the hop follows it
            for column, drugs in enumerate(own[first.relation]):
                block[drugs, column] *= _gain_without_one(links.degrees[drugs])
        if last.relation in CARE_RELATIONS and last.forward and last_kind == "Drug":
            for column, drugs in enumerate(own[last.relation]):
                block[drugs, column] *= _gain_without_one(np.array([len(drugs)]))[0]

    def _cached(self, key: tuple[Any, ...], compute: Any) -> Any:
        value = self._cache.get(key)
        if value is None:
            value = self._cache[key] = compute()
        return value


def _gain_without_one(degrees: NDArray[Any]) -> NDArray[np.float32]:
    """Factor of a link's weight where its degree is one less; 0 where the degree was 1."""
    known = degrees.astype(np.float64)
    gain = np.where(known > 1, (known / np.maximum(known - 1, 1)) ** DAMPING, 0.0)
    return gain.astype(np.float32)
