"""Which diseases are held out, and what names them."""

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

__all__ = ["HELD_OUT_SHARE", "Split", "held_out", "joined", "split"]

HELD_OUT_SHARE = 0.15
_LONG_NAME = 5


@dataclass(frozen=True)
class Split:
    """Which diseases are held out.

    Attributes:
        seed: of the hash.
        ids: their CURIEs.
        names: their names and synonyms in lower case; no training example may hold one of these.
    """

    seed: int
    ids: frozenset[str]
    names: frozenset[str]

    def leaks(self, item: Evidence) -> bool:
        """Whether an item of evidence names a held-out disease, be it in a longer name."""
        nodes = item.path.nodes if item.path else ()
        return any(node.id in self.ids or self.names_one(node.name) for node in nodes)

    def names_one(self, name: str) -> bool:
        """Whether a name is a held-out disease's, or holds one as whole words."""
        plain = one_line(name).casefold()
        return plain in self.names or bool(self._within.search(plain))

    @cached_property
    def _within(self) -> re.Pattern[str]:
        # Shorter names are abbreviations, which other names hold by chance.
        longer = sorted(re.escape(name) for name in self.names if len(name) >= _LONG_NAME)
        return re.compile(rf"(?<!\w)(?:{'|'.join(longer) or '(?!)'})(?!\w)")


def held_out(disease: str, seed: int) -> bool:
    """Whether a disease is held out, by its CURIE and the seed alone, whatever else the graph holds."""
    digest = hashlib.sha256(f"{seed}:{disease}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT_SHARE


def split(store: GraphStore, seed: int) -> Split:
    """The held-out diseases of a graph."""
    table = store.nodes("Disease", ["id", "name", "synonyms"])
    rows = [row for row in table.to_pylist() if held_out(row["id"], seed)]
    names = {one_line(name).casefold() for row in rows for name in (row["name"], *row["synonyms"])}
    return Split(seed, frozenset(row["id"] for row in rows), frozenset(names))


def joined(splits: Sequence[Split]) -> Split:
    """One split over several graphs, all split by one seed."""
    return Split(
        splits[0].seed,
        frozenset().union(*(one.ids for one in splits)),
        frozenset().union(*(one.names for one in splits)),
    )
