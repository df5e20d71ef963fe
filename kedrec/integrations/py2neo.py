"""Conversion of subgraphs to py2neo objects, and their upload. Requires the extra `py2neo`.

py2neo is at its end of life; nothing else in KEDRec depends on it. It connects to Neo4j 5 over `bolt://`.

    import py2neo
    from kedrec.integrations.py2neo import merge, to_py2neo

    with kedrec.open() as kr:
        subgraph = kr.subgraph("Fingolimod", "multiple sclerosis")
    for relationship in to_py2neo(subgraph).relationships: ...
    merge(py2neo.Graph("bolt://localhost:7687", auth=("neo4j", password)), subgraph)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import py2neo
from py2neo.bulk import merge_nodes, merge_relationships

from kedrec.answers.subgraph import Subgraph
from kedrec.schema import load_schema

if TYPE_CHECKING:
    import networkx as nx

    Source: TypeAlias = Subgraph | nx.MultiDiGraph[str]

__all__ = ["merge", "to_py2neo"]

_KEY = "id"
_EDGE_KEY = "source"  # with both ends and the type, the key of an edge


def to_py2neo(subgraph: Source) -> py2neo.Subgraph:
    """Converts a subgraph to py2neo nodes and relationships, without a database.

    A node has its kind as label and as primary label, `id` as primary key, and its name. A relationship has
    its edge's properties, without those that are None; parallel edges of several sources stay separate.

    py2neo's `Graph.create` keeps them separate too, but duplicates existing nodes; its `Graph.merge` merges
    them into one relationship with the properties of the last. Use this module's `merge` instead.

    Args:
        subgraph: a subgraph of `Kedrec.subgraph`, or its `to_networkx` graph, which may be filtered.
    """
    graph = _networkx(subgraph)
    nodes = {id_: _node(id_, kind) for id_, kind in graph.nodes(data=True)}
    relationships = [
        py2neo.Relationship(nodes[start], edge["relation"], nodes[end], **_properties(edge))
        for start, end, edge in graph.edges(data=True)
    ]
    return py2neo.Subgraph(nodes.values(), relationships)


def merge(target: py2neo.Graph, subgraph: Source) -> None:
    """Merges a subgraph into a database in one transaction; a second call changes nothing.

    The key of a node is its kind and id, that of an edge its ends, relation and source. So nodes and edges
    that KEDRec loaded are matched and stay.

    Args:
        target: a py2neo graph whose user may write.
        subgraph: as for `to_py2neo`.

    Raises:
        py2neo's own errors: nothing was written.
    """
    graph = _networkx(subgraph)
    kinds = {id_: _kind(node) for id_, node in graph.nodes(data=True)}
    nodes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for id_, node in graph.nodes(data=True):
        nodes[kinds[id_]].append({_KEY: id_, "name": node["name"]})
    edges: dict[tuple[str, str, str], list[tuple[str, dict[str, Any], str]]] = defaultdict(list)
    for start, end, edge in graph.edges(data=True):
        edges[kinds[start], edge["relation"], kinds[end]].append((start, _properties(edge), end))
    transaction = target.begin()
    try:
        for kind, rows in sorted(nodes.items()):
            merge_nodes(transaction, rows, (kind, _KEY))
        for (start_kind, relation, end_kind), endpoint_rows in sorted(edges.items()):
            merge_relationships(
                transaction, endpoint_rows, (relation, _EDGE_KEY), (start_kind, _KEY), (end_kind, _KEY)
            )
    except BaseException:
        target.rollback(transaction)
        raise
    target.commit(transaction)


def _networkx(subgraph: Source) -> nx.MultiDiGraph[str]:
    return subgraph.to_networkx() if isinstance(subgraph, Subgraph) else subgraph


def _node(id_: str, attributes: Mapping[str, Any]) -> py2neo.Node:
    kind = _kind(attributes)
    node = py2neo.Node(kind, **{_KEY: id_}, name=attributes["name"])
    node.__primarylabel__, node.__primarykey__ = kind, _KEY
    return node


def _kind(attributes: Mapping[str, Any]) -> str:
    """The node's kind. Only kinds of the schema become labels; another raises KeyError."""
    return load_schema().kinds[attributes["kind"]].name


def _properties(edge: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in edge.items()
        if name != "relation" and value is not None
    }
