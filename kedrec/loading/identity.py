"""Entity resolution: finds the ids that denote the same entity, by the sources' cross-references.

First, an id gets one kind within a family of kinds that sources mix up (a process and a function of the
Gene Ontology): the kind in the source of the best rank. Then ids are joined within a kind, or among drugs and
chemicals together. The preferred id is the one whose prefix comes first in the kind's list in the schema. A
node takes a better id if its cross-references list exactly one of the best prefix, and a node whose own id
exactly one better-named node lists becomes that node. An id that two entities list is a conflict and joins
neither. An id that an ontology has replaced by another of its own is resolved to that one in every source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.schema import Schema

__all__ = ["FAMILIES", "Conflict", "Identity", "NodeRecord", "family_of", "resolve"]

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("Drug", "Chemical"),
    ("Gene", "GeneFamily", "Complex"),
    ("Pathway", "MolecularFunction", "CellularComponent", "BiologicalProcess"),
    ("Cell", "Anatomy"),
)
"""Kinds among which one id denotes one entity; every other kind is a family of its own."""
_SUBSTANCES = FAMILIES[0]
"""Kinds that cross-references join with each other: a drug is a chemical."""

_Node = tuple[str, str]
"""Kind and id."""


def family_of(kind: str) -> tuple[str, ...]:
    """Looks up the family of a kind."""
    return next((family for family in FAMILIES if kind in family), (kind,))


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A record of a node: kind, id, cross-references, and the rank of its best source."""

    kind: str
    id: str
    xrefs: tuple[str, ...] = ()
    rank: int = 0


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
    """

    entity: Mapping[_Node, _Node]
    aliases: Mapping[_Node, _Node] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def _kind(ranks: Mapping[str, int], family: tuple[str, ...]) -> str:
    """Chooses the kind of an id: Drug if any source has it, else by source's rank and family's order."""
    if "Drug" in ranks:
        return "Drug"
    return min(ranks, key=lambda kind: (ranks[kind], family.index(kind)))


def _root(curie: str, parents: Mapping[str, str]) -> str:
    """Follows better ids to the best one; each step has a strictly better prefix, so it ends."""
    while curie in parents:
        curie = parents[curie]
    return curie


class _Group:
    """Ids of one kind, or of drugs and chemicals, and the cross-references of each."""

    def __init__(self, kinds: tuple[str, ...], schema: Schema) -> None:
        prefixes = dict.fromkeys(prefix for kind in kinds for prefix in schema.kinds[kind].prefixes)
        self._ranks = {prefix: rank for rank, prefix in enumerate(prefixes)}
        self.kinds: dict[str, str] = {}
        self.xrefs: dict[str, set[str]] = {}
        self.conflicts: list[Conflict] = []

    def _prefix_rank(self, curie: str) -> int:
        return self._ranks.get(curie.partition(":")[0], len(self._ranks))

    def _conflict(self, curie: str, claimed_by: Iterable[str]) -> None:
        self.conflicts.append(Conflict(curie, self.kinds[curie], tuple(sorted(claimed_by))))

    def _better_ids(self) -> tuple[dict[str, str], dict[str, set[str]]]:
        """Better id of each id that lists exactly one, and the better-named ids that list each id."""
        better_id: dict[str, str] = {}
        owners: dict[str, set[str]] = defaultdict(set)
        for curie, xrefs in self.xrefs.items():
            own_rank = self._prefix_rank(curie)
            better: dict[int, list[str]] = defaultdict(list)
            for xref in xrefs:
                rank = self._prefix_rank(xref)
                if rank < own_rank:
                    better[rank].append(xref)
                elif own_rank < rank < len(self._ranks):
                    owners[xref].add(curie)
            if better:
                best = better[min(better)]
                if len(best) == 1:
                    better_id[curie] = best[0]
                else:
                    self._conflict(curie, best)
        return better_id, owners

    def resolve(self) -> tuple[dict[str, _Node], dict[str, _Node]]:
        """Resolves the ids of all records, and every other id that exactly one entity lists."""
        better_id, owners = self._better_ids()
        parents = dict(better_id)
        for curie, owner_ids in owners.items():
            if curie in self.kinds:
                roots = {_root(owner, better_id) for owner in owner_ids} | (
                    {_root(curie, better_id)} if curie in better_id else set()
                )
                if len(roots) > 1:
                    self._conflict(curie, roots)
                else:
                    # A node's own better id comes first, so that the order of the records doesn't matter.
                    parents.setdefault(curie, next(iter(roots)))
        kind_of: dict[str, str] = {}
        for curie, kind in self.kinds.items():
            root = _root(curie, parents)
            kind_of[root] = "Drug" if "Drug" in (kind, kind_of.get(root)) else kind
        entities = {curie: (kind_of[root], root) for curie in self.kinds for root in [_root(curie, parents)]}
        aliases = {}
        for curie, owner_ids in owners.items():
            roots = {_root(owner, parents) for owner in owner_ids}
            if curie not in entities and len(roots) == 1:
                root = roots.pop()
                aliases[curie] = (kind_of[root], root)
        return entities, aliases


def _with_successors(
    claims: Iterable[NodeRecord], retired: Mapping[_Node, str], renamed: dict[_Node, _Node]
) -> Iterator[NodeRecord]:
    """Replaces retired ids in the records by their successors; `renamed` gets those whose own id changes."""
    by_family = {(family_of(kind), old): new for (kind, old), new in retired.items()}
    for claim in claims:
        family = family_of(claim.kind)
        id_ = by_family.get((family, claim.id), claim.id)
        if id_ != claim.id:
            renamed[claim.kind, claim.id] = claim.kind, id_
        xrefs = tuple(by_family.get((family, other), other) for other in claim.xrefs)
        yield NodeRecord(claim.kind, id_, xrefs, claim.rank)


def resolve(
    claims: Iterable[NodeRecord], schema: Schema, retired: Mapping[_Node, str] | None = None
) -> Identity:
    """Finds the entity of each record; the result doesn't depend on the order of the records.

    Args:
        claims: the records.
        schema: schema with the prefixes of each kind, the preferred one first.
        retired: successor of each retired id, by kind and retired id.
    """
    renamed: dict[_Node, _Node] = {}
    if retired:
        claims = _with_successors(claims, retired, renamed)
    ranks: dict[tuple[tuple[str, ...], str], dict[str, int]] = defaultdict(dict)
    xrefs: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for claim in claims:
        key = family_of(claim.kind), claim.id
        ranks[key][claim.kind] = min(claim.rank, ranks[key].get(claim.kind, claim.rank))
        xrefs[key].update(xref for xref in claim.xrefs if xref != claim.id)
    groups: dict[tuple[str, ...], _Group] = {}
    for (family, curie), kind_ranks in ranks.items():
        kind = _kind(kind_ranks, family)
        members = family if family == _SUBSTANCES else (kind,)
        if members not in groups:
            groups[members] = _Group(members, schema)
        groups[members].kinds[curie] = kind
        groups[members].xrefs[curie] = xrefs[family, curie]
    entity: dict[_Node, _Node] = {}
    aliases: dict[_Node, _Node] = {}
    conflicts: list[Conflict] = []
    for members, group in groups.items():
        resolved, listed_only = group.resolve()
        for curie, node in resolved.items():
            for kind in ranks[family_of(members[0]), curie]:
                if (kind, curie) != node:
                    entity[kind, curie] = node
        aliases |= {(node[0], curie): node for curie, node in listed_only.items()}
        conflicts += group.conflicts
    entity |= {old: entity.get(new, new) for old, new in renamed.items()}
    for (kind, old), new in (retired or {}).items():
        if (kind, old) not in renamed:  # no record has it, but edges may name it
            node = entity.get((kind, new), (kind, new))
            aliases.setdefault((node[0], old), node)
    return Identity(entity, aliases, tuple(sorted(conflicts, key=lambda c: (c.kind, c.id))))
