"""Digest of the graph: the sum of the MD5 of every node's and edge's key, in two halves modulo 2^64.

It is the same for every engine and every order of loading. A load updates it by adding the sum over its new
keys and subtracting the sum over its deleted keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.stores.key_sums import EMPTY_DIGEST, add_digests

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.stores import GraphTarget

__all__ = ["DIGEST", "key_digest", "stored_digest"]

DIGEST = "digest"
"""Key of the digest in the graph's metadata."""

_NODE_KEY = "concat_ws(chr(31), 'node', {kind}, {id})"
_EDGE_KEY = "concat_ws(chr(31), 'edge', p.relation, p.start_kind, {start}, p.end_kind, {end}, {source})"
_SUMS = "coalesce(sum((m >> 64)::UBIGINT), 0), coalesce(sum((m & 18446744073709551615)::UBIGINT), 0)"


def _digest(staging: Staging, keys: str) -> str:
    row = staging.sql.execute(f"SELECT {_SUMS} FROM (SELECT md5_number(key) AS m FROM ({keys}))").fetchall()  # noqa: S608  # internal queries
    high, low = row[0]
    return f"{int(high) % 2**64:016x}{int(low) % 2**64:016x}"


def key_digest(staging: Staging) -> tuple[str, str]:
    """Digests of the keys that this load adds and of those it deletes."""
    new = (
        f"SELECT {_NODE_KEY.format(kind='kind', id='id')} AS key FROM node_states WHERE state = 'new' "  # noqa: S608  # constant names
        f"UNION ALL SELECT {_EDGE_KEY.format(start='s.id', end='t.id', source='e.source')} "
        "FROM merged_edges AS e JOIN pairs AS p USING (pair) JOIN node_numbers AS s ON s.node = e.start "
        'JOIN node_numbers AS t ON t.node = e."end" '
        "WHERE e.state = 'new'"
    )
    deleted = (
        f"SELECT {_NODE_KEY.format(kind='kind', id='id')} AS key FROM deleted_nodes UNION ALL "  # noqa: S608  # constant names
        f"SELECT {_EDGE_KEY.format(start='e.start', end='e.end', source='e.source')} FROM deleted_edges AS e "
        "JOIN pairs AS p USING (pair)"
    )
    return _digest(staging, new), _digest(staging, deleted)


def stored_digest(staging: Staging, store: GraphTarget) -> str:
    """Computes the digest of the stored graph from all its keys."""
    fingerprint = store.fingerprint()
    total = EMPTY_DIGEST
    for kind in fingerprint.nodes:
        staging.sql.register("part", store.nodes(kind, ["id"]))
        query = f"SELECT {_NODE_KEY.format(kind=chr(39) + kind + chr(39), id='id')} AS key FROM part"  # noqa: S608  # kinds of the schema
        total = add_digests(total, _digest(staging, query))
        staging.sql.unregister("part")
    relations = {relation for relation, _ in fingerprint.edges}
    pairs = staging.sql.execute("SELECT pair, relation, start_kind, end_kind FROM pairs").fetchall()
    for pair, relation, start, end in pairs:
        # Skips pairs of kinds without nodes: a server would plan a statement for each of some hundred.
        if relation in relations and {start, end} <= fingerprint.nodes.keys():
            for batch in store.edges(relation, start, end, ["start", "end", "source"]):
                staging.sql.register("part", batch)
                key = _EDGE_KEY.format(start="e.start", end='e."end"', source="e.source")
                query = f"SELECT {key} AS key FROM part AS e JOIN pairs AS p ON p.pair = {pair}"  # noqa: S608  # constant names
                total = add_digests(total, _digest(staging, query))
                staging.sql.unregister("part")
    return total
