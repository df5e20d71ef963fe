"""Groups a pair's paths by what they tell: alike but for one node, they are told in one sentence.

Three paths through three targets are one thing to say: "it inhibits A, B and C, each of which
...". A fourth one says nothing new, nor does a path most of whose nodes heavier ones pass through already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.types import Evidence

__all__ = ["PathGroup", "path_groups"]

_MOST_ALIKE = 3  # paths told in one sentence
_MOST_SHARED = 0.5  # of a path's inner nodes that heavier paths pass through, for it to say something new


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
    remaining = sorted(items, key=lambda item: -item.score)
    groups: list[PathGroup] = []
    covered: set[tuple[str, str]] = set()
    while remaining:
        first = remaining.pop(0)
        if not _says_new(first, covered):
            continue
        differing, alike = _most_alike(first, [item for item in remaining if _says_new(item, covered)])
        alike_ids = {item.id for item in alike}
        remaining = [
            item
            for item in remaining
            if item.id not in alike_ids
            and not (len(alike) == _MOST_ALIKE - 1 and _differing_node(first, item) == differing)
        ]
        groups.append(PathGroup((first, *alike), differing))
        covered.update(*(_inner_names(item) for item in (first, *alike)))
    return sorted(groups, key=lambda group: -group.weight)


def _says_new(item: Evidence, covered: set[tuple[str, str]]) -> bool:
    inner = set(_inner_names(item))
    return not inner or len(inner & covered) / len(inner) <= _MOST_SHARED


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
