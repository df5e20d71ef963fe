"""Merges a LoRA adapter into a GGUF base model, in NumPy, and writes the result as Q8_0.

A merged model reads a prompt twice as fast as base and adapter apart. The base is dequantized, each
adapted matrix becomes W + scale * B A (Hu et al. 2021, arXiv:2106.09685), and everything is quantized again.
An adapter with any other change is refused, never merged in part.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kedrec.common.checked_files import cached_sha256, disk_errors, replacement_file
from kedrec.errors import ModelError

if TYPE_CHECKING:
    import gguf
    import numpy as np
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress

__all__ = ["Adapter", "merge", "merged_hash", "permute_rows", "read_adapter"]

_VERSION = 1  # of the merging, part of a merged model's hash

_MODULES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_KEY = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])(?:\.default)?\.weight")
# peft's settings that change an adapter's meaning, with their neutral values.
_NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "peft_type": ("LORA",),
    "use_dora": (False, None),
    "bias": ("none", None),
    "lora_bias": (False, None),
    "modules_to_save": (None, []),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "fan_in_fan_out": (False, None),
    "trainable_token_indices": (None, []),
    "target_parameters": (None, []),
    "layer_replication": (None, []),
}


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter: for each tensor of the base (GGUF name) its A (rank x in) and B (out x rank)."""

    name: str
    scale: float
    pairs: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def merged_hash(base: Path, adapter: Path) -> str:
    """Identifies a merged model by the SHA-256 over the hashes of base, adapter and the adapter's settings.

    The merged bytes themselves may differ in the last bit between machines.

    Raises:
        ModelError: a file of the adapter is missing.
    """
    parts = [cached_sha256(base)]
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        with disk_errors(f"Reading the adapter {adapter}"):
            parts.append(hashlib.sha256((adapter / name).read_bytes()).hexdigest())
    return hashlib.sha256("\n".join([f"merge {_VERSION}", *parts]).encode()).hexdigest()


def read_adapter(folder: Path) -> Adapter:
    """Reads an adapter in peft's layout: `adapter_config.json` and `adapter_model.safetensors`.

    Raises:
        ModelError: a file is missing or damaged, or the adapter is of a kind that can't be merged
            (DoRA, other trained modules, ranks that vary, biases).
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "adapter_model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"The adapter {folder} can't be read: {error}.", "It needs peft's two files, whole."
        ) from error
    for setting, neutral in _NEUTRAL.items():
        if config.get(setting, neutral[0]) not in neutral:
            raise ModelError(
                f"The adapter {folder.name} can't be merged: {setting} is {config[setting]!r}.",
                "Open it with transformers, or train it as plain LoRA.",
            )
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or rank < 1 or not isinstance(alpha, int | float):
        raise ModelError(
            f"The adapter {folder.name} has no usable rank and alpha.", "Check its adapter_config.json."
        )
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    return Adapter(folder.name, scale, _pairs(folder.name, rank, tensors))


def permute_rows(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorders the rows of a query or key matrix from Hugging Face's order to GGUF's.

    Hugging Face stores the two halves of a head's rotary pairs apart, llama.cpp each pair together.

    Args:
        rows: (heads * size) x n.
        heads: attention heads (of a key matrix: key-value heads).
    """
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def merge(
    base: Path, adapter: Path, out: Path, progress: Progress, *, weights: Literal["Q8_0", "F16"] = "Q8_0"
) -> None:
    """Writes `base` with `adapter` merged in to `out`, atomically.

    Args:
        weights: type of the stored matrices; vectors are stored in single precision.

    Raises:
        ModelError: the base isn't a llama model in GGUF, the adapter doesn't fit it or can't be merged, or
            the disk is full.
    """
    import gguf
    import numpy as np

    lora = read_adapter(adapter)
    try:
        reader = gguf.GGUFReader(base)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{base} can't be read as GGUF: {error}.", "Pull the model again.") from error
    if (architecture := _value(reader, "general.architecture")) != "llama":
        raise ModelError(
            f"The adapter {lora.name} can't be merged into a {architecture} model.", "Use a llama model."
        )
    heads = {
        "attn_q": int(_value(reader, "llama.attention.head_count")),
        "attn_k": int(_value(reader, "llama.attention.head_count_kv")),
    }
    missing = lora.pairs.keys() - {tensor.name for tensor in reader.tensors}
    if missing:
        raise ModelError(
            f"The adapter {lora.name} was trained for another model: {base.name} has no {min(missing)}.",
            "Use the model that it was trained on.",
        )
    with disk_errors(f"Writing the merged model {out.name}"), replacement_file(out) as part:
        writer = gguf.GGUFWriter(part, "llama")
        _copy_settings(reader, writer, weights)
        for done, tensor in enumerate(reader.tensors, 1):
            values = gguf.dequantize(np.asarray(tensor.data), tensor.tensor_type)
            if tensor.name in lora.pairs:
                values = values + _delta(tensor.name, lora, heads, values.shape)
            storage = _storage_type(values.shape, weights)
            writer.add_tensor(tensor.name, gguf.quantize(values, storage), raw_dtype=storage)
            progress("Merging the adapter into the model", done, len(reader.tensors))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _delta(
    name: str, adapter: Adapter, heads: Mapping[str, int], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    down, up = adapter.pairs[name]
    if (up.shape[0], down.shape[1]) != shape:
        raise ModelError(
            f"The adapter {adapter.name} was trained for another model: its {name} is {up.shape[0]} x "
            f"{down.shape[1]}, the model's {' x '.join(map(str, shape))}.",
            "Use the model that it was trained on.",
        )
    module = name.split(".")[2]
    rows = permute_rows(up, heads[module]) if module in heads else up
    delta: NDArray[np.float32] = (rows @ down) * adapter.scale
    return delta


def _storage_type(shape: tuple[int, ...], weights: str) -> gguf.GGMLQuantizationType:
    import gguf

    matrix = len(shape) == 2 and shape[1] % 32 == 0  # Q8_0 has blocks of 32
    return gguf.GGMLQuantizationType[weights if matrix else "F32"]


def _copy_settings(reader: gguf.GGUFReader, writer: gguf.GGUFWriter, weights: str) -> None:
    import gguf

    written = {"general.architecture", "general.file_type", "general.quantization_version"}
    for key, field in reader.fields.items():
        if key in written or key.startswith("GGUF."):
            continue
        kind = field.types[0]
        element_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), kind, element_type)
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{weights}"])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _value(reader: gguf.GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise ModelError(f"The model file has no '{key}'.", "Pull the model again.")
    return field.contents()


def _pairs(
    name: str, rank: int, tensors: Mapping[str, NDArray[Any]]
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    import numpy as np

    halves: dict[str, dict[str, NDArray[np.float32]]] = {}
    for key, values in tensors.items():
        match = _KEY.fullmatch(key)
        if match is None or match[2] not in _MODULES:
            raise ModelError(
                f"The adapter {name} can't be merged: it changes {key}.",
                "Only the attention and feed-forward matrices of a llama model can be.",
            )
        if values.shape[0 if match[3] == "A" else 1] != rank:
            raise ModelError(
                f"The adapter {name} is damaged: {key} has shape {values.shape}, not rank {rank}.",
                "Make or fetch the adapter again.",
            )
        tensor = f"blk.{match[1]}.{_MODULES[match[2]]}.weight"
        halves.setdefault(tensor, {})[match[3]] = values.astype(np.float32)
    incomplete = [tensor for tensor, half in halves.items() if len(half) != 2]
    if incomplete or not halves:
        problem = (
            f"{incomplete[0]} has only one of its two matrices" if incomplete else "it holds no matrices"
        )
        raise ModelError(f"The adapter {name} is damaged: {problem}.", "Make or fetch the adapter again.")
    return {tensor: (half["A"], half["B"]) for tensor, half in halves.items()}
