"""Words of a verdict about the best path: it goes against the disease, a symptom of it, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grounding_evidence import entity, item, step

from kedrec.answers.pair_summary import basis
from kedrec.evidence.pair_evidence import PairEvidence
from kedrec.grounding.verdict_words import pair_verdict

if TYPE_CHECKING:
    from kedrec.types import Entity, PathStep

DRUG = entity("DRUGBANK:1", "Drug", "newdrug")
OTHER = entity("DRUGBANK:2", "Drug", "olddrug")
GENE = entity("NCBIGene:1", "Gene", "GENE1")
PROCESS = entity("GO:1", "BiologicalProcess", "inflammatory response")
SYMPTOM = entity("MESH:S1", "Symptom", "Headache")
DISEASE = entity("MONDO:1", "Disease", "some disease")

INHIBITS = step(DRUG, "BINDS", GENE, "inhibitor")
RAISES = step(GENE, "AFFECTS", PROCESS, "positively regulates")
WITH_SYMPTOM = step(PROCESS, "CORRELATED_WITH", SYMPTOM, "positively correlated with")
WITH_DISEASE = step(PROCESS, "CORRELATED_WITH", DISEASE, "positively correlated with")
SYMPTOM_OF = step(SYMPTOM, "PRESENTS", DISEASE, forward=False)


@pytest.mark.parametrize(
    ("nodes", "steps", "role", "wanted", "says"),
    [
        (
            (DRUG, GENE, PROCESS, DISEASE),
            (INHIBITS, RAISES, WITH_DISEASE),
            "mechanism",
            "stated mechanism",
            "is stated, and goes against some disease (P1)",
        ),
        (
            (DRUG, GENE, PROCESS, SYMPTOM, DISEASE),
            (INHIBITS, RAISES, WITH_SYMPTOM, SYMPTOM_OF),
            "mechanism",
            "stated relief of a symptom",
            "is stated, and goes against a symptom of some disease (P1)",
        ),
        (
            (DRUG, GENE, DISEASE),
            (INHIBITS, step(GENE, "ASSOCIATED_WITH", DISEASE, forward=False)),
            "mechanism",
            "mechanism",
            "whether for better or worse isn't stated (P1)",
        ),
        (
            (DRUG, GENE, OTHER, DISEASE),
            (
                INHIBITS,
                step(GENE, "BINDS", OTHER, "inhibitor", forward=False),
                step(OTHER, "TREATS", DISEASE),
            ),
            "analogy",
            "analogy",
            "a similar drug or disease speaks for it (P1)",
        ),
    ],
)
def test_the_verdict_says_what_the_best_path_goes_against(
    nodes: tuple[Entity, ...], steps: tuple[PathStep, ...], role: str, wanted: str, says: str
) -> None:
    evidence = item("P1", "x", nodes, *steps).model_copy(update={"role": role})
    assert basis(PairEvidence(DRUG, DISEASE, (evidence,), (), paths=1, metapaths=1)) == wanted
    verdict = pair_verdict(
        "newdrug", "some disease", rank=1, of=9, ranked="drugs", known=(), untreated=False,
        contraindication="", paths=(), basis=wanted,
    )  # fmt: skip
    assert says in verdict
