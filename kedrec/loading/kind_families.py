"""Families of kinds that sources mix up, such as processes and functions of the Gene Ontology."""

from __future__ import annotations

__all__ = ["FAMILIES", "SUBSTANCES", "family_of"]

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("Drug", "Chemical"),
    ("Gene", "GeneFamily", "Complex"),
    ("Pathway", "MolecularFunction", "CellularComponent", "BiologicalProcess"),
    ("Cell", "Anatomy"),
)
"""Kinds among which one id denotes one entity; every other kind is a family of its own."""
SUBSTANCES = FAMILIES[0]
"""Kinds that cross-references join with each other: a drug is a chemical."""


def family_of(kind: str) -> tuple[str, ...]:
    """Looks up the family of a kind."""
    return next((family for family in FAMILIES if kind in family), (kind,))
