"""A drug's known treatments near a disease: its kinds, and what it is a kind of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worded_graph import open_worded_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec

_NODES = """\
Drug DRUGBANK:D1 narrowprim
Drug DRUGBANK:D2 broadprim
Drug DRUGBANK:D3 siblingprim
Drug DRUGBANK:D4 farprim
Drug DRUGBANK:D5 manyprim
Drug DRUGBANK:D6 cautionprim
Disease MONDO:0 infection
Disease MONDO:1 fever_of_the_tropics
Disease MONDO:2 marsh_fever
Disease MONDO:3 falciparum_marsh_fever
Disease MONDO:4 vivax_marsh_fever
Disease MONDO:5 river_fever
Disease MONDO:6 ovale_marsh_fever
Disease MONDO:7 malariae_marsh_fever
Gene NCBIGene:1 GENE1
SideEffect UMLS:C1 marsh_fever
"""
_EDGES = """\
IS_A MONDO:1 MONDO:0
IS_A MONDO:2 MONDO:1
IS_A MONDO:5 MONDO:1
IS_A MONDO:3 MONDO:2
IS_A MONDO:4 MONDO:2
IS_A MONDO:6 MONDO:4
IS_A MONDO:7 MONDO:4
TREATS DRUGBANK:D1 MONDO:3
TREATS DRUGBANK:D2 MONDO:1
TREATS DRUGBANK:D3 MONDO:5
TREATS DRUGBANK:D4 MONDO:0
TREATS DRUGBANK:D5 MONDO:1
TREATS DRUGBANK:D5 MONDO:3
TREATS DRUGBANK:D5 MONDO:4
TREATS DRUGBANK:D5 MONDO:6
TREATS DRUGBANK:D5 MONDO:7
TREATS DRUGBANK:D6 MONDO:3
CAUSES DRUGBANK:D6 UMLS:C1
BINDS DRUGBANK:D6 NCBIGene:1
BINDS DRUGBANK:D3 NCBIGene:1
ASSOCIATED_WITH MONDO:2 NCBIGene:1
"""


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_worded_graph(tmp_path_factory.mktemp("related"), _NODES, _EDGES) as opened:
        yield opened


def test_a_treatment_of_a_kind_of_the_disease_is_known_as_one(kr: Kedrec) -> None:
    pair = kr.explain("narrowprim", "marsh fever")
    assert pair.badge.standing == pair.flags[0] == "known-narrower"
    assert pair.badge.sources == ("kedrec",)
    assert [(one.disease.id, one.scope, one.sources) for one in pair.badge.related] == [
        ("MONDO:3", "narrower", ("kedrec",))
    ]
    assert "narrowprim treats falciparum marsh fever, a kind of marsh fever (kedrec)." in pair.verdict
    assert "does not know narrowprim as a treatment of marsh fever itself;" in pair.verdict


def test_a_treatment_of_what_the_disease_is_a_kind_of_is_known_as_one(kr: Kedrec) -> None:
    pair = kr.explain("broadprim", "marsh fever")
    assert pair.badge.standing == pair.flags[0] == "known-broader"
    sentence = "broadprim treats fever of the tropics, which marsh fever is a kind of (kedrec)."
    assert sentence in pair.verdict
    assert pair.badge.note == sentence


@pytest.mark.parametrize("drug", ["siblingprim", "farprim"])
def test_a_sibling_and_what_is_far_above_are_not_near(kr: Kedrec, drug: str) -> None:
    pair = kr.explain(drug, "marsh fever")
    assert pair.badge.standing == "new"
    assert pair.badge.related == ()
    assert "itself" not in pair.verdict


def test_narrower_diseases_come_first_and_three_are_named(kr: Kedrec) -> None:
    pair = kr.explain("manyprim", "marsh fever")
    assert [one.disease.id for one in pair.badge.related] == [
        "MONDO:3", "MONDO:4", "MONDO:7", "MONDO:6", "MONDO:1"
    ]  # fmt: skip
    assert (
        "manyprim treats falciparum marsh fever, vivax marsh fever, malariae marsh fever and 1 other, "
        "kinds of marsh fever (kedrec)." in pair.verdict
    )


def test_the_disease_itself_is_a_known_treatment_and_nothing_else(kr: Kedrec) -> None:
    pair = kr.explain("manyprim", "fever of the tropics")
    assert pair.badge.standing == "known"
    assert pair.badge.related == ()


def test_a_side_effect_of_a_treatment_of_a_kind_is_a_caution(kr: Kedrec) -> None:
    flags = kr.explain("cautionprim", "marsh fever").flags
    assert flags[0] == "known-narrower"
    assert "caution" in flags
    assert "may-worsen" not in flags
