"""Asks a model what the evidence says of each candidate, and scores its answer by log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from kedrec.errors import ModelError
from kedrec.llm.base import ScoringModel
from kedrec.llm.selection_prompting import judgement_messages
from kedrec.types.judgement import JudgedStance, ModelJudgement

if TYPE_CHECKING:
    from kedrec.llm.base import ChatModel, Message
    from kedrec.llm.graph_signal import GraphSignal

__all__ = ["STANCES", "CompactEvidence", "judge", "judgement_prompt"]

STANCES: tuple[JudgedStance, ...] = get_args(JudgedStance)
"""The answers that a judgement is made of."""

_LEVELS = ((3, 2, 3, 320), (2, 1, 1, 200), (1, 1, 0, 160), (0, 0, 0, 0))
"""Supporting paths, adverse paths, texts, characters of each; the first level that fits is used."""


@dataclass(frozen=True, slots=True)
class CompactEvidence:
    """The evidence shown of a candidate.

    Attributes:
        supporting, adverse, texts: sentences of paths and texts, the best first of each.
        signal: what the graph says in numbers, before the others; None where it isn't told.
    """

    supporting: Sequence[str] = ()
    adverse: Sequence[str] = ()
    texts: Sequence[str] = ()
    signal: GraphSignal | None = None

    def __bool__(self) -> bool:
        return bool(self.supporting or self.adverse or self.texts)

    @property
    def speaks_for(self) -> bool:
        """True where a path, a text or the ranking may speak for the candidate."""
        return bool(self.supporting or self.texts or (self.signal and self.signal.speaks_for))

    def lines(self, supporting: int, adverse: int, texts: int, characters: int) -> list[str]:
        """The signal, and the first few of each other kind, each cut to some characters."""
        chosen = (*self.supporting[:supporting], *self.adverse[:adverse], *self.texts[:texts])
        return [*(self.signal.lines if self.signal else ()), *(text[:characters] for text in chosen)]


def judgement_prompt(
    disease: str,
    drug: str,
    evidence: CompactEvidence,
    *,
    model: ChatModel | None = None,
    patient: str = "",
) -> tuple[Message, ...]:
    """The prompt that asks for a judgement, with as much evidence as fits in the model's context.

    Args:
        disease, drug: their names.
        evidence: the candidate's evidence.
        model: the model; None: the most that is shown to any.
        patient: lines on the patient, each with its line end.

    Raises:
        ModelError: not even the names fit.
    """
    for level in _LEVELS:
        messages = judgement_messages(disease, drug, evidence.lines(*level), patient=patient)
        if model is None or model.count_tokens(messages) < model.info.context:
            return messages
    raise ModelError(
        f"A context of {model.info.context if model else 0} tokens can't hold the question on {drug[:80]}.",
        "Use a model with a longer context.",
    )


def judge(model: ChatModel, messages: Sequence[Message]) -> ModelJudgement:
    """The model's judgement: its likeliest answer, and the log-odds of `for` against the other answers.

    Raises:
        ModelError: the model gives no log-probabilities, or it failed.
    """
    if not isinstance(model, ScoringModel):
        raise ModelError(
            f"{model.info.name} gives no log-probabilities, which a judgement is made of.",
            "Use a model that runs here (default, base, a .gguf file, a folder), or choose by the ranking.",
        )
    scores = model.answer_scores(messages, STANCES)
    best = max(range(len(STANCES)), key=scores.__getitem__)
    others = [score for stance, score in zip(STANCES, scores, strict=True) if stance != "for"]
    top = max(others)
    against = top + math.log(sum(math.exp(score - top) for score in others))
    return ModelJudgement(stance=STANCES[best], log_odds=round(scores[STANCES.index("for")] - against, 4))
