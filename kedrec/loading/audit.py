"""Audits a loaded graph for problems in its data: duplicates, invalid ids, isolated nodes, conflicts."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from kedrec.common.plain_text import normal_name
from kedrec.loading.kind_families import FAMILIES, family_of
from kedrec.loading.licences import known_licences
from kedrec.loading.state import unfinished_source_advice
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
    """Nodes of one kind whose names differ only in case, accents and punctuation."""

    kind: str
    name: str
    ids: tuple[str, ...]


class WrongId(_Frozen):
    """A node whose id can't be looked up: without a prefix, or of a vocabulary unknown to its kind."""

    kind: str
    id: str
    why: str


class SharedId(_Frozen):
    """An id that several nodes list as a cross-reference, or one that isn't its node, so that it joined none.

    Attributes:
        stands: True if a node has the id itself; any of those that list it could be the same entity.
    """

    id: str
    kind: str
    listed_by: tuple[str, ...]
    stands: bool


class LicenceCount(_Frozen):
    """Number of edges under a licence, and the uses it is known to allow."""

    licence: str
    edges: int
    sources: tuple[str, ...]
    known: bool
    allows: tuple[str, ...]


class Audit(_Frozen):
    """Findings of an audit.

    Attributes:
        half_loaded: advice about each source whose load is unfinished.
        nodes: number of nodes by kind, then by source; a node of two sources counts for both.
        edges: number of edges by relation, then by source.
        doubles: nodes that share a name, the largest groups first.
        wrong_ids: nodes whose id can't be looked up.
        isolated: ids of nodes without an edge, by kind.
        conflicts: ids that several nodes list, and ids of nodes that another node lists.
        licences: edges by licence, the most frequent first.
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
    """Audits a graph. Reads every node; edges are only counted by the database.

    Args:
        store: the graph.
        progress: progress callback, in kinds and relations.

    Raises:
        StoreError: the graph database refused or failed.
    """
    start_time = time.monotonic()
    schema, fingerprint = load_schema(), store.fingerprint()
    kinds = [kind for kind in schema.kinds if fingerprint.nodes.get(kind)]
    relations = sorted({relation for relation, _ in fingerprint.edges})
    done, total = 0, len(kinds) + len(relations)
    nodes: dict[str, dict[str, int]] = {}
    doubles: list[DoubleName] = []
    wrong_ids: list[WrongId] = []
    isolated: dict[str, tuple[str, ...]] = {}
    listed_by: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    ids: dict[str, set[str]] = defaultdict(set)
    for kind in kinds:
        table = store.nodes(kind, ["id", "name", "xrefs", "sources"]).to_pydict()
        nodes[kind] = dict(
            sorted(Counter(source for sources in table["sources"] for source in sources).items())
        )
        doubles += _double_names(kind, table["id"], table["name"])
        wrong_ids += _wrong_ids(kind, table["id"], schema)
        group = _xref_group(kind)
        ids[group].update(table["id"])
        for curie, xrefs in zip(table["id"], table["xrefs"], strict=True):
            for xref in xrefs:
                if xref.partition(":")[0] in schema.kinds[kind].prefixes:
                    listed_by[group][xref].add(curie)
        isolated_ids = tuple(store.isolated_ids(kind))
        if isolated_ids:
            isolated[kind] = isolated_ids
        done += 1
        if progress:
            progress("Auditing", done, total)
    licences: Counter[str] = Counter()
    sources_by_licence: dict[str, set[str]] = defaultdict(set)
    edges: dict[str, dict[str, int]] = defaultdict(dict)
    for relation in relations:
        for (source, licence), count in store.licences(relation).items():
            licences[licence] += count
            sources_by_licence[licence].add(source)
            edges[relation][source] = edges[relation].get(source, 0) + count
        done += 1
        if progress:
            progress("Auditing", done, total)
    return Audit(
        graph=store.url,
        engine=store.engine,
        fingerprint=str(fingerprint),
        half_loaded=unfinished_source_advice(store.metadata()),
        nodes=nodes,
        edges={relation: dict(sorted(by.items())) for relation, by in edges.items()},
        doubles=tuple(sorted(doubles, key=lambda double: (-len(double.ids), double.kind, double.name))),
        wrong_ids=tuple(wrong_ids),
        isolated=isolated,
        conflicts=_shared_ids(listed_by, ids),
        licences=_licence_counts(licences, sources_by_licence),
        seconds=round(time.monotonic() - start_time, 3),
    )


def _xref_group(kind: str) -> str:
    """Group of kinds that cross-references join: drugs with chemicals, every other kind alone."""
    return FAMILIES[0][0] if family_of(kind) == FAMILIES[0] else kind


def _double_names(kind: str, ids: list[str], names: list[str]) -> list[DoubleName]:
    by_name: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for curie, name in zip(ids, names, strict=True):
        by_name[normal_name(name)].append((curie, name))
    return [
        DoubleName(kind=kind, name=members[0][1], ids=tuple(curie for curie, _ in members))
        for normal, members in by_name.items()
        if normal and len(members) > 1
    ]


def _wrong_ids(kind: str, ids: list[str], schema: Schema) -> list[WrongId]:
    prefixes = {prefix for member in family_of(kind) for prefix in schema.kinds[member].prefixes}
    wrong_ids = []
    for curie in ids:
        if not _ID.fullmatch(curie):
            wrong_ids.append(WrongId(kind=kind, id=curie, why="not PREFIX:LOCAL"))
        elif curie.partition(":")[0] not in prefixes:
            wrong_ids.append(WrongId(kind=kind, id=curie, why="vocabulary unknown to the kind"))
    return wrong_ids


def _shared_ids(
    listed_by: Mapping[str, Mapping[str, set[str]]], ids: Mapping[str, set[str]]
) -> tuple[SharedId, ...]:
    shared = [
        SharedId(id=curie, kind=kind, listed_by=tuple(sorted(curies)), stands=curie in ids[kind])
        for kind, by_id in listed_by.items()
        for curie, curies in by_id.items()
        if len(curies) > 1 or curie in ids[kind]
    ]
    return tuple(sorted(shared, key=lambda shared: (not shared.stands, shared.kind, shared.id)))


def _licence_counts(
    counts: Counter[str], sources_by_licence: Mapping[str, set[str]]
) -> tuple[LicenceCount, ...]:
    known = known_licences()
    rows = []
    for licence, count in counts.most_common():
        parts = [known.allows.get(part.strip()) for part in licence.split(" / ")]
        allows = frozenset(known.uses).intersection(*(part or frozenset() for part in parts))
        rows.append(
            LicenceCount(
                licence=licence,
                edges=count,
                sources=tuple(sorted(sources_by_licence[licence])),
                known=None not in parts,
                allows=tuple(use for use in known.uses if use in allows),
            )
        )
    return tuple(rows)
