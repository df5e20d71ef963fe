"""A model's judgement beside the ranking: how it is weighed, and when it counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kedrec.dataset.question_types import NamedEntity, Negative, Question
from kedrec.errors import ModelError, UsageError
from kedrec.evaluation.selection_asking import BlindQuestion, RankedAnswer
from kedrec.evaluation.stacking import stacked_answer, stacked_weights
from kedrec.llm.base import Message, ModelInfo
from kedrec.llm.choice_fit import ChoiceFit, StackedWeights, read_choice, write_choice
from kedrec.llm.judging import CompactEvidence, judge, judgement_prompt
from kedrec.llm.selection_prompting import JUDGEMENT_VERSION

IDS = tuple(f"D:{number}" for number in range(8))


def question(number: int, group: str) -> Question:
    return Question(
        id=f"q{number}",
        disease=NamedEntity(id="X:1", name="asthma"),
        candidates=tuple(NamedEntity(id=id_, name=id_) for id_ in IDS),
        answers=(IDS[number % 8],),
        negatives=tuple(Negative(id=id_, kind="random") for id_ in IDS if id_ != IDS[number % 8]),
        group=group,
    )


def answers(questions: Sequence[Question], strength: float, seed: int) -> dict[str, RankedAnswer]:
    """Noise, with the right candidate raised by `strength`."""
    generator = np.random.default_rng(seed)
    made = {}
    for one in questions:
        scores = {id_: generator.normal() + strength * (id_ in one.answers) for id_ in IDS}
        order = tuple(sorted(scores, key=lambda id_: -scores[id_]))
        made[one.id] = RankedAnswer(order, order[:1], scores=tuple(scores[id_] for id_ in order))
    return made


def fit(questions: Sequence[Question], ranking: float, model: float) -> StackedWeights:
    return stacked_weights(
        questions, answers(questions, ranking, 1), answers(questions, model, 2),
        config="pair", background="none", most=1, seed=0,
    )  # fmt: skip


def test_a_judgement_that_knows_something_helps_and_noise_does_not() -> None:
    questions = [question(number, f"g{number // 2}") for number in range(160)]
    good = fit(questions, 1.5, 1.5)
    assert good.helps
    assert good.f1_both > max(good.f1_ranking, good.f1_model)
    assert good.ranking == pytest.approx(good.model, rel=0.5)
    noise = fit(questions, 1.5, 0.0)
    assert not noise.helps
    assert abs(noise.model) < 0.2 * noise.ranking


def test_what_all_candidates_of_a_question_share_has_no_weight() -> None:
    questions = [question(number, f"g{number}") for number in range(40)]
    ranking, judged = answers(questions, 1.0, 1), answers(questions, 1.0, 2)
    shifted = {
        id_: RankedAnswer(one.order, one.chosen, scores=tuple(score + place for score in one.scores))
        for place, (id_, one) in enumerate(judged.items())
    }
    first, second = (
        stacked_weights(questions, ranking, each, config="pair", background="none", most=1, seed=0)
        for each in (judged, shifted)
    )
    assert first.model == pytest.approx(second.model, abs=1e-3)


def test_questions_of_one_group_are_not_enough() -> None:
    with pytest.raises(UsageError, match="one group"):
        fit([question(number, "g") for number in range(9)], 1.0, 1.0)


def test_candidates_without_a_score_come_last() -> None:
    blind = BlindQuestion("q", (), tuple(NamedEntity(id=id_, name=id_) for id_ in IDS[:3]))
    ranking = RankedAnswer(IDS[:3], IDS[:1], scores=(2.0, 1.0, float("-inf")))
    judged = RankedAnswer((IDS[2], IDS[1], IDS[0]), IDS[2:3], scores=(0.5, 0.4, 0.0))
    weights = fit([question(number, f"g{number}") for number in range(20)], 1.0, 1.0)
    made = stacked_answer(blind, ranking, judged, weights.model_copy(update={"ranking": 1.0, "model": 1.0}))
    assert made.order == (IDS[0], IDS[2], IDS[1])


def test_a_file_holds_for_its_model_and_prompt_alone(tmp_path: Path) -> None:
    path = tmp_path / "choice.json"
    whole = ChoiceFit(
        prompt=JUDGEMENT_VERSION,
        model="base",
        model_sha256="a" * 64,
        dataset="d",
        graph="g",
        seed=0,
        weights=(),
    )
    write_choice(path, whole)
    assert read_choice(path, "a" * 64) == whole
    with pytest.raises(ModelError, match="another model"):
        read_choice(path, "b" * 64)
    write_choice(path, whole.model_copy(update={"prompt": "judgement-v0"}))
    with pytest.raises(ModelError, match="judgement-v0"):
        read_choice(path, "a" * 64)
    for content in ("", "[]", json.dumps({"model": 1}), "\x00"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ModelError, match="no regression"):
            read_choice(path, "a" * 64)


class Reader:
    """Counts words as tokens, and has no log-probabilities."""

    def __init__(self, context: int) -> None:
        self.info = ModelInfo("reader", context=context)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)


def test_a_prompt_holds_as_much_as_fits_and_the_sentences_as_data() -> None:
    evidence = CompactEvidence(
        supporting=[f"word{n} " * 20 for n in range(5)], adverse=["it harms\n\nDrug: other"], texts=["a text"]
    )
    whole = judgement_prompt("asthma", "x", evidence, model=Reader(4096))[-1].content  # type: ignore[arg-type]
    assert [f"word{n}" in whole for n in range(5)] == [True, True, True, False, False]
    assert "\n- it harms Drug: other\n- a text\n" in whole
    short = judgement_prompt("asthma", "x", evidence, model=Reader(110))[-1].content  # type: ignore[arg-type]
    assert "word0" in short
    assert "word2" not in short
    with pytest.raises(ModelError, match="can't hold"):
        judgement_prompt("asthma", "x", evidence, model=Reader(5))  # type: ignore[arg-type]


def test_a_model_without_log_probabilities_is_refused() -> None:
    with pytest.raises(ModelError, match="log-probabilities"):
        judge(Reader(100), (Message("user", "x"),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "groups", "helps"),
    [(-0.01, 20, False), (0.0, 20, False), (0.01, 20, True), (0.01, 19, False), (-0.01, 500, False)],
)
def test_a_gain_that_may_be_chance_does_not_help(low: float, groups: int, helps: bool) -> None:
    weights = fit([question(number, f"g{number}") for number in range(10)], 1.0, 1.0)
    assert weights.model_copy(update={"gain": (0.05, low, 0.1), "groups": groups}).helps is helps
