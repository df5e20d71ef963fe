"""Checks that the reasons a sentence gives for a verdict are reasons.

A mechanism is a reason: an effect of the drug on something that bears on the disease. Mere coincidence (a
site, a symptom or a side effect in common) and resemblance are none; a drug or disease that resembles is
ground for an analogy that is marked as one. Evidence against the drug is never a reason for it. What a path
is, the evidence and the gate judge by the same rules, those of `kedrec.pathlogic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from kedrec.grounding.names import display_name
from kedrec.grounding.support import leads_to, matching_steps
from kedrec.grounding.verdict_words import LIKE, THROUGH
from kedrec.pathlogic.roles import opposes, path_role
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.grounding.claim_statements import ClaimStatement, Reading
    from kedrec.types import Entity, Evidence, Path

__all__ = ["Strength", "contraindication_item", "reasoning_problem", "shared_target", "strength"]

_SCHEMA = load_schema()
_CONTRAINDICATIONS = frozenset(_SCHEMA.with_role("contraindication"))
_HIERARCHIES = frozenset(_SCHEMA.with_role("hierarchy"))
_MECHANISTIC = frozenset(
    {"Gene", "GeneFamily", "Complex", "Chemical", "BiologicalProcess", "Pathway", "MolecularFunction"}
)
_OPPOSED_STEPS = 3
_HARM = frozenset(_SCHEMA.with_role("contraindication", "side effect", "stopped trial"))


class Strength(IntEnum):
    """The best argument from a path: a hint, an analogy (a similar drug or disease), or a mechanism."""

    WEAK = 0
    ANALOGY = 1
    MECHANISM = 2


_STRENGTHS: dict[str, Strength] = {"mechanism": Strength.MECHANISM, "analogy": Strength.ANALOGY}


def strength(path: Path) -> Strength:
    """The strength of a path, by its role (see `kedrec.pathlogic.roles`)."""
    return _STRENGTHS.get(path_role(path), Strength.WEAK)


def _item_strength(item: Evidence) -> Strength:
    """The strength of an item: by its role beside the pair's other evidence, where it was judged."""
    if item.path is None:
        return Strength.WEAK
    return _STRENGTHS.get(item.role, Strength.WEAK) if item.role else strength(item.path)


def _opposes_treatment(path: Path) -> bool:
    """True if the path says that the drug acts on a target oppositely to a treatment of the disease."""
    roles = [_SCHEMA.relations[step.relation].role for step in path.steps]
    if len(roles) != _OPPOSED_STEPS or roles[2] not in {"treatment", "palliation"}:
        return False
    own, other = (_SCHEMA.relations[step.relation].wording_for(step.action).sign for step in path.steps[:2])
    return {*roles[:2]} <= {"target", "effect"} and own * other < 0


def shared_target(path: Path) -> bool:
    """True if another drug, which treats the disease, acts on this drug's target with no opposite sign."""
    roles = [_SCHEMA.relations[step.relation].role for step in path.steps]
    return roles == ["target", "target", "treatment"] and strength(path) is not Strength.WEAK


def contraindication_item(items: Sequence[Evidence], drug: Entity, disease: Entity) -> Evidence | None:
    """The item that rules out to speak for the pair; None without one.

    It is a contraindication of the drug in the disease or a broader one, or a warning that the drug acts
    oppositely to treatments of the disease (`kedrec.safety.opposition`).
    """
    for item in items:
        if item.path is None or item.path.nodes[0].id != drug.id or item.path.nodes[-1].id != disease.id:
            continue
        first, *rest = item.path.steps
        if item.stance == "adverse" and _opposes_treatment(item.path):
            return item
        if first.relation in _CONTRAINDICATIONS and all(
            step.relation in _HIERARCHIES and not step.forward for step in rest
        ):
            return item
    return None


def reasoning_problem(reading: Reading, cited: Sequence[Evidence], drug: Entity, disease: Entity) -> str:
    """The flaw in the first invalid reason or analogy of a sentence, as a sentence; "" if all are valid."""
    for statement in reading.statements:
        if statement.role == "reason" and (
            problem := _reason_problem(statement, reading, cited, drug, disease)
        ):
            return problem
    if reading.by_analogy and not any(
        leads_to(item, drug, disease) and _is_analogy(item, reading) for item in cited
    ):
        pair = f"from {display_name(drug)} to {display_name(disease)}"
        return f"It argues by analogy without stating every step of a path {pair} that is one."
    return ""


def _reason_problem(
    statement: ClaimStatement, reading: Reading, cited: Sequence[Evidence], drug: Entity, disease: Entity
) -> str:
    statement_text = f"{statement.subject.text} {statement.words} {statement.object.text}"
    against = f"It gives what speaks against {display_name(drug)} as a reason: {statement_text}."
    problem = ""
    for item in cited:
        if item.path is None:
            continue
        if THROUGH in statement.meanings:
            nodes = [node for node in item.path.nodes[1:-1] if node.id in statement.object.ids]
            if not nodes or not leads_to(item, drug, disease):
                continue
            if nodes[0].kind in _MECHANISTIC and _is_mechanism_reason(item, reading):
                return ""
            noun = _SCHEMA.kinds[nodes[0].kind].noun
            problem = (
                f"It gives {statement.object.text} as the way: {_with_article(noun)} that [{item.id}] passes "
                "is no mechanism."
            )
        elif relations := [item.path.steps[index].relation for index in matching_steps(item, statement)]:
            if _HARM & set(relations) and drug.id in statement.subject.ids | statement.object.ids:
                return against
            if item.stance == "adverse":
                problem = problem or against
            elif leads_to(item, drug, disease) and (
                _is_mechanism_reason(item, reading) or (reading.by_analogy and _is_analogy(item, reading))
            ):
                return ""
            else:
                path_kind = _path_kind(item.path)
                problem = (
                    f"It gives as a reason that {statement_text}, but {path_kind} ([{item.id}]) is none."
                )
    return problem


def _is_mechanism_reason(item: Evidence, reading: Reading) -> bool:
    """True for a mechanism, and for a stated action on a target that another drug for the disease shares."""
    path = item.path
    if path is None or _item_strength(item) is Strength.WEAK:
        return False
    if _item_strength(item) is Strength.MECHANISM:
        return True
    return shared_target(path) and any(
        THROUGH in statement.meanings or 0 in matching_steps(item, statement)
        for statement in reading.statements
    )


def _is_analogy(item: Evidence, reading: Reading) -> bool:
    """True for an analogy all of whose steps the sentence states, or whose model it names."""
    path = item.path
    if path is None or _item_strength(item) is not Strength.ANALOGY:
        return False
    inner = {node.id for node in path.nodes[1:-1] if node.kind in {"Drug", "Disease"}}
    if any(LIKE in statement.meanings and statement.object.ids & inner for statement in reading.statements):
        return True
    stated_steps = {index for statement in reading.statements for index in matching_steps(item, statement)}
    return len(stated_steps) == len(path.steps)


def _path_kind(path: Path) -> str:
    if opposes(path):
        return "what furthers the disease"
    kinds = [node.kind for node in path.nodes[1:-1]]
    for kind, words in (
        ("SideEffect", "a side effect in common"),
        ("Symptom", "a symptom in common"),
        ("Anatomy", "a site in common"),
        ("Cell", "a site in common"),
        ("PharmacologicClass", "a class in common"),
        ("Drug", "another drug for the disease"),
        ("Disease", "another disease"),
    ):
        if kind in kinds:
            return words
    return "what the path tells"


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
