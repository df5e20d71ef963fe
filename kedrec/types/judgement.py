"""Types of a language model's own judgement of a drug, and of what it did to the order."""

from __future__ import annotations

from typing import Literal

from kedrec.types.base import Frozen

__all__ = ["Chooser", "JudgedStance", "ModelJudgement", "OrderNote"]

Chooser = Literal["ranking", "model", "both"]
"""What orders recommendations."""

JudgedStance = Literal["for", "against", "nothing"]


class ModelJudgement(Frozen):
    """A language model's judgement of one drug, by the evidence that it was shown.

    Attributes:
        stance: the likeliest of its answers.
        log_odds: of `for`, against the two other answers together.
        contribution: what it added to the log-odds by which the drugs were ordered, beside the mean of the
            drugs it was asked about; 0 where the order is the ranking's.
        moved: places that the drug moved up (down: negative) among them.
    """

    stance: JudgedStance
    log_odds: float
    contribution: float = 0.0
    moved: int = 0


class OrderNote(Frozen):
    """The order of an answer's drugs, and its reason.

    Attributes:
        asked: what was asked for.
        by: what ordered them.
        among: number of drugs that were ordered; those of an answer are the first of them.
        reason: why, as a sentence.
    """

    asked: Chooser
    by: Chooser
    among: int
    reason: str
