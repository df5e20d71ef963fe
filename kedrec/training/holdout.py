"""Splits off held-out diseases by a hash of their ids, and finds what is held out in evidence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore
    from kedrec.types import Entity, Evidence

__all__ = ["HELD_OUT_SHARE", "AskedAnswers", "Holdout", "hold_out", "is_held_out", "join_holdouts"]

HELD_OUT_SHARE = 0.15
_SHORTEST_INNER_NAME = 5  # characters; shorter names are abbreviations, which other names hold by chance


@dataclass(frozen=True, slots=True)
class AskedAnswers:
    """What questions ask for on which a student is measured.

    Attributes:
        pairs: drug and disease of every right answer.
        diseases: diseases that it is to have seen nothing of.
        drugs: drugs that it is to have seen nothing of.
    """

    pairs: frozenset[tuple[str, str]] = frozenset()
    diseases: frozenset[str] = frozenset()
    drugs: frozenset[str] = frozenset()

    def asks(self, drug: str, disease: str) -> bool:
        """True for a pair that nothing may be learned of."""
        return drug in self.drugs or disease in self.diseases or (drug, disease) in self.pairs

    def shown_by(self, nodes: Sequence[Entity]) -> bool:
        """True for the nodes of a path with a link of a drug and a disease that are asked for."""
        for start, end in pairwise(nodes):
            if start.kind == "Drug" and end.kind == "Disease" and self.asks(start.id, end.id):
                return True
            if start.kind == "Disease" and end.kind == "Drug" and self.asks(end.id, start.id):
                return True
        return False


@dataclass(frozen=True)
class Holdout:
    """The held-out diseases of one graph or several.

    Attributes:
        seed: of the hash.
        ids: their CURIEs.
        names: their names and synonyms in lower case; no training example may contain one of these.
        asked: what a data set asks for, which no training example may be about or show; its diseases are
            among `ids`.
    """

    seed: int
    ids: frozenset[str]
    names: frozenset[str]
    asked: AskedAnswers = field(default_factory=AskedAnswers)

    def leaks(self, item: Evidence) -> bool:
        """True for evidence that names a held-out disease, also within a longer name, or shows an answer."""
        nodes = item.path.nodes if item.path else ()
        return self.asked.shown_by(nodes) or any(
            node.id in self.ids or self.names_held_out(node.name) for node in nodes
        )

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


def hold_out(store: GraphStore, seed: int, asked: AskedAnswers | None = None) -> Holdout:
    """The held-out diseases of a graph, and what a data set asks for, if one is given."""
    asked = asked or AskedAnswers()
    table = store.nodes("Disease", ["id", "name", "synonyms"])
    rows = [row for row in table.to_pylist() if is_held_out(row["id"], seed) or row["id"] in asked.diseases]
    names = {one_line(name).casefold() for row in rows for name in (row["name"], *row["synonyms"])}
    return Holdout(seed, frozenset(row["id"] for row in rows), frozenset(names), asked)


def join_holdouts(splits: Sequence[Holdout]) -> Holdout:
    """Joins the splits of several graphs, all split by one seed and without the answers of one data set."""
    return Holdout(
        splits[0].seed,
        frozenset().union(*(part.ids for part in splits)),
        frozenset().union(*(part.names for part in splits)),
        splits[0].asked,
    )
