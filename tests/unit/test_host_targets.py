"""Analogies by a shared human target: none with a drug that treats the disease by another one."""

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
    ("target", "genes", "role"),
    [
        (HUMAN, {OTHER.id: set()}, "association"),  # it acts on an organism
        (HUMAN, {OTHER.id: {"NCBIGene:1"}}, "association"),
        (HUMAN, {OTHER.id: {"NCBIGene:1", HUMAN.id}}, "analogy"),
        (HUMAN, {"DRUGBANK:9": {"NCBIGene:1"}}, "analogy"),
        (HUMAN, {}, "analogy"),
        (BACTERIAL, {OTHER.id: set()}, "analogy"),
    ],
)
def test_a_drug_that_treats_by_another_protein_is_no_example_by_a_human_one(
    target: Entity, genes: dict[str, set[str]], role: str
) -> None:
    treatment_genes = {drug: frozenset(ids) for drug, ids in genes.items()}
    judge = PairJudge(DRUG, DISEASE, TargetVotes(DRUG.id, []), known=True, treatment_genes=treatment_genes)
    assert judge.role(analogy(target)) == role


def test_the_genes_of_treatments_are_those_of_their_mechanisms_in_the_disease() -> None:
    spread = ("CAUSES", "Organism:0", "Disease:0")
    links = [
        *mechanism("m0", ("TREATS", "Drug:0", "Disease:0"), ("AFFECTS", "Drug:0", "Gene:0"), spread),
        *mechanism("m1", ("TREATS", "Drug:1", "Disease:1"), ("AFFECTS", "Drug:1", "Gene:1")),
        *mechanism("m2", ("TREATS", "Drug:3", "Disease:0"), ("AFFECTS", "Drug:3", "Organism:0"), spread),
        *mechanism("m3", ("TREATS", "Drug:4", "Disease:0"), ("AFFECTS", "Drug:4", "GeneFamily:0"),
                   ("AFFECTS", "GeneFamily:0", "Gene:0")),
        *mechanism("m4", ("TREATS", "Drug:5", "Disease:0"), ("AFFECTS", "Drug:5", "Chemical:0")),
        *mechanism("m5", ("TREATS", "Drug:6", "Disease:0"), ("AFFECTS", "Drug:6", "Gene:0")),
        *mechanism("m6", ("TREATS", "Drug:6", "Disease:0"), ("AFFECTS", "Drug:6", "Gene:1")),
        plain("TREATS", "Drug:2", "Disease:0"),
    ]  # fmt: skip
    counts = {"Drug": 7, "Disease": 2, "Gene": 2, "Organism": 1, "GeneFamily": 1, "Chemical": 1}
    adjacency = Adjacency(read_adjacency(Graph(links, counts), schema_tables()))  # type: ignore[arg-type]
    mechanisms = Mechanisms(adjacency)
    # Nothing is known of drug 2, a family may be any of its members, and a chemical is no gene.
    assert mechanisms.treatment_genes(0) == {
        "Drug:0": {"Gene:0"},
        "Drug:3": frozenset(),
        "Drug:6": {"Gene:0", "Gene:1"},
    }
    assert mechanisms.treatment_genes(1) == {"Drug:1": {"Gene:1"}}
