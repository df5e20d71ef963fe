"""Judgements on reference pairs: each class can be right and wrong, on a small graph that has every case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from worded_graph import open_worded_graph

from kedrec.cli.evaluate import evaluate
from kedrec.evaluation.reference_judging import evaluate_reference_set
from kedrec.evaluation.reference_set import COLUMNS, ReferencePair, read_reference_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec

NODES = """\
Drug DRUGBANK:D1 blockerol
Drug DRUGBANK:D2 farawayol
Drug DRUGBANK:D3 harmol
Drug DRUGBANK:D4 secondblockerol
Drug DRUGBANK:D5 likenol
Drug DRUGBANK:D6 coincidol
Disease MONDO:1 racing_heart
Disease MONDO:2 other_disease
Gene NCBIGene:1 GENE1
Gene NCBIGene:2 GENE2
Gene NCBIGene:3 CYP3A4
Gene NCBIGene:4 GENE4
SideEffect UMLS:C1 Rash
"""
EDGES = """\
BINDS DRUGBANK:D1 NCBIGene:1 antagonist
BINDS DRUGBANK:D1 NCBIGene:3 substrate
BINDS DRUGBANK:D3 NCBIGene:1 antagonist
BINDS DRUGBANK:D4 NCBIGene:1 antagonist
BINDS DRUGBANK:D6 NCBIGene:4 antagonist
INTERACTS_WITH NCBIGene:4 NCBIGene:1 -
ASSOCIATED_WITH MONDO:1 NCBIGene:1 -
ASSOCIATED_WITH MONDO:1 NCBIGene:3 -
CAUSES DRUGBANK:D1 UMLS:C1 -
CONTRAINDICATED_FOR DRUGBANK:D3 MONDO:1 -
TREATS DRUGBANK:D4 MONDO:1 -
TREATS DRUGBANK:D2 MONDO:2 -
BINDS DRUGBANK:D2 NCBIGene:2 agonist
"""


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_worded_graph(tmp_path_factory.mktemp("reference"), NODES, EDGES) as opened:
        yield opened


def pair(judgement: str, drug: str, role: str = "", through: str = "", sign: int = 0) -> ReferencePair:
    return ReferencePair(
        judgement=judgement,  # type: ignore[arg-type]  # its values
        rare=False,
        area="cardiology",
        drug=drug,
        drug_id=f"DRUGBANK:{drug}",
        disease="racing heart",
        disease_id="MONDO:1",
        role=role,
        through=(through,) if through else (),
        sign=sign,
        source="PMID:1",
        statement="stated",
    )


def fault(kr: Kedrec, one: ReferencePair, top: int = 1) -> str:
    report = evaluate_reference_set(kr, [one], top=top)
    assert not report.outside
    assert report.figures[-1].pairs == 1
    assert report.figures[-1].right == (not report.wrong)
    return report.wrong[0].fault if report.wrong else ""


def test_a_mechanism_is_right_by_role_target_and_sign(kr: Kedrec) -> None:
    assert fault(kr, pair("mechanism", "D1", "mechanism", "gene1", -1)) == ""
    assert "no activation of GENE1" in fault(kr, pair("mechanism", "D1", "mechanism", "GENE1", 1))
    assert "misses GENE2" in fault(kr, pair("mechanism", "D1", "mechanism", "GENE2", -1))
    assert "no evidence: " in fault(kr, pair("mechanism", "D2", "mechanism", "GENE2", 1))
    assert "no mechanism but association" in fault(kr, pair("mechanism", "D6", "mechanism", "GENE4", -1))


def test_a_wrong_mechanism_is_right_where_nothing_of_its_kind_supports(kr: Kedrec) -> None:
    for role, through, sign in (
        ("metabolism", "CYP3A4", 0),
        ("harm", "Rash", 0),
        ("location", "heart", 0),
        ("opposed", "GENE1", 1),
    ):
        assert fault(kr, pair("wrong mechanism", "D1", role, through, sign)) == ""
    assert "is told as support" in fault(kr, pair("wrong mechanism", "D1", "metabolism", "GENE1"))
    assert "is told as support" in fault(kr, pair("wrong mechanism", "D1", "opposed", "GENE1", -1))
    assert "no evidence: " in fault(kr, pair("wrong mechanism", "D2", "metabolism", "CYP3A4"))


def test_a_harmful_drug_is_right_with_a_warning_or_without_a_recommendation(kr: Kedrec) -> None:
    assert fault(kr, pair("harmful", "D3")) == ""
    assert fault(kr, pair("harmful", "D2")) == ""
    assert "no warning beside 'blockerol" in fault(kr, pair("harmful", "D1"))
    assert fault(kr, pair("harmful", "D6")) == ""
    assert "no warning beside 'coincidol" in fault(kr, pair("harmful", "D6"), top=6)
    report = evaluate_reference_set(kr, [pair("harmful", drug) for drug in ("D1", "D2", "D3")], top=1)
    assert (report.warned, report.unwarned, report.unrecommended) == (1, 1, 1)


def test_an_unrelated_drug_is_right_without_a_mechanism_and_a_high_rank(kr: Kedrec) -> None:
    assert fault(kr, pair("unrelated", "D2")) == ""
    assert "a mechanism is claimed: 'blockerol" in fault(kr, pair("unrelated", "D1"))
    assert fault(kr, pair("unrelated", "D6")) == ""
    assert "it ranks " in fault(kr, pair("unrelated", "D6"), top=6)


def test_pairs_outside_the_graph_are_counted_apart(kr: Kedrec) -> None:
    report = evaluate_reference_set(kr, [pair("unrelated", "D2"), pair("unrelated", "D99")], top=1)
    (figures,) = [item for item in report.figures if item.judgement == "unrelated"]
    assert (figures.pairs, figures.right, figures.outside) == (1, 1, 1)
    assert [lack for _, lack in report.outside] == ["no drug DRUGBANK:D99"]


def test_the_command_prints_the_table_or_json(kr: Kedrec, tmp_path: Path) -> None:
    rows = [
        ("mechanism", "D1", "mechanism", "GENE1", "-"),
        ("mechanism", "D4", "mechanism", "GENE2", "-"),
        ("harmful", "D3", "", "", ""),
        ("unrelated", "D2", "", "", ""),
    ]
    own = tmp_path / "own.tsv"
    own.write_text(
        "\t".join(COLUMNS)
        + "\n"
        + "".join(
            f"{judgement}\tno\tcardiology\t{drug}\tDRUGBANK:{drug}\tracing heart\tMONDO:1\t"
            f"{role}\t{through}\t{sign}\tPMID:1\tstated\n"
            for judgement, drug, role, through, sign in rows
        )
    )
    assert len(read_reference_set(own)) == len(rows)
    words = ["reference", "--set", str(own), "--top", "1", "--graph", kr.settings.graph_url]
    environment = {"KEDREC_HOME": str(kr.settings.home)}
    shown = CliRunner().invoke(evaluate, words, env=environment, catch_exceptions=False)
    assert "| mechanism | 2 | 1 | 0.50 |" in shown.stdout
    assert "| all | 4 | 3 | 0.75 |" in shown.stdout
    assert "- mechanism: D4, racing heart: the first path misses GENE2" in shown.stdout
    report = json.loads(
        CliRunner().invoke(evaluate, [*words, "--json"], env=environment, catch_exceptions=False).stdout
    )
    assert report["figures"][-1]["right"] == 3
    assert report["figures"][-1]["low"] < 0.75 < report["figures"][-1]["high"]
    assert report["wrong"][0]["pair"]["drug"] == "D4"
