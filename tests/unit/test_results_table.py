"""The table of results: its rows, what is missing, and that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kedrec.cli.evaluate_table import table as table_command
from kedrec.dataset.hf_folder import SPLITS, DataSet, write_note, write_questions
from kedrec.dataset.question_types import (
    CandidateEvidence,
    CitedPath,
    CitedStep,
    NamedEntity,
    Negative,
    Question,
    StepStatement,
)
from kedrec.evaluation import selection_runs
from kedrec.evaluation.results_table import CONDITIONS, ResultsTable, results_table, table_markdown
from kedrec.evaluation.selection_answerers import rank_candidates
from kedrec.evaluation.selection_minilm import VectorMemory
from kedrec.evaluation.selection_runs import AnswererResources
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.evaluation.selection_asking import BlindQuestion, RankedAnswer

QUESTIONS = 12
CANDIDATES = 4


def path(drug: str, disease: str) -> CitedPath:
    return CitedPath(
        id="P1", text=f"{drug} inhibits GENE1, which is associated with asthma", score=1.0, template="t",
        metapath="Drug BINDS Gene ASSOCIATED_WITH Disease",
        nodes=(
            Entity(id=drug, kind="Drug", name=drug),
            Entity(id="G:1", kind="Gene", name="GENE1"),
            Entity(id=disease, kind="Disease", name="asthma"),
        ),
        steps=tuple(
            CitedStep(
                relation=relation,
                forward=True,
                statements=(StepStatement(source="s", licence="CC0-1.0"),),
            )
            for relation in ("BINDS", "ASSOCIATED_WITH")
        ),
    )  # fmt: skip


def question(number: int) -> Question:
    """Its first candidate is right, and has a path where the number is even."""
    ids = [f"D:{number}{place}" for place in range(CANDIDATES)]
    evidence = CandidateEvidence(candidate=ids[0], paths=(path(ids[0], f"X:{number}"),))
    return Question(
        id=f"q{number}",
        disease=NamedEntity(id=f"X:{number}", name="asthma"),
        candidates=tuple(NamedEntity(id=id_, name=f"drug{id_[2:]}") for id_ in ids),
        answers=(ids[0],),
        negatives=tuple(Negative(id=id_, kind="random") for id_ in ids[1:]),
        evidence=() if number % 2 else (evidence,),
        group=f"g{number}",
    )


class Judge:
    """Is for a drug whose prompt has a path; has no opinion without."""

    def __init__(self, name: str) -> None:
        self.info = ModelInfo(name, sha256=name * 8, context=4096, local=True)
        self.asked = 0

    def answer_scores(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        self.asked += 1
        favoured = "GENE1" in messages[-1].content
        return [np.log(0.8 if favoured else 0.2), np.log(0.1), np.log(0.1 if favoured else 0.7)][
            : len(answers)
        ]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(one.content) for one in messages) // 4

    def chat(self, request: ChatRequest) -> ChatResponse:
        raise AssertionError("nothing is written")

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        raise AssertionError("nothing is written")

    def stream(self, request: ChatRequest) -> Iterator[str]:
        raise AssertionError("nothing is written")

    def close(self) -> None:
        """Nothing is held."""


class Letters:
    """Embeds a text by its counts of letters."""

    def embed(self, texts: Sequence[str]) -> Any:
        counts = np.array([[text.count(letter) for letter in "abcdefgh"] for text in texts], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class Store:
    def fingerprint(self) -> str:
        return "g"


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    for place, split in enumerate(SPLITS):
        numbers = range(place * QUESTIONS, (place + 1) * QUESTIONS)
        write_questions(tmp_path / "data", "pair", split, [question(number) for number in numbers])
    write_note(tmp_path / "data", "exprxrec", ["pair"], {})
    return DataSet(tmp_path / "data")


@pytest.fixture(autouse=True)
def _ranking_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ranking that is right in every third question, in place of one that is fitted on a graph."""

    monkeypatch.setattr(selection_runs, "HiddenScores", RankingOfNames)


class RankingOfNames:
    """Stands for `HiddenScores`; the place of a candidate is its number."""

    @classmethod
    def of(cls, *_: object) -> RankingOfNames:
        return cls()

    def answers(self, _name: str, questions: Sequence[BlindQuestion]) -> dict[str, RankedAnswer]:
        return {
            one.id: rank_candidates(
                one,
                {candidate.id: (int(candidate.id[-1]) + int(one.id[1:])) % 3 for candidate in one.candidates},
            )
            for one in questions
        }

    def places(self, questions: Sequence[BlindQuestion]) -> dict[str, RankedAnswer]:
        return {
            one.id: rank_candidates(
                one, {candidate.id: -1.0 - 20 * int(candidate.id[-1]) for candidate in one.candidates}
            )
            for one in questions
        }


def made(dataset: DataSet, out: Path, limit: int | None = None) -> tuple[ResultsTable, int]:
    """The table, and how often a model was asked."""
    models = {name: Judge(name) for name in ("base", "tuned")}
    means = {
        name: AnswererResources(
            Store, Store, lambda model=model: model, None, lambda: VectorMemory(Letters())
        )  # type: ignore[arg-type, misc]
        for name, model in models.items()
    }
    return results_table([dataset], means, out, limit=limit), sum(model.asked for model in models.values())


def test_every_answerer_and_condition_has_a_row_or_a_reason(dataset: DataSet, tmp_path: Path) -> None:
    table, _ = made(dataset, tmp_path / "out")
    names = [(row.name, row.shown) for row in table.rows]
    assert names == [
        ("random", ""),
        ("prior", ""),
        ("ranker", ""),
        *(
            (name, shown)
            for shown in ("none", "none, no paths", "none, signal", "none, no paths, signal")
            for name in ("minilm", "base", "tuned", "both (tuned)")
            if not (name == "minilm" and "signal" in shown)
        ),
    ]
    assert len(table.missing) == 7
    assert all("no index of texts" in one.reason for one in table.missing)
    text = table_markdown(table)
    assert "| base | none, no paths |" in text
    assert "- pair, trials, no paths: there is no index of texts." in text


def test_paths_that_are_not_shown_tell_nothing(dataset: DataSet, tmp_path: Path) -> None:
    table, _ = made(dataset, tmp_path / "out")
    rows = {(row.name, row.shown): row for row in table.rows}
    judged, blind = rows["base", "none"], rows["base", "none, no paths"]
    assert judged.subsets["has a path"] == (6, (1.0, 1.0, 1.0))
    assert judged.subsets["has neither"][0] == 6
    assert "has a text" not in judged.subsets
    assert judged.figures.f1[0] > blind.figures.f1[0]
    both = rows["both (tuned)", "none"]
    assert both.weights is not None
    assert both.weights.questions == QUESTIONS
    assert both.figures.f1[0] >= rows["ranker", ""].figures.f1[0]


def test_nothing_is_asked_twice(dataset: DataSet, tmp_path: Path) -> None:
    first, asked = made(dataset, tmp_path / "out", limit=5)
    # Without paths only the three candidates that had one are asked about again, with the signal and without;
    # base, tuned, and tuned on validation.
    assert asked == 2 * (5 * CANDIDATES + 3) * 3
    again, more = made(dataset, tmp_path / "out", limit=5)
    assert (again.rows, more) == (first.rows, 0)
    _, more = made(dataset, tmp_path / "out", limit=7)
    # The signal is of a ranking without all that is asked, so that with more questions it is another one.
    assert more == (2 * CANDIDATES + 1) * 3 + (7 * CANDIDATES + 4) * 3
    rows = {(row.name, row.shown): row.figures for row in again.rows}
    assert rows["tuned", "none"] != rows["tuned", "none, no paths"]


def test_the_command_offers_every_condition() -> None:
    """The command lists them itself, so that its help needs nothing of the evaluations."""
    [shown] = [option for option in table_command.params if option.name == "conditions"]
    assert list(shown.type.choices) == [one.label for one in CONDITIONS]  # type: ignore[attr-defined]
