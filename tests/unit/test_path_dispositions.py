"""Genes and classes that only handle drugs in the body: no mechanism, and no analogy."""

from __future__ import annotations

import pytest
from drawn_paths import DISEASE, DRUG, OTHER, bound, direct, gene, path
from grounding_evidence import entity, step

from kedrec.pathlogic.disposition import is_disposition_class, is_disposition_gene
from kedrec.pathlogic.roles import path_role


@pytest.mark.parametrize(
    "name",
    [
        "CYP3A4",
        "CYP2D6",
        "CYP2C19",
        "CYP1A2",
        "UGT1A1",
        "UGT2B7",
        "SULT1A1",
        "SULT2A1",
        "ABCB1",
        "ABCC2",
        "ABCG2",
        "SLCO1B1",
        "SLCO2B1",
        "SLC22A1",
        "SLC22A8",
        "SLC47A1",
        "ALB",
        "ORM1",
        "GSTP1",
        "CES1",
        "NAT2",
        "FMO3",
        "TPMT",
        "NR1I2",
        "SHBG",
    ],
)
def test_what_the_body_does_with_a_drug_is_no_mechanism(name: str) -> None:
    assert path_role(direct(gene(name))) == "metabolism"
    assert path_role(direct(gene(name), action="inducer")) == "metabolism"
    shared = path(
        DRUG,
        bound(gene(name), "substrate"),
        gene(name),
        step(gene(name), "BINDS", OTHER, "substrate", forward=False),
        OTHER,
        step(OTHER, "TREATS", DISEASE),
        DISEASE,
    )
    assert path_role(shared) == "metabolism"
    onward = path(
        DRUG,
        bound(gene(), "inhibitor", "DrugBank (target); inhibitor"),
        gene(),
        step(gene(), "AFFECTS", gene(name), "positively regulates"),
        gene(name),
        step(gene(name), "ASSOCIATED_WITH", DISEASE, forward=False),
        DISEASE,
    )
    assert path_role(onward) == "metabolism"


@pytest.mark.parametrize(
    "name",
    [
        "CYP19A1",
        "CYP17A1",
        "CYP51A1",
        "CFTR",
        "ABCC8",
        "ABCC9",
        "SLC6A4",
        "SLC5A2",
        "SLC12A3",
        "SLC22A12",
        "SLC18A2",
        "NR3C1",
        "XDH",
        "ADRB2",
        "ALPL",
        "GSK3B",
    ],
)
def test_targets_of_the_same_families_are_mechanisms(name: str) -> None:
    assert not is_disposition_gene(name)
    assert path_role(direct(gene(name))) == "mechanism"


@pytest.mark.parametrize(
    "evidence", ["DrugBank (enzyme); substrate", "DrugBank (transporter)", "DrugBank (carrier)"]
)
def test_the_edge_itself_tells_of_any_gene_that_it_only_handles_the_drug(evidence: str) -> None:
    assert path_role(direct(gene("NEWGENE"), action="", evidence=evidence)) == "metabolism"
    assert path_role(direct(gene("NEWGENE"), action="substrate")) == "metabolism"
    assert (
        path_role(direct(gene("NEWGENE"), action="inhibitor", evidence="DrugBank (target, enzyme)"))
        == "mechanism"
    )


def test_a_target_of_a_listed_family_counts_where_a_source_says_so() -> None:
    named = direct(gene("CYP3A4"), evidence="DrugBank (target); inhibitor")
    assert path_role(named) == "mechanism"
    assert path_role(direct(gene("CYP2C9"), evidence="mechanism of action")) == "mechanism"
    assert path_role(direct(gene("CYP3A4"), action="", evidence="DrugBank (target)")) == "metabolism"
    curated = path(
        DRUG,
        bound(gene("ABCB1"), mechanisms=("M1",)),
        gene("ABCB1"),
        step(gene("ABCB1"), "ASSOCIATED_WITH", DISEASE, forward=False),
        DISEASE,
    )
    assert path_role(curated) == "mechanism"
    # the gene that causes the disease: an inducer of UGT1A1 in Crigler-Najjar syndrome
    assert path_role(direct(gene("UGT1A1"), action="inducer", linked="causal")) == "mechanism"
    assert path_role(direct(gene("UGT1A1"), action="substrate", linked="causal")) == "metabolism"


@pytest.mark.parametrize(
    ("name", "says_nothing"),
    [
        ("Cytochrome P450 2D6 Inhibitors", True),
        ("P-Glycoprotein Inhibitors", True),
        ("UGT1A1 Inhibitors", True),
        ("Organic Anion Transporting Polypeptide 1B1 Inhibitors", True),
        ("Amides", True),
        ("Dyes", True),
        ("Aromatase Inhibitors", False),
        ("mTOR Inhibitors", False),
        ("Penicillins", False),
        ("Adrenergic beta2-Agonists", False),
        ("Sodium-Glucose Transporter 2 Inhibitors", False),
    ],
)
def test_a_class_of_drugs_that_share_an_enzyme_is_no_analogy(name: str, says_nothing: bool) -> None:
    kind = entity("NDFRT:1", "PharmacologicClass", name)
    shared = path(
        DRUG,
        step(DRUG, "MEMBER_OF", kind),
        kind,
        step(kind, "MEMBER_OF", OTHER, forward=False),
        OTHER,
        step(OTHER, "TREATS", DISEASE),
        DISEASE,
    )
    assert is_disposition_class(name) is says_nothing
    assert path_role(shared) == ("metabolism" if says_nothing else "analogy")
