"""Which ids name the same entity: sources meet through cross-references.

An id belongs to an entity within a family of kinds (a drug is a chemical; a gene is no disease). The
preferred id is the one whose prefix comes first in the kind's list in the schema. A node takes a more
preferred id when it names exactly one of the best prefix among its cross-references, and a node whose
own id exactly one better-named node lists becomes that node. An id that two entities list is a conflict:
it joins neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kedrec.schema import Schema

__all__ = ["FAMILIES", "Claim", "Conflict", "Identity", "family_of", "resolve"]

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("Drug", "Chemical"),
    ("Gene", "GeneFamily", "Complex"),
    ("Pathway", "MolecularFunction", "CellularComponent", "BiologicalProcess"),
    ("Cell", "Anatomy"),
)
"""Kinds between which one id names one entity; every other kind is a family of its own."""


def family_of(kind: str) -> tuple[str, ...]:
    """The family of a kind."""
    return next((family for family in FAMILIES if kind in family), (kind,))


@dataclass(frozen=True, slots=True)
class Claim:
    """A record of a node: kind, id, the ids it lists as its own, and the rank of its best source."""

    kind: str
    id: str
    xrefs: tuple[str, ...] = ()
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """An id that several entities of a family list, so that it can't tell which it is."""

    id: str
    kind: str
    claimed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What `resolve` found.

    Attributes:
        entity: (kind, id) of a record -> (kind, id) of its entity, where they differ.
        aliases: (kind, id) that no record has -> (kind, id) of the one entity that lists it.
        conflicts: ids that joined nothing, sorted.
    """

    entity: Mapping[tuple[str, str], tuple[str, str]]
    aliases: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def _places(schema: Schema, family: tuple[str, ...]) -> dict[str, int]:
    """Preference of each prefix within a family, 0 best: the first kind's list, then the others'."""
    prefixes = dict.fromkeys(prefix for kind in family for prefix in schema.kinds[kind].prefixes)
    return {prefix: place for place, prefix in enumerate(prefixes)}


class _Family:
    """The records of one family and the ids they list."""

    def __init__(self, family: tuple[str, ...], places: dict[str, int]) -> None:
        self.family = family
        self.places = places
        self.kinds: dict[str, dict[str, int]] = defaultdict(dict)
        self.lists: dict[str, set[str]] = defaultdict(set)
        self.conflicts: list[Conflict] = []

    def add(self, claim: Claim) -> None:
        kinds = self.kinds[claim.id]
        kinds[claim.kind] = min(claim.rank, kinds.get(claim.kind, claim.rank))
        self.lists[claim.id].update(x for x in claim.xrefs if x != claim.id and self.place(x) is not None)

    def place(self, curie: str) -> int | None:
        return self.places.get(curie.partition(":")[0])

    def _conflict(self, curie: str, claimed_by: Iterable[str]) -> None:
        kind = next((k for k in self.family if k in self.kinds.get(curie, {})), self.family[0])
        self.conflicts.append(Conflict(curie, kind, tuple(sorted(claimed_by))))

    def parents(self) -> dict[str, str]:
        """Each id's better id, where it has exactly one."""
        owners: dict[str, set[str]] = defaultdict(set)
        up: dict[str, str] = {}
        for curie, listed in self.lists.items():
            own = self.places[curie.partition(":")[0]]
            better: dict[int, list[str]] = defaultdict(list)
            for other in listed:
                place = self.places[other.partition(":")[0]]
                if place < own:
                    better[place].append(other)
                elif place > own:
                    owners[other].add(curie)
            if better:
                best = better[min(better)]
                if len(best) == 1:
                    up[curie] = best[0]
                else:
                    self._conflict(curie, best)
        self._owners = {curie: {_root(owner, up) for owner in owned} for curie, owned in owners.items()}
        parents = dict(up)
        for curie, roots in self._owners.items():
            if curie in self.kinds:
                candidates = roots | ({_root(curie, up)} if curie in up else set())
                if len(candidates) > 1:
                    self._conflict(curie, candidates)
                else:
                    # A node's own word comes first, so that it counts the same whenever it is heard.
                    parents.setdefault(curie, next(iter(candidates)))
        return parents

    def resolve(
        self,
    ) -> tuple[dict[tuple[str, str], tuple[str, str]], dict[tuple[str, str], tuple[str, str]]]:
        parents = self.parents()
        members: dict[str, list[str]] = defaultdict(list)
        for curie in self.kinds:
            members[_root(curie, parents)].append(curie)
        entity: dict[tuple[str, str], tuple[str, str]] = {}
        kind_of: dict[str, str] = {}
        for root, ids in members.items():
            ranks: dict[str, int] = {}
            for curie in ids:
                for kind, rank in self.kinds[curie].items():
                    ranks[kind] = min(rank, ranks.get(kind, rank))
            kind = self._kind(ranks)
            kind_of[root] = kind
            for curie in ids:
                for own in self.kinds[curie]:
                    if (own, curie) != (kind, root):
                        entity[own, curie] = (kind, root)
        aliases: dict[tuple[str, str], tuple[str, str]] = {}
        for curie, roots in self._owners.items():
            entities = {_root(root, parents) for root in roots}
            if curie not in self.kinds and len(entities) == 1:
                root = entities.pop()
                aliases[kind_of[root], curie] = (kind_of[root], root)
        return entity, aliases

    def _kind(self, ranks: dict[str, int]) -> str:
        """A drug stays a drug whoever calls it a chemical; else the best source's word, then the family's order."""
        if "Drug" in ranks:
            return "Drug"
        return min(ranks, key=lambda kind: (ranks[kind], self.family.index(kind)))


def _root(curie: str, parents: Mapping[str, str]) -> str:
    """Follows better ids to the best; each step has a strictly better prefix, so it ends."""
    while curie in parents:
        curie = parents[curie]
    return curie


def resolve(claims: Iterable[Claim], schema: Schema) -> Identity:
    """Finds the entity of each record; the result doesn't depend on the records' order.

    Every id's prefix must be one that the schema allows for its kind's family.
    """
    families: dict[tuple[str, ...], _Family] = {}
    for claim in claims:
        members = family_of(claim.kind)
        if members not in families:
            families[members] = _Family(members, _places(schema, members))
        families[members].add(claim)
    entity: dict[tuple[str, str], tuple[str, str]] = {}
    aliases: dict[tuple[str, str], tuple[str, str]] = {}
    conflicts: list[Conflict] = []
    for records in families.values():
        own, other = records.resolve()
        entity |= own
        aliases |= other
        conflicts += records.conflicts
    return Identity(entity, aliases, tuple(sorted(conflicts, key=lambda c: (c.kind, c.id))))
