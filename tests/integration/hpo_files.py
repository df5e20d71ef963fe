"""Files of the Human Phenotype Ontology in their published layouts, as text."""

from __future__ import annotations

OBO = """format-version: 1.2
data-version: hp/releases/2031-01-16
ontology: hp.obo

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000118
name: Phenotypic abnormality
is_a: HP:0000001 ! All

[Term]
id: HP:0000901
name: Abnormal stride
def: "A stride that isn't as strides are." [PMID:1]
synonym: "odd stride" EXACT layperson []
synonym: "walking" BROAD []
xref: UMLS:C0000901
xref: Fyler:1
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:0000902
name: Limping stride
alt_id: HP:0000990
xref: UMLS:C0000902
is_a: HP:0000901 ! Abnormal stride

[Term]
id: HP:0000903
name: obsolete Hopping stride
is_obsolete: true
replaced_by: HP:0000902

[Term]
id: HP:0000005
name: Mode of inheritance
is_a: HP:0000001 ! All

[Term]
id: HP:0000006
name: Autosomal dominant inheritance
is_a: HP:0000005 ! Mode of inheritance

[Term]
id: HP:0003577
name: Congenital onset
is_a: HP:0000001 ! All

[Term]
id: HP:0012828
name: Severe
is_a: HP:0000001 ! All
"""
HEAD = (
    '#description: "HPO annotations for rare diseases"\n#version: 2031-01-16\n'
    "database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex\tmodifier\taspect\tbiocuration\n"
)
GENES = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"


def row(
    disease: str = "OMIM:900001", symptom: str = "HP:0000901", *, qualifier: str = "", frequency: str = "",
    reference: str = "PMID:11", onset: str = "", sex: str = "", modifier: str = "", aspect: str = "P",
    evidence: str = "PCS",
) -> str:  # fmt: skip
    cells = (
        disease, f"Name of {disease}", qualifier, symptom, reference, evidence, onset, frequency, sex,
        modifier, aspect, "HPO:x[2031-01-01]",
    )  # fmt: skip
    return "\t".join(cells) + "\n"


def gene(number: str = "7001", disease: str = "OMIM:900001", symptom: str = "HP:0000901") -> str:
    return f"{number}\tGEN{number}\t{symptom}\tx\t-\t{disease}\n"


def files(*rows: str, genes: str = "", obo: str = OBO) -> dict[str, str | bytes]:
    return {"hp.obo": obo, "phenotype.hpoa": HEAD + "".join(rows), "genes_to_phenotype.txt": GENES + genes}
