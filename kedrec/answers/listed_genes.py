"""Puts a gene list of a user's own into a question: as a disease of the graph, of its names and ranking."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kedrec.evidence.target_votes import ACTING
from kedrec.naming.gene_list import GeneName, read_gene_file
from kedrec.ranking.added_disease import GENES_TABLE
from kedrec.schema import load_schema
from kedrec.stores.added_disease import StoreWithDisease
from kedrec.types import GENE_LIST_NAME, GENE_LIST_PREFIX, Entity

if TYPE_CHECKING:
    from kedrec.naming import NameIndex
    from kedrec.ranking import PairScore, Ranker
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore
    from kedrec.types import Direction, GeneList

__all__ = ["ListedGenes", "read_gene_lists"]

_UNDIRECTED = "listed"
"""The action of a gene without a direction, in `graph/schema.yaml` beside those of the directions."""
_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class ListedGenes:
    """A graph, its names and its ranking, each with the disease that a gene list stands for.

    Its links are private. The list's weights are on the links; the ranking counts each link once.

    Attributes:
        disease, store, names, ranker: the disease, and what questions about it are answered from.
        acting: ids of the drugs that act on a listed gene.
    """

    disease: Entity
    store: GraphStore
    names: NameIndex
    ranker: Ranker
    acting: frozenset[str]

    @classmethod
    def of(cls, store: GraphStore, names: NameIndex, ranker: Ranker, genes: GeneList) -> Self:
        """Adds a list to a graph, in memory.

        Raises:
            EmptyGraphError, NotFoundError: as `Ranker.with_disease`.
        """
        content = "\n".join(
            f"{one.gene.id} {one.direction} {one.weight}"
            for one in sorted(genes.genes, key=lambda one: one.gene.id)
        )
        digest = hashlib.sha256(content.encode()).hexdigest()[:_HASH_DIGITS]
        disease = Entity(id=f"{GENE_LIST_PREFIX}:{digest}", kind="Disease", name=GENE_LIST_NAME)
        links = [(one.gene, one.direction or _UNDIRECTED, one.weight) for one in genes.genes]
        return cls(
            disease,
            StoreWithDisease(store, GENE_LIST_PREFIX, disease, GENES_TABLE[0], links),
            names.with_entity(disease),
            ranker.with_disease(disease.id, [one.gene.id for one in genes.genes]),
            _acting_drugs(ranker.adjacency, [one.gene.id for one in genes.genes]),
        )

    @property
    def has_target(self) -> bool:
        """True if any drug of the graph acts on a listed gene."""
        return bool(self.acting)

    def rank(self, including: Sequence[str], *, beyond_prior: bool) -> list[PairScore]:
        """The drugs for the list, those that act on a listed gene first; arguments as of `Ranker.rank`."""
        ranked = self.ranker.rank(self.disease.id, beyond_prior=beyond_prior, including=including)
        return sorted(ranked, key=lambda score: score.drug not in self.acting)


def _acting_drugs(adjacency: Adjacency, genes: Sequence[str]) -> frozenset[str]:
    """Ids of the drugs that act on any of some genes."""
    numbers = [number for gene in genes if (number := adjacency.number("Gene", gene)) is not None]
    drugs: set[int] = set()
    for role in ACTING:
        for relation in load_schema().joining(role, "Drug", "Gene"):
            table = (relation, "Drug", "Gene")
            if adjacency.has_table(table):
                links = adjacency.incidence(table).transposed
                for number in numbers:
                    drugs.update(links.row(number).tolist())
    return frozenset(adjacency.node_id("Drug", drug) for drug in drugs)


def read_gene_lists(
    *lists: tuple[Sequence[str | GeneName] | Path, Direction],
) -> tuple[list[GeneName], tuple[str, ...]]:
    """The genes of several lists, each with its direction, and the lines that are no gene and weight.

    Args:
        lists: names, or the path of a file, and the direction of all of its genes.

    Raises:
        DataError: as `read_gene_file`.
    """
    names: list[GeneName] = []
    odd: list[str] = []
    for listed, direction in lists:
        if isinstance(listed, Path):
            of_file, odd_lines = read_gene_file(listed, direction)
            names += of_file
            odd += [f"{listed.name}, {line}" for line in odd_lines]
        else:
            names += [
                one if isinstance(one, GeneName) else GeneName(one, direction=direction) for one in listed
            ]
    return names, tuple(odd)
