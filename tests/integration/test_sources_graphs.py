"""Whole graphs that others made, in small files of their published layouts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loaded import Loaded, small_graph

from kedrec.loading import list_sources

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


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Loaded]:
    with small_graph(tmp_path) as found:
        yield found


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
    assert graph.ends("ASSOCIATED_WITH") == [("MESH:D001172", "NCBIGene:5743")]
    assert graph.edges("ASSOCIATED_WITH")[0]["action"] == "causal"
    assert graph.ends("MEMBER_OF") == [("DRUGBANK:DB00945", "ATC:N02BA01")]
    assert graph.ends("AFFECTS") == [("PUBCHEM:2244", "DOID:7148")]
    assert report.reasons == {
        "not an id (PREFIX:LOCAL)": 1,
        "relation without a place in the schema": 1,
        "unknown id": 1,
        "unknown relation": 1,
        "wrong number of columns": 1,
    }
    assert (
        "8",
        "relation without a place in the schema: DRUGBANK::ddi-interactor-in (interaction of two drugs)",
    ) in graph.rejects()
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


def test_every_public_source_says_where_it_is_from_and_what_it_costs() -> None:
    for source in list_sources():
        if source.name not in ("starter", "kedrec"):
            assert source.obtain, source.name
            assert source.size, source.name
            assert source.date, source.name
