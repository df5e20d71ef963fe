"""Writes the rationales of candidates: the evidence's own sentences, or a model's, checked by the gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.answers.manifest import model_name
from kedrec.answers.pair_summary import basis, evidence_gap, grade
from kedrec.grounding import check, from_evidence, quality
from kedrec.grounding.verdict_table import reword
from kedrec.llm.drafts import write_drafts
from kedrec.llm.prompting import model_request, takes_texts
from kedrec.llm.streamed import StreamedModel

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.common.progress import Progress
    from kedrec.grounding.verdict_table import Grade
    from kedrec.llm.base import ChatModel
    from kedrec.types import Evidence, Rationale

__all__ = [
    "Listener",
    "PieceWritten",
    "RationaleWritten",
    "candidate_grade",
    "evidence_rationale",
    "is_for_model",
    "write_rationales",
]

_ANSWER_TOKENS = 200
_BATCH = 4  # rationales asked for in one go; an endpoint answers them at once, llama.cpp in turn


@dataclass(frozen=True, slots=True)
class PieceWritten:
    """A model's next words for a pair, which nothing has checked yet.

    Attributes:
        position: index of the pair.
        draft: number of the text, from 1; a new one replaces those before it.
        text: the words.
    """

    position: int
    draft: int
    text: str


@dataclass(frozen=True, slots=True)
class RationaleWritten:
    """The rationale of a pair, checked.

    Attributes:
        position: index of the pair.
        rationale: the rationale as in the answer.
    """

    position: int
    rationale: Rationale


Listener = Callable[[PieceWritten | RationaleWritten], None]
"""Called while rationales are written, in the thread that writes; what it raises ends the writing."""


def candidate_grade(candidate: Candidate) -> Grade:
    """The strength of a pair's verdict."""
    return grade(candidate.score, candidate.evidence, candidate.safety, candidate.texts, candidate.related)


def is_for_model(candidate: Candidate) -> bool:
    """True for a pair whose rationale a model may write: it has evidence of more than an association."""
    return not evidence_gap(candidate.evidence) and basis(candidate.evidence) != "association"


def evidence_rationale(candidate: Candidate) -> Rationale:
    """The evidence's own sentences as a pair's rationale."""
    pair = candidate.evidence
    if basis(pair) == "association":
        unasked = "No mechanism is known; these things only occur together."
    else:
        unasked = "No model was asked."
    return from_evidence(pair.evidence, evidence_gap(pair) or unasked)


def write_rationales(
    model: ChatModel,
    candidates: Sequence[Candidate],
    *,
    seed: int,
    progress: Progress | None = None,
    listen: Listener | None = None,
) -> list[Rationale]:
    """One rationale by the model for each candidate, in order.

    Args:
        model: the model.
        candidates: pairs that are `is_for_model`.
        seed: seed of the model.
        progress: called with stage, rationales done and their number.
        listen: called as each is written, with the index of its candidate. A model on this machine then
            writes one after the other, in pieces; the texts stay the same.

    Raises:
        ModelError: the model failed.
    """
    citable = [candidate.texts.all if takes_texts(model) else () for candidate in candidates]
    prompts = [
        model_request(model, candidate.evidence, max_tokens=_ANSWER_TOKENS, seed=seed, texts=texts)
        for candidate, texts in zip(candidates, citable, strict=True)
    ]
    in_pieces = listen is not None and model.info.local
    batch_size = 1 if in_pieces else _BATCH
    rationales: list[Rationale] = []
    for start in range(0, len(candidates), batch_size):
        if progress is not None:
            progress("Writing rationales", start, len(candidates))
        batch = range(start, min(start + batch_size, len(candidates)))
        drafts_written = [0] * len(batch)

        def judge(
            index: int, text: str, batch: Sequence[int] = batch, drafts_written: list[int] = drafts_written
        ) -> tuple[Rationale, tuple[float, ...]]:
            drafts_written[index] += 1
            candidate = candidates[batch[index]]
            pair, strength = candidate.evidence, candidate_grade(candidate)
            worded, reworded = reword(text, strength)
            rationale = check(
                worded,
                pair.drug,
                pair.disease,
                pair.evidence,
                (*pair.adverse, *_opposed_paths(candidate)),
                texts=citable[batch[index]],
                model=model_name(model),
                known=bool(candidate.score.known),
                grade=strength,
            )
            return rationale.model_copy(update={"reworded": reworded}), quality(rationale)

        writer: ChatModel = model
        if listen is not None and in_pieces:
            writer = _in_pieces(model, start, drafts_written, listen)
        requests = [prompts[position].request for position in batch]
        for position, draft in zip(batch, write_drafts(writer, requests, judge), strict=True):
            update = {"unread": prompts[position].dropped, "drafts": draft.written}
            rationales.append(draft.judged.model_copy(update=update))
            if listen is not None:
                listen(RationaleWritten(position, rationales[-1]))
    return rationales


def _in_pieces(
    model: ChatModel, position: int, drafts_written: Sequence[int], listen: Listener
) -> StreamedModel:
    """The model, its words for the one candidate at `position` passed on as it writes them."""

    def pass_on(_: int, piece: str) -> None:
        listen(PieceWritten(position, drafts_written[0] + 1, piece))

    return StreamedModel(model, pass_on)


def _opposed_paths(candidate: Candidate) -> tuple[Evidence, ...]:
    """The cautions that the drug acts oppositely to treatments, of a pair that is no known treatment."""
    if candidate.score.known:
        return ()
    ids = {opposed.path for opposed in candidate.safety.opposed}
    return tuple(item for item in candidate.safety.cautions if item.id in ids)
