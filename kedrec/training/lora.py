"""Tunes a LoRA adapter on examples: transformers, peft and trl, on a GPU or on two CPU cores.

The base is a GGUF file, dequantized, so that the adapter is merged into exactly the weights it was trained
on, or a folder in Hugging Face's layout. Only the answer's tokens count in the loss. (LoRA: Hu et al. 2021,
arXiv:2106.09685.)

A training that was stopped goes on from its last complete checkpoint; see `checkpoints`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.checked_files import replacement_file
from kedrec.common.extras import install_advice
from kedrec.errors import ModelError, UsageError
from kedrec.llm.requirements import require_names
from kedrec.training import checkpoints
from kedrec.training.base_model import MATRICES, encode, load_base, message_fields

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.training.instruction import Instruction

__all__ = ["Checkpoint", "TrainingRecipe", "TrainingReport", "save_report", "train"]

_SAMPLES = 3
_SAMPLE_TOKENS = 160


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """Settings of a training.

    Attributes:
        steps: optimizer steps.
        batch: examples a step.
        max_tokens: most tokens of prompt and answer; longer examples are skipped.
        rank, alpha: of the LoRA matrices, one pair on every linear layer.
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
    rank: int = 16
    alpha: int = 32
    learning_rate: float = 5e-4
    warm_up: int = 10
    checkpoint: int = 40
    seed: int = 20250220
    threads: int = 0
    bf16: bool = True

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "max_tokens", "rank", "alpha", "checkpoint"):
            if getattr(self, name) < 1:
                raise UsageError(f"'{name}' is {getattr(self, name)}.", "Give a number of 1 or more.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Measurements at a step: loss on held-out examples (nats a token), and greedy samples of them."""

    step: int
    held_out_loss: float
    samples: tuple[str, ...]


@dataclass(slots=True)
class TrainingReport:
    """Figures of a training.

    Attributes:
        examples: number of examples used, without those that were too long.
        too_long: number of examples with more tokens than the recipe allows.
        base_sha256: hash of the base's weights.
        steps: optimizer steps taken.
        seconds: wall time of the training itself.
        losses: training loss (nats a token) by step.
        checkpoints: in order of their steps.
    """

    examples: int = 0
    too_long: int = 0
    base_sha256: str = ""
    steps: int = 0
    seconds: float = 0.0
    losses: dict[int, float] = field(default_factory=dict)
    checkpoints: list[Checkpoint] = field(default_factory=list)


def train(
    examples: Sequence[Instruction],
    tests: Sequence[Instruction],
    base: Path,
    out: Path,
    recipe: TrainingRecipe,
    *,
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
        progress: called after each step.
        on_checkpoint: called at each checkpoint.

    Raises:
        ModelError: torch and its companions aren't installed, or the base can't be read.
        UsageError: no example fits into the recipe's tokens, or `out` has checkpoints of another training.
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
    require_names("trl", trl, ("SFTConfig", "SFTTrainer.train", "SFTTrainer.compute_loss"))
    require_names("peft", peft, ("LoraConfig", "get_peft_model_state_dict"))
    names = ("AutoTokenizer", "AutoModelForCausalLM", "TrainerCallback", "set_seed")
    require_names("transformers", transformers, names)
    report_progress = progress or (lambda *_: None)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    transformers.set_seed(recipe.seed)
    identity = checkpoints.identity(examples, tests, base, recipe)
    resumed = checkpoints.last(out, identity)
    report_progress("Loading the base model", 0, None)
    model, tokenizer = load_base(base)
    train_data = encode(examples, tokenizer, recipe.max_tokens)
    test_data = encode(tests, tokenizer, recipe.max_tokens)
    if not train_data:
        raise UsageError(
            f"None of {len(examples)} examples fits into {recipe.max_tokens} tokens.",
            "Build more examples, or allow more tokens.",
        )
    report = TrainingReport(
        examples=len(train_data), too_long=len(examples) - len(train_data), base_sha256=identity["base"]
    )
    trainer = _trainer_class(trl)(
        model=model,
        args=_arguments(recipe, out, on_gpu=torch.cuda.is_available()),
        train_dataset=_dataset(train_data),
        eval_dataset=_dataset(test_data) if test_data else None,
        processing_class=tokenizer,
        peft_config=peft.LoraConfig(
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            lora_dropout=0.0,
            bias="none",
            target_modules=MATRICES,
            task_type="CAUSAL_LM",
        ),
    )

    def at_checkpoint(step: int) -> None:
        _export(trainer.model, out / "checkpoints" / str(step), base.name, identity)
        report_progress("Measuring on held-out diseases", step, recipe.steps)
        with torch.random.fork_rng():  # measuring changes nothing of what is drawn next
            loss = float(trainer.evaluate()["eval_loss"]) if test_data else float("nan")
            samples = _samples(trainer.model, tokenizer, tests[:_SAMPLES])
        report.checkpoints.append(Checkpoint(step, loss, samples))
        if on_checkpoint is not None:
            on_checkpoint(report.checkpoints[-1])
        checkpoints.mark_complete(out, step, identity)

    trainer.add_callback(_watcher(transformers, recipe, report_progress, at_checkpoint))
    start = time.monotonic()
    _run(trainer, resumed)
    report.seconds = time.monotonic() - start
    report.steps = int(trainer.state.global_step)
    report.losses.update(_losses(trainer))
    _check_losses(report.losses, checkpoints.last(out, identity))
    _export(trainer.model, out, base.name, identity)
    return report


def _run(trainer: Any, resumed: Path | None) -> None:
    import torch

    try:
        trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise ModelError(
            "The memory isn't enough for the training.", "Lower 'batch' or 'max_tokens' in the configuration."
        ) from error


def _losses(trainer: Any) -> dict[int, float]:
    """The losses by step, those before a resumption among them."""
    return {int(row["step"]): float(row["loss"]) for row in trainer.state.log_history if "loss" in row}


def _check_losses(losses: dict[int, float], good: Path | None) -> None:
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


def save_report(report: TrainingReport, out: Path) -> None:
    """Writes a training's figures, losses by step among them, as `training.json` into `out`."""
    with replacement_file(out / "training.json") as part:
        part.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")


def _dataset(encoded: Sequence[dict[str, list[int]]]) -> Any:
    import datasets

    return datasets.Dataset.from_list(list(encoded))


def _arguments(recipe: TrainingRecipe, out: Path, *, on_gpu: bool) -> Any:
    import trl

    return trl.SFTConfig(
        output_dir=str(checkpoints.folder(out)),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch,
        per_device_eval_batch_size=recipe.batch,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warm_up,
        lr_scheduler_type="cosine",
        optim="adamw_torch",
        weight_decay=0.0,
        max_length=recipe.max_tokens,
        completion_only_loss=True,
        train_sampling_strategy="group_by_length",
        bf16=recipe.bf16,
        gradient_checkpointing=False,
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
        logging_steps=1,
        logging_nan_inf_filter=False,  # a loss that is no number must be seen
        eval_strategy="no",
        save_strategy="steps",
        save_steps=min(recipe.checkpoint, recipe.steps),
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        seed=recipe.seed,
        data_seed=recipe.seed,
    )


def _trainer_class(trl: Any) -> Any:
    class AnswerTrainer(trl.SFTTrainer):  # type: ignore[misc]  # trl ships no types
        """Computes logits for the answer's tokens alone: a fifth of a prompt's, over 49,152 words each."""

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,  # noqa: FBT001, FBT002  # transformers' own signature
            num_items_in_batch: Any = None,
        ) -> Any:
            import torch
            from torch.nn import functional

            base = model.get_base_model()
            hidden = base.model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
            ).last_hidden_state
            labels = inputs["labels"][:, 1:]
            is_answer = labels != -100
            logits = base.lm_head(hidden[:, :-1][is_answer]).float()
            cap = getattr(base.config, "final_logit_softcapping", None)  # Gemma's
            if cap:
                logits = cap * torch.tanh(logits / cap)
            total = functional.cross_entropy(logits, labels[is_answer], reduction="sum")
            loss = total / (is_answer.sum() if num_items_in_batch is None else num_items_in_batch)
            return (loss, {"loss": loss}) if return_outputs else loss

    return AnswerTrainer


def _watcher(
    transformers: Any,
    recipe: TrainingRecipe,
    report_progress: Progress,
    at_checkpoint: Callable[[int], None],
) -> Any:
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


def _export(model: Any, folder: Path, base: str, identity: dict[str, str]) -> None:
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
