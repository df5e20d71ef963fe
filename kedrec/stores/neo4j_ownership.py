"""Whose a Neo4j database is: what would be in the way of KEDRec's nodes, and graphs of before the mark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kedrec.errors import SchemaMismatchError, StoreAccessError, StoreError
from kedrec.schema import load_schema
from kedrec.stores.counts import COUNTS, Counts
from kedrec.stores.cypher_statements import statement
from kedrec.stores.key_sums import edge_key, keys_digest, node_key
from kedrec.stores.marking import EDGE_PROPERTIES, NODE_PROPERTIES

if TYPE_CHECKING:
    from kedrec.stores.base import Row

__all__ = ["ELSEWHERE", "check_constraints", "check_unmarked", "unmarked_error"]

ELSEWHERE = "Load into another database (NEO4J_DATABASE), or another server."
"""What to do where a database's owner has rules that KEDRec's nodes would break."""
_ALWAYS_SET = frozenset({"id", "name", "source", "licence"})
_Read = Callable[[str], "Sequence[Row]"]


def check_constraints(where: str, read: _Read) -> None:
    """Refuses a database with constraints of its own that KEDRec's nodes would be bound by.

    A constraint on `:Drug(id)` would refuse KEDRec's node where one of that id is there, and another
    program's own node once KEDRec's is.

    Args:
        where: the database, for the error.
        read: runs a statement.

    Raises:
        StoreError: with the constraints, the number of nodes that are others', and the way out.
    """
    schema = load_schema()
    ours = {statement_name(kind) for kind in schema.kinds}
    own = {**dict.fromkeys(schema.kinds, NODE_PROPERTIES), **dict.fromkeys(schema.relations, EDGE_PROPERTIES)}
    try:
        there = read(statement("write/list-constraints", "neo4j"))
    except StoreAccessError:
        return  # who may not look at them: the server will say what they forbid
    found = [
        row
        for row in there
        if row["name"] not in ours
        and any(_binds(row["type"], row["properties"], own[one]) for one in row["labels"] if one in own)
    ]
    if not found:
        return
    told = ", ".join(
        f"{row['name']} on :{'|'.join(row['labels'])}({', '.join(row['properties'])})" for row in found
    )
    labels = sorted({one for row in found for one in row["labels"] if one in schema.kinds})
    others = sum(_others(read, kind) for kind in labels)
    count = f" and {others:,} nodes under them that are not KEDRec's" if others else ""
    raise StoreError(
        f"{where} has constraints of its own on labels that KEDRec's nodes bear{count}: {told}. "
        "Nothing was written.",
        ELSEWHERE,
    )


def statement_name(kind: str) -> str:
    """The name of KEDRec's constraint on the nodes of a kind."""
    return f"kedrec_{kind}_id"


def unmarked_error(where: str, facts: Mapping[str, str], why: str = "") -> SchemaMismatchError:
    """A graph of a version that set no mark: what to do about it.

    Args:
        where: the graph, for the error.
        facts: its metadata.
        why: why it can't be marked; "" where it may be.
    """
    if why:
        return SchemaMismatchError(
            f"{where} was loaded by a version of KEDRec that didn't mark its nodes, and {why}. "
            "Nothing was changed.",
            "Load its sources again into another database (NEO4J_DATABASE).",
        )
    sources = sorted(key.removeprefix("source:") for key in facts if key.startswith("source:"))
    again = f"kedrec-load graph {sources[0]}" if sources else "kedrec-load graph"
    return SchemaMismatchError(
        f"{where} was loaded by a version of KEDRec that didn't mark its nodes.",
        f"Load any of its sources again ({again}): where the database holds nothing else, all are marked.",
    )


def check_unmarked(where: str, facts: Mapping[str, str], read: _Read) -> None:
    """Makes sure that all nodes and relationships under KEDRec's names are those that KEDRec wrote.

    The graph's digest is over the key of each of them, so one more, one less or another one shows.

    Raises:
        SchemaMismatchError: it isn't sure.
    """
    states = [json.loads(value).get("state") for key, value in facts.items() if key.startswith("source:")]
    if "digest" not in facts or any(state != "loaded" for state in states):
        raise unmarked_error(where, facts, "a load of it hasn't come to its end")
    there = 0

    def keys() -> Iterator[str]:
        nonlocal there
        for key in _keys(where, facts, read):
            there += 1
            yield key

    if keys_digest(keys()) == facts["digest"]:
        return
    counts = Counts.loads(facts[COUNTS]) if COUNTS in facts else Counts({}, {})
    wrote = sum(counts.nodes.values()) + sum(counts.edges.values())
    number = f" ({there:,}, and it wrote {wrote:,})" if wrote and wrote != there else ""
    raise unmarked_error(where, facts, f"other nodes or relationships than its own bear its labels{number}")


def _keys(where: str, facts: Mapping[str, str], read: _Read) -> Iterator[str]:
    schema = load_schema()
    for kind in schema.kinds:
        for row in read(statement("lookup/unmarked-nodes", "neo4j", kind=kind)):
            if row["labels"] != [kind] or not isinstance(row["id"], str):
                raise unmarked_error(where, facts, f"nodes of the label {kind} have labels of others")
            yield node_key(kind, row["id"])
    for relation in schema.relations:
        for row in read(statement("lookup/unmarked-edges", "neo4j", relation=relation)):
            ends = (*row["start_labels"], *row["end_labels"])
            texts = (row["start"], row["end"], row["source"])
            if len(ends) != 2 or not all(isinstance(text, str) for text in texts):
                raise unmarked_error(where, facts, f"relationships {relation} end at nodes of others")
            yield edge_key((relation, *ends), *texts)


def _others(read: _Read, kind: str) -> int:
    total, ours = (
        sum(row["nodes"] for row in read(statement(f"lookup/{name}", "neo4j", kind=kind)))
        for name in ("total-nodes", "count-nodes")
    )
    return int(total - ours)


def _binds(constraint: str, properties: Sequence[str], own: Sequence[str]) -> bool:
    """Whether a constraint on a label or type binds nodes or relationships with KEDRec's properties alone."""
    named = set(properties)
    if "EXISTENCE" in constraint:
        return not named <= _ALWAYS_SET & set(own)
    if "KEY" in constraint:
        return True
    return named <= set(own)
