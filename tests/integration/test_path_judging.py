"""Paths for a drug, paths against it, and those that are neither, on a small graph that has every case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worded_graph import open_worded_graph

from kedrec.answers.coverage_card import coverage_card

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec
    from kedrec.types import Recommendation

NODES = """\
Drug DRUGBANK:D1 blockerol
Drug DRUGBANK:D2 agonistol
Drug DRUGBANK:D3 secondagonistol
Drug DRUGBANK:D4 newagonistol
Drug DRUGBANK:D5 partialol
Drug DRUGBANK:D6 lookalikol
Drug DRUGBANK:D7 metabolol
Drug DRUGBANK:D8 anticoagulol
Drug DRUGBANK:D9 factorol
Drug DRUGBANK:D10 unsignedol
Drug DRUGBANK:D11 thinnerol
Gene NCBIGene:5 FACTOR2
Gene NCBIGene:6 FACTOR3
Disease MONDO:1 wheezing
Disease MONDO:2 bleeding_disease
Disease MONDO:3 clotting_disease
Disease MONDO:4 unlinked_disease
Gene NCBIGene:1 RECEPTOR1
Gene NCBIGene:2 CYP3A4
Gene NCBIGene:3 FACTOR1
Gene NCBIGene:4 OTHER1
Anatomy UBERON:1 lung
BiologicalProcess GO:1 coagulation
"""
EDGES = """\
BINDS DRUGBANK:D1 NCBIGene:1 antagonist
BINDS DRUGBANK:D2 NCBIGene:1 agonist
BINDS DRUGBANK:D3 NCBIGene:1 activator
BINDS DRUGBANK:D4 NCBIGene:1 stimulator
BINDS DRUGBANK:D5 NCBIGene:1 partial_agonist
BINDS DRUGBANK:D10 NCBIGene:1 -
BINDS DRUGBANK:D6 NCBIGene:4 inhibitor
BINDS DRUGBANK:D7 NCBIGene:2 inhibitor
BINDS DRUGBANK:D2 NCBIGene:2 substrate
RESEMBLES DRUGBANK:D1 DRUGBANK:D2 -
RESEMBLES DRUGBANK:D2 DRUGBANK:D6 -
RESEMBLES DRUGBANK:D2 DRUGBANK:D4 -
TREATS DRUGBANK:D2 MONDO:1 -
TREATS DRUGBANK:D3 MONDO:1 -
TREATS DRUGBANK:D9 MONDO:2 -
TREATS DRUGBANK:D8 MONDO:3 -
ASSOCIATED_WITH MONDO:1 NCBIGene:1 -
ASSOCIATED_WITH MONDO:1 NCBIGene:2 -
EXPRESSED_IN NCBIGene:1 UBERON:1 -
EXPRESSED_IN NCBIGene:4 UBERON:1 -
LOCALIZES_TO MONDO:1 UBERON:1 -
BINDS DRUGBANK:D11 NCBIGene:5 inhibitor
AFFECTS NCBIGene:5 GO:1 positively_regulates
INTERACTS_WITH NCBIGene:5 NCBIGene:6 -
ASSOCIATED_WITH MONDO:2 NCBIGene:5 -
ASSOCIATED_WITH MONDO:2 NCBIGene:6 -
BINDS DRUGBANK:D8 NCBIGene:3 inhibitor
BINDS DRUGBANK:D9 NCBIGene:3 activator
RESEMBLES MONDO:2 MONDO:3 -
PARTICIPATES_IN NCBIGene:3 GO:1 -
CORRELATED_WITH GO:1 MONDO:2 negatively_correlated_with
ASSOCIATED_WITH MONDO:2 NCBIGene:3 -
"""


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_worded_graph(tmp_path_factory.mktemp("judging"), NODES, EDGES) as opened:
        yield opened


def nodes(recommendation: Recommendation, *, adverse: bool = False) -> list[tuple[str, ...]]:
    items = recommendation.adverse if adverse else recommendation.evidence
    return [tuple(node.name for node in item.path.nodes[1:-1]) for item in items if item.path]


def test_a_drug_that_acts_like_the_treatments_is_supported_by_them(kr: Kedrec) -> None:
    found = kr.explain("newagonistol", "wheezing")
    assert ("RECEPTOR1", "agonistol") in nodes(found)
    assert ("agonistol",) in nodes(found)
    assert ("RECEPTOR1",) in nodes(found)
    assert not found.adverse
    assert found.coverage.enough
    assert {item.role for item in found.evidence} == {"mechanism", "analogy"}


def test_a_drug_that_acts_in_the_opposite_way_is_not_supported_by_any_path_through_the_target(
    kr: Kedrec,
) -> None:
    found = kr.explain("blockerol", "wheezing")
    assert nodes(found) == []
    assert ("RECEPTOR1", "agonistol") in nodes(found, adverse=True)
    assert {item.role for item in found.adverse} == {"opposed"}
    assert "may worsen" in found.coverage.reason
    assert "no path" not in found.coverage.reason


def test_a_partial_agonist_is_neither_opposed_nor_refused(kr: Kedrec) -> None:
    found = kr.explain("partialol", "wheezing")
    assert ("RECEPTOR1",) in nodes(found)
    assert ("RECEPTOR1", "agonistol") in nodes(found)
    assert not found.adverse


def test_an_action_without_a_sign_is_weighed_as_it_stands(kr: Kedrec) -> None:
    found = kr.explain("unsignedol", "wheezing")
    assert ("RECEPTOR1",) in nodes(found)
    assert not found.adverse


def test_structure_alone_is_an_association(kr: Kedrec) -> None:
    found = kr.explain("lookalikol", "wheezing")
    assert {item.role for item in found.evidence} == {"association"}
    assert ("agonistol",) in nodes(found)


def test_an_enzyme_that_breaks_the_treatment_down_and_a_site_in_common_are_no_evidence(kr: Kedrec) -> None:
    found = kr.explain("metabolol", "wheezing")
    assert nodes(found) == []
    assert "no path from metabolol to wheezing that is a reason" in found.coverage.reason
    assert all("lung" not in path for path in nodes(kr.explain("newagonistol", "wheezing", paths=50)))


def test_an_unsigned_path_is_not_offered_for_the_opposite_disease(kr: Kedrec) -> None:
    found = kr.explain("anticoagulol", "bleeding disease")
    assert nodes(found) == []
    assert ("FACTOR1", "factorol") in nodes(found, adverse=True)


def test_what_is_stated_to_further_the_disease_is_no_support_by_an_unsigned_path_either(kr: Kedrec) -> None:
    found = kr.explain("thinnerol", "bleeding disease")
    assert nodes(found) == []
    assert ("FACTOR2", "coagulation") in nodes(found, adverse=True)
    assert "may worsen" in found.coverage.reason


def test_nothing_is_inferred_against_a_known_treatment(kr: Kedrec) -> None:
    assert kr.explain("agonistol", "wheezing").adverse == ()
    assert kr.explain("anticoagulol", "clotting disease").adverse == ()


def test_those_passed_over_have_no_evidence_when_explained(kr: Kedrec) -> None:
    answer = kr.recommend("wheezing", top=3, llm=False)
    assert [one.evidence != () for one in answer] == [True] * len(answer)
    for over in answer.passed:
        assert kr.explain(over.entity.id, "wheezing").evidence == ()


def test_the_coverage_card_counts_what_is_known_and_says_what_would_help(kr: Kedrec) -> None:
    disease = kr.names.entity("MONDO:2")
    card = coverage_card(kr.ranker.adjacency, disease, kr.ranker.treatment_count(disease.id))
    assert "3 genes, 0 symptoms, 0 broader diseases, 0 trials and 1 treatment of bleeding disease" in card
    assert "its symptoms (hpo)" in card
    assert "its genes" not in card
    answer = kr.recommend("unlinked disease", llm=False)
    assert not len(answer)
    assert "0 genes, 0 symptoms" in answer.abstained
