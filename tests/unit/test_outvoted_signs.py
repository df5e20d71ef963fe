"""A drug's sign on a gene where its sources disagree: the fewer aren't told as a mechanism."""

from __future__ import annotations

from typing import Any

import pytest

from kedrec.evidence.target_votes import TargetVotes
from kedrec.types import Edge, Entity, Path, PathStep

DRUG = Entity(id="D:1", kind="Drug", name="tolazamide")
GENE = Entity(id="G:1", kind="Gene", name="ABCC8")
DISEASE = Entity(id="X:1", kind="Disease", name="diabetes")


def row(relation: str, action: str, source: str, drug: str = DRUG.id) -> dict[str, Any]:
    edge = {"action": action, "source": source}
    return {"start_id": drug, "end_id": GENE.id, "end_name": GENE.name, "relation": relation, "edge": edge}


def path(relation: str, action: str) -> Path:
    edge = Edge(start=DRUG.id, relation=relation, end=GENE.id, source="s", licence="CC0-1.0", action=action)
    linked = Edge(start=DISEASE.id, relation="ASSOCIATED_WITH", end=GENE.id, source="s", licence="CC0-1.0")
    steps = (
        PathStep(relation=relation, action=action, forward=True, edges=(edge,)),
        PathStep(relation="ASSOCIATED_WITH", forward=False, edges=(linked,)),
    )
    return Path(template="", metapath="", nodes=(DRUG, GENE, DISEASE), steps=steps)


BLOCKS = [row("BINDS", "blocker", "hetionet"), row("BINDS", "blocker", "drugcentral")]
INCREASES = row("AFFECTS", "increases activity of", "drugmechdb")


def test_a_sign_that_most_of_the_drugs_edges_deny_is_outvoted() -> None:
    votes = TargetVotes(DRUG.id, [*BLOCKS, INCREASES])
    assert votes.is_outvoted(path("AFFECTS", "increases activity of"))
    assert not votes.is_outvoted(path("BINDS", "blocker"))
    assert not votes.is_outvoted(path("AFFECTS", "decreases activity of"))


@pytest.mark.parametrize(
    "edges",
    [
        [INCREASES],
        [BLOCKS[0], INCREASES],  # one against one decides nothing
        [row("BINDS", "", "hetionet"), row("BINDS", "", "chembl"), INCREASES],
        [row("BINDS", "blocker", "hetionet", "D:2"), row("BINDS", "blocker", "chembl", "D:2"), INCREASES],
    ],
)
def test_a_sign_is_not_outvoted_without_more_edges_of_the_drug_itself(edges: list[dict[str, Any]]) -> None:
    assert not TargetVotes(DRUG.id, edges).is_outvoted(path("AFFECTS", "increases activity of"))


def test_a_link_without_one_sign_is_not_outvoted() -> None:
    votes = TargetVotes(DRUG.id, BLOCKS)
    assert not votes.is_outvoted(path("BINDS", ""))
    assert not votes.is_outvoted(path("BINDS", "partial agonist"))
