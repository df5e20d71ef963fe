"""Says what became of a gene list: which genes are used, and which names stand for none, or for several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import GeneList

__all__ = ["gene_list_notes"]

_SHOWN = 5  # names of a kind


def gene_list_notes(genes: GeneList) -> list[str]:
    """Sentences on a gene list, one a line."""
    raised, lowered = (
        sum(gene.direction == direction for gene in genes.genes) for direction in ("raised", "lowered")
    )
    directions = f" ({raised:,} raised, {lowered:,} lowered)" if raised or lowered else ""
    head = f"{len(genes.genes):,} of {genes.names:,} listed names are used as genes of your list{directions}."
    head += f" Repeats: {genes.duplicates:,}." if genes.duplicates else ""
    older = [
        f"{gene.asked} is {gene.gene.name} ({gene.gene.id})" for gene in genes.genes if gene.why == "synonym"
    ]
    also = [
        f"{gene.asked} (also of {', '.join(other.name for other in gene.also)})"
        for gene in genes.genes
        if gene.also
    ]
    several = [
        f"{one.asked} ({' or '.join(f'{gene.name}, {gene.id}' for gene in one.genes)})"
        for one in genes.ambiguous
    ]
    left_out = f"Left out: {genes.left_out:,}. At most {len(genes.genes):,} genes are used, the heaviest."
    return [
        head,
        *_listed("Not known in the graph", genes.unknown),
        *_listed("Withdrawn ids", genes.retired),
        *_listed("Symbols of several genes, none of which is taken without an id", several),
        *_listed("Former or other symbols", older),
        *_listed("Symbols that other genes have as another name", also),
        *_listed("Raised and lowered, used as neither", genes.contradictory),
        *_listed("Lines skipped", genes.odd),
        *([left_out] if genes.left_out else []),
    ]


def _listed(what: str, items: Sequence[str]) -> list[str]:
    """A line with the number of some things and the first of them; none without any."""
    if not items:
        return []
    more = f" and {len(items) - _SHOWN:,} more" if len(items) > _SHOWN else ""
    return [f"{what} ({len(items):,}): {'; '.join(items[:_SHOWN])}{more}."]
