"""The control by MiniLM: what it learns is in the training questions, and it sees no label of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kedrec.dataset.question_types import NamedEntity
from kedrec.evaluation.conditional_logit import fit_choices
from kedrec.evaluation.selection_asking import BlindQuestion
from kedrec.evaluation.selection_minilm import VectorMemory, minilm_answerer

WORDS = ("inhibits", "binds", "resembles", "asthma")


class Words:
    """Embeds a text by its counts of a few words, as a unit vector."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: list[str]) -> Any:
        self.embedded += texts
        counts = np.array([[1e-3, *(text.count(word) for word in WORDS)] for text in texts], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def embedder() -> VectorMemory:
    return VectorMemory(Words())  # type: ignore[arg-type]


def question(number: int) -> BlindQuestion:
    """Three candidates; the texts of one say that it inhibits something."""
    candidates = [NamedEntity(id=f"D:{number}-{place}", name=f"drug {place}") for place in range(3)]
    right = number % 3
    texts = {
        one.id: [("T1", f"{one.name} {'inhibits' if place == right else WORDS[1 + place % 2]} it")]
        for place, one in enumerate(candidates)
    }
    return BlindQuestion(
        id=f"q{number}",
        diseases=(NamedEntity(id="X:1", name="asthma"),),
        candidates=tuple(candidates),
        texts=texts,
    )


def right_of(number: int) -> str:
    return f"D:{number}-{number % 3}"


def test_what_tells_the_right_one_is_learned_from_training_questions() -> None:
    training = [question(number) for number in range(60)]
    answers = {one.id: (right_of(number),) for number, one in enumerate(training)}
    answer = minilm_answerer(embedder(), training, answers)
    assert [answer(question(number)).chosen[0] for number in range(60, 72)] == [
        right_of(number) for number in range(60, 72)
    ]
    others = {one.id: (f"D:{number}-{(number + 1) % 3}",) for number, one in enumerate(training)}
    misled = minilm_answerer(embedder(), training, others)
    assert all(misled(question(number)).chosen[0] != right_of(number) for number in range(60, 72))


def test_without_training_questions_the_most_similar_text_is_chosen() -> None:
    answer = minilm_answerer(embedder(), [], {})
    ranked = answer(question(1))
    assert sorted(ranked.order) == ["D:1-0", "D:1-1", "D:1-2"]
    assert list(ranked.scores) == sorted(ranked.scores, reverse=True)


def test_a_text_is_embedded_once_and_its_vector_stays() -> None:
    words = Words()
    memory = VectorMemory(words)  # type: ignore[arg-type]
    first = memory.embed(["binds it", "inhibits it", "binds it"])
    again = memory.embed(["inhibits it", "resembles it", "binds it"])
    assert words.embedded == ["binds it", "inhibits it", "resembles it"]
    assert (again[0] == first[1]).all()
    assert (again[2] == first[0]).all()
    assert (first[0] == first[2]).all()
    assert (again[1] == Words().embed(["resembles it"])[0]).all()


def test_the_regression_finds_the_weights_that_choices_were_drawn_by() -> None:
    generator = np.random.default_rng(1)
    weights = np.array([1.5, -0.7, 0.0])
    questions = []
    for count in generator.integers(3, 9, 3000):
        features = generator.normal(size=(count, 3)) + 5.0
        chances = np.exp(features @ weights)
        right = np.arange(count) == generator.choice(count, p=chances / chances.sum())
        questions.append((features, right))
    assert fit_choices(questions, 1.0) == pytest.approx(weights, abs=0.1)
    scaled = [(features * [1.0, 100.0, 1.0], right) for features, right in questions]
    assert fit_choices(scaled, 1.0) == pytest.approx(weights / [1.0, 100.0, 1.0], abs=0.1)
    assert abs(fit_choices(questions, 1e9)).max() < 1e-3
