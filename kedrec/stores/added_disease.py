"""A graph with one more disease, which is in memory alone: for a question about a user's own genes.

The disease's edges are those of a private overlay that nobody loaded, so that what they say is marked as
private like any overlay's, and nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.cypher_statements import chosen_columns
from kedrec.stores.overlay_names import overlay_source
from kedrec.stores.templates import path_templates
from kedrec.stores.view import GraphView
from kedrec.stores.visible import VisibleStore, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from kedrec.stores.base import GraphStore, Row
    from kedrec.types import Entity

__all__ = ["StoreWithDisease"]

_LICENCE = "private"


class StoreWithDisease(VisibleStore):
    """A read-only graph with one more disease and its edges to genes. See `GraphStore` for its methods.

    Args:
        store: the graph, as it is seen.
        overlay: name of the overlay that the edges are said to be of.
        disease: the disease, whose id the graph lacks.
        relation: the relation from the disease to the genes.
        genes: each gene, with the edge's action and score.
    """

    def __init__(
        self,
        store: GraphStore,
        overlay: str,
        disease: Entity,
        relation: str,
        genes: Sequence[tuple[Entity, str, float | None]],
    ) -> None:
        view = view_of(store)
        super().__init__(store, GraphView((*view.overlays, overlay), view.hidden_overlays, view.as_of))
        self._disease = disease
        self._table = (relation, disease.kind, "Gene")
        self._rows = sorted(
            (self._row(gene, action, score, overlay_source(overlay)) for gene, action, score in genes),
            key=lambda row: str(row["end_id"]),
        )

    def _row(self, gene: Entity, action: str, score: float | None, source: str) -> Row:
        edge: dict[str, Any] = {
            "source": source,
            "licence": _LICENCE,
            "references": [],
            "evidence": "",
            "score": score,
            "year": None,
            "action": action,
            "mechanisms": [],
        }
        return {
            "start_id": self._disease.id,
            "start_name": self._disease.name,
            "end_id": gene.id,
            "end_name": gene.name,
            "edge": edge,
        }

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template. The paths to the disease are put together from the graph's edges."""
        values = dict(parameters or {})
        if not template.startswith("paths/") or values.get("disease") != self._disease.id:
            return super().run(template, values)
        [path_template] = [path for path in path_templates() if template == f"paths/{path.name}"]
        paths: list[tuple[str, ...]] = [(str(values["drug"]),)]
        kind, via = "Drug", sorted(values.get("via") or ())
        for hop in path_template.hops[:-1]:
            nexts = self._neighbours(hop.relation, kind, hop.kind, {path[-1] for path in paths}, via)
            paths = [(*path, node) for path in paths for node in nexts.get(path[-1], ()) if node not in path]
            kind = hop.kind
        last = path_template.hops[-1]
        ends = {path[-1] for path in paths}
        nexts = self._neighbours(last.relation, kind, last.kind, ends, [self._disease.id])
        columns = [f"{variable}_id" for variable in path_template.node_variables]
        rows = sorted((*path, self._disease.id) for path in paths if path[-1] in nexts)
        return [dict(zip(columns, row, strict=True)) for row in rows[: values.get("limit")]]

    def _neighbours(
        self, relation: str, kind: str, other_kind: str, ids: set[str], others: list[str]
    ) -> dict[str, list[str]]:
        """Those of some other nodes that a relation joins each of some nodes with, in whatever direction."""
        pairs = load_schema().relations[relation].pairs
        neighbours: dict[str, list[str]] = {}
        if (kind, other_kind) in pairs and ids and others:
            for row in self.edges_between(relation, kind, other_kind, sorted(ids), others):
                neighbours.setdefault(row["start_id"], []).append(row["end_id"])
        if (other_kind, kind) in pairs and ids and others:
            for row in self.edges_between(relation, other_kind, kind, others, sorted(ids)):
                neighbours.setdefault(row["end_id"], []).append(row["start_id"])
        return {node: sorted(set(nexts)) for node, nexts in neighbours.items()}

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The visible nodes of a kind and the disease, ordered by id."""
        import pyarrow as pa

        table = super().nodes(kind, columns)
        if kind != self._disease.kind:
            return table
        chosen = chosen_columns(NODE_COLUMNS, columns)
        row = {
            "id": self._disease.id,
            "name": self._disease.name,
            "synonyms": [],
            "xrefs": [],
            "description": "",
            "sources": [self._rows[0]["edge"]["source"]] if self._rows else [],
        }
        added = pa.Table.from_pylist([{name: row[name] for name in chosen.names}], schema=chosen)
        return pa.concat_tables([table.cast(chosen), added])

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the visible edges and the disease's."""
        import pyarrow as pa

        yield from super().edges(relation, start_kind, end_kind, columns, sources)
        if (relation, start_kind, end_kind) == self._table:
            chosen = chosen_columns(EDGE_COLUMNS, columns)
            rows = [
                {"start": row["start_id"], "end": row["end_id"], **row["edge"]}
                for row in self._rows
                if sources is None or row["edge"]["source"] in sources
            ]
            yield pa.RecordBatch.from_pylist(
                [{name: row[name] for name in chosen.names} for row in rows], schema=chosen
            )

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The visible edges of a relation from `start_ids` to `end_ids`, the disease's last."""
        rows = super().edges_between(relation, start_kind, end_kind, start_ids, end_ids)
        if (relation, start_kind, end_kind) == self._table and self._disease.id in start_ids:
            ends = set(end_ids)
            rows = [*rows, *(row for row in self._rows if row["end_id"] in ends)]
        return rows
