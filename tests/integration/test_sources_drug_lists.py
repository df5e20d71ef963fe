"""Lists of drugs, their targets and contraindications, in small files of their published layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from loaded import Loaded

DRUG_COLUMNS = (
    "curie,curie_label,approved_usa,marketing_status_usa,approved_europe,approved_japan,"
    "is_combination_therapy,is_metallic_salt,alternate_ids,atc_codes"
)


def drug_row(curie: str, name: str, ids: str, atc: str = "", *, combined: str = "FALSE") -> str:
    listed = ", ".join(f"'{id_}'" for id_ in ids.split())
    return f'{curie},{name},1,RX,,1,{combined},0,"[{listed}]","[\'{atc}\']"'


DRUGS = [
    DRUG_COLUMNS,
    # a base, its hydrochloride, and the other enantiomer, which has a DrugBank id of its own
    drug_row(
        "CHEBI:1",
        "racemol",
        "CHEBI:1 UNII:RAC CHEMBL.COMPOUND:CHEMBL1 DRUGBANK:DB00001 MESH:D1 "
        "INCHIKEY:AAAAAAAAAAAAAA-UHFFFAOYSA-N UMLS:C1 RXCUI:11 RXCUI:12 "
        "CHEBI:2 UNII:ENA CHEMBL.COMPOUND:CHEMBL2 DRUGBANK:DB00002 INCHIKEY:AAAAAAAAAAAAAA-BBBBBBBBSA-N "
        "UNII:HCL CHEMBL.COMPOUND:CHEMBL3 INCHIKEY:CCCCCCCCCCCCCC-UHFFFAOYSA-N",
        "C07AA01",
    ),
    # a base, its salt, its isomer without a DrugBank id, and a mixture
    drug_row(
        "CHEBI:4",
        "simplol",
        "CHEBI:4 UNII:SIM CHEMBL.COMPOUND:CHEMBL4 DRUGBANK:DB00004 "
        "INCHIKEY:DDDDDDDDDDDDDD-UHFFFAOYSA-N RXCUI:41 "
        "UNII:SALT CHEMBL.COMPOUND:CHEMBL5 INCHIKEY:EEEEEEEEEEEEEE-UHFFFAOYSA-N "
        "UNII:ISO CHEMBL.COMPOUND:CHEMBL6 INCHIKEY:DDDDDDDDDDDDDD-GGGGGGGGSA-N "
        "MESH:MIX INCHIKEY:FFFFFFFFFFFFFF-UHFFFAOYSA-N",
        "C07AA02",
    ),
    # the list's own substance is the salt
    drug_row(
        "CHEBI:7",
        "NOVELIN TOSYLATE",
        "CHEBI:7 UNII:TOS INCHIKEY:HHHHHHHHHHHHHH-UHFFFAOYSA-N "
        "UNII:BASE DRUGBANK:DB00007 INCHIKEY:IIIIIIIIIIIIII-UHFFFAOYSA-N",
        "N06AX07",
    ),
    drug_row("CHEBI:8", "ionate(2-)", "CHEBI:8 UNII:ION CHEBI:9 UNII:GOLD DRUGBANK:DB00009"),
    drug_row("UMLS:C5", "nameless", "UMLS:C5"),
    drug_row("RXCUI:99", "racemol / simplol", "RXCUI:99 CHEBI:1 UNII:RAC", "C07BA01", combined="TRUE"),
]
MECHANISMS = """action_type,mechanism_of_action,molecule_chembl_id,target_chembl_id
ANTAGONIST,Beta-1 adrenergic receptor antagonist,CHEMBL4,CHEMBL213
ANTAGONIST,Beta-1 adrenergic receptor antagonist,CHEMBL5,CHEMBL213
POSITIVE MODULATOR,GABA-A receptor; anion channel positive allosteric modulator,CHEMBL4,CHEMBL2093872
ANTISENSE INHIBITOR,Apolipoprotein B (APOB) mRNA antisense inhibitor,CHEMBL4,CHEMBL900
INHIBITOR,DNA inhibitor,CHEMBL4,CHEMBL901
SEQUESTERING AGENT,Iron sequestering agent,CHEMBL4,CHEMBL902
VACCINE ANTIGEN,Hemagglutinin vaccine antigen,CHEMBL4,CHEMBL903
AGONIST,Beta-1 adrenergic receptor agonist,CHEMBL777,CHEMBL213
PONDERING AGENT,Beta-1 adrenergic receptor pondering agent,CHEMBL1,CHEMBL213
"""
TARGETS = (
    "target_chembl_id,target_name,uniprot_acc,ensembl_id\nCHEMBL213,Beta-1 adrenergic receptor,P08588,ENSG1\n"
)
YEARS = "drug_id,first_approval\nCHEMBL4,1978\n"
GENES = {
    "hetionet-v1.0-nodes.tsv": "id\tname\tkind\n"
    "Gene::153\tADRB1\tGene\nGene::338\tAPOB\tGene\nGene::154\tADRB2\tGene\n"
    "Disease::DOID:2841\tasthma\tDisease\nCompound::DB00004\tSimplol\tCompound\n",
    "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
    "attributes/uniprot-to-entrez.tsv": "uniprot_id\tentrez_gene_id\nP08588\t153\n",
}


HUMAN = "Homo sapiens"
TARGET_COLUMNS = "\t".join(
    f'"{name}"'
    for name in (
        "DRUG_NAME",
        "STRUCT_ID",
        "TARGET_NAME",
        "ACCESSION",
        "GENE",
        "ACT_VALUE",
        "ACT_TYPE",
        "ACT_SOURCE",
        "RELATION",
        "MOA",
        "MOA_SOURCE",
        "ACTION_TYPE",
        "ORGANISM",
    )
)


def load_drugs(graph: Loaded) -> None:
    graph.load("hetionet", GENES)
    graph.load("everycure-drugs", {"drug_list_stringent.csv": "\n".join(DRUGS) + "\n"})


def test_a_drugs_salts_are_the_drug_and_its_isomers_are_not(graph: Loaded) -> None:
    load_drugs(graph)
    drugs = graph.nodes("Drug")
    assert drugs["DRUGBANK:DB00001"]["name"] == "racemol"
    # another drug is mixed in: whose the hydrochloride is, is not said
    known = set(drugs["DRUGBANK:DB00001"]["xrefs"])
    assert {"CHEBI:1", "MESH:D1", "CHEMBL:CHEMBL1", "RXCUI:11"} <= known
    assert not known & {"DRUGBANK:DB00002", "CHEMBL:CHEMBL2", "CHEMBL:CHEMBL3", "CHEBI:2", "RXCUI:12"}
    known = set(drugs["DRUGBANK:DB00004"]["xrefs"])
    assert {"CHEMBL:CHEMBL4", "CHEMBL:CHEMBL5", "UNII:SALT", "INCHIKEY:EEEEEEEEEEEEEE-UHFFFAOYSA-N"} <= known
    assert not known & {"CHEMBL:CHEMBL6", "UNII:ISO", "MESH:MIX"}
    assert drugs["DRUGBANK:DB00007"]["name"] == "novelin tosylate"
    # an ion of several charges is part of drugs that have nothing in common
    assert drugs["CHEBI:8"]["name"] == "ionate(2-)"
    # a combination is no part of it
    assert drugs["RXCUI:99"]["name"] == "racemol / simplol"
    assert drugs["DRUGBANK:DB00004"]["description"] == (
        "Approved in the USA (on prescription), Japan (Every Cure drug list)."
    )
    graph.again("everycure-drugs")


def test_forms_with_ids_of_their_own_are_linked(graph: Loaded) -> None:
    vocabulary = "DrugBank ID,Common name,UNII,Synonyms,Standard InChI Key\n"
    vocabulary += (
        "DB00001,Racemol,,,AAAAAAAAAAAAAA-UHFFFAOYSA-N\nDB00002,Dextromol,,,AAAAAAAAAAAAAA-BBBBBBBBSA-N\n"
    )
    vocabulary += "DB00009,Otherol,,,ZZZZZZZZZZZZZZ-UHFFFAOYSA-N\n"
    graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": vocabulary})
    load_drugs(graph)
    assert graph.nodes("Drug")["DRUGBANK:DB00002"]["name"] == "Dextromol"
    links = {row["source"]: (row["start"], row["end"], row["evidence"]) for row in graph.edges("RESEMBLES")}
    pair = ("DRUGBANK:DB00001", "DRUGBANK:DB00002")
    assert links == {
        "drugbank-vocabulary": (
            *pair,
            "same structure but for stereochemistry, isotopes or charge (InChIKey)",
        ),
        "everycure-drugs": (*pair, "another form of the drug (salt, ester or isomer)"),
    }


STRUCTURES = [
    ("CHEBI:1", "CHEBI:1 UNII:U1 INCHIKEY:AAAAAAAAAAAAAA-UHFFFAOYSA-N", "DRUGBANK:DB00001"),  # the same key
    ("CHEBI:2", "CHEBI:2 UNII:U2 INCHIKEY:AAAAAAAAAAAAAA-BBBBBBBBSA-N", "CHEBI:2"),  # an isomer
    ("CHEBI:3", "CHEBI:3 UNII:U3 INCHIKEY:CCCCCCCCCCCCCC-UHFFFAOYSA-N", "CHEBI:3"),  # a key of two drugs
    # two DrugBank ids of one substance: its key tells which
    (
        "CHEBI:4",
        "CHEBI:4 UNII:U4 DRUGBANK:DB00004 DRUGBANK:DB00005 INCHIKEY:EEEEEEEEEEEEEE-UHFFFAOYSA-N",
        "DRUGBANK:DB00004",
    ),
]


@pytest.mark.parametrize("vocabulary_first", [True, False])
def test_a_drug_is_the_one_with_its_whole_structure_key(graph: Loaded, *, vocabulary_first: bool) -> None:
    keys = {
        1: "AAAAAAAAAAAAAA",
        2: "CCCCCCCCCCCCCC",
        3: "CCCCCCCCCCCCCC",
        4: "EEEEEEEEEEEEEE",
        5: "GGGGGGGGGGGGGG",
    }
    vocabulary = "DrugBank ID,Common name,UNII,Synonyms,Standard InChI Key\n" + "".join(
        f"DB0000{number},Bank {number},,,{key}-UHFFFAOYSA-N\n" for number, key in keys.items()
    )
    rows = [drug_row(curie, f"list {curie[-1]}", ids) for curie, ids, _ in STRUCTURES]
    files = [
        ("drugbank-vocabulary", {"drugbank vocabulary.csv": vocabulary}),
        ("everycure-drugs", {"drug_list_stringent.csv": "\n".join([DRUG_COLUMNS, *rows]) + "\n"}),
    ]
    for source, tables in files if vocabulary_first else files[::-1]:
        graph.load(source, tables)
    drugs = graph.nodes("Drug")
    found = {}
    for curie, _, _ in STRUCTURES:
        [found[curie]] = [id_ for id_, drug in drugs.items() if curie in {id_, *drug["xrefs"]}]
    assert found == {curie: id_ for curie, _, id_ in STRUCTURES}
    graph.again("everycure-drugs")


PATH = """
- graph: {_id: path_1, disease: asthma, disease_mesh: MESH:D001249, drug: simplol, drug_mesh: MESH:D099999}
  nodes:
  - {id: MESH:D099999, label: Drug, name: simplol}
  - {id: UniProt:P08588, label: Protein, name: ADRB1}
  - {id: MESH:D001249, label: Disease, name: asthma}
  links:
  - {source: MESH:D099999, key: decreases activity of, target: UniProt:P08588}
  - {source: UniProt:P08588, key: positively correlated with, target: MESH:D001249}
"""


def test_a_mechanisms_drug_without_a_drugbank_id_is_the_graphs_drug_of_that_name(graph: Loaded) -> None:
    graph.load("hetionet", GENES)
    graph.load("drugmechdb", {"indication_paths.yaml": PATH})
    assert list(graph.nodes("Drug")) == ["DRUGBANK:DB00004"]
    [(drug, _)] = graph.ends("TREATS")
    assert drug == "DRUGBANK:DB00004"


def test_atc_codes_become_classes_with_their_hierarchy(graph: Loaded) -> None:
    load_drugs(graph)
    assert ("DRUGBANK:DB00004", "ATC:C07AA") in graph.ends("MEMBER_OF")
    assert ("RXCUI:99", "ATC:C07BA") in graph.ends("MEMBER_OF")
    chain = [("ATC:C07AA", "ATC:C07A"), ("ATC:C07A", "ATC:C07"), ("ATC:C07", "ATC:C")]
    assert set(chain) <= set(graph.ends("IS_A"))
    classes = graph.nodes("PharmacologicClass")
    assert classes["ATC:C07AA"]["name"] == "beta blockers, ATC C07AA (racemol, simplol)"
    assert classes["ATC:C"]["name"] == "drugs for the cardiovascular system, ATC C"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C10AX06", "ATC:C10A"),  # other lipid lowering drugs
        ("L01XX05", "ATC:L01"),  # other antineoplastic drugs
        ("L01XA01", "ATC:L01XA"),  # platinum compounds: beside the others, but a class
        ("S01XA13", "ATC:S01"),  # other drugs for eyes
        ("A16AX04", None),  # other drugs of a group of other drugs
        ("N07XX02", None),
        ("A16AB02", "ATC:A16AB"),  # enzymes
    ],
)
def test_what_a_classification_only_calls_other_is_no_class(
    graph: Loaded, code: str, expected: str | None
) -> None:
    rows = [DRUG_COLUMNS, drug_row("CHEBI:1", "firstol", "CHEBI:1 UNII:A", code)]
    graph.load("everycure-drugs", {"drug_list_stringent.csv": "\n".join(rows) + "\n"})
    assert [end for _, end in graph.ends("MEMBER_OF")] == ([expected] if expected else [])
    assert (f"ATC:{code[:5]}" in graph.nodes("PharmacologicClass")) == (expected == f"ATC:{code[:5]}")


def test_chembls_mechanisms_meet_drugs_by_their_salts_and_genes_by_their_protein(graph: Loaded) -> None:
    load_drugs(graph)
    files = {
        "chembl_mechanisms.csv": MECHANISMS,
        "chembl_targets.csv": TARGETS,
        "drug_approval_years.csv": YEARS,
    }
    [report] = graph.load("chembl-mechanisms", files).sources
    edges = {row["end"]: row for row in graph.edges("BINDS")}
    assert set(edges) == {"NCBIGene:153", "CHEMBLTARGET:CHEMBL2093872", "NCBIGene:338"}
    beta = edges["NCBIGene:153"]
    assert (beta["start"], beta["action"], beta["year"]) == ("DRUGBANK:DB00004", "antagonist", 1978)
    assert (
        "mechanism of action: Beta-1 adrenergic receptor antagonist, first approved in 1978"
        in beta["evidence"]
    )
    # a target of several proteins hits none of them for sure
    assert graph.nodes("GeneFamily")["CHEMBLTARGET:CHEMBL2093872"]["name"] == "GABA-A receptor; anion channel"
    assert edges["CHEMBLTARGET:CHEMBL2093872"]["action"] == "positive modulator"
    assert edges["NCBIGene:338"]["action"] == "suppressor"
    assert report.reasons == {
        "target that is no protein": 2,
        "antigen of a vaccine": 1,
        "unknown id": 1,
        "unknown action": 1,
    }
    graph.again("chembl-mechanisms")


def target_row(
    proteins: str, gene: str, activity: str = "", action: str = "", *, organism: str = HUMAN, moa: str = ""
) -> str:
    activity_type, source = "Ki" if activity else "", "CHEMBL" if moa else ""
    values = ["simplol", "7", f"{gene} protein", proteins, gene, activity, activity_type, "CHEMBL", "="]
    values += [moa, source, action, organism]
    return "\t".join(f'"{value}"' if value else "" for value in values)


def test_drugcentrals_targets_are_mechanisms_or_strong_and_human(graph: Loaded) -> None:
    load_drugs(graph)
    rows = [
        TARGET_COLUMNS,
        target_row("P08588", "ADRB1", "5.0", "ANTAGONIST", moa="1"),
        target_row("P07550", "ADRB2", "8.3"),
        target_row("P1", "HRH1", "5.9"),
        target_row("P2", "HRH2", "9.9", "AGONIST", organism="Rattus norvegicus", moa="1"),
        target_row("P3|P4", "G3|G4", "", "BLOCKER", moa="1"),
        target_row("P5|P6|P7|P8|P9", "G5|G6|G7|G8|G9", "", "BLOCKER", moa="1"),
        target_row("P3|P9", "G3|G9", "7.0"),
    ]
    [report] = graph.load(
        "drugcentral-targets", {"drug.target.interaction.tsv": "\n".join(rows) + "\n"}
    ).sources
    edges = {row["end"]: row for row in graph.edges("BINDS")}
    assert {row["start"] for row in edges.values()} == {"DRUGBANK:DB00004"}
    assert set(edges) == {
        "NCBIGene:153",
        "NCBIGene:154",
        "UNIPROT:P3",
        "UNIPROT:P4",
        "DRUGCENTRALTARGET:G5_G6_G7_G8_G9_protein",
        "DRUGCENTRALTARGET:G3_G9_protein",
    }
    assert edges["NCBIGene:153"]["evidence"] == "mechanism of action (CHEMBL), Ki = 10.0 uM (CHEMBL)"
    assert edges["NCBIGene:154"]["evidence"] == "Ki = 5.0 nM (CHEMBL)"
    assert edges["NCBIGene:154"]["action"] == ""
    assert edges["UNIPROT:P3"]["action"] == "blocker"
    assert ("UNIPROT:P9", "DRUGCENTRALTARGET:G5_G6_G7_G8_G9_protein") in graph.ends("MEMBER_OF")
    assert report.reasons == {
        "no mechanism of action, and weaker than 1 uM or not measured": 1,
        "target of another species, or of none": 1,
    }
    graph.again("drugcentral-targets")


CONTRAINDICATIONS = [
    (
        "Simplol is contraindicated in: bronchial asthma; heart block.",
        "bronchial asthma",
        "MONDO:0004979",
        "asthma",
    ),
    ("Do not co-administer aliskiren in patients with diabetes.", "diabetes", "MONDO:0005015", "diabetes"),
    (
        "Simplol may be used in patients with glaucoma, but not in gout.",
        "glaucoma",
        "MONDO:0005041",
        "glaucoma",
    ),
    ("Simplol may be used in patients with glaucoma, but not in gout.", "gout", "MONDO:0005393", "gout"),
    ("Do not use in the old.", "cardiac arrest", "MONDO:0000745", "cardiac arrest"),
]


def test_a_label_is_quoted_and_what_it_says_of_two_drugs_is_left_out(graph: Loaded) -> None:
    load_drugs(graph)
    columns = ["active ingredient", "contraindications", "disease contraindicated"]
    columns += [f"final normalized {kind} {part}" for kind in ("disease", "drug") for part in ("id", "label")]
    rows = ["\t".join(columns)] + [
        "\t".join(["simplol", text, words, disease, name, "CHEBI:4", "Simplol"])
        for text, words, disease, name in CONTRAINDICATIONS
    ]
    [report] = graph.load(
        "everycure-contraindications", {"matrix_contraindication_list.tsv": "\n".join(rows) + "\n"}
    ).sources
    edges = {row["end"]: row for row in graph.edges("CONTRAINDICATED_FOR")}
    # asthma is the graph's disease of that name
    assert set(edges) == {"DOID:2841", "MONDO:0000745"}
    assert {row["start"] for row in edges.values()} == {"DRUGBANK:DB00004"}
    assert edges["DOID:2841"]["licence"] == "none stated"
    assert edges["DOID:2841"]["evidence"].split("; ") == [
        (
            "US drug label, read by a language model: bronchial asthma "
            '(label: "Simplol is contraindicated in: bronchial asthma")'
        )
    ]
    assert edges["MONDO:0000745"]["evidence"] == "US drug label, read by a language model: cardiac arrest"
    assert report.reasons == {
        "contraindicated only together with another drug, or without it": 1,
        "the label says that it may be used": 2,
    }
    graph.again("everycure-contraindications")
