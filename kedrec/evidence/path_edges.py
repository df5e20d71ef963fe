"""Reads the edges and names of paths that are known by their nodes' ids; merges parallel edges."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from kedrec.evidence.verbalize import merge_step
from kedrec.schema import load_schema
from kedrec.stores.overlay_names import is_private
from kedrec.types import Edge, Entity, Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import PathTemplate

__all__ = ["StoredLinks", "complete_paths", "stored_edge"]

_Table = tuple[str, str, str]
"""A relation, its start kind and its end kind."""
_MAX_LINKS = 20_000
"""Links of one graph whose edges are remembered. Pairs of one disease share most of theirs."""


class StoredLinks:
    """Edges of links, and names of their ends, that were read before; the least recently used are dropped."""

    def __init__(self) -> None:
        self._links: dict[tuple[_Table, str, str], tuple[tuple[Edge, ...], str, str]] = {}

    def missing(self, table: _Table, links: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """The links of a table that aren't remembered."""
        return {link for link in links if (table, *link) not in self._links}

    def get(self, table: _Table, link: tuple[str, str]) -> tuple[tuple[Edge, ...], str, str]:
        """The edges of a remembered link, and the names of its start and its end."""
        entry = self._links.pop((table, *link))
        self._links[table, *link] = entry  # put back last
        return entry

    def put(
        self, table: _Table, link: tuple[str, str], edges: Iterable[Edge], names: tuple[str, str]
    ) -> None:
        """Remembers a link; without edges too."""
        self._links[table, *link] = (tuple(edges), *names)

    def shrink(self) -> None:
        """Forgets what is over the bound."""
        while len(self._links) > _MAX_LINKS:
            del self._links[next(iter(self._links))]


def complete_paths(
    store: GraphStore,
    candidates: Iterable[tuple[PathTemplate, Sequence[str]]],
    remembered: StoredLinks | None = None,
) -> list[Path | None]:
    """Paths with every edge of every step, read by one query a relation and pair of kinds.

    Args:
        store: the graph.
        candidates: the template of each path, and the ids of all its nodes.
        remembered: links of the same graph that were read before; those read now are added.

    Returns:
        A path for each candidate, in order; None where the graph lacks one of its edges.
    """
    candidates = list(candidates)
    links_by_table: dict[_Table, set[tuple[str, str]]] = defaultdict(set)
    for template, ids in candidates:
        for index in range(len(template.hops)):
            for table, link in _stored_links(template, index, ids):
                links_by_table[table].add(link)
    remembered = StoredLinks() if remembered is None else remembered
    for table, links in sorted(links_by_table.items()):
        _read_links(store, table, remembered.missing(table, links), remembered)
    paths = [_path(template, ids, remembered) for template, ids in candidates]
    remembered.shrink()
    return paths


def _read_links(
    store: GraphStore, table: _Table, links: set[tuple[str, str]], remembered: StoredLinks
) -> None:
    """Reads the edges of some links of one table, by one query."""
    if not links:
        return
    relation, start_kind, end_kind = table
    starts, ends = (sorted({link[end] for link in links}) for end in (0, 1))
    edges: dict[tuple[str, str], list[Edge]] = {link: [] for link in links}
    names = dict.fromkeys(links, ("", ""))
    for row in store.edges_between(relation, start_kind, end_kind, starts, ends):
        link = row["start_id"], row["end_id"]
        if link in edges:
            edges[link].append(stored_edge(relation, *link, row["edge"]))
            names[link] = row["start_name"], row["end_name"]
    for link in sorted(links):
        remembered.put(table, link, edges[link], names[link])


def _stored_links(
    template: PathTemplate, index: int, ids: Sequence[str]
) -> list[tuple[_Table, tuple[str, str]]]:
    """The tables that may store a step's edges, each with the ids of start and end."""
    hop, kinds = template.hops[index], template.kinds
    ends = (kinds[index], kinds[index + 1]), (ids[index], ids[index + 1])
    if not hop.forward:
        ends = ends[0][::-1], ends[1][::-1]
    schema_relation = load_schema().relations[hop.relation]
    orientations = (ends, (ends[0][::-1], ends[1][::-1])) if schema_relation.symmetric else (ends,)
    return [((hop.relation, *kinds), link) for kinds, link in orientations if kinds in schema_relation.pairs]


def _path(template: PathTemplate, ids: Sequence[str], links: StoredLinks) -> Path | None:
    """The path over links that were all read; None where one of its steps has no edge."""
    steps = []
    names: dict[tuple[str, str], str] = {}
    for index, hop in enumerate(template.hops):
        step_edges: list[Edge] = []
        for table, link in _stored_links(template, index, ids):
            edges, start_name, end_name = links.get(table, link)
            if edges:
                step_edges += edges
                names[table[1], link[0]], names[table[2], link[1]] = start_name, end_name
        if not step_edges:
            return None
        steps.append(merge_step(hop.relation, step_edges, forward=hop.forward))
    nodes = tuple(
        Entity(id=id_, kind=kind, name=names[kind, id_])
        for kind, id_ in zip(template.kinds, ids, strict=True)
    )
    return Path(template=template.name, metapath=template.metapath, nodes=nodes, steps=tuple(steps))


def stored_edge(relation: str, start: str, end: str, properties: Mapping[str, Any]) -> Edge:
    """An edge by its ends and its stored properties."""
    return Edge(
        start=start,
        relation=relation,
        end=end,
        source=properties["source"],
        licence=properties["licence"],
        references=tuple(properties.get("references") or ()),
        evidence=properties.get("evidence") or "",
        score=properties.get("score"),
        year=properties.get("year"),
        action=properties.get("action") or "",
        mechanisms=tuple(properties.get("mechanisms") or ()),
        private=is_private(properties["source"]),
    )
