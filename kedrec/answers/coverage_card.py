"""Describes what a graph knows of a disease, and what it would need to recommend something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.schema import Role

__all__ = ["coverage_card"]

_KNOWLEDGE: tuple[tuple[Role, str, str, str], ...] = (
    ("disease gene", "gene", "genes", "its genes (sources orphanet, g2p, diseases)"),
    ("symptom", "symptom", "symptoms", "its symptoms (hpo)"),
    ("hierarchy", "broader disease", "broader diseases", "its place among diseases (mondo, doid)"),
)
"""Role of a relation from a disease, what its ends are, and what to load where there is none."""


def coverage_card(adjacency: Adjacency, disease: str, name: str) -> str:
    """Sentences on what the graph knows of a disease and what would help.

    Args:
        adjacency: the graph.
        disease: id of the disease.
        name: its name.
    """
    counts, helpful = [], []
    for role, one, many, source in _KNOWLEDGE:
        count = _count(adjacency, role, disease)
        counts.append(f"{count:,} {one if count == 1 else many}")
        if not count:
            helpful.append(source)
    treatments = _count(adjacency, "treatment", disease)
    counts.append(f"{treatments:,} {'treatment' if treatments == 1 else 'treatments'}")
    card = f"The graph knows {', '.join(counts[:-1])} and {counts[-1]} of {name}."
    if helpful:
        return f"{card} It would help to load {', '.join(helpful)}."
    return f"{card} It would help to load what drugs act on (drugcentral-targets, chembl-mechanisms)."


def _count(adjacency: Adjacency, role: Role, disease: str) -> int:
    """The number of a disease's links along the relations of a role, whichever way they point to it."""
    number = adjacency.number("Disease", disease)
    if number is None:
        return 0
    total = 0
    for relation in load_schema().with_role(role):
        for start, end in load_schema().relations[relation].pairs:
            if not adjacency.has_table((relation, start, end)):
                continue
            links = adjacency.incidence((relation, start, end))
            if start == "Disease":
                total += int(links.degrees[number])
            elif end == "Disease":
                total += int(links.back_degrees[number])
    return total
