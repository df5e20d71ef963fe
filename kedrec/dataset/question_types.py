"""A question of a data set: a disease, candidate drugs, evidence on each, and the right answer.

`kedrec.dataset.hf_folder` writes and reads files of questions; `kedrec.evaluation` scores answers to them.
Hugging Face needs one type a column, so a candidate's part stands in a list with the candidate's id, never
in an object with ids as keys. `Question`'s methods look it up by candidate.
"""

from __future__ import annotations

import json
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from kedrec.pathlogic.roles import path_role
from kedrec.types import Edge, Entity, Evidence, PathStep
from kedrec.types import Path as GraphPath
from kedrec.types.base import Frozen, Probability, Stance

__all__ = [
    "CandidateEvidence",
    "CitedPath",
    "CitedStep",
    "NamedEntity",
    "Negative",
    "NegativeKind",
    "Question",
    "Reference",
    "StepStatement",
    "TextPointer",
    "TextPointers",
]

NegativeKind: TypeAlias = Literal["hard", "random", "degree-matched", "frequency-matched"]


class NamedEntity(Frozen):
    """A drug or a disease: its CURIE and name."""

    id: str
    name: str


class Negative(Frozen):
    """A wrong candidate and how it was chosen: for analysis, never for an answerer.

    Attributes:
        kind: `hard`: near the right drug in a graph embedding. `degree-matched`: a drug of as many links,
            else at random. `frequency-matched`: prescribed about as often. `random`: any drug.
    """

    id: str
    kind: NegativeKind


class StepStatement(Frozen):
    """One source's statement of a step, with its licence and references (`PMID:1`, URLs)."""

    source: str
    licence: str
    references: tuple[str, ...] = ()


class CitedStep(Frozen):
    """One hop of a path; `forward` where the path runs along the relation's stored direction."""

    relation: str
    action: str = ""
    forward: bool
    statements: tuple[StepStatement, ...]


class CitedPath(Frozen):
    """A path that a rationale may cite by its id.

    Attributes:
        id: `P1`... for supporting paths, `A1`... for adverse ones; one numbering over all candidates of a
            question, so that an id stands for one path.
        text: the path as a sentence.
        score: share of its candidate's evidence weight, 0 to 1.
        nodes: from the drug to the disease.
        steps: one fewer than nodes.
    """

    id: str
    stance: Stance = "supports"
    text: str
    score: Probability = 0.0
    template: str
    metapath: str
    nodes: tuple[Entity, ...]
    steps: tuple[CitedStep, ...]
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: Evidence) -> CitedPath:
        """Converts a piece of evidence that is a path.

        Raises:
            ValueError: it isn't a path.
        """
        if item.path is None:
            raise ValueError(f"{item.id} is no path")
        steps = tuple(
            CitedStep(
                relation=step.relation,
                action=step.action,
                forward=step.forward,
                statements=tuple(
                    StepStatement(source=edge.source, licence=edge.licence, references=edge.references)
                    for edge in step.edges
                ),
            )
            for step in item.path.steps
        )
        return cls(
            id=item.id, stance=item.stance, text=item.sentence, score=item.score,
            template=item.path.template, metapath=item.path.metapath, nodes=item.path.nodes, steps=steps,
            sources=item.sources, licences=item.licences,
        )  # fmt: skip

    def evidence(self) -> Evidence:
        """The path as evidence for `kedrec.grounding.check` and the prompts."""
        steps = []
        for index, step in enumerate(self.steps):
            ends = self.nodes[index].id, self.nodes[index + 1].id
            start, end = ends if step.forward else ends[::-1]
            edges = tuple(
                Edge(
                    start=start, relation=step.relation, end=end, source=statement.source,
                    licence=statement.licence, references=statement.references, action=step.action,
                )
                for statement in step.statements
            )  # fmt: skip
            steps.append(
                PathStep(relation=step.relation, action=step.action, forward=step.forward, edges=edges)
            )
        path = GraphPath(template=self.template, metapath=self.metapath, nodes=self.nodes, steps=tuple(steps))
        return Evidence(
            id=self.id, stance=self.stance, sentence=self.text, score=self.score, path=path,
            role=path_role(path), sources=self.sources, licences=self.licences,
        )  # fmt: skip


class CandidateEvidence(Frozen):
    """The graph's paths from one candidate to the disease, without the treatment and its equivalents."""

    candidate: str
    paths: tuple[CitedPath, ...] = ()


class TextPointer(Frozen):
    """Position of a text in the user's own passage index: never the text itself.

    Attributes:
        id: `T1`... (trials) or `L1`... (articles), one numbering over all candidates of a question.
        passage: id in the index (`pubmed:29768149#0`).
        start, end: characters of the document's text.
        sha256: of the passage's text in UTF-8, hexadecimal.
        stance: `adverse` for a trial that was stopped or failed.
    """

    id: str
    passage: str
    document: str
    start: int
    end: int
    sha256: str
    date: str = ""
    licence: str = ""
    url: str = ""
    stance: Stance = "supports"


class TextPointers(Frozen):
    """Pointers to texts on one candidate and the disease, for `kedrec.dataset.rebuilt_texts`."""

    candidate: str
    trials: tuple[TextPointer, ...] = ()
    literature: tuple[TextPointer, ...] = ()


class Reference(Frozen):
    """A teacher's answer.

    Attributes:
        answer: id of the drug chosen.
        rationale: sentences that cite paths and texts as `[P1]`.
        teacher: `curated`, or `chat:` and the model's name.
        evidence: cited paths that the question doesn't show (a curated mechanism of the pair would give the
            answer away); their ids continue the question's.
    """

    answer: str
    rationale: str
    teacher: str
    evidence: tuple[CitedPath, ...] = ()


class Question(Frozen):
    """A question: which of these drugs treats the disease?

    Attributes:
        id: the same for the same graph, seed and options.
        disease: the disease to treat.
        other_diseases: further diseases of the same question (of an admission).
        candidates: in an order drawn at random.
        answers: ids of the right candidates, in the candidates' order; one in expRxRec, one or more in
            MIMIC-III.
        negatives: the wrong candidates, with how each was chosen.
        evidence: of every candidate, in the candidates' order.
        background: of every candidate, in the candidates' order; () where no texts were loaded.
        text: text that the data set itself holds (the notes of an admission); "" in expRxRec.
        reference: a teacher's answer, or None.
        sources: sources stating that the answers treat the disease.
        licences: of everything in the question, sorted.
        group: the unit that stays in one split: a cluster of diseases, a patient.
    """

    id: str
    disease: NamedEntity
    other_diseases: tuple[NamedEntity, ...] = ()
    candidates: tuple[NamedEntity, ...] = Field(min_length=2)
    answers: tuple[str, ...] = Field(min_length=1)
    negatives: tuple[Negative, ...] = Field(min_length=1)
    evidence: tuple[CandidateEvidence, ...] = ()
    background: tuple[TextPointers, ...] = ()
    text: str = ""
    reference: Reference | None = None
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    group: str = ""

    @model_validator(mode="after")
    def _parts_fit(self) -> Question:
        ids = [candidate.id for candidate in self.candidates]
        right, wrong = set(self.answers), {negative.id for negative in self.negatives}
        if len(set(ids)) != len(ids):
            raise ValueError("a candidate stands twice")
        if right & wrong or right | wrong != set(ids):
            raise ValueError("answers and negatives aren't the candidates")
        for parts in (self.evidence, self.background):
            if not {part.candidate for part in parts} <= set(ids):
                raise ValueError("evidence or background of what is no candidate")
        return self

    def paths(self, candidate: str) -> tuple[CitedPath, ...]:
        """The paths of a candidate, best first; () where it has none."""
        return next((part.paths for part in self.evidence if part.candidate == candidate), ())

    def texts(self, candidate: str) -> tuple[TextPointer, ...]:
        """The texts of a candidate, trials first; () where it has none."""
        background = next((part for part in self.background if part.candidate == candidate), None)
        return (*background.trials, *background.literature) if background else ()

    def kind_of(self, candidate: str) -> NegativeKind | None:
        """The way a negative was chosen; None for an answer."""
        return next((negative.kind for negative in self.negatives if negative.id == candidate), None)

    def line(self) -> str:
        """The question as a line of JSON: the same question gives the same bytes."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
