"""Matches the statements of a sentence with the steps of cited paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from kedrec.grounding.names import display_name
from kedrec.grounding.verdict_words import HELPED_BY, LIKE, THROUGH
from kedrec.grounding.wording import allowed_phrases
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.grounding.claim_statements import ClaimStatement
    from kedrec.grounding.names import Mention
    from kedrec.types import Entity, Evidence, Path, PathStep

__all__ = ["is_in_evidence", "leads_to", "matching_steps", "supporting_ids", "why_unsupported"]


def supporting_ids(
    statement: ClaimStatement, cited: Sequence[Evidence], drug: Entity, disease: Entity
) -> frozenset[str]:
    """Ids of the cited items that support the statement."""
    ids: set[str] = set()
    for item in cited:
        if item.path is None:
            continue
        if statement.verdict and _supports_verdict(item, statement, drug, disease):
            ids.add(item.id)
        if statement.meanings & {THROUGH, LIKE} and _contains_node(item, statement, drug, disease):
            ids.add(item.id)
        if matching_steps(item, statement):
            ids.add(item.id)
    return frozenset(ids)


def matching_steps(item: Evidence, statement: ClaimStatement) -> list[int]:
    """Indexes of the steps of the item's path that say the statement, from 0."""
    if item.path is None:
        return []
    return [
        number // 2
        for number, (start, _, end, meanings) in enumerate(_steps(item.path))
        if start.id in statement.subject.ids
        and end.id in statement.object.ids
        and statement.meanings & meanings
    ]


def why_unsupported(
    statement: ClaimStatement, cited: Sequence[Evidence], drug: Entity, disease: Entity
) -> str:
    """The reason why no cited item supports the statement, as a sentence."""
    subject, object_ = statement.subject, statement.object
    ids = _bracketed([item.id for item in cited])
    names = display_name(drug), display_name(disease)
    if statement.verdict:
        helper, helped = (object_, subject) if HELPED_BY in statement.meanings else (subject, object_)
        if drug.id not in helper.ids or disease.id not in helped.ids:
            return f"Its verdict is on {helper.text} and {helped.text}, not on {names[0]} and {names[1]}."
        return f"Its verdict needs a supporting path from {names[0]} to {names[1]}; {ids} isn't one."
    if statement.meanings & {THROUGH, LIKE}:
        return f"{object_.text} doesn't lie on a cited path from {names[0]} to {names[1]}."
    opening = f"It says that {subject.text} {statement.words} {object_.text}"
    steps = [(item, *step) for item in cited if item.path for step in _steps(item.path)]
    for item, start, _, end, meanings in steps:
        if start.id in object_.ids and end.id in subject.ids and statement.meanings & meanings:
            return f"{opening}, but [{item.id}] says it the other way round."
    for item, start, step, end, _ in steps:
        if start.id in subject.ids and end.id in object_.ids:
            fact = f"{display_name(start)} {_phrase(step, start)} {display_name(end)}"
            return f"{opening}, but [{item.id}] says that {fact}."
    return f"{opening}, which {ids} doesn't say."


def _supports_verdict(item: Evidence, statement: ClaimStatement, drug: Entity, disease: Entity) -> bool:
    helper, helped = statement.subject, statement.object
    if HELPED_BY in statement.meanings:
        helper, helped = helped, helper
    return drug.id in helper.ids and disease.id in helped.ids and leads_to(item, drug, disease)


def _contains_node(item: Evidence, statement: ClaimStatement, drug: Entity, disease: Entity) -> bool:
    inner = {node.id for node in item.path.nodes[1:-1]} if item.path else set()
    return bool(statement.object.ids & inner) and leads_to(item, drug, disease)


def leads_to(item: Evidence, drug: Entity, disease: Entity) -> bool:
    """True if the item is a supporting path from the drug to the disease."""
    return (
        item.stance == "supports"
        and item.path is not None
        and item.path.nodes[0].id == drug.id
        and item.path.nodes[-1].id == disease.id
    )


def _steps(path: Path) -> Iterator[tuple[Entity, PathStep, Entity, frozenset[str]]]:
    """Every step in both directions: first node, step, second node, and the phrases allowed between them."""
    for index, step in enumerate(path.steps):
        here, there = path.nodes[index], path.nodes[index + 1]
        forwards, backwards = _cached_allowed(step)
        yield here, step, there, forwards
        yield there, step, here, backwards


@cache
def _cached_allowed(step: PathStep) -> tuple[frozenset[str], frozenset[str]]:
    return allowed_phrases(step)


def _phrase(step: PathStep, start: Entity) -> str:
    action = load_schema().relations[step.relation].wording_for(step.action)
    stored_starts = {edge.start for edge in step.edges}
    return action.phrase if not stored_starts or start.id in stored_starts else action.inverse


def _bracketed(ids: Sequence[str]) -> str:
    return " or ".join(f"[{id_}]" for id_ in ids)


def is_in_evidence(mention: Mention, cited: Sequence[Evidence]) -> bool:
    """True if a cited path contains an entity of that name."""
    return any(node.id in mention.ids for item in cited if item.path for node in item.path.nodes)
