"""Verbalizes paths in plain English, from the schema's phrases and the templates' sentence patterns.

Names are data: a name appears as `shown_name` returns it, and is never read as a pattern.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Literal

from kedrec.common.plain_text import shown_name
from kedrec.schema import load_schema
from kedrec.stores.templates import PathTemplate, path_templates
from kedrec.types import Edge, Entity, Evidence, Link, Path, PathRole, PathStep, Stance

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["choose_action", "evidence_item", "merge_step", "sentence", "step_sentence"]

_VARIABLE = re.compile(r"\{(\w+)\}")
_UNLINKABLE = re.compile(r"[\s<>\"\\^`{|}]")  # characters that no URL may hold (RFC 3986)


def sentence(path: Path) -> str:
    """The path as one sentence without its full stop.

    Example: "imatinib inhibits ABL1, which is associated with chronic myeloid leukemia".
    The pattern is the `says` of the path's template. A path of no known template (one that was built
    by hand) reads as a chain of "which" clauses.
    """
    template = _templates().get(path.template)
    phrases = [_step_phrase(step) for step in path.steps]
    names = [shown_name(node.name) for node in path.nodes]
    if template is None or len(template.hops) != len(phrases):
        return names[0] + ",".join(
            f"{' which' * (index > 0)} {phrase} {name}"
            for index, (phrase, name) in enumerate(zip(phrases, names[1:], strict=True))
        )
    variables = dict(zip(template.node_variables, names, strict=True))
    variables.update(zip(template.step_variables, phrases, strict=True))
    return _VARIABLE.sub(lambda match: variables[match[1]], template.says)


def step_sentence(path: Path, i: int) -> str:
    """The i-th step (from 0) of a path as a sentence of its own, without its full stop.

    Raises:
        IndexError: the path has no such step.
    """
    start, end = path.nodes[i], path.nodes[i + 1]
    return f"{shown_name(start.name)} {_step_phrase(path.steps[i])} {shown_name(end.name)}"


def choose_action(relation: str, actions: Iterable[str]) -> str:
    """The action that represents parallel edges: the most frequent one of the sign that prevails.

    Where as many edges have a positive as a negative sign, no signed action is chosen: the edges agree on
    their relation alone. Ties between equal signs go by the schema's order.

    Returns:
        An action of the relation, or "".
    """
    actions_by_name = load_schema().relations[relation].actions
    votes = Counter(action for action in actions if action in actions_by_name)
    balance = Counter[int]()
    for action, count in votes.items():
        balance[actions_by_name[action].sign] += count
    surplus = balance[1] - balance[-1]
    sign = (surplus > 0) - (surplus < 0)
    order = list(actions_by_name)
    candidates = [action for action in votes if actions_by_name[action].sign == sign]
    return min(candidates, key=lambda action: (-votes[action], order.index(action)), default="")


def merge_step(relation: str, edges: Iterable[Edge], *, forward: bool) -> PathStep:
    """Merges parallel edges of one relation into a step: sorted by source, with the action to verbalize."""
    ordered = tuple(sorted(edges, key=lambda edge: (edge.source, edge.start, edge.end)))
    action = choose_action(relation, (edge.action for edge in ordered))
    return PathStep(relation=relation, action=action, forward=forward, edges=ordered)


def evidence_item(
    path: Path,
    id: str,  # noqa: A002  # the field's own name
    score: float,
    stance: Stance = "supports",
    role: PathRole | Literal[""] = "",
) -> Evidence:
    """A path as a numbered piece of evidence.

    Args:
        path: the path.
        id: `P1`, `A1`, ...
        score: its share of the pair's evidence weight, 0 to 1.
        stance: `supports`, or `adverse`.
        role: as `Evidence.role`.
    """
    edges = [edge for step in path.steps for edge in step.edges]
    return Evidence(
        id=id,
        stance=stance,
        role=role,
        sentence=sentence(path),
        score=min(max(score, 0.0), 1.0),
        path=path,
        sources=tuple(sorted({edge.source for edge in edges if edge.source})),
        licences=tuple(sorted({edge.licence for edge in edges if edge.licence})),
        links=_links(edges, path.nodes),
        private=any(edge.private for edge in edges),
    )


def _links(edges: Iterable[Edge], nodes: Iterable[Entity]) -> tuple[Link, ...]:
    """Links to the pages of the edges' references, then of the nodes; each URL once."""
    schema = load_schema()
    labels = [(reference, reference) for edge in edges for reference in edge.references]
    labels += [(f"{shown_name(node.name)} ({node.id})", node.id) for node in nodes]
    label_by_url: dict[str, str] = {}
    for label, curie in labels:
        url = schema.url(curie)
        if url.startswith("https://") and not _UNLINKABLE.search(url):
            label_by_url.setdefault(url, label)
    return tuple(Link(label=label, url=url) for url, label in label_by_url.items())


def _step_phrase(step: PathStep) -> str:
    words = load_schema().relations[step.relation].wording_for(step.action)
    return words.phrase if step.forward else words.inverse


@cache
def _templates() -> dict[str, PathTemplate]:
    return {template.name: template for template in path_templates()}
