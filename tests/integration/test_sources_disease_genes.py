"""Genes of diseases, and what their variants do, in small files of the sources' published layouts."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from loaded import Loaded, begun_graph, small_graph

from kedrec.errors import DataError

HETIONET = {
    "hetionet-v1.0-nodes.tsv": "id\tname\tkind\nGene::9001\tALPH1\tGene\nGene::9002\tBETA2\tGene\n"
    "Gene::9003\tGAMM3\tGene\nDisease::DOID:90001\tsandy eye disease\tDisease\n",
    "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
    "attributes/genes.tsv": "GeneID\tSynonyms\tdescription\n9002\tOLDB|BETA-2A\t-\n9003\tOLDB|GAMX\t-\n",
}
MONDO = """format-version: 1.2

[Term]
id: MONDO:0090001
name: sandy eye disease
xref: DOID:90001 {source="MONDO:equivalentTo"}
xref: UMLS:C0090001 {source="MONDO:equivalentTo"}

[Term]
id: MONDO:0090002
name: sandy eye disease 2
xref: OMIM:690002 {source="MONDO:equivalentTo"}
is_a: MONDO:0090001

[Term]
id: MONDO:0090003
name: ALPH1-related sand
"""


@pytest.fixture(scope="module")
def diseases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a graph of genes and diseases, which each test goes on from."""
    sources = {"hetionet": HETIONET, "mondo": {"mondo.obo": MONDO}}
    return begun_graph(tmp_path_factory.mktemp("diseases"), sources)


@pytest.fixture
def graph(tmp_path: Path, diseases: Path) -> Iterator[Loaded]:
    with small_graph(tmp_path, diseases) as loaded:
        yield loaded


def actions(graph: Loaded) -> dict[tuple[str, str], str]:
    return {(one["start"], one["end"]): one["action"] for one in graph.edges("ASSOCIATED_WITH")}


PAIR = {
    "g2p id": "G2P09001", "gene symbol": "ALPH1", "gene mim": "600001", "hgnc id": "90001",
    "previous gene symbols": "", "disease name": "ALPH1-related sandy eye disease", "disease mim": "690002",
    "disease MONDO": "MONDO:0090002", "allelic requirement": "biallelic_autosomal",
    "cross cutting modifier": "", "confidence": "definitive", "variant consequence": "absent gene product",
    "variant types": "", "molecular mechanism": "loss of function", "molecular mechanism support": "inferred",
    "molecular mechanism categorisation": "", "molecular mechanism evidence": "", "phenotypes": "HP:0000007",
    "publications": "11; 22", "additional mined publications": "33", "panel": "DD", "comments": 'a "word", x',
    "date of last review": "", "review": "",
}  # fmt: skip


def panel(*pairs: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(PAIR), lineterminator="\n")
    writer.writeheader()
    writer.writerows(PAIR | pair for pair in pairs)
    return out.getvalue()


def test_g2p_gives_loss_and_gain_of_function_with_its_evidence(graph: Loaded) -> None:
    gain = {"gene symbol": "BETA2", "molecular mechanism": "gain of function", "confidence": "strong"}
    pairs = PAIR, gain, {"gene symbol": "GAMM3", "molecular mechanism": "dominant negative"}
    graph.load("g2p", {"DDG2P.csv": panel(*pairs)})
    [first, second, third] = graph.edges("ASSOCIATED_WITH")
    assert (first["start"], first["end"], first["action"]) == (
        "MONDO:0090002",
        "NCBIGene:9001",
        "loss of function",
    )
    assert first["evidence"] == (
        "Gene2Phenotype: definitive evidence, biallelic autosomal, absent gene product, "
        "loss of function (inferred)"
    )
    assert first["references"] == ["PMID:11", "PMID:22"]
    assert first["licence"] == "EMBL-EBI terms of use"
    assert (second["end"], second["action"]) == ("NCBIGene:9002", "gain of function")
    assert (third["end"], third["action"]) == ("NCBIGene:9003", "causal")
    assert "dominant negative" in third["evidence"]
    graph.again("g2p")


def test_a_pair_of_several_panels_is_one_edge(graph: Loaded) -> None:
    files = {f"{name}G2P.csv.gz": gzip.compress(panel(PAIR).encode()) for name in ("DD", "Eye", "Skin")}
    [report] = graph.load("g2p", dict(files)).sources
    assert (report.edges.read, report.edges.loaded, report.edges.merged) == (3, 1, 2)


def test_two_mechanisms_of_one_gene_and_disease_are_a_cause_without_a_sign(graph: Loaded) -> None:
    graph.load("g2p", {"DDG2P.csv": panel(PAIR, {"molecular mechanism": "gain of function"})})
    assert actions(graph) == {("MONDO:0090002", "NCBIGene:9001"): ""}


def test_limited_evidence_is_no_cause_and_a_refuted_pair_no_edge(graph: Loaded) -> None:
    words = "limited", "disputed", "refuted", "overwhelming", ""
    genes = "ALPH1", "BETA2", "GAMM3", "GAMM3", "GAMM3"
    pairs = [{"gene symbol": gene, "confidence": word} for gene, word in zip(genes, words, strict=True)]
    [report] = graph.load("g2p", {"DDG2P.csv": panel(*pairs)}).sources
    assert actions(graph) == {("MONDO:0090002", "NCBIGene:9001"): ""}
    assert report.reasons == {"pair that is disputed or refuted": 2, "unknown confidence": 2}


def test_a_disease_of_g2p_is_omims_or_mondos_or_the_graphs_of_the_very_name(graph: Loaded) -> None:
    pairs = [
        {"disease mim": "690009", "disease MONDO": "MONDO:0090001", "disease name": "sandy eye disease 9"},
        {"disease mim": "", "disease MONDO": "MONDO:0090001"},
        {"disease mim": "", "disease MONDO": "", "disease name": "ALPH1-related sand"},
        {"disease mim": "", "disease MONDO": "", "disease name": "ALPH1-related sandy eye disease"},
        {"disease mim": "69000", "disease MONDO": "MONDO:9", "disease name": ""},
    ]
    [report] = graph.load("g2p", {"DDG2P.csv": panel(*pairs)}).sources
    assert {start for start, _ in actions(graph)} == {"OMIM:690009", "DOID:90001", "MONDO:0090003"}
    diseases = graph.nodes("Disease")
    assert diseases["OMIM:690009"]["name"] == "sandy eye disease 9"
    # A gene's kind of a disease is narrower than the disease: no synonym.
    assert "ALPH1-related sandy eye disease" not in diseases["DOID:90001"]["synonyms"]
    assert report.reasons == {"name that no node has": 1, "no disease": 1}


def test_what_g2p_calls_by_several_names_is_called_by_none_of_them(graph: Loaded) -> None:
    pairs = [
        {"disease mim": "690021", "disease name": f"{gene}-related eye disease", "gene symbol": gene}
        for gene in ("ALPH1", "BETA2")
    ]
    graph.load("g2p", {"DDG2P.csv": panel(*pairs, {"disease mim": "", "disease MONDO": "MONDO:0090055"})})
    diseases = graph.nodes("Disease")
    assert (diseases["OMIM:690021"]["name"], diseases["OMIM:690021"]["synonyms"]) == ("OMIM:690021", [])
    assert diseases["MONDO:0090055"]["name"] == "MONDO:0090055"


HGNC = (
    "hgnc_id\tsymbol\tname\tstatus\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\tuniprot_ids\n"
    "HGNC:90001\tALPH1\tx\tApproved\t\t\t9001\tENSG1\tP1\nHGNC:90005\tNEW5\tx\tApproved\t\t\t9002\tENSG2\tP2\n"
)


def test_a_gene_is_met_by_its_id_then_its_symbol_then_an_earlier_one(graph: Loaded) -> None:
    pairs = [
        {"gene symbol": "NEWA", "previous gene symbols": "NOSUCH; ALPH1", "disease mim": "690011"},
        {"gene symbol": "BETA2", "previous gene symbols": "GAMM3", "disease mim": "690012"},
        {"gene symbol": "beta-2a", "previous gene symbols": "", "disease mim": "690013"},
        {"gene symbol": "OLDB", "previous gene symbols": "", "disease mim": "690014"},
        {"gene symbol": "NOSUCH", "previous gene symbols": "NOSUCHER", "disease mim": "690015"},
        {"gene symbol": "", "disease mim": "690016"},
        {"gene symbol": "GAMM3", "hgnc id": "90005", "disease mim": "690017"},
    ]
    [report] = graph.load("g2p", {"DDG2P.csv": panel(*pairs)}).sources
    assert sorted(actions(graph)) == [
        ("OMIM:690011", "NCBIGene:9001"), ("OMIM:690012", "NCBIGene:9002"), ("OMIM:690013", "NCBIGene:9002"),
        ("OMIM:690017", "NCBIGene:9003"),
    ]  # fmt: skip
    assert report.reasons == {"name that no node has": 1, "name of several nodes": 1, "no gene": 1}
    # HGNC's own id comes before any symbol.
    graph.load("hgnc", {"hgnc_complete_set.txt": HGNC})
    graph.load("g2p")
    assert ("OMIM:690017", "NCBIGene:9002") in actions(graph)
    graph.again("g2p")


CURATED = "ENSP1\tALPH1\tDOID:90001\tSandy eye disease\tMedlinePlus\tCURATED\t5\n"
STUDIED = "ENSP2\tBETA2\tDOID:90007\tDry eye\tTIGA\tMeanRankScore = 81\t1.726\n"


def test_diseases_gives_both_channels_with_their_confidence(graph: Loaded) -> None:
    again = CURATED.replace("MedlinePlus", "UniProtKB-KW").replace("5\n", "4\n")
    studied = STUDIED + STUDIED.replace("90007", "90001")
    files = {
        "human_disease_knowledge_filtered.tsv": CURATED + again,
        "human_disease_experiments_filtered.tsv.gz": gzip.compress(studied.encode()),
    }
    [report] = graph.load("diseases", files).sources
    found = {
        (one["start"], one["end"]): (one["evidence"], one["score"]) for one in graph.edges("ASSOCIATED_WITH")
    }
    curated = "DISEASES: MedlinePlus, curated, confidence 5.0 of 5"
    study = "DISEASES: GWAS by TIGA, mean rank score 81, confidence 1.726 of 5"
    assert found == {
        ("DOID:90001", "NCBIGene:9001"): (
            f"{curated}; DISEASES: UniProtKB-KW, curated, confidence 4.0 of 5",
            5.0,
        ),
        ("DOID:90001", "NCBIGene:9002"): (study, 1.726),
        ("DOID:90007", "NCBIGene:9002"): (study, 1.726),
    }  # fmt: skip
    assert graph.nodes("Disease")["DOID:90007"]["name"] == "Dry eye"
    assert report.edges.merged == 1
    graph.again("diseases")


ODD_STARS = {
    "confidence out of range": CURATED.replace("\t5\n", "\t6\n") + CURATED.replace("\t5\n", "\t-1\n")
    + CURATED.replace("\t5\n", "\tnan\n") + CURATED.replace("\t5\n", "\tmuch\n"),
    "disease of another vocabulary than the Disease Ontology": CURATED.replace("DOID:90001", "AmyCo:12")
    + CURATED.replace("DOID:90001", "ICD10:X") + CURATED.replace("DOID:90001", ""),
    "name that no node has": CURATED.replace("ALPH1", "hsa-miR-9"),
    "name of several nodes": CURATED.replace("ALPH1", "OLDB"),
    "no gene": CURATED.replace("ALPH1", " "),
    "wrong number of columns": "ENSP1\tALPH1\tDOID:9\n",
}  # fmt: skip


def test_an_odd_row_of_diseases_is_skipped_and_counted(graph: Loaded) -> None:
    text = "".join([CURATED, *ODD_STARS.values()])
    [report] = graph.load("diseases", {"human_disease_knowledge_filtered.tsv": text}).sources
    [one] = graph.edges("ASSOCIATED_WITH")
    assert (one["start"], one["end"]) == ("DOID:90001", "NCBIGene:9001")
    assert one["evidence"] == "DISEASES: MedlinePlus, curated, confidence 5.0 of 5"
    assert report.edges.merged == 0
    assert report.reasons == {reason: rows.count("\n") for reason, rows in ODD_STARS.items()}


DISGENET = (
    "geneId\tgeneSymbol\tgeneName\tdiseaseId\tdiseaseName\tscore\tNumberOfPubmeds\tassociationType\tsource\n"
)
ROW = (
    "9001\tALPH1\talphin 1\tumls:C0090001\tSandy Eye Diseases\t0.4102\t2\t"
    "AlteredExpression, GeneticVariation\tCLINVAR, CTD_human\n"
)


def test_disgenet_gives_pairs_of_umls_and_ncbi_with_score_and_sources(graph: Loaded) -> None:
    rows = (
        ROW + ROW.replace("9001\tALPH1", "9088\tNEWG")
        + ROW.replace("C0090001", "C0099999").replace("\t2\t", "\t1\t")
        + ROW.replace("C0090001\tSandy Eye Diseases", "C0090077\tsandy eye disease 2")
    )  # fmt: skip
    graph.load(
        "disgenet", {"curated_gene_disease_associations.txt.gz": gzip.compress((DISGENET + rows).encode())}
    )
    found = {(one["start"], one["end"]): one for one in graph.edges("ASSOCIATED_WITH")}
    assert set(found) == {
        ("DOID:90001", "NCBIGene:9001"), ("DOID:90001", "NCBIGene:9088"), ("UMLS:C0099999", "NCBIGene:9001"),
        ("MONDO:0090002", "NCBIGene:9001"),
    }  # fmt: skip
    one = found["DOID:90001", "NCBIGene:9001"]
    assert (
        one["evidence"] == "DisGeNET: altered expression, genetic variation, CLINVAR, CTD_human, 2 articles"
    )
    assert (one["score"], one["action"], one["licence"]) == (0.41, "", "ODbL-1.0")
    assert found["UMLS:C0099999", "NCBIGene:9001"]["evidence"].endswith("CTD_human, 1 article")
    assert graph.nodes("Gene")["NCBIGene:9088"]["synonyms"] == ["alphin 1"]
    assert "Sandy Eye Diseases" in graph.nodes("Disease")["DOID:90001"]["synonyms"]
    graph.again("disgenet")


def test_later_releases_of_disgenet_are_read_with_their_year(graph: Loaded) -> None:
    head = (
        "geneId\tgeneSymbol\tDSI\tDPI\tdiseaseId\tdiseaseName\tdiseaseType\tscore\tYearInitial\tNofPmids\t"
        "source\n"
    )
    row = "9001\tALPH1\t0.7\t0.5\tC0090001\tSandy Eye Diseases\tdisease\t0.3\t2007\t4\tCLINGEN;CTD_human\n"
    graph.load("disgenet", {"curated_gene_disease_associations.tsv": head + row})
    [one] = graph.edges("ASSOCIATED_WITH")
    assert (one["evidence"], one["year"]) == ("DisGeNET: CLINGEN, CTD_human, 4 articles", 2007)


ODD_SCORES = {
    "score out of range": ROW.replace("0.4102", "1.2") + ROW.replace("0.4102", "-0.1")
    + ROW.replace("0.4102", "inf") + ROW.replace("0.4102", "0,4"),
    "gene without NCBI's number": ROW.replace("9001", "ALPH1") + ROW.replace("9001", ""),
    "disease without an id of UMLS": ROW.replace("umls:C0090001", "C9") + ROW.replace("umls:C0090001", ""),
    "disease of laboratory animals": ROW.replace("Sandy Eye Diseases", "Sandy Eye Diseases, Experimental")
    + ROW.replace("Sandy Eye Diseases", "Sandy Eye, Animal"),
    "wrong number of columns": "9001\tALPH1\n",
}  # fmt: skip


def test_an_odd_row_of_disgenet_is_skipped_and_counted(graph: Loaded) -> None:
    text = "".join([DISGENET, ROW, *ODD_SCORES.values()])
    [report] = graph.load("disgenet", {"curated_gene_disease_associations.txt": text}).sources
    assert graph.ends("ASSOCIATED_WITH") == [("DOID:90001", "NCBIGene:9001")]
    assert report.edges.merged == 0
    assert report.reasons == {reason: rows.count("\n") for reason, rows in ODD_SCORES.items()}


@pytest.mark.parametrize(
    ("source", "name", "content", "said"),
    [
        ("g2p", "DDG2P.csv", panel(PAIR).replace("confidence,", "sure,", 1), "no column confidence"),
        ("g2p", "DDG2P.csv.gz", gzip.compress(panel(*[PAIR] * 200).encode())[:-30], "truncated"),
        ("g2p", "readme.txt", "none", "needs .*G2P"),
        ("diseases", "human_disease_knowledge_filtered.tsv.gz", b"\x1f\x8b\x08\x00", "truncated"),
        ("disgenet", "curated_gene_disease_associations.txt", ROW, "no column geneId"),
        ("disgenet", "curated_gene_disease_associations.txt.gz", lzma.compress(b"x"), "isn't a gzip file"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_and_nothing_is_loaded(
    graph: Loaded, source: str, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        graph.load(source, {name: content})
    assert not graph.edges("ASSOCIATED_WITH")
