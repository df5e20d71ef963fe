"""A subgraph as py2neo objects, for notebooks that still use py2neo. Needs the extra `py2neo`.

py2neo is at its end of life; nothing else of KEDRec depends on it. It speaks to Neo4j 5 over `bolt://`.

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
_EDGE_KEY = "source"  # with its two ends and its type, what makes an edge one


def to_py2neo(subgraph: Source) -> py2neo.Subgraph:
    """The nodes and relationships of a subgraph, bound to no database.

    A node has its kind as label and as primary label, `id` as primary key, and its name. A relationship
    has its edge's properties but those that are None; parallel edges of several sources stay apart.

    py2neo's own `Graph.create` keeps them apart too, but makes everything anew; its `Graph.merge` takes
    them for one relationship, whose properties are those of whichever came last. Use `merge` here.

    Args:
        subgraph: from `Kedrec.subgraph`, or its `to_networkx`, perhaps filtered.
    """
    graph = _networkx(subgraph)
    nodes = {id_: _node(id_, kind) for id_, kind in graph.nodes(data=True)}
    relationships = [
        py2neo.Relationship(nodes[start], edge["relation"], nodes[end], **_properties(edge))
        for start, end, edge in graph.edges(data=True)
    ]
    return py2neo.Subgraph(nodes.values(), relationships)


def merge(target: py2neo.Graph, subgraph: Source) -> None:
    """Merges a subgraph into a database, in one transaction; again changes nothing.

    A node is one by its kind and id, an edge by its ends, its relation and its source: in a graph that
    KEDRec loaded, what is there already is found and stays.

    Args:
        target: a py2neo graph; the user must be allowed to write.
        subgraph: as for `to_py2neo`.

    Raises:
        py2neo's own errors: nothing of the subgraph was written.
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
        for (start_kind, relation, end_kind), triples in sorted(edges.items()):
            merge_relationships(
                transaction, triples, (relation, _EDGE_KEY), (start_kind, _KEY), (end_kind, _KEY)
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
    """The node's kind; only one of the schema becomes a label, whatever the graph says."""
    return load_schema().kinds[attributes["kind"]].name


def _properties(edge: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in edge.items()
        if name != "relation" and value is not None
    }
