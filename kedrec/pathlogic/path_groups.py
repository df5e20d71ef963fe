"""Groups a pair's paths by what they tell: alike but for one node, they are told in one sentence.

Three paths through three targets are one thing to say: "it inhibits A, B and C, each of which
...". A fourth one says nothing new, nor does a path most of whose nodes heavier ones pass through already,
by their own or by longer names ("cyclic AMP", "cyclic AMP biosynthetic process"), nor another likeness of
the same treated disease. A path that weighs next to nothing beside the heaviest is no reason worth a
sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.types import Evidence

__all__ = ["PathGroup", "path_groups"]

_MOST_ALIKE = 3  # paths told in one sentence
_LEAST_WEIGHT = 0.03  # of the heaviest path's
_DESCRIBED = frozenset(  # kinds whose names describe them, so that one is told by a longer one that has it
    {
        "BiologicalProcess",
        "Pathway",
        "MolecularFunction",
        "CellularComponent",
        "Chemical",
        "GeneFamily",
        "Symptom",
    }
)
_AGENTS = frozenset({"Gene", "GeneFamily", "Complex", "Chemical", "Drug"})
_WORD = re.compile(r"\w+")
_LOCANTS = re.compile(r"^[\d',]+-")  # of a chemical's name


@dataclass(frozen=True, slots=True)
class PathGroup:
    """Items told in one sentence, the heaviest first.

    Attributes:
        items: one, or up to three paths along the same steps.
        differing: index of the one node in which the paths differ; 0 for one item.
    """

    items: tuple[Evidence, ...]
    differing: int = 0

    @property
    def weight(self) -> float:
        """The sum of the items' weights."""
        return sum(item.score for item in self.items)


def path_groups(items: Sequence[Evidence]) -> list[PathGroup]:
    """Groups items of one stance and leaves out the paths that say little new, the heaviest group first.

    Args:
        items: evidence for or against a pair; what is no path is a group of its own.
    """
    heaviest = max((item.score for item in items), default=0.0)
    remaining = sorted(
        (item for item in items if item.path is None or item.score >= _LEAST_WEIGHT * heaviest),
        key=lambda item: -item.score,
    )
    groups: list[PathGroup] = []
    covered = _CoveredNames()
    while remaining:
        first = remaining.pop(0)
        if not covered.leaves_new(first):
            continue
        differing, alike = _most_alike(first, [item for item in remaining if covered.leaves_new(item)])
        alike_ids = {item.id for item in alike}
        remaining = [
            item
            for item in remaining
            if item.id not in alike_ids
            and not (len(alike) == _MOST_ALIKE - 1 and _differing_node(first, item) == differing)
        ]
        groups.append(PathGroup((first, *alike), differing))
        for item in (first, *alike):
            covered.add(item)
    return sorted(groups, key=lambda group: -group.weight)


@dataclass(slots=True)
class _CoveredNames:
    """Kinds and names of the inner nodes of the paths that are told."""

    _names: set[tuple[str, str]] = field(default_factory=set)
    _words: list[frozenset[str]] = field(default_factory=list)

    def add(self, item: Evidence) -> None:
        inner = _inner_names(item)
        self._names.update(inner)
        self._words += _described(inner)

    def leaves_new(self, item: Evidence) -> bool:
        """True for a path that says something new beside those.

        Where it begins with the same treatment, or shares its first node and another, only what acts says
        something new: a gene, a chemical, a drug.
        """
        inner = _inner_names(item)
        new = {name for name in inner if not self._covers(name)}
        covered = len(set(inner)) - len(new)
        if not inner or len(new) < covered:
            return not inner
        begins_alike = inner[0] not in new and (covered > 1 or _begins_with_treatment(item))
        return not begins_alike or any(kind in _AGENTS for kind, _ in new)

    def _covers(self, name: tuple[str, str]) -> bool:
        return name in self._names or any(
            words <= other or other <= words for words in _described([name]) for other in self._words
        )


def _begins_with_treatment(item: Evidence) -> bool:
    return item.path is not None and load_schema().relations[item.path.steps[0].relation].is_care


def _described(names: Iterable[tuple[str, str]]) -> list[frozenset[str]]:
    """The words of names that describe what they name, in the singular."""
    words = (_WORD.findall(_LOCANTS.sub("", name)) for kind, name in names if kind in _DESCRIBED)
    return [frozenset(word.removesuffix("s") for word in some) for some in words if some]


def _most_alike(first: Evidence, others: Sequence[Evidence]) -> tuple[int, list[Evidence]]:
    """The heaviest paths that differ from the first in the name of one and the same node, and its index."""
    by_node: dict[int, list[Evidence]] = {}
    names: set[tuple[int, tuple[str, str]]] = set()
    for other in others:
        differing = _differing_node(first, other)
        if differing and (name := (differing, _inner_names(other)[differing - 1])) not in names:
            names.add(name)
            by_node.setdefault(differing, []).append(other)
    alike = {differing: chosen[: _MOST_ALIKE - 1] for differing, chosen in by_node.items()}
    best = max(alike, key=lambda differing: sum(item.score for item in alike[differing]), default=0)
    return best, alike.get(best, [])


def _differing_node(first: Evidence, other: Evidence) -> int:
    """Index of the one inner node in whose name two paths along the same steps differ; 0 otherwise."""
    if not first.path or not other.path or first.role != other.role:
        return 0
    if first.path.wording_keys != other.path.wording_keys:
        return 0
    pairs = zip(_inner_names(first), _inner_names(other), strict=True)
    differing = [index for index, (one, another) in enumerate(pairs, 1) if one != another]
    return differing[0] if len(differing) == 1 else 0


def _inner_names(item: Evidence) -> tuple[tuple[str, str], ...]:
    return item.path.name_keys[1:-1] if item.path else ()
