"""Types of a graph's content: nodes, edges, paths, evidence, name matches, status."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

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
    "PathRole",
    "PathStep",
    "Status",
    "TakenFor",
]


PathRole = Literal["mechanism", "analogy", "association", "location", "harm", "metabolism", "opposed"]
"""Role of a path from a drug to a disease as an argument for a treatment: an effect of the drug on something
that bears on the disease; an analogy with another drug or disease; things that only occur together; a site, a
side effect, or a protein that handles the drug, which are none; or one that says that the drug furthers the
disease."""


class Entity(Frozen):
    """Identity of a node: its CURIE, kind and preferred name."""

    id: str
    kind: str
    name: str


class Node(Entity):
    """A node with all its properties.

    Attributes:
        synonyms: other names, without the preferred one, sorted.
        xrefs: CURIEs of the same entity in other vocabularies, sorted.
        sources: ids of the sources that state it, sorted.
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
        evidence: basis of the statement, in the source's words ("DrugBank (target)").
        score: the source's own score, in the source's range; None if it has none.
        year: year of the statement; None if the source doesn't state it.
        action: one of the relation's actions in the schema, or "".
        mechanisms: ids of the curated mechanisms (DrugMechDB paths) that contain the statement.
        private: True if it is of a private overlay.
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
        """None for a score of NaN or infinity, which JSON can't represent."""
        return score if score is None or math.isfinite(score) else None


class PathStep(Frozen):
    """One hop of a path, with all its parallel edges (sorted by source).

    Attributes:
        relation: the relation of every edge of the step.
        action: the action that verbalizes the step, one of its edges', or "".
        forward: True if the path follows the stored direction.
    """

    relation: str
    action: str = ""
    forward: bool
    edges: tuple[Edge, ...]


class Path(Frozen):
    """A path from a drug to a disease: n steps between n + 1 nodes.

    Attributes:
        template: name of the Cypher template that matched it.
        metapath: its kinds and relations, in the notation of the template's head.
        nodes: from the drug to the disease.
    """

    template: str
    metapath: str
    nodes: tuple[Entity, ...]
    steps: tuple[PathStep, ...]

    @property
    def wording_keys(self) -> tuple[tuple[str, str, bool], ...]:
        """Relation, action and direction of each step, which its wordings depend on."""
        return tuple((step.relation, step.action, step.forward) for step in self.steps)

    @property
    def name_keys(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of each node, by which it is told: two strains of a bacterium may have one name."""
        return tuple((node.kind, node.name.casefold()) for node in self.nodes)


class Link(Frozen):
    """A web link: its label and https URL."""

    label: str
    url: str


class Evidence(Frozen):
    """One numbered piece of evidence.

    Attributes:
        id: `P1`... for paths, `T1`... for trials, `L1`... for articles, `A1`... for adverse paths.
        sentence: the path or passage as one plain sentence, with the schema's phrases.
        score: share of the pair's evidence weight, 0 to 1; adverse evidence has its own total.
        path: the path; None for a text.
        text: the document of a trial or an article; None for a path.
        role: the path's role; "" for a text, and where it wasn't judged.
        licences: distinct licences of the edges, sorted.
        private: True if any of the edges is of a private overlay.
    """

    id: str
    stance: Stance = "supports"
    sentence: str
    score: Probability = 0.0
    path: Path | None = None
    text: TextSource | None = None
    role: PathRole | Literal[""] = ""
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    private: bool = False


class NameMatch(Frozen):
    """An entity that matches a queried name.

    Attributes:
        matched: the name, synonym or id that matched.
        why: kind of match: `id`, `cross-reference`, `name`, `synonym`, `spelling`, `word order`, `plural`,
            `salt form`, `vocabulary tag`, `typo`...
        score: 0 to 100; 100 is an exact match.
    """

    entity: Entity
    matched: str
    why: str
    score: Annotated[float, Field(ge=0.0, le=100.0)]


class TakenFor(Frozen):
    """An entity that a queried name was resolved to, though its preferred name differs.

    Attributes:
        asked: the queried name, on one line.
        matched, why: as in `NameMatch`.
    """

    asked: str
    entity: Entity
    matched: str
    why: str

    @property
    def text(self) -> str:
        """The substitution in words."""
        is_unsure = self.why == "other source's name" and self.entity.kind == "Disease"
        unsure = "; it may be narrower or broader" if is_unsure else ""
        return f"Taken for: {self.entity.name} (asked: {self.asked}, {self.why}{unsure})"


class Status(Frozen):
    """State of the graph and the model that questions are answered from.

    Attributes:
        nodes: number of nodes by kind.
        edges_by_source: number of edges by source.
        sources: the loader's stored state of each loaded source.
        overlays, left_out: the graph's visible and hidden private overlays. The hidden ones' nodes and edges
            are not counted.
        as_of: the last visible year; None: any year.
        lacks: the part that the graph lacks for a ranking, as a sentence; otherwise "".
        templates: number of path templates.
        model_state: usability of the model, in words.
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
