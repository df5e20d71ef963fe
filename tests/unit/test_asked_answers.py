"""Answers that a data set asks for in any config: taught nowhere, neither as an answer nor by a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kedrec.dataset.asked_answers import asked_answers, training_question
from kedrec.dataset.hf_folder import SPLITS, DataSet, SplitName, write_note, write_questions
from kedrec.dataset.instructions import read_instructions
from kedrec.dataset.question_types import CandidateEvidence, CitedPath, NamedEntity, Negative, Question
from kedrec.evidence.verbalize import evidence_item
from kedrec.training.holdout import AskedAnswers
from kedrec.types import Edge, Entity, Path, PathStep

if TYPE_CHECKING:
    from pathlib import Path as FilePath


def drug(number: int) -> Entity:
    return Entity(id=f"DRUGBANK:DB{number}", kind="Drug", name=f"drug {number}")


def disease(number: int) -> Entity:
    return Entity(id=f"DOID:{number}", kind="Disease", name=f"disease {number}")


def step(start: Entity, relation: str, end: Entity, *, forward: bool = True) -> PathStep:
    ends = (start.id, end.id) if forward else (end.id, start.id)
    edge = Edge(start=ends[0], relation=relation, end=ends[1], source="s", licence="CC0-1.0")
    return PathStep(relation=relation, forward=forward, edges=(edge,))


def by_target(one: Entity, other: Entity, id_: str) -> CitedPath:
    gene = Entity(id="NCBIGene:1", kind="Gene", name="GENE1")
    steps = (step(one, "BINDS", gene), step(gene, "ASSOCIATED_WITH", other, forward=False))
    return CitedPath.of(
        evidence_item(Path(template="", metapath="", nodes=(one, gene, other), steps=steps), id_, 0.5)
    )


def by_analogy(one: Entity, similar: Entity, other: Entity, id_: str) -> CitedPath:
    steps = (step(one, "TREATS", similar), step(similar, "RESEMBLES", other))
    path = Path(template="", metapath="", nodes=(one, similar, other), steps=steps)
    return CitedPath.of(evidence_item(path, id_, 0.5))


def question(right: int, other: int, wrong: tuple[int, ...] = (8, 9), *, similar: int = 70) -> Question:
    """Which drug treats a disease? Each candidate has a path by a gene and one by a similar disease."""
    candidates = [drug(number) for number in (right, *wrong)]
    paths = [
        (
            by_target(one, disease(other), f"P{2 * number + 1}"),
            by_analogy(one, disease(similar), disease(other), f"P{2 * number + 2}"),
        )
        for number, one in enumerate(candidates)
    ]
    return Question(
        id=f"q{right}-{other}",
        disease=NamedEntity(id=disease(other).id, name=disease(other).name),
        candidates=tuple(NamedEntity(id=one.id, name=one.name) for one in candidates),
        answers=(drug(right).id,),
        negatives=tuple(Negative(id=drug(number).id, kind="random") for number in wrong),
        evidence=tuple(
            CandidateEvidence(candidate=one.id, paths=each)
            for one, each in zip(candidates, paths, strict=True)
        ),
    )


QUESTIONS: dict[str, dict[SplitName, list[Question]]] = {
    "pair": {"train": [], "validation": [], "test": [question(1, 50)]},
    "unseen_disease": {
        "train": [
            question(1, 50),  # a test pair of `pair`
            question(2, 50),  # the drug is asked about in `unseen_drug`
            question(3, 50, (8, 2)),  # and so is a wrong candidate
            question(4, 50, similar=60),  # a path by a treatment of a disease that is asked about
            question(5, 50),
        ],
        "validation": [question(6, 60)],
        "test": [question(7, 61)],
    },
    "unseen_drug": {"train": [], "validation": [], "test": [question(2, 51, (10,))]},
}


@pytest.fixture
def folder(tmp_path: FilePath) -> FilePath:
    for config, parts in QUESTIONS.items():
        for split in SPLITS:
            write_questions(tmp_path, config, split, parts[split])
    write_note(tmp_path, "exprxrec", list(QUESTIONS), {})
    return tmp_path


def test_what_is_asked_is_read_from_validation_and_test_of_every_config(folder: FilePath) -> None:
    asked = asked_answers(DataSet(folder))
    assert asked.diseases == {"DOID:60", "DOID:61"}
    assert asked.drugs == {"DRUGBANK:DB2", "DRUGBANK:DB10"}
    assert ("DRUGBANK:DB1", "DOID:50") in asked.pairs
    assert ("DRUGBANK:DB5", "DOID:50") not in asked.pairs


def test_training_questions_have_nothing_that_is_asked(folder: FilePath) -> None:
    asked = asked_answers(DataSet(folder))
    reduced = [training_question(one, asked) for one in QUESTIONS["unseen_disease"]["train"]]
    assert [one is not None for one in reduced] == [False, False, True, True, True]
    without_drug, without_path, whole = (one for one in reduced if one is not None)
    assert [one.id for one in without_drug.candidates] == ["DRUGBANK:DB3", "DRUGBANK:DB8"]
    assert [len(part.paths) for part in without_path.evidence] == [1, 1, 1]
    assert whole == QUESTIONS["unseen_disease"]["train"][4]


def test_a_student_of_all_configs_is_taught_nothing_that_one_asks(folder: FilePath) -> None:
    items = read_instructions(folder, "train", kinds=["judgement", "selection"], seed=1).items
    text = "\n".join(f"{item.messages[1].content} {item.target}" for item in items)
    assert "drug 3" in text
    for absent in ("drug 1 ", "drug 2 ", "drug 2\n", "drug 10", "disease 60", "disease 61"):
        assert absent not in text
    named = read_instructions(folder, "train", config="unseen_disease", kinds=["judgement"], seed=1).items
    assert any("drug 2" in item.messages[1].content for item in named)  # of that config alone


def test_the_right_candidate_of_a_group_is_the_one_that_is_judged_for(folder: FilePath) -> None:
    items = read_instructions(folder, "train", kinds=["judgement", "abstention"], seed=1).items
    groups = {item.group for item in items if item.group}
    assert groups == {"q3-50", "q4-50", "q5-50"}
    for group in groups:
        right = [item for item in items if item.group == group and item.right]
        assert [item.target for item in right] == ["for"]
        assert f"Drug: drug {group[1]}\n" in right[0].messages[1].content


def test_a_link_that_is_asked_for_is_seen_in_either_direction() -> None:
    asked = AskedAnswers(frozenset({("DRUGBANK:DB1", "DOID:1")}), frozenset({"DOID:2"}), frozenset())
    gene = Entity(id="NCBIGene:1", kind="Gene", name="G")
    assert asked.shown_by([drug(5), gene, disease(1), drug(1)])
    assert asked.shown_by([drug(1), disease(1)])
    assert asked.shown_by([drug(7), disease(2)])
    assert not asked.shown_by([drug(1), gene, disease(1)])
    assert not asked.shown_by([drug(2), disease(1)])
