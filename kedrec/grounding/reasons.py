"""Whether what a sentence gives as the reason of a verdict can be one.

A mechanism is a reason: what the drug does to something that bears on the disease. What two things merely
share (a site, a symptom, a side effect), and what resembles, is none; a drug or disease that resembles is
ground for an analogy that says so. What speaks against the drug is never a reason for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from kedrec.grounding.names import named
from kedrec.grounding.support import leads_to, says
from kedrec.grounding.verdict_words import LIKE, THROUGH
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.grounding.claim_statements import Reading, Statement
    from kedrec.types import Entity, Evidence, Path

__all__ = ["Strength", "no_reason", "shared_target", "strength", "warning"]

_WEAK_RELATIONS = frozenset({"EXPRESSED_IN", "COVARIES_WITH", "LOCALIZES_TO"})
_WEAK_KINDS = frozenset({"SideEffect", "Symptom", "Anatomy", "Cell"})
_HANDLING = frozenset({"substrate", "carrier"})  # what the body does to a drug, not what the drug does
_MECHANISTIC = frozenset(
    {"Gene", "GeneFamily", "Complex", "Chemical", "BiologicalProcess", "Pathway", "MolecularFunction"}
)
_HARM = frozenset({"CONTRAINDICATED_FOR", "CAUSES", "STOPPED_FOR"})


class Strength(IntEnum):
    """What a path can carry: a hint, an analogy (a similar drug or disease), a mechanism."""

    WEAK = 0
    ANALOGY = 1
    MECHANISM = 2


def strength(path: Path) -> Strength:
    """What a path can carry, by the kinds of its inner nodes and its relations."""
    inner = path.nodes[1:-1]
    relations = {step.relation for step in path.steps}
    if relations & _WEAK_RELATIONS or any(step.action in _HANDLING for step in path.steps):
        return Strength.WEAK
    if _opposed(path) or furthers(path):
        return Strength.WEAK
    # A symptom that the drug acts on is an effect; one that two diseases share is a coincidence.
    if any(node.kind in _WEAK_KINDS for node in inner) and relations & {"CAUSES", "TREATS", "BINDS"}:
        return Strength.WEAK
    if any(node.kind in {"Drug", "Disease", "PharmacologicClass"} for node in inner):
        return Strength.ANALOGY
    return Strength.MECHANISM


def _opposed(path: Path) -> bool:
    """Whether another drug, which treats the disease, does the opposite to the common target."""
    acts = [step for step in path.steps if step.relation == "BINDS"]
    signs = {load_schema().relations["BINDS"].worded(step.action).sign for step in acts}
    return any(step.relation == "TREATS" for step in path.steps) and {1, -1} <= signs


def furthers(path: Path) -> bool:
    """Whether every step has a sign and the drug, by them, brings more of the disease rather than less."""
    product = 1
    for step in path.steps:
        sign = load_schema().relations[step.relation].worded(step.action).sign
        # More of a symptom is more of the disease that presents with it.
        product *= 1 if step.relation == "PRESENTS" else sign
    return product > 0


def shared_target(path: Path) -> bool:
    """Whether another drug, which treats the disease, acts on the target of this one, and not against it."""
    relations = [step.relation for step in path.steps]
    return relations == ["BINDS", "BINDS", "TREATS"] and strength(path) is not Strength.WEAK


def warning(items: Sequence[Evidence], drug: Entity, disease: Entity) -> Evidence | None:
    """The item that says that the drug is contraindicated in the disease, or in what it is a kind of."""
    for item in items:
        if item.path is None or item.path.nodes[0].id != drug.id or item.path.nodes[-1].id != disease.id:
            continue
        first, *rest = item.path.steps
        if first.relation == "CONTRAINDICATED_FOR" and all(
            step.relation == "IS_A" and not step.forward for step in rest
        ):
            return item
    return None


def no_reason(reading: Reading, cited: Sequence[Evidence], drug: Entity, disease: Entity) -> str:
    """Why a reason that the sentence gives is none, as a sentence; "" where each is one."""
    for statement in reading.statements:
        if statement.role == "reason" and (problem := _problem(statement, reading, cited, drug, disease)):
            return problem
    if reading.likens and not any(leads_to(item, drug, disease) and _alike(item, reading) for item in cited):
        pair = f"from {named(drug)} to {named(disease)}"
        return f"It argues by analogy without telling the whole of a path {pair} that is one."
    return ""


def _problem(
    statement: Statement, reading: Reading, cited: Sequence[Evidence], drug: Entity, disease: Entity
) -> str:
    known = f"{statement.subject.text} {statement.words} {statement.object.text}"
    problem = ""
    for item in cited:
        if item.path is None:
            continue
        if THROUGH in statement.meanings:
            nodes = [node for node in item.path.nodes[1:-1] if node.id in statement.object.ids]
            if not nodes or not leads_to(item, drug, disease):
                continue
            if nodes[0].kind in _MECHANISTIC and _mechanism(item, reading):
                return ""
            noun = load_schema().kinds[nodes[0].kind].noun
            problem = (
                f"It gives {statement.object.text} as the way: {_article(noun)} that [{item.id}] passes "
                "is no mechanism."
            )
        elif relations := [item.path.steps[at].relation for at in says(item, statement)]:
            if _HARM & set(relations) and drug.id in statement.subject.ids | statement.object.ids:
                return f"It gives what speaks against {named(drug)} as a reason: {known}."
            if item.stance == "adverse":
                problem = problem or f"It gives what speaks against {named(drug)} as a reason: {known}."
            elif leads_to(item, drug, disease) and (
                _mechanism(item, reading) or (reading.likens and _alike(item, reading))
            ):
                return ""
            else:
                problem = f"It gives as a reason that {known}, but {_what(item.path)} ([{item.id}]) is none."
    return problem


def _mechanism(item: Evidence, reading: Reading) -> bool:
    """Whether a path is a mechanism, or what the drug does to what another drug for the disease acts on."""
    path = item.path
    if path is None or strength(path) is Strength.WEAK:
        return False
    if strength(path) is Strength.MECHANISM:
        return True
    return shared_target(path) and any(
        THROUGH in one.meanings or 0 in says(item, one) for one in reading.statements
    )


def _alike(item: Evidence, reading: Reading) -> bool:
    """Whether a path is an analogy that the sentence tells in whole, or whose model it names."""
    path = item.path
    if path is None or strength(path) is not Strength.ANALOGY:
        return False
    inner = {node.id for node in path.nodes[1:-1] if node.kind in {"Drug", "Disease"}}
    if any(LIKE in one.meanings and one.object.ids & inner for one in reading.statements):
        return True
    told = {at for one in reading.statements for at in says(item, one)}
    return len(told) == len(path.steps)


def _what(path: Path) -> str:
    if furthers(path):
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


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
