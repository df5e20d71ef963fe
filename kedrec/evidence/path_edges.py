"""Fills the paths that templates found with their edges and names, parallel edges merged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from kedrec.evidence.verbalize import merge_step
from kedrec.ranking.metapaths import kinds_of
from kedrec.schema import load_schema
from kedrec.stores.overlay_names import is_private
from kedrec.types import Edge, Entity, Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import PathTemplate

__all__ = ["complete_paths"]

_Table = tuple[str, str, str]
"""A relation, its start kind and its end kind."""


def complete_paths(
    store: GraphStore, found: Iterable[tuple[PathTemplate, Sequence[str]]]
) -> list[Path | None]:
    """The paths of some templates, by the ids of all their nodes, with every edge of every step.

    The edges are read by one query a relation and pair of kinds.

    Returns:
        A path for each one found, in order; None where the graph lacks one of its edges.
    """
    found = list(found)
    wanted: dict[_Table, set[tuple[str, str]]] = defaultdict(set)
    for template, ids in found:
        for place in range(len(template.hops)):
            for table, link in _places(template, place, ids):
                wanted[table].add(link)
    edges: dict[tuple[_Table, str, str], list[Edge]] = defaultdict(list)
    names: dict[tuple[str, str], str] = {}
    for table, links in sorted(wanted.items()):
        relation, start_kind, end_kind = table
        starts, ends = (sorted({link[end] for link in links}) for end in (0, 1))
        for row in store.edges_between(relation, start_kind, end_kind, starts, ends):
            start, end = row["start_id"], row["end_id"]
            names[start_kind, start], names[end_kind, end] = row["start_name"], row["end_name"]
            edges[table, start, end].append(_edge(relation, start, end, row["edge"]))
    return [_path(template, ids, edges, names) for template, ids in found]


def _places(template: PathTemplate, place: int, ids: Sequence[str]) -> list[tuple[_Table, tuple[str, str]]]:
    """Where a step's edges can be stored: the table, and the ids of start and end."""
    hop, kinds = template.hops[place], kinds_of(template)
    ends = (kinds[place], kinds[place + 1]), (ids[place], ids[place + 1])
    if not hop.forward:
        ends = ends[0][::-1], ends[1][::-1]
    known = load_schema().relations[hop.relation]
    turns = (ends, (ends[0][::-1], ends[1][::-1])) if known.symmetric else (ends,)
    return [((hop.relation, *kinds), link) for kinds, link in turns if kinds in known.pairs]


def _path(
    template: PathTemplate,
    ids: Sequence[str],
    edges: Mapping[tuple[_Table, str, str], list[Edge]],
    names: Mapping[tuple[str, str], str],
) -> Path | None:
    steps = []
    for place, hop in enumerate(template.hops):
        stated = [
            edge for table, link in _places(template, place, ids) for edge in edges.get((table, *link), ())
        ]
        if not stated:
            return None
        steps.append(merge_step(hop.relation, stated, forward=hop.forward))
    nodes = tuple(
        Entity(id=id_, kind=kind, name=names[kind, id_])
        for kind, id_ in zip(kinds_of(template), ids, strict=True)
    )
    return Path(template=template.name, metapath=template.metapath, nodes=nodes, steps=tuple(steps))


def _edge(relation: str, start: str, end: str, stored: Mapping[str, Any]) -> Edge:
    return Edge(
        start=start,
        relation=relation,
        end=end,
        source=stored["source"],
        licence=stored["licence"],
        references=tuple(stored.get("references") or ()),
        evidence=stored.get("evidence") or "",
        score=stored.get("score"),
        year=stored.get("year"),
        action=stored.get("action") or "",
        mechanisms=tuple(stored.get("mechanisms") or ()),
        private=is_private(stored["source"]),
    )
