"""Limits of a drug's use: drugs for neoplasms, supplied proteins, substances that a disease has more of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worded_graph import open_worded_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec

_NODES = """\
Drug DRUGBANK:D1 cytoprim
Drug DRUGBANK:D2 mostlycytoprim
Drug DRUGBANK:D3 bothprim
Drug DRUGBANK:D4 coagulation_factor_nine
Drug DRUGBANK:D5 testonacog_alfa
Drug DRUGBANK:D6 factor_VIII_(plasma)
Drug DRUGBANK:D7 testoctocog_alfa
Drug DRUGBANK:D8 classase
Drug DRUGBANK:D9 testolanine
Drug DRUGBANK:D10 dornase_alfa
Drug DRUGBANK:D11 gammaoctocog_alfa
Drug DRUGBANK:D12 cytoalso
Drug DRUGBANK:D99 plainprim
PharmacologicClass ATC:1 other_drugs,_ATC_A16AB_(several)
Disease DOID:14566 neoplasm
Disease MONDO:1 tumour_A
Disease MONDO:2 tumour_B
Disease MONDO:3 tumour_C
Disease MONDO:4 tumour_D
Disease MONDO:5 ovary_disease
Disease MONDO:6 joint_disease
Disease MONDO:7 bleeding_A
Disease MONDO:8 bleeding_B
Disease MONDO:9 excess_disease
Disease MONDO:10 lack_disease
Disease MONDO:11 skin_disease
Disease MONDO:12 lonely_disease
Gene NCBIGene:1 GENE1
Gene NCBIGene:2 GENE2
Chemical CHEBI:1 Testolanine
Chemical CHEBI:2 Testolysine
Drug DRUGBANK:D20 testolysine
"""
_EDGES = """\
IS_A MONDO:1 DOID:14566
IS_A MONDO:2 MONDO:1
IS_A MONDO:3 DOID:14566
IS_A MONDO:4 DOID:14566
TREATS DRUGBANK:D1 MONDO:1
TREATS DRUGBANK:D2 MONDO:1
TREATS DRUGBANK:D2 MONDO:2
TREATS DRUGBANK:D2 MONDO:3
TREATS DRUGBANK:D2 MONDO:11
TREATS DRUGBANK:D3 MONDO:1
TREATS DRUGBANK:D3 MONDO:6
TREATS DRUGBANK:D12 MONDO:1
TREATS DRUGBANK:D5 MONDO:8
TREATS DRUGBANK:D6 MONDO:7
TREATS DRUGBANK:D7 MONDO:7
RESEMBLES DRUGBANK:D4 DRUGBANK:D5
MEMBER_OF DRUGBANK:D8 ATC:1
CORRELATED_WITH CHEBI:1 MONDO:9 positively_correlated_with
CORRELATED_WITH CHEBI:1 MONDO:10 negatively_correlated_with
BINDS DRUGBANK:D1 NCBIGene:1
BINDS DRUGBANK:D99 NCBIGene:1
BINDS DRUGBANK:D9 NCBIGene:1
BINDS DRUGBANK:D8 NCBIGene:1
ASSOCIATED_WITH MONDO:5 NCBIGene:1
CORRELATED_WITH CHEBI:2 MONDO:12 positively_correlated_with
ASSOCIATED_WITH MONDO:12 NCBIGene:2
BINDS DRUGBANK:D20 NCBIGene:2
ASSOCIATED_WITH MONDO:9 NCBIGene:1
"""


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_worded_graph(tmp_path_factory.mktemp("limits"), _NODES, _EDGES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("drug", "disease", "kinds"),
    [
        ("cytoprim", "ovary disease", ["cancer-drug"]),
        ("mostlycytoprim", "ovary disease", ["cancer-drug"]),  # three of four
        ("bothprim", "ovary disease", []),  # one of two
        ("cytoprim", "tumour D", []),  # a neoplasm
        ("cytoprim", "skin disease", []),  # such a drug treats it
        ("cytoprim", "joint disease", []),  # so does one that is otherwise for a neoplasm
        ("cytoprim", "tumour A", []),  # known
        ("testonacog alfa", "bleeding A", ["other-protein"]),
        ("testonacog alfa", "bleeding B", []),  # known
        ("coagulation factor nine", "bleeding B", []),
        ("factor VIII (plasma)", "bleeding B", ["other-protein"]),
        ("gammaoctocog alfa", "bleeding A", []),  # the stem of a treatment
        ("gammaoctocog alfa", "bleeding B", ["other-protein"]),
        ("classase", "bleeding A", ["other-protein"]),  # by its class
        ("dornase alfa", "bleeding A", []),  # an enzyme that no disease lacks
        ("testolanine", "excess disease", ["excess"]),
        ("testolanine", "lack disease", []),
        ("testolanine", "ovary disease", []),
    ],
)
def test_limits(kr: Kedrec, drug: str, disease: str, kinds: list[str]) -> None:
    pair = kr.explain(drug, disease)
    assert [limit.kind for limit in pair.safety.limits] == kinds
    assert all(kind in pair.flags for kind in kinds)
    assert all(limit.sentence in pair.verdict for limit in pair.safety.limits)


def test_the_sentences(kr: Kedrec) -> None:
    sentences = [
        kr.explain(drug, disease).safety.limits[0].sentence
        for drug, disease in (
            ("cytoprim", "ovary disease"),
            ("mostlycytoprim", "ovary disease"),
            ("testonacog alfa", "bleeding A"),
            ("classase", "bleeding A"),
            ("testolanine", "excess disease"),
        )
    ]
    alone = "The graph knows cytoprim as a treatment of a neoplasm alone (tumour A), "
    mostly = "Of the 4 diseases that the graph knows mostlycytoprim to treat 3 are neoplasms "
    assert sentences == [
        f"{alone}where more harm is accepted than in ovary disease.",
        f"{mostly}(tumour A, tumour B and tumour C), where more harm is accepted than in ovary disease.",
        "testonacog alfa supplies a protein for bleeding B; no source states that bleeding A lacks it.",
        "classase supplies a protein; no source states that bleeding A lacks it.",
        "excess disease has more testolanine, as a source states (kedrec).",
    ]


@pytest.mark.parametrize(
    ("disease", "drug", "reason"),
    [
        ("ovary disease", "cytoprim", "more harm is accepted"),
        ("excess disease", "testolanine", "has more testolanine"),
    ],
)
def test_a_drug_with_a_limit_is_passed_over_with_its_reason(
    kr: Kedrec, disease: str, drug: str, reason: str
) -> None:
    answer = kr.recommend(disease, top=12, llm=False)
    assert drug not in [one.drug.name for one in answer.recommendations]
    passed_over = {one.entity.name: one.reason for one in answer.passed}
    assert reason in passed_over[drug]


def test_where_every_drug_has_a_limit_none_is_recommended_and_the_best_is_named(kr: Kedrec) -> None:
    answer = kr.recommend("lonely disease", llm=False)
    assert answer.recommendations == ()
    (passed,) = answer.passed
    assert answer.abstained.startswith(
        f"No drug is recommended. The best with a path is testolysine, rank {passed.rank}: "
        "lonely disease has more testolysine"
    )
