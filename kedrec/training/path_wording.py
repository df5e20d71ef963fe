"""A path as a target tells it: one wording a link, and chains of links as predicates."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line, shown_name
from kedrec.schema import load_schema
from kedrec.training.step_wording import Link, link

if TYPE_CHECKING:
    from kedrec.types import Evidence, Path

__all__ = ["Told", "onward", "predicate", "tell"]

_NOUNS = {
    "Gene": ("gene", "protein"),
    "BiologicalProcess": ("process",),
    "Pathway": ("pathway",),
    "Disease": ("disease", "condition"),
    "Drug": ("drug",),
    "Symptom": ("symptom",),
    "PharmacologicClass": ("class",),
    "Chemical": ("chemical",),
    "Organism": ("organism",),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A path with one wording a step, so that a target says a step in one way."""

    item: Evidence
    path: Path
    names: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def cite(self) -> str:
        """The path's citation, "[P1]"."""
        return f"[{self.item.id}]"


def tell(item: Evidence, rng: Random) -> Told:
    """An item's path with wordings drawn for each link.

    Raises:
        ValueError: the item has no path.
    """
    path = item.path
    if path is None:
        raise ValueError(f"{item.id} has no path")
    return Told(
        item,
        path,
        tuple(one_line(shown_name(node.name)) for node in path.nodes),
        tuple(link(step, rng) for step in path.steps),
    )


def predicate(told: Told, start: int, end: int, rng: Random) -> str:
    """Links `start` to `end` after their subject: "inhibits B, which is linked to C"."""
    return f"{told.links[start].finite} {told.names[start + 1]}" + onward(told, start + 1, end, rng)


def onward(told: Told, start: int, end: int, rng: Random) -> str:
    """Links `start` to `end` after what they go on from: ", which is linked to C"."""
    text = ""
    for place in range(start, end):
        words = told.links[place]
        kind = told.path.nodes[place].kind
        noun = rng.choice(_NOUNS.get(kind, (load_schema().kinds[kind].noun,)))
        noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        joins = [
            f", which {words.finite}",
            f", which {words.finite}",
            f", which {'in turn ' * (place == end - 1 > start)}{words.finite}",
            f", {noun} that {words.finite}",
        ]
        if words.reduced and not words.reduced.startswith(("a ", "an ", "the ")):
            joins.append(f", {noun} {words.reduced}")
        if place == end - 1 and end - start == 1:
            joins.append(f", and {told.names[place]} {words.finite}")
        text += f"{rng.choice(joins)} {told.names[place + 1]}"
    return text
