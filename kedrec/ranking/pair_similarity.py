"""All similarities of a graph's drugs and diseases, and the kernel over pairs that combines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.kron_ridge import PairKernel
from kedrec.ranking.similarity import care_matrix, similarities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.similarity import Similarity

__all__ = ["PairSimilarity"]


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
