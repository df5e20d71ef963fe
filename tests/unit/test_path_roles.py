"""Roles of paths: those that may lead an answer, those that may only support it, and no argument at all."""

from __future__ import annotations

import pytest
from drawn_paths import COUGH, DISEASE, DRUG, LUNG, OTHER, PROCESS, RASH, bound, direct, gene, like, path
from grounding_evidence import entity, step

from kedrec.pathlogic.opposites import are_opposites
from kedrec.pathlogic.roles import LEADING, SUPPORTING, content_role, opposes, path_role
from kedrec.pathlogic.signs import leans_to_harm
from kedrec.stores.templates import path_templates
from kedrec.types import Edge, Entity, Path, PathStep


def test_a_site_and_a_side_effect_in_common_are_never_evidence() -> None:
    site = path(
        DRUG,
        bound(gene()),
        gene(),
        step(gene(), "EXPRESSED_IN", LUNG),
        LUNG,
        step(LUNG, "LOCALIZES_TO", DISEASE, forward=False),
        DISEASE,
    )
    harm = path(
        DRUG,
        step(DRUG, "CAUSES", RASH),
        RASH,
        step(RASH, "CAUSES", OTHER, forward=False),
        OTHER,
        step(OTHER, "TREATS", DISEASE),
        DISEASE,
    )
    symptom = path(
        DRUG, step(DRUG, "CAUSES", COUGH), COUGH, step(COUGH, "PRESENTS", DISEASE, forward=False), DISEASE
    )
    assert [path_role(one) for one in (site, harm, symptom)] == ["location", "harm", "harm"]
    assert not {"location", "harm", "metabolism", "opposed"} & set(SUPPORTING)


def test_what_only_occurs_together_supports_and_never_leads() -> None:
    partner = gene("PARTNER")
    last = (partner, step(partner, "ASSOCIATED_WITH", DISEASE, forward=False), DISEASE)
    for middle in (
        (step(gene(), "INTERACTS_WITH", partner),),
        (step(gene(), "REGULATES", partner),),
        (step(gene(), "COVARIES_WITH", partner),),
        (
            step(gene(), "PARTICIPATES_IN", PROCESS),
            PROCESS,
            step(PROCESS, "PARTICIPATES_IN", partner, forward=False),
        ),
    ):
        assert path_role(path(DRUG, bound(gene()), gene(), *middle, *last)) == "association"
    curated = Edge(
        start=gene().id,
        relation="INTERACTS_WITH",
        end=partner.id,
        source="s",
        licence="CC0-1.0",
        mechanisms=("M",),
    )
    drawn = PathStep(relation="INTERACTS_WITH", forward=True, edges=(curated,))
    assert path_role(path(DRUG, bound(gene()), gene(), drawn, *last)) == "mechanism"


@pytest.mark.parametrize("unsigned", ["CORRELATED_WITH", "LOCATED_IN"])
def test_a_path_that_furthers_the_disease_but_for_an_unsigned_correlation_or_site_never_leads(
    unsigned: str,
) -> None:
    def role(action: str, to_process: str) -> str:
        return path_role(
            path(
                DRUG,
                step(DRUG, "BINDS", gene(), action),
                gene(),
                step(gene(), "AFFECTS", PROCESS, to_process),
                PROCESS,
                step(PROCESS, unsigned, COUGH),
                COUGH,
                step(COUGH, "CORRELATED_WITH", DISEASE, "positively correlated with"),
                DISEASE,
            )
        )

    assert (
        role("agonist", "positively regulates") == role("inhibitor", "negatively regulates") == "association"
    )
    assert role("inhibitor", "positively regulates") == role("agonist", "negatively regulates") == "mechanism"
    assert role("modulator", "positively regulates") == "mechanism"  # whose sign isn't plain


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sphingolipidosis", "analogy"),
        ("sphingolipidosis with epilepsy", "association"),
        ("syndrome associated with hypertrophic cardiomyopathy", "association"),
    ],
)
def test_a_class_of_diseases_by_a_feature_is_no_argument(name: str, role: str) -> None:
    broader = entity("MONDO:3", "Disease", name)
    sibling = entity("MONDO:4", "Disease", "Gaucher disease")
    treats = step(DRUG, "TREATS", sibling)
    kind = step(sibling, "IS_A", broader)
    by_class = path(
        DRUG, treats, sibling, kind, broader, step(broader, "IS_A", DISEASE, forward=False), DISEASE
    )
    assert path_role(by_class) == role
    narrower = path(DRUG, treats, sibling, step(sibling, "IS_A", DISEASE), DISEASE)
    assert path_role(narrower) == "analogy"


def test_an_unsigned_link_to_a_gene_or_a_drugs_part_in_a_process_leans_to_nothing() -> None:
    linked = path(
        DRUG, step(DRUG, "BINDS", gene(), "agonist"), gene(),
        step(gene(), "ASSOCIATED_WITH", DISEASE, forward=False), DISEASE,
    )  # fmt: skip
    assert path_role(linked) == "mechanism"
    taking_part = path(
        DRUG, step(DRUG, "PARTICIPATES_IN", PROCESS), PROCESS, step(PROCESS, "LOCATED_IN", LUNG), LUNG,
        step(LUNG, "CORRELATED_WITH", DISEASE), DISEASE,
    )  # fmt: skip
    assert not leans_to_harm(taking_part)


def test_a_shared_process_is_an_association_though_a_curator_drew_that_one_gene_takes_part() -> None:
    partner = gene("PARTNER")
    drawn = Edge(
        start=gene().id, relation="PARTICIPATES_IN", end=PROCESS.id, source="s", licence="CC0-1.0",
        mechanisms=("M",),
    )  # fmt: skip
    shared = path(
        DRUG, bound(gene()), gene(),
        PathStep(relation="PARTICIPATES_IN", forward=True, edges=(drawn,)), PROCESS,
        step(PROCESS, "PARTICIPATES_IN", partner, forward=False), partner,
        step(partner, "ASSOCIATED_WITH", DISEASE, forward=False), DISEASE,
    )  # fmt: skip
    assert path_role(shared) == "association"


def test_two_diseases_of_one_causal_gene_are_alike_and_of_one_associated_gene_are_not() -> None:
    def shared(action: str) -> Path:
        treated = entity("MONDO:9", "Disease", "another disease")
        return path(
            DRUG,
            step(DRUG, "TREATS", treated),
            treated,
            step(treated, "ASSOCIATED_WITH", gene(), action),
            gene(),
            step(gene(), "ASSOCIATED_WITH", DISEASE, action, forward=False),
            DISEASE,
        )

    assert path_role(shared("causal")) == "analogy"
    assert path_role(shared("")) == "association"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("hypertension", "hypotension"),
        ("Hyperkalemia", "hypokalemia"),
        ("hyperthyroidism", "congenital hypothyroidism"),
        ("sinus tachycardia", "bradycardia"),
        ("thrombophilia", "hemophilia A"),
        ("deep vein thrombosis", "hemophilia B"),
        ("constipation", "chronic diarrhea"),
        ("osteopetrosis", "osteoporosis"),
        ("narcolepsy", "insomnia"),
        ("hyperglycemia", "neonatal hypoglycemia"),
        ("essential thrombocythemia", "immune thrombocytopenia"),
        ("Basedow's disease", "hypothyroidism"),
        ("Graves' disease", "Myxoedema"),
        ("Cushing's syndrome", "Addison disease"),
        ("hypercortisolism", "Addison disease"),
        ("hyperglycemia", "Hypoglycaemia"),
        ("polycythaemia vera", "anaemia"),
    ],
)
def test_a_disease_of_the_opposite_direction_is_no_analogy(first: str, second: str) -> None:
    assert are_opposites(first, second)
    assert are_opposites(second, first)
    assert path_role(like(first, second)) == "opposed"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("hypertension", "pulmonary hypertension"),
        ("hypertension", "hypothyroidism"),
        ("hemophilia A", "hemophilia B"),
        ("hyperlipidemia", "hypertension"),
        ("depression", "anxiety"),
        ("hypersensitivity", "hypertension"),
        ("Graves disease", "hyperthyroidism"),
        ("Cushing syndrome", "hypothyroidism"),
        ("hyperglycaemia", "hyperglycemia"),
    ],
)
def test_other_diseases_are_no_opposites(first: str, second: str) -> None:
    assert not are_opposites(first, second)
    assert path_role(like(first, second)) == "analogy"


def test_adverse_evidence_is_a_mechanism_all_of_whose_signs_are_stated() -> None:
    def chain(middle: str, action: str) -> Path:
        return path(
            DRUG,
            bound(gene(), "antagonist"),
            gene(),
            step(gene(), middle, PROCESS, action),
            PROCESS,
            step(PROCESS, "CORRELATED_WITH", DISEASE, "negatively correlated with"),
            DISEASE,
        )

    assert path_role(chain("AFFECTS", "positively regulates")) == "opposed"
    assert opposes(chain("AFFECTS", "positively regulates"))
    assert path_role(chain("AFFECTS", "negatively regulates")) == "mechanism"
    # that a gene takes part in a process is enough to doubt, and too little to accuse
    assert path_role(chain("PARTICIPATES_IN", "")) == "opposed"
    assert not opposes(chain("PARTICIPATES_IN", ""))


def test_each_template_has_a_role_and_supporting_ones_lead_or_support_but_for_known_exceptions() -> None:
    roles = {
        template.name: content_role([(hop.relation, hop.kind) for hop in template.hops])
        for template in path_templates()
        if template.stance == "supports"
    }
    assert {name for name, role in roles.items() if role not in SUPPORTING} == {
        "drug-binds-gene-expressed-in-anatomy-disease",
        "drug-same-side-effect-drug-treats-disease",
    }
    assert roles["drug-binds-gene-disease"] == "mechanism"
    assert roles["drug-affects-gene-process-disease"] == "mechanism"
    assert roles["drug-same-target-drug-treats-disease"] == "analogy"
    assert roles["drug-treats-disease-sharing-symptom"] == "association"
    assert set(LEADING) == {"mechanism", "analogy"}


def linked(
    start: Entity, relation: str, end: Entity, evidence: str, mechanisms: tuple[str, ...] = ()
) -> PathStep:
    """A step against an edge's direction, from its end to its start, with the words of its source."""
    link = Edge(
        start=end.id, relation=relation, end=start.id, source="s", licence="CC0-1.0", evidence=evidence,
        mechanisms=mechanisms,
    )  # fmt: skip
    return PathStep(relation=relation, forward=False, edges=(link,))


@pytest.mark.parametrize(
    ("evidence", "frequent"),
    [
        ("HPO: very frequent (80-99%), traceable author statement", True),
        ("HPO: frequent (30-79%), electronic annotation", True),
        ("Orphanet: obligate (100%)", True),
        ("HPO: 7/12, published clinical study", True),
        ("HPO: 1/12, published clinical study; HPO: 4/9, infantile onset", True),
        ("HPO: occasional (5-29%), traceable author statement", False),
        ("Orphanet: very rare (1-4%)", False),
        ("HPO: 1/12, published clinical study", False),
        ("HPO: frequency unknown, traceable author statement", False),
        ("MEDLINE co-occurrence", False),
        ("text-mined: score 3.1, 12 abstracts", False),
        ("", False),
    ],
)
def test_a_mechanism_on_a_symptom_leads_where_many_people_with_the_disease_have_it(
    evidence: str, frequent: bool
) -> None:
    eased = step(gene(), "CORRELATED_WITH", COUGH, "positively correlated with")
    shown = path(
        DRUG, bound(gene()), gene(), eased, COUGH, linked(COUGH, "PRESENTS", DISEASE, evidence), DISEASE
    )
    assert path_role(shown) == ("mechanism" if frequent else "association")
    drawn = linked(COUGH, "PRESENTS", DISEASE, evidence, ("M1",))
    assert path_role(path(DRUG, bound(gene()), gene(), eased, COUGH, drawn, DISEASE)) == "mechanism"


def test_a_gene_only_takes_part_in_a_process_unless_a_curator_says_that_it_drives_it() -> None:
    def through(*mechanisms: str) -> Path:
        part = Edge(
            start=gene().id, relation="PARTICIPATES_IN", end=PROCESS.id, source="s", licence="CC0-1.0",
            mechanisms=mechanisms,
        )  # fmt: skip
        return path(
            DRUG, bound(gene()), gene(),
            PathStep(relation="PARTICIPATES_IN", forward=True, edges=(part,)), PROCESS,
            step(PROCESS, "CORRELATED_WITH", DISEASE, "positively correlated with"), DISEASE,
        )  # fmt: skip

    assert path_role(through()) == "association"
    assert path_role(through("M1")) == "mechanism"


@pytest.mark.parametrize(
    ("action", "evidence", "role"),
    [
        ("", "BindingDB", "association"),
        ("", "", "mechanism"),  # a statement of one's own
        ("", "DrugBank (target)", "mechanism"),
        ("", "mechanism of action (ChEMBL)", "mechanism"),
        ("inhibitor", "BindingDB", "mechanism"),
    ],
)
def test_a_measured_binding_is_an_action_only_with_a_sign_or_as_a_target(
    action: str, evidence: str, role: str
) -> None:
    assert path_role(direct(gene(), action=action, evidence=evidence)) == role


def test_a_mechanism_in_a_broader_disease_is_one_in_its_kinds() -> None:
    broad = entity("MONDO:9", "Disease", "broad disease")
    to_broad = step(gene(), "ASSOCIATED_WITH", broad, forward=False)
    down = path(
        DRUG, bound(gene()), gene(), to_broad, broad, step(broad, "IS_A", DISEASE, forward=False), DISEASE
    )
    assert path_role(down) == "mechanism"
    up = path(DRUG, bound(gene()), gene(), to_broad, broad, step(broad, "IS_A", DISEASE), DISEASE)
    assert path_role(up) == "analogy"
    treated = path(
        DRUG, step(DRUG, "TREATS", broad), broad, step(broad, "IS_A", DISEASE, forward=False), DISEASE
    )
    assert path_role(treated) == "analogy"
