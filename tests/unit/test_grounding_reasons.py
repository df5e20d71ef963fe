"""Reasons that a sentence gives: a mechanism is one; a coincidence, a resemblance and harm are none."""

from __future__ import annotations

import pytest
from grounding_evidence import entity, item, step

from kedrec.grounding import check
from kedrec.grounding.reasons import Strength, strength
from kedrec.types import Entity, Evidence

DRUG = entity("DRUGBANK:DB00571", "Drug", "propranolol")
DISEASE = entity("DOID:2841", "Disease", "asthma")
GENE = entity("NCBIGene:154", "Gene", "ADRB2")
LUNG = entity("UBERON:0002048", "Anatomy", "lung")
WHEEZE = entity("MESH:D012135", "Symptom", "wheezing")
NAUSEA = entity("UMLS:C0027497", "SideEffect", "nausea")
OTHER = entity("DRUGBANK:DB00938", "Drug", "salmeterol")
RELATED = entity("DOID:3083", "Disease", "chronic bronchitis")
CLASS = entity("NDFRT:1", "PharmacologicClass", "adrenergic agents")
PARENT = entity("DOID:1176", "Disease", "bronchial disease")


def path(id_: str, *nodes_and_steps: object, stance: str = "supports") -> Evidence:
    nodes = tuple(one for one in nodes_and_steps if isinstance(one, Entity))
    steps = [one for one in nodes_and_steps if not isinstance(one, Entity)]
    return item(id_, id_, nodes, *steps, stance=stance)  # type: ignore[arg-type]


EVIDENCE = [
    path("P1", DRUG, GENE, DISEASE, step(DRUG, "BINDS", GENE, "antagonist"),
         step(GENE, "ASSOCIATED_WITH", DISEASE, forward=False)),
    path("P2", DRUG, GENE, LUNG, DISEASE, step(DRUG, "BINDS", GENE, "antagonist"),
         step(GENE, "EXPRESSED_IN", LUNG),
         step(LUNG, "LOCALIZES_TO", DISEASE, forward=False)),
    path("P3", DRUG, RELATED, WHEEZE, DISEASE, step(DRUG, "TREATS", RELATED),
         step(RELATED, "PRESENTS", WHEEZE),
         step(WHEEZE, "PRESENTS", DISEASE, forward=False)),
    path("P4", DRUG, NAUSEA, OTHER, DISEASE, step(DRUG, "CAUSES", NAUSEA),
         step(NAUSEA, "CAUSES", OTHER, forward=False),
         step(OTHER, "TREATS", DISEASE)),
    path("P5", DRUG, OTHER, DISEASE, step(DRUG, "RESEMBLES", OTHER), step(OTHER, "TREATS", DISEASE)),
    path("P6", DRUG, RELATED, DISEASE, step(DRUG, "TREATS", RELATED), step(RELATED, "RESEMBLES", DISEASE)),
    path("P7", DRUG, CLASS, OTHER, DISEASE, step(DRUG, "MEMBER_OF", CLASS),
         step(CLASS, "MEMBER_OF", OTHER, forward=False), step(OTHER, "TREATS", DISEASE)),
    path("P8", DRUG, GENE, OTHER, DISEASE, step(DRUG, "BINDS", GENE, "antagonist"),
         step(GENE, "BINDS", OTHER, "inhibitor", forward=False), step(OTHER, "TREATS", DISEASE)),
    path("P9", DRUG, GENE, OTHER, DISEASE, step(DRUG, "BINDS", GENE, "antagonist"),
         step(GENE, "BINDS", OTHER, "agonist", forward=False), step(OTHER, "TREATS", DISEASE)),
]  # fmt: skip
CAUSES = path("A2", DRUG, DISEASE, step(DRUG, "CAUSES", DISEASE), stance="adverse")
DIRECT = path("A1", DRUG, DISEASE, step(DRUG, "CONTRAINDICATED_FOR", DISEASE), stance="adverse")
INHERITED = path("A1", DRUG, PARENT, DISEASE, step(DRUG, "CONTRAINDICATED_FOR", PARENT),
                 step(PARENT, "IS_A", DISEASE, forward=False), stance="adverse")  # fmt: skip
IN_A_KIND = path("A1", DRUG, RELATED, DISEASE, step(DRUG, "CONTRAINDICATED_FOR", RELATED),
                 step(RELATED, "IS_A", DISEASE), stance="adverse")  # fmt: skip

OPPOSED = path("C1", DRUG, GENE, OTHER, DISEASE, step(DRUG, "BINDS", GENE, "antagonist"),
               step(GENE, "BINDS", OTHER, "agonist", forward=False), step(OTHER, "TREATS", DISEASE),
               stance="adverse")  # fmt: skip
ALIKE = path("C1", DRUG, GENE, OTHER, DISEASE, step(DRUG, "BINDS", GENE, "antagonist"),
             step(GENE, "BINDS", OTHER, "blocker", forward=False), step(OTHER, "TREATS", DISEASE),
             stance="adverse")  # fmt: skip


def reason(text: str, *adverse: Evidence) -> str:
    return check(text, DRUG, DISEASE, EVIDENCE, adverse).claims[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "Propranolol may help in asthma because it antagonizes ADRB2 [P1].",
        "Propranolol may help in asthma through ADRB2 [P1].",
        "Propranolol may help in asthma as it blocks ADRB2, which is inhibited by salmeterol [P8].",
        # the same paths said as what they are
        "Propranolol resembles salmeterol, which treats asthma [P5].",
        "Propranolol resembles salmeterol, which treats asthma; by analogy, it might help in asthma [P5].",
        "By analogy with salmeterol, which treats asthma, propranolol might help in asthma [P5].",
        "Propranolol blocks ADRB2, which is expressed in lung, which is a site of asthma [P2].",
        "Propranolol can cause nausea, which can be caused by salmeterol [P4].",
        "Propranolol, which resembles salmeterol, might be worth studying in asthma [P5].",
        "Propranolol may help in asthma because it antagonizes ADRB2, but it can cause nausea [P1][P4].",
    ],
)
def test_a_mechanism_is_a_reason_and_the_rest_can_be_said_as_what_it_is(text: str) -> None:
    assert reason(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Propranolol may help in asthma through lung [P2].", "an anatomical structure that [P2] passes"),
        ("Propranolol may help in asthma by way of wheezing [P3].", "a symptom that [P3] passes"),
        ("Via salmeterol, propranolol may help in asthma [P5].", "a drug that [P5] passes"),
        ("Propranolol may help in asthma through salmeterol [P8].", "a drug that [P8] passes"),
        ("Asthma may respond to propranolol through chronic bronchitis [P6].", "a disease that [P6] passes"),
        ("Propranolol may help in asthma through adrenergic agents [P7].", "a drug class that [P7] passes"),
        ("Propranolol may help in asthma by acting through nausea [P4].", "a side effect that [P4] passes"),
        ("Propranolol may help in asthma because it antagonizes ADRB2 [P2].", "a site in common"),
        ("Since it resembles salmeterol, propranolol may help in asthma [P5].", "another drug"),
        ("Propranolol resembles salmeterol, so it may help in asthma [P5].", "another drug"),
        ("Propranolol may help in asthma: it treats chronic bronchitis [P6].", "another disease"),
        ("One reason is that propranolol belongs to adrenergic agents [P7].", "a class in common"),
        ("Propranolol may help in asthma because it blocks ADRB2 [P9].", "another drug"),
        ("By analogy, propranolol may help in asthma [P1].", "argues by analogy"),
        ("Propranolol resembles salmeterol; by analogy, it may help in asthma [P5].", "is none"),
    ],
)  # fmt: skip
def test_what_is_merely_shared_is_no_reason(text: str, why: str) -> None:
    assert why in reason(text)


@pytest.mark.parametrize(
    "text",
    [
        "Propranolol may help in asthma, because propranolol can cause asthma [P1][A2].",
        "Propranolol can cause asthma, and therefore it could treat asthma [P1][A2].",
        "By causing nausea, propranolol may help in asthma [P4].",
        "Because propranolol can cause nausea, it may help in asthma [P4].",
        "Propranolol may help in asthma because it antagonizes ADRB2 and it can cause asthma [P1][A2].",
        "One reason is that propranolol can cause asthma [A2].",
        "Propranolol may help in asthma, as it is thought to cause nausea [P4].",
    ],
)
def test_harm_is_never_a_reason(text: str) -> None:
    assert reason(text, CAUSES).startswith(
        ("It gives what speaks against propranolol", "It says that propranolol caus")
    )


def test_a_reason_told_in_a_sentence_of_its_own_is_one_too() -> None:
    verdict = "Propranolol may help in asthma because it antagonizes ADRB2 [P1]."
    for text in (
        f"{verdict} This is because propranolol can cause asthma [A2].",
        f"{verdict} The reason may be that propranolol can cause asthma [A2].",
        "Propranolol can cause asthma [A2]. Therefore, propranolol may help in asthma [P1].",
        "Propranolol resembles salmeterol [P5]. Thus it may help in asthma [P5].",
    ):
        claims = check(text, DRUG, DISEASE, EVIDENCE, [CAUSES]).claims
        assert [claim.status for claim in claims[:2]] == ["holds", "struck"], text
    held = check(
        "Propranolol blocks ADRB2 [P1]. Therefore, it may help in asthma [P1].", DRUG, DISEASE, EVIDENCE
    )
    assert [claim.status for claim in held.claims] == ["holds", "holds"]


@pytest.mark.parametrize("against", [DIRECT, INHERITED])
@pytest.mark.parametrize(
    "text",
    [
        "Propranolol may help in asthma [P1].",
        "Propranolol is a plausible candidate for asthma [P1].",
        "Propranolol may help in asthma because it antagonizes ADRB2 [P1].",
        "Asthma may respond to propranolol [P1].",
        "Propranolol might be worth studying in asthma [P1].",
        "Propranolol may help in asthma, but it is contraindicated in asthma [P1][A1].",
    ],
)
def test_nothing_speaks_for_a_drug_where_it_is_contraindicated(text: str, against: Evidence) -> None:
    assert reason(text, against) != ""


def test_nothing_speaks_for_a_drug_that_does_the_opposite_of_treatments() -> None:
    text = "Propranolol may help in asthma because it antagonizes ADRB2 [P1]."
    assert "C1" in reason(text, OPPOSED)
    assert reason(text, ALIKE) == ""
    assert reason("Propranolol blocks ADRB2, which is linked to asthma [P1].", OPPOSED) == ""


def test_facts_hold_beside_a_contraindication_and_a_verdict_beside_one_of_a_kind_alone() -> None:
    assert reason("Propranolol is contraindicated in asthma [A1].", DIRECT) == ""
    assert reason("Propranolol blocks ADRB2, which is linked to asthma [P1].", DIRECT) == ""
    assert reason("Salmeterol may treat asthma [P5].", DIRECT) == ""
    assert reason("Propranolol may help in asthma [P1].", IN_A_KIND) == ""
    assert reason("Propranolol is contraindicated in asthma, so it may treat asthma [P1][A1].", DIRECT)


def test_a_path_of_genes_that_only_vary_together_or_interact_is_no_reason() -> None:
    other = entity("NCBIGene:1", "Gene", "OTHER1")
    bound = step(DRUG, "BINDS", GENE, "antagonist")
    linked = step(other, "ASSOCIATED_WITH", DISEASE, forward=False)
    varies = path("P1", DRUG, GENE, other, DISEASE, bound, step(GENE, "COVARIES_WITH", other), linked)
    interacts = path("P1", DRUG, GENE, other, DISEASE, bound, step(GENE, "INTERACTS_WITH", other), linked)
    assert varies.path is not None
    assert interacts.path is not None
    assert strength(varies.path) is Strength.WEAK
    assert strength(interacts.path) is Strength.WEAK  # one interaction away is a hint
    judged = interacts.model_copy(update={"role": "mechanism"})  # where the evidence knows more of it
    text = "Propranolol may help in asthma because it antagonizes ADRB2 [P1]."
    assert check(text, DRUG, DISEASE, [judged]).claims[0].status == "holds"
    assert check(text, DRUG, DISEASE, [interacts]).claims[0].status == "struck"


@pytest.mark.parametrize(
    ("action", "carries"), [("agonist", Strength.WEAK), ("antagonist", Strength.MECHANISM)]
)
def test_a_drug_that_furthers_what_brings_the_disease_has_no_mechanism(
    action: str, carries: Strength
) -> None:
    found = path(
        "P1", DRUG, GENE, DISEASE, step(DRUG, "BINDS", GENE, action), step(GENE, "CONTRIBUTES_TO", DISEASE)
    )
    assert found.path is not None
    assert strength(found.path) is carries


@pytest.mark.parametrize("gene_action", ["loss of function", "gain of function"])
@pytest.mark.parametrize(("drug_action", "sign"), [("antagonist", -1), ("agonist", 1), ("binder", 0)])
def test_a_drug_meets_a_disease_gene_by_the_sign_of_what_its_variants_do(
    gene_action: str, drug_action: str, sign: int
) -> None:
    met = path("P1", DRUG, GENE, DISEASE, step(DRUG, "BINDS", GENE, drug_action),
               step(GENE, "ASSOCIATED_WITH", DISEASE, gene_action, forward=False))  # fmt: skip
    says = {-1: "antagonizes", 1: "activates", 0: "binds"}[sign]
    text = f"Propranolol may help in asthma because it {says} ADRB2 [P1]."
    furthers = sign == (-1 if gene_action == "loss of function" else 1)
    [claim, *_] = check(text, DRUG, DISEASE, [met]).claims
    assert ("what furthers the disease" in claim.reason) == furthers
    assert met.path is not None
    assert (strength(met.path) is Strength.WEAK) == furthers


def test_a_sentence_that_goes_on_from_a_struck_one_is_struck_too() -> None:
    text = "Propranolol cures asthma [P1]. ADRB2 is linked to asthma [P1]. Propranolol blocks ADRB2 [P1]."
    first, orphan, whole = check(text, DRUG, DISEASE, EVIDENCE).claims
    assert [first.status, orphan.status, whole.status] == ["struck", "struck", "holds"]
    assert orphan.reason == "It goes on from a sentence that was struck."
    beside = check("Propranolol blocks ADRB2 [P1]. ADRB2 is linked to asthma [P1].", DRUG, DISEASE, EVIDENCE)
    assert [claim.status for claim in beside.claims] == ["holds", "holds"]
