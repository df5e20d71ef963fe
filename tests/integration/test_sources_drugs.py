"""Sources on what drugs do to diseases and people, in small files of their published layouts."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from kedrec.errors import DataError

if TYPE_CHECKING:
    from loaded import Loaded

REPODB = """drug_name,drugbank_id,ind_name,ind_id,NCT,status,phase,DetailedStatus
Lepirudin,DB00001,Heparin-induced thrombocytopenia,C0272285,NA,Approved,NA,NA
Cetuximab,DB00002,"Carcinoma, of mouth",C0585362,NCT00509665,Terminated,Phase 2,no money; no time
Cetuximab,DB00002,"Carcinoma, of mouth",C0585362,NCT01234567,Withdrawn,Phase 1/Phase 2,NA
Cetuximab,DB00002,Liver carcinoma,C2239176,NCT00142428,Suspended,Phase 2,
Cetuximab,DB00002,Liver carcinoma,C2239176,NA,Pondered,NA,NA
Cetuximab,DB00002,Liver carcinoma
"""
HETIONET = {
    "hetionet-v1.0-nodes.tsv": "id\tname\tkind\n"
    "Compound::DB00945\tAcetylsalicylic acid\tCompound\nCompound::DB01041\tThalidomide\tCompound\n"
    "Disease::DOID:7148\trheumatoid arthritis\tDisease\nSide Effect::C0018681\tHeadache\tSide Effect\n",
    "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
    "attributes/disease-xrefs-slim.tsv": "doid_code\tresource\tresource_id\n"
    "DOID:7148\tUMLS\tC0003873\nDOID:7148\tMSH\tD001172\n",
}
USES = [
    ("173432", "100", "40249340", "indication", "Rheumatoid arthritis", "C0003873", "", "T047", "69896004"),
    ("173433", "100", "1", "contraindication", "Peptic ulcer", "", "", "", "13200003"),
    ("173434", "200", "2", "off-label use", "Graft, versus host", "C0018133", "", "T047", "234646005"),
    ("173435", "200", "3", "reduce risk", "Leprosy reaction", "C0023351", "", "T047", ""),
    ("173436", "200", "4", "indication", "Anesthesia", "C0002903", "", "T061", "399097000"),
    ("173437", "200", "5", "indication", "Nameless", "", "", "", ""),
    ("173438", "300", "6", "indication", "Rheumatoid arthritis", "C0003873", "", "T047", "69896004"),
]
USE_COLUMNS = (
    "id", "struct_id", "concept_id", "relationship_name", "concept_name", "umls_cui", "snomed_full_name",
    "cui_semantic_type", "snomed_conceptid",
)  # fmt: skip
STRUCTURES = [("100", "aspirin"), ("200", "thalidomide"), ("300", "novelin")]
IDENTIFIERS = [("100", "DRUGBANK_ID", "DB00945"), ("100", "ChEMBL_ID", "CHEMBL25"), ("300", "UNII", "ABC123")]


def csv_text(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(",".join(f'"{field}"' for field in row) for row in [columns, *rows]) + "\n"


def dump_text(table: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["\t".join(field or r"\N" for field in row) for row in rows]
    return "\n".join([f"COPY public.{table} ({', '.join(columns)}) FROM stdin;", *lines, "\\.", "", ""])


def test_repodb_tells_what_was_approved_and_what_failed_when_and_why(graph: Loaded) -> None:
    [report] = graph.load("repodb", {"full.csv": REPODB}).sources
    assert graph.ends("TREATS") == [("DRUGBANK:DB00001", "UMLS:C0272285")]
    stopped = {row["end"]: row for row in graph.edges("STOPPED_FOR")}
    mouth = stopped["UMLS:C0585362"]
    assert mouth["references"] == ["NCT:NCT00509665", "NCT:NCT01234567"]
    assert mouth["evidence"] == (
        "NCT00509665, Phase 2, terminated: no money, no time; NCT01234567, Phase 1/Phase 2, withdrawn"
    )
    assert stopped["UMLS:C2239176"]["action"] == "suspended"
    assert graph.nodes("Disease")["UMLS:C0585362"]["name"] == "Carcinoma, of mouth"
    assert report.reasons == {"unknown relation": 1, "wrong number of columns": 1}
    graph.again("repodb")


@pytest.mark.parametrize("dumped", [False, True])
def test_drugcentral_meets_other_sources_by_id_or_by_name(graph: Loaded, dumped: bool) -> None:
    graph.load("hetionet", HETIONET)
    tables = (
        ("omop_relationship", USE_COLUMNS, USES),
        ("structures", ("id", "name"), STRUCTURES),
        ("identifier", ("struct_id", "id_type", "identifier"), IDENTIFIERS),
    )
    if dumped:
        text = "SET x;\n" + "".join(dump_text(*table) for table in tables)
        files: dict[str, str | bytes] = {"drugcentral.dump.11012023.sql.gz": gzip.compress(text.encode())}
    else:
        files = {f"{name}.csv": csv_text(columns, rows) for name, columns, rows in tables}
    [report] = graph.load("drugcentral", files).sources
    # aspirin by its DrugBank id, thalidomide by its name, novelin is new; a condition by its UMLS id.
    assert graph.ends("TREATS") == [
        ("DRUGBANK:DB00945", "DOID:7148"),
        ("DRUGBANK:DB01041", "UMLS:C0018133"),
        ("DRUGBANK:DB01041", "UMLS:C0023351"),
        ("UNII:ABC123", "DOID:7148"),
    ]
    assert [row["action"] for row in graph.edges("TREATS")] == ["", "", "prevents", ""]
    assert graph.ends("CONTRAINDICATED_FOR") == [("DRUGBANK:DB00945", "SNOMEDCT:13200003")]
    assert graph.nodes("Disease")["UMLS:C0018133"]["name"] == "Graft, versus host"
    assert report.reasons == {"condition without an id": 1, "use that is no treatment of a disease": 1}
    graph.again("drugcentral")


def test_a_dump_without_a_table_or_cut_short_is_refused(graph: Loaded) -> None:
    whole = dump_text("omop_relationship", USE_COLUMNS, USES)
    with pytest.raises(DataError, match=r"no table public\.identifier, public\.structures"):
        graph.load("drugcentral", {"drugcentral.dump.1.sql": whole})
    cut = dump_text("structures", ("id", "name"), STRUCTURES) + dump_text(
        "identifier", ("struct_id", "id_type", "identifier"), IDENTIFIERS
    )
    with pytest.raises(DataError, match="in the middle of a table"):
        graph.load("drugcentral", {"drugcentral.dump.1.sql": cut + whole.replace("\\.", "")})


def test_sider_meets_drugs_by_name_and_counts_no_placebo(graph: Loaded) -> None:
    graph.load("hetionet", HETIONET)
    effects = (
        "CID100005426\tCID000005426\tC0018681\tLLT\tC0018681\tHead pain\n"
        "CID100005426\tCID000005426\tC0018681\tPT\tC0018681\tHeadache\n"
        "CID100002244\tCID000002244\tC0027497\tPT\tC0027497\tNausea\n"
        "CID100002244\tCID000002244\tC0000737\tLLT\t\tAbdominal pain\n"
        "CID1x\tCID0x\tC0000737\tPT\tC0000737\tAbdominal pain\n"
    )
    frequencies = (
        "CID100005426\tCID000005426\tC0018681\t\t12.5%\t0.125\t0.125\tPT\tC0018681\tHeadache\n"
        "CID100005426\tCID000005426\tC0018681\tplacebo\t90%\t0.9\t0.9\tPT\tC0018681\tHeadache\n"
        "CID100005426\tCID000005426\tC0018681\t\t12.5%\tnan\tnan\tPT\tC0018681\tHeadache\n"
        "CID100002244\tCID000002244\tC0027497\t\toften\tinf\tinf\tPT\tC0027497\tNausea\n"
    )
    names = "CID100005426\tthalidomide\nCID100002244\taspirin\n"
    [report] = graph.load(
        "sider",
        {"meddra_all_se.tsv": effects, "meddra_freq.tsv": frequencies, "drug_names.tsv": names},
    ).sources
    assert graph.ends("CAUSES") == [
        ("DRUGBANK:DB01041", "UMLS:C0018681"),
        ("PUBCHEM:2244", "UMLS:C0000737"),
        ("PUBCHEM:2244", "UMLS:C0027497"),
    ]
    headache = graph.edges("CAUSES")[0]
    assert (headache["score"], headache["evidence"]) == (0.125, "drug label; frequency 12.5%")
    assert [edge["score"] for edge in graph.edges("CAUSES")] == [0.125, None, None]
    assert "Head pain" in graph.nodes("SideEffect")["UMLS:C0018681"]["synonyms"]
    assert report.reasons == {"not an id (PREFIX:LOCAL)": 1, "unknown id": 1}
    graph.again("sider")


def _sider(*compounds: tuple[int, int, str]) -> dict[str, str | bytes]:
    """Files of SIDER with one label a compound: number without stereochemistry, number, name."""
    effect = "CID1{:08}\tCID0{:08}\tC0018681\tPT\tC0018681\tHeadache\n"
    return {
        "meddra_all_se.tsv": "".join(effect.format(flat, number) for flat, number, _ in compounds),
        "drug_names.tsv": "".join({f"CID1{flat:08}\t{name}\n": "" for flat, _, name in compounds}),
    }


_LISTED = "curie,curie_label,alternate_ids,atc_codes\n"


def _listed(curie: str, label: str, number: int, bank: str) -> str:
    ids = f"['{curie}', 'UNII:{curie[6:]}', 'PUBCHEM.COMPOUND:{number}', 'DRUGBANK:{bank}']"
    return f'{curie},{label},"{ids}",\n'


_BANK = "DrugBank ID,Accession Numbers,Common name,CAS,UNII,Synonyms,Standard InChI Key\n"


def test_isomers_that_sider_calls_by_one_name_are_the_drugs_that_their_ids_say(graph: Loaded) -> None:
    bank = _BANK + "DB01234,,Dexamethasone,,,,\nDB00443,,Betamethasone,,,,\n"
    graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": bank})
    listed = _listed("CHEBI:41879", "Dexamethasone", 5743, "DB01234")
    listed += _listed("CHEBI:3077", "Betamethasone", 9782, "DB00443")
    graph.load("everycure-drugs", {"drug_list_stringent.csv": _LISTED + listed})
    graph.load(
        "sider",
        _sider((3003, 5743, "dexamethasone"), (3003, 9782, "dexamethasone"), (3003, 99999, "dexamethasone")),
    )
    assert [start for start, _ in graph.ends("CAUSES")] == [
        "DRUGBANK:DB00443",
        "DRUGBANK:DB01234",
        "PUBCHEM:99999",
    ]
    drugs = graph.nodes("Drug")
    # A third isomer isn't dexamethasone because it shares the name of one that is.
    assert {id_: drug["name"] for id_, drug in drugs.items()} == {
        "DRUGBANK:DB00443": "Betamethasone",
        "DRUGBANK:DB01234": "Dexamethasone",
        "PUBCHEM:99999": "dexamethasone (PubChem 99999)",
    }
    graph.again("sider")


def test_isomers_that_no_id_tells_apart_are_the_drug_of_their_name(graph: Loaded) -> None:
    graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": _BANK + "DB01229,,Paclitaxel,,,,\n"})
    graph.load("sider", _sider((4666, 441276, "paclitaxel"), (4666, 5352019, "paclitaxel")))
    assert {start for start, _ in graph.ends("CAUSES")} == {"DRUGBANK:DB01229"}


def test_a_name_that_several_compounds_of_sider_have_names_none_of_them(graph: Loaded) -> None:
    """SIDER calls prednisolone's esters prednisolone, and every salt of sodium sodium."""
    graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": _BANK + "DB00860,,Prednisolone,,,,\n"})
    graph.load(
        "sider", _sider((4894, 5755, "prednisolone"), (4895, 5834, "Prednisolone"), (5238, 5238, "sodium"))
    )
    assert {id_: drug["name"] for id_, drug in graph.nodes("Drug").items()} == {
        "DRUGBANK:DB00860": "Prednisolone",
        "PUBCHEM:5755": "prednisolone (PubChem 5755)",
        "PUBCHEM:5834": "Prednisolone (PubChem 5834)",
        "PUBCHEM:5238": "sodium",
    }


def test_a_drug_that_ids_have_joined_takes_no_namesake_of_a_worse_vocabulary(graph: Loaded) -> None:
    """DrugCentral's lanreotide is DrugBank's by an id, whatever SIDER calls a compound."""
    bank = _BANK + "DB06791,,Lanreotide,,,,\n"
    graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": bank})
    listed = _listed("CHEBI:135901", "Lanreotide acetate", 6918011, "DB06791")
    listed = listed.replace("'DRUGBANK:DB06791'", "'DRUGBANK:DB06791', 'DrugCentral:1550'")
    graph.load("everycure-drugs", {"drug_list_stringent.csv": _LISTED + listed})
    graph.load("sider", _sider((71348, 71348, "lanreotide"), (71349, 71349, "Lanreotide")))
    columns = "DRUG_NAME STRUCT_ID TARGET_NAME ACCESSION GENE ACT_VALUE ACT_TYPE ACT_SOURCE RELATION MOA"
    columns += " ACTION_TYPE ORGANISM"
    row = [
        "lanreotide",
        "1550",
        "SSTR2",
        "P30874",
        "SSTR2",
        "9",
        "Ki",
        "X",
        "=",
        "1",
        "AGONIST",
        "Homo sapiens",
    ]
    lines = ["\t".join(f'"{cell}"' for cell in cells) for cells in (columns.split(), row)]
    graph.load("drugcentral-targets", {"drug.target.interaction.tsv": "\n".join(lines) + "\n"})
    assert graph.ends("BINDS") == [("DRUGBANK:DB06791", "UNIPROT:P30874")]


def test_a_drugs_name_is_its_own_vocabularys_whatever_another_source_calls_the_id(graph: Loaded) -> None:
    paths = """
- graph: {_id: DB04876_MESH_D003924_1, disease: Diabetes, disease_mesh: MESH:D003924, drug: evogliptin,
    drug_mesh: MESH:C1, drugbank: DB:DB04876}
  links: [{key: decreases activity of, source: MESH:C1, target: UniProt:P27487},
    {key: causes, source: UniProt:P27487, target: MESH:D003924}]
  nodes: [{id: MESH:C1, label: Drug, name: evogliptin}, {id: MESH:D003924, label: Disease, name: Diabetes},
    {id: UniProt:P27487, label: Protein, name: DPP4}]
"""
    graph.load("drugmechdb", {"indication_paths.yaml": paths})
    assert graph.nodes("Drug")["DRUGBANK:DB04876"]["name"] == "evogliptin"
    bank = _BANK + "DB04876,,Vildagliptin,,,,\nDB12625,,Evogliptin,,,,\n"
    graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": bank})
    drugs = graph.nodes("Drug")
    assert (drugs["DRUGBANK:DB04876"]["name"], drugs["DRUGBANK:DB04876"]["synonyms"]) == (
        "Vildagliptin",
        ["evogliptin"],
    )
    assert drugs["DRUGBANK:DB12625"]["name"] == "Evogliptin"


def test_offsides_keeps_the_ratio_and_passes_over_its_second_header(graph: Loaded) -> None:
    graph.load("hetionet", HETIONET)
    columns = (
        "drug_rxnorn_id,drug_concept_name,condition_meddra_id,condition_concept_name,"
        "A,B,C,D,PRR,PRR_error,mean_reporting_frequency"
    )
    rows = [
        columns,
        "10432,Thalidomide,10019211,Headache,6,126,21,1299,2.85714,0.45382,0.0454545",
        columns,
        '4024,"ergoloid mesylates, USP",10002034,Anaemia,6,126,21,1299,inf,0.4,0.04',
        '4024,"ergoloid mesylates, USP",10002034,Anaemia,6,126,21,1299,3.5,,0.04',
    ]
    [report] = graph.load("offsides", {"OFFSIDES.csv": "\n".join(rows) + "\n"}).sources
    assert graph.ends("CAUSES") == [("DRUGBANK:DB01041", "UMLS:C0018681"), ("RXCUI:4024", "MEDDRA:10002034")]
    assert [row["score"] for row in graph.edges("CAUSES")] == [2.85714, 3.5]
    assert report.reasons == {"header in the middle": 1, "ratio is no number": 1}
    assert graph.nodes("Drug")["RXCUI:4024"]["name"] == "ergoloid mesylates, USP"
    graph.again("offsides")


def test_drugbanks_vocabulary_gives_names_to_drugs_that_had_ids_alone(graph: Loaded) -> None:
    graph.load("drkg", {"drkg.tsv": "Compound::DB00945\tHetionet::CtD\tDisease::DOID:7148\n"})
    vocabulary = (
        "DrugBank ID,Accession Numbers,Common name,CAS,UNII,Synonyms,Standard InChI Key\n"
        'DB00945,APRD00264 | EXPT00475,Acetylsalicylic acid,50-78-2,R16CO5Y76E,"ASA | Aspirin, the",x\n'
        "DB99999,,,,,,\n"
    )
    [report] = graph.load("drugbank-vocabulary", {"drugbank vocabulary.csv": vocabulary}).sources
    aspirin = graph.nodes("Drug")["DRUGBANK:DB00945"]
    assert (aspirin["name"], aspirin["synonyms"]) == ("Acetylsalicylic acid", ["ASA", "Aspirin, the"])
    assert aspirin["xrefs"] == ["UNII:R16CO5Y76E"]
    assert report.reasons == {"no name": 1}
    graph.again("drugbank-vocabulary")
