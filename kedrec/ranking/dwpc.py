"""Degree-weighted path counts (DWPC) of every metapath, for all drugs and a block of diseases at once.

The DWPC of Himmelstein et al. 2017 (doi:10.7554/eLife.26726): each path weighs the product of its links'
degrees at both ends to the power -0.4; no path comes to a node twice. Metapaths that end alike share the
work: counted from the diseases backwards, each suffix is one sparse matrix times one dense block.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.metapaths import CARE, kinds_along

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.adjacency import Adjacency, Incidence
    from kedrec.ranking.metapaths import Metapath
    from kedrec.stores.templates import Hop

__all__ = ["DAMPING", "PathCounter"]

DAMPING = 0.4
"""Exponent of the degrees: what Himmelstein et al. 2017 found best."""

_RESIDUE = 2e-5  # what float32 leaves of a difference that should be zero, relative to its terms


@dataclass(frozen=True, slots=True)
class _Suffix:
    """The rest of a metapath as counted: where it starts, its hops, and the walks from each start node.

    Attributes:
        block: `rows` (all nodes of `kind` where None) x diseases.
    """

    kind: str
    hops: Metapath
    block: NDArray[np.float32]
    rows: NDArray[np.int64] | None = None


class PathCounter:
    """Counts along a set of metapaths; matrices are made once and kept over calls.

    Args:
        adjacency: the graph.
        metapaths: each of 1 to 4 hops from Drug to Disease.
    """

    def __init__(self, adjacency: Adjacency, metapaths: Sequence[Metapath]) -> None:
        self._adjacency = adjacency
        self._metapaths = list(metapaths)
        self._drugs = len(adjacency.ids("Drug"))
        self._matrices: dict[tuple[str, Hop], csr_array[Any]] = {}
        self._kept: dict[tuple[Any, ...], Any] = {}
        # For each suffix of a metapath: the hops that may come before it, with the kind they leave from.
        self._before: dict[tuple[str, Metapath], set[tuple[str, Hop]]] = defaultdict(set)
        self._places: dict[Metapath, int] = {}
        for place, path in enumerate(self._metapaths):
            kinds = kinds_along(path)
            self._places[path] = place
            for at in range(len(path)):
                self._before[kinds[at + 1], path[at + 1 :]].add((kinds[at], path[at]))
        self._reached = self._next_to_drugs()

    def counts(
        self, diseases: NDArray[np.int64], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """The DWPC of every metapath, drug and some diseases, each pair's own care hidden.

        A pair's own treatment and palliation are hidden exactly: no path comes back to the drug or the
        disease, so none uses them, and the degrees are taken without them.

        Args:
            diseases: their numbers.
            out: where to write; made where None.

        Returns:
            metapaths x drugs x diseases.
        """
        shape = (len(self._metapaths), self._drugs, len(diseases))
        if out is None:
            out = np.zeros(shape, np.float32)
        own = {relation: self._own(relation, diseases) for relation in CARE}
        for kind, hop in sorted(self._before["Disease", ()], key=str):
            block = self.matrix(kind, hop)[:, diseases].toarray()
            self._grow([_Suffix(kind, (hop,), block)], diseases, own, out)
        return out

    def matrix(self, kind: str, hop: Hop) -> csr_array[Any]:
        """One hop's links from `kind`, each weighing its two degrees to the power -0.4."""
        from scipy.sparse import csr_array

        found = self._matrices.get((kind, hop))
        if found is None:
            links = self._adjacency.along(hop, kind, PLAIN)
            rows, columns = (
                np.power(np.maximum(degrees, 1), -DAMPING).astype(np.float32)
                for degrees in (links.degrees, links.back_degrees)
            )
            data = np.repeat(rows, links.degrees) * columns[links.indices]
            shape = (len(rows), len(columns))
            indptr = links.indptr.astype(np.int32)
            found = self._matrices[kind, hop] = csr_array((data, links.indices, indptr), shape=shape)
        return found

    def _next_to_drugs(self) -> dict[str, NDArray[np.int64]]:
        """Of each kind, the nodes that a metapath's first hop reaches: all that longest suffixes need."""
        reached: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        for kind, hop in {("Drug", path[0]) for path in self._metapaths}:
            reached[hop.kind].append(np.flatnonzero(self._adjacency.along(hop, kind, PLAIN).back_degrees))
        return {kind: np.unique(np.concatenate(parts)) for kind, parts in reached.items()}

    def _grow(
        self,
        suffixes: list[_Suffix],
        diseases: NDArray[np.int64],
        own: dict[str, list[NDArray[np.int64]]],
        out: NDArray[np.float32],
    ) -> None:
        """Writes what the last suffix is whole, and puts every hop before it that a metapath has."""
        last = suffixes[-1]
        if last.kind == "Drug" and last.hops in self._places:
            place = out[self._places[last.hops]]
            place[:] = last.block
            self._without_own(place, last.hops, own)
        for kind, hop in sorted(self._before.get((last.kind, last.hops), ()), key=str):
            rows = None
            onward = self._before.get((kind, (hop, *last.hops)), set())
            if kind != "Drug" and kind in self._reached and {before for before, _ in onward} == {"Drug"}:
                rows = self._reached[kind]
            block = self._joined(kind, hop, rows, suffixes, diseases)
            self._grow([*suffixes, _Suffix(kind, (hop, *last.hops), block, rows)], diseases, own, out)

    def _joined(
        self,
        kind: str,
        hop: Hop,
        rows: NDArray[np.int64] | None,
        suffixes: list[_Suffix],
        diseases: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """The block of `hop` before the last suffix, paths that come to a node twice taken off.

        With A the hops' matrices and S the suffixes' blocks: from all that goes on from each next node, take
        off what comes straight back (a-b-a-...) and what comes back in three (a-b-c-a-d). What comes back to
        the disease is zero already where it does.
        """
        last = suffixes[-1]
        matrix = self.matrix(kind, hop)
        if rows is not None:
            matrix = self._keep(("rows", kind, hop), lambda: self.matrix(kind, hop)[rows])
        if last.rows is not None:
            matrix = self._keep(
                ("columns", kind, hop, rows is None), lambda matrix=matrix: matrix[:, last.rows]
            )
        block: NDArray[np.float32] = matrix @ last.block
        lost = self._straight_back(kind, hop, suffixes, diseases)
        far = self._back_in_three(kind, hop, suffixes, diseases)
        lost = far if lost is None else lost if far is None else lost + far
        if lost is not None:
            if rows is not None:
                lost = lost[rows]
            walked = block.copy()
            block -= lost
            block[block < _RESIDUE * walked] = 0.0
        if kind == "Disease":
            at = diseases
            columns = np.arange(len(diseases))
            if rows is not None:
                inside = np.isin(diseases, rows)
                at, columns = np.searchsorted(rows, diseases[inside]), columns[inside]
            block[at, columns] = 0.0
        return block

    def _straight_back(
        self, kind: str, hop: Hop, suffixes: list[_Suffix], diseases: NDArray[np.int64]
    ) -> Any:
        """a-b-a-...: what goes from a node to the next, back to it, and on to nodes that are neither."""
        if len(suffixes) < 2 or suffixes[-2].kind != kind:
            return None
        last, before = suffixes[-1], suffixes[-2]
        there, back = self.matrix(kind, hop), self.matrix(last.kind, last.hops[0])
        both = self._keep(("both", kind, hop, last.hops[0]), lambda: there.multiply(back.T.tocsr()).tocsr())
        returns = self._keep(
            ("returns", kind, hop, last.hops[0]),
            lambda: np.asarray(both.sum(axis=1), np.float32).reshape(-1, 1),
        )
        lost = returns * before.block
        if last.kind == "Disease":  # b is the disease: such a walk isn't in the block
            lost -= both[:, diseases].toarray() * before.block
        if len(suffixes) > 2 and suffixes[-3].kind == last.kind:  # nor is one that goes on to b
            onward = self.matrix(kind, before.hops[0])
            again = self._keep(
                ("again", kind, hop, last.hops[0], before.hops[0]), lambda: both.multiply(onward).tocsr()
            )
            lost -= again @ suffixes[-3].block
        return lost

    def _back_in_three(
        self, kind: str, hop: Hop, suffixes: list[_Suffix], diseases: NDArray[np.int64]
    ) -> Any:
        """a-b-c-a-d: possible for a drug alone that is linked with the disease, at its own four hops."""
        if len(suffixes) < 3 or suffixes[-3].kind != kind or len(suffixes[-3].hops) != 1:
            return None
        third, second, first = suffixes[-1], suffixes[-2], suffixes[-3]
        hops = ((kind, hop), (third.kind, third.hops[0]), (second.kind, second.hops[0]))
        linked = first.block  # nonzero at the drug's own links alone
        touched = np.flatnonzero(linked.any(axis=1))
        lost = np.zeros_like(linked)
        if not len(touched):
            return lost
        there = self.matrix(*hops[0])[touched]
        back = self.matrix(*hops[2])[:, touched].T.tocsr()
        two = (there @ self.matrix(*hops[1])).tocsr()
        returns = np.asarray(two.multiply(back).sum(axis=1), np.float32).reshape(-1, 1)
        circles = np.repeat(returns, len(diseases), axis=1)
        if second.kind == "Disease":  # c is the disease: not in the block
            circles -= two[:, diseases].toarray() * back[:, diseases].toarray()
        if third.kind == "Disease":  # nor where b is
            rest = (self.matrix(*hops[1])[diseases] @ self.matrix(*hops[2])[:, touched]).T
            circles -= there[:, diseases].toarray() * rest.toarray()
        lost[touched] = circles * linked[touched]
        return lost

    def _own(self, relation: str, diseases: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The drugs that `relation` links with each of the diseases."""
        links = self._care(relation)
        if links is None:
            return [np.zeros(0, np.int64) for _ in diseases]
        return [
            links.back_indices[links.back_indptr[number] : links.back_indptr[number + 1]].astype(np.int64)
            for number in diseases.tolist()
        ]

    def _care(self, relation: str) -> Incidence | None:
        table = (relation, "Drug", "Disease")
        return self._adjacency.incidence(table) if self._adjacency.has(table) else None

    def _without_own(
        self,
        block: NDArray[np.float32],
        path: Metapath,
        own: dict[str, list[NDArray[np.int64]]],
    ) -> None:
        """Takes the pair's own care out of the drug's degree (first hop) and the disease's (last)."""
        first, last, before = path[0], path[-1], kinds_along(path)[-2]
        if first.relation in CARE and first.forward and first.kind == "Disease":
            links = self._care(first.relation)
            assert links is not None  # noqa: S101  # the hop goes along it
            for column, drugs in enumerate(own[first.relation]):
                block[drugs, column] *= _one_less(links.degrees[drugs])
        if last.relation in CARE and last.forward and before == "Drug":
            for column, drugs in enumerate(own[last.relation]):
                block[drugs, column] *= _one_less(np.array([len(drugs)]))[0]

    def _keep(self, key: tuple[Any, ...], make: Any) -> Any:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        return found


def _one_less(degrees: NDArray[Any]) -> NDArray[np.float32]:
    """What a link's weight gains where a degree is one less; 0 where there was but the one."""
    known = degrees.astype(np.float64)
    gain = np.where(known > 1, (known / np.maximum(known - 1, 1)) ** DAMPING, 0.0)
    return gain.astype(np.float32)
