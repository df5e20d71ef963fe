"""Writes the rationales of candidates: the evidence's own sentences, or a model's, checked by the gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from kedrec.answers.manifest import model_name
from kedrec.answers.pair_summary import basis, evidence_gap, grade
from kedrec.answers.path_grammar import PathGrammar
from kedrec.grounding import check, from_evidence, quality
from kedrec.grounding.reasons import contraindication_item
from kedrec.grounding.verdict_table import Grade, reword, states_verdict
from kedrec.llm.drafts import MOST_DRAFTS, Judgement, write_drafts
from kedrec.llm.prompting import model_request, takes_texts
from kedrec.llm.streamed import StreamedModel

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel
    from kedrec.types import Evidence, Rationale

__all__ = [
    "ANSWER_TOKENS",
    "Listener",
    "PieceWritten",
    "RationaleWritten",
    "WrittenRationale",
    "candidate_grade",
    "check_text",
    "evidence_rationale",
    "is_for_model",
    "write_rationales",
]

ANSWER_TOKENS = 400
"""Most tokens of a rationale."""


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


@dataclass(frozen=True, slots=True)
class WrittenRationale:
    """A model's text as it wrote it, and the rationale that the gate made of it."""

    text: str
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
    texts: Sequence[Sequence[Evidence]] | None = None,
    max_tokens: int = ANSWER_TOKENS,
    most: int = MOST_DRAFTS,
    whole: bool = False,
    free: bool = False,
    progress: Progress | None = None,
    listen: Listener | None = None,
) -> list[WrittenRationale]:
    """One rationale by the model for each candidate, in order; answers and evaluations write them here.

    Args:
        model: the model.
        candidates: pairs that are `is_for_model`.
        seed: seed of the model.
        texts: trials and articles that each prompt includes; None: the candidate's own, for a model that
            takes some.
        max_tokens: most tokens of a text.
        most: most texts for a pair until one is without fault.
        whole: write whole texts, even where the model could go on from the sentences that hold.
        free: let a model that obeys grammars write sentences in words of its own, each ending in ids that
            exist, instead of going along the paths (`path_grammar`).
        progress: called with stage, rationales done and their number.
        listen: called as each is written, with the index of its candidate. A model on this machine then
            writes one after the other, in pieces; the texts stay the same.

    Raises:
        ModelError: the model failed.
    """
    if texts is None:
        texts = [candidate.texts.all if takes_texts(model) else () for candidate in candidates]
    prompts = [
        model_request(model, candidate.evidence, max_tokens=max_tokens, seed=seed, texts=citable)
        for candidate, citable in zip(candidates, texts, strict=True)
    ]
    if not free:
        prompts = [
            replace(prompt, along=_path_grammar(candidate, citable, prompt.included))
            for candidate, citable, prompt in zip(candidates, texts, prompts, strict=True)
        ]
    judges = [
        partial(_judge, candidate, citable, prompt.included, model_name(model))
        for candidate, citable, prompt in zip(candidates, texts, prompts, strict=True)
    ]
    in_pieces = listen is not None and model.info.local
    batch_size = 1 if in_pieces else model.info.parallel
    written: list[WrittenRationale] = []
    for start in range(0, len(candidates), batch_size):
        if progress is not None:
            progress("Writing rationales", start, len(candidates))
        end = min(start + batch_size, len(candidates))
        writer: ChatModel = model
        if listen is not None and in_pieces:
            writer = _in_pieces(model, start, listen)

        def judge(index: int, text: str, start: int = start) -> Judgement[Rationale]:
            return judges[start + index](text)

        drafts = write_drafts(writer, prompts[start:end], judge, most=most, whole=whole)
        for position, draft in enumerate(drafts, start):
            update = {"unread": prompts[position].dropped, "drafts": draft.written}
            written.append(WrittenRationale(draft.text, draft.judged.model_copy(update=update)))
            if listen is not None:
                listen(RationaleWritten(position, written[-1].rationale))
    return written


def _path_grammar(candidate: Candidate, citable: Sequence[Evidence], included: Sequence[str]) -> PathGrammar:
    pair = candidate.evidence
    items = [item for item in (*pair.evidence, *pair.adverse, *citable) if item.id in included]
    # Of a known treatment too: the gate strikes what speaks for a drug beside its contraindication.
    against = contraindication_item(_adverse_items(candidate), pair.drug, pair.disease)
    return PathGrammar(
        pair.drug,
        pair.disease,
        tuple(items),
        may_recommend=against is None and candidate_grade(candidate) > Grade.NONE,
        warning=against.id if against else "",
    )


def check_text(candidate: Candidate, text: str, texts: Sequence[Evidence] = (), model: str = "") -> Rationale:
    """A text on a pair, passed through the gate with its verdicts in the words of the pair's grade.

    Args:
        candidate: the pair.
        text: the model's text.
        texts: trials and articles that it may cite.
        model: the model's name.
    """
    pair, strength = candidate.evidence, candidate_grade(candidate)
    worded, reworded = reword(text, strength)
    rationale = check(
        worded,
        pair.drug,
        pair.disease,
        pair.evidence,
        _adverse_items(candidate),
        texts=texts,
        model=model,
        known=bool(candidate.score.known),
        grade=strength,
    )
    return rationale.model_copy(update={"reworded": reworded})


def _judge(
    candidate: Candidate, citable: Sequence[Evidence], included: Sequence[str], model: str, text: str
) -> Judgement[Rationale]:
    """Passes a text through the gate, and sees what else it might tell.

    Args:
        candidate, citable, model, text: as of `check_text`.
        included: ids of the evidence in the prompt.
    """
    rationale = check_text(candidate, text, citable, model)
    claims = rationale.claims if rationale.origin == "llm" else ()
    struck = [index for index, claim in enumerate(claims) if claim.status == "struck"]
    cited = {citation.id for claim in claims for citation in claim.citations}
    supporting = {item.id for item in candidate.evidence.evidence}
    return Judgement(
        rationale,
        quality(rationale),
        sound=struck[0] if struck else len(claims),
        further=tuple(id_ for id_ in included if id_ in supporting and id_ not in cited),
        verdicts=sum(states_verdict(claim.text) for claim in claims),
    )


def _in_pieces(model: ChatModel, position: int, listen: Listener) -> StreamedModel:
    """The model, its words for the one candidate at `position` passed on as it writes them."""
    drafts = 0

    def pass_on(_: int, piece: str | None) -> None:
        nonlocal drafts
        if piece is None:
            drafts += 1
        else:
            listen(PieceWritten(position, drafts, piece))

    return StreamedModel(model, pass_on)


def _adverse_items(candidate: Candidate) -> tuple[Evidence, ...]:
    """The adverse evidence; unless it is a known treatment, with cautions that it opposes the treatments."""
    adverse = candidate.evidence.adverse
    if candidate.score.known:
        return adverse
    ids = {opposed.path for opposed in candidate.safety.opposed}
    return (*adverse, *(item for item in candidate.safety.cautions if item.id in ids))
