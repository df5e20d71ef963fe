"""Tuning on a data set: tiny random models of three families, killed, resumed, spoilt and refused."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from safetensors.numpy import load_file

from kedrec.errors import DataError, ModelError, NotFoundError, UsageError
from kedrec.llm.base import Message
from kedrec.training import checkpoints
from kedrec.training.figures import save_report
from kedrec.training.instruction import Instruction
from kedrec.training.lora import train
from kedrec.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from kedrec.training.recipe import TrainingReport

pytestmark = pytest.mark.filterwarnings("ignore")

SENTENCES = [
    f"drug {letter} may help in disease {letter} because it inhibits gene {letter}" for letter in "abcd"
]
EXAMPLES = [
    Instruction(
        "rationale", (Message("system", "Explain."), Message("user", sentence[:20])), f"{sentence} [P1]."
    )
    for sentence in SENTENCES
]
RECIPE = TrainingRecipe(
    steps=2, batch=2, max_tokens=200, rank=2, alpha=4, checkpoint=1, warm_up=0, threads=1, bf16=False
)
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def config(family: str) -> Any:
    import transformers

    sizes: dict[str, Any] = {
        "vocab_size": 320, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 256,
        "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1,
    }  # fmt: skip
    if family == "Gemma2":
        sizes["head_dim"] = 8
    return getattr(transformers, f"{family}Config")(**sizes)


def tiny_model(folder: Path, family: str) -> Path:
    import tokenizers
    import torch
    import transformers

    torch.manual_seed(1)
    transformers.AutoModelForCausalLM.from_config(config(family)).save_pretrained(folder)
    tokenizer = tokenizers.ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(SENTENCES, vocab_size=300, special_tokens=["<s>", "</s>"])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer._tokenizer, bos_token="<s>", eos_token="</s>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("base"), "Llama")


def tuned(base: Path, out: Path, **changes: Any) -> TrainingReport:
    return train(EXAMPLES, EXAMPLES[:1], base, out, dataclasses.replace(RECIPE, **changes))


@pytest.mark.parametrize("family", ["Llama", "Qwen2", "Gemma2"])
def test_any_family_is_tuned_and_opens_in_peft_unchanged(family: str, tmp_path: Path) -> None:
    import peft
    import transformers

    folder = tiny_model(tmp_path / "base", family)
    report = tuned(folder, tmp_path / "out")
    assert (report.steps, report.examples, report.too_long) == (2, 4, 0)
    assert [checkpoint.step for checkpoint in report.checkpoints] == [1, 2]
    assert all(loss > 0 for loss in report.losses.values())
    model = peft.PeftModel.from_pretrained(
        transformers.AutoModelForCausalLM.from_pretrained(folder), tmp_path / "out"
    )
    assert type(model.get_base_model()).__name__ == f"{family}ForCausalLM"
    assert any(
        abs(values).max() > 0 for name, values in adapter(tmp_path / "out").items() if "lora_B" in name
    )


def adapter(out: Path) -> dict[str, Any]:
    return load_file(out / "adapter_model.safetensors")


def test_a_training_that_was_killed_goes_on_as_if_it_had_not_been(base: Path, tmp_path: Path) -> None:
    whole = tuned(base, tmp_path / "whole", steps=3)
    stopped = tmp_path / "stopped"

    def kill(checkpoint: Any) -> None:
        if checkpoint.step == 2:
            raise KeyboardInterrupt

    recipe = dataclasses.replace(RECIPE, steps=3)
    with pytest.raises(KeyboardInterrupt):
        train(EXAMPLES, EXAMPLES[:1], base, stopped, recipe, on_checkpoint=kill)
    assert not (stopped / "adapter_model.safetensors").exists()
    half = checkpoints.folder(stopped) / "checkpoint-2"
    assert half.is_dir()  # written in part: nothing marks it as complete
    assert not (half / "kedrec.json").exists()
    report = tuned(base, stopped, steps=3)
    assert report.checkpoints == whole.checkpoints
    assert report.losses == pytest.approx(whole.losses)
    for name, values in adapter(tmp_path / "whole").items():
        assert values == pytest.approx(adapter(stopped)[name], abs=1e-4)


def test_another_training_does_not_go_on_in_its_folder(base: Path, tmp_path: Path) -> None:
    tuned(base, tmp_path / "out")
    for change in ({"learning_rate": 1e-3}, {"seed": 2}):
        with pytest.raises(UsageError, match="another training: its recipe differs"):
            tuned(base, tmp_path / "out", **change)
    with pytest.raises(UsageError, match="its examples differs"):
        train(EXAMPLES[:2], EXAMPLES[:1], base, tmp_path / "out", RECIPE)
    other = tiny_model(tmp_path / "other", "Qwen2")
    with pytest.raises(UsageError, match="its base differs"):
        tuned(other, tmp_path / "out")


def test_a_loss_that_is_no_number_stops_and_the_last_good_checkpoint_is_kept(
    base: Path, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(base, spoilt)
    with pytest.raises(ModelError, match="The loss is no number at step"):
        tuned(spoilt, tmp_path / "out", learning_rate=float("inf"), steps=4)
    kept = sorted(path.name for path in checkpoints.folder(tmp_path / "out").glob("checkpoint-*"))
    assert kept == ["checkpoint-1"]
    assert not (tmp_path / "out" / "adapter_model.safetensors").exists()


def test_what_is_too_long_is_left_out_and_an_unknown_architecture_is_an_error(
    base: Path, tmp_path: Path
) -> None:
    long = Instruction("own", EXAMPLES[0].messages, "drug a " * 300)
    report = train([*EXAMPLES, long], [], base, tmp_path / "out", RECIPE)
    assert (report.examples, report.too_long) == (4, 1)
    with pytest.raises(UsageError, match="None of 1 examples fits into 200 tokens"):
        train([long], [], base, tmp_path / "long", RECIPE)
    import transformers

    odd = tmp_path / "odd"
    transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=320, n_embd=16, n_layer=1, n_head=2)
    ).save_pretrained(odd)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (base / name).exists():
            shutil.copy(base / name, odd / name)
    with pytest.raises(ModelError, match="layers aren't known here"):
        tuned(odd, tmp_path / "odd-out")


def judged(number: int, right: int) -> list[Instruction]:
    """Four candidates of one question; what tells the right one is in its prompt."""
    return [
        Instruction(
            "judgement",
            (Message("user", f"drug {'abcd'[place]} in disease {'a' if place == right else 'b'}?"),),
            "for" if place == right else "nothing",
            group=f"q{number}",
            right=place == right,
        )
        for place in range(4)
    ]


def test_the_candidates_of_a_question_are_compared(base: Path, tmp_path: Path) -> None:
    questions = [example for number in range(4) for example in judged(number, number)]
    import matplotlib.image

    recipe = dataclasses.replace(RECIPE, steps=60, checkpoint=60, learning_rate=0.05, rank=8, alpha=16)
    report = train([*questions, *EXAMPLES], questions, base, tmp_path / "out", recipe)
    assert report.compared == 4
    [last] = report.checkpoints
    assert (last.chosen, last.questions) == (4, 4)
    save_report(report, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "training.json").read_text())["compared"] == 4
    image = matplotlib.image.imread(tmp_path / "out" / "curves.png")
    assert len({tuple(pixel) for row in image for pixel in row.tolist()}) > 20  # something is drawn
    assert len(last.samples) == 0  # of judgements none is sampled


def test_the_losses_of_a_batch_are_those_of_whole_logits(base: Path) -> None:
    import torch
    from torch.nn import functional

    from kedrec.llm.judging import STANCES
    from kedrec.training.base_model import encode, load_base
    from kedrec.training.batches import Collator, items_of
    from kedrec.training.losses import batch_loss, stance_tokens

    model, tokenizer = load_base(base)
    rows = encode([*EXAMPLES[:2], *judged(0, 2), *judged(1, 0)], tokenizer, 200)
    stances = stance_tokens(tokenizer)
    with torch.no_grad():
        batch = Collator(tokenizer.pad_token_id)([item.fields() for item in items_of(rows)])
        loss = batch_loss(model, batch, stances)
        answers, scores = torch.zeros(()), []
        for row in rows:  # each by itself, without padding
            ids = torch.tensor([row.ids])
            logits = model(input_ids=ids).logits[0, :-1][-row.answer :].float()
            answers += functional.cross_entropy(logits, ids[0, -row.answer :], reduction="sum")
            by_stance = dict(zip(STANCES, logits[0, stances], strict=True))
            others = torch.stack([by_stance["against"], by_stance["nothing"]])
            scores.append(by_stance["for"] - torch.logsumexp(others, 0))
    values = torch.stack(scores[2:]).reshape(2, 4)
    assert float(loss.answers) == pytest.approx(float(answers), rel=1e-4)
    assert loss.tokens == sum(row.answer for row in rows)
    expected = functional.cross_entropy(values, torch.tensor([2, 0]), reduction="sum")
    assert float(loss.choice) == pytest.approx(float(expected), rel=1e-4)
    assert (loss.questions, loss.chosen) == (2, int((values.argmax(dim=1) == torch.tensor([2, 0])).sum()))


def test_candidates_without_the_right_one_are_not_compared() -> None:
    from kedrec.training.base_model import Encoded
    from kedrec.training.batches import items_of

    rows = [
        Encoded((1, 2), 1, "q1", right=True), Encoded((1, 2, 3), 1, "q2"), Encoded((3, 4), 1),
        Encoded((4, 5), 1, "q1"), Encoded((5, 6), 1, "q2"), Encoded((6, 7), 1, "q3", right=True),
    ]  # fmt: skip
    items = items_of(rows)
    assert [(len(item.rows), item.compared) for item in items] == [
        (2, True), (1, False), (1, False), (1, False), (1, False)
    ]  # fmt: skip
    assert items[0].fields()["length"] == 2


def test_all_weights_are_tuned_as_a_control(base: Path, tmp_path: Path) -> None:
    import torch
    import transformers

    report = tuned(base, tmp_path / "out", method="full", learning_rate=1e-2)
    assert report.steps == 2
    assert not (tmp_path / "out" / "adapter_config.json").exists()
    before, after = (
        transformers.AutoModelForCausalLM.from_pretrained(folder).state_dict()
        for folder in (base, tmp_path / "out")
    )
    moved = [name for name, values in before.items() if not torch.allclose(values, after[name])]
    assert len(moved) > len(before) / 2
    assert transformers.AutoTokenizer.from_pretrained(tmp_path / "out").chat_template == TEMPLATE
    with pytest.raises(UsageError, match="'method' is 'half'"):
        TrainingRecipe(method="half")  # type: ignore[arg-type]


def test_an_adapter_of_another_base_is_refused(base: Path, tmp_path: Path) -> None:
    from kedrec.llm.model_registry import _check_base

    tuned(base, tmp_path / "out")
    _check_base(tmp_path / "out", base / "model.safetensors")
    with pytest.raises(ModelError, match="was trained on another model than tokenizer"):
        _check_base(tmp_path / "out", base / "tokenizer.json")


def test_a_training_goes_on_from_an_adapter(base: Path, tmp_path: Path) -> None:
    first = tuned(base, tmp_path / "first", steps=20, checkpoint=20, learning_rate=0.05)
    recipe = dataclasses.replace(RECIPE, steps=1, learning_rate=1e-4)
    second = train(EXAMPLES, [], base, tmp_path / "second", recipe, start=tmp_path / "first")
    assert second.losses[1] < first.losses[1] - 0.1
    begun, gone_on = adapter(tmp_path / "first"), adapter(tmp_path / "second")
    assert all(abs(values - gone_on[name]).max() < 1e-3 for name, values in begun.items())
    with pytest.raises(UsageError, match="another training: its start differs"):
        train(EXAMPLES, [], base, tmp_path / "second", recipe)
    with pytest.raises(ModelError, match="can't be opened as an adapter"):
        train(EXAMPLES, [], base, tmp_path / "third", recipe, start=tmp_path / "none")


def test_an_adapter_is_tuned_further_on_preferences_and_resumed(base: Path, tmp_path: Path) -> None:
    from kedrec.training.gated_samples import Preference
    from kedrec.training.preferences import train_preferences

    tuned(base, tmp_path / "first")
    pairs = [Preference(one.messages, one.target, f"{one.target} It is safe.") for one in EXAMPLES]
    recipe = dataclasses.replace(RECIPE, steps=6, checkpoint=3, learning_rate=0.02)
    report = train_preferences(pairs, base, tmp_path / "first", tmp_path / "whole", recipe)
    assert (report.steps, report.examples, report.too_long) == (6, 4, 0)
    assert report.losses[6] < report.losses[1]
    before, after = adapter(tmp_path / "first"), adapter(tmp_path / "whole")
    assert before.keys() == after.keys()  # one adapter: the reference isn't written
    assert any(abs(values - after[name]).max() > 0 for name, values in before.items())
    assert json.loads((tmp_path / "whole" / "adapter_config.json").read_text())["r"] == 2

    shutil.copytree(tmp_path / "whole", tmp_path / "half")
    shutil.rmtree(checkpoints.folder(tmp_path / "half") / "checkpoint-6")
    again = train_preferences(pairs, base, tmp_path / "first", tmp_path / "half", recipe)
    assert again.losses == pytest.approx(report.losses)
    wild = dataclasses.replace(recipe, learning_rate=float("inf"))
    with pytest.raises(ModelError, match="The loss is no number at step"):
        train_preferences(pairs, base, tmp_path / "first", tmp_path / "wild", wild)
    short = dataclasses.replace(recipe, max_tokens=5)
    with pytest.raises(UsageError, match="None of 4 preferences fits into 5 tokens"):
        train_preferences(pairs, base, tmp_path / "first", tmp_path / "short", short)
    with pytest.raises(ModelError, match="can't be opened as an adapter"):
        train_preferences(pairs, base, tmp_path / "none", tmp_path / "nowhere", recipe)
    tuned(base, tmp_path / "other", seed=3)
    with pytest.raises(UsageError, match="another training: its start differs"):
        train_preferences(pairs, base, tmp_path / "other", tmp_path / "whole", recipe)


def write(folder: Path, split: str, rows: list[Any]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_odd_rows_of_ones_own_data_are_counted_and_a_missing_split_is_an_error(tmp_path: Path) -> None:
    from kedrec.dataset.instructions import read_instructions

    good = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    empty = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "  "}]}
    unanswered = {"messages": [{"role": "user", "content": "q"}]}
    folder = write(tmp_path / "own", "train", [good, empty, unanswered, "{", {"messages": 3}, "[]", good])
    result = read_instructions(folder, "train")
    assert [item.target for item in result.items] == ["a", "a"]
    assert result.skipped == {
        "with an empty answer": 1, "without a conversation that ends in an answer": 4
    }  # fmt: skip
    with pytest.raises(NotFoundError, match=r"validation\.jsonl is missing"):
        read_instructions(folder, "validation")
    with pytest.raises(DataError, match=r"gives no instruction \(1 with an empty answer\)"):
        read_instructions(write(tmp_path / "none", "train", [empty]), "train")
