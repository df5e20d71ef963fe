"""Checks that a Neo4j database can hold KEDRec's nodes, and that an unmarked graph is KEDRec's alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kedrec.errors import SchemaMismatchError, StoreAccessError, StoreError
from kedrec.schema import load_schema
from kedrec.stores.counts import COUNTS_KEY, GraphCounts
from kedrec.stores.cypher_statements import statement
from kedrec.stores.key_sums import edge_key, keys_digest, node_key
from kedrec.stores.marking import EDGE_PROPERTIES, NODE_PROPERTIES

if TYPE_CHECKING:
    from kedrec.stores.base import Row

__all__ = ["OTHER_DATABASE_HINT", "check_constraints", "check_unmarked", "constraint_name", "unmarked_error"]

OTHER_DATABASE_HINT = "Load into another database (NEO4J_DATABASE), or another server."
"""Hint of an error when the database has constraints that KEDRec's nodes would violate."""
_ALWAYS_SET = frozenset({"id", "name", "source", "licence"})
_RunQuery = Callable[[str], "Sequence[Row]"]


def check_constraints(location: str, read: _RunQuery) -> None:
    """Refuses a database with other programs' constraints on the labels of KEDRec's nodes or edges.

    A constraint on `:Drug(id)` would refuse KEDRec's node if another program's has that id, and the other
    way round.

    Args:
        location: the database, for the error.
        read: runs a statement and returns its rows.

    Raises:
        StoreError: lists the constraints, the number of other programs' nodes, and the way out.
    """
    schema = load_schema()
    own_constraints = {constraint_name(kind) for kind in schema.kinds}
    own_properties = {
        **dict.fromkeys(schema.kinds, NODE_PROPERTIES),
        **dict.fromkeys(schema.relations, EDGE_PROPERTIES),
    }
    try:
        constraints = read(statement("write/list-constraints", "neo4j"))
    except StoreAccessError:
        return  # the user may not list them: the server's own errors will name them
    conflicts = [
        row
        for row in constraints
        if row["name"] not in own_constraints
        and any(
            _binds(row["type"], row["properties"], own_properties[label])
            for label in row["labels"]
            if label in own_properties
        )
    ]
    if not conflicts:
        return
    listing = ", ".join(
        f"{row['name']} on :{'|'.join(row['labels'])}({', '.join(row['properties'])})" for row in conflicts
    )
    kinds = sorted({label for row in conflicts for label in row["labels"] if label in schema.kinds})
    foreign = sum(_foreign_nodes(read, kind) for kind in kinds)
    count = f" and {foreign:,} nodes under them that are not KEDRec's" if foreign else ""
    raise StoreError(
        f"{location} has constraints of its own on labels that KEDRec's nodes bear{count}: {listing}. "
        "Nothing was written.",
        OTHER_DATABASE_HINT,
    )


def constraint_name(kind: str) -> str:
    """The name of KEDRec's constraint on the nodes of a kind."""
    return f"kedrec_{kind}_id"


def unmarked_error(location: str, facts: Mapping[str, str], reason: str = "") -> SchemaMismatchError:
    """The error about a graph written by a version that set no mark.

    Args:
        location: the graph.
        facts: its metadata.
        reason: the reason why it can't be marked; "" if it can.
    """
    if reason:
        return SchemaMismatchError(
            f"{location} was loaded by a version of KEDRec that didn't mark its nodes, and {reason}. "
            "Nothing was changed.",
            "Load its sources again into another database (NEO4J_DATABASE).",
        )
    sources = sorted(key.removeprefix("source:") for key in facts if key.startswith("source:"))
    command = f"kedrec-load graph {sources[0]}" if sources else "kedrec-load graph"
    return SchemaMismatchError(
        f"{location} was loaded by a version of KEDRec that didn't mark its nodes.",
        f"Load any of its sources again ({command}): where the database holds nothing else, all are marked.",
    )


def check_unmarked(location: str, facts: Mapping[str, str], read: _RunQuery) -> None:
    """Checks that all nodes and relationships with KEDRec's labels were written by KEDRec.

    Their keys must give the graph's digest, which any extra, missing or foreign one changes.

    Raises:
        SchemaMismatchError: the digest differs, or a load of the graph is incomplete.
    """
    states = [json.loads(value).get("state") for key, value in facts.items() if key.startswith("source:")]
    if "digest" not in facts or any(state != "loaded" for state in states):
        raise unmarked_error(location, facts, "a load of it hasn't come to its end")
    total = 0

    def keys() -> Iterator[str]:
        nonlocal total
        for key in _keys(location, facts, read):
            total += 1
            yield key

    if keys_digest(keys()) == facts["digest"]:
        return
    counts = GraphCounts.loads(facts[COUNTS_KEY]) if COUNTS_KEY in facts else GraphCounts({}, {})
    own = sum(counts.nodes.values()) + sum(counts.edges.values())
    number = f" ({total:,}, and it wrote {own:,})" if own and own != total else ""
    raise unmarked_error(
        location, facts, f"other nodes or relationships than its own bear its labels{number}"
    )


def _keys(location: str, facts: Mapping[str, str], read: _RunQuery) -> Iterator[str]:
    schema = load_schema()
    for kind in schema.kinds:
        for row in read(statement("lookup/unmarked-nodes", "neo4j", kind=kind)):
            if row["labels"] != [kind] or not isinstance(row["id"], str):
                raise unmarked_error(location, facts, f"nodes of the label {kind} have labels of others")
            yield node_key(kind, row["id"])
    for relation in schema.relations:
        for row in read(statement("lookup/unmarked-edges", "neo4j", relation=relation)):
            ends = (*row["start_labels"], *row["end_labels"])
            texts = (row["start"], row["end"], row["source"])
            if len(ends) != 2 or not all(isinstance(text, str) for text in texts):
                raise unmarked_error(location, facts, f"relationships {relation} end at nodes of others")
            yield edge_key((relation, *ends), *texts)


def _foreign_nodes(read: _RunQuery, kind: str) -> int:
    total, own = (
        sum(row["nodes"] for row in read(statement(f"lookup/{name}", "neo4j", kind=kind)))
        for name in ("total-nodes", "count-nodes")
    )
    return int(total - own)


def _binds(constraint: str, properties: Sequence[str], own: Sequence[str]) -> bool:
    """True if a constraint on `properties` can refuse nodes or edges with the properties `own` only."""
    constrained = set(properties)
    if "EXISTENCE" in constraint:
        return not constrained <= _ALWAYS_SET & set(own)
    if "KEY" in constraint:
        return True
    return constrained <= set(own)
