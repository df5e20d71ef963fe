"""Runs of answerers over a data set's folder: kept, resumed, and asked anew where something else is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kedrec.dataset.hf_folder import SPLITS, DataSet, write_note, write_questions
from kedrec.dataset.question_types import NamedEntity, Negative, Question
from kedrec.errors import ModelError, UsageError
from kedrec.evaluation import selection_answerers
from kedrec.evaluation.selection_asking import BlindQuestion
from kedrec.evaluation.selection_runs import AnswererResources, evaluate, max_choices
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo

QUESTIONS = 10


def question(number: int, answers: int = 1) -> Question:
    ids = [f"D:{number}{place}" for place in range(4)]
    return Question(
        id=f"q{number}",
        disease=NamedEntity(id=f"X:{number}", name="asthma"),
        candidates=tuple(NamedEntity(id=id_, name=f"drug{id_[2:]}") for id_ in ids),
        answers=tuple(ids[:answers]),
        negatives=tuple(Negative(id=id_, kind="random") for id_ in ids[answers:]),
        group=f"g{number}",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "data"
    for place, split in enumerate(SPLITS):
        numbers = range(place * QUESTIONS, (place + 1) * QUESTIONS)
        write_questions(out, "pair", split, [question(number) for number in numbers])
    write_note(out, "exprxrec", ["pair"], {})
    return out


class Model:
    """Names the first candidate of its prompt; breaks after some requests."""

    def __init__(self, breaks_after: int = 1000) -> None:
        self.left, self.asked = breaks_after, 0
        self.info = ModelInfo("made-up", sha256="1", context=4096)

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        if self.left < len(requests):
            raise ModelError("It broke.", "Go on.")
        self.left -= len(requests)
        self.asked += len(requests)
        return [
            ChatResponse(one.messages[1].content.partition("- ")[2].split()[0], "stop") for one in requests
        ]

    def chat(self, request: ChatRequest) -> ChatResponse:
        return self.chat_many([request])[0]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat(request).text

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(one.content) for one in messages) // 4

    def close(self) -> None:
        """Nothing is held."""


def means(model: Model) -> AnswererResources:
    def nothing() -> Any:
        raise AssertionError("no graph is needed")

    return AnswererResources(nothing, nothing, lambda: model)


def test_a_stopped_run_goes_on_and_a_finished_one_is_not_made_again(folder: Path, tmp_path: Path) -> None:
    dataset, out = DataSet(folder), tmp_path / "out"
    with pytest.raises(ModelError):
        evaluate(dataset, "pair", "test", ["llm"], means(Model(5)), out=out)
    second = Model()
    (resumed,) = evaluate(dataset, "pair", "test", ["llm"], means(second), out=out)
    assert second.asked == QUESTIONS - 4  # lots of four, one of which came through
    third = Model()
    assert evaluate(dataset, "pair", "test", ["llm"], means(third), out=out) == [resumed]
    assert third.asked == 0
    (whole,) = evaluate(dataset, "pair", "test", ["llm"], means(Model()))
    assert whole == resumed
    (kept,) = out.iterdir()
    kept.write_text(kept.read_text(encoding="utf-8")[:-20], encoding="utf-8")  # killed within a line
    fourth = Model()
    assert evaluate(dataset, "pair", "test", ["llm"], means(fourth), out=out) == [resumed]
    assert fourth.asked == 1


def test_another_seed_or_data_set_is_answered_anew(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    evaluate(DataSet(folder), "pair", "test", ["llm"], means(Model()), out=out)
    for seed, split in ((1, "test"), (0, "validation")):
        model = Model()
        evaluate(DataSet(folder), "pair", split, ["llm"], means(model), out=out, seed=seed)
        assert model.asked == QUESTIONS


def test_popularity_is_counted_in_training_alone(folder: Path) -> None:
    random, frequency = evaluate(DataSet(folder), "pair", "test", ["random", "frequency"], means(Model()))
    assert random.answerer == "random"
    assert frequency.f1[0] < 1.0  # its drugs are right in no question of the training part
    train = evaluate(DataSet(folder), "pair", "train", ["frequency"], means(Model()))
    assert train[0].f1[0] == 1.0


def test_stays_get_the_mean_number_of_training(tmp_path: Path) -> None:
    for split in SPLITS:
        write_questions(tmp_path, "admission", split, [question(1, 1), question(2, 3), question(3, 3)])
    write_note(tmp_path, "mimic", ["admission"], {})
    assert max_choices(DataSet(tmp_path), "admission") == 2


def test_a_kind_that_no_question_has_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="hard"):
        evaluate(DataSet(folder), "pair", "test", ["random"], means(Model()), among="hard")


@pytest.mark.parametrize(
    ("config", "hidden"),
    [("pair", {(0, 1), (2, 1), (0, 2), (2, 2)}), ("unseen_disease", None), ("unseen_drug", None)],
)
def test_what_a_ranking_may_not_know(
    config: str, hidden: set[tuple[int, int]] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kin = {"Drug": {}, "Disease": {"X:2": "X:1"}}  # two writings of one disease
    monkeypatch.setattr(selection_answerers, "canonical_ids", lambda _store, kind: kin[kind])
    numbers = {
        "Drug": {f"D:{at}": at for at in range(4)},
        "Disease": {f"X:{at}": at for at in range(4)},
    }
    asked = BlindQuestion(
        "q",
        (NamedEntity(id="X:1", name="x"),),
        (NamedEntity(id="D:0", name="a"), NamedEntity(id="D:2", name="b")),
    )
    found: Any = selection_answerers._hidden(None, [asked], config, numbers)  # type: ignore[arg-type]
    places = set(map(tuple, np.argwhere(found).tolist()))
    whole = {
        "unseen_disease": {(drug, disease) for drug in range(4) for disease in (1, 2)},
        "unseen_drug": {(drug, disease) for drug in (0, 2) for disease in range(4)},
    }
    assert places == (hidden or whole[config])
