"""Graphs in the layouts that graphs are exchanged in: KGX's tables, BioCypher's and neo4j-admin's CSV."""

from __future__ import annotations

import gzip
import io
import json
import math
import tarfile
from typing import TYPE_CHECKING

import pytest

from kedrec.errors import DataError

if TYPE_CHECKING:
    from loaded import Loaded

NODES = [
    "id\tcategory\tname\txref\tdescription\tprovided_by",
    "CHEMBL.COMPOUND:CHEMBL25\tbiolink:NamedThing|biolink:SmallMolecule|biolink:Drug\tASPIRIN\tDRUGBANK:DB00945\t\tx",
    'MONDO:0008383\tbiolink:Disease\trheumatoid arthritis\tDOID:7148|Orphanet:93\tan "arthritis"\tx',
    "NCBIGene:5743\tbiolink:Gene\tPTGS2\t\t\tx",
    "UniProtKB:P23219\tbiolink:Protein\t\t\t\tx",
    "HP:0002829\tbiolink:PhenotypicFeature\tArthralgia\t\t\tx",
    "STAR:1\tbiolink:CelestialBody\tVega\t\t\tx",
    "short\trow",
]
EDGES = [
    "id subject predicate object primary_knowledge_source publications object_aspect_qualifier "
    "object_direction_qualifier negated".replace(" ", "\t"),
    "1\tCHEMBL.COMPOUND:CHEMBL25\tbiolink:treats\tMONDO:0008383\tinfores:drugcentral\tPMID:1|PMC:PMC2\t\t\t",
    "2\tCHEMBL.COMPOUND:CHEMBL25\tbiolink:affects\tNCBIGene:5743\tinfores:ctd\t\tactivity\tdecreased\tfalse",
    "3\tNCBIGene:5743\tbiolink:gene_associated_with_condition\tMONDO:0008383\tinfores:hpo\t\t\t\t",
    "4\tMONDO:0008383\tbiolink:has_phenotype\tHP:0002829\tinfores:hpo\t\t\t\t",
    "5\tMONDO:0008383\tbiolink:has_phenotype\tHP:0002829\tinfores:hpo\t\t\t\tTrue",
    "6\tNCBIGene:5743\tbiolink:interacts_with\tUniProtKB:P23219\t\t\t\t\t",
    "7\tUniProtKB:P23219\tbiolink:physically_interacts_with\tCHEMBL.COMPOUND:CHEMBL25\t\t\t\t\t",
    "8\tNCBIGene:5743\tbiolink:orbits\tUniProtKB:P23219\t\t\t\t\t",
    "9\tNCBIGene:5743\tbiolink:treats\tUniProtKB:P23219\t\t\t\t\t",
    "10\tNCBIGene:999\tbiolink:treats\tUniProtKB:P23219\t\t\t\t\t",
]


def test_kgx_tables_keep_sources_qualifiers_and_publications(graph: Loaded) -> None:
    files = {"my-kg_nodes.tsv": "\n".join(NODES) + "\n", "my-kg_edges.tsv": "\n".join(EDGES) + "\n"}
    [report] = graph.load("kgx", files).sources
    [treats] = graph.edges("TREATS")
    assert (treats["start"], treats["end"]) == ("DRUGBANK:DB00945", "DOID:7148")
    assert (treats["evidence"], treats["references"]) == ("drugcentral treats", ["PMCID:PMC2", "PMID:1"])
    assert treats["licence"] == "no licence stated"
    [affects] = graph.edges("AFFECTS")
    assert (affects["end"], affects["action"]) == ("NCBIGene:5743", "decreases activity of")
    assert graph.ends("ASSOCIATED_WITH") == [("DOID:7148", "NCBIGene:5743")]
    assert graph.ends("PRESENTS") == [("DOID:7148", "HP:0002829")]
    assert graph.ends("INTERACTS_WITH") == [("NCBIGene:5743", "UNIPROT:P23219")]
    assert graph.ends("BINDS") == [("DRUGBANK:DB00945", "UNIPROT:P23219")]
    disease = graph.nodes("Disease")["DOID:7148"]
    assert disease["xrefs"] == ["MONDO:0008383", "ORPHANET:93"]
    assert disease["description"] == 'an "arthritis"'
    assert graph.nodes("Gene")["UNIPROT:P23219"]["name"] == "UNIPROT:P23219"
    assert report.reasons == {
        "negated statement": 1,
        "predicate without a place between these kinds": 1,
        "unknown id": 1,
        "unknown kind": 1,
        "unknown predicate": 1,
        "wrong number of columns": 1,
    }
    graph.again("kgx")


def test_a_kgx_table_without_its_columns_is_refused(graph: Loaded) -> None:
    with pytest.raises(DataError, match="no column category"):
        graph.load("kgx", {"nodes.tsv": "id\tname\n1\tx\n", "edges.tsv": "\n"})


BIOCYPHER = {
    "Protein-header.csv": ":ID;name;preferred_id;synonyms;:LABEL\n",
    "Protein-part000.csv": "'P23219';'Synthase; G/H';'uniprot';'COX1|PGHS1';'Protein|Thing'\n",
    "Protein-part001.csv": "'P35354';'PTGS2';'uniprot';'';'Protein|Thing'\n",
    "SmallMolecule-header.csv": ":ID;name;:LABEL\n",
    "SmallMolecule-part000.csv": "'drugbank:DB00945';'Aspirin';'SmallMolecule|ChemicalEntity|Drug'\n",
    "ProteinProteinInteraction-header.csv": ":START_ID;score:double;source;license;:END_ID;:TYPE\n",
    "ProteinProteinInteraction-part000.csv": "'P23219';0.9;'intact';'CC-BY-4.0';'P35354';"
    "'ProteinProteinInteraction'\n"
    "'P23219';0.9;'intact';'CC-BY-4.0';'P00000';'ProteinProteinInteraction'\n",
    "Targets-header.csv": ":START_ID;:END_ID;:TYPE\n",
    "Targets-part000.csv": "'drugbank:DB00945';'P23219';'TARGETS'\n'drugbank:DB00945';'P35354';'BINDS'\n",
    "neo4j-admin-import-call.sh": "bin/neo4j-admin database import full\n",
}
ADMIN = {
    "drugs.csv": 'id:ID(Drug),name,:LABEL\n"DRUGBANK:DB00945","Aspirin, the",Drug\n',
    "diseases.csv": "id:ID(Disease),name,:LABEL\nDOID:7148,rheumatoid arthritis,Disease;Thing\n",
    "treats.csv": ":START_ID(Drug),:END_ID(Disease),:TYPE,year:int\nDRUGBANK:DB00945,DOID:7148,TREATS,1999\n",
}


def test_biocyphers_parts_are_read_by_their_headers(graph: Loaded) -> None:
    [report] = graph.load("biocypher", BIOCYPHER).sources
    [edge] = graph.edges("INTERACTS_WITH")
    assert (edge["start"], edge["end"], edge["score"]) == ("UNIPROT:P23219", "UNIPROT:P35354", 0.9)
    assert (edge["licence"], edge["evidence"]) == ("CC-BY-4.0", "intact ProteinProteinInteraction")
    assert graph.ends("BINDS") == [
        ("DRUGBANK:DB00945", "UNIPROT:P23219"),
        ("DRUGBANK:DB00945", "UNIPROT:P35354"),
    ]
    enzyme = graph.nodes("Gene")["UNIPROT:P23219"]
    assert (enzyme["name"], enzyme["synonyms"]) == ("Synthase; G/H", ["COX1", "PGHS1"])
    assert report.reasons == {"unknown id": 1}
    graph.again("biocypher")


def test_neo4j_admins_own_layout_has_headers_and_groups_of_ids(graph: Loaded) -> None:
    graph.load("biocypher", ADMIN)
    [treats] = graph.edges("TREATS")
    assert (treats["start"], treats["end"], treats["year"]) == ("DRUGBANK:DB00945", "DOID:7148", 1999)
    assert graph.nodes("Drug")["DRUGBANK:DB00945"]["name"] == "Aspirin, the"


def test_csv_without_a_header_for_neo4j_is_refused(graph: Loaded) -> None:
    with pytest.raises(DataError, match=r"no header with :ID"):
        graph.load("biocypher", {"drugs.csv": "a,b\n1,2\n"})


METFORMIN = "CHEBI:6801\tbiolink:SmallMolecule\tmetformin\n"
DIABETES = "MONDO:0005148\tbiolink:Disease\ttype 2 diabetes mellitus\n"
KIDNEY = "MONDO:0005240\tbiolink:Disease\tkidney disorder\n"


@pytest.mark.parametrize(
    ("kind", "xref", "predicate", "turned"),
    [
        ("SmallMolecule", "DRUGBANK:DB00331", "", False),
        ("SmallMolecule", "CHEMBL.COMPOUND:CHEMBL1431", "", False),
        ("MolecularMixture", "RXNORM:6809", "", False),
        ("ChemicalEntity", "UNII:9100L32L2N", "", False),
        ("ComplexMolecularMixture", "DrugCentral:1725", "", False),
        ("ChemicalMixture", "", "treats", False),
        ("ChemicalSubstance", "", "treats", False),
        ("SmallMolecule", "", "contraindicated_in", False),
        ("SmallMolecule", "", "in_clinical_trials_for", False),
        ("SmallMolecule", "", "treated_by", True),
        ("SmallMolecule", "", "has_contraindication", True),
    ],
)
def test_a_chemical_that_is_used_as_a_drug_is_one(
    graph: Loaded, kind: str, xref: str, predicate: str, turned: bool
) -> None:
    ends = ["CHEBI:6801", f"biolink:{predicate or 'affects'}", "MONDO:0005148"]
    nodes = f"id\tcategory\tname\txref\nCHEBI:6801\tbiolink:{kind}\tmetformin\t{xref}\n" + DIABETES
    edges = "subject\tpredicate\tobject\n" + "\t".join(ends[::-1] if turned else ends) + "\n"
    report = graph.load("kgx", {"nodes.tsv": nodes, "edges.tsv": edges})
    assert [drug["name"] for drug in graph.nodes("Drug").values()] == ["metformin"]
    assert not graph.nodes("Chemical")
    why = "an id of a drug vocabulary" if xref else "a statement of such a use"
    assert report.sources[0].notes == (f"chemicals taken as drugs, for {why}: 1",)
    relation = {
        "treats": "TREATS", "treated_by": "TREATS", "contraindicated_in": "CONTRAINDICATED_FOR",
        "has_contraindication": "CONTRAINDICATED_FOR", "": "AFFECTS",
    }.get(predicate)  # fmt: skip
    if relation:
        assert [end for _, end in graph.ends(relation)] == ["MONDO:0005148"]
    else:
        assert report.sources[0].reasons == {"relation without a place in the schema": 1}
    assert report.lacking == ()


def test_other_chemicals_stay_chemicals_and_a_graph_without_drugs_says_so(graph: Loaded) -> None:
    nodes = "id\tcategory\tname\txref\nCHEBI:6801\tbiolink:SmallMolecule\tmetformin\tPUBCHEM.COMPOUND:4091\n"
    edges = "subject\tpredicate\tobject\nCHEBI:6801\tbiolink:affects\tMONDO:0005148\n"
    report = graph.load("kgx", {"nodes.tsv": nodes + DIABETES, "edges.tsv": edges})
    assert graph.ends("AFFECTS") == [("CHEBI:6801", "MONDO:0005148")]
    assert [*graph.nodes("Chemical")] == ["CHEBI:6801"]
    assert [sentence.split(":")[0] for sentence in report.lacking] == ["The graph has no drug"]


def test_who_is_said_not_to_treat_is_no_drug_for_it(graph: Loaded) -> None:
    nodes = "id\tcategory\tname\n" + METFORMIN + DIABETES
    words = ("true", "True", "1", "1.0", "yes")
    edges = "subject\tpredicate\tobject\tnegated\n"
    edges += "".join(f"CHEBI:6801\tbiolink:treats\tMONDO:0005148\t{word}\n" for word in words)
    [report] = graph.load("kgx", {"nodes.tsv": nodes, "edges.tsv": edges}).sources
    assert (graph.ends("TREATS"), [*graph.nodes("Drug")], report.notes) == ([], [], ())
    assert report.reasons == {"negated statement": len(words)}


def test_biocyphers_chemicals_that_treat_are_drugs(graph: Loaded) -> None:
    files = {
        "SmallMolecule-header.csv": ":ID;name;:LABEL\n",
        "SmallMolecule-part000.csv": '"CHEBI:1";"one";"SmallMolecule"\n"CHEBI:2";"two";"SmallMolecule"\n',
        "Disease-header.csv": ":ID;name;:LABEL\n",
        "Disease-part000.csv": '"MONDO:1";"gout";"Disease"\n',
        "Treats-header.csv": ":START_ID;:END_ID;:TYPE\n",
        "Treats-part000.csv": '"CHEBI:1";"MONDO:1";"Treats"\n',
    }
    graph.load("biocypher", files)
    assert ([*graph.nodes("Drug")], [*graph.nodes("Chemical")]) == (["CHEBI:1"], ["CHEBI:2"])
    assert graph.ends("TREATS") == [("CHEBI:1", "MONDO:1")]


def test_columns_by_their_other_names_and_those_that_are_not_read(graph: Loaded) -> None:
    nodes = (
        "id:ID\tname:string\tcategory:LABEL\tall_names:string[]\tequivalent_curies:string[]\tiri:string\n"
        "CHEBI:6801\tmetformin\tbiolink:Drug\tGlucophage;Metformina\tDRUGBANK:DB00331\u01c2chembl.compound:CHEMBL1431"
        "\thttp://x\nNCBIGene:5562\tPRKAA1\tbiolink:Gene\t\t\t\n"
    )
    edges = (
        "id\tsubject:START_ID\tpredicate:TYPE\tobject:END_ID\tpublications:string[]\tqualified_object_aspect\t"
        "qualified_object_direction\tkg2_ids:string[]\tscore:double\n"
        "1\tchebi_6801\tbiolink:affects\thttps://identifiers.org/ncbigene/5562\tPMID:12345; PMID:67890\t"
        "activity\tincreased\tx\tinf\n"
    )
    [report] = graph.load("kgx", {"nodes.tsv": nodes, "edges.tsv": edges}).sources
    drug = graph.nodes("Drug")["DRUGBANK:DB00331"]
    assert drug["synonyms"] == ["Glucophage", "Metformina"]
    assert drug["xrefs"] == ["CHEBI:6801", "CHEMBL:CHEMBL1431"]
    [edge] = graph.edges("AFFECTS")
    assert (edge["end"], edge["action"], edge["score"]) == ("NCBIGene:5562", "increases activity of", None)
    assert edge["references"] == ["PMID:12345", "PMID:67890"]
    assert report.unread == ("nodes.tsv: column iri:string", "edges.tsv: column kg2_ids:string[]")


KGX_LINES = {
    "nodes.jsonl": [
        {"id": "MONDO:0005148", "name": "type 2 diabetes mellitus", "category": ["biolink:Disease"]},
        {"id": "CHEBI:6801", "name": "metformin", "category": "SmallMolecule", "synonym": ["a|b", "c"]},
        {"id": "CHEBI:7", "name": {"x": 1}, "category": ["biolink:Drug"]},
        {"name": "nobody", "category": ["biolink:Drug"]},
    ],
    "edges.jsonl": [
        {
            "subject": "CHEBI:6801", "predicate": "biolink:treats", "object": "MONDO:0005148",
            "publications": ["PMID:12345"], "score": math.nan, "negated": False, "agent_type": "x",
            "sources": [{"resource_id": "infores:dakp", "resource_role": "primary_knowledge_source"}],
        },
        {"subject": "CHEBI:6801", "predicate": "biolink:treats", "object": "MONDO:0005148", "negated": True},
    ],
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".ndjson", ".jsonlines", ".ndjson.gz"])
def test_kgx_as_json_lines_by_another_suffix(graph: Loaded, suffix: str) -> None:
    lines = {name: "".join(f"{json.dumps(row)}\n" for row in rows) for name, rows in KGX_LINES.items()}
    files = {f"x_{name.removesuffix('.jsonl')}{suffix}": text.encode() for name, text in lines.items()}
    if suffix.endswith(".gz"):
        files = {name: gzip.compress(content) for name, content in files.items()}
    graph.load("kgx", files)
    assert graph.ends("TREATS") == [("CHEBI:6801", "MONDO:0005148")]


@pytest.mark.parametrize("name", ["kg.json", "kg.zip", "node.tsv"])
def test_a_layout_of_kgx_that_is_not_read_is_named(graph: Loaded, name: str) -> None:
    with pytest.raises(DataError, match=rf"it isn't there \(the folder has {name}\)"):
        graph.load("kgx", {name: "{}"})


@pytest.mark.parametrize("packed", ["", ".gz", ".tar.gz"])
def test_kgx_as_json_lines(graph: Loaded, packed: str) -> None:
    lines = {
        name: "".join(f"{json.dumps(row)}\n" for row in rows).encode() for name, rows in KGX_LINES.items()
    }
    lines["nodes.jsonl"] += (
        b"[1]\n" + b"[" * 100_000 + b"\n" + b'{"id": "CHEBI:8", "name": "\\ud800", "category": "Drug"}\n'
    )
    files = (
        {f"{name}{packed}": gzip.compress(content) for name, content in lines.items()} if packed else lines
    )
    if packed == ".tar.gz":
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as out:
            for name, content in lines.items():
                member = tarfile.TarInfo(f"../kg/x_{name}")
                member.size = len(content)
                out.addfile(member, io.BytesIO(content))
        files = {"kg.tar.gz": archive.getvalue()}
    [report] = graph.load("kgx", files).sources
    [treats] = graph.edges("TREATS")
    assert (treats["evidence"], treats["references"], treats["score"]) == (
        "dakp treats",
        ["PMID:12345"],
        None,
    )
    assert graph.nodes("Drug")["CHEBI:6801"]["synonyms"] == ["a|b", "c"]
    assert report.reasons == {
        "not a JSON object": 2, "cell that is no text": 2, "negated statement": 1, "no id": 1,
    }  # fmt: skip
    assert [line.partition(": ")[2] for line in report.unread] == ["column agent_type"]


def test_a_field_of_a_quarter_megabyte_in_kgx(graph: Loaded) -> None:
    many = "|".join(f"PMID:{number}" for number in range(1, 20_001))
    edges = f"subject\tpredicate\tobject\tpublications\nCHEBI:6801\ttreats\tMONDO:0005148\t{many}\n"
    graph.load(
        "kgx", {"nodes.tsv": "id\tcategory\tname\n" + METFORMIN + DIABETES + KIDNEY, "edges.tsv": edges}
    )
    assert len(graph.edges("TREATS")[0]["references"]) == 20_000


@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_biocyphers_apostrophes_stay_in_names(graph: Loaded, separator: str) -> None:
    rows = [
        "doid:8778 'Crohn's disease'",
        "doid:2377 'multiple sclerosis'",
        "doid:3 'a''b'",
        "doid:4 'a\\'b'",
    ]
    files = {
        "Disease-header.csv": separator.join((":ID", "name", ":LABEL")) + "\n",
        "Disease-part000.csv": "".join(
            f"{row.replace(' ', separator, 1)}{separator}Disease|NamedThing\n" for row in rows
        ),
    }
    [report] = graph.load("biocypher", files).sources
    assert {node["id"]: node["name"] for node in graph.nodes("Disease").values()} == {
        "DOID:8778": "Crohn's disease", "DOID:2377": "multiple sclerosis", "DOID:3": "a'b",
    }  # fmt: skip
    assert report.reasons == {"text after a closing quote": 1}


def test_biocyphers_quote_is_the_one_that_its_call_names(graph: Loaded) -> None:
    files = {
        "Disease-header.csv": ":ID;name;:LABEL\n",
        "Disease-part000.csv": "DOID:1;'tis;Disease\nDOID:2;'twas';Disease\n",
        "neo4j-admin-import-call.sh": "neo4j-admin database import full --delimiter=';' --quote='\"' db\n",
    }
    graph.load("biocypher", files)
    assert [node["name"] for node in graph.nodes("Disease").values()] == ["'tis", "'twas'"]


def test_biocyphers_files_that_cannot_be_read_are_named(graph: Loaded) -> None:
    files: dict[str, str | bytes] = {
        "Drug-header.csv": ":ID;name;colour;:LABEL\n",
        "Drug-part000.csv": "DRUGBANK:DB00001;a;red;Drug\n",
        "notes.csv": "a,b\n",
    }
    [report] = graph.load("biocypher", files).sources
    assert report.unread == ("Drug-header.csv: column colour", "notes.csv")
    with pytest.raises(DataError, match=r"first line of .*Drug-header\.csv can't be read: not UTF-8"):
        graph.load("biocypher", {"Drug-header.csv": ":ID;n\xe9;:LABEL\n".encode("latin-1")})


def test_a_number_that_is_not_finite_is_no_score(graph: Loaded) -> None:
    scores = ("nan", "NaN", "inf", "-Infinity", "1e999", "high")
    files = {
        "drugs.csv": "id:ID,name,:LABEL\nDRUGBANK:DB00945,Aspirin,Drug\n",
        "diseases.csv": "id:ID,name,:LABEL\n" + "".join(f"DOID:{n},d{n},Disease\n" for n in range(6)),
        "treats.csv": ":START_ID,:END_ID,:TYPE,score:double\n"
        + "".join(f"DRUGBANK:DB00945,DOID:{n},TREATS,{score}\n" for n, score in enumerate(scores)),
    }
    graph.load("biocypher", files)
    assert [edge["score"] for edge in graph.edges("TREATS")] == [None] * len(scores)
    numbers = ("NaN", "Infinity", "-Infinity", "1e999")
    edges = [
        {"source_id": ["Compound", "DB00472"], "target_id": ["Gene", n], "kind": "downregulates",
         "direction": "both", "data": {"source": "x", "z_score": f"?{n}"}}
        for n in range(len(numbers))
    ]  # fmt: skip
    nodes = [{"kind": "Gene", "identifier": n, "name": f"g{n}"} for n in range(len(numbers))]
    nodes.append({"kind": "Compound", "identifier": "DB00472", "name": "b"})
    text = json.dumps({"nodes": nodes, "edges": edges})
    for n, number in enumerate(numbers):
        text = text.replace(f'"?{n}"', number)
    graph.load("hetionet-json", {"hetionet-v1.0.json": text})
    assert not [edge["score"] for edge in graph.edges("DOWNREGULATES") if edge["score"] is not None]
    assert len(graph.nodes("Gene")) == len(numbers)


def test_the_name_that_most_rows_give_is_the_nodes_name(graph: Loaded) -> None:
    names = ("alpha", "zeta", "mu", "zeta")
    nodes = (
        "".join(f"MONDO:1\tbiolink:Disease\t{name}\n" for name in names) + "NCBIGene:1\tbiolink:Gene\tA1BG\n"
    )
    graph.load(
        "kgx",
        {
            "x_nodes.tsv": f"id\tcategory\tname\n{nodes}",
            "x_edges.tsv": "subject\tpredicate\tobject\n"
            "NCBIGene:1\tbiolink:gene_associated_with_condition\tMONDO:1\n",
        },
    )
    disease = graph.nodes("Disease")["MONDO:1"]
    assert (disease["name"], disease["synonyms"]) == ("zeta", ["alpha", "mu"])


def test_an_id_that_nodes_of_two_kinds_have_joins_an_edge_to_neither(graph: Loaded) -> None:
    graph.load(
        "kgx",
        {
            "x_nodes.tsv": "id\tcategory\tname\nMESH:D1\tbiolink:Disease\tfever\n"
            "MESH:D1\tbiolink:Symptom\tfever\nMESH:D2\tbiolink:Disease\tflu\n"
            "NCBIGene:1\tbiolink:Gene\tA1BG\n",
            "x_edges.tsv": "subject\tpredicate\tobject\n"
            "NCBIGene:1\tbiolink:gene_associated_with_condition\tMESH:D1\n"
            "NCBIGene:1\tbiolink:gene_associated_with_condition\tMESH:D2\n",
        },
    )
    assert graph.ends("ASSOCIATED_WITH") == [("MESH:D2", "NCBIGene:1")]
    assert ("2", "id of several nodes: MESH:D1") in graph.rejects()
