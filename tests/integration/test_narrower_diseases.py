"""Diseases below the queried one, as an answer shows them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from loaded import small_graph
from rich.console import Console

from kedrec.api import Kedrec
from kedrec.cli.answer_printer import print_answer
from kedrec.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
from pathlib import Path

NODES = """kind\tid\tname
Drug\tDRUGBANK:DB00001\timigluceran
Drug\tDRUGBANK:DB00002\teliglustan
Disease\tMONDO:0\tlipid storage disease
Disease\tMONDO:1\tGaucher disease
Disease\tMONDO:2\tGaucher disease type I
Disease\tMONDO:3\tGaucher disease type II
Disease\tMONDO:4\tjuvenile Gaucher disease type I
Disease\tMONDO:5\tasthma
Disease\tMONDO:6\tbronchial asthma
Disease\tMONDO:7\tjuvenile Gaucher disease type I, early
Disease\tMONDO:8\tbronchial asthma of bakers
Gene\tNCBIGene:1\tGBA
"""
EDGES = """relation\tstart\tend\tlicence
IS_A\tMONDO:1\tMONDO:0\tCC0-1.0
IS_A\tMONDO:2\tMONDO:1\tCC0-1.0
IS_A\tMONDO:3\tMONDO:1\tCC0-1.0
IS_A\tMONDO:4\tMONDO:2\tCC0-1.0
IS_A\tMONDO:7\tMONDO:4\tCC0-1.0
IS_A\tMONDO:8\tMONDO:6\tCC0-1.0
TREATS\tDRUGBANK:DB00001\tMONDO:2\tCC0-1.0
TREATS\tDRUGBANK:DB00002\tMONDO:2\tCC0-1.0
TREATS\tDRUGBANK:DB00001\tMONDO:4\tCC0-1.0
TREATS\tDRUGBANK:DB00001\tMONDO:1\tCC0-1.0
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tMONDO:1\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tMONDO:5\tNCBIGene:1\tCC0-1.0
"""


# Ontologies' mistakes: the broadest disease is a kind of the narrowest one, and two diseases of each other.
CYCLES = "".join(
    f"IS_A\t{start}\t{end}\tCC0-1.0\n"
    for start, end in [("MONDO:0", "MONDO:7"), ("MONDO:5", "MONDO:6"), ("MONDO:6", "MONDO:5")]
)


@pytest.fixture
def kr(tmp_path: Path) -> Iterator[Kedrec]:
    with small_graph(tmp_path) as graph:
        graph.load("kedrec", {"nodes.tsv": NODES, "edges.tsv": EDGES + CYCLES})
    with Kedrec(load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))) as opened:
        yield opened


def printed(kr: Kedrec, disease: str) -> str:
    output = io.StringIO()
    print_answer(Console(file=output, width=500), kr.recommend(disease, llm=False), "brief")
    return output.getvalue()


def test_an_answer_is_for_the_disease_asked_for_and_shows_what_lies_below_it(kr: Kedrec) -> None:
    answer = kr.recommend("Gaucher disease", llm=False)
    assert answer.disease.id == "MONDO:1"
    assert [(one.disease.id, one.treatments, one.drugs) for one in answer.narrower] == [
        ("MONDO:2", 2, ("imigluceran", "eliglustan")),
        ("MONDO:4", 1, ("imigluceran",)),
        ("MONDO:3", 0, ()),
    ]
    assert answer.narrower_count == 3
    assert json.loads(answer.model_dump_json())["narrower"][0]["treatments"] == 2
    assert printed(kr, "Gaucher disease").splitlines()[1] == (
        "Narrower diseases in the graph: 3, their treatments: Gaucher disease type I (2 treatments: "
        "imigluceran, eliglustan); juvenile Gaucher disease type I (1 treatment: imigluceran); "
        "Gaucher disease type II (0 treatments). The answer is for Gaucher disease itself."
    )


def test_a_disease_of_a_cycle_is_not_narrower_than_those_that_it_contains(kr: Kedrec) -> None:
    assert [one.disease.id for one in kr.recommend("lipid storage disease", llm=False).narrower] == [
        "MONDO:2",
        "MONDO:1",
        "MONDO:3",
    ]


def test_a_disease_with_nothing_below_it_says_nothing_of_it(kr: Kedrec) -> None:
    assert kr.recommend("asthma", llm=False).narrower == ()
    assert "Narrower" not in printed(kr, "asthma")
