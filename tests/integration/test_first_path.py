"""The path that leads an answer: the mechanism of action first, treatments of related diseases last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worded_graph import open_worded_graph

from kedrec.evidence.judging import PairJudge, mechanism_targets, treats_related_disease
from kedrec.evidence.pair_evidence import _PathCandidate, _related_after_mechanisms
from kedrec.evidence.target_votes import TargetVotes
from kedrec.stores.templates import path_templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec
    from kedrec.types import Path

NODES = """\
Drug DRUGBANK:D1 relatol
Drug DRUGBANK:D2 plainol
Disease MONDO:1 broad_gasping
Disease MONDO:2 narrow_gasping
Disease MONDO:3 sibling_gasping
Gene NCBIGene:1 TARGET1
Gene NCBIGene:2 TARGET2
"""
EDGES = """\
TREATS DRUGBANK:D1 MONDO:1
TREATS DRUGBANK:D1 MONDO:3
TREATS DRUGBANK:D2 MONDO:1
IS_A MONDO:2 MONDO:1
IS_A MONDO:3 MONDO:1
BINDS DRUGBANK:D1 NCBIGene:1 inhibitor
BINDS DRUGBANK:D1 NCBIGene:2 inhibitor
ASSOCIATED_WITH MONDO:2 NCBIGene:1
ASSOCIATED_WITH MONDO:2 NCBIGene:2
"""


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_worded_graph(tmp_path_factory.mktemp("first"), NODES, EDGES) as opened:
        yield opened


def paths(kr: Kedrec, drug: str) -> list[Path]:
    evidence = kr.explain(drug, "narrow gasping").evidence
    return [item.path for item in evidence if item.path is not None]


def test_treatments_of_related_diseases_come_after_a_mechanism(kr: Kedrec) -> None:
    related = [treats_related_disease(path) for path in paths(kr, "relatol")]
    assert not related[0]
    assert any(related)


def test_without_a_mechanism_they_lead(kr: Kedrec) -> None:
    [path] = paths(kr, "plainol")
    assert treats_related_disease(path)


def test_a_target_of_the_mechanism_of_action_gains(kr: Kedrec) -> None:
    explained = kr.explain("relatol", "narrow gasping")
    direct = {path.nodes[1].id: path for path in paths(kr, "relatol") if len(path.steps) == 2}
    rows = [
        {"end_id": "NCBIGene:1", "edge": {"evidence": "mechanism of action: Target one inhibitor"}},
        {"end_id": "NCBIGene:2", "edge": {"evidence": "no mechanism of action, and weaker than 1 uM"}},
        {"end_id": "NCBIGene:3", "edge": {"evidence": None}},
    ]
    acted_on = mechanism_targets(rows)
    assert acted_on == {"NCBIGene:1"}
    votes = TargetVotes(explained.drug.id, [])
    judge = PairJudge(explained.drug, explained.disease, votes, known=False, acted_on=acted_on)
    assert judge.bonus(direct["NCBIGene:1"]) > judge.bonus(direct["NCBIGene:2"])


def test_a_mechanism_leads_though_its_score_is_lower(kr: Kedrec) -> None:
    explained = paths(kr, "relatol")
    related = next(path for path in explained if treats_related_disease(path))
    mechanism = next(path for path in explained if not treats_related_disease(path))
    template = path_templates()[0]
    leading = _related_after_mechanisms(
        [
            _PathCandidate(template, ("MONDO:1",), 5.0, related, "analogy"),
            _PathCandidate(template, ("NCBIGene:1",), 1.0, mechanism, "mechanism"),
        ]
    )
    assert max(leading, key=lambda one: one.score).path == mechanism
    alone = [_PathCandidate(template, ("MONDO:1",), 5.0, related, "analogy")]
    assert _related_after_mechanisms(alone) == alone
