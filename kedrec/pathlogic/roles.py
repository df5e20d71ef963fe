"""Role of a path from a drug to a disease: the kind of argument it is, and whether it may lead an answer.

A mechanism is an effect of the drug on something that bears on the disease. An analogy goes through another
drug, or through another disease that the drug treats. An association only says that two things occur
together. A site, a side effect or a protein that handles the drug is no argument for a treatment, though each
may be true.

The signs decide the rest (see `signs`): a path along which the drug furthers the disease, or may further it
since the sources disagree, supports nothing, and one that would further it but for a correlation or a site
without a sign is no more than an association.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from kedrec.pathlogic.disposition import (
    has_disposition_action,
    is_disposition_class,
    is_disposition_gene,
    names_target,
)
from kedrec.pathlogic.opposites import are_opposites
from kedrec.pathlogic.signs import leans_to_harm, path_effect, relation_role, step_signs
from kedrec.pathlogic.symptoms import is_frequent_symptom
from kedrec.schema import TARGET_KINDS, load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.schema import Role
    from kedrec.types import Entity, Path, PathRole, PathStep

__all__ = ["LEADING", "SUPPORTING", "content_role", "opposes", "path_role"]

_COINCIDENT: frozenset[Role | None] = frozenset(
    {"covariation", "expression change", "interaction", "regulation"}
)
_DOUBTFUL: frozenset[Role | None] = frozenset(  # of a sign that is only likely
    {"participation", "resemblance", "class", "interaction", "treatment", "palliation"}
)
_LIKENESS: frozenset[Role | None] = frozenset({"treatment", "palliation", "resemblance", "class"})
_COMMON = frozenset(  # role into and out of a common node, its kind, and the kind of what shares it
    {
        ("symptom", "Symptom", "Disease"),
        ("disease gene", "Gene", "Disease"),
        *(
            ("participation", kind, "Gene")
            for kind in ("BiologicalProcess", "Pathway", "MolecularFunction", "CellularComponent")
        ),
    }
)
_CAUSAL = frozenset({"causal", "loss of function", "gain of function"})


LEADING: tuple[PathRole, ...] = ("mechanism", "analogy")
"""Roles of paths that may lead an answer, the best first."""
SUPPORTING: tuple[PathRole, ...] = (*LEADING, "association")
"""Roles of paths that count as evidence for a drug; associations only where nothing may lead."""


def path_role(path: Path) -> PathRole:
    """The role of a path from a drug to a disease, with its edges."""
    role = _role_of_content(path)
    if role not in SUPPORTING:
        return role
    if path_effect(path) in ("furthers", "unclear") or _passes_opposite_disease(path):
        return "opposed"
    return "association" if role == "mechanism" and leans_to_harm(path) else role


def opposes(path: Path) -> bool:
    """True for a mechanism, all of its signs stated, that furthers the disease: adverse evidence."""
    stated = not {relation_role(step) for step in path.steps} & _DOUBTFUL
    return stated and path_effect(path) == "furthers" and path_role(path) == "opposed"


def content_role(steps: Sequence[tuple[str, str]]) -> PathRole:
    """The best role that a path of some steps may have.

    Args:
        steps: the relation of each step from the drug on, and the kind of node that it reaches.
    """
    relations = load_schema().relations
    return _content_role([(relations[relation].role, kind) for relation, kind in steps])


def _content_role(steps: Sequence[tuple[Role | None, str]]) -> PathRole:
    roles = {role for role, _ in steps}
    inner = [kind for _, kind in steps[:-1]]
    if "SideEffect" in inner or steps[0][0] == "side effect":
        return "harm"
    if "expression" in roles:
        return "location"
    if roles & _COINCIDENT or _has_common_node(steps):
        return "association"
    if roles & _LIKENESS or _ends_in_hierarchy(steps):
        return "analogy"
    return "mechanism"


def _role_of_content(path: Path) -> PathRole:
    """The role of a path by its nodes and relations, whatever its signs."""
    steps = [
        (_stated_role(step, position), node.kind)
        for position, (step, node) in enumerate(zip(path.steps, path.nodes[1:], strict=True))
    ]
    if _passes_to_subtype(path):
        steps.pop()
    role = "association" if _shares_feature(path) else _content_role(steps)
    return "metabolism" if role in SUPPORTING and _is_disposition(path) else role


def _stated_role(step: PathStep, position: int) -> Role | None:
    """What a step states, by its edges: `interaction` if they say no more than that two things meet.

    A gene takes part in many processes, and presses some of them back; a curator says which it drives. A
    binding without a sign, whose source states how it was measured and not that it is a target, is one of
    many. A symptom that few of the people with the disease have is no path to the disease.
    """
    role = relation_role(step)
    if any(edge.mechanisms for edge in step.edges):
        return "effect" if role in ("interaction", "regulation") else role
    if role == "disease gene" and any(edge.action in _CAUSAL for edge in step.edges):
        return "effect"
    unspecific = (
        role == "participation"
        or (role == "target" and position == 0 and not _is_action(step))
        or (role == "symptom" and not is_frequent_symptom(step))
    )
    return "interaction" if unspecific and step.edges else role


def _is_action(step: PathStep) -> bool:
    """True for a drug's binding with a sign, one that is called its target, and one without evidence."""
    return step_signs(step) != {0} or any(
        not edge.evidence or names_target(edge.evidence) for edge in step.edges
    )


def _passes_to_subtype(path: Path) -> bool:
    """True for a path that ends in a broader disease and then in the disease, a kind of it.

    What acts on a disease acts on its kinds. A treatment of the broader disease is an analogy all the same.
    """
    last = path.steps[-1]
    return (
        len(path.steps) > 2
        and path.nodes[-2].kind == "Disease"
        and relation_role(last) == "hierarchy"
        and not last.forward
    )


def _shares_feature(path: Path) -> bool:
    """True for a path to a sibling by a class that is named by a feature ("sphingolipidosis with epilepsy").

    Ontologies group diseases by organs and findings too: what treats one treats the others no likelier.
    """
    return any(
        " with " in node.name.casefold()
        and relation_role(first) == relation_role(second) == "hierarchy"
        and first.forward
        and not second.forward
        for node, (first, second) in zip(path.nodes[1:-1], pairwise(path.steps), strict=True)
        if node.kind == "Disease"
    )


def _has_common_node(steps: Sequence[tuple[Role | None, str]]) -> bool:
    """True for steps into a symptom, a gene or a process and out of it to another thing that has it."""
    return any(
        first[0] == second[0] and (first[0], first[1], second[1]) in _COMMON
        for first, second in pairwise(steps)
    )


def _ends_in_hierarchy(steps: Sequence[tuple[Role | None, str]]) -> bool:
    """True for steps that end in another disease, above or below the disease in the hierarchy."""
    return len(steps) > 1 and steps[-1][0] == "hierarchy" and steps[-2][1] == "Disease"


def _is_disposition(path: Path) -> bool:
    """True for a path through a protein that handles the drug, or a drug class that names no effect."""
    if any(
        node.kind == "PharmacologicClass" and is_disposition_class(node.name) for node in path.nodes[1:-1]
    ):
        return True
    for index, node in enumerate(path.nodes[1:-1]):
        if node.kind not in TARGET_KINDS:
            continue
        reached, onward = path.steps[index], path.steps[index + 1]
        causal = any(edge.action in _CAUSAL for edge in onward.edges) and step_signs(reached) != {0}
        curated = any(edge.mechanisms for edge in reached.edges)
        if causal or curated:
            continue
        if index == 0 and has_disposition_action(reached):
            return True
        acted_on = (
            index == 0
            and step_signs(reached) != {0}
            and any(names_target(edge.evidence) for edge in reached.edges)
        )
        if is_disposition_gene(node.name) and not acted_on:
            return True
    return False


def _passes_opposite_disease(path: Path) -> bool:
    """True for an analogy with a disease of the opposite direction."""
    disease: Entity = path.nodes[-1]
    return load_schema().relations[path.steps[0].relation].is_care and any(
        node.kind == "Disease" and are_opposites(node.name, disease.name) for node in path.nodes[1:-1]
    )
