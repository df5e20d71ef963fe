"""What a graph holds and what is found in it: nodes, edges, paths, evidence."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import Field, field_validator

from kedrec.types.base import Frozen, Probability, Stance
from kedrec.types.texts import TextSource

__all__ = [
    "Edge",
    "Entity",
    "Evidence",
    "Link",
    "NameMatch",
    "Node",
    "Path",
    "PathStep",
    "Status",
    "TakenFor",
]


class Entity(Frozen):
    """A node by what identifies it: its CURIE, kind and preferred name."""

    id: str
    kind: str
    name: str


class Node(Entity):
    """A node with everything the graph knows of it.

    Attributes:
        synonyms: other names, without the preferred one, sorted.
        xrefs: CURIEs of the same entity in other vocabularies, sorted.
        sources: ids of the sources that brought it, sorted.
    """

    synonyms: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    description: str = ""
    sources: tuple[str, ...] = ()


class Edge(Frozen):
    """One statement of one source. Its key is (start, relation, end, source).

    Attributes:
        start, end: CURIEs of the nodes, in the stored direction.
        source: id of the source (`hetionet`, `drugmechdb`, ...).
        licence: licence of this statement: an SPDX id, or the source's own words.
        references: CURIEs (`PMID:1`) or https URLs.
        evidence: what the statement rests on, in the source's words ("DrugBank (target)").
        score: the source's own score; its range is the source's; None where it has none.
        year: year of the statement; None where the source doesn't tell.
        action: one of the relation's actions in the schema, or "".
        mechanisms: ids of the curated mechanisms (DrugMechDB paths) the statement is part of.
        private: whether it is of a private overlay.
    """

    start: str
    relation: str
    end: str
    source: str
    licence: str
    references: tuple[str, ...] = ()
    evidence: str = ""
    score: float | None = None
    year: int | None = None
    action: str = ""
    mechanisms: tuple[str, ...] = ()
    private: bool = False

    @field_validator("score")
    @classmethod
    def _finite(cls, score: float | None) -> float | None:
        """A score that is no number, or infinite, is none: JSON has no way to write it."""
        return score if score is None or math.isfinite(score) else None


class PathStep(Frozen):
    """One hop of a path, with every parallel edge that states it (sorted by source).

    Attributes:
        relation: the relation of every edge of the step.
        action: the action that verbalizes the step, or "" (chosen among the edges' actions).
        forward: True where the path runs along the stored direction.
    """

    relation: str
    action: str = ""
    forward: bool
    edges: tuple[Edge, ...]


class Path(Frozen):
    """A path from a drug to a disease: n steps between n + 1 nodes.

    Attributes:
        template: name of the Cypher template that found it.
        metapath: its kinds and relations, as the template's head has them.
        nodes: from the drug to the disease.
    """

    template: str
    metapath: str
    nodes: tuple[Entity, ...]
    steps: tuple[PathStep, ...]


class Link(Frozen):
    """Where a reader can open something: a label and an https URL."""

    label: str
    url: str


class Evidence(Frozen):
    """One numbered piece of evidence.

    Attributes:
        id: `P1`... for paths, `T1`... for trials, `L1`... for articles, `A1`... for adverse paths.
        sentence: the path or passage as one plain sentence, made from the schema's phrases.
        score: share of the pair's evidence weight, 0 to 1; adverse evidence has its own total.
        path: of a path; None of a text.
        text: of a trial or an article, its document; None of a path.
        licences: distinct licences of the edges, sorted.
        private: whether any of the edges is of a private overlay.
    """

    id: str
    stance: Stance = "supports"
    sentence: str
    score: Probability = 0.0
    path: Path | None = None
    text: TextSource | None = None
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    private: bool = False


class NameMatch(Frozen):
    """An entity that a text may name.

    Attributes:
        matched: the name, synonym or id that matched.
        why: how: `id`, `cross-reference`, `name`, `synonym`, `spelling`, `word order`, `plural`, `salt form`,
            `vocabulary tag`, `typo`...
        score: 0 to 100; 100 is an exact match.
    """

    entity: Entity
    matched: str
    why: str
    score: Annotated[float, Field(ge=0.0, le=100.0)]


class TakenFor(Frozen):
    """An entity that an asked name was taken for, though it is called otherwise.

    Attributes:
        asked: the name as it was asked, on one line.
        matched, why: as of `NameMatch`.
    """

    asked: str
    entity: Entity
    matched: str
    why: str

    @property
    def text(self) -> str:
        """The same in words."""
        return f"Taken for: {self.entity.name} (asked: {self.asked}, {self.why})"


class Status(Frozen):
    """What a question would be answered from.

    Attributes:
        nodes: nodes by kind.
        edges_by_source: edges by source.
        sources: state of each source that was loaded, as the loader left it.
        overlays, left_out: the graph's private overlays that are seen, and that aren't. Nothing of the latter
            is counted here.
        as_of: the last year of what is seen; None: whatever the year.
        lacks: what the graph has none of and a ranking needs, as a sentence; "" where nothing.
        templates: number of path templates.
        model_state: whether the model can be used, in words.
    """

    graph: str
    engine: str
    fingerprint: str
    schema_version: int
    nodes: dict[str, int]
    edges_by_source: dict[str, int]
    sources: dict[str, dict[str, Any]]
    overlays: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    as_of: int | None = None
    lacks: str = ""
    templates: int
    model: str
    model_state: str
    home: str
