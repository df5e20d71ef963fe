"""The merged model against transformers and peft, by log-probabilities.

At scale 0.3: a saturated adapter writes the same text even with the rows of q and k in the wrong order.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from kedrec.llm.default import base_path
from kedrec.llm.merging import merge
from kedrec.llm.model_registry import resolve_model
from kedrec.llm.open_model import open_model

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.settings import Settings

pytestmark = pytest.mark.llm

RANK, LAYERS = 8, 30
SHAPES = {
    "self_attn.q_proj": (576, 576),
    "self_attn.k_proj": (192, 576),
    "self_attn.v_proj": (192, 576),
    "self_attn.o_proj": (576, 576),
    "mlp.gate_proj": (1536, 576),
    "mlp.up_proj": (1536, 576),
    "mlp.down_proj": (576, 1536),
}
TEXT = "Fingolimod may help in multiple sclerosis because it is an agonist of S1PR1"


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(1)
    tensors = {}
    for layer in range(LAYERS):
        for module, (rows, columns) in SHAPES.items():
            key = f"base_model.model.model.layers.{layer}.{module}.lora_"
            tensors[key + "A.weight"] = (random.normal(size=(RANK, columns)) * 0.05).astype(np.float16)
            tensors[key + "B.weight"] = (random.normal(size=(rows, RANK)) * 0.05).astype(np.float16)
    folder = tmp_path_factory.mktemp("adapter")
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": RANK,
        "lora_alpha": 0.3 * RANK,
        "target_modules": [module.split(".")[1] for module in SHAPES],
        "base_model_name_or_path": "SmolLM2-135M-Instruct",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_log_probabilities_are_those_of_peft(adapter: Path, llm_settings: Settings, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = base_path(llm_settings.models_dir)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers' and peft's own
        tokens = AutoTokenizer.from_pretrained(base.parent, gguf_file=base.name)(TEXT)["input_ids"]
        plain = AutoModelForCausalLM.from_pretrained(base.parent, gguf_file=base.name, dtype=torch.float32)
        adapted = PeftModel.from_pretrained(plain, str(adapter)).eval()
        with torch.inference_mode():
            expected = torch.log_softmax(adapted(torch.tensor([tokens])).logits[0], -1).numpy()
            with adapted.disable_adapter():
                without = torch.log_softmax(adapted(torch.tensor([tokens])).logits[0], -1).numpy()
    merged = tmp_path / "merged.gguf"
    merge(base, adapter, merged, lambda _stage, _done, _total: None, weights="F16")
    places = [4, 8, 12, len(tokens)]
    found = _next_tokens(merged, tokens, places)
    worst = max(abs(value - expected[n - 1, token]) for n in places for token, value in found[n].items())
    moved = max(abs(value - without[n - 1, token]) for n in places for token, value in found[n].items())
    assert worst < 0.05
    assert moved > 0.5  # or the adapter would be too weak to tell


def _next_tokens(path: Path, tokens: list[int], places: list[int]) -> dict[int, dict[int, float]]:
    """Log-probabilities of the ten likeliest tokens after the first n tokens, for each n of `places`."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = 128
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.verbosity = -1
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    found = {}
    for place in places:
        body = {"prompt": tokens[:place], "n_predict": 1, "n_probs": 10, "temperature": 0}
        answer = server.handle_completions(body)
        top = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        found[place] = {one["id"]: one["logprob"] for one in top}
    return found


def test_an_adapters_folder_is_merged_once_and_opened(adapter: Path, llm_settings: Settings) -> None:
    stages: list[str] = []
    first = resolve_model(str(adapter), llm_settings, lambda stage, _done, _total: stages.append(stage))
    assert stages[-1] == "Merging the adapter into the model"
    changed = first.path.stat().st_mtime_ns
    model = open_model(str(adapter), llm_settings)
    model.close()
    assert first.path.stat().st_mtime_ns == changed
    assert model.info.adapter == adapter.name
    assert model.info.sha256 == first.sha256
    assert first.path.stat().st_size < 150_000_000  # 8.5 bits a weight
    first.path.unlink()
