"""Texts of a model sorted by the gate: what holds and agrees with its target is taught, and preferred."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

import pytest

from kedrec.dataset.instructions import read_instructions
from kedrec.errors import DataError
from kedrec.evidence.verbalize import evidence_item
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.training.examples import Example, instruction
from kedrec.training.gated_samples import PREFERENCES, draw_samples, read_preferences, save_samples
from kedrec.types import Edge, Entity, Path, PathStep

DRUG = Entity(id="DRUGBANK:DB1", kind="Drug", name="imatinib")
GENE = Entity(id="NCBIGene:25", kind="Gene", name="ABL1")
DISEASE = Entity(id="DOID:8552", kind="Disease", name="chronic myeloid leukemia")


def step(start: Entity, relation: str, end: Entity, action: str = "", *, forward: bool = True) -> PathStep:
    ends = (start.id, end.id) if forward else (end.id, start.id)
    edge = Edge(start=ends[0], relation=relation, end=ends[1], source="s", licence="CC0-1.0", action=action)
    return PathStep(relation=relation, action=action, forward=forward, edges=(edge,))


PATH = Path(
    template="",
    metapath="",
    nodes=(DRUG, GENE, DISEASE),
    steps=(
        step(DRUG, "BINDS", GENE, "inhibitor"), step(GENE, "ASSOCIATED_WITH", DISEASE, forward=False)
    ),
)  # fmt: skip
ITEM = evidence_item(PATH, "P1", 1.0).model_copy(update={"role": "mechanism"})
GOOD = "By inhibiting ABL1, imatinib may help in chronic myeloid leukemia [P1]."
WEAK = "Imatinib, which inhibits ABL1, might be worth studying in chronic myeloid leukemia [P1]."
FALSE = "By activating ABL1, imatinib may help in chronic myeloid leukemia [P1]."
HALF = f"{GOOD} Imatinib is safe [P1]."


class Scripted:
    """Says the texts that it was given, in order."""

    info = ModelInfo("scripted", sha256="0" * 64, context=4096)

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.requests: list[ChatRequest] = []

    def chat(self, request: ChatRequest) -> ChatResponse:
        self.requests.append(request)
        return ChatResponse(self.texts.pop(0), "stop")

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        return [self.chat(request) for request in requests]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat(request).text

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def close(self) -> None:
        """Nothing is held."""


def example(target: str = GOOD) -> Example:
    return Example(DRUG, DISEASE, "curated", (ITEM,), (), target)


def test_what_holds_is_learned_and_preferred_to_the_worst_that_is_struck() -> None:
    model = Scripted(GOOD, HALF, FALSE, GOOD)
    drawn = draw_samples(model, [example()], texts=4, seed=5)
    assert [(request.seed, request.temperature) for request in model.requests] == [
        (5, 0.0), (6, 0.8), (7, 0.8), (8, 0.8)
    ]  # fmt: skip
    assert (drawn.texts, drawn.whole) == (4, 1)  # the same text again is one
    assert [item.target for item in drawn.instructions] == [GOOD]
    [preference] = drawn.preferences
    assert (preference.chosen, preference.rejected) == (GOOD, FALSE)
    assert preference.messages == instruction(example()).messages  # as training and answers ask


def test_a_text_that_holds_but_says_another_verdict_teaches_nothing() -> None:
    drawn = draw_samples(Scripted(WEAK, FALSE), [example()], texts=2, seed=1)
    assert (drawn.whole, drawn.instructions, drawn.preferences) == (0, [], [])
    drawn = draw_samples(Scripted(WEAK, FALSE), [example(WEAK)], texts=2, seed=1)
    assert [one.chosen for one in drawn.preferences] == [WEAK]


def test_without_a_struck_text_there_is_no_preference() -> None:
    drawn = draw_samples(Scripted(GOOD, GOOD, FALSE, FALSE), [example(), example()], texts=2, seed=1)
    assert len(drawn.instructions) == 1
    assert drawn.preferences == []


def test_samples_are_a_data_set_to_train_on(tmp_path: FilePath) -> None:
    drawn = draw_samples(Scripted(GOOD, FALSE), [example()], texts=2, seed=1)
    save_samples(drawn, [instruction(example())], tmp_path)
    assert read_preferences(tmp_path / PREFERENCES) == drawn.preferences
    for split in ("train", "validation"):
        [item] = read_instructions(tmp_path, split).items  # type: ignore[arg-type]
        assert (item.messages, item.target) == (instruction(example()).messages, GOOD)


def test_files_without_preferences_are_refused(tmp_path: FilePath) -> None:
    path = tmp_path / PREFERENCES
    with pytest.raises(DataError, match="can't be read as preferences"):
        read_preferences(path)
    path.write_text('{"prompt": 3}\n')
    with pytest.raises(DataError, match="can't be read as preferences"):
        read_preferences(path)
    path.write_text("\n")
    with pytest.raises(DataError, match="has no preferences"):
        read_preferences(path)
