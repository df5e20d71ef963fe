"""Composes the signs of a path's steps into the sign of the drug's effect on the disease.

The signs are the schema's: +1 where more of the start means more of the end, -1 where it means less, 0 where
the relation says nothing of direction. A treatment is -1 on its disease and harm +1; relations
that are `preserving` pass a sign on unchanged. A step's sign is the same in either direction. Thus an
inhibitor (-1) of a gene that another inhibitor (-1) acts on, which treats (-1) the disease, has the sign -1:
less of the disease.

Sources may disagree on a step, and some actions have either sign by the tissue's own tone (a partial agonist
stimulates a receptor at rest and dampens an active one): such a step has both signs, and so has its path.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal

from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedrec.schema import Role
    from kedrec.types import Path, PathStep

__all__ = [
    "Effect",
    "Signs",
    "action_signs",
    "effect_signs",
    "leans_to_harm",
    "path_effect",
    "relation_role",
    "step_signs",
]

Signs = frozenset[int]
"""Every sign that a step, or a path, may have: a non-empty subset of -1, 0 and +1."""

Effect = Literal["relieves", "furthers", "unclear", "unsigned"]
"""A path's statement on more of the drug: less of the disease, more of it, either (sources disagree, or an
action has both signs), or nothing of direction."""

_UNSIGNED: Signs = frozenset({0})
_BENEFIT, _HARM = frozenset({-1}), frozenset({1})
_BOTH: Signs = frozenset({-1, 1})
_PLAIN_ROLES: frozenset[Role | None] = frozenset({"correlation", "location"})


@cache
def action_signs(relation: str, action: str = "") -> Signs:
    """The signs of an edge with an action of its relation, or without one.

    Raises:
        KeyError: the schema has no such relation.
    """
    definition = load_schema().relations[relation]
    if definition.is_care:
        return _BENEFIT
    if definition.role in ("contraindication", "side effect"):
        return _HARM
    wording = definition.wording_for(action)
    if wording.tone_dependent:
        return _BOTH
    if wording.sign:
        return frozenset({wording.sign})
    return _HARM if definition.preserving else _UNSIGNED


def step_signs(step: PathStep) -> Signs:
    """The signs that a step's parallel edges state; edges without a sign count only where all have none."""
    actions = [edge.action for edge in step.edges] or [step.action]
    signs = frozenset[int]().union(*(action_signs(step.relation, action) for action in actions))
    return signs - _UNSIGNED or _UNSIGNED


def _path_signs(path: Path) -> Signs:
    """The signs that the drug's effect on the disease may have along a path: products of its steps' signs."""
    steps = path.steps
    if _is_common_target(steps):
        return _common_target_signs(steps)
    return effect_signs(steps)


def effect_signs(steps: Iterable[PathStep]) -> Signs:
    """The signs that an effect may have on the last of the nodes along some steps, which act one by one."""
    return _compose(step_signs(step) for step in steps)


def _compose(signs: Iterable[Signs]) -> Signs:
    """Every product of one sign of each step."""
    return frozenset(prod(choice) for choice in product(*signs))


def path_effect(path: Path) -> Effect:
    """The statement of a path on the drug's effect in the disease."""
    signs = _path_signs(path)
    if signs == _BENEFIT:
        return "relieves"
    if signs == _HARM:
        return "furthers"
    return "unclear" if signs >= _BOTH else "unsigned"


def leans_to_harm(path: Path) -> bool:
    """True if an unsigned path, whose first step states a sign, furthers the disease as far as it is signed.

    Curators leave correlations and sites without a sign where the sign is plain to them: of the paths of
    DrugMechDB in which nothing else is unsigned, 19 of 20 relieve the disease if these steps are left out.
    """
    first = load_schema().relations[path.steps[0].relation]
    if path_effect(path) != "unsigned" or first.preserving or _is_common_target(path.steps):
        return False
    signs = [(step, step_signs(step)) for step in path.steps]
    if any(one == _UNSIGNED and relation_role(step) not in _PLAIN_ROLES for step, one in signs):
        return False
    return _compose(one for _, one in signs if one != _UNSIGNED) == _HARM


def _may_oppose(first: Iterable[tuple[str, str]], second: Iterable[tuple[str, str]]) -> bool:
    """True if two entities act on a common target with opposite signs, by any edge of each.

    Args:
        first, second: relation and action of each edge between an entity and the target.
    """
    other_signs = _target_signs(second)
    return any(-sign in other_signs for sign in _target_signs(first) - _UNSIGNED)


def _is_common_target(steps: tuple[PathStep, ...]) -> bool:
    """True for the first two steps that meet in one target, of the drug and of another drug."""
    return (
        len(steps) > 2
        and steps[0].forward
        and not steps[1].forward
        and {relation_role(step) for step in steps[:2]} <= {"target", "effect"}
    )


def relation_role(step: PathStep) -> Role | None:
    """The role of a step's relation: what it states."""
    return load_schema().relations[step.relation].role


def _common_target_signs(steps: tuple[PathStep, ...]) -> Signs:
    """The signs of a path that begins with two drugs' common target.

    Two partial agonists act alike, and so do a partial and a full one, though each may have both signs.
    """
    first, second = (
        [(step.relation, edge.action) for edge in step.edges] or [(step.relation, step.action)]
        for step in steps[:2]
    )
    rest = [step_signs(step) for step in steps[2:]]
    if _may_oppose(first, second):
        alike = _compose([step_signs(steps[0]), step_signs(steps[1])])
        return _compose([alike if alike == frozenset({-1}) else _BOTH, *rest])
    signed = all(_target_signs(edges) != _UNSIGNED for edges in (first, second))
    return _compose([_HARM if signed else _UNSIGNED, *rest])


def _target_signs(edges: Iterable[tuple[str, str]]) -> Signs:
    """The signs of some edges with a target, a partial agonist's as the schema gives it."""
    signs: set[int] = set()
    relations = load_schema().relations
    for relation, action in edges:
        signs.add(relations[relation].wording_for(action).sign)
    return frozenset(signs) - _UNSIGNED or _UNSIGNED
