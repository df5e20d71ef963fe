"""Signals of training questions are cross-fitted: no place comes from a ranking that saw what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from kedrec.dataset.question_types import NamedEntity, Negative, Question
from kedrec.evaluation import selection_signals
from kedrec.evaluation.selection_answerers import rank_candidates
from kedrec.evaluation.selection_signals import training_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.evaluation.selection_asking import BlindQuestion, RankedAnswer


def question(number: int) -> Question:
    return Question(
        id=f"q{number}",
        disease=NamedEntity(id=f"X:{number // 2}", name="asthma"),
        candidates=tuple(NamedEntity(id=f"D:{place}", name=f"drug{place}") for place in range(4)),
        answers=("D:0",),
        negatives=tuple(Negative(id=f"D:{place}", kind="random") for place in range(1, 4)),
        group=f"g{number // 4}",
    )


class Fit:
    """Stands for `HiddenScores`: knows the places of what it was fitted without, and nothing else."""

    fits: ClassVar[list[tuple[str, list[str]]]] = []

    def __init__(self, hidden: Sequence[BlindQuestion]) -> None:
        self._hidden = {one.id for one in hidden}

    @classmethod
    def of(
        cls, _store: object, questions: Sequence[BlindQuestion], config: str, _seed: int, _progress: object
    ) -> Fit:
        cls.fits.append((config, [one.id for one in questions]))
        return cls(questions)

    def places(self, questions: Sequence[BlindQuestion]) -> dict[str, RankedAnswer]:
        assert {one.id for one in questions} <= self._hidden
        # The ranking doesn't know the last drug.
        return {
            one.id: rank_candidates(one, {f"D:{place}": -1.0 - 50 * place for place in range(3)})
            for one in questions
        }


@pytest.fixture(autouse=True)
def _fits(monkeypatch: pytest.MonkeyPatch) -> None:
    Fit.fits = []
    monkeypatch.setattr(selection_signals, "HiddenScores", Fit)


def test_each_part_is_ranked_without_what_it_asks() -> None:
    questions = [question(number) for number in range(48)]
    signals = training_signals(None, questions, 1)  # type: ignore[arg-type]
    assert set(signals) == {one.id for one in questions}
    assert {config for config, _ in Fit.fits} == {"pair", "unseen_disease", "unseen_drug"}
    parts = [set(ids) for _, ids in Fit.fits]
    assert sum(map(len, parts)) == len(questions)  # each in one part
    groups = {one.id: one.group for one in questions}
    seen = [{groups[id_] for id_ in part} for part in parts]
    assert sum(map(len, seen)) == len(set(groups.values()))  # and a group in one
    places = {id_: signal.place for id_, signal in signals["q7"].items()}
    assert places == {"D:0": 1, "D:1": 51, "D:2": 101, "D:3": None}


def test_parts_are_drawn_by_the_seed() -> None:
    questions = [question(number) for number in range(48)]

    def parts(seed: int) -> list[tuple[str, list[str]]]:
        Fit.fits = []
        training_signals(None, questions, seed)  # type: ignore[arg-type]
        return Fit.fits

    assert parts(1) == parts(1) != parts(2)


def test_fewer_groups_than_parts_and_no_question_are_no_error() -> None:
    assert set(training_signals(None, [question(0)], 1)) == {"q0"}  # type: ignore[arg-type]
    assert training_signals(None, [], 1) == {}  # type: ignore[arg-type]
