"""Tunes a LoRA adapter, or all weights, on examples: transformers, peft and trl, on a GPU or on CPU cores.

The base is a GGUF file, dequantized, so that the adapter is merged into exactly the weights it was trained
on, or a folder in Hugging Face's layout. Only the answer's tokens count in the loss, and the choice among the
candidates of a question (`losses`). (LoRA: Hu et al. 2021, arXiv:2106.09685.)

A training that was stopped goes on from its last complete checkpoint; see `checkpoints`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.checked_files import replacement_file
from kedrec.common.extras import install_advice
from kedrec.errors import ModelError, UsageError
from kedrec.llm.requirements import require_names
from kedrec.training import checkpoints
from kedrec.training.base_model import MATRICES, encode, load_base, message_fields
from kedrec.training.batches import Collator, Item, items_of
from kedrec.training.losses import batch_loss, stance_tokens
from kedrec.training.recipe import Checkpoint, TrainingRecipe, TrainingReport

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.training.instruction import Instruction

__all__ = [
    "check_losses",
    "export_adapter",
    "libraries",
    "losses_by_step",
    "open_adapter",
    "run_trainer",
    "train",
    "trainer_arguments",
    "training_watcher",
]

_TRL_NAMES = ("SFTConfig", "SFTTrainer.train", "SFTTrainer.compute_loss", "DPOConfig", "DPOTrainer.train")
_SAMPLES = 3
_SAMPLE_TOKENS = 160


def train(
    examples: Sequence[Instruction],
    tests: Sequence[Instruction],
    base: Path,
    out: Path,
    recipe: TrainingRecipe,
    *,
    start: Path | None = None,
    progress: Progress | None = None,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
) -> TrainingReport:
    """Trains an adapter and writes it into `out` in peft's layout, in float16.

    Each checkpoint is a usable adapter as well, in `out/checkpoints/STEP`. With checkpoints of the same
    training in `out`, it goes on from the last one.

    Args:
        examples: to train on, in random order.
        tests: of held-out diseases; their loss is measured, and they are never trained on.
        base: the GGUF file, or the folder of a model.
        out: folder of the adapter, created where missing.
        recipe: settings of the training.
        start: folder of an adapter to go on from; None: a new one.
        progress: called after each step.
        on_checkpoint: called at each checkpoint.

    Raises:
        ModelError: torch and its companions aren't installed, or the base can't be read.
        UsageError: no example fits into the recipe's tokens, or `out` has checkpoints of another training.
    """
    peft, torch, transformers, trl = libraries()
    report_progress = progress or (lambda *_: None)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    transformers.set_seed(recipe.seed)
    identity = checkpoints.identity(examples, tests, base, recipe, start)
    resumed = checkpoints.last(out, identity)
    report_progress("Loading the base model", 0, None)
    model, tokenizer = load_base(base)
    if start is not None:
        model = open_adapter(model, start)
    train_data = encode(examples, tokenizer, recipe.max_tokens)
    test_data = encode(tests, tokenizer, recipe.max_tokens)
    if not train_data:
        raise UsageError(
            f"None of {len(examples)} examples fits into {recipe.max_tokens} tokens.",
            "Build more examples, or allow more tokens.",
        )
    items, test_items = items_of(train_data), items_of(test_data)
    compared = sum(item.compared for item in items)
    report = TrainingReport(
        examples=len(train_data),
        too_long=len(examples) - len(train_data),
        compared=compared,
        base_sha256=identity["base"],
        checkpoints=checkpoints.measurements(resumed),
    )
    stances = stance_tokens(tokenizer) if compared and recipe.listwise else []
    collator = Collator(tokenizer.pad_token_id)
    trainer = _trainer_class(trl, stances, recipe.listwise)(
        model=model,
        args=_arguments(recipe, out, on_gpu=torch.cuda.is_available()),
        data_collator=collator,
        train_dataset=_dataset(items),
        processing_class=tokenizer,
        peft_config=None if start is not None else _new_adapter(peft, recipe),
    )

    def at_checkpoint(step: int) -> None:
        if recipe.method == "lora":
            export_adapter(trainer.model, out / "checkpoints" / str(step), base.name, identity)
        report_progress("Measuring on held-out diseases", step, recipe.steps)
        with torch.random.fork_rng():  # measuring changes nothing of what is drawn next
            loss, questions, chosen = _measure(trainer.model, collator, test_items, stances, recipe.batch)
            samples = _samples(trainer.model, tokenizer, _texts_to_sample(tests))
        report.checkpoints.append(Checkpoint(step, loss, samples, questions, chosen))
        if on_checkpoint is not None:
            on_checkpoint(report.checkpoints[-1])
        checkpoints.mark_complete(out, step, identity, report.checkpoints)

    trainer.add_callback(training_watcher(transformers, recipe, report_progress, at_checkpoint))
    report.seconds = run_trainer(trainer, resumed)
    report.steps = int(trainer.state.global_step)
    report.losses.update(losses_by_step(trainer))
    check_losses(report.losses, checkpoints.last(out, identity))
    if recipe.method == "lora":
        export_adapter(trainer.model, out, base.name, identity)
    else:
        trainer.model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    return report


def _new_adapter(peft: Any, recipe: TrainingRecipe) -> Any:
    """Settings of a new adapter; None where all weights are tuned."""
    if recipe.method != "lora":
        return None
    return peft.LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=0.0,
        bias="none",
        target_modules=MATRICES,
        task_type="CAUSAL_LM",
    )


def open_adapter(model: Any, adapter: Path) -> Any:
    """A base model with an adapter that is to be trained further.

    Raises:
        ModelError: the folder has no adapter of this base.
    """
    import peft

    try:
        return peft.PeftModel.from_pretrained(model, adapter, is_trainable=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(
            f"{adapter} can't be opened as an adapter: {error}.", "Name a folder of `kedrec train`."
        ) from error


def libraries() -> tuple[Any, Any, Any, Any]:
    """peft, torch, transformers and trl.

    Raises:
        ModelError: one isn't installed, or lacks what is used of it.
    """
    try:
        import peft
        import torch
        import transformers
        import trl
    except ImportError as error:
        raise ModelError(
            f"Tuning needs {error.name}, which isn't installed.",
            install_advice("train"),
        ) from error
    require_names("trl", trl, _TRL_NAMES)
    require_names("peft", peft, ("LoraConfig", "get_peft_model_state_dict"))
    names = ("AutoTokenizer", "AutoModelForCausalLM", "TrainerCallback", "set_seed")
    require_names("transformers", transformers, names)
    return peft, torch, transformers, trl


def run_trainer(trainer: Any, resumed: Path | None) -> float:
    """Trains, from a checkpoint where there is one; returns the seconds it took.

    Raises:
        ModelError: the memory isn't enough.
    """
    import torch

    start = time.monotonic()
    try:
        trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise ModelError(
            "The memory isn't enough for the training.", "Lower 'batch' or 'max_tokens' in the configuration."
        ) from error
    return time.monotonic() - start


def losses_by_step(trainer: Any) -> dict[int, float]:
    """The losses by step, those before a resumption among them."""
    return {int(row["step"]): float(row["loss"]) for row in trainer.state.log_history if "loss" in row}


def check_losses(losses: dict[int, float], good: Path | None) -> None:
    """Refuses a training whose loss was no number.

    Raises:
        ModelError: it was.
    """
    bad = next((step for step, loss in losses.items() if not math.isfinite(loss)), None)
    if bad is not None:
        raise ModelError(
            f"The loss is no number at step {bad}; "
            + (f"{good.name} is the last good checkpoint." if good else "no checkpoint was written before."),
            "Lower 'learning_rate' in the configuration, and name another --out.",
        )


def _dataset(items: Sequence[Item]) -> Any:
    import datasets

    return datasets.Dataset.from_list([item.fields() for item in items])


def _measure(
    model: Any, collator: Collator, items: Sequence[Item], stances: list[int], size: int
) -> tuple[float, int, int]:
    """Loss of the answers (nats a token), number of compared questions, and of those answered right."""
    import torch

    model.eval()
    losses = []
    with torch.inference_mode():
        for start in range(0, len(items), size):
            batch = collator([item.fields() for item in items[start : start + size]])
            batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
            losses.append(batch_loss(model, batch, stances))
    model.train()
    tokens = sum(loss.tokens for loss in losses)
    mean = sum(float(loss.answers) for loss in losses) / tokens if tokens else math.nan
    return mean, sum(loss.questions for loss in losses), sum(loss.chosen for loss in losses)


def _texts_to_sample(tests: Sequence[Instruction]) -> list[Instruction]:
    """The first held-out examples whose answer is a text."""
    return [test for test in tests if not test.group][:_SAMPLES]


def _arguments(recipe: TrainingRecipe, out: Path, *, on_gpu: bool) -> Any:
    import trl

    return trl.SFTConfig(
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        train_sampling_strategy="group_by_length",
        eval_strategy="no",
        **trainer_arguments(recipe, out, on_gpu=on_gpu),
    )


def trainer_arguments(recipe: TrainingRecipe, out: Path, *, on_gpu: bool) -> dict[str, Any]:
    """The settings that trl's trainers have in common, by name."""
    return dict(  # noqa: C408  # read like the call that they are part of
        output_dir=str(checkpoints.folder(out)),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warm_up,
        lr_scheduler_type="cosine",
        optim="adamw_torch",
        weight_decay=0.0,
        max_length=recipe.max_tokens,
        bf16=recipe.bf16,
        gradient_checkpointing=False,
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
        logging_steps=1,
        logging_nan_inf_filter=False,  # a loss that is no number must be seen
        save_strategy="steps",
        save_steps=min(recipe.checkpoint, recipe.steps),
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        seed=recipe.seed,
        data_seed=recipe.seed,
    )


def _trainer_class(trl: Any, stances: list[int], listwise: float) -> Any:
    class AnswerTrainer(trl.SFTTrainer):  # type: ignore[misc]  # trl ships no types
        """Learns the answers' tokens, and the choice among the candidates of a question."""

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,  # noqa: FBT001, FBT002  # transformers' own signature
            num_items_in_batch: Any = None,
        ) -> Any:
            part = batch_loss(model, inputs, stances)
            loss = part.answers / (part.tokens if num_items_in_batch is None else num_items_in_batch)
            if part.questions:
                loss = loss + listwise * part.choice / part.questions
            return (loss, {"loss": loss}) if return_outputs else loss

    return AnswerTrainer


def training_watcher(
    transformers: Any,
    recipe: TrainingRecipe,
    report_progress: Progress,
    at_checkpoint: Callable[[int], None],
) -> Any:
    """A callback that reports each step, calls `at_checkpoint`, and stops where the loss is no number."""

    class Watcher(transformers.TrainerCallback):  # type: ignore[misc]  # transformers ships no types
        """Reports each step, marks what was saved completely, and stops where the loss is no number."""

        def on_log(self, _args: Any, _state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and not math.isfinite(float(logs.get("loss", 0.0))):
                control.should_training_stop = True
                control.should_save = False

        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            report_progress("Training", int(state.global_step), recipe.steps)

        def on_save(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            at_checkpoint(int(state.global_step))

    return Watcher()


def _samples(model: Any, tokenizer: Any, tests: Sequence[Instruction]) -> tuple[str, ...]:
    """The model's greedy answers to held-out examples."""
    import torch

    model.eval()
    texts = []
    for example in tests:
        prompt = tokenizer.apply_chat_template(
            message_fields(example.messages), tokenize=False, add_generation_prompt=True
        )
        ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            output = model.generate(
                **ids, max_new_tokens=_SAMPLE_TOKENS, do_sample=False, pad_token_id=tokenizer.eos_token_id
            )
        texts.append(
            tokenizer.decode(output[0, ids["input_ids"].shape[1] :], skip_special_tokens=True).strip()
        )
    model.train()
    return tuple(texts)


def export_adapter(model: Any, folder: Path, base: str, identity: dict[str, str]) -> None:
    """Writes the adapter in peft's layout: float16, with settings that name no path of this machine.

    Each file replaces an older one when it is complete, the weights last. `kedrec.json` has the base's hash.
    """
    import peft
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().to(torch.float16).contiguous().cpu()
        for name, tensor in peft.get_peft_model_state_dict(model).items()
    }
    settings = {
        key: sorted(value) if isinstance(value, set) else value
        for key, value in model.peft_config["default"].to_dict().items()
    }
    settings |= {"base_model_name_or_path": base, "inference_mode": True}
    text = json.dumps(settings, indent=2, sort_keys=True, default=str)
    with replacement_file(folder / "adapter_config.json") as part:
        part.write_text(text + "\n", encoding="utf-8")
    with replacement_file(folder / "kedrec.json") as part:
        part.write_text(json.dumps({"base_sha256": identity["base"]}) + "\n", encoding="utf-8")
    with replacement_file(folder / "adapter_model.safetensors") as part:
        save_file(tensors, part, metadata={"format": "pt"})
