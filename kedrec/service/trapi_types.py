"""Types of messages of the Translator Reasoner API (TRAPI) 1.5 that KEDRec reads and writes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "TRAPI_VERSION",
    "Analysis",
    "Attribute",
    "AuxiliaryGraph",
    "Binding",
    "KnowledgeEdge",
    "KnowledgeGraph",
    "KnowledgeNode",
    "LogEntry",
    "Message",
    "QueryEdge",
    "QueryGraph",
    "QueryMessage",
    "QueryNode",
    "Response",
    "Result",
    "RetrievalSource",
]

TRAPI_VERSION = "1.5.0"

Curie = Annotated[str, Field(min_length=1, max_length=500)]
Biolink = Annotated[str, Field(pattern=r"^biolink:\w+$", max_length=200)]
Key = Annotated[str, Field(min_length=1, max_length=200)]


class _Asked(BaseModel):
    """A part of a query; fields that KEDRec doesn't know are kept and have no effect."""

    model_config = ConfigDict(frozen=True, extra="allow")


class QueryNode(_Asked):
    """A node of the query graph: what it may be bound to."""

    ids: Annotated[tuple[Curie, ...], Field(min_length=1)] | None = None
    categories: Annotated[tuple[Biolink, ...], Field(min_length=1)] | None = None
    set_interpretation: Literal["BATCH", "ALL", "MANY"] | None = None
    constraints: tuple[dict[str, Any], ...] | None = None


class QueryEdge(_Asked):
    """An edge of the query graph. `inferred` asks for predictions, `lookup` for statements alone."""

    subject: Key
    object: Key
    predicates: Annotated[tuple[Biolink, ...], Field(min_length=1)] | None = None
    knowledge_type: str | None = None
    attribute_constraints: tuple[dict[str, Any], ...] | None = None
    qualifier_constraints: tuple[dict[str, Any], ...] | None = None


class QueryGraph(_Asked):
    """The nodes and edges that are asked for."""

    nodes: dict[Key, QueryNode]
    edges: dict[Key, QueryEdge] = Field(default_factory=dict)


class QueryMessage(_Asked):
    """The message of a query; what it has besides the query graph has no effect."""

    query_graph: QueryGraph


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attribute(_Answered):
    """Something that is said of a node or an edge."""

    attribute_type_id: str
    value: Any
    original_attribute_name: str | None = None
    attribute_source: str | None = None
    attributes: tuple[dict[str, Any], ...] | None = None


class RetrievalSource(_Answered):
    """A resource that an edge comes from."""

    resource_id: str
    resource_role: Literal["primary_knowledge_source", "aggregator_knowledge_source"]
    upstream_resource_ids: tuple[str, ...] | None = None


class KnowledgeNode(_Answered):
    """A node of the knowledge graph."""

    name: str
    categories: tuple[Biolink, ...]
    attributes: tuple[Attribute, ...] = ()


class KnowledgeEdge(_Answered):
    """A statement of one source, or a prediction."""

    subject: str
    predicate: Biolink
    object: str
    sources: tuple[RetrievalSource, ...]
    attributes: tuple[Attribute, ...] = ()


class KnowledgeGraph(_Answered):
    """Everything that results refer to."""

    nodes: dict[str, KnowledgeNode]
    edges: dict[str, KnowledgeEdge]


class AuxiliaryGraph(_Answered):
    """The edges of a path that supports a prediction."""

    edges: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()


class Binding(_Answered):
    """A binding of a node or an edge of the query graph to one of the knowledge graph."""

    id: str
    query_id: str | None = None
    attributes: tuple[Attribute, ...] = ()


class EdgeBinding(_Answered):
    """A binding of an edge of the query graph."""

    id: str
    attributes: tuple[Attribute, ...] = ()


class Analysis(_Answered):
    """What KEDRec says for a result."""

    resource_id: str
    edge_bindings: dict[str, tuple[EdgeBinding, ...]]
    score: float | None = None
    scoring_method: str | None = None


class Result(_Answered):
    """A pair that answers the query."""

    node_bindings: dict[str, tuple[Binding, ...]]
    analyses: tuple[Analysis, ...]


class Message(_Answered):
    """The query graph as it was asked, and its answer."""

    query_graph: QueryGraph
    knowledge_graph: KnowledgeGraph
    results: tuple[Result, ...]
    auxiliary_graphs: dict[str, AuxiliaryGraph]


class LogEntry(_Answered):
    """What the asker should know of the answer."""

    timestamp: str
    level: Literal["WARNING", "INFO"]
    code: str
    message: str


class Response(_Answered):
    """The answer to a query."""

    message: Message
    status: str
    description: str
    logs: tuple[LogEntry, ...]
    schema_version: str = TRAPI_VERSION
    biolink_version: str
