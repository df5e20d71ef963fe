"""What KEDRec passes around and gives back. `--json` prints exactly these objects.

Everything is frozen: an answer never changes after it was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Answer",
    "Badge",
    "Citation",
    "Claim",
    "ComparedMetapath",
    "ComparedPart",
    "Comparison",
    "Coverage",
    "DiseaseAnswer",
    "Edge",
    "Entity",
    "Evidence",
    "Link",
    "Manifest",
    "NameMatch",
    "Node",
    "Path",
    "PathStep",
    "PredictedSideEffect",
    "Rationale",
    "Recommendation",
    "Safety",
    "ScorePart",
    "SideEffect",
    "Stance",
    "Status",
]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Stance = Literal["supports", "adverse"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entity(_Frozen):
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


class Edge(_Frozen):
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


class PathStep(_Frozen):
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


class Path(_Frozen):
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


class Link(_Frozen):
    """Where a reader can open something: a label and an https URL."""

    label: str
    url: str


class Evidence(_Frozen):
    """One numbered piece of evidence.

    Attributes:
        id: `P1`... for paths, `T1`... for trials, `L1`... for articles, `A1`... for adverse paths.
        sentence: the path or passage as one plain sentence, made from the schema's phrases.
        score: share of the pair's evidence weight, 0 to 1; adverse evidence has its own total.
        licences: distinct licences of the edges, sorted.
    """

    id: str
    stance: Stance = "supports"
    sentence: str
    score: Probability = 0.0
    path: Path | None = None
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Citation(_Frozen):
    """A reference of a claim to a piece of evidence by its id."""

    id: str
    known: bool = True
    """False where no evidence has this id."""


class Claim(_Frozen):
    """One sentence of a rationale and what the grounding gate found.

    Attributes:
        text: the sentence without its citations.
        status: `holds`, or `struck` with `reason`.
        reason: why it was struck, as a sentence; "" where it holds.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    status: Literal["holds", "struck"]
    reason: str = ""


class Rationale(_Frozen):
    """Why a drug could treat a disease.

    Attributes:
        origin: `llm`: the claims are the model's words. `evidence`: nothing the model wrote held (or
            no model was asked), and the claims are the verbalized evidence itself.
        claims: every sentence, struck ones included, in the order written.
        precision: share of the model's claims that hold; None where it made none.
        coverage: share of the evidence weight that holding claims cite, 0 to 1.
        model: the model that wrote it, "" for `evidence`.
        note: why the origin is `evidence`, "" for `llm`.
    """

    origin: Literal["llm", "evidence"]
    claims: tuple[Claim, ...] = ()
    precision: Probability | None = None
    coverage: Probability = 0.0
    model: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The sentences that hold, each with its citations."""
        return " ".join(
            claim.text.rstrip(".") + " " + "".join(f"[{c.id}]" for c in claim.citations) + "."
            for claim in self.claims
            if claim.status == "holds"
        )


class ScorePart(_Frozen):
    """One metapath's share in a score, in log-odds (or in the unfitted score's own unit).

    Attributes:
        group: what kind of part it is; `prior` is what the degrees alone tell.
    """

    group: Literal["prior", "metapath", "similar drugs", "similar diseases"] = "metapath"
    metapath: str
    template: str
    value: float
    contribution: float


class Coverage(_Frozen):
    """How much the graph knows of a pair.

    Attributes:
        paths: supporting paths found for the pair.
        metapaths: templates with at least one path.
        drug_edges, disease_edges: edges at the drug and at the disease, treatments included.
        disease_treatments: drugs the graph knows to treat the disease, without this pair.
        enough: whether a rationale was attempted; `reason` says why not.
    """

    paths: int
    metapaths: int
    drug_edges: int
    disease_edges: int
    disease_treatments: int
    enough: bool
    reason: str = ""


class Manifest(_Frozen):
    """What an answer was made from; the same manifest gives the same answer."""

    kedrec: str
    graph: str
    fingerprint: str
    schema_version: int
    templates: str
    """SHA-256 over the path templates' text."""
    ranking: str
    """`fitted` or `unfitted`, and what was fitted."""
    prompt: str = ""
    model: str = ""
    model_sha256: str = ""
    seed: int
    licences: tuple[str, ...] = ()


class Badge(_Frozen):
    """What was known of a pair before it was ranked: whether a high score is news.

    Attributes:
        standing: the first of these that holds.
            `known`: a source of the graph that was asked states Drug TREATS Disease.
            `learned`: none states it, but the graph the ranking learned from says something next to it:
            the drug relieves the disease's symptoms (Drug PALLIATES Disease), or one curated mechanism has
            a whole path from the drug to the disease. The pair's own edges of this kind were hidden while
            it was scored, like TREATS.
            `new`: neither. What the pair's evidence rests on may still be old news elsewhere.
        sources: the sources that state it, sorted; () where it is new.
        note: the standing as one sentence.
    """

    standing: Literal["known", "learned", "new"]
    sources: tuple[str, ...] = ()
    note: str


class SideEffect(_Frozen):
    """Something that a drug is known to cause.

    Attributes:
        effect: a SideEffect, a Symptom or a Disease.
        drugs: how many drugs of the graph cause it: few means that it is special to the drug.
        worsens: the symptom of the disease, or the disease, that goes by the same name; None where there is
            none. Then the drug may bring about what it is to treat.
    """

    effect: Entity
    drugs: int
    sources: tuple[str, ...] = ()
    worsens: Entity | None = None


class PredictedSideEffect(_Frozen):
    """Something that similar drugs cause and no source says of this one: a prediction, not a statement.

    Attributes:
        probability: that a source would list it, from the drugs that share targets or classes with this one.
        usual: the share of all drugs that cause it.
        because: the similar drugs that count most, likest first.
        worsens: as in `SideEffect`.
    """

    effect: Entity
    probability: Probability
    usual: Probability
    because: tuple[Entity, ...]
    worsens: Entity | None = None


class Safety(_Frozen):
    """What speaks against giving a drug in a disease, beside what speaks for it.

    Attributes:
        contraindication: how the graph knows one: `direct`; `inherited` from a broader disease; `subtype`:
            for a kind of the disease alone; `look-alike`: for a disease that presents with most of the same
            symptoms, which is weak. "" where it knows none. Only the first two make a drug contraindicated.
        paths: where it is told: ids of `Recommendation.adverse` (`A1`) and `cautions` (`C1`), gravest first.
        cautions: the paths of `subtype` and `look-alike`.
        side_effects: how many side effects the graph lists for the drug.
        worsening: those that the disease itself presents, or is.
        specific: those that the fewest drugs have.
        predicted: what similar drugs cause, those that would worsen the disease first.
    """

    contraindication: Literal["direct", "inherited", "subtype", "look-alike", ""] = ""
    paths: tuple[str, ...] = ()
    cautions: tuple[Evidence, ...] = ()
    side_effects: int = 0
    worsening: tuple[SideEffect, ...] = ()
    specific: tuple[SideEffect, ...] = ()
    predicted: tuple[PredictedSideEffect, ...] = ()

    @property
    def contraindicated(self) -> bool:
        """Whether the drug is contraindicated in the disease, or in one that it is a kind of."""
        return self.contraindication in {"direct", "inherited"}


class Recommendation(_Frozen):
    """One drug for one disease.

    Attributes:
        rank: 1 is best among all drugs of the graph (of a `DiseaseAnswer`: among its diseases).
        score: the ranking's score in log-odds (unfitted: the unfitted score).
        probability: None where the ranking could not be fitted on this graph.
        known: sources in which the graph already has the treatment; () where it is new.
        badge: whether the pair is news.
        verdict: what the drug's standing is in a sentence or two, made from the fields above.
        adverse: contraindications (direct or inherited) and the like.
        safety: contraindications and side effects summed up.
        base: what the score is before its parts; with them it adds up to the score.
        flags: short words such as `known`, `contraindicated`, `few-paths`.
    """

    rank: int
    drug: Entity
    disease: Entity
    score: float
    probability: Probability | None
    known: tuple[str, ...] = ()
    badge: Badge
    verdict: str
    rationale: Rationale
    evidence: tuple[Evidence, ...] = ()
    adverse: tuple[Evidence, ...] = ()
    safety: Safety = Safety()
    base: float = 0.0
    score_parts: tuple[ScorePart, ...] = ()
    coverage: Coverage
    flags: tuple[str, ...] = ()


class _Answer(_Frozen):
    recommendations: tuple[Recommendation, ...]
    candidates: int
    """Drugs, or diseases, that were ranked."""
    abstained: str = ""
    """Why nothing could be recommended; "" where something was."""
    hidden: int = 0
    """Contraindicated ones left out, as asked, before the last of the recommendations."""
    manifest: Manifest

    def __len__(self) -> int:
        return len(self.recommendations)

    def __getitem__(self, index: int) -> Recommendation:
        return self.recommendations[index]

    def __iter__(self) -> Iterator[Recommendation]:  # type: ignore[override]  # a sequence of its items, not of its fields
        return iter(self.recommendations)


class Answer(_Answer):
    """The drugs recommended for a disease, best first; a sequence of `Recommendation`."""

    asked: Literal["disease"] = "disease"
    disease: Entity


class DiseaseAnswer(_Answer):
    """The diseases that a drug could be repurposed for, best first; a sequence of `Recommendation`."""

    asked: Literal["drug"] = "drug"
    drug: Entity


class ComparedPart(_Frozen):
    """One part of two drugs' scores, in log-odds (unfitted: in no unit).

    Attributes:
        label: the metapath, or what the part is called.
        left, right: what it adds to either score.
    """

    label: str
    group: str
    left: float
    right: float

    @property
    def difference(self) -> float:
        """What it adds to the left score over the right."""
        return self.left - self.right


class ComparedMetapath(_Frozen):
    """How many supporting paths two drugs have along one metapath.

    Attributes:
        left, right: all the paths of either.
    """

    metapath: str
    template: str
    left: int
    right: int


class Comparison(_Frozen):
    """Two drugs for one disease, side by side.

    Attributes:
        left, right: the evidence of either, as `explain` gives it.
        parts: the parts of both scores, those that differ most first; the differences sum to the scores'.
        metapaths: of either drug, those that differ most first.
        shared: the evidence of `left` and `right` (by id) whose path the other drug has as well: along the
            same metapath, through the same nodes.
        exclusive: the ids of the rest, which only `left`, and only `right`, has.
        verdict: what makes the difference, in words.
    """

    disease: Entity
    left: Recommendation
    right: Recommendation
    parts: tuple[ComparedPart, ...]
    metapaths: tuple[ComparedMetapath, ...]
    shared: tuple[tuple[str, ...], tuple[str, ...]]
    exclusive: tuple[tuple[str, ...], tuple[str, ...]]
    verdict: str
    manifest: Manifest


class NameMatch(_Frozen):
    """An entity that a text may name.

    Attributes:
        matched: the name, synonym or id that matched.
        why: how: `id`, `cross-reference`, `name`, `synonym`, `spelling`, `word order`, `plural`, `typo`...
        score: 0 to 100; 100 is an exact match.
    """

    entity: Entity
    matched: str
    why: str
    score: Annotated[float, Field(ge=0.0, le=100.0)]


class Status(_Frozen):
    """What a question would be answered from.

    Attributes:
        nodes: nodes by kind.
        edges_by_source: edges by source.
        sources: state of each source that was loaded, as the loader left it.
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
    templates: int
    model: str
    model_state: str
    home: str
