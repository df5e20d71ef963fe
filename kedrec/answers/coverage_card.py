"""Describes what a graph knows of a disease, and what it would need to recommend something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.common.counted_nouns import counted
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.schema import Role
    from kedrec.types import Entity

__all__ = ["coverage_card"]

_KNOWLEDGE: tuple[tuple[Role, str, str, str], ...] = (
    ("disease gene", "gene", "genes", "its genes (sources orphanet, g2p, diseases)"),
    ("symptom", "symptom", "symptoms", "its symptoms (hpo)"),
    ("hierarchy", "broader disease", "broader diseases", "its place among diseases (mondo, doid)"),
    ("study", "trial", "trials", "its trials (clinicaltrials)"),
)
"""Role of a relation from a disease, what its ends are, and what to load where there is none."""


def coverage_card(adjacency: Adjacency, disease: Entity, treatments: int) -> str:
    """Sentences on what the graph knows of a disease and what would help.

    Args:
        adjacency: the graph.
        disease: the disease.
        treatments: number of drugs that treat it, as the ranking counts them.
    """
    counts, helpful = [], []
    for role, one, many, source in _KNOWLEDGE:
        count = _count(adjacency, role, disease.id)
        counts.append(counted(count, one, many))
        if not count:
            helpful.append(source)
    counts.append(counted(treatments, "treatment"))
    card = f"The graph knows {', '.join(counts[:-1])} and {counts[-1]} of {disease.name}."
    if helpful:
        return f"{card} It would help to load {', '.join(helpful)}."
    return f"{card} It would help to load what drugs act on (drugcentral-targets, chembl-mechanisms)."


def _count(adjacency: Adjacency, role: Role, disease: str) -> int:
    """The number of nodes that a disease is the start of a relation of a role to."""
    number = adjacency.number("Disease", disease)
    if number is None:
        return 0
    linked: set[tuple[str, int]] = set()
    for relation in load_schema().with_role(role):
        for start, end in load_schema().relations[relation].pairs:
            if start == "Disease" and adjacency.has_table((relation, start, end)):
                links = adjacency.incidence((relation, start, end))
                ends = links.row(number)
                linked |= {(end, other) for other in ends.tolist()}
    return len(linked)
