"""Splits off held-out diseases by a hash of their ids, and finds their names in evidence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore
    from kedrec.types import Evidence

__all__ = ["HELD_OUT_SHARE", "Holdout", "hold_out", "is_held_out", "join_holdouts"]

HELD_OUT_SHARE = 0.15
_SHORTEST_INNER_NAME = 5  # characters; shorter names are abbreviations, which other names hold by chance


@dataclass(frozen=True)
class Holdout:
    """The held-out diseases of one graph or several.

    Attributes:
        seed: of the hash.
        ids: their CURIEs.
        names: their names and synonyms in lower case; no training example may contain one of these.
    """

    seed: int
    ids: frozenset[str]
    names: frozenset[str]

    def leaks(self, item: Evidence) -> bool:
        """True for evidence that names a held-out disease, also within a longer name."""
        nodes = item.path.nodes if item.path else ()
        return any(node.id in self.ids or self.names_held_out(node.name) for node in nodes)

    def names_held_out(self, name: str) -> bool:
        """True for a name that is, or contains as whole words, a held-out disease's name."""
        lower_name = one_line(name).casefold()
        return lower_name in self.names or bool(self._pattern.search(lower_name))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted(re.escape(name) for name in self.names if len(name) >= _SHORTEST_INNER_NAME)
        return re.compile(rf"(?<!\w)(?:{'|'.join(names) or '(?!)'})(?!\w)")


def is_held_out(disease: str, seed: int) -> bool:
    """True for a held-out disease; decided by its CURIE and the seed alone, the same in every graph."""
    digest = hashlib.sha256(f"{seed}:{disease}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT_SHARE


def hold_out(store: GraphStore, seed: int) -> Holdout:
    """The held-out diseases of a graph."""
    table = store.nodes("Disease", ["id", "name", "synonyms"])
    rows = [row for row in table.to_pylist() if is_held_out(row["id"], seed)]
    names = {one_line(name).casefold() for row in rows for name in (row["name"], *row["synonyms"])}
    return Holdout(seed, frozenset(row["id"] for row in rows), frozenset(names))


def join_holdouts(splits: Sequence[Holdout]) -> Holdout:
    """Joins the splits of several graphs, all split by one seed."""
    return Holdout(
        splits[0].seed,
        frozenset().union(*(part.ids for part in splits)),
        frozenset().union(*(part.names for part in splits)),
    )
