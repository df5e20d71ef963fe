"""Instructions from a data set's questions: by the prompts that answering uses, with targets that hold."""

from __future__ import annotations

from pathlib import Path as FilePath
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from kedrec.dataset.hf_folder import SPLITS, write_note, write_questions
from kedrec.dataset.instructions import KINDS, read_instructions
from kedrec.dataset.question_types import (
    CandidateEvidence,
    CitedPath,
    NamedEntity,
    Negative,
    Question,
    Reference,
    StepStatement,
)
from kedrec.errors import DataError
from kedrec.evaluation.selection_asking import hide_label
from kedrec.evaluation.selection_llm import parse_answer
from kedrec.evidence.verbalize import evidence_item
from kedrec.grounding import check
from kedrec.grounding.verdict_table import states_verdict
from kedrec.llm.graph_signal import GraphSignal
from kedrec.llm.prompting import fill_template
from kedrec.training.contrasts import write_contrast
from kedrec.training.instruction import Instruction, first_questions
from kedrec.training.targets import write_target
from kedrec.types import Edge, Entity, Evidence, Path, PathStep, TextSource, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    assert set(result.kinds) == set(KINDS) - {"weak"}
    system = fill_template("rationale-v1", {"drug": "", "disease": "", "evidence": ""})[0]
    for item in result.items:
        if item.kind not in ("rationale", "contraindication"):
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


def test_a_contrast_cites_both_drugs_and_holds(folder: FilePath) -> None:
    items = read_instructions(folder, "train", kinds=["contrast"], seed=3).items
    assert items
    evidence = [inhibition(RIGHT, "ABL1", "P1"), inhibition(RIGHT, "KIT", "P2")]
    others = [inhibition(WRONG, "VKORC1", "P3"), contraindication(WRONG, "A1")]
    for item in items:
        question_text = item.messages[1].content
        assert f"Why {RIGHT.name} for {DISEASE.name}, and not {WRONG.name}?" in question_text
        assert all(one.sentence in question_text for one in (*evidence, *others))
        claims = check(item.target, RIGHT, DISEASE, [*evidence, *others]).claims
        assert [claim.status for claim in claims] == ["holds", "holds"], item.target
        assert {citation.id for citation in claims[0].citations} <= {"P1", "P2"}
        assert [citation.id for citation in claims[1].citations] == ["A1"]
        assert states_verdict(claims[0].text)
        assert not states_verdict(claims[1].text)
    assert len({item.messages[1].content for item in items}) > 1  # the evidence's order varies


def test_drugs_that_the_evidence_does_not_tell_apart_are_not_contrasted() -> None:
    first, second = inhibition(RIGHT, "ABL1", "P1"), inhibition(WRONG, "VKORC1", "P3")
    assert not write_contrast((RIGHT, DISEASE), WRONG, [first], [second], Random(0))
    assert write_contrast((RIGHT, DISEASE), WRONG, [first], [contraindication(WRONG, "A1")], Random(0))
    assert not write_contrast(
        (RIGHT, DISEASE),
        WRONG,
        [first, contraindication(RIGHT, "A2")],
        [contraindication(WRONG, "A1")],
        Random(0),
    )


def test_a_judgement_is_by_the_evidence_and_an_abstention_by_none(folder: FilePath) -> None:
    items = read_instructions(folder, "train", kinds=["judgement", "abstention"], seed=3).items
    stances: dict[str, set[str]] = {}
    for item in items:
        text = item.messages[1].content
        name = text.partition("Drug: ")[2].splitlines()[0]
        shown = text.partition("Evidence:\n")[2].partition("\n\n")[0]
        stances.setdefault(f"{item.kind} {name}", set()).add(item.target)
        if item.kind == "abstention":
            assert shown == "- none" or name not in shown
            assert item.target == "nothing"
        else:
            assert name in shown
    assert stances[f"judgement {RIGHT.name}"] == {"for"}
    assert stances[f"judgement {WRONG.name}"] == {"against"}
    assert f"abstention {NAMELESS.name}" in stances


def judged(folder: FilePath, **options: Any) -> list[tuple[str, str, str, bool]]:
    """Drug, evidence, target and whether candidates are compared, of each judgement and abstention."""
    items = read_instructions(folder, "train", kinds=["judgement", "abstention"], seed=3, **options).items
    found = []
    for item in items:
        text = item.messages[1].content
        name = text.partition("Drug: ")[2].splitlines()[0]
        shown = text.partition("Evidence:\n")[2].partition("\n\n")[0]
        found.append((name, shown, item.target, bool(item.group)))
    return found


def test_half_of_the_judgements_are_told_the_signal_of_their_own_candidate(tmp_path: FilePath) -> None:
    bare = [question(number).model_copy(update={"evidence": ()}) for number in range(40)]
    for split in SPLITS:
        write_questions(tmp_path, "pair", split, bare if split == "train" else [])
    write_note(tmp_path, "exprxrec", ["pair"], {})
    places = {RIGHT.id: 5, WRONG.id: 50, NAMELESS.id: None}

    def signals(questions: Sequence[Question]) -> dict[str, dict[str, GraphSignal]]:
        assert [one.id for one in questions] == [f"q{number}" for number in range(40)]
        return {
            one.id: {id_: GraphSignal.of(place, ()) for id_, place in places.items()} for one in questions
        }

    found = judged(tmp_path, signals=signals)
    told = [(name, shown, target, group) for name, shown, target, group in found if "ranking" in shown]
    assert 0.3 * len(found) < len(told) < 0.7 * len(found)
    lines = {(name, shown.splitlines()[0], target, group) for name, shown, target, group in told}
    # Without any path the ranking alone speaks for the right drug, and the candidates are compared.
    assert lines == {
        (RIGHT.name, "- The ranking puts it among its first 10 drugs.", "for", True),
        (WRONG.name, "- The ranking puts it among its first 100 drugs.", "nothing", True),
        (NAMELESS.name, "- The ranking doesn't know it.", "nothing", True),
    }
    assert {(target, group) for _, shown, target, group in found if "ranking" not in shown} == {
        ("nothing", False)
    }
    assert [one for one in judged(tmp_path) if "ranking" in one[1]] == []


def test_only_what_the_licences_cover_is_shown(folder: FilePath) -> None:
    def licensed(path: CitedPath, *licences: str) -> CitedPath:
        steps = tuple(
            step.model_copy(
                update={"statements": tuple(StepStatement(source="s", licence=one) for one in licences)}
            )
            for step in path.steps
        )
        return path.model_copy(update={"steps": steps})

    def mixed(number: int) -> Question:
        first, second = question(number).paths(RIGHT.id)
        # A link that several sources state is covered by one of them; a path by all its links.
        free = licensed(first, "CC-BY-NC-4.0", "CC0-1.0")
        partly = licensed(second, "CC-BY-NC-4.0")
        partly = partly.model_copy(update={"steps": (free.steps[0], partly.steps[1])})
        part = CandidateEvidence(candidate=RIGHT.id, paths=(free, partly))
        others = question(number).evidence[1:]
        return question(number).model_copy(update={"evidence": (part, *others)})

    write_questions(folder, "pair", "train", [mixed(number) for number in range(6)])
    every = [item.messages[-1].content for item in read_instructions(folder, "train", seed=3).items]
    assert any("KIT" in text for text in every)
    items = read_instructions(folder, "train", seed=3, licences={"CC0-1.0"}).items
    covered = [f"{item.messages[-1].content} {item.target}" for item in items]
    assert any("ABL1" in text for text in covered)
    assert not [text for text in covered if "KIT" in text]
    none = read_instructions(folder, "train", kinds=["judgement", "abstention"], licences=set()).items
    assert {item.target for item in none} == {"nothing"}


def test_a_prompt_does_not_tell_which_candidate_is_right(tmp_path: FilePath) -> None:
    """With another label on the same question, the prompts about a candidate are the same."""

    def prompts(answer: Entity, out: FilePath) -> dict[str, set[str]]:
        labelled = [
            question(number).model_copy(
                update={
                    "answers": (answer.id,),
                    "negatives": tuple(
                        Negative(id=one.id, kind="hard") for one in (RIGHT, WRONG, NAMELESS) if one != answer
                    ),
                }
            )
            for number in range(6)
        ]
        for split in SPLITS:
            write_questions(out, "pair", split, labelled if split == "train" else [])
        write_note(out, "exprxrec", ["pair"], {})
        items = read_instructions(out, "train", kinds=["judgement", "selection"], seed=3).items
        return {kind: {item.messages[1].content for item in items if item.kind == kind} for kind in KINDS}

    first, second = prompts(RIGHT, tmp_path / "first"), prompts(WRONG, tmp_path / "second")
    assert first["judgement"] == second["judgement"]
    assert first["selection"] == second["selection"]


def test_whole_questions_are_measured_beside_instructions_by_themselves() -> None:
    groups = ["a", "", "b", "a", "c", "", "b", "", "a"]
    instructions = [Instruction("judgement", (), str(place), group) for place, group in enumerate(groups)]
    assert [one.target for one in first_questions(instructions, 2)] == ["0", "1", "2", "3", "5", "6", "8"]
    assert [one.target for one in first_questions(instructions, 1)] == ["0", "1", "3", "8"]
    assert first_questions([], 3) == []


def test_what_only_the_reference_knows_is_in_no_instruction(tmp_path: FilePath) -> None:
    secret = CitedPath.of(inhibition(RIGHT, "SECRETGENE", "P9"))
    reference = Reference(
        answer=RIGHT.id, rationale="It inhibits SECRETGENE [P9].", teacher="curated", evidence=(secret,)
    )
    questions = [question(number).model_copy(update={"reference": reference}) for number in range(6)]
    for split in SPLITS:
        write_questions(tmp_path, "pair", split, questions if split == "train" else [])
    write_note(tmp_path, "exprxrec", ["pair"], {})
    items = read_instructions(tmp_path, "train", seed=3).items
    assert {item.kind for item in items} >= {"rationale", "contrast", "selection", "judgement", "abstention"}
    assert not [item for item in items if "SECRETGENE" in f"{item.messages} {item.target}"]


def text_item(id_: str, **fields: object) -> Evidence:
    source = TextSource.model_validate(
        {"title": "t", "names": (RIGHT.id, DISEASE.id), "year": 2010, **fields}
    )
    adverse = source.trial is not None and bool(source.trial.adverse)
    return Evidence(
        id=id_,
        sentence=source.quote or source.title,
        text=source,
        stance="adverse" if adverse else "supports",
    )


TRIAL = TrialRecord(number="NCT1", status="completed", phase="phase 3", enrolment=120)
STOPPED = TrialRecord(number="NCT2", status="terminated", phase="phase 2", adverse="It was terminated.")
MISSED = TrialRecord(
    number="NCT3", status="completed", phase="phase 2", failed=True, adverse="It missed its outcome."
)
QUOTE = "Imatinib induced complete responses in chronic myeloid leukemia."


@pytest.mark.parametrize(
    ("texts", "cited", "words"),
    [
        ([text_item("T1", document="trials:1", trial=TRIAL)], "T1", "completed phase 3 trial"),
        ([text_item("T1", document="trials:2", trial=STOPPED)], "T1", "terminated"),
        ([text_item("T1", document="trials:3", trial=MISSED)], "T1", "missed its primary outcome"),
        ([text_item("L1", document="pubmed:1", quote=QUOTE)], "L1", "induced complete responses"),
        (
            [
                text_item("T1", document="trials:1", trial=TRIAL),
                text_item("T2", document="trials:2", trial=STOPPED),
            ],
            "T2",
            "terminated",
        ),
    ],
)
def test_a_target_says_what_a_text_says_and_holds(texts: list[Evidence], cited: str, words: str) -> None:
    evidence = [inhibition(RIGHT, "ABL1", "P1"), inhibition(RIGHT, "KIT", "P2")]
    for seed in range(5):
        target = write_target(RIGHT, DISEASE, evidence, [], Random(seed), texts=texts)
        claims = check(target, RIGHT, DISEASE, evidence, texts=texts).claims
        assert [claim.status for claim in claims] == ["holds"] * len(claims), target
        assert [citation.id for citation in claims[-1].citations] == [cited]
        assert words in claims[-1].text


def test_a_text_that_says_nothing_of_its_own_is_not_told() -> None:
    evidence = [inhibition(RIGHT, "ABL1", "P1"), inhibition(RIGHT, "KIT", "P2")]
    asks = text_item("L1", document="pubmed:1", quote="Does imatinib help in chronic myeloid leukemia?")
    other = text_item("T1", document="trials:1", trial=TRIAL, names=(DISEASE.id,))
    target = write_target(RIGHT, DISEASE, evidence, [], Random(0), texts=[asks, other])
    assert target
    assert "[L1]" not in target
    assert "[T1]" not in target
