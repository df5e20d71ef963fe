"""Instructions to judge one drug by its evidence, from a question of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Literal, TypeAlias

from kedrec.dataset.rebuilt_texts import text_evidence
from kedrec.llm.judging import CompactEvidence, judgement_prompt
from kedrec.training.instruction import Instruction

if TYPE_CHECKING:
    from kedrec.dataset.question_types import CitedPath, NamedEntity, Question
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.llm.graph_signal import GraphSignal
    from kedrec.types.judgement import JudgedStance

__all__ = ["JudgementKind", "compact_evidence", "judgements"]

JudgementKind: TypeAlias = Literal["judgement", "abstention"]
_WITHOUT_SIGNAL = 0.5  # of the questions that have one
_MOST_JUDGED = 3  # wrong candidates of a question that are judged


def judgements(
    question: Question,
    seed: int,
    index: PassageIndex | None,
    signals: Mapping[str, GraphSignal],
) -> Iterator[tuple[JudgementKind, Instruction]]:
    """Judgements of the right drug and of some wrong ones, and one of a drug of which nothing is shown.

    A prompt depends on its candidate alone, not on which one is right. The candidates are a group, in which
    the right one is to score best, where something is shown that speaks for it. In half of the questions
    that have signals all candidates show theirs; one that puts the right drug in front speaks for it.

    Args:
        question: the question.
        seed: draws the candidates and their order.
        index: texts that the data set points to; None: none is shown.
        signals: what the graph says in numbers, by candidate; {}: it isn't told.
    """
    draw = Random(f"{seed}:{question.id}:judged")  # noqa: S311  # draws candidates, no secret
    wrong = [one for one in question.candidates if one.id not in question.answers]
    right = [one for one in question.candidates if one.id in question.answers]
    judged = right + draw.sample(wrong, min(_MOST_JUDGED, len(wrong)))
    if Random(f"{seed}:{question.id}:signal").random() < _WITHOUT_SIGNAL:  # noqa: S311
        signals = {}
    evidence_by_id = {
        one.id: compact_evidence(
            question.paths(one.id), _texts(question, one.id, index), signal=signals.get(one.id)
        )
        for one in judged
    }
    compared = len(right) == 1 and evidence_by_id[right[0].id].speaks_for
    for candidate in draw.sample(judged, len(judged)):
        evidence = evidence_by_id[candidate.id]
        is_right = candidate.id in question.answers
        kind: JudgementKind = "judgement" if evidence else "abstention"
        stance: JudgedStance = "nothing"
        if is_right and evidence.speaks_for:
            stance = "for"
        elif evidence.adverse:
            stance = "against"
        instruction = _judgement(kind, question, candidate, evidence, stance)
        yield kind, replace(instruction, group=question.id, right=is_right) if compared else instruction
    if unrelated := _unrelated(question, draw):
        candidate, evidence = unrelated
        yield "abstention", _judgement("abstention", question, candidate, evidence, "nothing")


def compact_evidence(
    paths: Sequence[CitedPath], texts: Iterable[str] = (), *, signal: GraphSignal | None = None
) -> CompactEvidence:
    """The evidence to judge by: paths, texts and the graph's signal."""
    return CompactEvidence(
        supporting=[path.text for path in paths if path.stance == "supports"],
        adverse=[path.text for path in paths if path.stance == "adverse"],
        texts=list(texts),
        signal=signal,
    )


def _judgement(
    kind: JudgementKind,
    question: Question,
    candidate: NamedEntity,
    evidence: CompactEvidence,
    stance: JudgedStance,
) -> Instruction:
    messages = judgement_prompt(question.disease.name, candidate.name, evidence)
    return Instruction(kind, messages, stance)


def _texts(question: Question, candidate: str, index: PassageIndex | None) -> list[str]:
    """The sentences of a candidate's texts."""
    if index is None:
        return []
    return [item.sentence for item in text_evidence(question, candidate, index)]


def _unrelated(question: Question, rng: Random) -> tuple[NamedEntity, CompactEvidence] | None:
    """A drug beside the paths of another one, none of which names it."""
    shown = [one for one in question.candidates if question.paths(one.id)]
    drawn = rng.sample(question.candidates, len(question.candidates))
    for source in rng.sample(shown, len(shown)):
        paths = question.paths(source.id)
        named = {node.id for path in paths for node in path.nodes}
        for candidate in drawn:
            if candidate.id not in named:
                return candidate, compact_evidence(paths)
    return None
