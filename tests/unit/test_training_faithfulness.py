"""Counting what holds: every sentence of the model's own, none of the evidence's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from kedrec.answers.candidates import Candidate
from kedrec.evaluation.curated_firsts import CuratedFirsts, count_curated_firsts
from kedrec.evaluation.faithfulness import error_class, evaluate, markdown
from kedrec.evidence.pair_evidence import PairEvidence
from kedrec.evidence.verbalize import evidence_item
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.ranking import PairScore
from kedrec.types import Citation, Edge, Entity, Path, PathStep, Safety, Texts

DRUG = Entity(id="DRUGBANK:DB1", kind="Drug", name="imatinib")
GENE = Entity(id="NCBIGene:25", kind="Gene", name="ABL1")
DISEASE = Entity(id="DOID:8552", kind="Disease", name="chronic myeloid leukemia")


def edge(start: Entity, relation: str, end: Entity, action: str = "") -> tuple[Edge, ...]:
    return (
        Edge(start=start.id, relation=relation, end=end.id, source="s", licence="CC0-1.0", action=action),
    )


PATH = Path(
    template="",
    metapath="",
    nodes=(DRUG, GENE, DISEASE),
    steps=(
        PathStep(
            relation="BINDS",
            action="inhibitor",
            forward=True,
            edges=edge(DRUG, "BINDS", GENE, "inhibitor"),
        ),
        PathStep(relation="ASSOCIATED_WITH", forward=False, edges=edge(DISEASE, "ASSOCIATED_WITH", GENE)),
    ),
)
SCORE = PairScore(
    drug=DRUG.id, disease=DISEASE.id, score=0.0, probability=0.3, low=0.2, high=0.4, prior=0.1,
    drug_percentile=50.0, disease_percentile=50.0, unseen=False, known=(), informed=True,
    _ranker=cast("Any", None), _position=(0, 0),
)  # fmt: skip
ITEM = evidence_item(PATH, "P1", 1.0).model_copy(update={"role": "mechanism"})
PAIR = Candidate(SCORE, PairEvidence(DRUG, DISEASE, (ITEM,), (), 1, 1), Safety(), (), Texts())
GOOD = "Imatinib may help in chronic myeloid leukemia because it inhibits ABL1 [P1]."


class Scripted:
    """A model that says what it was given to say."""

    info = ModelInfo(name="scripted", sha256="0" * 64, adapter="lines")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)

    def chat(self, request: ChatRequest) -> ChatResponse:
        assert "[P1] imatinib inhibits ABL1" in request.messages[1].content
        return ChatResponse(self.texts.pop(0), "stop")

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat(request).text

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        return [self.chat(request) for request in requests]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def close(self) -> None:
        pass


def test_counts_what_holds_and_what_is_struck() -> None:
    texts = [
        f"{GOOD} ABL1 is associated with chronic myeloid leukemia [P1].",
        f"{GOOD} Imatinib activates ABL1 [P1].",
        "Imatinib cures leukemia [P1]. It is safe.",
        "",
    ]
    figures, answers = evaluate(Scripted(texts), [PAIR] * 4, seed=1, drafts=1)
    assert (figures.pairs, figures.claims, figures.held) == (4, 6, 3)
    assert figures.struck == {"claims more": 1, "no citation": 1, "relation or direction": 1}
    assert (figures.empty, figures.whole, figures.verdicts) == (2, 1, 2)
    assert figures.distinct == 2
    assert figures.coverage == pytest.approx(0.5)
    assert figures.model == "scripted + lines"
    assert [answer.holding_count for answer in answers] == [2, 1, 0, 0]


@pytest.mark.parametrize(
    ("probability", "known", "verb"),
    [(0.3, (), "may help in"), (0.01, (), "might be worth studying in"), (0.0001, ("s",), "may help in")],
)
def test_a_verdict_is_judged_by_the_pair_as_in_an_answer(
    probability: float, known: tuple[str, ...], verb: str
) -> None:
    """The gate that measures lets no stronger verdict pass than the gate of answers, and words it alike."""
    pair = replace(PAIR, score=replace(SCORE, probability=probability, known=known))
    _, [answer] = evaluate(Scripted([GOOD]), [pair], seed=1, drafts=1)
    assert verb in answer.rationale.claims[0].text
    assert answer.rationale.reworded == (verb not in GOOD)
    untried = GOOD.replace("may help in", "might be worth studying in")
    _, [answer] = evaluate(Scripted([untried]), [pair], seed=1, drafts=1)
    assert verb in answer.rationale.claims[0].text


def test_the_table_stands_models_side_by_side() -> None:
    good, _ = evaluate(Scripted([GOOD]), [PAIR], seed=1, drafts=1)
    bad, _ = evaluate(Scripted(["Imatinib cures it."]), [PAIR], seed=1, drafts=1)
    lines = markdown([bad, good]).splitlines()
    assert lines[0] == "| | scripted + lines | scripted + lines |"
    assert "| claims that hold | 0 (0.0%) | 1 (100.0%) |" in lines
    assert "| struck: no citation | 1 | 0 |" in lines
    assert "| rationales with none left | 1 (100.0%) | 0 (0.0%) |" in lines


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        ("It cites no evidence.", "no citation"),
        ("It cites [P99], and there is no such evidence.", "cites what isn't there"),
        ("It also cites [P3], which doesn't say this.", "cites what doesn't bear on it"),
        ("It names X, which [P1] doesn't contain.", "names what the path doesn't hold"),
        ("It says that A inhibits B, which [P1] doesn't say.", "relation or direction"),
        ("It says 'bone', which isn't in the evidence it cites.", "words of its own"),
        ("It gives '45%', which isn't in the evidence it cites.", "number of its own"),
        ("It gives lung as the way: an anatomical structure that [P2] passes is no mechanism.", "no reason"),
        (
            "It gives as a reason that A resembles B, but another drug for the disease ([P1]) is none.",
            "no reason",
        ),
        ("It draws a conclusion from the sentence before, which is no reason for it.", "no reason"),
        ("It gives what speaks against A as a reason: A can cause B.", "harm as a reason"),
        (
            "It speaks for A in B, and [A1] says that A is contraindicated in B.",
            "hopeful where contraindicated",
        ),
        ("X doesn't lie on a cited path from A to B.", "entity not on the path"),
        ("Its wording can't be matched to the evidence it cites (at 'x').", "can't be matched"),
        ("It says nothing.", "other"),
    ],
)
def test_reasons_in_short(reason: str, short: str) -> None:
    assert error_class(reason) == short


def test_a_curators_path_is_told_first_where_the_first_citation_is_of_it() -> None:
    other = PATH.model_copy(update={"nodes": (DRUG, DRUG, DISEASE)})
    pair = replace(PAIR.evidence, evidence=(ITEM.model_copy(update={"id": "P2", "path": other}), ITEM))
    rationale = evaluate(Scripted([GOOD]), [PAIR], seed=1)[1][0].rationale  # type: ignore[arg-type]
    otherwise = rationale.model_copy(
        update={
            "claims": tuple(
                claim.model_copy(update={"citations": (Citation(id="P2"), Citation(id="P1"))})
                for claim in rationale.claims
            )
        }
    )
    drawn = {(DRUG.id, DISEASE.id): frozenset({(("Gene", GENE.id),)})}
    counts = count_curated_firsts([pair, pair], [rationale, otherwise], drawn)
    assert counts == CuratedFirsts(pairs=2, in_text=1, in_evidence=0)
    assert count_curated_firsts([PAIR.evidence], [rationale], drawn) == CuratedFirsts(1, 1, 1)
    assert count_curated_firsts([pair], [rationale], {}) == CuratedFirsts(0, 0, 0)
