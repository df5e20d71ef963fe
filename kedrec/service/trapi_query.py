"""Answers TRAPI queries of one edge: what treats a disease, what a drug treats, how the two are linked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from kedrec.api import MAX_PATHS
from kedrec.errors import UsageError
from kedrec.evidence.path_edges import stored_edge
from kedrec.schema import load_schema
from kedrec.service.requests import Question
from kedrec.service.trapi_graph import GraphBuilder
from kedrec.service.trapi_types import (
    Analysis,
    Binding,
    EdgeBinding,
    LogEntry,
    Message,
    QueryGraph,
    QueryMessage,
    Response,
    Result,
)
from kedrec.service.trapi_words import (
    BIOLINK_VERSION,
    CATEGORIES,
    KEDREC,
    TREATS_LIKE,
    own_id,
    translator_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kedrec.api import Kedrec
    from kedrec.types import Edge, Entity, Recommendation

__all__ = ["MAX_IDS", "TrapiMetaQuestion", "TrapiQuestion"]

MAX_IDS = 20
"""Most ids of a node: each is a question of its own."""
MAX_RESULTS = 100
"""Most predictions for an id."""
_Role = Literal["Drug", "Disease"]
_Direction = Literal["forward", "backward"]
_CLASSES: dict[_Role, frozenset[str]] = {
    "Drug": frozenset(
        f"biolink:{name}"
        for name in ("Drug", "SmallMolecule", "MolecularEntity", "ChemicalEntity", "MolecularMixture",
                     "ChemicalMixture", "ChemicalOrDrugOrTreatment", "ChemicalEntityOrGeneOrGeneProduct",
                     "ChemicalEntityOrProteinOrPolypeptide", "NamedThing", "Entity")
    ),
    "Disease": frozenset(
        f"biolink:{name}"
        for name in ("Disease", "DiseaseOrPhenotypicFeature", "BiologicalEntity", "ThingWithTaxon",
                     "NamedThing", "Entity")
    ),
}  # fmt: skip
"""Categories that hold drugs, and diseases."""


@dataclass
class _Asked:
    """A node of the query: its name there, and the entities that its ids stand for, with the ids.

    Attributes:
        entities: None where the node has no ids, so that anything answers.
    """

    key: str
    entities: list[tuple[Entity, str]] | None


class TrapiQuestion(Question):
    """A TRAPI query, as it is posted. Fields that KEDRec doesn't know have no effect."""

    endpoint = "trapi"
    model_config = ConfigDict(frozen=True, extra="allow")

    message: QueryMessage
    workflow: tuple[dict[str, Any], ...] | None = None
    top: Annotated[int, Field(ge=1, le=MAX_RESULTS)] = 10
    """Most predictions for each id, a field of KEDRec's own."""
    paths: Annotated[int, Field(ge=1, le=MAX_PATHS)] = 5
    """Most support graphs of a prediction, likewise."""

    def ask(self, kr: Kedrec) -> Response:
        """The response. Raises `UsageError` for a query graph of another shape, and as `Kedrec.recommend`."""
        return _Answering(kr, self).response()

    def text(self, answer: Any) -> str:
        """The response as text, without fields that have no value."""
        return super().text(answer.model_dump(mode="json", exclude_none=True))


class TrapiMetaQuestion(Question):
    """Asks for what can be asked: the meta knowledge graph."""

    endpoint = "trapi-meta"

    def ask(self, kr: Kedrec) -> dict[str, Any]:  # noqa: ARG002  # the same for every graph
        """The meta knowledge graph: drugs, diseases, and the one edge between them."""
        schema = load_schema()
        drug, disease = (CATEGORIES[kind] for kind in ("Drug", "Disease"))
        nodes = {
            CATEGORIES[kind]: {"id_prefixes": [translator_prefix(one) for one in schema.kinds[kind].prefixes]}
            for kind in ("Drug", "Disease")
        }
        edge = {
            "subject": drug,
            "predicate": "biolink:treats",
            "object": disease,
            "knowledge_types": ["lookup", "inferred"],
        }
        return {"nodes": nodes, "edges": [edge]}


class _Answering:
    """One query as it is answered."""

    def __init__(self, kedrec: Kedrec, question: TrapiQuestion) -> None:
        self._kedrec = kedrec
        self._question = question
        self._query: QueryGraph = question.message.query_graph
        self._builder = GraphBuilder(kedrec)
        self._logs: list[LogEntry] = []
        self._edge_key, directions = _checked_edge(self._query)
        self._is_reversed = directions == {"backward"} or (
            len(directions) > 1 and self._begins_with_disease()
        )

    def response(self) -> Response:
        edge = self._query.edges[self._edge_key]
        ends = (edge.object, edge.subject) if self._is_reversed else (edge.subject, edge.object)
        drug, disease = self._asked(ends[0], "Drug"), self._asked(ends[1], "Disease")
        results: list[Result] = []
        if edge.predicates and not set(edge.predicates) & set(TREATS_LIKE):
            self._log(
                "WARNING", "UnsupportedPredicate", "KEDRec answers biolink:treats and what is above it."
            )
        elif edge.knowledge_type == "inferred":
            for recommendation in self._predictions(drug, disease):
                edges = (self._builder.prediction(recommendation),)
                score = recommendation.probability
                results.append(self._result(recommendation, drug, disease, edges, score))
        else:
            results = list(self._statements(drug, disease))
            self._log(
                "INFO", "LookupOnly", "Statements alone; `knowledge_type: inferred` asks for predictions."
            )
        count = len(results)
        return Response(
            message=Message(
                query_graph=self._query,
                knowledge_graph=self._builder.graph,
                results=tuple(results),
                auxiliary_graphs=self._builder.auxiliary_graphs,
            ),
            status="Success",
            description=f"{count} result{'' if count == 1 else 's'}",
            logs=tuple(self._logs),
            biolink_version=BIOLINK_VERSION,
        )

    def _begins_with_disease(self) -> bool:
        """True if an edge whose ends may be either leads from a disease, by the first id of its ends."""
        edge = self._query.edges[self._edge_key]
        for key, role in ((edge.subject, "Disease"), (edge.object, "Drug")):
            for id_ in self._query.nodes[key].ids or ():
                return self._entity(id_, role) is not None
        return False

    def _entity(self, id_: str, kind: str) -> Entity | None:
        """The entity that an id or a cross-reference stands for; None without one."""
        own = own_id(id_)
        matches = self._kedrec.search(own, kind=kind, limit=1) if own else []
        return next((match.entity for match in matches if match.why in {"id", "cross-reference"}), None)

    def _asked(self, key: str, role: _Role) -> _Asked:
        """The entities of a query node, by their ids alone: never by a similar name."""
        ids = self._query.nodes[key].ids
        if ids is None:
            return _Asked(key, None)
        found = {id_: self._entity(id_, role) for id_ in dict.fromkeys(ids)}
        for id_, entity in found.items():
            if entity is None:
                self._log("WARNING", "UnknownId", f"The graph has no {role.lower()} {id_}.")
        return _Asked(key, [(entity, id_) for id_, entity in found.items() if entity is not None])

    def _predictions(self, drug: _Asked, disease: _Asked) -> Iterable[Recommendation]:
        """The predictions for every pair of ids, or the best ones for the ids of one end."""
        kr, top, paths = self._kedrec, self._question.top, self._question.paths
        for target, _ in disease.entities if disease.entities is not None else ():
            if drug.entities is None:
                yield from kr.recommend(target.id, top=top, paths=paths, llm=False, background="none")
            elif drug.entities:
                names = [entity.id for entity, _ in drug.entities]
                yield from kr.recommend(target.id, drugs=names, paths=paths, llm=False, background="none")
        if disease.entities is None:
            for entity, _ in drug.entities or ():
                yield from kr.recommend_diseases(
                    entity.id, top=top, paths=paths, llm=False, background="none"
                )

    def _statements(self, drug: _Asked, disease: _Asked) -> Iterable[Result]:
        """The treatments that sources state, a result a pair."""
        kr = self._kedrec
        drugs, diseases = (
            self._ids_or_all(asked, kind) for asked, kind in ((drug, "Drug"), (disease, "Disease"))
        )
        if not (drugs and diseases):
            return
        pairs: dict[tuple[str, str], list[Edge]] = {}
        for relation in load_schema().joining("treatment", "Drug", "Disease"):
            for row in kr.store.edges_between(relation, "Drug", "Disease", drugs, diseases):
                edge = stored_edge(relation, row["start_id"], row["end_id"], row["edge"])
                pairs.setdefault((edge.start, edge.end), []).append(edge)
        for (start, end), edges in pairs.items():
            first, last = kr.names.entity(start, "Drug"), kr.names.entity(end, "Disease")
            ids = tuple(self._builder.statement(edge, first, last) for edge in edges)
            yield self._pair_result((first, last), (drug, disease), ids, None)

    def _ids_or_all(self, asked: _Asked, kind: str) -> list[str]:
        if asked.entities is not None:
            return [entity.id for entity, _ in asked.entities]
        return sorted(self._kedrec.store.nodes(kind, ["id"])["id"].to_pylist())

    def _result(
        self,
        recommendation: Recommendation,
        drug: _Asked,
        disease: _Asked,
        edges: Sequence[str],
        score: float | None,
    ) -> Result:
        pair = (recommendation.drug, recommendation.disease)
        return self._pair_result(pair, (drug, disease), edges, score)

    def _pair_result(
        self,
        pair: tuple[Entity, Entity],
        asked: tuple[_Asked, _Asked],
        edges: Sequence[str],
        score: float | None,
    ) -> Result:
        return Result(
            node_bindings={
                one.key: (self._binding(entity, one),) for entity, one in zip(pair, asked, strict=True)
            },
            analyses=(
                Analysis(
                    resource_id=KEDREC,
                    edge_bindings={self._edge_key: tuple(EdgeBinding(id=edge) for edge in edges)},
                    score=score,
                    scoring_method=None if score is None else "calibrated probability of a treatment",
                ),
            ),
        )

    def _binding(self, entity: Entity, asked: _Asked) -> Binding:
        id_ = self._builder.node(entity)
        given = next((given for one, given in asked.entities or () if one.id == entity.id), None)
        return Binding(id=id_, query_id=given if given not in {None, id_} else None)

    def _log(self, level: Literal["WARNING", "INFO"], code: str, message: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._logs.append(LogEntry(timestamp=now, level=level, code=code, message=message))


def _checked_edge(query: QueryGraph) -> tuple[str, set[_Direction]]:
    """The key of the query's one edge, and the directions from drug to disease that it may have.

    Raises:
        UsageError: the query graph has another shape, or asks for what KEDRec doesn't have.
    """
    if len(query.edges) != 1 or len(query.nodes) != 2:
        raise UsageError(
            f"The query graph has {len(query.nodes)} nodes and {len(query.edges)} edges.",
            "KEDRec answers one edge between a drug and a disease.",
        )
    ((key, edge),) = query.edges.items()
    if {edge.subject, edge.object} != set(query.nodes):
        raise UsageError(
            f"The edge '{key}' leads from '{edge.subject}' to '{edge.object}'.",
            f"It must join the nodes {' and '.join(query.nodes)}.",
        )
    asked = {name: query.nodes[name] for name in (edge.subject, edge.object)}
    for name, node in asked.items():
        if node.ids is not None and len(node.ids) > MAX_IDS:
            raise UsageError(f"The node '{name}' has {len(node.ids)} ids.", f"Give {MAX_IDS} at most.")
        if node.constraints or node.set_interpretation in {"ALL", "MANY"}:
            raise UsageError(
                f"The node '{name}' has constraints, or is a set.", "KEDRec answers each id by itself."
            )
    if edge.attribute_constraints or edge.qualifier_constraints:
        raise UsageError(f"The edge '{key}' has constraints.", "KEDRec has none: leave them out.")
    if all(node.ids is None for node in asked.values()):
        raise UsageError("Neither node has ids.", "Give the ids of a disease, or of a drug, or of both.")
    subject, object_ = (_roles(query, name) for name in (edge.subject, edge.object))
    directions: set[_Direction] = set()
    if "Drug" in subject and "Disease" in object_:
        directions.add("forward")
    if "Disease" in subject and "Drug" in object_ and _is_undirected(edge.predicates):
        directions.add("backward")
    if directions:
        return key, directions
    raise UsageError(
        f"The edge '{key}' doesn't lead from a drug to a disease.",
        "Give the nodes biolink:Drug and biolink:Disease, the drug as the subject.",
    )


def _roles(query: QueryGraph, name: str) -> frozenset[_Role]:
    """What a query node may be, by its categories."""
    categories = set(query.nodes[name].categories or ("biolink:NamedThing",))
    roles: tuple[_Role, ...] = ("Drug", "Disease")
    return frozenset(role for role in roles if categories & _CLASSES[role])


def _is_undirected(predicates: Sequence[str] | None) -> bool:
    return predicates is None or bool(
        {"biolink:related_to", "biolink:related_to_at_instance_level"} & set(predicates)
    )
