"""Assembles questions from the facts of their pairs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.dataset.hf_folder import SPLITS, SplitName
from kedrec.dataset.question_types import (
    CandidateEvidence,
    CitedPath,
    NamedEntity,
    Negative,
    Question,
    Reference,
    TextPointer,
    TextPointers,
)

if TYPE_CHECKING:
    from kedrec.dataset.candidates import CandidateFacts
    from kedrec.dataset.splits import Division
    from kedrec.dataset.treatments import Pair, Treatment, Treatments

__all__ = [
    "EvidenceNumbering",
    "QuestionDraft",
    "assemble_questions",
    "question_id",
    "renumber_citations",
    "shuffle_candidates",
]

_CITED = re.compile(r"\[([PATL]\d+)\]")


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question before its evidence: the right answer and the wrong ones, in the order of its candidates."""

    id: str
    split: SplitName
    treatment: Treatment
    candidates: tuple[str, ...]
    negatives: tuple[Negative, ...]


def question_id(config: str, drug: str, disease: str, seed: int) -> str:
    """A stable id that doesn't reveal the answer."""
    return "exprxrec-" + hashlib.sha256(f"{seed}:{config}:{drug}:{disease}".encode()).hexdigest()[:16]


def assemble_questions(
    drafts: Sequence[QuestionDraft],
    division: Division,
    facts: Mapping[Pair, CandidateFacts],
    treatments: Treatments,
    *,
    paths: int,
    adverse: int,
) -> dict[SplitName, list[Question]]:
    """Assembles the questions of a config by split, each split in the order of the questions' ids.

    Args:
        drafts: the questions without evidence.
        division: the config's splits.
        facts: of every pair of a candidate and its question's disease.
        treatments: of the graph.
        paths, adverse: most supporting, and most adverse, paths a candidate.
    """
    limits = {"supports": paths, "adverse": adverse}
    questions: dict[SplitName, list[Question]] = {split: [] for split in SPLITS}
    for draft in sorted(drafts, key=lambda draft: draft.id):
        questions[draft.split].append(_question(draft, division, facts, treatments, limits))
    return questions


class EvidenceNumbering:
    """Numbers evidence over all candidates of a question, so that an id stands for one path or text."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, id_: str) -> str:
        """The next id of the same letter."""
        letter = id_[0]
        self._last[letter] = self._last.get(letter, 0) + 1
        return f"{letter}{self._last[letter]}"


def renumber_citations(text: str, ids: Mapping[str, str]) -> str:
    """Replaces the ids in a text's citations."""
    return _CITED.sub(lambda match: f"[{ids.get(match[1], match[1])}]", text)


def _question(
    draft: QuestionDraft,
    division: Division,
    facts: Mapping[Pair, CandidateFacts],
    treatments: Treatments,
    limits: Mapping[str, int],
) -> Question:
    names, disease = treatments.names, draft.treatment.disease
    canonical = treatments.canonical_drug
    answer = canonical[draft.treatment.drug]
    numbers = EvidenceNumbering()
    evidence, background = [], []
    licences = set(draft.treatment.licences)
    any_text = False
    for candidate in draft.candidates:
        pair_facts = facts[candidate, disease]
        paths = _best_paths(
            [
                candidate_path.path
                for candidate_path in pair_facts.paths(division.config)
                if answer not in map(canonical.get, candidate_path.reveals)
            ],
            limits,
            numbers,
        )
        licences.update(licence for path in paths for licence in path.licences)
        evidence.append(CandidateEvidence(candidate=candidate, paths=paths))
        trials, literature = _renumber(pair_facts.trials, numbers), _renumber(pair_facts.literature, numbers)
        any_text = any_text or bool(trials or literature)
        background.append(TextPointers(candidate=candidate, trials=trials, literature=literature))
    reference = _reference(draft, facts, dict(zip(draft.candidates, evidence, strict=True)), numbers)
    if reference is not None:
        licences.update(licence for path in reference.evidence for licence in path.licences)
    return Question(
        id=draft.id,
        disease=NamedEntity(id=disease, name=names[disease]),
        candidates=tuple(NamedEntity(id=drug, name=names[drug]) for drug in draft.candidates),
        answers=(draft.treatment.drug,),
        negatives=draft.negatives,
        evidence=tuple(evidence),
        background=tuple(background) if any_text else (),
        reference=reference,
        sources=draft.treatment.sources,
        licences=tuple(sorted(licences)),
        group=division.groups[draft.treatment.drug, disease],
    )


def _best_paths(
    paths: Sequence[CitedPath], limits: Mapping[str, int], numbers: EvidenceNumbering
) -> tuple[CitedPath, ...]:
    """The best paths of both stances, numbered, each stance's scores scaled to a sum of 1."""
    selection: list[CitedPath] = []
    for stance, limit in limits.items():
        best = [path for path in paths if path.stance == stance][:limit]
        total = sum(path.score for path in best) or 1.0
        selection += [
            path.model_copy(
                update={"id": numbers.next(path.id), "score": min(round(path.score / total, 6), 1.0)}
            )
            for path in best
        ]
    return tuple(selection)


def _renumber(pointers: Sequence[TextPointer], numbers: EvidenceNumbering) -> tuple[TextPointer, ...]:
    return tuple(pointer.model_copy(update={"id": numbers.next(pointer.id)}) for pointer in pointers)


def _reference(
    draft: QuestionDraft,
    facts: Mapping[Pair, CandidateFacts],
    evidence: Mapping[str, CandidateEvidence],
    numbers: EvidenceNumbering,
) -> Reference | None:
    """The curated rationale with the question's ids; paths that it alone shows get the next ids."""
    drug = draft.treatment.drug
    curated = facts[drug, draft.treatment.disease].curated
    if curated is None:
        return None
    shown_ids = {_content_key(path): path.id for path in evidence[drug].paths}
    ids: dict[str, str] = {}
    extra_paths: list[CitedPath] = []
    for path in curated.paths:
        shown_id = shown_ids.get(_content_key(path))
        ids[path.id] = shown_id or numbers.next(path.id)
        if shown_id is None:
            extra_paths.append(path.model_copy(update={"id": ids[path.id]}))
    return Reference(
        answer=drug,
        rationale=renumber_citations(curated.rationale, ids),
        teacher="curated",
        evidence=tuple(extra_paths),
    )


def _content_key(path: CitedPath) -> tuple[str, ...]:
    """The path's nodes and statements, without its id and score."""
    steps = [f"{step.relation} {step.action} {step.forward}" for step in path.steps]
    return (*(node.id for node in path.nodes), *steps)


def shuffle_candidates(candidates: Sequence[str], id_: str) -> tuple[str, ...]:
    """Shuffles the candidates into an order drawn by the question's id."""
    rng = Random(f"order:{id_}")  # noqa: S311  # an order, no secret
    return tuple(rng.sample(sorted(candidates), len(candidates)))
