"""Tunes a LoRA adapter on examples: transformers, peft and trl, on a GPU or on two CPU cores.

The base is the GGUF file that KEDRec runs, dequantized, so that the adapter is merged into exactly the
weights it was trained on. Only the answer's tokens count in the loss. (LoRA: Hu et al. 2021,
arXiv:2106.09685.)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.extras import install_advice
from kedrec.errors import ModelError, UsageError
from kedrec.llm.requirements import require_names
from kedrec.training.examples import Example, prompt_messages

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.llm.base import Message

__all__ = ["Checkpoint", "TrainingRecipe", "TrainingReport", "train"]

_MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
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
        steps: optimizer steps taken.
        seconds: wall time of the training itself.
        losses: training loss (nats a token) by step.
        checkpoints: in order of their steps.
    """

    examples: int = 0
    steps: int = 0
    seconds: float = 0.0
    losses: dict[int, float] = field(default_factory=dict)
    checkpoints: list[Checkpoint] = field(default_factory=list)


def train(
    examples: Sequence[Example],
    tests: Sequence[Example],
    base: Path,
    out: Path,
    recipe: TrainingRecipe,
    *,
    progress: Progress | None = None,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
) -> TrainingReport:
    """Trains an adapter and writes it into `out` in peft's layout, in float16.

    Each checkpoint is a usable adapter as well, in `out/checkpoints/STEP`.

    Args:
        examples: to train on, in random order.
        tests: of held-out diseases; their loss is measured, and they are never trained on.
        base: the GGUF file.
        out: folder of the adapter, created where missing.
        recipe: settings of the training.
        progress: called after each step.
        on_checkpoint: called at each checkpoint.

    Raises:
        ModelError: torch and its companions aren't installed, or the base can't be read.
        UsageError: no example fits into the recipe's tokens.
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
    report_progress("Loading the base model", 0, None)
    model, tokenizer = _load(base)
    train_data = _encode(examples, tokenizer, recipe.max_tokens)
    test_data = _encode(tests, tokenizer, recipe.max_tokens)
    if not train_data:
        raise UsageError(
            f"None of {len(examples)} examples fits into {recipe.max_tokens} tokens.",
            "Build more examples, or allow more tokens.",
        )
    report = TrainingReport(examples=len(train_data))
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
            target_modules=_MATRICES,
            task_type="CAUSAL_LM",
        ),
    )

    def at_checkpoint(step: int) -> None:
        _export(trainer.model, out / "checkpoints" / str(step), base.name)
        report_progress("Measuring on held-out diseases", step, recipe.steps)
        loss = float(trainer.evaluate()["eval_loss"]) if test_data else float("nan")
        samples = _samples(trainer.model, tokenizer, tests[:_SAMPLES])
        report.checkpoints.append(Checkpoint(step, loss, samples))
        if on_checkpoint is not None:
            on_checkpoint(report.checkpoints[-1])

    trainer.add_callback(_watcher(transformers, recipe, report, report_progress, at_checkpoint))
    start = time.monotonic()
    trainer.train()
    report.seconds = time.monotonic() - start
    report.steps = int(trainer.state.global_step)
    _export(trainer.model, out, base.name)
    return report


def _load(base: Path) -> tuple[Any, Any]:
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(base.parent, gguf_file=base.name)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            base.parent, gguf_file=base.name, dtype=torch.float32
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{base} can't be loaded for tuning: {error}.", "Run 'kedrec model pull'."
        ) from error
    # The weights were dequantized on loading; trl trains none that still have these attributes.
    for holder in (model.config, model):
        for name in ("quantization_config", "hf_quantizer", "is_quantized", "quantization_method"):
            if hasattr(holder, name):
                delattr(holder, name) if name in vars(holder) else setattr(holder, name, None)
    return model, tokenizer


def _messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _encode(examples: Sequence[Example], tokenizer: Any, max_tokens: int) -> list[dict[str, list[int]]]:
    """Token ids of each example that isn't too long, with a mask of the answer's tokens."""
    rows = []
    for example in examples:
        prompt = tokenizer.apply_chat_template(
            _messages(prompt_messages(example)), tokenize=False, add_generation_prompt=True
        )
        prompt_ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        answer_ids = tokenizer(example.target + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
        if len(prompt_ids) + len(answer_ids) <= max_tokens:
            mask = [0] * len(prompt_ids) + [1] * len(answer_ids)
            rows.append({"input_ids": prompt_ids + answer_ids, "completion_mask": mask})
    return rows


def _dataset(encoded: Sequence[dict[str, list[int]]]) -> Any:
    import datasets

    return datasets.Dataset.from_list(list(encoded))


def _arguments(recipe: TrainingRecipe, out: Path, *, on_gpu: bool) -> Any:
    import trl

    return trl.SFTConfig(
        output_dir=str(out),
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
        bf16=True,
        gradient_checkpointing=False,
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
        logging_steps=1,
        eval_strategy="no",
        save_strategy="no",
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
            from torch.nn import functional

            base = model.get_base_model()
            hidden = base.model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
            ).last_hidden_state
            labels = inputs["labels"][:, 1:]
            is_answer = labels != -100
            logits = base.lm_head(hidden[:, :-1][is_answer])
            total = functional.cross_entropy(logits.float(), labels[is_answer], reduction="sum")
            loss = total / (is_answer.sum() if num_items_in_batch is None else num_items_in_batch)
            return (loss, {"loss": loss}) if return_outputs else loss

    return AnswerTrainer


def _watcher(
    transformers: Any,
    recipe: TrainingRecipe,
    report: TrainingReport,
    report_progress: Progress,
    at_checkpoint: Callable[[int], None],
) -> Any:
    class Watcher(transformers.TrainerCallback):  # type: ignore[misc]  # transformers ships no types
        """Reports each step, and triggers a checkpoint at the recipe's interval."""

        def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "loss" in logs:
                report.losses[int(state.global_step)] = float(logs["loss"])

        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            step = int(state.global_step)
            report_progress("Training", step, recipe.steps)
            if step % recipe.checkpoint == 0 or step == recipe.steps:
                at_checkpoint(step)

    return Watcher()


def _samples(model: Any, tokenizer: Any, tests: Sequence[Example]) -> tuple[str, ...]:
    """The model's greedy answers to held-out examples."""
    import torch

    model.eval()
    texts = []
    for example in tests:
        prompt = tokenizer.apply_chat_template(
            _messages(prompt_messages(example)), tokenize=False, add_generation_prompt=True
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


def _export(model: Any, folder: Path, base: str) -> None:
    """Writes the adapter in peft's layout: float16, with settings that name no path of this machine."""
    import peft
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().to(torch.float16).contiguous().cpu()
        for name, tensor in peft.get_peft_model_state_dict(model).items()
    }
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    settings = {
        key: sorted(value) if isinstance(value, set) else value
        for key, value in model.peft_config["default"].to_dict().items()
    }
    settings |= {"base_model_name_or_path": base, "inference_mode": True}
    text = json.dumps(settings, indent=2, sort_keys=True, default=str)
    (folder / "adapter_config.json").write_text(text + "\n", encoding="utf-8")
