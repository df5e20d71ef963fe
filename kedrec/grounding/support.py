"""Whether cited evidence says what a statement says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from kedrec.grounding.names import named
from kedrec.grounding.verdict_words import HELPED_BY, LIKE, THROUGH
from kedrec.grounding.wording import allowed
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.grounding.claim_statements import Statement
    from kedrec.grounding.names import Mention
    from kedrec.types import Entity, Evidence, Path, PathStep

__all__ = ["leads_to", "named_in", "says", "supporters", "why_unsupported"]


def supporters(
    statement: Statement, cited: Sequence[Evidence], drug: Entity, disease: Entity
) -> frozenset[str]:
    """Ids of the cited items that say the statement; none where no item does."""
    found: set[str] = set()
    for item in cited:
        if item.path is None:
            continue
        if statement.verdict and _leads(item, statement, drug, disease):
            found.add(item.id)
        if statement.meanings & {THROUGH, LIKE} and _passes(item, statement, drug, disease):
            found.add(item.id)
        if says(item, statement):
            found.add(item.id)
    return frozenset(found)


def says(item: Evidence, statement: Statement) -> list[int]:
    """Which steps of the item's path say the statement, by their numbers from 0."""
    if item.path is None:
        return []
    return [
        number // 2
        for number, (start, _, end, meanings) in enumerate(_steps(item.path))
        if start.id in statement.subject.ids
        and end.id in statement.object.ids
        and statement.meanings & meanings
    ]


def why_unsupported(statement: Statement, cited: Sequence[Evidence], drug: Entity, disease: Entity) -> str:
    """Why no cited item says it, as a sentence."""
    subject, object_ = statement.subject, statement.object
    ids = _listed([item.id for item in cited])
    if statement.verdict:
        who, what = (object_, subject) if HELPED_BY in statement.meanings else (subject, object_)
        if drug.id not in who.ids or disease.id not in what.ids:
            return f"Its verdict is on {who.text} and {what.text}, not on {named(drug)} and {named(disease)}."
        return f"Its verdict needs a supporting path from {named(drug)} to {named(disease)}; {ids} isn't one."
    if statement.meanings & {THROUGH, LIKE}:
        return f"{object_.text} doesn't lie on a cited path from {named(drug)} to {named(disease)}."
    said = f"It says that {subject.text} {statement.words} {object_.text}"
    steps = [(item, *step) for item in cited if item.path for step in _steps(item.path)]
    for item, start, _, end, meanings in steps:
        if start.id in object_.ids and end.id in subject.ids and statement.meanings & meanings:
            return f"{said}, but [{item.id}] says it the other way round."
    for item, start, step, end, _ in steps:
        if start.id in subject.ids and end.id in object_.ids:
            return f"{said}, but [{item.id}] says that {named(start)} {_phrase(step, start)} {named(end)}."
    return f"{said}, which {ids} doesn't say."


def _leads(item: Evidence, statement: Statement, drug: Entity, disease: Entity) -> bool:
    who, what = statement.subject, statement.object
    if HELPED_BY in statement.meanings:
        who, what = what, who
    return drug.id in who.ids and disease.id in what.ids and leads_to(item, drug, disease)


def _passes(item: Evidence, statement: Statement, drug: Entity, disease: Entity) -> bool:
    inner = {node.id for node in item.path.nodes[1:-1]} if item.path else set()
    return bool(statement.object.ids & inner) and leads_to(item, drug, disease)


def leads_to(item: Evidence, drug: Entity, disease: Entity) -> bool:
    """Whether the item supports the pair by a path from the drug to the disease."""
    return (
        item.stance == "supports"
        and item.path is not None
        and item.path.nodes[0].id == drug.id
        and item.path.nodes[-1].id == disease.id
    )


def _steps(path: Path) -> Iterator[tuple[Entity, PathStep, Entity, frozenset[str]]]:
    """Every step in both directions, with what may be said of its first node for its second."""
    for place, step in enumerate(path.steps):
        here, there = path.nodes[place], path.nodes[place + 1]
        forwards, backwards = _allowed(step)
        yield here, step, there, forwards
        yield there, step, here, backwards


@cache
def _allowed(step: PathStep) -> tuple[frozenset[str], frozenset[str]]:
    return allowed(step)


def _phrase(step: PathStep, start: Entity) -> str:
    wording = load_schema().relations[step.relation].worded(step.action)
    stored_start = {edge.start for edge in step.edges}
    return wording.phrase if not stored_start or start.id in stored_start else wording.inverse


def _listed(ids: Sequence[str]) -> str:
    return " or ".join(f"[{id_}]" for id_ in ids)


def named_in(mention: Mention, cited: Sequence[Evidence]) -> bool:
    """Whether a cited path holds an entity of that name."""
    return any(node.id in mention.ids for item in cited if item.path for node in item.path.nodes)
