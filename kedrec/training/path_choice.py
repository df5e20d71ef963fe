"""Which paths of a pair's evidence a target tells, and how strong a verdict they carry.

The criterion can be seen in the evidence itself, so that it can be learned: what a drug does to something
that bears on the disease comes before what a similar drug does, and that before side effects, symptoms
and organs in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.grounding.reasons import Strength, strength
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kedrec.types import Evidence, Path

__all__ = ["Strength", "agreement", "grave", "select", "strength"]

_MOST = 3


def agreement(path: Path, mechanisms: Collection[str]) -> float:
    """Share of a path's steps that belong to one of these curated mechanisms, 0 to 1."""
    wanted = set(mechanisms)
    inside = sum(any(wanted & set(edge.mechanisms) for edge in step.edges) for step in path.steps)
    return inside / len(path.steps)


def worth(item: Evidence, mechanisms: Collection[str] = ()) -> float:
    """How much an item deserves to be told; more is better."""
    path = item.path
    if path is None:
        return 0.0
    first = load_schema().relations[path.steps[0].relation].worded(path.steps[0].action)
    return (
        3.0 * agreement(path, mechanisms)
        + 1.0 * strength(path)
        + 0.5 * (first.sign != 0)
        - 0.15 * len(path.steps)
        + item.score
    )


def select(
    evidence: Sequence[Evidence], mechanisms: Collection[str] = (), most: int = _MOST
) -> list[Evidence]:
    """The items to tell, best first, at most `most`, none of them weaker in kind than the best.

    An item that shares its first inner node with one chosen before, or its last, adds little: it is chosen
    only where there is no other second one.
    """
    ordered = [item for item in sorted(evidence, key=lambda item: -worth(item, mechanisms)) if item.path]
    chosen: list[Evidence] = []
    spare: list[Evidence] = []
    for item in ordered:
        if item.path is None or (chosen and strength(item.path) < strength(_path(chosen[0]))):
            continue
        alike = any(_alike(item.path, _path(other)) for other in chosen)
        (spare if alike else chosen).append(item)
    if len(chosen) == 1:
        chosen += [item for item in spare if _nodes(item) != _nodes(chosen[0])][:1]
    return chosen[:most]


def _path(item: Evidence) -> Path:
    if item.path is None:
        raise ValueError(f"{item.id} has no path")
    return item.path


def _nodes(item: Evidence) -> list[str]:
    return [node.id for node in _path(item).nodes]


def grave(item: Evidence) -> bool:
    """Whether an adverse item must be told: a contraindication, or a drug that can cause the disease."""
    path = item.path
    if path is None:
        return False
    return path.steps[0].relation == "CONTRAINDICATED_FOR" or len(path.steps) == 1


def _alike(path: Path, other: Path) -> bool:
    inner = [node.id for node in path.nodes[1:-1]]
    others = [node.id for node in other.nodes[1:-1]]
    return not inner or not others or inner[0] == others[0] or inner[-1] == others[-1]
