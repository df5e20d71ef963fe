"""The graph as a question may see it: without the overlays that weren't asked for, and as of a year.

The one place where either is left out, for every engine: whatever asks a graph reads it through `visible`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedrec.errors import NotFoundError, UsageError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS, Fingerprint, GraphStore, Row, YearCount
from kedrec.stores.cypher_statements import chosen_columns
from kedrec.stores.key_sums import add_digests, edge_key, keys_digest, node_key
from kedrec.stores.overlay_names import chosen_overlays, is_private, overlay_of, overlay_source
from kedrec.stores.read_only import Around
from kedrec.stores.templates import path_templates

if TYPE_CHECKING:
    import pyarrow as pa

    from kedrec.stores.templates import PathTemplate

__all__ = ["View", "VisibleStore", "overlays_of", "view_of", "visible"]

_FACT = "source:"
_WHOLE = frozenset(f"lookup/{name}" for name in ("degrees", "metadata", "kept", "kept-names"))
"""Templates that tell of everything in the graph, in rows from which nothing can be left out."""
_MORE = 4  # times as many rows are asked for, where some of those that a limit let through are left out


@dataclass(frozen=True, slots=True)
class View:
    """What of a graph is seen.

    Attributes:
        overlays: names of the overlays that are, sorted.
        left_out: those that the graph has and that aren't, sorted.
        as_of: the last year of what is seen; edges without a year are; None: whatever the year.
    """

    overlays: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    as_of: int | None = None


def overlays_of(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the overlays that a graph's facts tell of, sorted."""
    sources = (key.removeprefix(_FACT) for key in facts if key.startswith(_FACT))
    return tuple(sorted(overlay_of(source) for source in sources if is_private(source)))


def visible(store: GraphStore, overlays: str = "", as_of: int | None = None) -> GraphStore:
    """The graph with these overlays and no others; the store itself where all of it is seen, and stays so.

    Args:
        store: the graph.
        overlays: names, separated by commas; `none` and "" mean none.
        as_of: the last year to see.

    Raises:
        NotFoundError: the graph has no such overlay.
        UsageError: no overlay can have such a name.
    """
    chosen = chosen_overlays(overlays)
    loaded = overlays_of(store.metadata())
    for name in chosen:
        if name not in loaded:
            told = f"Its overlays are {', '.join(loaded)}." if loaded else "It has none."
            raise NotFoundError(f"The graph {store.url} has no overlay '{name}'.", told)
    view = View(tuple(sorted(chosen)), tuple(name for name in loaded if name not in chosen), as_of)
    # Into a graph that isn't read as it was opened, an overlay may come at any time.
    return VisibleStore(store, view) if loaded or as_of is not None or not store.is_pinned else store


def view_of(store: GraphStore) -> View:
    """What of its graph a store shows."""
    return store.view if isinstance(store, VisibleStore) else View()


class VisibleStore(Around):
    """A graph to be read, with parts left out. See `GraphStore` for what its methods promise.

    An edge is left out where its source is an overlay that isn't seen, one that was loaded after the graph
    was opened too, or its year is after the view's; a node where only such overlays brought it. Its
    fingerprint is that of a graph without the overlays.
    """

    def __init__(self, store: GraphStore, view: View) -> None:
        super().__init__(store)
        self.view = view
        self._hidden = frozenset(overlay_source(name) for name in view.left_out)
        self._held: Fingerprint | None = None
        self._counted: tuple[str, Fingerprint] | None = None
        self._dated: tuple[str, dict[tuple[str, str], YearCount]] | None = None

    def whatever_year(self) -> GraphStore:
        """The same overlays, and edges of any year: nodes have no year."""
        return VisibleStore(self._store, dataclasses.replace(self.view, as_of=None))

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template; what a limit lets through is all seen.

        Raises:
            UsageError: nothing can be left out of the template's rows.
        """
        if template in _WHOLE and self._leaves_out:
            raise UsageError(
                f"cypher/{template}.cypher tells of the whole graph, of which parts are left out.",
                "Open the graph with whole=True.",
            )
        given = dict(parameters or {})
        limit = given.get("limit")
        if limit is None:
            return self._seen(template, self._store.run(template, given))
        while True:
            rows = self._store.run(template, given)
            seen = _by_direction(self._seen(template, rows))
            # Rows come in order, so what comes after the first that are seen needn't be asked for.
            if all(
                len(there) < given["limit"] or len(seen.get(way, ())) >= limit
                for way, there in _by_direction(rows).items()
            ):
                return [row for part in seen.values() for row in part[:limit]]
            given["limit"] *= _MORE

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The nodes of a kind that are seen, ordered by id."""
        import pyarrow as pa

        wanted = chosen_columns(NODE_COLUMNS, columns).names
        if not self._hidden and self._store.is_pinned:
            return self._store.nodes(kind, wanted)
        table = self._store.nodes(kind, [*wanted, *({"sources"} - set(wanted))])
        seen = [not self._is_hidden(sources) for sources in table.column("sources").to_pylist()]
        return table.filter(pa.array(seen, pa.bool_())).select(wanted)

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the edges that are seen."""
        wanted = chosen_columns(EDGE_COLUMNS, columns).names
        there = self._sources(relation) if self._hidden else set()
        if there & self._hidden:
            shown = there - self._hidden
            sources = sorted(shown if sources is None else shown & set(sources))
        needed = {"year"} if self.view.as_of is not None else set()
        needed |= set() if self._store.is_pinned else {"source"}
        if not needed:
            return self._store.edges(relation, start_kind, end_kind, wanted, sources)
        read = [*wanted, *sorted(needed - set(wanted))]
        return self._those_seen(self._store.edges(relation, start_kind, end_kind, read, sources), wanted)

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The edges of a relation from some nodes to some others that are seen."""
        rows = self._store.edges_between(relation, start_kind, end_kind, start_ids, end_ids)
        return [row for row in rows if self._shows(row["edge"])]

    def isolated(self, kind: str) -> list[str]:
        """Ids of the nodes of a kind of which no edge is seen, sorted."""
        if not self._leaves_out:
            return self._store.isolated(kind)
        alone = set(self.nodes(kind, ["id"])["id"].to_pylist())
        for relation in load_schema().relations.values():
            for start, end in relation.pairs:
                ends = [name for name, one in (("start", start), ("end", end)) if one == kind]
                if ends and alone:
                    for batch in self.edges(relation.name, start, end, ends):
                        for column in batch.columns:
                            alone.difference_update(column.to_pylist())
        return sorted(alone)

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Edges of a relation that are seen, by (source, licence)."""
        if self.view.as_of is None:
            found = self._store.licences(relation)
            return {key: count for key, count in found.items() if self._sees(key[0])}
        counts: dict[tuple[str, str], int] = {}
        for start, end in load_schema().relations[relation].pairs:
            for batch in self.edges(relation, start, end, ["source", "licence"]):
                for key in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    counts[key] = counts.get(key, 0) + 1
        return counts

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Edges of a relation by source, whatever the view's own year."""
        found = self._store.years(relation, year)
        return {source: count for source, count in found.items() if self._sees(source)}

    def dated(self) -> YearCount:
        """What of the graph the view's year leaves out, and what has none; all in one.

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
        """What is seen. As of a year, its digest names the year, so that whatever is kept by it is apart."""
        held = self._held = self._store.fingerprint()
        if self._counted is None or self._counted[0] != str(held):
            self._counted = (str(held), self._as_of(held))
        return self._counted[1]

    def metadata(self) -> dict[str, str]:
        """The graph's facts, without those of overlays that aren't seen."""
        facts = self._store.metadata()
        seen = {key: value for key, value in facts.items() if self._sees(key.removeprefix(_FACT))}
        if len(seen) < len(facts) and "digest" in seen:
            seen["digest"] = self._public(self._store.fingerprint()).digest
        return seen

    def kept(self, name: str) -> bytes | None:
        """What was kept with the graph under a name, but of overlays that aren't seen."""
        return None if self._is_of_hidden(name) else self._store.kept(name)

    def kept_names(self) -> list[str]:
        """Names under which something is kept, but for overlays that aren't seen."""
        return [name for name in self._store.kept_names() if not self._is_of_hidden(name)]

    def _sources(self, relation: str) -> set[str]:
        """The sources of a relation, looked up once: a ranking reads hundreds of tables in a row."""
        if self._held is None:
            self._held = self._store.fingerprint()
        return {source for name, source in self._held.edges if name == relation}

    def _shows(self, edge: Mapping[str, Any]) -> bool:
        year = edge.get("year")
        late = self.view.as_of is not None and year is not None and year > self.view.as_of
        return self._sees(edge["source"]) and not late

    @property
    def _leaves_out(self) -> bool:
        """Whether anything of the graph, as it was opened, is left out."""
        return bool(self._hidden) or self.view.as_of is not None

    def _sees(self, source: str) -> bool:
        return not is_private(source) or overlay_of(source) in self.view.overlays

    def _is_hidden(self, sources: Sequence[str]) -> bool:
        return bool(sources) and not any(map(self._sees, sources))

    def _is_of_hidden(self, name: str) -> bool:
        return not self._sees(name.partition(":")[2])

    def _seen(self, template: str, rows: list[Row]) -> list[Row]:
        """Those of a template's rows of which all is seen."""
        if template.startswith("paths/"):
            if not self._leaves_out:
                return rows  # ids alone: whoever reads their edges sees only those that may be
            [found] = [one for one in path_templates() if template == f"paths/{one.name}"]
            return self._paths_seen(found, rows)
        return [
            row
            for row in rows
            if ("edge" not in row or self._shows(row["edge"])) and not self._is_hidden(row.get("sources", ()))
        ]

    def _paths_seen(self, template: PathTemplate, rows: list[Row]) -> list[Row]:
        """The paths that have at least one edge that is seen for every step."""
        schema = load_schema()
        names = [f"{variable}_id" for variable in template.node_variables]
        kept, kind = rows, "Drug"
        for place, hop in enumerate(template.hops):
            first, second = names[place : place + 2]
            links: set[tuple[str, str]] = set()
            known = schema.relations[hop.relation]
            for turned in (False, True) if known.symmetric else (not hop.forward,):
                ends, columns = (
                    ((hop.kind, kind), (second, first)) if turned else ((kind, hop.kind), (first, second))
                )
                if ends in known.pairs and kept:
                    start_ids, end_ids = (sorted({row[column] for row in kept}) for column in columns)
                    found = self.edges_between(hop.relation, *ends, start_ids, end_ids)
                    stated = [(row["start_id"], row["end_id"]) for row in found]
                    links.update((end, start) if turned else (start, end) for start, end in stated)
            kept, kind = [row for row in kept if (row[first], row[second]) in links], hop.kind
        return kept

    def _those_seen(
        self, batches: Iterator[pa.RecordBatch], columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """What the view's year and overlays let through."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for batch in batches:
            seen = batch
            if self.view.as_of is not None:
                years = batch.column(batch.schema.get_field_index("year"))
                later = pc.fill_null(pc.greater(years, self.view.as_of), False)  # noqa: FBT003  # a value, no flag
                seen = batch.filter(pc.invert(later))
            if not self._store.is_pinned:
                sources = seen.column(seen.schema.get_field_index("source"))
                shown = [source for source in pc.unique(sources).to_pylist() if self._sees(source)]
                seen = seen.filter(pc.is_in(sources, pa.array(shown, pa.string())))
            if seen.num_rows:
                yield seen.select(list(columns))

    def _public(self, held: Fingerprint) -> Fingerprint:
        """The fingerprint without the overlays that aren't seen."""
        edges = {key: count for key, count in held.edges.items() if self._sees(key[1])}
        if len(edges) == len(held.edges) and not self._brought_nodes():
            return held
        keys = [
            edge_key((relation, start_kind, end_kind), start, end, source)
            for relation, hidden in held.edges.keys() - edges.keys()
            for start_kind, end_kind in load_schema().relations[relation].pairs
            for batch in self._store.edges(
                relation, start_kind, end_kind, ["start", "end", "source"], [hidden]
            )
            for start, end, source in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        ]
        nodes = dict(held.nodes)
        if self._brought_nodes():
            for kind in held.nodes:
                table = self._store.nodes(kind, ["id", "sources"])
                own = [row["id"] for row in table.to_pylist() if self._is_hidden(row["sources"])]
                keys += [node_key(kind, one) for one in own]
                nodes[kind] -= len(own)
        seen = {kind: count for kind, count in nodes.items() if count}
        digest = add_digests(held.digest, keys_digest(keys), -1)
        return dataclasses.replace(held, nodes=seen, edges=edges, digest=digest)

    def _brought_nodes(self) -> bool:
        """Whether any overlay that isn't seen has nodes of its own, or may have some."""
        facts = self._store.metadata()
        sources = [key.removeprefix(_FACT) for key in facts if key.startswith(_FACT)]
        states = [json.loads(facts[_FACT + source]) for source in sources if not self._sees(source)]
        return any(state.get("nodes") or state.get("state") != "loaded" for state in states)

    def _as_of(self, held: Fingerprint) -> Fingerprint:
        """The fingerprint of what is seen of a graph."""
        public = self._public(held)
        if self.view.as_of is None:
            return public
        edges = {
            key: count.edges - count.later
            for key, count in self._by_year(held, self.view.as_of).items()
            if count.edges > count.later
        }
        return dataclasses.replace(public, edges=edges, digest=f"{public.digest}@{self.view.as_of}")

    def _by_year(self, held: Fingerprint, year: int) -> dict[tuple[str, str], YearCount]:
        """Edges by relation and source, counted once for a graph."""
        if self._dated is None or self._dated[0] != str(held):
            relations = sorted({name for name, _ in held.edges})
            counts = {
                (relation, source): count
                for relation in relations
                for source, count in self.years(relation, year).items()
            }
            self._dated = (str(held), counts)
        return self._dated[1]


def _by_direction(rows: Iterable[Row]) -> dict[Any, list[Row]]:
    """Rows by the direction of their edge, each of which has the limit for itself."""
    parts: dict[Any, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.get("forward"), []).append(row)
    return parts
