"""The line of an answer that says what a score rests on beside its pair."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from kedrec.cli.rendering import print_recommendation
from kedrec.types import Badge, Coverage, Entity, Rationale, Recommendation


def printed(**fields: float) -> str:
    out = io.StringIO()
    recommendation = Recommendation(
        rank=1,
        drug=Entity(id="DRUGBANK:DB1", kind="Drug", name="a drug"),
        disease=Entity(id="DOID:1", kind="Disease", name="a disease"),
        score=0.5,
        probability=0.5,
        badge=Badge(standing="new", note=""),
        verdict="",
        rationale=Rationale(origin="evidence"),
        coverage=Coverage(
            paths=0, metapaths=0, drug_edges=0, disease_edges=0, disease_treatments=0, enough=False
        ),
    ).model_copy(update=fields)
    print_recommendation(Console(file=out, width=200), recommendation)
    return " ".join(out.getvalue().split())


@pytest.mark.parametrize(
    ("percentile", "ordinal"),
    [
        *((0.0, "0th"), (1.0, "1st"), (2.2, "2nd"), (3.0, "3rd"), (4.0, "4th"), (10.6, "11th")),
        *((12.0, "12th"), (13.0, "13th"), (20.7, "21st"), (22.0, "22nd"), (53.0, "53rd"), (99.6, "100th")),
    ],
)
def test_percentiles_are_written_as_ordinals(percentile: float, ordinal: str) -> None:
    text = printed(prior=0.0102, drug_percentile=percentile, disease_percentile=93.0)
    assert (
        "baseline from treatment counts alone: 0.010; average score over all pairs: "
        f"drug at the {ordinal} percentile, disease at the 93rd"
    ) in text


def test_an_unfitted_score_has_no_baseline() -> None:
    text = printed()
    assert "baseline" not in text
    assert "percentile" not in text
