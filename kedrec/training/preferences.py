"""Tunes an adapter further on preferences: texts that hold before texts that don't (trl's DPO).

A supervised term on the texts that hold keeps them likely in themselves, without which both texts of a pair
may become unlikely together. The reference is the adapter as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedrec.errors import UsageError
from kedrec.training import checkpoints
from kedrec.training.base_model import load_base, message_fields
from kedrec.training.instruction import Instruction
from kedrec.training.lora import (
    check_losses,
    export_adapter,
    libraries,
    losses_by_step,
    open_adapter,
    run_trainer,
    trainer_arguments,
    training_watcher,
)
from kedrec.training.recipe import TrainingReport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kedrec.common.progress import Progress
    from kedrec.training.gated_samples import Preference
    from kedrec.training.recipe import TrainingRecipe

__all__ = ["train_preferences"]

_BETA = 0.1  # of DPO: how dear it is to depart from the adapter as it was
_SUPERVISED = 1.0  # weight of the supervised term


def train_preferences(
    preferences: Sequence[Preference],
    base: Path,
    adapter: Path,
    out: Path,
    recipe: TrainingRecipe,
    *,
    progress: Progress | None = None,
) -> TrainingReport:
    """Trains a copy of an adapter on preferences, and writes it into `out` in peft's layout.

    Args:
        preferences: to train on, in random order; longer ones than the recipe allows are left out.
        base: the GGUF file, or the folder of a model.
        adapter: the folder of the adapter to begin with, of this base.
        out: folder of the new adapter; a training that was stopped is resumed in it.
        recipe: settings; `learning_rate` should be a tenth of a first training's or less.
        progress: called after each step.

    Raises:
        ModelError: trl and its companions aren't installed, a model can't be read, or a loss is no number.
        UsageError: no preference fits into the recipe's tokens, or `out` has checkpoints of another training.
    """
    _, torch, transformers, trl = libraries()
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    transformers.set_seed(recipe.seed)
    rows = [
        Instruction("preference", one.messages, text)
        for one in preferences
        for text in (one.chosen, one.rejected)
    ]
    model, tokenizer = load_base(base)
    fitting = [one for one in preferences if _tokens(one, tokenizer) <= recipe.max_tokens]
    if not fitting:
        raise UsageError(
            f"None of {len(preferences)} preferences fits into {recipe.max_tokens} tokens.",
            "Draw more texts, or allow more tokens.",
        )
    model = open_adapter(model, adapter)
    identity = checkpoints.identity(rows, [], base, recipe, adapter)
    resumed = checkpoints.last(out, identity)
    trainer = trl.DPOTrainer(
        model=model,
        args=trl.DPOConfig(
            beta=_BETA,
            loss_type=["sigmoid", "sft"],
            loss_weights=[1.0, _SUPERVISED],
            **trainer_arguments(recipe, out, on_gpu=torch.cuda.is_available()),
        ),
        train_dataset=_dataset(fitting),
        processing_class=tokenizer,
    )
    trainer.add_callback(
        training_watcher(
            transformers,
            recipe,
            progress or (lambda *_: None),
            lambda step: checkpoints.mark_complete(out, step, identity),
        )
    )
    report = TrainingReport(
        examples=len(fitting), too_long=len(preferences) - len(fitting), base_sha256=identity["base"]
    )
    report.seconds = run_trainer(trainer, resumed)
    report.steps = int(trainer.state.global_step)
    report.losses.update(losses_by_step(trainer))
    check_losses(report.losses, checkpoints.last(out, identity))
    export_adapter(trainer.model, out, base.name, identity)
    return report


def _tokens(preference: Preference, tokenizer: Any) -> int:
    """Tokens of the prompt and the longer text."""
    longest = max((preference.chosen, preference.rejected), key=len)
    turns = [*message_fields(preference.messages), {"role": "assistant", "content": longest}]
    return len(tokenizer(tokenizer.apply_chat_template(turns, tokenize=False))["input_ids"])


def _dataset(preferences: Sequence[Preference]) -> Any:
    import datasets

    return datasets.Dataset.from_list(
        [
            {
                "prompt": message_fields(one.messages),
                "chosen": [{"role": "assistant", "content": one.chosen}],
                "rejected": [{"role": "assistant", "content": one.rejected}],
            }
            for one in preferences
        ]
    )
