"""Which ids name the same entity: sources meet through cross-references.

First, an id has one kind within a family of kinds that sources mix up (a process and a function of the
Gene Ontology): the kind that the source of the best rank says. Then, within a kind, or drugs and
chemicals together, ids meet. The preferred id is the one whose prefix comes first in the kind's list in
the schema. A node takes a better id when it lists exactly one of the best prefix among its
cross-references, and a node whose own id exactly one better-named node lists becomes that node. An id
that two entities list is a conflict: it joins neither. Ids that an ontology has given up for another of its
own are that one, whoever uses them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.schema import Schema

__all__ = ["FAMILIES", "Claim", "Conflict", "Identity", "family_of", "resolve"]

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("Drug", "Chemical"),
    ("Gene", "GeneFamily", "Complex"),
    ("Pathway", "MolecularFunction", "CellularComponent", "BiologicalProcess"),
    ("Cell", "Anatomy"),
)
"""Kinds between which one id names one entity; every other kind is a family of its own."""
_SUBSTANCES = FAMILIES[0]
"""Kinds that also meet through cross-references: a drug is a chemical."""

_Node = tuple[str, str]
"""Kind and id."""


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
    """An id that several entities list, so that it can't tell which it is."""

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

    entity: Mapping[_Node, _Node]
    aliases: Mapping[_Node, _Node] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def _kind(ranks: Mapping[str, int], family: tuple[str, ...]) -> str:
    """A drug stays one whoever calls it a chemical; else the best source's word, then the family's order."""
    if "Drug" in ranks:
        return "Drug"
    return min(ranks, key=lambda kind: (ranks[kind], family.index(kind)))


def _root(curie: str, parents: Mapping[str, str]) -> str:
    """Follows better ids to the best; each step has a strictly better prefix, so it ends."""
    while curie in parents:
        curie = parents[curie]
    return curie


class _Group:
    """The ids of one kind, or of drugs and chemicals, and the ids that each lists."""

    def __init__(self, kinds: tuple[str, ...], schema: Schema) -> None:
        prefixes = dict.fromkeys(prefix for kind in kinds for prefix in schema.kinds[kind].prefixes)
        self._places = {prefix: place for place, prefix in enumerate(prefixes)}
        self.kinds: dict[str, str] = {}
        self.lists: dict[str, set[str]] = {}
        self.conflicts: list[Conflict] = []

    def _place(self, curie: str) -> int:
        return self._places.get(curie.partition(":")[0], len(self._places))

    def _conflict(self, curie: str, claimed_by: Iterable[str]) -> None:
        self.conflicts.append(Conflict(curie, self.kinds[curie], tuple(sorted(claimed_by))))

    def _upwards(self) -> tuple[dict[str, str], dict[str, set[str]]]:
        """Each id's own better id, where it lists exactly one; and the better-named ids that list an id."""
        up: dict[str, str] = {}
        owners: dict[str, set[str]] = defaultdict(set)
        for curie, listed in self.lists.items():
            own = self._place(curie)
            better: dict[int, list[str]] = defaultdict(list)
            for other in listed:
                place = self._place(other)
                if place < own:
                    better[place].append(other)
                elif own < place < len(self._places):
                    owners[other].add(curie)
            if better:
                best = better[min(better)]
                if len(best) == 1:
                    up[curie] = best[0]
                else:
                    self._conflict(curie, best)
        return up, owners

    def resolve(self) -> tuple[dict[str, _Node], dict[str, _Node]]:
        """The entity of every id of a record, and of every other id that exactly one entity lists."""
        up, owners = self._upwards()
        parents = dict(up)
        for curie, owned in owners.items():
            if curie in self.kinds:
                roots = {_root(other, up) for other in owned} | ({_root(curie, up)} if curie in up else set())
                if len(roots) > 1:
                    self._conflict(curie, roots)
                else:
                    # A node's own word comes first, so that it counts the same whenever it is heard.
                    parents.setdefault(curie, next(iter(roots)))
        kind_of: dict[str, str] = {}
        for curie, kind in self.kinds.items():
            root = _root(curie, parents)
            kind_of[root] = "Drug" if "Drug" in (kind, kind_of.get(root)) else kind
        entities = {curie: (kind_of[root], root) for curie in self.kinds for root in [_root(curie, parents)]}
        aliases = {}
        for curie, owned in owners.items():
            roots = {_root(other, parents) for other in owned}
            if curie not in entities and len(roots) == 1:
                root = roots.pop()
                aliases[curie] = (kind_of[root], root)
        return entities, aliases


def _renewed(
    claims: Iterable[Claim], retired: Mapping[_Node, str], renamed: dict[_Node, _Node]
) -> Iterator[Claim]:
    """The records under the ids of today; `renamed` gets those whose own id is another."""
    by_family = {(family_of(kind), old): new for (kind, old), new in retired.items()}
    for claim in claims:
        family = family_of(claim.kind)
        id_ = by_family.get((family, claim.id), claim.id)
        if id_ != claim.id:
            renamed[claim.kind, claim.id] = claim.kind, id_
        xrefs = tuple(by_family.get((family, other), other) for other in claim.xrefs)
        yield Claim(claim.kind, id_, xrefs, claim.rank)


def resolve(claims: Iterable[Claim], schema: Schema, retired: Mapping[_Node, str] | None = None) -> Identity:
    """Finds the entity of each record; the result doesn't depend on the records' order.

    Args:
        claims: the records.
        schema: tells the kinds' prefixes, the preferred one first.
        retired: by kind and an id that its ontology gave up, the id that it is now.
    """
    renamed: dict[_Node, _Node] = {}
    if retired:
        claims = _renewed(claims, retired, renamed)
    ranks: dict[tuple[tuple[str, ...], str], dict[str, int]] = defaultdict(dict)
    listed: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for claim in claims:
        key = family_of(claim.kind), claim.id
        ranks[key][claim.kind] = min(claim.rank, ranks[key].get(claim.kind, claim.rank))
        listed[key].update(other for other in claim.xrefs if other != claim.id)
    groups: dict[tuple[str, ...], _Group] = {}
    for (family, curie), said in ranks.items():
        kind = _kind(said, family)
        members = family if family == _SUBSTANCES else (kind,)
        if members not in groups:
            groups[members] = _Group(members, schema)
        groups[members].kinds[curie] = kind
        groups[members].lists[curie] = listed[family, curie]
    entity: dict[_Node, _Node] = {}
    aliases: dict[_Node, _Node] = {}
    conflicts: list[Conflict] = []
    for members, group in groups.items():
        found, other = group.resolve()
        for curie, node in found.items():
            for kind in ranks[family_of(members[0]), curie]:
                if (kind, curie) != node:
                    entity[kind, curie] = node
        aliases |= {(node[0], curie): node for curie, node in other.items()}
        conflicts += group.conflicts
    entity |= {old: entity.get(new, new) for old, new in renamed.items()}
    for (kind, old), new in (retired or {}).items():
        if (kind, old) not in renamed:  # no record has it, and edges may name it all the same
            node = entity.get((kind, new), (kind, new))
            aliases.setdefault((node[0], old), node)
    return Identity(entity, aliases, tuple(sorted(conflicts, key=lambda c: (c.kind, c.id))))
