"""Digests of a graph's keys: sums of their MD5, in two halves modulo 2^64.

A sum is independent of the order, and a key's share can be subtracted again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["EMPTY_DIGEST", "add_digests", "edge_key", "keys_digest", "node_key"]

EMPTY_DIGEST = "0" * 32
"""Digest of an empty set of keys."""
_SEPARATOR = "\x1f"
_HALF = 2**64


def node_key(kind: str, curie: str) -> str:
    """The key of a node, as the loader's SQL writes it."""
    return _SEPARATOR.join(("node", kind, curie))


def edge_key(table: tuple[str, str, str], start: str, end: str, source: str) -> str:
    """The key of an edge, as the loader's SQL writes it; `table` is (relation, start kind, end kind)."""
    relation, start_kind, end_kind = table
    return _SEPARATOR.join(("edge", relation, start_kind, start, end_kind, end, source))


def keys_digest(keys: Iterable[str]) -> str:
    """The digest of distinct keys."""
    high = low = 0
    for key in keys:
        md5 = hashlib.md5(key.encode(), usedforsecurity=False).digest()
        # The same as DuckDB's md5_number: a little-endian number of 128 bits.
        low += int.from_bytes(md5[:8], "little")
        high += int.from_bytes(md5[8:], "little")
    return f"{high % _HALF:016x}{low % _HALF:016x}"


def add_digests(first: str, second: str, sign: int = 1) -> str:
    """The digest of the union of two disjoint sets of keys (sign -1: of the first without the second).

    The digest "" stands for the empty set.
    """
    augend, addend = first or EMPTY_DIGEST, second or EMPTY_DIGEST
    high = (int(augend[:16], 16) + sign * int(addend[:16], 16)) % _HALF
    low = (int(augend[16:], 16) + sign * int(addend[16:], 16)) % _HALF
    return f"{high:016x}{low:016x}"
