"""Records of nodes, whose ids may denote one entity, and the result of resolving them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["TRUST", "Conflict", "Identity", "NodeRecord"]

TRUST: dict[str, int] = {"exact": 0, "curated": 1, "listed": 2, "predicted": 3}
"""Trust in a source's cross-references as equal ids, the surest first: its own vocabulary's equivalences;
equivalences that others curated; ids merely listed; equivalences that a program predicted."""

_Node = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A record of a node: kind, id, cross-references, the rank of its best source, their `TRUST`, its names.

    Names and synonyms are as `normal_name` writes them. They decide only between ids that are equal
    otherwise.
    """

    kind: str
    id: str
    xrefs: tuple[str, ...] = ()
    rank: int = 0
    trust: int = TRUST["listed"]
    names: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """An id that several entities list, so that it joins none of them."""

    id: str
    kind: str
    claimed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Result of `resolve`.

    Attributes:
        entity: (kind, id) of a record -> (kind, id) of its entity, where they differ.
        aliases: (kind, id) without a record -> (kind, id) of the one entity that lists it.
        conflicts: ids that joined nothing, sorted.
        overruled: (kind, id) of a record and a cross-reference of it that better trusted ones contradict.
    """

    entity: Mapping[_Node, _Node]
    aliases: Mapping[_Node, _Node] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    overruled: frozenset[tuple[str, str, str]] = frozenset()
