"""The sign algebra of paths: every relation and action of the schema, and what they multiply to."""

from __future__ import annotations

from itertools import product

import pytest
from grounding_evidence import entity, step

from kedrec.pathlogic.signs import action_signs, path_effect
from kedrec.schema import load_schema
from kedrec.types import Entity, Path, PathStep

DRUG = entity("DRUGBANK:1", "Drug", "newdrug")
OTHER = entity("DRUGBANK:2", "Drug", "olddrug")
GENE = entity("NCBIGene:1", "Gene", "GENE1")
PARTNER = entity("NCBIGene:2", "Gene", "GENE2")
PROCESS = entity("GO:1", "BiologicalProcess", "vasodilation")
CHEMICAL = entity("CHEBI:1", "Chemical", "cyclic GMP")
SYMPTOM = entity("MESH:S1", "Symptom", "dyspnea")
DISEASE = entity("MONDO:1", "Disease", "some disease")
BROADER = entity("MONDO:2", "Disease", "broader disease")

LESS, NONE, MORE, EITHER = {-1}, {0}, {1}, {-1, 1}
SIGNS: dict[str, dict[str, set[int]]] = {
    "TREATS": {"": LESS, "treats": LESS, "prevents": LESS, "ameliorates": LESS},
    "PALLIATES": {"": LESS},
    "CONTRAINDICATED_FOR": {"": MORE},
    "STOPPED_FOR": {"": NONE, "withdrawn": NONE, "terminated": NONE, "suspended": NONE},
    "BINDS": {
        "": NONE, "inhibitor": LESS, "antagonist": LESS, "inverse agonist": LESS, "blocker": LESS,
        "negative modulator": LESS, "antibody": LESS, "suppressor": LESS, "degrader": LESS, "chelator": LESS,
        "agonist": MORE, "partial agonist": EITHER, "activator": MORE, "positive modulator": MORE,
        "stimulator": MORE, "inducer": MORE, "replacement": MORE, "chaperone": MORE, "modulator": NONE,
        "substrate": NONE, "cofactor": NONE, "carrier": NONE, "ligand": NONE, "binder": NONE,
    },
    "UPREGULATES": {"": MORE},
    "DOWNREGULATES": {"": LESS},
    "ASSOCIATED_WITH": {
        "": NONE, "causal": NONE, "loss of function": LESS, "gain of function": MORE,
        "listed": NONE, "raised": MORE, "lowered": LESS,
    },
    "INTERACTS_WITH": {"": NONE},
    "REGULATES": {"": NONE},
    "COVARIES_WITH": {"": NONE},
    "PARTICIPATES_IN": {"": MORE},
    "RESEMBLES": {"": MORE},
    "PRESENTS": {"": MORE},
    "LOCALIZES_TO": {"": NONE},
    "EXPRESSED_IN": {"": NONE},
    "CAUSES": {"": MORE, "worsening": MORE},
    "MEMBER_OF": {"": MORE},
    "IS_A": {"": MORE},
    "STUDIED_IN": {"": NONE, "completed": NONE, "terminated": NONE, "withdrawn": NONE, "suspended": NONE},
    "AFFECTS": {
        "": NONE, "increases activity of": MORE, "decreases activity of": LESS, "positively regulates": MORE,
        "negatively regulates": LESS, "increases abundance of": MORE, "decreases abundance of": LESS,
        "regulates": NONE, "disrupts": LESS, "produces": MORE, "increases degradation of": LESS,
        "increases transport of": MORE, "increases stability of": MORE, "decreases uptake of": LESS,
        "increases response to": MORE,
    },
    "CORRELATED_WITH": {"": NONE, "positively correlated with": MORE, "negatively correlated with": LESS},
    "CONTRIBUTES_TO": {"": MORE, "affects risk for": NONE, "precedes": MORE, "exacerbates": MORE},
    "LOCATED_IN": {"": NONE, "part of": NONE, "in taxon": NONE},
    "METABOLIZED_TO": {"": MORE},
}  # fmt: skip
"""By pharmacology, not by the schema: which way the end goes with more of the start."""


def test_every_action_of_the_schema_has_the_sign_of_its_meaning() -> None:
    for relation in load_schema().relations.values():
        for action in ("", *relation.actions):
            assert action_signs(relation.name, action) == SIGNS[relation.name][action], (
                relation.name,
                action,
            )


def effect(nodes: list[Entity], *steps: PathStep) -> str:
    return path_effect(Path(template="by-hand", metapath="", nodes=tuple(nodes), steps=steps))


def common_target(own: tuple[str, ...], others: tuple[str, ...], relation: str = "BINDS") -> str:
    """The effect of a path through a target that another drug for the disease acts on too."""
    return effect(
        [DRUG, GENE, OTHER, DISEASE],
        step(DRUG, relation, GENE, *own),
        step(GENE, "BINDS", OTHER, *others, forward=False),
        step(OTHER, "TREATS", DISEASE),
    )


LOWERING = [action for action, signs in SIGNS["BINDS"].items() if signs == LESS]
RAISING = [action for action, signs in SIGNS["BINDS"].items() if signs == MORE]
UNSIGNED = [action for action, signs in SIGNS["BINDS"].items() if signs == NONE]


@pytest.mark.parametrize("own", [*LOWERING, *RAISING])
def test_drugs_that_act_alike_on_a_target_relieve_alike_and_opposite_ones_further(own: str) -> None:
    alike, opposite = (LOWERING, RAISING) if own in LOWERING else (RAISING, LOWERING)
    assert {common_target((own,), (other,)) for other in alike} == {"relieves"}
    assert {common_target((own,), (other,)) for other in opposite} == {"furthers"}
    assert {common_target((own,), (other,)) for other in UNSIGNED} == {"unsigned"}


def test_a_partial_agonist_is_like_agonists_and_neither_like_nor_opposed_to_what_blocks() -> None:
    partial = ("partial agonist",)
    for other in ("agonist", "partial agonist", "activator"):
        assert common_target(partial, (other,)) == "relieves"
        assert common_target((other,), partial) == "relieves"
    for other in ("antagonist", "inverse agonist", "blocker", "negative modulator"):
        assert common_target(partial, (other,)) == "unclear"
        assert common_target((other,), partial) == "unclear"


def test_sources_that_disagree_leave_it_unclear_and_one_without_a_sign_does_not() -> None:
    assert common_target(("agonist", "antagonist"), ("antagonist",)) == "unclear"
    assert common_target(("antagonist",), ("inhibitor", "inducer")) == "unclear"
    assert common_target(("antagonist", "", "binder"), ("inhibitor",)) == "relieves"
    assert common_target(("antagonist", "", "binder"), ("activator", "")) == "furthers"


def test_relations_of_different_names_compose_too() -> None:
    assert common_target(("decreases activity of",), ("inhibitor",), "AFFECTS") == "relieves"
    assert common_target(("increases abundance of",), ("inhibitor",), "AFFECTS") == "furthers"
    assert common_target(("decreases abundance of",), ("positive modulator",), "AFFECTS") == "furthers"


@pytest.mark.parametrize(
    ("action", "middle", "end", "wanted"),
    [
        (action, middle, end, {1: "furthers", -1: "relieves"}[sign * to_process * to_disease])
        for (action, sign), (middle, to_process), (end, to_disease) in product(
            (("inhibitor", -1), ("agonist", 1)),
            (("positively regulates", 1), ("negatively regulates", -1), ("decreases abundance of", -1)),
            (("positively correlated with", 1), ("negatively correlated with", -1)),
        )
    ],
)
def test_signs_multiply_along_a_whole_chain(action: str, middle: str, end: str, wanted: str) -> None:
    steps = (
        step(DRUG, "BINDS", GENE, action),
        step(GENE, "AFFECTS", PROCESS, middle),
        step(PROCESS, "CORRELATED_WITH", DISEASE, end),
    )
    assert effect([DRUG, GENE, PROCESS, DISEASE], *steps) == wanted
    symptom = (
        *steps[:2],
        step(PROCESS, "CORRELATED_WITH", SYMPTOM, end),
        step(SYMPTOM, "PRESENTS", DISEASE, forward=False),
    )
    assert effect([DRUG, GENE, PROCESS, SYMPTOM, DISEASE], *symptom) == wanted
    broken = (*steps[:2], step(PROCESS, "CORRELATED_WITH", DISEASE))
    assert effect([DRUG, GENE, PROCESS, DISEASE], *broken) == "unsigned"


@pytest.mark.parametrize(
    ("drug", "gene", "wanted"),
    [
        ("agonist", "loss of function", "relieves"), ("positive modulator", "loss of function", "relieves"),
        ("antagonist", "loss of function", "furthers"), ("inhibitor", "gain of function", "relieves"),
        ("activator", "gain of function", "furthers"), ("inhibitor", "causal", "unsigned"),
        ("modulator", "gain of function", "unsigned"), ("inhibitor", "", "unsigned"),
    ],
)  # fmt: skip
def test_the_sign_of_the_diseases_gene_ends_the_path(drug: str, gene: str, wanted: str) -> None:
    if gene and gene not in load_schema().relations["ASSOCIATED_WITH"].actions:
        pytest.skip("the schema has no such action yet")
    bound, linked = (
        step(DRUG, "BINDS", GENE, drug),
        step(GENE, "ASSOCIATED_WITH", DISEASE, gene, forward=False),
    )
    assert effect([DRUG, GENE, DISEASE], bound, linked) == wanted
    narrower = step(GENE, "ASSOCIATED_WITH", BROADER, gene, forward=False)
    assert effect([DRUG, GENE, BROADER, DISEASE], bound, narrower, step(BROADER, "IS_A", DISEASE)) == wanted


def test_causes_and_contributions_end_a_path_as_harm() -> None:
    for relation, action in (("CAUSES", ""), ("CONTRIBUTES_TO", ""), ("CONTRIBUTES_TO", "exacerbates")):
        last = step(PROCESS, relation, DISEASE, action)
        up, down = (
            step(DRUG, "AFFECTS", PROCESS, f"{way} regulates") for way in ("positively", "negatively")
        )
        assert effect([DRUG, PROCESS, DISEASE], up, last) == "furthers"
        assert effect([DRUG, PROCESS, DISEASE], down, last) == "relieves"


def test_a_drug_that_reverses_an_expression_relieves_and_one_that_repeats_it_furthers() -> None:
    raises, lowers = step(DRUG, "UPREGULATES", GENE), step(DRUG, "DOWNREGULATES", GENE)
    raised = step(GENE, "UPREGULATES", DISEASE, forward=False)
    assert effect([DRUG, GENE, DISEASE], lowers, raised) == "relieves"
    assert effect([DRUG, GENE, DISEASE], raises, raised) == "furthers"
