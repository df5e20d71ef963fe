"""Entity resolution: finds the ids that denote the same entity, by the sources' cross-references.

First, an id gets one kind within a family of kinds that sources mix up (a process and a function of the
Gene Ontology): the kind in the source of the best rank. Then ids are joined within a kind, or among drugs and
chemicals together. The preferred id is the one whose prefix comes first in the kind's list in the schema. A
node takes a better id if its cross-references list exactly one of the best prefix, and a node whose own id
exactly one better-named node lists becomes that node. An id that two entities list is a conflict and joins
neither. An id that an ontology has replaced by another of its own is resolved to that one in every source.

What a source says of its own terms' equals outranks what others list (`TRUST`). Two ids of a vocabulary whose
ids are distinct in the schema are never one entity: where one id would be equal to two of them, it is equal
to the one of the best trust; among those, to the only one of the same name, or whose name is a synonym of its
own; or to none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kedrec.loading.kind_families import SUBSTANCES, family_of
from kedrec.loading.node_records import TRUST, Conflict, Identity, NodeRecord

if TYPE_CHECKING:
    from kedrec.schema import Schema

__all__ = ["resolve"]

_Node = tuple[str, str]
"""Kind and id."""


def _kind(ranks: Mapping[str, int], family: tuple[str, ...]) -> str:
    """Chooses the kind of an id: Drug if any source has it, else by source's rank and family's order."""
    if "Drug" in ranks:
        return "Drug"
    return min(ranks, key=lambda kind: (ranks[kind], family.index(kind)))


def _prefix(curie: str) -> str:
    return curie.partition(":")[0]


def _root(curie: str, parents: Mapping[str, tuple[str, int]]) -> str:
    """Follows better ids to the best one; each step has a strictly better prefix, so it ends."""
    while curie in parents:
        curie = parents[curie][0]
    return curie


def _root_and_trust(curie: str, parents: Mapping[str, tuple[str, int]]) -> tuple[str, int]:
    """Follows better ids to the best one; the trust is that of the least trusted step, -1 without any."""
    least = -1
    while curie in parents:
        curie, trust = parents[curie]
        least = max(least, trust)
    return curie, least


_Pair = tuple[str, str]
"""Two ids that a source says are equal, the one of the better prefix first."""


def _best_names(ranks: Mapping[str, int]) -> frozenset[str]:
    """The names by an id's best source, of all its names with their ranks."""
    return frozenset(name for name, rank in ranks.items() if rank == min(ranks.values()))


class _Group:
    """Ids of one kind, or of drugs and chemicals, and the cross-references of each with their trust."""

    def __init__(self, kinds: tuple[str, ...], schema: Schema) -> None:
        prefixes = dict.fromkeys(prefix for kind in kinds for prefix in schema.kinds[kind].prefixes)
        self._ranks = {prefix: rank for rank, prefix in enumerate(prefixes)}
        self._distinct = {prefix for kind in kinds for prefix in schema.kinds[kind].distinct}
        self.kinds: dict[str, str] = {}
        self.xrefs: dict[str, dict[str, int]] = {}
        self.names: dict[str, dict[str, int]] = {}
        self.synonyms: dict[str, frozenset[str]] = {}
        self.overruled: set[_Pair] = set()
        self._rival_claims: list[tuple[str, tuple[str, ...], int]] = []

    def _prefix_rank(self, curie: str) -> int:
        return self._ranks.get(_prefix(curie), len(self._ranks))

    def _conflict(self, curie: str, claimed_by: Iterable[str], trust: int) -> None:
        if curie in self.kinds:
            self._rival_claims.append((curie, tuple(sorted(claimed_by)), trust))

    def _conflicts(self, parents: Mapping[str, tuple[str, int]]) -> list[Conflict]:
        """Conflicts that better trusted cross-references don't decide."""
        conflicts = []
        for curie, claimed_by, trust in self._rival_claims:
            worse = {max(curie, other, key=self._prefix_rank) for other in claimed_by}
            if not all(id_ in parents and parents[id_][1] < trust for id_ in worse):
                conflicts.append(Conflict(curie, self.kinds[curie], claimed_by))
        return conflicts

    def _pairs(self) -> tuple[dict[_Pair, int], dict[_Pair, int]]:
        """Trust of each pair of ids: listed by the worse id, and listed by the better one."""
        upward: dict[_Pair, int] = {}
        downward: dict[_Pair, int] = {}
        for curie, xrefs in self.xrefs.items():
            own_rank = self._prefix_rank(curie)
            for xref, trust in xrefs.items():
                rank = self._prefix_rank(xref)
                if rank < own_rank:
                    upward[xref, curie] = trust
                elif own_rank < rank < len(self._ranks):
                    downward[curie, xref] = trust
        return upward, downward

    def _pass_on(self, upward: dict[_Pair, int], trusts: dict[_Pair, int]) -> None:
        """Adds what is known of an id to the better id that it becomes, which would leave it out otherwise.

        CHEBI:1 equals MESH:1 for sure, and MESH:1 lists DRUGBANK:1: without this, MESH:1 would become
        CHEBI:1, and DRUGBANK:1 stay another drug. Ids of distinct vocabularies are left to `_refused`.
        """
        better_of: dict[str, dict[str, int]] = defaultdict(dict)
        own: dict[tuple[str, str], tuple[int, str]] = {}
        for (better, worse), trust in trusts.items():
            if _prefix(better) not in self._distinct and _prefix(worse) not in self._distinct:
                better_of[worse][better] = trust
                key = worse, _prefix(better)
                own[key] = min((trust, better), own.get(key, (trust, better)))
        # The worst ids come first: what one passes on, the next may pass on.
        for _, worse in sorted((-self._prefix_rank(worse), worse) for worse in list(better_of)):
            ordered = sorted((trust, self._prefix_rank(id_), id_) for id_, trust in better_of[worse].items())
            least, taken_rank, taken = ordered[0]
            best = min(rank for _, rank, _ in ordered)
            ids = [(trust, other) for trust, rank, other in ordered if rank == best]
            is_contested = sum(known[:2] == (least, taken_rank) for known in ordered) > 1
            if best == taken_rank or len(ids) > 1 or is_contested:
                continue
            trust, other = ids[0]
            known_trust, known = own.get((taken, _prefix(other)), (trust, other))
            if known == other or trust < known_trust:  # what is said of the id itself counts first
                pair = other, taken
                upward[pair] = min(trust, upward.get(pair, trust))
                trusts[pair] = min(trust, trusts.get(pair, trust))
                better_of[taken][other] = trusts[pair]

    def _refused(self, trusts: Mapping[_Pair, int]) -> set[_Pair]:
        """Pairs by which an id would be equal to two ids of a vocabulary whose ids are distinct.

        Of the pairs of an id with such a vocabulary, one stands: the only one of the best trust, or the only
        one of these with the same name (see `_namesake`). What several better ids claim is refused first.
        """
        refused: set[_Pair] = set()
        for is_upward in (True, False):
            rivals: dict[tuple[str, str], list[tuple[int, str, _Pair]]] = defaultdict(list)
            for pair, trust in trusts.items():
                one, other = pair[::-1] if is_upward else pair
                if _prefix(other) in self._distinct and pair not in refused:
                    rivals[one, _prefix(other)].append((trust, other, pair))
            for (curie, _), pairs in rivals.items():
                best = min(trust for trust, _, _ in pairs)
                equal = sorted(other for trust, other, _ in pairs if trust == best)
                self.overruled |= {pair for trust, _, pair in pairs if trust > best}
                refused |= {pair for trust, _, pair in pairs if trust > best}
                if len(equal) > 1 and self._keeps_apart(curie, equal, best):
                    self._conflict(curie, equal, best)
                    namesake = self._namesake(curie, equal)
                    refused |= {pair for _, other, pair in pairs if other != namesake}
        return refused

    def _keeps_apart(self, curie: str, equal: Sequence[str], trust: int) -> bool:
        """True if ids of a distinct vocabulary that equal one id are different entities.

        An id merely listed may be another word for the same unless sources have a record of each.
        """
        is_better = self._prefix_rank(equal[0]) < self._prefix_rank(curie)
        return is_better or trust < TRUST["listed"] or sum(other in self.kinds for other in equal) > 1

    def _namesake(self, curie: str, others: Sequence[str]) -> str:
        """The only one of some ids that has an id's name; "" if none has.

        Names by each id's best source come first, then those by any; then names of the others that are
        synonyms of the id's.
        """
        own = self.names.get(curie, {})
        synonyms = self.synonyms.get(curie, frozenset())
        for names, names_of in (
            (_best_names(own), _best_names),
            (frozenset(own), frozenset[str]),
            (synonyms, frozenset[str]),
        ):
            same = [other for other in others if not names.isdisjoint(names_of(self.names.get(other, {})))]
            if len(same) == 1:
                return same[0]
        return ""

    def _parents(self) -> dict[str, tuple[str, int]]:
        """Better id of each id that is part of another's entity, with the trust by which it is."""
        upward, downward = self._pairs()
        trusts = dict(upward)
        for pair, trust in downward.items():
            trusts[pair] = min(trust, trusts.get(pair, trust))
        self._pass_on(upward, trusts)
        refused = self._refused(trusts)
        own: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for (better, worse), trust in upward.items():
            if (better, worse) not in refused:
                own[worse].append((trust, self._prefix_rank(better), better))
        owners: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for (better, worse), trust in downward.items():
            if (better, worse) not in refused:
                owners[worse].append((trust, better))
        parents: dict[str, tuple[str, int]] = {}
        # A better id is done before all worse ones, so its own entity is known.
        for curie in sorted({*own, *owners}, key=lambda curie: (self._prefix_rank(curie), curie)):
            parent = self._own_parent(curie, own.get(curie, []))
            owner_trust = min((trust for trust, _ in owners.get(curie, ())), default=0)
            best_owners = [better for trust, better in owners.get(curie, ()) if trust == owner_trust]
            if best_owners and (parent is None or owner_trust <= parent[1]):
                roots = {_root(better, parents) for better in best_owners}
                if parent is not None and owner_trust == parent[1]:
                    roots.add(_root(parent[0], parents))
                if len(roots) > 1:
                    self._conflict(curie, roots, owner_trust)
                elif parent is None or owner_trust < parent[1]:
                    parent = roots.pop(), owner_trust
            if parent is not None:
                parents[curie] = parent
        return parents

    def _own_parent(self, curie: str, better: list[tuple[int, int, str]]) -> tuple[str, int] | None:
        """The better id that a node takes by its own cross-references, with its trust."""
        if not better:
            return None
        best = min(better)[:2]
        ids = sorted(other for *rank, other in better if tuple(rank) == best)
        if len(ids) > 1:
            self._conflict(curie, ids, best[0])
            return None
        return ids[0], best[0]

    def _part_distinct(self, parents: dict[str, tuple[str, int]]) -> None:
        """Parts ids of one distinct vocabulary that came to be one entity by way of other ids."""
        while True:
            members: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
            for curie in {*self.kinds, *parents}:
                if _prefix(curie) in self._distinct:
                    root, trust = _root_and_trust(curie, parents)
                    members[root, _prefix(curie)].append((trust, curie))
            parted = False
            for (root, _), ids in members.items():
                if len(ids) > 1:
                    least = min(ids)[0]
                    equal = [curie for trust, curie in ids if trust == least]
                    is_contested = len(equal) > 1 and self._keeps_apart(root, equal, least)
                    for trust, curie in ids:
                        if (trust > least or is_contested) and parents.pop(curie, None) is not None:
                            parted = True
                            self._conflict(curie, {root, *(other for _, other in ids)} - {curie}, trust)
            if not parted:
                return

    def resolve(self) -> tuple[dict[str, _Node], dict[str, _Node], list[Conflict]]:
        """Nodes of the ids of all records, and of every other id that exactly one entity lists; conflicts."""
        parents = self._parents()
        self._part_distinct(parents)
        kind_of: dict[str, str] = {}
        for curie, kind in self.kinds.items():
            root = _root(curie, parents)
            kind_of[root] = "Drug" if "Drug" in (kind, kind_of.get(root)) else kind
        entities = {curie: (kind_of[root], root) for curie in self.kinds for root in [_root(curie, parents)]}
        aliases = {}
        for curie in parents:
            root = _root(curie, parents)
            if curie not in entities and root in kind_of:
                aliases[curie] = (kind_of[root], root)
        return entities, aliases, self._conflicts(parents)


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
        yield NodeRecord(claim.kind, id_, xrefs, claim.rank, claim.trust, claim.names, claim.synonyms)


def _grouped(
    claims: Iterable[NodeRecord], schema: Schema
) -> tuple[dict[tuple[str, ...], _Group], dict[tuple[tuple[str, ...], str], dict[str, int]]]:
    """Groups ids that may be joined, and gives the best rank of each id's kinds by family and id."""
    ranks: dict[tuple[tuple[str, ...], str], dict[str, int]] = defaultdict(dict)
    xrefs: dict[tuple[tuple[str, ...], str], dict[str, int]] = defaultdict(dict)
    names: dict[tuple[tuple[str, ...], str], dict[str, int]] = defaultdict(dict)
    synonyms: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for claim in claims:
        key = family_of(claim.kind), claim.id
        ranks[key][claim.kind] = min(claim.rank, ranks[key].get(claim.kind, claim.rank))
        trusts = xrefs[key]
        for xref in claim.xrefs:
            if xref != claim.id:
                trusts[xref] = min(claim.trust, trusts.get(xref, claim.trust))
        for name in claim.names:
            names[key][name] = min(claim.rank, names[key].get(name, claim.rank))
        if claim.synonyms:
            synonyms[key].update(claim.synonyms)
    groups: dict[tuple[str, ...], _Group] = {}
    for (family, curie), kind_ranks in ranks.items():
        kind = _kind(kind_ranks, family)
        members = family if family == SUBSTANCES else (kind,)
        if members not in groups:
            groups[members] = _Group(members, schema)
        groups[members].kinds[curie] = kind
        groups[members].xrefs[curie] = xrefs[family, curie]
        if (family, curie) in names:
            groups[members].names[curie] = names[family, curie]
        if (family, curie) in synonyms:
            groups[members].synonyms[curie] = frozenset(synonyms[family, curie])
    return groups, ranks


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
    groups, ranks = _grouped(claims, schema)
    entity: dict[_Node, _Node] = {}
    aliases: dict[_Node, _Node] = {}
    conflicts: list[Conflict] = []
    overruled: set[tuple[str, str, str]] = set()
    for members, group in groups.items():
        resolved, listed_only, rivals = group.resolve()
        for curie, node in resolved.items():
            for kind in ranks[family_of(members[0]), curie]:
                if (kind, curie) != node:
                    entity[kind, curie] = node
        aliases |= {(node[0], curie): node for curie, node in listed_only.items()}
        conflicts += rivals
        for one, other in group.overruled:
            overruled |= {
                (group.kinds[id_], id_, xref)
                for id_, xref in ((one, other), (other, one))
                if id_ in group.kinds
            }
    entity |= {old: entity.get(new, new) for old, new in renamed.items()}
    for (kind, old), new in (retired or {}).items():
        if (kind, old) not in renamed:  # no record has it, but edges may name it
            node = entity.get((kind, new), (kind, new))
            aliases.setdefault((node[0], old), node)
    order = tuple(sorted(set(conflicts), key=lambda c: (c.kind, c.id, c.claimed_by)))
    return Identity(entity, aliases, order, frozenset(overruled))
