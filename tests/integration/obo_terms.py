"""Terms of an ontology in OBO, as text."""

from __future__ import annotations

HEAD = "format-version: 1.2\nontology: doid\n\n"
"""What a file of the Disease Ontology begins with."""


def term(id_: str, *clauses: str, name: str = "") -> str:
    """A term's stanza; without a name it is called by the number of its id."""
    return "\n".join(["[Term]", f"id: {id_}", f"name: {name or f'disease {id_[5:]}'}", *clauses, "", ""])
