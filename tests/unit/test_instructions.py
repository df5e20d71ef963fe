"""Instructions from a data set's questions: by the prompts that answering uses, with targets that hold."""

from __future__ import annotations

from pathlib import Path as FilePath

import pytest

from kedrec.dataset.hf_folder import SPLITS, write_note, write_questions
from kedrec.dataset.instructions import KINDS, read_instructions
from kedrec.dataset.question_types import CandidateEvidence, CitedPath, NamedEntity, Negative, Question
from kedrec.errors import DataError
from kedrec.evaluation.selection_asking import hide_label
from kedrec.evaluation.selection_llm import parse_answer
from kedrec.evidence.verbalize import evidence_item
from kedrec.grounding import check
from kedrec.grounding.verdict_table import states_verdict
from kedrec.llm.prompting import fill_template
from kedrec.types import Edge, Entity, Evidence, Path, PathStep

DISEASE = Entity(id="DOID:8552", kind="Disease", name="chronic myeloid leukemia")
RIGHT = Entity(id="DRUGBANK:DB1", kind="Drug", name="imatinib")
WRONG = Entity(id="DRUGBANK:DB2", kind="Drug", name="warfarin")
NAMELESS = Entity(id="DRUGBANK:DB3", kind="Drug", name="emptiness")


def step(start: Entity, relation: str, end: Entity, action: str = "", *, forward: bool = True) -> PathStep:
    ends = (start.id, end.id) if forward else (end.id, start.id)
    statement = Edge(
        start=ends[0], relation=relation, end=ends[1], source="s", licence="CC0-1.0", action=action
    )
    return PathStep(relation=relation, action=action, forward=forward, edges=(statement,))


def inhibition(drug: Entity, gene: str, id_: str) -> Evidence:
    target = Entity(id=f"NCBIGene:{id_[1:]}", kind="Gene", name=gene)
    steps = (
        step(drug, "BINDS", target, "inhibitor"),
        step(target, "ASSOCIATED_WITH", DISEASE, forward=False),
    )
    return evidence_item(Path(template="", metapath="", nodes=(drug, target, DISEASE), steps=steps), id_, 0.5)


def contraindication(drug: Entity, id_: str) -> Evidence:
    path = Path(
        template="", metapath="", nodes=(drug, DISEASE), steps=(step(drug, "CONTRAINDICATED_FOR", DISEASE),)
    )
    return evidence_item(path, id_, 0.5).model_copy(update={"stance": "adverse"})


def question(number: int) -> Question:
    def cited(*items: Evidence) -> tuple[CitedPath, ...]:
        return tuple(CitedPath.of(item) for item in items)

    return Question(
        id=f"q{number}",
        disease=NamedEntity(id=DISEASE.id, name=DISEASE.name),
        candidates=tuple(NamedEntity(id=one.id, name=one.name) for one in (RIGHT, WRONG, NAMELESS)),
        answers=(RIGHT.id,),
        negatives=tuple(Negative(id=one.id, kind="random") for one in (WRONG, NAMELESS)),
        evidence=(
            CandidateEvidence(
                candidate=RIGHT.id,
                paths=cited(inhibition(RIGHT, "ABL1", "P1"), inhibition(RIGHT, "KIT", "P2")),
            ),
            CandidateEvidence(
                candidate=WRONG.id,
                paths=cited(inhibition(WRONG, "VKORC1", "P3"), contraindication(WRONG, "A1")),
            ),
            CandidateEvidence(candidate=NAMELESS.id),
        ),
    )


@pytest.fixture
def folder(tmp_path: FilePath) -> FilePath:
    for split in SPLITS:
        count = 6 if split == "train" else 0
        write_questions(tmp_path, "pair", split, [question(number) for number in range(count)])
    write_note(tmp_path, "exprxrec", ["pair"], {})
    return tmp_path


def test_every_kind_is_asked_as_in_use_and_its_target_holds(folder: FilePath) -> None:
    result = read_instructions(folder, "train", seed=1)
    assert set(result.kinds) == {"rationale", "contraindication", "selection"}
    system = fill_template("rationale-v1", {"drug": "", "disease": "", "evidence": ""})[0]
    for item in result.items:
        if item.kind == "selection":
            continue
        assert item.messages[0] == system
        drug = RIGHT if item.kind == "rationale" else WRONG
        assert f"Why may {drug.name} help in {DISEASE.name}?" in item.messages[1].content
        shown = [line.split("] ") for line in item.messages[1].content.splitlines() if line.startswith("[")]
        evidence = []
        for id_, sentence in shown:
            [original] = [
                one
                for one in (
                    inhibition(RIGHT, "ABL1", "P1"), inhibition(RIGHT, "KIT", "P2"),
                    inhibition(WRONG, "VKORC1", "P3"), contraindication(WRONG, "A1"),
                )
                if one.sentence == sentence
            ]  # fmt: skip
            evidence.append(original.model_copy(update={"id": id_[1:]}))
        claims = check(item.target, drug, DISEASE, evidence).claims
        assert len(claims) >= 2
        assert [claim.status for claim in claims] == ["holds"] * len(claims), item.target


def test_nothing_speaks_for_a_contraindicated_drug(folder: FilePath) -> None:
    items = read_instructions(folder, "train", kinds=["contraindication"], seed=3).items
    assert items
    for item in items:
        assert "[A" in item.target
        assert not states_verdict(item.target)


def test_a_choice_is_read_as_it_is_written(folder: FilePath) -> None:
    items = read_instructions(folder, "train", kinds=["selection"], seed=3).items
    assert len(items) == 6
    assert len({item.messages[1].content for item in items}) > 1  # order and number of paths vary
    blind = hide_label(question(0), seed=0, most=1)
    assert blind is not None
    for item in items:
        answer = parse_answer(blind, item.target)
        assert answer.chosen == (RIGHT.id,)
        assert all(f"[{id_}]" in item.messages[1].content for id_ in answer.cited)
        assert answer.cited


def test_the_same_seed_gives_the_same_and_an_empty_split_is_an_error(folder: FilePath) -> None:
    assert (
        read_instructions(folder, "train", seed=1).items == read_instructions(folder, "train", seed=1).items
    )
    assert (
        read_instructions(folder, "train", seed=1).items != read_instructions(folder, "train", seed=2).items
    )
    assert read_instructions(folder, "validation", kinds=KINDS).items == []
    write_questions(folder, "pair", "train", [])
    with pytest.raises(DataError, match="gives no instruction"):
        read_instructions(folder, "train")
