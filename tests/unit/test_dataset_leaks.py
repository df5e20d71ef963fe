"""Leaks between two splits, and questions that show their answer; questions and popularity by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from kedrec.dataset.data_card import features
from kedrec.dataset.leaks import check_leaks, drop_near_duplicates
from kedrec.dataset.negatives import CandidateMix
from kedrec.dataset.question_types import (
    CandidateEvidence,
    CitedPath,
    CitedStep,
    NamedEntity,
    Negative,
    Question,
    Reference,
    StepStatement,
)
from kedrec.dataset.questions import EvidenceNumbering, question_id, renumber_citations, shuffle_candidates
from kedrec.dataset.same_entity import representatives
from kedrec.dataset.statistics import _share_right
from kedrec.errors import UsageError
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.dataset.hf_folder import SplitName

KIN: Any = SimpleNamespace(
    canonical_drug={"a": "a", "a-salt": "a", "b": "b", "c": "c"},
    canonical_disease={"x": "x", "x-synonym": "x", "y": "y"},
)
TEXT = "Because a inhibits G, which is linked to x, it may help in x [P1]."


def question(
    drug: str, disease: str, *, wrong: str = "c", text: str = "", shown: str = "", group: str = ""
) -> Question:
    paths = ()
    if shown:
        step = CitedStep(
            relation="TREATS", forward=True, statements=(StepStatement(source="s", licence="CC0-1.0"),)
        )
        nodes = (Entity(id=shown, kind="Drug", name=shown), Entity(id=disease, kind="Disease", name=disease))
        paths = (CitedPath(id="P1", text="", template="t", metapath="m", nodes=nodes, steps=(step,)),)
    return Question(
        id=f"{drug} {disease} {wrong} {text}",
        disease=NamedEntity(id=disease, name=disease),
        candidates=(NamedEntity(id=drug, name=drug), NamedEntity(id=wrong, name=wrong)),
        answers=(drug,),
        negatives=(Negative(id=wrong, kind="hard"),),
        evidence=(CandidateEvidence(candidate=wrong, paths=paths),),
        reference=Reference(answer=drug, rationale=text, teacher="curated") if text else None,
        group=group or f"{drug} {disease}",
    )


def splits(train: Question, test: Question) -> Mapping[SplitName, list[Question]]:
    return {"train": [train], "validation": [], "test": [test]}


@pytest.mark.parametrize(
    ("config", "train", "test", "name"),
    [
        ("pair", question("a", "x"), question("a-salt", "x-synonym"), "pairs"),
        ("pair", question("a", "x", group="g"), question("b", "y", group="g"), "groups"),
        ("unseen_disease", question("a", "x"), question("b", "x-synonym"), "diseases"),
        ("unseen_drug", question("a", "x"), question("b", "y", wrong="a-salt"), "drugs"),
        (
            "pair",
            question("a", "x", text=TEXT),
            question("b", "y", text=TEXT.replace("[P1]", "[P4]")),
            "texts",
        ),
        ("pair", question("a", "x", shown="b"), question("b", "x"), "shown"),
        ("pair", question("a", "x", shown="a-salt"), question("b", "y", wrong="a"), "shown"),
    ],
)
def test_each_kind_of_leak_is_found(config: str, train: Question, test: Question, name: str) -> None:
    report = check_leaks({config: splits(train, test)}, KIN)
    assert getattr(report, name)[config] == 1
    assert name in report.summary()


def test_what_is_apart_is_no_leak() -> None:
    apart = splits(question("a", "x", text=TEXT), question("b", "y", text="b raises H, so it may help in y."))
    for config in ("pair", "unseen_disease"):
        assert not check_leaks({config: apart}, KIN).total
    assert check_leaks({"pair": apart}, KIN).summary() == "none"


def test_training_gives_way_to_a_test_question_of_nearly_its_rationale() -> None:
    kept, gone = drop_near_duplicates(splits(question("a", "x", text=TEXT), question("b", "y", text=TEXT)))
    assert (len(kept["train"]), len(kept["test"]), gone) == (0, 1, 1)


def test_the_best_known_is_right_by_its_share() -> None:
    assert _share_right({"a": 3, "b": 2, "c": 2}, ["a"]) == 1
    assert _share_right({"a": 2, "b": 2, "c": 1}, ["a"]) == 0.5
    assert _share_right({"a": 1, "b": 2, "c": 2}, ["a"]) == 0
    assert _share_right({"a": 3, "b": 2, "c": 2}, ["a", "b"]) == 0.75


def test_sets_grow_together() -> None:
    first = representatives([("c", "d"), ("b", "c"), ("x", "z")])
    assert first == {"b": "b", "c": "b", "d": "b", "x": "x", "z": "x"}


def test_a_question_id_and_order_tell_no_answer() -> None:
    id_ = question_id("pair", "DRUGBANK:DB1", "DOID:1", 0)
    assert "DB1" not in id_
    assert shuffle_candidates(["b", "a", "c"], id_) == shuffle_candidates(["c", "b", "a"], id_)
    places = {
        shuffle_candidates(["a", "b"], question_id("pair", "a", str(one), 0)).index("a") for one in range(20)
    }
    assert places == {0, 1}


def test_citations_are_numbered_over_all_candidates() -> None:
    numbers = EvidenceNumbering()
    assert [numbers.next(one) for one in ("P1", "P2", "A1", "P1")] == ["P1", "P2", "A1", "P3"]
    assert (
        renumber_citations("One [P1][P2], two [A1].", {"P1": "P7", "P2": "P1"}) == "One [P7][P1], two [A1]."
    )


def test_parts_of_a_question_fit() -> None:
    with pytest.raises(ValidationError, match="twice"):
        question("a", "x", wrong="a")
    whole = question("a", "x").model_dump()
    whole["negatives"] = [{"id": "b", "kind": "hard"}]
    with pytest.raises(ValidationError, match="aren't the candidates"):
        Question.model_validate(whole)


def test_every_column_has_a_type() -> None:
    columns = {column["name"]: column for column in features()}
    assert set(columns) == set(Question.model_fields)
    assert columns["answers"] == {"name": "answers", "list": "string"}
    assert {one["name"] for one in columns["reference"]["struct"]} == set(Reference.model_fields)


def test_a_recipe_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="more than the 3 wrong"):
        CandidateMix(4, 3, 1)
    with pytest.raises(UsageError, match="1 candidates"):
        CandidateMix(1, 0, 0)
