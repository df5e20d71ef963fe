"""Gathers nodes, statements, predictions and their supporting paths into a TRAPI knowledge graph."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kedrec.service.trapi_types import (
    Attribute,
    AuxiliaryGraph,
    KnowledgeEdge,
    KnowledgeGraph,
    KnowledgeNode,
    RetrievalSource,
)
from kedrec.service.trapi_words import CATEGORIES, KEDREC, PREDICATES, infores, translator_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.api import Kedrec
    from kedrec.types import Edge, Entity, Evidence, Recommendation

__all__ = ["GraphBuilder", "knowledge_attributes"]

_PREFERRED = {"Disease": ("MONDO",), "Drug": ("CHEBI",)}
"""Prefixes of the equivalents that Translator's other services have, by kind."""
_TEXT_MINED = "text-mined:"
_LICENCE = "biolink:license"


class GraphBuilder:
    """A knowledge graph in the making; everything is in it once, under an id that its content gives."""

    def __init__(self, kedrec: Kedrec) -> None:
        self._kedrec = kedrec
        self._ids: dict[tuple[str, str], str] = {}
        self._nodes: dict[str, KnowledgeNode] = {}
        self._edges: dict[str, KnowledgeEdge] = {}
        self.auxiliary_graphs: dict[str, AuxiliaryGraph] = {}

    @property
    def graph(self) -> KnowledgeGraph:
        """The graph as it is."""
        return KnowledgeGraph(nodes=self._nodes, edges=self._edges)

    def node(self, entity: Entity) -> str:
        """Adds a node, and returns its id: of the equivalents the one that Translator prefers."""
        key = (entity.kind, entity.id)
        if key not in self._ids:
            full = self._kedrec.entity(entity.id, kind=entity.kind)
            equivalents = (full.id, *full.xrefs)
            preferred = [
                id_
                for prefix in _PREFERRED.get(entity.kind, ())
                for id_ in equivalents
                if id_.startswith(f"{prefix}:")
            ]
            chosen = translator_id(preferred[0] if preferred else full.id)
            others = [other for other in map(translator_id, equivalents) if other != chosen]
            attributes = [Attribute(attribute_type_id="biolink:same_as", value=others)] if others else []
            if full.synonyms:
                attributes.append(Attribute(attribute_type_id="biolink:synonym", value=list(full.synonyms)))
            self._ids[key] = chosen
            self._nodes[chosen] = KnowledgeNode(
                name=full.name, categories=(CATEGORIES[entity.kind],), attributes=tuple(attributes)
            )
        return self._ids[key]

    def statement(self, edge: Edge, start: Entity, end: Entity) -> str:
        """Adds what a source states, and returns the edge's id."""
        source = infores(edge.source)
        is_mined = edge.evidence.startswith(_TEXT_MINED)
        attributes = [
            *knowledge_attributes(
                "not_provided" if is_mined else "knowledge_assertion",
                "text_mining_agent" if is_mined else "not_provided",
            ),
            Attribute(attribute_type_id=_LICENCE, value=edge.licence) if edge.licence else None,
            Attribute(
                attribute_type_id="biolink:publications", value=list(map(translator_id, edge.references))
            )
            if edge.references
            else None,
            _said("action", edge.action),
            _said("evidence", edge.evidence),
            _said("relation", edge.relation),
            _said("year", edge.year),
        ]
        return self._edge(
            KnowledgeEdge(
                subject=self.node(start),
                predicate=PREDICATES[edge.relation],
                object=self.node(end),
                sources=(
                    RetrievalSource(resource_id=source, resource_role="primary_knowledge_source"),
                    RetrievalSource(
                        resource_id=KEDREC,
                        resource_role="aggregator_knowledge_source",
                        upstream_resource_ids=(source,),
                    ),
                ),
                attributes=tuple(one for one in attributes if one is not None),
            )
        )

    def prediction(self, recommendation: Recommendation) -> str:
        """Adds the prediction that a drug treats a disease, with a support graph a path; returns its id."""
        supports = [self._support(item) for item in recommendation.evidence if item.path is not None]
        attributes = [
            *knowledge_attributes("prediction", "computational_model"),
            Attribute(attribute_type_id="biolink:support_graphs", value=supports) if supports else None,
            Attribute(attribute_type_id="biolink:has_confidence_score", value=recommendation.probability)
            if recommendation.probability is not None
            else None,
            _said("verdict", recommendation.verdict),
            _said("flags", list(recommendation.flags)),
            _said("contraindication", recommendation.safety.contraindication),
        ]
        return self._edge(
            KnowledgeEdge(
                subject=self.node(recommendation.drug),
                predicate="biolink:treats",
                object=self.node(recommendation.disease),
                sources=(RetrievalSource(resource_id=KEDREC, resource_role="primary_knowledge_source"),),
                attributes=tuple(one for one in attributes if one is not None),
            )
        )

    def _support(self, item: Evidence) -> str:
        """Adds the edges of a path as an auxiliary graph, and returns its id."""
        edges: list[str] = []
        path = item.path
        nodes: Sequence[Entity] = path.nodes if path is not None else ()
        for i, step in enumerate(path.steps if path is not None else ()):
            ends = {node.id: node for node in nodes[i : i + 2]}
            edges += [self.statement(edge, ends[edge.start], ends[edge.end]) for edge in step.edges]
        attributes = [_said("sentence", item.sentence), _said("role", item.role), _said("share", item.score)]
        graph = AuxiliaryGraph(
            edges=tuple(dict.fromkeys(edges)),
            attributes=tuple(one for one in attributes if one is not None),
        )
        id_ = f"path-{_digest(graph.model_dump_json())}"
        self.auxiliary_graphs[id_] = graph
        return id_

    def _edge(self, edge: KnowledgeEdge) -> str:
        id_ = f"edge-{_digest(edge.model_dump_json())}"
        self._edges[id_] = edge
        return id_


def knowledge_attributes(level: str, agent: str) -> tuple[Attribute, Attribute]:
    """The attributes that say how sure an edge is, and who made it."""
    return (
        Attribute(attribute_type_id="biolink:knowledge_level", value=level, attribute_source=KEDREC),
        Attribute(attribute_type_id="biolink:agent_type", value=agent, attribute_source=KEDREC),
    )


def _said(name: str, value: object) -> Attribute | None:
    """An attribute that Biolink has no name for; None without a value."""
    if value in ("", None, []):
        return None
    return Attribute(attribute_type_id="biolink:has_attribute", original_attribute_name=name, value=value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
