"""The base model of a training: its weights, its tokenizer, and examples as its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.plain_text import one_line
from kedrec.errors import ModelError

if TYPE_CHECKING:
    from kedrec.llm.base import Message
    from kedrec.training.instruction import Instruction

__all__ = ["MATRICES", "Encoded", "encode", "load_base", "message_fields"]

MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""The linear layers that get an adapter."""


def load_base(base: Path) -> tuple[Any, Any]:
    """The model and the tokenizer of a GGUF file or a folder, ready to be tuned.

    Raises:
        ModelError: it can't be loaded, its layers aren't known here, or it has no chat template.
    """
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder, source = (base, {}) if base.is_dir() else (base.parent, {"gguf_file": base.name})
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **source)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **source)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ModelError(
            f"{base} can't be loaded for tuning: {one_line(str(error))[:300]}",
            "Name a model that transformers knows, or run 'kedrec model pull'.",
        ) from error
    missing = [name for name in MATRICES if not any(part.endswith(f".{name}") for part, _ in _parts(model))]
    if missing or not hasattr(model, "model") or not hasattr(model, "lm_head"):
        raise ModelError(
            f"{base} is a {type(model).__name__}, whose layers aren't known here"
            + (f": it has no {', '.join(missing)}." if missing else "."),
            "Use a model like Llama, Qwen, Mistral or Gemma.",
        )
    if tokenizer.chat_template is None:
        raise ModelError(f"{base} has no chat template.", "Use a model that is tuned to follow instructions.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    # The weights were dequantized on loading; trl trains none that still have these attributes.
    for holder in (model.config, model):
        for name in ("quantization_config", "hf_quantizer", "is_quantized", "quantization_method"):
            if hasattr(holder, name):
                delattr(holder, name) if name in vars(holder) else setattr(holder, name, None)
    return model, tokenizer


def _parts(model: Any) -> list[tuple[str, Any]]:
    return list(model.named_modules())


def message_fields(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as a chat template takes them."""
    return [{"role": message.role, "content": message.content} for message in messages]


@dataclass(frozen=True, slots=True)
class Encoded:
    """An instruction as tokens.

    Attributes:
        ids: token ids of prompt and answer.
        answer: number of the answer's tokens, the last ones.
        group, right: of the instruction.
    """

    ids: tuple[int, ...]
    answer: int
    group: str = ""
    right: bool = False


def encode(examples: Sequence[Instruction], tokenizer: Any, max_tokens: int) -> list[Encoded]:
    """The examples that have at most `max_tokens` tokens, in order."""
    rows = []
    for example in examples:
        prompt = tokenizer.apply_chat_template(
            message_fields(example.messages), tokenize=False, add_generation_prompt=True
        )
        prompt_ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        answer_ids = tokenizer(example.target + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
        if len(prompt_ids) + len(answer_ids) <= max_tokens:
            ids = (*prompt_ids, *answer_ids)
            rows.append(Encoded(ids, len(answer_ids), example.group, example.right))
    return rows
