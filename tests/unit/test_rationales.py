"""Rationales against a data set's own: wording, what holds, and predictions in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

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
from kedrec.errors import DataError, UsageError
from kedrec.evaluation.rationales import (
    markdown,
    plain_rationales,
    questions_with_reference,
    read_predictions,
    score_rationales,
    write_rationales,
)
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.types import Entity

SAID = "Imatinib binds ABL1, which is associated with leukemia"


def question(number: int, reference: str = f"{SAID} [P1].") -> Question:
    nodes = (
        Entity(id="D:1", kind="Drug", name="imatinib"),
        Entity(id="G:1", kind="Gene", name="ABL1"),
        Entity(id="X:1", kind="Disease", name="leukemia"),
    )
    stated = (StepStatement(source="made-up", licence="CC0-1.0"),)
    steps = (
        CitedStep(relation="BINDS", forward=True, statements=stated),
        CitedStep(relation="ASSOCIATED_WITH", forward=False, statements=stated),
    )
    path = CitedPath(
        id="P1", text=SAID, score=1.0, template="x", metapath="Drug BINDS Gene", nodes=nodes, steps=steps
    )
    return Question(
        id=f"q{number}",
        disease=NamedEntity(id="X:1", name="leukemia"),
        candidates=(NamedEntity(id="D:1", name="imatinib"), NamedEntity(id="D:2", name="aspirin")),
        answers=("D:1",),
        negatives=(Negative(id="D:2", kind="random"),),
        evidence=(CandidateEvidence(candidate="D:1", paths=(path,)),),
        reference=Reference(answer="D:1", rationale=reference, teacher="curated"),
    )


def test_the_same_words_hold_and_match_whatever_they_cite() -> None:
    found = score_rationales("x", [question(1), question(2)], {"q1": f"{SAID} [P1]."}, seed=1)
    assert (found.rationales, found.missing) == (1, 1)
    assert found.rouge1[0] == found.rouge2[0] == found.rougeL[0] == 1.0
    assert found.precision[0] == found.coverage[0] == 1.0
    assert found.words[0] == found.reference_words[0] == 8
    assert "1.000" in markdown([found])


def test_what_is_not_cited_or_not_so_does_not_hold() -> None:
    texts = {"q1": f"{SAID}.", "q2": "Imatinib cures leukemia [P1]."}
    found = score_rationales("x", [question(1), question(2)], texts, seed=1)
    assert found.precision[0] == 0.0
    assert found.coverage[0] == 0.0
    assert 0 < found.rouge1[0] < 1


def test_only_questions_with_a_reference_count() -> None:
    bare = question(3).model_copy(update={"reference": None})
    assert [one.id for one in questions_with_reference(iter([bare, question(1), question(2)]), limit=1)] == [
        "q1"
    ]
    with pytest.raises(UsageError, match="No question"):
        score_rationales("x", [question(1)], {"other": "text"}, seed=1)


def test_predictions_are_read_and_bad_lines_told(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text(json.dumps({"id": "q1", "rationale": "text"}) + "\n\n", encoding="utf-8")
    assert read_predictions(path) == {"q1": "text"}
    path.write_text('{"id": "q1"}\n', encoding="utf-8")
    with pytest.raises(DataError, match="Line 1"):
        read_predictions(path)
    with pytest.raises(DataError, match="can't be read"):
        read_predictions(tmp_path / "none.jsonl")


class Obedient:
    """A model that obeys grammars, and stores the requests."""

    info = ModelInfo(name="obedient", sha256="0" * 64, grammars=True, context=4096)

    def __init__(self) -> None:
        self.requests: list[ChatRequest] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        self.requests += requests
        return [ChatResponse(f"{SAID} [P1].", "stop") for _ in requests]


def test_a_model_goes_along_the_paths_and_the_evidence_has_its_own_wording() -> None:
    model = Obedient()
    bare = question(2).model_copy(update={"evidence": ()})
    written = dict(write_rationales(model, [question(1), bare], seed=1))  # type: ignore[arg-type]
    assert written == {"q1": f"{SAID} [P1]."}
    assert "path0x0 ::=" in model.requests[0].grammar
    assert "mechanism " in model.requests[0].grammar.split("verdict0 ::=")[1].splitlines()[0]
    assert plain_rationales([question(1), bare]) == {"q1": f"{SAID} [P1]."}
