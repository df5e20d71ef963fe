"""Digests of what a graph holds: sums of the MD5 of keys, in two halves modulo 2^64.

A sum is the same in every order, and what goes can be taken off again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["EMPTY", "add_digests", "edge_key", "keys_digest", "node_key"]

EMPTY = "0" * 32
"""The digest of nothing."""
_BETWEEN = "\x1f"
_HALF = 2**64


def node_key(kind: str, curie: str) -> str:
    """The key of a node, as the loader's SQL writes it."""
    return _BETWEEN.join(("node", kind, curie))


def edge_key(table: tuple[str, str, str], start: str, end: str, source: str) -> str:
    """The key of an edge, as the loader's SQL writes it; `table`: its relation, start kind and end kind."""
    relation, start_kind, end_kind = table
    return _BETWEEN.join(("edge", relation, start_kind, start, end_kind, end, source))


def keys_digest(keys: Iterable[str]) -> str:
    """The digest of some keys, each given once."""
    high = low = 0
    for key in keys:
        number = hashlib.md5(key.encode(), usedforsecurity=False).digest()
        # As DuckDB's md5_number has it: a little-endian number of 128 bits.
        low += int.from_bytes(number[:8], "little")
        high += int.from_bytes(number[8:], "little")
    return f"{high % _HALF:016x}{low % _HALF:016x}"


def add_digests(first: str, second: str, sign: int = 1) -> str:
    """The digest of two disjoint sets of keys (sign -1: of the first without the second)."""
    one, two = first or EMPTY, second or EMPTY
    high = (int(one[:16], 16) + sign * int(two[:16], 16)) % _HALF
    low = (int(one[16:], 16) + sign * int(two[16:], 16)) % _HALF
    return f"{high:016x}{low:016x}"
