"""Drawing of a score's parts: the rows add up, and no colour leaves a terminal."""

from __future__ import annotations

import io
from typing import Literal

import pytest
from rich.console import Console

from kedrec.cli.score_bars import score_bars, score_rows
from kedrec.types import Badge, Coverage, Entity, Rationale, Recommendation, ScorePart


def found(base: float, *parts: tuple[str, str, float]) -> Recommendation:
    return Recommendation(
        rank=1,
        drug=Entity(id="DRUGBANK:DB1", kind="Drug", name="a drug"),
        disease=Entity(id="DOID:1", kind="Disease", name="a disease"),
        score=base + sum(value for _, _, value in parts),
        probability=0.5,
        badge=Badge(standing="new", note=""),
        verdict="",
        rationale=Rationale(origin="evidence"),
        base=base,
        score_parts=tuple(
            ScorePart(group=group, metapath=name, template="", value=1.0, contribution=value)  # type: ignore[arg-type]
            for group, name, value in parts
        ),
        coverage=Coverage(
            paths=2, metapaths=1, drug_edges=1, disease_edges=1, disease_treatments=0, enough=True
        ),
    )


SOME = found(
    0.0,
    ("metapath", "Drug BINDS Gene", 1.5),
    ("similar drugs", "class", 0.5),
    ("prior", "degrees", -4.0),
    ("metapath", "Drug TREATS Disease", 2.5),
)


def drawn(recommendation: Recommendation, width: int, *, terminal: bool) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, highlight=False, no_color=False)
    console.print(score_bars(console, recommendation))
    return out.getvalue().splitlines()


def test_the_prior_comes_first_then_metapaths_then_similar_ones() -> None:
    assert [row.label for row in score_rows(SOME)] == [
        "prior: degrees",
        "Drug TREATS Disease",
        "Drug BINDS Gene",
        "similar drugs: class",
    ]


@pytest.mark.parametrize("count", [0, 1, 12, 13, 40])
def test_the_rows_add_up_to_the_score_however_many_parts_there_are(count: int) -> None:
    many = found(-3.0, *(("metapath", f"M{n}", (-1) ** n / (n + 1)) for n in range(count)))
    rows = score_rows(many)
    assert sum(row.value for row in rows) == pytest.approx(many.score)
    assert len(rows) <= 14


def test_a_bar_begins_where_the_one_above_ended() -> None:
    lines = drawn(SOME, 100, terminal=False)
    bars = [line[7:32] for line in lines]
    spans = [(bar.index(bar.strip()[0]), len(bar.rstrip())) for bar in bars if bar.strip()]
    assert spans[0] == (0, 22)  # from 0 down to -4, on a line from -4 to the score of 0.5
    assert spans[1][0] == 0
    assert spans[2][0] == spans[1][1]
    assert spans[3][0] == spans[2][1]
    assert spans[4] == (22, 25)
    assert bars[0].strip() == "-" * 22
    assert set(bars[1].strip()) == {"+"}


@pytest.mark.parametrize(("terminal", "block"), [(True, True), (False, False)])
def test_blocks_and_colours_are_for_terminals(*, terminal: bool, block: bool) -> None:
    text = "\n".join(drawn(SOME, 100, terminal=terminal))
    assert ("█" in text) is block
    assert ("\x1b[" in text) is block


def test_a_narrow_terminal_leaves_the_bars_out() -> None:
    lines = drawn(SOME, 50, terminal=False)
    assert lines[0].split() == ["-4.000", "prior:", "degrees"]
    assert not any("+++" in line for line in lines)


def test_an_unfitted_score_has_no_probability() -> None:
    unfitted: Literal[True] = True
    text = "\n".join(drawn(SOME.model_copy(update={"probability": None}), 100, terminal=not unfitted))
    assert "probability" not in text
