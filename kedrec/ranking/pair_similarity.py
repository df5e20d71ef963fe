"""All similarities of a graph's drugs and diseases, and the kernel over pairs that combines them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.kron_ridge import PairKernel
from kedrec.ranking.similarity import care_matrix, similarities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.similarity import Similarity

__all__ = ["PairSimilarity"]

_NEAREST_DRUGS = 50  # of each drug
_NEAREST = "nearest_drugs/"  # beginning of the names of stored arrays
_CSR_PARTS = ("data", "indices", "indptr")
_BLOCK = 256  # drugs whose similarities are averaged at once


@dataclass(frozen=True)
class PairSimilarity:
    """The similarities between drugs and between diseases, and the kernel over pairs.

    The similarities use no treatments; their weights in the kernel are learned from the treatments.
    """

    drugs: list[Similarity]
    diseases: list[Similarity]
    kernel: PairKernel

    @classmethod
    def of(
        cls, adjacency: Adjacency, tables: Sequence[Table], kernel: PairKernel | None = None
    ) -> PairSimilarity:
        """Computes the similarities of a graph.

        Args:
            adjacency: the graph.
            tables: the tables that have links.
            kernel: the stored kernel of that graph; None: it is learned.
        """
        drugs, diseases = (similarities(adjacency, kind, tables) for kind in ("Drug", "Disease"))
        return cls(
            drugs, diseases, kernel or PairKernel.of(drugs, diseases, care_matrix(adjacency, TREATS[0]))
        )

    @classmethod
    def from_arrays(
        cls, adjacency: Adjacency, tables: Sequence[Table], arrays: Mapping[str, NDArray[Any]]
    ) -> PairSimilarity:
        """Restores the similarities of a graph with what `arrays` gave of them."""
        from scipy.sparse import csr_array

        restored = cls.of(adjacency, tables, PairKernel.from_arrays(arrays))
        parts = tuple(arrays[f"{_NEAREST}{part}"] for part in _CSR_PARTS)
        size = len(restored.kernel.drugs.coordinates)
        vars(restored)["nearest_drugs"] = csr_array(parts, shape=(size, size))
        return restored

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What takes seconds to compute anew: the kernel, and the nearest drugs."""
        nearest = self.nearest_drugs
        return self.kernel.arrays() | {f"{_NEAREST}{part}": getattr(nearest, part) for part in _CSR_PARTS}

    def with_treatments(self, adjacency: Adjacency) -> PairSimilarity:
        """The same similarities, with the kernel learned from the treatments of a graph alone.

        Args:
            adjacency: a graph that differs in its treatments from the one that the similarities are of.
        """
        kernel = PairKernel.of(self.drugs, self.diseases, care_matrix(adjacency, TREATS[0]))
        copy = replace(self, kernel=kernel)
        vars(copy)["nearest_drugs"] = self.nearest_drugs  # doesn't depend on treatments either
        return copy

    @cached_property
    def nearest_drugs(self) -> csr_array[Any]:
        """The mean of all similarities of each drug with the fifty nearest: drugs x drugs."""
        from scipy.sparse import csr_array, vstack

        size = len(self.kernel.drugs.coordinates)
        blocks = []
        for begin in range(0, size, _BLOCK):
            block = np.arange(begin, min(begin + _BLOCK, size))
            mean = np.zeros((len(block), size), np.float32)
            for similarity in self.drugs:
                mean += similarity.columns(block).T / len(self.drugs)
            if size > _NEAREST_DRUGS and self.drugs:
                limits = np.partition(mean, -_NEAREST_DRUGS, axis=1)[:, -_NEAREST_DRUGS]
                mean[mean < limits[:, None]] = 0.0
            blocks.append(csr_array(mean))
        table = vstack(blocks, format="csr") if blocks else csr_array((size, size), dtype=np.float32)
        return cast("csr_array[Any]", table)
