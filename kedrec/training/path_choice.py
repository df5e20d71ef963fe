"""Chooses the paths of a pair's evidence that a target states, by the strength of the verdict they support.

The criterion is visible in the evidence, so that it can be learned: a drug's effect on something that bears
on the disease comes before the effect of a similar drug, and that before shared side effects, symptoms and
organs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.grounding.reasons import Strength, strength
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kedrec.types import Evidence, Path

__all__ = ["Strength", "agreement", "is_grave", "select", "strength"]

_MOST_PATHS = 3


def agreement(path: Path, mechanisms: Collection[str]) -> float:
    """Share of a path's steps that belong to one of these curated mechanisms, 0 to 1."""
    curated_ids = set(mechanisms)
    count = sum(any(curated_ids & set(edge.mechanisms) for edge in step.edges) for step in path.steps)
    return count / len(path.steps)


def _priority(item: Evidence, mechanisms: Collection[str] = ()) -> float:
    """An item's priority in a target; higher is better."""
    path = item.path
    if path is None:
        return 0.0
    first = load_schema().relations[path.steps[0].relation].wording_for(path.steps[0].action)
    return (
        3.0 * agreement(path, mechanisms)
        + 1.0 * strength(path)
        + 0.5 * (first.sign != 0)
        - 0.15 * len(path.steps)
        + item.score
    )


def select(
    evidence: Sequence[Evidence], mechanisms: Collection[str] = (), most: int = _MOST_PATHS
) -> list[Evidence]:
    """Selects the items to state, best first, at most `most`, none of them weaker in kind than the best.

    An item that shares its first or last inner node with an earlier choice adds little: it is chosen only
    where there is no other second one.
    """
    ordered = [item for item in sorted(evidence, key=lambda item: -_priority(item, mechanisms)) if item.path]
    selection: list[Evidence] = []
    spare: list[Evidence] = []
    for item in ordered:
        if item.path is None or (selection and strength(item.path) < strength(_path(selection[0]))):
            continue
        similar = any(_are_similar(item.path, _path(choice)) for choice in selection)
        (spare if similar else selection).append(item)
    if len(selection) == 1:
        selection += [item for item in spare if _nodes(item) != _nodes(selection[0])][:1]
    return selection[:most]


def _path(item: Evidence) -> Path:
    if item.path is None:
        raise ValueError(f"{item.id} has no path")
    return item.path


def _nodes(item: Evidence) -> list[str]:
    return [node.id for node in _path(item).nodes]


def is_grave(item: Evidence) -> bool:
    """True for an adverse item that a target must state: a contraindication, or a cause of the disease."""
    path = item.path
    if path is None:
        return False
    return path.steps[0].relation in load_schema().with_role("contraindication") or len(path.steps) == 1


def _are_similar(path: Path, other: Path) -> bool:
    first = [node.id for node in path.nodes[1:-1]]
    second = [node.id for node in other.nodes[1:-1]]
    return not first or not second or first[0] == second[0] or first[-1] == second[-1]
