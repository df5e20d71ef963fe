"""Restricts a graph to chosen overlays and to edges up to a year.

No other module filters by overlay or year: every query reads the graph through `visible_store`, on every
engine.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kedrec.errors import NotFoundError, UsageError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, Fingerprint, GraphStore, Row, YearCount
from kedrec.stores.cypher_statements import chosen_columns
from kedrec.stores.key_sums import add_digests, edge_key, keys_digest, node_key
from kedrec.stores.overlay_names import is_private, overlay_name, overlay_source, parse_overlays
from kedrec.stores.read_only import ReadOnlyStore
from kedrec.stores.templates import path_templates
from kedrec.stores.view import SOURCE_FACT, GraphView, overlays_of

if TYPE_CHECKING:
    import pyarrow as pa

    from kedrec.stores.templates import PathTemplate

__all__ = ["VisibleStore", "view_of", "visible_store"]

_UNFILTERABLE = frozenset(f"lookup/{name}" for name in ("degrees", "metadata", "blob-parts", "blob-names"))
"""Templates whose rows summarise the entire graph and can't be filtered."""
_LIMIT_FACTOR = 4  # growth of a query's limit if too many of its rows are hidden


def visible_store(store: GraphStore, overlays: str = "", as_of: int | None = None) -> GraphStore:
    """A store that shows only the given overlays and years; `store` itself if it can never hold others.

    Args:
        store: the graph.
        overlays: names, separated by commas; `none` and "" mean none.
        as_of: the last visible year; None: any year.

    Raises:
        NotFoundError: the graph lacks one of the overlays.
        UsageError: a name is not allowed.
    """
    chosen = parse_overlays(overlays)
    loaded = overlays_of(store.metadata())
    for name in chosen:
        if name not in loaded:
            hint = f"Its overlays are {', '.join(loaded)}." if loaded else "It has none."
            raise NotFoundError(f"The graph {store.url} has no overlay '{name}'.", hint)
    view = GraphView(tuple(sorted(chosen)), tuple(name for name in loaded if name not in chosen), as_of)
    # Unless the store is pinned, an overlay may be loaded into the graph at any time.
    return VisibleStore(store, view) if loaded or as_of is not None or not store.is_pinned else store


def view_of(store: GraphStore) -> GraphView:
    """The view of a store; without restrictions if it isn't a `VisibleStore`."""
    return store.view if isinstance(store, VisibleStore) else GraphView()


class VisibleStore(ReadOnlyStore):
    """A read-only graph with hidden parts. See `GraphStore` for its methods.

    An edge is hidden if its source is an overlay outside the view (including one loaded after the graph was
    opened) or its year is after the view's. A node is hidden if all its sources are such overlays. The
    fingerprint is that of a graph without these overlays.
    """

    def __init__(self, store: GraphStore, view: GraphView) -> None:
        super().__init__(store)
        self.view = view
        self._hidden_sources = frozenset(overlay_source(name) for name in view.hidden_overlays)
        self._stored_fingerprint: Fingerprint | None = None  # of the wrapped store
        # Each with the wrapped store's fingerprint of which it holds.
        self._visible_fingerprint: tuple[str, Fingerprint] | None = None
        self._year_counts: tuple[str, dict[tuple[str, str], YearCount]] | None = None

    def without_year_limit(self) -> GraphStore:
        """A store with the same overlays and edges of any year."""
        return VisibleStore(self._store, dataclasses.replace(self.view, as_of=None))

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template. Hidden rows don't count towards its `limit`.

        Raises:
            UsageError: the template's rows can't be filtered.
        """
        if template in _UNFILTERABLE and self._is_filtering:
            raise UsageError(
                f"cypher/{template}.cypher tells of the whole graph, of which parts are left out.",
                "Open the graph with unfiltered=True.",
            )
        values = dict(parameters or {})
        limit = values.get("limit")
        if limit is None:
            return self._visible_rows(template, self._store.run(template, values))
        while True:
            rows = self._store.run(template, values)
            visible = _by_direction(self._visible_rows(template, rows))
            # Rows are ordered, so the first `limit` visible ones suffice.
            if all(
                len(direction_rows) < values["limit"] or len(visible.get(direction, ())) >= limit
                for direction, direction_rows in _by_direction(rows).items()
            ):
                return [row for part in visible.values() for row in part[:limit]]
            values["limit"] *= _LIMIT_FACTOR

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The visible nodes of a kind, ordered by id."""
        import pyarrow as pa

        names = chosen_columns(NODE_COLUMNS, columns).names
        if not self._hidden_sources and self._store.is_pinned:
            return self._store.nodes(kind, names)
        table = self._store.nodes(kind, [*names, *({"sources"} - set(names))])
        mask = [not self._is_hidden(sources) for sources in table.column("sources").to_pylist()]
        return table.filter(pa.array(mask, pa.bool_())).select(names)

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the visible edges."""
        names = chosen_columns(EDGE_COLUMNS, columns).names
        present = self._sources(relation) if self._hidden_sources else set()
        if present & self._hidden_sources:
            visible = present - self._hidden_sources
            sources = sorted(visible if sources is None else visible & set(sources))
        filter_columns = {"year"} if self.view.as_of is not None else set()
        filter_columns |= set() if self._store.is_pinned else {"source"}
        if not filter_columns:
            return self._store.edges(relation, start_kind, end_kind, names, sources)
        all_columns = [*names, *sorted(filter_columns - set(names))]
        batches = self._store.edges(relation, start_kind, end_kind, all_columns, sources)
        return self._visible_batches(batches, names)

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The visible edges of a relation from `start_ids` to `end_ids`."""
        rows = self._store.edges_between(relation, start_kind, end_kind, start_ids, end_ids)
        return [row for row in rows if self._is_edge_visible(row["edge"])]

    def isolated_ids(self, kind: str) -> list[str]:
        """Ids of the visible nodes of a kind without a visible edge, sorted."""
        if not self._is_filtering:
            return self._store.isolated_ids(kind)
        isolated = set(self.nodes(kind, ["id"])["id"].to_pylist())
        for relation in load_schema().relations.values():
            for pair in relation.pairs:
                ends = [
                    name for name, end_kind in zip(("start", "end"), pair, strict=True) if end_kind == kind
                ]
                if ends and isolated:
                    for batch in self.edges(relation.name, *pair, ends):
                        for column in batch.columns:
                            isolated.difference_update(column.to_pylist())
        return sorted(isolated)

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Number of a relation's visible edges by (source, licence)."""
        if self.view.as_of is None:
            stored = self._store.licences(relation)
            return {key: count for key, count in stored.items() if self._is_source_visible(key[0])}
        counts: dict[tuple[str, str], int] = {}
        for start, end in load_schema().relations[relation].pairs:
            for batch in self.edges(relation, start, end, ["source", "licence"]):
                for key in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    counts[key] = counts.get(key, 0) + 1
        return counts

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Numbers of a relation's edges by visible source; the view's year has no effect."""
        counts = self._store.years(relation, year)
        return {source: count for source, count in counts.items() if self._is_source_visible(source)}

    def total_year_count(self) -> YearCount:
        """Numbers of edges over all relations and visible sources: all, undated, and after the view's year.

        Raises:
            UsageError: the view has no year.
        """
        if self.view.as_of is None:
            raise UsageError("The graph is seen whatever the year.", "Open it as of a year.")
        counts = self._by_year(self._store.fingerprint(), self.view.as_of).values()
        return (
            YearCount(*(sum(parts) for parts in zip(*counts, strict=True))) if counts else YearCount(0, 0, 0)
        )

    def fingerprint(self) -> Fingerprint:
        """Counts and digest of the visible graph. With a year in the view, the digest ends in that year.

        So caches with the fingerprint as key are separate for each year.
        """
        stored = self._stored_fingerprint = self._store.fingerprint()
        if self._visible_fingerprint is None or self._visible_fingerprint[0] != str(stored):
            self._visible_fingerprint = (str(stored), self._limited_by_year(stored))
        return self._visible_fingerprint[1]

    def metadata(self) -> dict[str, str]:
        """The graph's metadata, without that of hidden overlays."""
        facts = self._store.metadata()
        visible = {
            key: value
            for key, value in facts.items()
            if self._is_source_visible(key.removeprefix(SOURCE_FACT))
        }
        if len(visible) < len(facts) and "digest" in visible:
            visible["digest"] = self._without_hidden(self._store.fingerprint()).digest
        return visible

    def blob(self, name: str) -> bytes | None:
        """Bytes stored under a name, but none of hidden overlays."""
        return None if self._is_blob_hidden(name) else self._store.blob(name)

    def blob_names(self) -> list[str]:
        """Names under which bytes are stored, without those of hidden overlays."""
        return [name for name in self._store.blob_names() if not self._is_blob_hidden(name)]

    def _sources(self, relation: str) -> set[str]:
        """The sources of a relation, cached: a ranking reads hundreds of tables in succession."""
        if self._stored_fingerprint is None:
            self._stored_fingerprint = self._store.fingerprint()
        return {source for name, source in self._stored_fingerprint.edges if name == relation}

    def _is_edge_visible(self, edge: Mapping[str, Any]) -> bool:
        year = edge.get("year")
        is_later = self.view.as_of is not None and year is not None and year > self.view.as_of
        return self._is_source_visible(edge["source"]) and not is_later

    @property
    def _is_filtering(self) -> bool:
        """True if the view hides a part of the graph as it was when opened, or may do so."""
        return bool(self._hidden_sources) or self.view.as_of is not None

    def _is_source_visible(self, source: str) -> bool:
        return not is_private(source) or overlay_name(source) in self.view.overlays

    def _is_hidden(self, sources: Sequence[str]) -> bool:
        return bool(sources) and not any(map(self._is_source_visible, sources))

    def _is_blob_hidden(self, name: str) -> bool:
        return not self._is_source_visible(name.partition(":")[2])

    def _visible_rows(self, template: str, rows: list[Row]) -> list[Row]:
        """The rows of a template without a hidden node, edge or step."""
        if template.startswith("paths/"):
            if not self._is_filtering:
                return rows  # ids only: their edges are filtered when they are read
            [path_template] = [path for path in path_templates() if template == f"paths/{path.name}"]
            return self._visible_paths(path_template, rows)
        return [
            row
            for row in rows
            if ("edge" not in row or self._is_edge_visible(row["edge"]))
            and not self._is_hidden(row.get("sources", ()))
        ]

    def _visible_paths(self, template: PathTemplate, rows: list[Row]) -> list[Row]:
        """The paths with at least one visible edge for every step."""
        schema = load_schema()
        names = [f"{variable}_id" for variable in template.node_variables]
        paths, kind = rows, "Drug"
        for index, hop in enumerate(template.hops):
            first, second = names[index : index + 2]
            links: set[tuple[str, str]] = set()
            relation = schema.relations[hop.relation]
            for is_reverse in (False, True) if relation.symmetric else (not hop.forward,):
                ends, columns = (
                    ((hop.kind, kind), (second, first)) if is_reverse else ((kind, hop.kind), (first, second))
                )
                if ends in relation.pairs and paths:
                    start_ids, end_ids = (sorted({row[column] for row in paths}) for column in columns)
                    edges = self.edges_between(hop.relation, *ends, start_ids, end_ids)
                    pairs = [(row["start_id"], row["end_id"]) for row in edges]
                    links.update((end, start) if is_reverse else (start, end) for start, end in pairs)
            paths, kind = [row for row in paths if (row[first], row[second]) in links], hop.kind
        return paths

    def _visible_batches(
        self, batches: Iterator[pa.RecordBatch], columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """The edges up to the view's year and, in a store that isn't pinned, of visible sources."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for batch in batches:
            edges = batch
            if self.view.as_of is not None:
                years = batch.column(batch.schema.get_field_index("year"))
                later = pc.fill_null(pc.greater(years, self.view.as_of), False)  # noqa: FBT003  # a value, no flag
                edges = batch.filter(pc.invert(later))
            if not self._store.is_pinned:
                sources = edges.column(edges.schema.get_field_index("source"))
                visible = [
                    source for source in pc.unique(sources).to_pylist() if self._is_source_visible(source)
                ]
                edges = edges.filter(pc.is_in(sources, pa.array(visible, pa.string())))
            if edges.num_rows:
                yield edges.select(list(columns))

    def _without_hidden(self, stored: Fingerprint) -> Fingerprint:
        """The fingerprint without hidden overlays."""
        edges = {key: count for key, count in stored.edges.items() if self._is_source_visible(key[1])}
        if len(edges) == len(stored.edges) and not self._may_hide_nodes():
            return stored
        keys = [
            edge_key((relation, start_kind, end_kind), start, end, source)
            for relation, hidden in stored.edges.keys() - edges.keys()
            for start_kind, end_kind in load_schema().relations[relation].pairs
            for batch in self._store.edges(
                relation, start_kind, end_kind, ["start", "end", "source"], [hidden]
            )
            for start, end, source in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        ]
        nodes = dict(stored.nodes)
        if self._may_hide_nodes():
            for kind in stored.nodes:
                table = self._store.nodes(kind, ["id", "sources"])
                hidden_ids = [row["id"] for row in table.to_pylist() if self._is_hidden(row["sources"])]
                keys += [node_key(kind, curie) for curie in hidden_ids]
                nodes[kind] -= len(hidden_ids)
        nonzero_nodes = {kind: count for kind, count in nodes.items() if count}
        digest = add_digests(stored.digest, keys_digest(keys), -1)
        return dataclasses.replace(stored, nodes=nonzero_nodes, edges=edges, digest=digest)

    def _may_hide_nodes(self) -> bool:
        """True if a hidden overlay has nodes of its own, or isn't completely loaded."""
        facts = self._store.metadata()
        sources = [key.removeprefix(SOURCE_FACT) for key in facts if key.startswith(SOURCE_FACT)]
        states = [
            json.loads(facts[SOURCE_FACT + source])
            for source in sources
            if not self._is_source_visible(source)
        ]
        return any(state.get("nodes") or state.get("state") != "loaded" for state in states)

    def _limited_by_year(self, stored: Fingerprint) -> Fingerprint:
        """The fingerprint without hidden overlays and without edges after the view's year."""
        public = self._without_hidden(stored)
        if self.view.as_of is None:
            return public
        edges = {
            key: count.edges - count.later
            for key, count in self._by_year(stored, self.view.as_of).items()
            if count.edges > count.later
        }
        return dataclasses.replace(public, edges=edges, digest=f"{public.digest}@{self.view.as_of}")

    def _by_year(self, stored: Fingerprint, year: int) -> dict[tuple[str, str], YearCount]:
        """Numbers of edges by (relation, source), cached for a state of the graph."""
        if self._year_counts is None or self._year_counts[0] != str(stored):
            relations = sorted({name for name, _ in stored.edges})
            counts = {
                (relation, source): count
                for relation in relations
                for source, count in self.years(relation, year).items()
            }
            self._year_counts = (str(stored), counts)
        return self._year_counts[1]


def _by_direction(rows: Iterable[Row]) -> dict[Any, list[Row]]:
    """Rows by the direction of their edge; a query's limit holds for each direction."""
    parts: dict[Any, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.get("forward"), []).append(row)
    return parts
