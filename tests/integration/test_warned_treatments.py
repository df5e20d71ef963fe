"""Answers on a graph of a few nodes: a known treatment with a contraindication, and proteins of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worded_graph import open_worded_graph

from kedrec.answers.rationales import _path_grammar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec

NODES = """\
Drug DRUGBANK:D1 relatol
Drug DRUGBANK:D2 plainol
Disease MONDO:1 broad_gasping
Disease MONDO:2 narrow_gasping
Gene NCBIGene:1 TARGET1
Gene UNIPROT:S1 subunit_S4
Gene UNIPROT:S2 subunit_S4
"""
EDGES = """\
TREATS DRUGBANK:D1 MONDO:2
TREATS DRUGBANK:D2 MONDO:2
CONTRAINDICATED_FOR DRUGBANK:D1 MONDO:1
IS_A MONDO:2 MONDO:1
BINDS DRUGBANK:D1 NCBIGene:1 inhibitor
BINDS DRUGBANK:D2 UNIPROT:S1 inhibitor
BINDS DRUGBANK:D2 UNIPROT:S2 inhibitor
ASSOCIATED_WITH MONDO:2 NCBIGene:1
ASSOCIATED_WITH MONDO:2 UNIPROT:S1
ASSOCIATED_WITH MONDO:2 UNIPROT:S2
"""


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_worded_graph(tmp_path_factory.mktemp("warned"), NODES, EDGES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("drug", "may_recommend", "warning"), [("relatol", False, "A1"), ("plainol", True, "")]
)
def test_a_model_speaks_for_no_treatment_that_is_contraindicated(
    kr: Kedrec, drug: str, may_recommend: bool, warning: str
) -> None:
    (candidate,) = kr.pending_for_disease("narrow gasping", drugs=[drug])._candidates
    assert candidate.score.known
    ids = [item.id for item in (*candidate.evidence.evidence, *candidate.evidence.adverse)]
    grammar = _path_grammar(candidate, (), ids)
    assert (grammar.may_recommend, grammar.warning) == (may_recommend, warning)


def test_paths_through_two_proteins_of_one_name_are_one_piece_of_evidence(kr: Kedrec) -> None:
    sentences = [item.sentence for item in kr.explain("plainol", "narrow gasping").evidence]
    assert len(sentences) == len(set(sentences)) > 0
