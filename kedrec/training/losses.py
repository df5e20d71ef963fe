"""Losses of a batch: of the answers' tokens, and of the choice among the candidates that it compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedrec.errors import ModelError
from kedrec.llm.judging import STANCES
from kedrec.training.batches import IGNORED

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BatchLoss", "batch_loss", "stance_tokens"]


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """Losses of a batch, as torch's scalars, and what they are sums of.

    Attributes:
        answers: summed negative log-likelihood of the answers' tokens, in nats.
        tokens: number of these tokens.
        choice: summed cross-entropy of the right candidates among those compared, in nats.
        questions: number of questions whose candidates are compared.
        chosen: number of these whose right candidate scores best.
    """

    answers: Any
    tokens: int
    choice: Any
    questions: int
    chosen: int


def stance_tokens(tokenizer: Any) -> list[int]:
    """The first token of each answer of a judgement, in the order of `STANCES`.

    Raises:
        ModelError: two of them begin alike, so that no score can be read from the first token.
    """
    firsts = [tokenizer(stance, add_special_tokens=False)["input_ids"][0] for stance in STANCES]
    if len(set(firsts)) < len(firsts):
        raise ModelError(
            f"The tokenizer begins two of {', '.join(STANCES)} with the same token.",
            "Set 'listwise' to 0 in the configuration, or tune another model.",
        )
    return firsts


def batch_loss(model: Any, batch: Mapping[str, Any], stances: list[int]) -> BatchLoss:
    """The losses of a batch of `Collator`.

    Logits are computed for the answers' tokens alone: a fifth of a prompt's, over 49,152 words each. A
    candidate's score is the log-odds of `for` against the other stances at its answer's first token, as
    `kedrec.llm.judging` reads it; the loss of a question is the cross-entropy of the right one among their
    softmax (ListNet's top one: Cao et al. 2007).

    Args:
        model: a causal language model, with or without peft's wrapping.
        batch: of `Collator`, on the model's device.
        stances: of `stance_tokens`; [] where no candidates are compared.
    """
    import torch
    from torch.nn import functional

    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = base.model(
        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False
    ).last_hidden_state
    labels = batch["labels"][:, 1:]
    is_answer = labels != IGNORED
    logits = _capped(base, base.lm_head(hidden[:, :-1][is_answer]).float())
    answers = functional.cross_entropy(logits, labels[is_answer], reduction="sum")
    tokens = int(is_answer.sum())
    zero = answers.new_zeros(())
    numbers = [number for number in batch["group"].unique().tolist() if number >= 0] if stances else []
    if not numbers:
        return BatchLoss(answers, tokens, zero, 0, 0)
    counts = is_answer.sum(dim=1)
    firsts = logits[(counts.cumsum(0) - counts)][:, stances]  # the logits stand row by row
    position = STANCES.index("for")
    others = [number for number in range(len(STANCES)) if number != position]
    scores = firsts[:, position] - torch.logsumexp(firsts[:, others], dim=1)
    choice, chosen = zero, 0
    for number in numbers:
        members = batch["group"] == number
        right = batch["right"][members].int().argmax()
        choice = choice + functional.cross_entropy(scores[members][None], right[None])
        chosen += int(scores[members].argmax() == right)
    return BatchLoss(answers, tokens, choice, len(numbers), chosen)


def _capped(base: Any, logits: Any) -> Any:
    import torch

    cap = getattr(base.config, "final_logit_softcapping", None)  # Gemma's
    return cap * torch.tanh(logits / cap) if cap else logits
