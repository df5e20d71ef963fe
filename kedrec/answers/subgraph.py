"""The graph between a drug and a disease, for export to networkx, Cytoscape and Cypher."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from kedrec.common.plain_text import printable
from kedrec.types import Edge, Entity, Evidence, TakenFor
from kedrec.types.display import Displayed

if TYPE_CHECKING:
    import networkx as nx

    from kedrec.rendering.markup import Svg

__all__ = ["Subgraph"]


class Subgraph(Displayed, BaseModel):
    """The nodes and edges on the evidence paths of a pair.

    Attributes:
        nodes: without repeats, the drug first, then the disease, then by id.
        edges: every parallel edge of every step, without repeats, by key.
        taken_for: the entities that the names in the question were taken for, where they have other names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    drug: Entity
    disease: Entity
    nodes: tuple[Entity, ...]
    edges: tuple[Edge, ...]
    taken_for: tuple[TakenFor, ...] = ()

    @classmethod
    def of(cls, drug: Entity, disease: Entity, evidence: Iterable[Evidence]) -> Subgraph:
        """The union of the evidence's paths."""
        nodes: dict[str, Entity] = {}
        edges: dict[tuple[str, str, str, str], Edge] = {}
        for path in (item.path for item in evidence if item.path is not None):
            nodes.update((node.id, node) for node in path.nodes)
            for edge in (edge for step in path.steps for edge in step.edges):
                edges[edge.start, edge.relation, edge.end, edge.source] = edge
        for end in (drug, disease):
            nodes.pop(end.id, None)
        return cls(
            drug=drug,
            disease=disease,
            nodes=(drug, disease, *(nodes[id_] for id_ in sorted(nodes))),
            edges=tuple(edges[key] for key in sorted(edges)),
        )

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """A directed multigraph.

        Nodes have the attributes `kind` and `name`, edges the key `RELATION source` and the attributes of
        `Edge`.
        """
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(drug=self.drug.id, disease=self.disease.id)
        for node in self.nodes:
            graph.add_node(node.id, kind=node.kind, name=node.name)
        for edge in self.edges:
            attributes = edge.model_dump(exclude={"start", "end"})
            graph.add_edge(edge.start, edge.end, key=f"{edge.relation} {edge.source}", **attributes)
        return graph

    def plot(self) -> Svg:
        """A drawing in layers from the drug to the disease, which a notebook shows; a text to be saved."""
        svg: Svg = importlib.import_module("kedrec.rendering.graph_drawing").plot(self)
        return svg

    def to_graphml(self) -> str:
        """GraphML, with lists written as JSON since GraphML has none, and without what XML can't hold."""
        import networkx as nx

        graph = nx.relabel_nodes(self.to_networkx(), printable)
        attribute_dicts = [graph.graph, *(attributes for _, attributes in graph.nodes(data=True))]
        attribute_dicts += [attributes for _, _, attributes in graph.edges(data=True)]
        for attributes in attribute_dicts:
            for name, value in list(attributes.items()):
                if value is None:
                    del attributes[name]
                elif isinstance(value, tuple):
                    attributes[name] = json.dumps(value)
                elif isinstance(value, str):
                    attributes[name] = printable(value)
        return "\n".join(nx.generate_graphml(graph))

    def to_cytoscape(self) -> dict[str, Any]:
        """Elements as Cytoscape and cytoscape.js read them (`{"elements": {"nodes": [], "edges": []}}`)."""
        return {
            "elements": {
                "nodes": [{"data": node.model_dump(), "classes": node.kind} for node in self.nodes],
                "edges": [
                    {
                        "data": {
                            **edge.model_dump(mode="json", exclude={"start", "end"}),
                            "id": f"{edge.start} {edge.relation} {edge.end} {edge.source}",
                            "source": edge.start,
                            "target": edge.end,
                            "provenance": edge.source,
                        },
                        "classes": edge.relation,
                    }
                    for edge in self.edges
                ],
            }
        }

    def to_cypher(self) -> str:
        """Statements that build the same subgraph in an empty Neo4j database; repeats change nothing.

        A script has no parameters, so values are written as JSON strings, which Cypher reads alike:
        every quote, backslash and control character in them is escaped.
        """
        lines = [
            f"MERGE (n:`{node.kind}` {{id: {json.dumps(node.id)}}}) SET n.name = {json.dumps(node.name)};"
            for node in self.nodes
        ]
        kinds = {node.id: node.kind for node in self.nodes}
        for edge in self.edges:
            values = edge.model_dump(mode="json", exclude={"start", "end", "relation", "source", "private"})
            properties = ", ".join(
                f"r.`{name}` = {json.dumps(value)}" for name, value in values.items() if value is not None
            )
            lines.append(
                f"MATCH (a:`{kinds[edge.start]}` {{id: {json.dumps(edge.start)}}}), "
                f"(b:`{kinds[edge.end]}` {{id: {json.dumps(edge.end)}}}) "
                f"MERGE (a)-[r:`{edge.relation}` {{source: {json.dumps(edge.source)}}}]->(b) "
                f"SET {properties};"
            )
        return "\n".join(lines) + "\n"
