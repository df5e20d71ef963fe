"""Tuning for real: examples from the starter graph, a few steps, and an adapter that can be asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

from kedrec.errors import DataError
from kedrec.grounding import check
from kedrec.llm.base import ChatRequest
from kedrec.llm.merging import read_adapter
from kedrec.llm.open_model import open_model
from kedrec.ranking import Ranker
from kedrec.stores.ladybug import LadybugStore
from kedrec.training.examples import Example, build, held_out_pairs, load, prompt_messages, save
from kedrec.training.holdout import hold_out
from kedrec.training.recipe import Checkpoint, TrainingRecipe
from kedrec.training.tuning import tune

if TYPE_CHECKING:
    from kedrec.settings import Settings

SEED = 20250220


@pytest.fixture(scope="module")
def graph(starter_home: Path) -> Path:
    """The folder of the starter graph."""
    return starter_home / "graph"


@pytest.fixture(scope="module")
def store(graph: Path) -> LadybugStore:
    return LadybugStore(graph)


@pytest.fixture(scope="module")
def ranker(store: LadybugStore, starter_home: Path) -> Ranker:
    return Ranker.open(store, starter_home / "cache")


@pytest.fixture(scope="module")
def examples(store: LadybugStore, ranker: Ranker) -> list[Example]:
    return build(store, ranker, 40, SEED)


def test_examples_are_of_all_kinds_and_every_target_holds(examples: list[Example]) -> None:
    assert {example.origin for example in examples} == {"curated", "cautioned", "candidate", "random"}
    assert len(examples) >= 36
    for example in examples:
        claims = check(
            example.target, example.drug, example.disease, example.evidence, example.adverse
        ).claims
        assert all(claim.status == "holds" for claim in claims), example.target
        shown = prompt_messages(example)[1].content
        assert all(f"[{item.id}] " in shown for item in (*example.evidence, *example.adverse))
    assert len({len(example.evidence) for example in examples}) > 3


def test_no_training_example_names_a_held_out_disease(store: LadybugStore, examples: list[Example]) -> None:
    parted = hold_out(store, SEED)
    assert parted.ids
    for example in examples:
        assert example.disease.id not in parted.ids
        assert not parted.names_held_out(example.disease.name)
        assert not any(parted.leaks(item) for item in (*example.evidence, *example.adverse))


def test_evaluation_is_on_held_out_diseases_alone(store: LadybugStore, ranker: Ranker) -> None:
    pairs = held_out_pairs(store, ranker, 12, SEED)
    assert len(pairs) >= 8
    assert {pair.disease.id for pair in pairs} <= hold_out(store, SEED).ids
    assert all(len(pair.evidence) >= 2 for pair in pairs)


def test_the_same_seed_builds_the_same(store: LadybugStore, ranker: Ranker) -> None:
    assert build(store, ranker, 8, 3) == build(store, ranker, 8, 3)
    assert build(store, ranker, 8, 3) != build(store, ranker, 8, 4)


def test_examples_are_kept_and_read_again(examples: list[Example], tmp_path: Path) -> None:
    save(examples, tmp_path / "examples.jsonl")
    assert load(tmp_path / "examples.jsonl") == examples
    (tmp_path / "broken.jsonl").write_text('{"drug": 1}\n')
    with pytest.raises(DataError, match="can't be read as examples"):
        load(tmp_path / "broken.jsonl")


@pytest.mark.llm
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning")
def test_a_few_steps_make_an_adapter_that_answers(
    graph: Path, starter_home: Path, llm_settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(starter_home / "cache", llm_settings.cache_dir, dirs_exist_ok=True)
    out = tmp_path / "smollm2-test"
    seen: list[Checkpoint] = []
    recipe = TrainingRecipe(
        steps=2, batch=1, max_tokens=300, checkpoint=2, warm_up=1, learning_rate=1e-3, threads=1
    )
    report = tune([str(graph)], llm_settings, out, recipe, count=12, held_out=1, on_checkpoint=seen.append)
    assert report.steps == 2
    assert report.losses[1] > 0
    assert [one.step for one in seen] == [2]

    settings = json.loads((out / "adapter_config.json").read_text())
    assert settings["r"] == 16
    assert str(tmp_path) not in (out / "adapter_config.json").read_text()
    tensors = load_file(out / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype("float16")}
    assert any(np.abs(values).max() > 0 for name, values in tensors.items() if "lora_B" in name)
    assert len(read_adapter(out).pairs) == 7 * 30
    card = (out / "README.md").read_text()
    assert "rank 16, alpha 32" in card
    assert "of starter (fingerprint" in card
    assert "stated under CC0-1.0," in card

    example = load(out / "examples" / "train.jsonl")[0]
    model = open_model(str(out), llm_settings)
    try:
        answer = model.chat(ChatRequest(prompt_messages(example), max_tokens=8))
    finally:
        model.close()
    assert answer.text.strip()
    assert model.info.adapter == "smollm2-test"
