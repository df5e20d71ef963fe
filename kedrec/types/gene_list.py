"""Types of a gene list that a user asks about as a disease of their own."""

from __future__ import annotations

from typing import Literal

from kedrec.types.base import Frozen
from kedrec.types.graph import Entity

__all__ = [
    "GENE_LIST_NAME",
    "GENE_LIST_PREFIX",
    "AmbiguousGene",
    "Direction",
    "GeneList",
    "ListedGene",
    "is_gene_list",
]

GENE_LIST_NAME = "your list"
"""Name of the disease that a gene list stands for."""
GENE_LIST_PREFIX = "your-list"
"""Prefix of its id, after which a hash of its genes comes. No vocabulary has it, and it sorts after all."""

Direction = Literal["raised", "lowered", ""]
"""Difference of a gene's activity or amount in the user's disease; "": not said."""


def is_gene_list(disease: Entity) -> bool:
    """True for the disease that a gene list stands for."""
    return disease.id.startswith(f"{GENE_LIST_PREFIX}:")


class ListedGene(Frozen):
    """A gene of the graph on a list.

    Attributes:
        gene: the gene.
        asked: the id or symbol on the list, the first of several.
        why: kind of match, as in `NameMatch`: `synonym` for a symbol that the gene had or has besides.
        also: other genes that have the symbol as one of their other names.
        direction: as on the list.
        weight: the list's own; None without.
    """

    gene: Entity
    asked: str
    why: str
    also: tuple[Entity, ...] = ()
    direction: Direction = ""
    weight: float | None = None


class AmbiguousGene(Frozen):
    """A symbol that several genes have equally, none of which is taken."""

    asked: str
    genes: tuple[Entity, ...]


class GeneList(Frozen):
    """A gene list as it was read and found in the graph.

    Attributes:
        genes: the genes used, in the order of the list.
        names: number of names on the list.
        duplicates: number of names of a gene that came before.
        unknown: names that no gene of the graph has.
        retired: ids that an ontology of the graph has withdrawn.
        ambiguous: symbols that stand for several genes.
        contradictory: symbols that were listed as raised and as lowered; their genes are used without either.
        odd: lines that are no gene and weight, with their numbers.
        left_out: number of genes beyond the most that are used: those of the least weight, or the last.
    """

    genes: tuple[ListedGene, ...]
    names: int
    duplicates: int = 0
    unknown: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    ambiguous: tuple[AmbiguousGene, ...] = ()
    contradictory: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    left_out: int = 0
