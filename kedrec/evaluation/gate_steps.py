"""Steps of evidence paths with their wordings, the material of the gate's test sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line, shown_name
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.schema import Wording
    from kedrec.types import Entity, Evidence, Path

__all__ = ["WordedStep", "display_name", "evidence_nodes", "gerund_of", "infinitive_of", "path_steps"]


def display_name(node: Entity) -> str:
    """A node's name as evidence shows it."""
    return one_line(shown_name(node.name))


def evidence_nodes(item: Evidence) -> tuple[Entity, ...]:
    """The nodes of an item's path; empty for other evidence."""
    return item.path.nodes if item.path else ()


@dataclass(frozen=True, slots=True)
class WordedStep:
    """A step of an item's path with its wordings in both directions.

    Attributes:
        item: the evidence.
        path: its path.
        index: position of the step in the path.
    """

    item: Evidence
    path: Path
    index: int

    @property
    def names(self) -> tuple[str, str]:
        """Names of the step's two nodes, in the path's direction."""
        return display_name(self.path.nodes[self.index]), display_name(self.path.nodes[self.index + 1])

    @property
    def wording(self) -> Wording:
        """The schema's wording of the relation and action."""
        step = self.path.steps[self.index]
        return load_schema().relations[step.relation].wording_for(step.action)

    @property
    def phrase(self) -> str:
        """Verb phrase from the first node to the second."""
        return self.wording.phrase if self.path.steps[self.index].forward else self.wording.inverse

    @property
    def inverse_phrase(self) -> str:
        """Verb phrase from the second node to the first."""
        return self.wording.inverse if self.path.steps[self.index].forward else self.wording.phrase

    @property
    def next_step(self) -> WordedStep | None:
        """The step after this one; None for the path's last."""
        following = self.index + 1
        return WordedStep(self.item, self.path, following) if following < len(self.path.steps) else None


def path_steps(items: Sequence[Evidence]) -> list[WordedStep]:
    """All steps of the items' paths."""
    return [
        WordedStep(item, item.path, index)
        for item in items
        if item.path
        for index in range(len(item.path.steps))
    ]


def infinitive_of(phrase: str) -> str:
    """A phrase's infinitive, without "to"; "" where it has none."""
    verb, _, complement = phrase.partition(" ")
    if verb in {"can", "may", "was", "should", "must", "when"} or verb.endswith("ly"):
        return ""
    stem = {"is": "be", "has": "have"}.get(verb) or re.sub(r"(?<=ss|sh|ch)es$|(?<=[^s])s$", "", verb)
    return f"{stem} {complement}".strip()


def gerund_of(phrase: str) -> str:
    """A phrase with its verb as a gerund; "" where it has none."""
    infinitive = infinitive_of(phrase)
    verb, _, complement = infinitive.partition(" ")
    return f"{re.sub('e$', '', verb)}ing {complement}".strip() if verb and verb != "be" else ""
