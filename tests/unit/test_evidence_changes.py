"""Evidence changed after a rationale was written: a text that rests on it follows, one that doesn't stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from kedrec.answers.candidates import Candidate
from kedrec.answers.rationales import check_text, write_rationales
from kedrec.evaluation.evidence_changes import ChangedTexts, evaluate_changes, markdown
from kedrec.evaluation.lexical_entailment import follows
from kedrec.evidence.pair_evidence import PairEvidence
from kedrec.evidence.verbalize import evidence_item
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.ranking import PairScore
from kedrec.types import Edge, Entity, Evidence, Path, PathStep, Safety, Texts


def node(kind: str, name: str) -> Entity:
    return Entity(id=f"X:{name.replace(' ', '')}", kind=kind, name=name)


def step(start: Entity, relation: str, end: Entity, action: str = "", *, forward: bool = True) -> PathStep:
    ends = (start.id, end.id) if forward else (end.id, start.id)
    edge = Edge(start=ends[0], relation=relation, end=ends[1], source="s", licence="CC0-1.0", action=action)
    return PathStep(relation=relation, action=action, forward=forward, edges=(edge,))


def inhibition(drug: Entity, gene: str, disease: Entity, id_: str, score: float = 0.5) -> Evidence:
    target = node("Gene", gene)
    steps = (
        step(drug, "BINDS", target, "inhibitor"), step(target, "ASSOCIATED_WITH", disease, forward=False)
    )  # fmt: skip
    path = Path(template="", metapath="", nodes=(drug, target, disease), steps=steps)
    return evidence_item(path, id_, score).model_copy(update={"role": "mechanism"})


def pair(number: int) -> Candidate:
    drug, disease = node("Drug", f"drug{number}"), node("Disease", f"disease {number}")
    evidence = tuple(
        inhibition(drug, f"GENE{number}{letter}", disease, f"P{place}", 0.25)
        for place, letter in enumerate("ABCD", 1)
    )
    score = PairScore(
        drug=drug.id, disease=disease.id, score=0.0, probability=0.3, low=0.2, high=0.4, prior=0.1,
        drug_percentile=50.0, disease_percentile=50.0, unseen=False, known=(), informed=True,
        _ranker=cast("Any", None), _position=(0, 0),
    )  # fmt: skip
    return Candidate(score, PairEvidence(drug, disease, evidence, (), 4, 1), Safety(), (), Texts())


PAIRS = [pair(number) for number in range(3)]


class Reader:
    """A model that says what a line of its prompt says, chosen by `line`."""

    info = ModelInfo(name="reader", sha256="0" * 64)

    def __init__(self, line: Callable[[list[str]], str]) -> None:
        self._line = line

    def chat(self, request: ChatRequest) -> ChatResponse:
        text = request.messages[-1].content
        lines = [line for line in text.splitlines() if re.match(r"\[P\d\] ", line)]
        drug, disease = re.findall(r"drug\d|disease \d", text)[:2]
        id_, _, sentence = self._line(lines).partition("] ")
        verb = re.search(r"(inhibits|activates) (\w+)", sentence)
        if verb is None:
            return ChatResponse("Nothing is known [P1].", "stop")
        gerund = {"inhibits": "inhibiting", "activates": "activating"}[verb[1]]
        return ChatResponse(f"By {gerund} {verb[2]}, {drug} may help in {disease} {id_}].", "stop")

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        return [self.chat(request) for request in requests]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat(request).text

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def close(self) -> None:
        """Nothing is held."""


def changed(model: Reader) -> dict[str, ChangedTexts]:
    rationales = [one.rationale for one in write_rationales(model, PAIRS, seed=1, most=1)]
    assert all(rationale.origin == "llm" for rationale in rationales)
    return {one.change: one for one in evaluate_changes(model, PAIRS, rationales, seed=1)}


def test_a_text_that_rests_on_its_evidence_follows_every_change_but_the_irrelevant_one() -> None:
    results = changed(Reader(lambda lines: lines[0]))
    assert [one.rationales for one in results.values()] == [3, 3, 3, 3]
    assert [one.unmoved for one in results.values()] == [0, 0, 0, 3]
    assert results["inverted"].struck == 3  # of an inhibition that is an activation now
    assert results["irrelevant"].struck == 0
    assert not results["irrelevant"].examples


def test_a_text_that_hangs_on_what_it_does_not_cite_is_counted() -> None:
    """Its model takes the middle one of the lines, so that it tells another path where others are gone."""
    results = changed(Reader(lambda lines: lines[len(lines) // 2]))
    assert results["irrelevant"].rewritten == 3
    assert results["irrelevant"].unmoved == 0
    assert "inhibiting GENE0" in results["irrelevant"].examples[0]
    table = markdown("reader", list(results.values())).splitlines()
    assert "| irrelevant | 3 | 0 | 3 | 3 (100%) | 0 |" in table


def test_a_text_holds_on_its_own_evidence_when_it_is_checked_again() -> None:
    [written, *_] = write_rationales(Reader(lambda lines: lines[0]), PAIRS, seed=1, most=1)
    again = check_text(PAIRS[0], written.rationale.text)
    assert [claim.status for claim in again.claims] == ["holds"]
    weaker = replace(PAIRS[0], score=replace(PAIRS[0].score, probability=0.01))
    assert "worth" in check_text(weaker, written.rationale.text).claims[0].text  # the verdict is reworded


DRUG, DISEASE = node("Drug", "imatinib"), node("Disease", "leukemia")
CITED = inhibition(DRUG, "ABL1", DISEASE, "P1")
OTHER = inhibition(DRUG, "KIT", DISEASE, "P2")


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("By blocking ABL1, imatinib may help in leukemia", True),
        ("It reduces the activity of ABL1, which is linked to leukemia", True),
        ("ABL1 is associated with leukemia", True),
        ("Imatinib activates ABL1, which is linked to leukemia", False),
        ("Imatinib inhibits KIT, which is linked to leukemia", False),
        ("Imatinib may help in leukemia", False),
        ("Imatinib does not inhibit ABL1", False),
        ("Imatinib inhibits ABL1 in 45 patients", False),
    ],
)
def test_names_and_negative_words_tell_what_follows(claim: str, expected: bool) -> None:
    assert follows(claim, [CITED], [CITED, OTHER]) is expected


def test_a_name_between_two_that_are_not_told_is_a_skipped_link() -> None:
    process = node("BiologicalProcess", "cell growth")
    gene = node("Gene", "ABL1")
    steps = (
        step(DRUG, "BINDS", gene, "inhibitor"), step(gene, "PARTICIPATES_IN", process),
        step(process, "CORRELATED_WITH", DISEASE),
    )  # fmt: skip
    item = evidence_item(
        Path(template="", metapath="", nodes=(DRUG, gene, process, DISEASE), steps=steps), "P1", 1.0
    )
    assert follows("Imatinib inhibits ABL1, which takes part in cell growth", [item], [item])
    assert not follows("Imatinib inhibits cell growth", [item], [item])
    assert not follows("Imatinib inhibits ABL1", [], [item])


def test_a_list_has_the_words_of_one_link_and_not_those_of_another_sign() -> None:
    drug, disease = node("Drug", "imatinib"), node("Disease", "leukemia")
    alike = [inhibition(drug, gene, disease, f"P{place}") for place, gene in enumerate(("ABL1", "KIT"), 1)]
    assert follows("Imatinib inhibits ABL1 and KIT, each of which is linked to leukemia", alike, alike)
    assert not follows("Imatinib activates ABL1 and KIT, each of which is linked to leukemia", alike, alike)
    assert not follows(
        "Imatinib inhibits ABL1 and KIT, each of which is linked to leukemia", alike[:1], alike
    )
