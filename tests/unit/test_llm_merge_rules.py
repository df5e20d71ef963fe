"""Merging an adapter into a base: the sum, the order of rows, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from kedrec.errors import ModelError
from kedrec.llm.merging import merge, merged_hash, permute_rows, read_adapter

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEADS, KV_HEADS = 64, 4, 2
SHAPES = {"attn_q": (64, 64), "attn_k": (32, 64), "attn_output": (64, 64), "ffn_down": (64, 128)}
MODULES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_down": "mlp.down_proj",
}
CONFIG = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "bias": "none", "use_dora": False, "rank_pattern": {}}
PREFIX = "base_model.model.model.layers.0."


def quiet(_stage: str, _done: int, _total: int | None) -> None:
    pass


@pytest.fixture
def base(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    path = tmp_path / "base.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["a", "β"])
    writer.add_tensor("output_norm.weight", random.normal(size=WIDTH).astype(np.float32))
    for name, shape in SHAPES.items():
        writer.add_tensor(f"blk.0.{name}.weight", random.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def adapter(
    folder: Path,
    config: dict[str, Any] | None = None,
    shapes: dict[str, tuple[int, int]] = SHAPES,
    **extra: np.ndarray,
) -> Path:
    random = np.random.default_rng(1)
    folder.mkdir()
    tensors = dict(extra)
    for name, (rows, columns) in shapes.items():
        key = f"{PREFIX}{MODULES[name]}.lora_"
        tensors[key + "A.weight"] = random.normal(size=(4, columns)).astype(np.float16)
        tensors[key + "B.weight"] = random.normal(size=(rows, 4)).astype(np.float16)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG | (config or {})), encoding="utf-8")
    return folder


def tensors(path: Path) -> dict[str, np.ndarray]:
    return {
        tensor.name: gguf.dequantize(np.asarray(tensor.data), tensor.tensor_type)
        for tensor in gguf.GGUFReader(path).tensors
    }


def test_rows_are_reordered_pair_by_pair() -> None:
    # Two heads of four rows: Hugging Face has (x0 x1 | y0 y1) a head, llama.cpp (x0 y0 x1 y1).
    rows = np.arange(8, dtype=np.float32).reshape(8, 1)
    assert permute_rows(rows, 2).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


@pytest.mark.parametrize(
    ("config", "scale"), [({}, 2.0), ({"use_rslora": True}, 4.0), ({"lora_alpha": 1.0}, 0.25)]
)
def test_the_merged_matrix_is_the_sum(
    base: Path, tmp_path: Path, config: dict[str, Any], scale: float
) -> None:
    folder = adapter(tmp_path / "adapter", config)
    merge(base, folder, tmp_path / "out.gguf", quiet, weights="F16")
    before, after, loaded = tensors(base), tensors(tmp_path / "out.gguf"), read_adapter(folder)
    assert loaded.scale == scale
    for name in SHAPES:
        down, up = loaded.pairs[f"blk.0.{name}.weight"]
        delta = up @ down * scale
        if name in {"attn_q", "attn_k"}:
            heads = HEADS if name == "attn_q" else KV_HEADS
            size = delta.shape[0] // heads
            order = [
                h * size + half * size // 2 + i
                for h in range(heads)
                for i in range(size // 2)
                for half in (0, 1)
            ]
            delta = delta[order]
        key = f"blk.0.{name}.weight"
        np.testing.assert_allclose(after[key], before[key] + delta, rtol=2e-3, atol=2e-2)
    np.testing.assert_array_equal(after["output_norm.weight"], before["output_norm.weight"])


def test_the_result_is_q8_and_keeps_the_settings(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    merge(base, adapter(tmp_path / "adapter"), out, quiet)
    reader = gguf.GGUFReader(out)
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.0.attn_q.weight"] == "Q8_0"
    assert kinds["output_norm.weight"] == "F32"
    assert reader.get_field("tokenizer.ggml.tokens").contents() == ["a", "β"]
    assert reader.get_field("llama.attention.head_count_kv").contents() == KV_HEADS
    assert reader.get_field("general.file_type").contents() == gguf.LlamaFileType.MOSTLY_Q8_0
    again = tmp_path / "again.gguf"
    merge(base, tmp_path / "adapter", again, quiet)
    assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"use_dora": True}, "use_dora is True"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save is"),
        ({"rank_pattern": {"q_proj": 8}}, "rank_pattern is"),
        ({"alpha_pattern": {"q_proj": 8}}, "alpha_pattern is"),
        ({"bias": "all"}, "bias is 'all'"),
        ({"lora_bias": True}, "lora_bias is True"),
        ({"peft_type": "IA3"}, "peft_type is 'IA3'"),
        ({"r": 0}, "no usable rank"),
        ({"lora_alpha": None}, "no usable rank"),
        ({"r": 8}, "not rank 8"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    base: Path, tmp_path: Path, config: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        merge(base, adapter(tmp_path / "adapter", config), tmp_path / "out.gguf", quiet)
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize(
    ("key", "shape", "words"),
    [
        ("base_model.model.lm_head.lora_A.weight", (4, 64), "it changes base_model.model.lm_head"),
        (PREFIX + "self_attn.q_proj.lora_magnitude_vector", (64,), "it changes"),
        (PREFIX + "self_attn.v_proj.lora_A.weight", (4, 64), "only one of its two"),
        ("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", (4, 64), "only one of its two"),
    ],
)
def test_matrices_that_do_not_fit_are_refused(
    base: Path, tmp_path: Path, key: str, shape: tuple[int, ...], words: str
) -> None:
    folder = adapter(tmp_path / "adapter", **{key: np.zeros(shape, np.float16)})
    with pytest.raises(ModelError, match=words):
        merge(base, folder, tmp_path / "out.gguf", quiet)


def test_an_adapter_of_another_model_is_refused(base: Path, tmp_path: Path) -> None:
    more = {
        f"{PREFIX.replace('0', '7')}self_attn.q_proj.lora_{half}.weight": np.zeros(shape, np.float16)
        for half, shape in (("A", (4, 64)), ("B", (64, 4)))
    }
    with pytest.raises(ModelError, match=r"has no blk\.7\.attn_q\.weight"):
        merge(base, adapter(tmp_path / "deeper", **more), tmp_path / "out.gguf", quiet)
    wrong = adapter(tmp_path / "narrower", shapes=SHAPES | {"attn_q": (64, 32)})
    with pytest.raises(ModelError, match="64 x 32, the model's 64 x 64"):
        merge(base, wrong, tmp_path / "out.gguf", quiet)
    assert list(tmp_path.glob(".out*")) == []


def test_damaged_files_are_errors(base: Path, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "adapter")
    weights = folder / "adapter_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    with pytest.raises(ModelError, match="can't be read"):
        read_adapter(folder)
    weights.unlink()
    with pytest.raises(ModelError, match="can't be read"):
        read_adapter(folder)
    with pytest.raises(ModelError, match="Reading the adapter"):
        merged_hash(base, folder)
    weights.write_bytes(whole)
    (tmp_path / "junk.gguf").write_bytes(b"hello" * 10)
    with pytest.raises(ModelError, match="can't be read as GGUF"):
        merge(tmp_path / "junk.gguf", folder, tmp_path / "out.gguf", quiet)


def test_the_hash_follows_base_weights_and_settings(base: Path, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "adapter")
    first = merged_hash(base, folder)
    assert merged_hash(base, folder) == first
    config = folder / "adapter_config.json"
    config.write_text(
        config.read_text(encoding="utf-8").replace('"lora_alpha": 8', '"lora_alpha": 9'), encoding="utf-8"
    )
    second = merged_hash(base, folder)
    base.write_bytes(base.read_bytes() + b"x")
    assert len({first, second, merged_hash(base, folder)}) == 3
