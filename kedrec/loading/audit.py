"""Looks through a loaded graph for what loading can't mend: doubles, ids that can't be, gaps, conflicts."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from kedrec.common.plain_text import normal_name
from kedrec.loading.identity import FAMILIES, family_of
from kedrec.loading.licences import known_licences
from kedrec.loading.state import half_loaded
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.schema import Schema
    from kedrec.stores import GraphStore

__all__ = ["Audit", "DoubleName", "LicenceCount", "SharedId", "WrongId", "audit"]

_ID = re.compile(r"[A-Za-z0-9]+:\S+")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DoubleName(_Frozen):
    """Several nodes of one kind whose names differ in case, accents and punctuation only."""

    kind: str
    name: str
    ids: tuple[str, ...]


class WrongId(_Frozen):
    """A node whose id can't be looked up: it has no prefix, or that of a vocabulary unknown to its kind."""

    kind: str
    id: str
    why: str


class SharedId(_Frozen):
    """An id that several nodes list as a cross-reference, so that it joined none of them.

    Attributes:
        stands: whether a node has the id itself, which could be any of those that list it.
    """

    id: str
    kind: str
    listed_by: tuple[str, ...]
    stands: bool


class LicenceCount(_Frozen):
    """Edges under a licence, and the uses it is known to allow."""

    licence: str
    edges: int
    sources: tuple[str, ...]
    known: bool
    allows: tuple[str, ...]


class Audit(_Frozen):
    """What an audit found.

    Attributes:
        half_loaded: sources whose load hasn't ended, and what to do.
        nodes: nodes by kind, then by source; one that two sources bring counts for both.
        edges: edges by relation, then by source.
        doubles: nodes that share a name, the largest groups first.
        wrong_ids: nodes whose id can't be looked up.
        isolated: ids of nodes without an edge, by kind.
        conflicts: ids that several nodes claim.
        licences: the commonest first.
    """

    graph: str
    engine: str
    fingerprint: str
    half_loaded: dict[str, str]
    nodes: dict[str, dict[str, int]]
    edges: dict[str, dict[str, int]]
    doubles: tuple[DoubleName, ...]
    wrong_ids: tuple[WrongId, ...]
    isolated: dict[str, tuple[str, ...]]
    conflicts: tuple[SharedId, ...]
    licences: tuple[LicenceCount, ...]
    seconds: float


def audit(store: GraphStore, progress: Progress | None = None) -> Audit:
    """Audits a graph; reads every node and no edge, whose counts the database gives.

    Args:
        store: the graph.
        progress: told how many kinds and relations are done.

    Raises:
        StoreError: the graph database refused or failed.
    """
    began = time.monotonic()
    schema, held = load_schema(), store.fingerprint()
    kinds = [kind for kind in schema.kinds if held.nodes.get(kind)]
    relations = sorted({relation for relation, _ in held.edges})
    done, total = 0, len(kinds) + len(relations)
    nodes: dict[str, dict[str, int]] = {}
    doubles: list[DoubleName] = []
    wrong: list[WrongId] = []
    isolated: dict[str, tuple[str, ...]] = {}
    claims: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    ids: dict[str, set[str]] = defaultdict(set)
    for kind in kinds:
        table = store.nodes(kind, ["id", "name", "xrefs", "sources"]).to_pydict()
        nodes[kind] = dict(sorted(Counter(one for row in table["sources"] for one in row).items()))
        doubles += _doubles(kind, table["id"], table["name"])
        wrong += _wrong(kind, table["id"], schema)
        family = _meeting(kind)
        ids[family].update(table["id"])
        for curie, listed in zip(table["id"], table["xrefs"], strict=True):
            for other in listed:
                if other.partition(":")[0] in schema.kinds[kind].prefixes:
                    claims[family][other].add(curie)
        alone = tuple(store.isolated(kind))
        if alone:
            isolated[kind] = alone
        done += 1
        if progress:
            progress("Auditing", done, total)
    licences: Counter[str] = Counter()
    said_by: dict[str, set[str]] = defaultdict(set)
    edges: dict[str, dict[str, int]] = defaultdict(dict)
    for relation in relations:
        for (source, licence), count in store.licences(relation).items():
            licences[licence] += count
            said_by[licence].add(source)
            edges[relation][source] = edges[relation].get(source, 0) + count
        done += 1
        if progress:
            progress("Auditing", done, total)
    return Audit(
        graph=store.url,
        engine=store.engine,
        fingerprint=str(held),
        half_loaded=half_loaded(store.metadata()),
        nodes=nodes,
        edges={relation: dict(sorted(by.items())) for relation, by in edges.items()},
        doubles=tuple(sorted(doubles, key=lambda one: (-len(one.ids), one.kind, one.name))),
        wrong_ids=tuple(wrong),
        isolated=isolated,
        conflicts=_conflicts(claims, ids),
        licences=_licences(licences, said_by),
        seconds=round(time.monotonic() - began, 3),
    )


def _meeting(kind: str) -> str:
    """The kinds that meet by cross-references: drugs and chemicals do, every other kind alone."""
    return FAMILIES[0][0] if family_of(kind) == FAMILIES[0] else kind


def _doubles(kind: str, ids: list[str], names: list[str]) -> list[DoubleName]:
    by_name: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for curie, name in zip(ids, names, strict=True):
        by_name[normal_name(name)].append((curie, name))
    return [
        DoubleName(kind=kind, name=found[0][1], ids=tuple(curie for curie, _ in found))
        for word, found in by_name.items()
        if word and len(found) > 1
    ]


def _wrong(kind: str, ids: list[str], schema: Schema) -> list[WrongId]:
    prefixes = {prefix for one in family_of(kind) for prefix in schema.kinds[one].prefixes}
    found = []
    for curie in ids:
        if not _ID.fullmatch(curie):
            found.append(WrongId(kind=kind, id=curie, why="not PREFIX:LOCAL"))
        elif curie.partition(":")[0] not in prefixes:
            found.append(WrongId(kind=kind, id=curie, why="vocabulary unknown to the kind"))
    return found


def _conflicts(
    claims: Mapping[str, Mapping[str, set[str]]], ids: Mapping[str, set[str]]
) -> tuple[SharedId, ...]:
    found = [
        SharedId(id=curie, kind=kind, listed_by=tuple(sorted(by)), stands=curie in ids[kind])
        for kind, listed in claims.items()
        for curie, by in listed.items()
        if len(by) > 1
    ]
    return tuple(sorted(found, key=lambda one: (not one.stands, one.kind, one.id)))


def _licences(counts: Counter[str], said_by: Mapping[str, set[str]]) -> tuple[LicenceCount, ...]:
    known = known_licences()
    found = []
    for licence, count in counts.most_common():
        parts = [known.allows.get(part.strip()) for part in licence.split(" / ")]
        allows = frozenset(known.uses).intersection(*(part or frozenset() for part in parts))
        found.append(
            LicenceCount(
                licence=licence,
                edges=count,
                sources=tuple(sorted(said_by[licence])),
                known=None not in parts,
                allows=tuple(use for use in known.uses if use in allows),
            )
        )
    return tuple(found)
