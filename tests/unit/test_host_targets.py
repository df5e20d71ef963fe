"""Analogies by a shared human target: none with a drug that acts on an organism instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from drawn_paths import DISEASE, DRUG, OTHER, bound, path
from grounding_evidence import entity, step
from test_path_quality import Graph, mechanism, plain

from kedrec.evidence.chains import Mechanisms
from kedrec.evidence.judging import PairJudge
from kedrec.evidence.target_votes import TargetVotes
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables

if TYPE_CHECKING:
    from kedrec.types import Entity, Path

HUMAN = entity("NCBIGene:7153", "Gene", "TOP2A")
BACTERIAL = entity("UNIPROT:P0AES4", "Gene", "gyrA")


def analogy(target: Entity) -> Path:
    theirs = step(target, "BINDS", OTHER, "inhibitor", forward=False)
    return path(DRUG, bound(target), target, theirs, OTHER, step(OTHER, "TREATS", DISEASE), DISEASE)


@pytest.mark.parametrize(
    ("target", "antimicrobials", "role"),
    [
        (HUMAN, frozenset({OTHER.id}), "association"),
        (HUMAN, frozenset({"DRUGBANK:9"}), "analogy"),
        (HUMAN, frozenset(), "analogy"),
        (BACTERIAL, frozenset({OTHER.id}), "analogy"),
    ],
)
def test_a_drug_that_acts_on_an_organism_is_no_example_by_a_human_protein(
    target: Entity, antimicrobials: frozenset[str], role: str
) -> None:
    judge = PairJudge(DRUG, DISEASE, TargetVotes(DRUG.id, []), known=True, antimicrobials=antimicrobials)
    assert judge.role(analogy(target)) == role


def test_drugs_whose_mechanism_names_an_organism_and_no_human_gene_are_antimicrobials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kedrec.evidence.chains.HUMAN_GENES", "Gene:0")  # the other is a bacterium's
    spread = ("CAUSES", "Organism:0", "Disease:0")
    links = [
        *mechanism("m0", ("TREATS", "Drug:0", "Disease:0"), ("AFFECTS", "Drug:0", "Gene:0"), spread),
        *mechanism("m1", ("TREATS", "Drug:1", "Disease:0"), ("AFFECTS", "Drug:1", "Gene:1"), spread),
        *mechanism("m2", ("TREATS", "Drug:1", "Disease:1"), ("AFFECTS", "Drug:1", "Gene:1")),
        *mechanism("m3", ("TREATS", "Drug:3", "Disease:0"), ("AFFECTS", "Drug:3", "Organism:0"), spread),
        plain("TREATS", "Drug:2", "Disease:0"),
    ]
    graph = Graph(links, {"Drug": 4, "Disease": 2, "Gene": 2, "Organism": 1})
    adjacency = Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]
    mechanisms = Mechanisms(adjacency)
    assert mechanisms.antimicrobials(0) == {"Drug:1", "Drug:3"}  # nothing is known of drug 2
    assert mechanisms.antimicrobials(1) == frozenset()
