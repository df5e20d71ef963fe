"""Renders an evidence path as clauses for training targets, with one randomly drawn wording per step."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line, shown_name
from kedrec.schema import load_schema
from kedrec.training.step_wording import StepWording, word_step

if TYPE_CHECKING:
    from kedrec.types import Evidence, Path

__all__ = ["WordedPath", "continue_chain", "predicate", "word_path"]

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
class WordedPath:
    """A path with one wording for each step, so that a target words a step in one way."""

    item: Evidence
    graph_path: Path
    names: tuple[str, ...]
    steps: tuple[StepWording, ...]

    @property
    def cite(self) -> str:
        """The path's citation, "[P1]"."""
        return f"[{self.item.id}]"


def word_path(item: Evidence, rng: Random) -> WordedPath:
    """Draws a wording for each step of an item's path.

    Raises:
        ValueError: the item has no path.
    """
    path = item.path
    if path is None:
        raise ValueError(f"{item.id} has no path")
    return WordedPath(
        item,
        path,
        tuple(one_line(shown_name(node.name)) for node in path.nodes),
        tuple(word_step(step, rng) for step in path.steps),
    )


def predicate(path: WordedPath, start: int, end: int, rng: Random) -> str:
    """Words steps `start` to `end` as a predicate: "inhibits B, which is linked to C"."""
    return f"{path.steps[start].finite} {path.names[start + 1]}" + continue_chain(path, start + 1, end, rng)


def continue_chain(path: WordedPath, start: int, end: int, rng: Random) -> str:
    """Words steps `start` to `end` as relative clauses: ", which is linked to C"."""
    text = ""
    for index in range(start, end):
        words = path.steps[index]
        kind = path.graph_path.nodes[index].kind
        noun = rng.choice(_NOUNS.get(kind, (load_schema().kinds[kind].noun,)))
        noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        clauses = [
            f", which {words.finite}",
            f", which {words.finite}",
            f", which {'in turn ' * (index == end - 1 > start)}{words.finite}",
            f", {noun} that {words.finite}",
        ]
        if words.reduced and not words.reduced.startswith(("a ", "an ", "the ")):
            clauses.append(f", {noun} {words.reduced}")
        if index == end - 1 and end - start == 1:
            clauses.append(f", and {path.names[index]} {words.finite}")
        text += f"{rng.choice(clauses)} {path.names[index + 1]}"
    return text
