"""Turns the rows of a path template into paths, parallel edges merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedrec.evidence.verbalize import merge_step
from kedrec.ranking.features import kinds_of
from kedrec.schema import load_schema
from kedrec.types import Edge, Entity, Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kedrec.stores.base import Row
    from kedrec.stores.templates import Hop, PathTemplate

__all__ = ["paths_of_rows"]


def paths_of_rows(template: PathTemplate, rows: Iterable[Row]) -> dict[tuple[str, ...], Path]:
    """The paths in a template's result, by the ids of their nodes, in the order of the rows.

    A row holds, for each node variable `x`, `x_id` and `x_name`, and each step's edge under the step's
    variable. Rows that differ in their edges alone are one path: its steps keep every edge.
    """
    kinds = kinds_of(template)
    nodes: dict[tuple[str, ...], tuple[Entity, ...]] = {}
    edges: dict[tuple[str, ...], list[dict[tuple[str, str, str], Edge]]] = {}
    for row in rows:
        entities = tuple(
            Entity(id=row[f"{variable}_id"], kind=kind, name=row[f"{variable}_name"])
            for variable, kind in zip(template.node_variables, kinds, strict=True)
        )
        key = tuple(entity.id for entity in entities)
        nodes.setdefault(key, entities)
        steps = edges.setdefault(key, [{} for _ in template.hops])
        for place, (variable, hop) in enumerate(zip(template.step_variables, template.hops, strict=True)):
            edge = _edge(hop, key[place], key[place + 1], row[variable])
            steps[place][edge.start, edge.end, edge.source] = edge
    return {
        key: Path(
            template=template.name,
            metapath=template.metapath,
            nodes=nodes[key],
            steps=tuple(
                merge_step(hop.relation, step.values(), forward=hop.forward)
                for hop, step in zip(template.hops, steps, strict=True)
            ),
        )
        for key, steps in edges.items()
    }


def _edge(hop: Hop, here: str, there: str, stored: Mapping[str, Any]) -> Edge:
    start, end = (here, there) if hop.forward else (there, here)
    if load_schema().relations[hop.relation].symmetric:  # stored once, from the smaller id
        start, end = min(here, there), max(here, there)
    return Edge(
        start=start,
        relation=hop.relation,
        end=end,
        source=stored["source"],
        licence=stored["licence"],
        references=tuple(stored.get("references") or ()),
        evidence=stored.get("evidence") or "",
        score=stored.get("score"),
        year=stored.get("year"),
        action=stored.get("action") or "",
        mechanisms=tuple(stored.get("mechanisms") or ()),
    )
