"""The settings of a training, and its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from kedrec.errors import UsageError

__all__ = ["Checkpoint", "Method", "TrainingRecipe", "TrainingReport"]

Method: TypeAlias = Literal["lora", "full"]


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """Settings of a training.

    Attributes:
        steps: optimizer steps.
        batch: examples a step.
        max_tokens: most tokens of prompt and answer; longer examples are skipped.
        method: `lora`: an adapter on every linear layer. `full`: all weights, as a control; a whole model is
            written, and `learning_rate` should be about a tenth.
        rank, alpha: of the LoRA matrices.
        listwise: weight of the choice among a question's candidates, beside the answers' tokens; 0: none.
        learning_rate: AdamW's, after the warm-up; it falls to 0 along a cosine.
        warm_up: steps to reach it.
        checkpoint: steps between checkpoints, each with held-out loss and samples.
        seed: of the adapter's initial values and of the order of examples.
        threads: CPU threads; 0: torch's own choice.
        bf16: compute in bfloat16 where that is as good.
    """

    steps: int = 250
    batch: int = 4
    max_tokens: int = 640
    method: Method = "lora"
    rank: int = 16
    alpha: int = 32
    learning_rate: float = 5e-4
    warm_up: int = 10
    checkpoint: int = 40
    seed: int = 20250220
    threads: int = 0
    bf16: bool = True
    listwise: float = 0.5

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "max_tokens", "rank", "alpha", "checkpoint"):
            if getattr(self, name) < 1:
                raise UsageError(f"'{name}' is {getattr(self, name)}.", "Give a number of 1 or more.")
        if self.method not in get_args(Method):
            raise UsageError(f"'method' is {self.method!r}.", f"Give one of {', '.join(get_args(Method))}.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Measurements on held-out examples at a step.

    Attributes:
        held_out_loss: of the answers' tokens, in nats a token.
        samples: greedy answers to a few of them.
        questions: number of held-out questions whose candidates are compared.
        chosen: number of these whose right candidate scores best.
    """

    step: int
    held_out_loss: float
    samples: tuple[str, ...]
    questions: int = 0
    chosen: int = 0


@dataclass(slots=True)
class TrainingReport:
    """Figures of a training.

    Attributes:
        examples: number of examples used, without those that were too long.
        compared: number of questions whose candidates are compared with one another.
        too_long: number of examples with more tokens than the recipe allows.
        base_sha256: hash of the base's weights.
        steps: optimizer steps taken.
        seconds: wall time of the training itself.
        losses: training loss (nats a token) by step.
        checkpoints: in order of their steps.
    """

    examples: int = 0
    too_long: int = 0
    compared: int = 0
    base_sha256: str = ""
    steps: int = 0
    seconds: float = 0.0
    losses: dict[int, float] = field(default_factory=dict)
    checkpoints: list[Checkpoint] = field(default_factory=list)
