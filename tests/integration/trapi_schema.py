"""JSON Schema of a response and of a meta knowledge graph in TRAPI 1.5."""

from __future__ import annotations

from typing import Any

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_BIOLINK: dict[str, Any] = {"type": "string", "pattern": r"^biolink:[A-Za-z_]+$"}
_CURIE: dict[str, Any] = {"type": "string", "pattern": r"^[^:\s]+:\S+$"}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def _map(value: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value, **more}


def _list(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


_ATTRIBUTE = _object(
    {"attribute_type_id": _BIOLINK, "value": {"not": {"type": "null"}}},
    original_attribute_name=_TEXT, value_type_id=_CURIE, attribute_source=_CURIE, value_url=_TEXT,
    description=_TEXT, attributes=_list({"type": "object"}),
)  # fmt: skip
_ATTRIBUTES = _list(_ATTRIBUTE)
_SOURCE = _object(
    {
        "resource_id": {"type": "string", "pattern": r"^infores:[a-z0-9-]+$"},
        "resource_role": {
            "enum": ["primary_knowledge_source", "aggregator_knowledge_source", "supporting_data_source"]
        },
    },
    upstream_resource_ids=_list(_CURIE), source_record_urls=_list(_TEXT),
)  # fmt: skip
_NODE = _object({"categories": _list(_BIOLINK, 1), "attributes": _ATTRIBUTES}, name=_TEXT)
_EDGE = _object(
    {"subject": _CURIE, "predicate": _BIOLINK, "object": _CURIE, "sources": _list(_SOURCE, 1)},
    attributes=_ATTRIBUTES, qualifiers=_list({"type": "object"}),
)  # fmt: skip
_ANALYSIS = _object(
    {
        "resource_id": _CURIE,
        "edge_bindings": _map(_list(_object({"id": _TEXT, "attributes": _ATTRIBUTES}), 1)),
    },
    score={"type": "number"}, scoring_method=_TEXT, support_graphs=_list(_TEXT), attributes=_ATTRIBUTES,
)  # fmt: skip
_RESULT = _object(
    {
        "node_bindings": _map(_list(_object({"id": _CURIE, "attributes": _ATTRIBUTES}, query_id=_CURIE), 1)),
        "analyses": _list(_ANALYSIS),
    }
)
_MESSAGE = _object(
    {},
    query_graph={"type": "object", "required": ["nodes", "edges"]},
    knowledge_graph=_object({"nodes": _map(_NODE), "edges": _map(_EDGE)}),
    results=_list(_RESULT),
    auxiliary_graphs=_map(_object({"edges": _list(_TEXT, 1), "attributes": _ATTRIBUTES})),
)
_LOG = _object(
    {"timestamp": _TEXT, "message": _TEXT},
    level={"enum": ["ERROR", "WARNING", "INFO", "DEBUG"]},
    code=_TEXT,
)

RESPONSE = _object(
    {"message": _MESSAGE},
    status=_TEXT, description=_TEXT, logs=_list(_LOG), workflow={}, schema_version=_TEXT,
    biolink_version=_TEXT,
)  # fmt: skip
META = _object(
    {
        "nodes": {
            "type": "object",
            "additionalProperties": _object({"id_prefixes": _list(_TEXT, 1)}, attributes={"type": "array"}),
            "propertyNames": _BIOLINK,
        },
        "edges": _list(
            _object(
                {"subject": _BIOLINK, "predicate": _BIOLINK, "object": _BIOLINK},
                knowledge_types=_list({"enum": ["lookup", "inferred"]}, 1),
                attributes={"type": "array"}, qualifiers={"type": "array"}, association=_BIOLINK,
            )
        ),
    }
)  # fmt: skip
