"""Graphs in the layouts that graphs are exchanged in: KGX's tables, BioCypher's and neo4j-admin's CSV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loaded import Loaded, small_graph

from kedrec.errors import DataError

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


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Loaded]:
    with small_graph(tmp_path) as found:
        yield found


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
