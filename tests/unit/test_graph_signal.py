"""Signal of the graph on a pair, as a prompt tells it."""

from __future__ import annotations

import pytest

from kedrec.llm.graph_signal import GraphSignal
from kedrec.llm.judging import CompactEvidence, judgement_prompt
from kedrec.types import Evidence


@pytest.mark.parametrize(
    ("place", "line", "speaks_for"),
    [
        (1, "among its first 3 drugs", True),
        (4, "among its first 10 drugs", True),
        (100, "among its first 100 drugs", True),
        (101, "among its first 300 drugs", False),
        (1000, "among its first 1,000 drugs", False),
        (1001, "after its first 1,000 drugs", False),
        (None, "The ranking doesn't know it.", False),
    ],
)
def test_a_place_is_told_by_its_bucket(place: int | None, line: str, speaks_for: bool) -> None:
    signal = GraphSignal.of(place, ())
    assert line in signal.lines[0]
    assert signal.lines[1] == "Its paths: none."
    assert signal.speaks_for is speaks_for


def test_paths_are_counted_by_kind() -> None:
    items = [
        *(Evidence(id=f"P{n}", sentence="s", role="mechanism") for n in range(2)),
        Evidence(id="P3", sentence="s", role="analogy"),
        Evidence(id="P4", sentence="s", role="location"),
        Evidence(id="A1", sentence="s", role="mechanism", stance="adverse"),
    ]
    assert GraphSignal.of(7, items).lines[1] == "Its paths: 2 mechanisms, 1 analogy, 1 other, 1 against it."


def test_a_prompt_tells_the_signal_before_the_evidence_and_is_the_same_without() -> None:
    plain = judgement_prompt("asthma", "salbutamol", CompactEvidence(supporting=["It works"]))
    told = judgement_prompt(
        "asthma", "salbutamol", CompactEvidence(supporting=["It works"], signal=GraphSignal.of(2, ()))
    )
    lines = [line for line in told[1].content.splitlines() if line.startswith("- ")]
    assert lines == ["- The ranking puts it among its first 3 drugs.", "- Its paths: none.", "- It works"]
    assert "ranking" not in plain[1].content
    assert "".join(f"{line}\n" for line in told[1].content.splitlines() if line not in lines[:2]).strip() == (
        plain[1].content
    )
