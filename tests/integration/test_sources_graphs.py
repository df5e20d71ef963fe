"""Whole graphs that others made, in small files of their published layouts."""

from __future__ import annotations

import bz2
import gzip
import json
from typing import TYPE_CHECKING

import pytest

from kedrec.errors import DataError
from kedrec.loading import list_sources

if TYPE_CHECKING:
    from loaded import Loaded

DRKG = """Compound::DB00945\tDRUGBANK::treats::Compound:Disease\tDisease::MESH:D001172
Gene::5743\tDGIDB::INHIBITOR::Gene:Compound\tCompound::DB00945
Compound::DB00945\tGNBR::N::Compound:Gene\tGene::5743
Compound::DB00945\tDRUGBANK::x-atc::Compound:Atc\tAtc::N02BA01
Gene::5743\tGNBR::U::Gene:Disease\tDisease::MESH:D001172
Gene::5743\tSTRING::BINDING::Gene:Gene\tGene::5742
Gene::5742\tHetionet::GpBP::Gene:Biological Process\tBiological Process::GO:0006954
Compound::DB00945\tDRUGBANK::ddi-interactor-in::Compound:Compound\tCompound::DB00682
Compound::DB00945\tbioarx::DrugHumGen:Compound:Gene\tGene::5743
Disease::SARS-CoV2 E\tbioarx::Covid2_acc_host_gene::Disease:Gene\tGene::5743
Compound::pubchem:2244\tGNBR::T::Compound:Disease\tDisease::DOID:7148
Compound::DB00945\tGNBR::??::Compound:Gene\tGene::5743
Compound::DB00945\tCbG
"""
PRIMEKG = """relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source
protein_protein,ppi,0,9796,gene/protein,PHYHIP,NCBI,8889,56992,gene/protein,KIF15,NCBI
protein_protein,ppi,8889,56992,gene/protein,KIF15,NCBI,0,9796,gene/protein,PHYHIP,NCBI
indication,indication,27158,13924_12592,disease,osteogenesis imperfecta,MONDO_grouped,14012,DB09130,drug,Copper,DrugBank
indication,indication,14012,DB09130,drug,Copper,DrugBank,27158,13924_12592,disease,osteogenesis imperfecta,MONDO_grouped
off-label use,off-label use,14012,DB09130,drug,Copper,DrugBank,27165,8019.0,disease,"aplasia, mullerian",MONDO
contraindication,contraindication,14012,DB09130,drug,Copper,DrugBank,27165,8019,disease,"aplasia, mullerian",MONDO
drug_protein,carrier,0,9796,gene/protein,PHYHIP,NCBI,14012,DB09130,drug,Copper,DrugBank
disease_phenotype_positive,phenotype present,27165,8019,disease,"aplasia, mullerian",MONDO,22000,786,effect/phenotype,Primary amenorrhea,HPO
disease_phenotype_negative,phenotype absent,27165,8019,disease,"aplasia, mullerian",MONDO,22000,786,effect/phenotype,Primary amenorrhea,HPO
drug_effect,side effect,14012,DB09130,drug,Copper,DrugBank,22001,2315,effect/phenotype,Headache,HPO
anatomy_protein_present,expression present,63824,955,anatomy,brain,UBERON,0,9796,gene/protein,PHYHIP,NCBI
pathway_protein,interacts with,128000,R-HSA-1,pathway,"A ""quoted""
pathway",REACTOME,0,9796,gene/protein,PHYHIP,NCBI
disease_disease,parent-child,27165,8019,disease,"aplasia, mullerian",MONDO,27158,13924_12592,disease,osteogenesis imperfecta,MONDO_grouped
drug_drug,synergistic interaction,14012,DB09130,drug,Copper,DrugBank,14013,DB09140,drug,Oxygen,DrugBank
mystery,mystery,0,9796,gene/protein,PHYHIP,NCBI,0,9796,gene/protein,PHYHIP,NCBI
bioprocess_protein,interacts with,0,9796
"""  # noqa: E501  # rows as they are published
PRIMEKG_DISEASES = """node_index\tmondo_id\tmondo_name\tgroup_id_bert\tgroup_name_bert\tmondo_definition\tumls_description
27158\t13924\t"osteogenesis imperfecta type 13"\t"13924_12592"\t"osteogenesis imperfecta"\t"Brittle ""glass"" bones."\t""
27158\t12592\t"osteogenesis imperfecta type 11"\t"13924_12592"\t"osteogenesis imperfecta"\t""\t""
27165\t8019\t"aplasia, mullerian"\t""\t""\t"Deficiency of WNT4."\t""
"""  # noqa: E501  # rows as they are published


def test_drkg_keeps_each_resource_and_says_what_has_no_place(graph: Loaded) -> None:
    [report] = graph.load("drkg", {"drkg.tsv": DRKG}).sources
    [treats] = graph.edges("TREATS")
    assert (treats["start"], treats["end"]) == ("DRUGBANK:DB00945", "MESH:D001172")
    assert (treats["licence"], treats["evidence"]) == ("CC-BY-NC-4.0", "DrugBank treats")
    [binds] = graph.edges("BINDS")
    assert (binds["start"], binds["end"], binds["action"]) == (
        "DRUGBANK:DB00945",
        "NCBIGene:5743",
        "inhibitor",
    )
    assert binds["evidence"] == "DGIdb INHIBITOR; GNBR N; articles on COVID-19 DrugHumGen"
    assert binds["licence"] == "CC-BY-NC-4.0 / no licence stated"
    covid, arthritis = graph.edges("ASSOCIATED_WITH")
    assert (covid["start"], covid["end"]) == ("DOID:0080600", "NCBIGene:5743")
    assert (arthritis["start"], arthritis["end"]) == ("MESH:D001172", "NCBIGene:5743")
    assert arthritis["action"] == "causal"
    assert graph.ends("MEMBER_OF") == [("DRUGBANK:DB00945", "ATC:N02BA01")]
    assert graph.ends("AFFECTS") == [("PUBCHEM:2244", "DOID:7148")]
    assert graph.edges("PARTICIPATES_IN")[0]["licence"] == "CC-BY-4.0"
    assert report.reasons == {
        "relation without a place in the schema": 1,
        "unknown relation": 1,
        "wrong number of columns": 1,
    }
    assert (
        "8",
        "relation without a place in the schema: DRUGBANK::ddi-interactor-in (interaction of two drugs)",
    ) in graph.rejects()
    graph.again("drkg")


VIRUSES = """Disease::SARS-CoV2 E\tbioarx::Covid2_acc_host_gene::Disease:Gene\tGene::8546
Disease::SARS-CoV2 nsp1\tbioarx::Covid2_acc_host_gene::Disease:Gene\tGene::8546
Disease::SARS-CoV2 orf9b\tbioarx::Covid2_acc_host_gene::Disease:Gene\tGene::10452;9868
Disease::MERS-CoV\tbioarx::Coronavirus_ass_host_gene::Disease:Gene\tGene::1803
Disease::IBV\tbioarx::Coronavirus_ass_host_gene::Disease:Gene\tGene::1803
Gene::spike\tbioarx::VirGenHumGen::Gene:Gene\tGene::59272
Gene::P0DTC2\tbioarx::VirGenHumGen::Gene:Gene\tGene::59272
Compound::CHEBI:28304\tGNBR::E::Compound:Gene\tGene::57494;26774
Gene::25641(Tax:10116)\tGNBR::H::Gene:Gene\tGene::7;8|9
"""


def test_a_second_copy_of_a_table_is_not_read_and_named(graph: Loaded) -> None:
    [report] = graph.load("drkg", {"drkg.tsv": VIRUSES, "drkg.tsv.gz": gzip.compress(DRKG.encode())}).sources
    assert report.unread == ("drkg.tsv.gz",)


def test_drkgs_groups_and_viruses_become_what_they_stand_for(graph: Loaded) -> None:
    [report] = graph.load("drkg", {"drkg.tsv": VIRUSES}).sources
    [first, other, third, mers] = graph.edges("ASSOCIATED_WITH")
    assert [edge["end"] for edge in (first, other, third)] == [
        "NCBIGene:10452",
        "NCBIGene:8546",
        "NCBIGene:9868",
    ]
    assert {edge["start"] for edge in (first, other, third)} == {"DOID:0080600"}
    assert other["evidence"] == (
        "articles on COVID-19 Covid2_acc_host_gene: SARS-CoV2 E; "
        "articles on COVID-19 Covid2_acc_host_gene: SARS-CoV2 nsp1"
    )
    assert (mers["start"], mers["end"]) == ("DOID:0080642", "NCBIGene:1803")
    assert graph.nodes("Disease")["DOID:0080600"]["name"] == "COVID-19"
    assert graph.ends("AFFECTS") == [("CHEBI:28304", "NCBIGene:26774"), ("CHEBI:28304", "NCBIGene:57494")]
    assert graph.ends("INTERACTS_WITH") == [
        ("NCBIGene:25641", "NCBIGene:7"),
        ("NCBIGene:25641", "NCBIGene:8"),
        ("NCBIGene:25641", "NCBIGene:9"),
        ("NCBIGene:59272", "UNIPROT:P0DTC2"),
    ]
    assert report.reasons == {"virus or viral protein that is no disease and no gene": 2}
    graph.again("drkg")


def test_an_entity_without_a_name_takes_the_name_that_another_source_gives(graph: Loaded) -> None:
    graph.load("drkg", {"drkg.tsv": DRKG})
    assert graph.nodes("Drug")["DRUGBANK:DB00945"]["name"] == "DRUGBANK:DB00945"
    graph.load(
        "hetionet",
        {
            "hetionet-v1.0-nodes.tsv": "id\tname\tkind\nCompound::DB00945\tAspirin\tCompound\n",
            "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
        },
    )
    aspirin = graph.nodes("Drug")["DRUGBANK:DB00945"]
    assert (aspirin["name"], aspirin["synonyms"]) == ("Aspirin", [])
    graph.again("drkg")
    assert graph.nodes("Drug")["DRUGBANK:DB00945"]["name"] == "Aspirin"


def test_drkgs_slim_layout_has_tables_of_drugbank_and_names(graph: Loaded) -> None:
    graph.load(
        "drkg",
        {
            "slim_CtD.tsv": "Compound::DB00004\tDRUGBANK::treats::Compound:Disease\tDisease::MESH:C063419\n",
            "drugbank_triplets_CtargetG.tsv": "drugbank_id\tcategory\tentrez_gene_id\tsource\ttarget\tedges\n"
            "DB00001\tcarrier\t2147\tCompound::DB00001\tGene::2147\tDRUGBANK::carrier::Compound:Gene\n",
            "DRKG_COVID19_clinical_trial_drugs.tsv": "1\tLepirudin\tDB00001\n",
        },
    )
    assert graph.ends("TREATS") == [("DRUGBANK:DB00004", "MESH:C063419")]
    assert graph.edges("BINDS")[0]["action"] == "carrier"
    assert graph.nodes("Drug")["DRUGBANK:DB00001"]["name"] == "Lepirudin"


def test_primekg_turns_its_doubled_edges_and_keeps_groups_apart(graph: Loaded) -> None:
    drugs = 'node_index,description\n14012,"Copper is a metal, of sorts"\n'
    files = {
        "kg.csv": PRIMEKG, "disease_features.tab": PRIMEKG_DISEASES, "drug_features.csv": drugs,
    }  # fmt: skip
    [report] = graph.load("primekg", files).sources
    group = "PRIMEKG:13924x2"
    assert graph.ends("TREATS") == [("DRUGBANK:DB09130", "MONDO:0008019"), ("DRUGBANK:DB09130", group)]
    assert graph.edges("TREATS")[0]["evidence"] == "DrugCentral off-label use"
    assert graph.ends("CONTRAINDICATED_FOR") == [("DRUGBANK:DB09130", "MONDO:0008019")]
    assert graph.ends("INTERACTS_WITH") == [("NCBIGene:56992", "NCBIGene:9796")]
    assert graph.edges("BINDS")[0]["action"] == "carrier"
    assert graph.ends("PRESENTS") == [("MONDO:0008019", "HP:0000786")]
    assert graph.ends("CAUSES") == [("DRUGBANK:DB09130", "HP:0002315")]
    assert graph.ends("EXPRESSED_IN") == [("NCBIGene:9796", "UBERON:0000955")]
    assert graph.ends("IS_A") == [("MONDO:0012592", group), ("MONDO:0013924", group)]
    diseases = graph.nodes("Disease")
    assert diseases[group]["description"] == "PrimeKG's group of MONDO:0013924, MONDO:0012592"
    assert diseases["MONDO:0013924"]["description"] == 'Brittle "glass" bones.'
    assert diseases["MONDO:0008019"]["description"] == "Deficiency of WNT4."
    assert graph.nodes("Drug")["DRUGBANK:DB09130"]["description"] == "Copper is a metal, of sorts"
    assert graph.nodes("Pathway")["REACTOME:R-HSA-1"]["name"] == 'A "quoted"\npathway'
    assert report.reasons == {
        "relation without a place in the schema": 3,
        "unknown relation": 1,
        "wrong number of columns": 1,
    }
    assert ("18", "wrong number of columns: 4 instead of 12") in graph.rejects()
    graph.again("primekg")


HETNET = {
    "metanode_kinds": ["Gene", "Compound"],
    "metaedge_tuples": [["Gene", "Gene", "regulates", "forward"]],
    "kind_to_abbrev": {"Gene": "G"},
    "nodes": [
        {"kind": "Gene", "identifier": 6532, "name": "SLC6A4", "data": {"description": "solute carrier [6]"}},
        {"kind": "Compound", "identifier": "DB00472", "name": 'Fluo"xetine', "data": {}},
        {"kind": "Pathway", "identifier": "WP15_r83642", "name": "Selenium", "data": {}},
        {"kind": "Anatomy", "identifier": "UBERON:0000955", "name": "brain"},
        {"kind": "Gene"},
    ],
    "edges": [
        {
            "source_id": ["Compound", "DB00472"], "target_id": ["Gene", 6532], "kind": "binds",
            "direction": "both",
            "data": {
                "sources": ["DrugBank (target)", "ChEMBL"], "license": "CC BY-NC 4.0",
                "pubmed_ids": [10505536], "actions": ["inhibitor", "binder"], "affinity_nM": 0.8,
            },
        },
        {
            "source_id": ["Compound", "DB00472"], "target_id": ["Gene", 6532], "kind": "downregulates",
            "direction": "both", "data": {"source": "LINCS L1000", "z_score": -4.156, "method": "measured"},
        },
        {
            "source_id": ["Anatomy", "UBERON:0000955"], "target_id": ["Gene", 6532], "kind": "expresses",
            "direction": "both", "data": {"source": "Bgee", "unbiased": True},
        },
        {"source_id": ["Gene", 6532], "target_id": ["Gene", 1], "kind": "frobs", "direction": "both"},
        {"source_id": ["Gene", 6532]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2"])
def test_hetionets_json_brings_each_edges_licence_and_articles(graph: Loaded, suffix: str) -> None:
    pack = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}[suffix]
    text = json.dumps(HETNET, indent=1).encode()
    [report] = graph.load("hetionet-json", {f"hetionet-v1.0.json{suffix}": pack(text)}).sources
    [binds] = graph.edges("BINDS")
    assert (binds["start"], binds["end"]) == ("DRUGBANK:DB00472", "NCBIGene:6532")
    assert (binds["licence"], binds["references"]) == ("CC-BY-NC-4.0", ["PMID:10505536"])
    assert binds["evidence"] == "DrugBank (target), ChEMBL; inhibitor, binder; affinity 0.8 nM"
    assert binds["action"] == "inhibitor"
    [lowers] = graph.edges("DOWNREGULATES")
    assert (lowers["score"], lowers["licence"]) == (-4.156, "no licence stated")
    assert graph.ends("EXPRESSED_IN") == [("NCBIGene:6532", "UBERON:0000955")]
    assert graph.nodes("Drug")["DRUGBANK:DB00472"]["name"] == 'Fluo"xetine'
    assert graph.nodes("Pathway")["WIKIPATHWAYS:WP15"]["name"] == "Selenium"
    assert report.reasons == {"not a node or edge of a hetnet": 2, "unknown relation": 1}
    graph.again("hetionet-json")


def test_a_hetnet_of_refused_nodes_says_why_and_one_cut_down_to_nodes_is_refused(graph: Loaded) -> None:
    name = "hetionet-v1.0.json"
    refused = '{"nodes": [{"kind": "Gene", "identifier": 1, "name": "\\ud800"}], "edges": []}'
    with pytest.raises(DataError, match="half a character: 1"):
        graph.load("hetionet-json", {name: refused})
    cut = '{"nodes": [{"kind": "Gene", "identifier": 1, "name": "x"}], "edges": []}'
    with pytest.raises(DataError, match="has no edges"):
        graph.load("hetionet-json", {name: cut})


def test_a_hetnet_cut_short_writes_nothing(graph: Loaded) -> None:
    packed = bz2.compress(json.dumps(HETNET).encode())
    text = json.dumps(HETNET)[:-200].encode()
    for name, content in (("hetionet-v1.0.json.bz2", packed[:-20]), ("hetionet-v1.0.json", text)):
        with pytest.raises(DataError, match="Get the file again"):
            graph.load("hetionet-json", {name: content})
        (graph.folder / "data" / "hetionet-json" / name).unlink()
    assert not graph.store.fingerprint().nodes


def test_every_public_source_says_where_it_is_from_and_what_it_costs() -> None:
    for source in list_sources():
        if source.name not in ("starter", "kedrec"):
            assert source.bundled or (source.obtain and source.size), source.name
            assert source.date, source.name
