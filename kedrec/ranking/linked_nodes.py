"""The graph without the nodes of which it knows nothing.

A list of names brings thousands of drugs without a link: they all have one score, and are no candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.adjacency import ALL, PLAIN, Adjacency
from kedrec.ranking.name_words import name_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LinkedNodes"]


@dataclass(frozen=True, slots=True)
class LinkedNodes:
    """A graph in which the nodes of a kind are those with a link, and one that stands for all others.

    Attributes:
        adjacency: the graph; its nodes of the kind are numbered anew.
        numbers: for each of these nodes its number in the whole graph, ascending.
        stand_in: the number in the whole graph of the node that stands for those without a link; None where
            there are none, or none but those.
    """

    adjacency: Adjacency
    numbers: NDArray[np.int64]
    stand_in: int | None

    @classmethod
    def of(cls, adjacency: Adjacency, kind: str) -> LinkedNodes:
        """Leaves out the nodes of a kind that have no link; where none has one, all stay."""
        size = len(adjacency.ids(kind))
        arrays = dict(adjacency.arrays)
        ends = {
            key[: -len("/indptr")]: tuple(key.split("/")[-3:-1])
            for key in arrays
            if key.endswith("/indptr") and key.startswith((f"{ALL}/", f"{PLAIN}/"))
        }
        linked = np.zeros(size, bool)
        for key, (start, end) in ends.items():
            if start == kind:
                linked |= np.diff(arrays[f"{key}/indptr"]) > 0
            if end == kind:
                linked |= np.diff(arrays[f"{key}/back_indptr"]) > 0
        if linked.all() or not linked.any():
            return cls(adjacency, np.arange(size), None)
        stand_in = int(np.flatnonzero(~linked)[0])
        linked[stand_in] = True
        numbers = np.flatnonzero(linked)
        anew = np.cumsum(linked, dtype=np.int32) - 1
        arrays[f"ids/{kind}"] = adjacency.ids(kind)[numbers]
        pointers = np.append(
            numbers, size
        )  # the rows left out are empty: the other rows begin where they did
        for key, (start, end) in ends.items():
            if start == kind:
                arrays[f"{key}/indptr"] = arrays[f"{key}/indptr"][pointers]
                arrays[f"{key}/back_indices"] = anew[arrays[f"{key}/back_indices"]]
            if end == kind:
                arrays[f"{key}/back_indptr"] = arrays[f"{key}/back_indptr"][pointers]
                arrays[f"{key}/indices"] = anew[arrays[f"{key}/indices"]]
        parts = adjacency.name_parts(kind)
        if parts is not None:  # a name is no link
            arrays |= _chosen_names(kind, *parts, numbers)
        return cls(Adjacency(arrays), numbers, stand_in)

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The new numbers of some nodes of the whole graph; that of the stand-in for nodes without a link."""
        rows = np.minimum(np.searchsorted(self.numbers, numbers), max(len(self.numbers) - 1, 0))
        if self.stand_in is None:
            return rows
        return np.where(self.numbers[rows] == numbers, rows, np.searchsorted(self.numbers, self.stand_in))

    @property
    def linked(self) -> NDArray[np.int64]:
        """Numbers in the whole graph of the nodes with a link, ascending; of all where none has one."""
        return self.numbers if self.stand_in is None else self.numbers[self.numbers != self.stand_in]


def _chosen_names(
    kind: str, indptr: NDArray[np.int64], indices: NDArray[np.int32], rows: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """The arrays of the names of some nodes."""
    lengths = np.diff(indptr)[rows]
    chosen = np.zeros(len(indptr) - 1, bool)
    chosen[rows] = True
    return {
        f"{name_key(kind)}/indptr": np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        f"{name_key(kind)}/indices": indices[np.repeat(chosen, np.diff(indptr))],
    }
