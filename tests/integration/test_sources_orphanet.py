"""Orphanet's packets: disorders with parents, ids elsewhere, genes and symptoms, in the layouts they have."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loaded import Loaded, begun_graph, small_graph

from kedrec.errors import DataError
from kedrec.loading.sources import load_source
from kedrec.schema import load_schema

HETIONET = {
    "hetionet-v1.0-nodes.tsv": "id\tname\tkind\nGene::9001\tALPH1\tGene\nGene::9002\tBETA2\tGene\n",
    "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
}
EXACT = "E (Exact mapping: the two concepts are equivalent)"
BROADER = "BTNT (ORPHAcode is broader than the targeted code used to represent it)"
NARROWER = "NTBT (ORPHAcode is narrower than the targeted code used to represent it)"
UNDECIDED = "ND (not yet decided/unable to decide)"
CAUSE = "Disease-causing germline mutation(s) in"


def packet(code: str = "900", label: str = "", **sections: Any) -> dict[str, Any]:
    return {
        "ORPHApacketId": code, "ORPHAcode": code, "Label": label or f"Disorder {code}",
        "DisorderType": {"value": "Disease", "PURL": "http://www.orpha.net/ORDO/Orphanet_377788"},
    } | sections  # fmt: skip


def gene(symbol: str = "ALPH1", kind: str = CAUSE, hgnc: str = "") -> dict[str, Any]:
    ids = [{"Source": "HGNC", "Reference": hgnc}] if hgnc else []
    ids += [{"Source": "ClinVar", "Reference": symbol}]
    inner = {"Symbol": symbol, "Name": "x", "ExternalReferences": ids, "DisorderGeneAssociationType": kind}
    return {"Gene": inner}


def symptom(code: str = "HP:0009001", frequency: str = "Frequent (79-30%)") -> dict[str, Any]:
    return {"Phenotype": {"HPOId": code, "HPOTerm": f"Symptom {code}", "HPOFrequency": frequency}}


def elsewhere(reference: str, relation: str, source: str = "OMIM") -> dict[str, Any]:
    return {
        "ExternalReference": {"Source": source, "Reference": reference, "DisorderMappingRelation": relation}
    }


def parent(code: str, label: str = "") -> dict[str, Any]:
    return {"Parent": [{"ORPHAcode": code, "Label": label or f"Disorder {code}"}]}


def files(*packets: Any) -> dict[str, str]:
    return {
        f"ORPHApacket_{n}.json": json.dumps({"Orphapacket": one}, indent=4) for n, one in enumerate(packets)
    }


def lines(*packets: Any) -> str:
    return "".join(json.dumps({"Orphapacket": one}) + "\n" for one in packets)


@pytest.fixture(scope="module")
def hetionet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a graph of genes and symptoms, which each test goes on from."""
    return begun_graph(tmp_path_factory.mktemp("hetionet"), {"hetionet": HETIONET})


@pytest.fixture
def graph(tmp_path: Path, hetionet: Path) -> Iterator[Loaded]:
    with small_graph(tmp_path, hetionet) as loaded:
        yield loaded


def actions(graph: Loaded) -> dict[tuple[str, str], str]:
    return {(one["start"], one["end"]): one["action"] for one in graph.edges("ASSOCIATED_WITH")}


def test_a_packet_gives_definition_inheritance_onset_and_frequency(graph: Loaded) -> None:
    births = {
        "PrevalenceType": "Prevalence at birth", "PrevalenceClass": "1-9 / 100 000", "ValMoy": "no data",
        "PrevalenceGeographic": "Worldwide",
    }  # fmt: skip
    europe = births | {"PrevalenceType": "Point prevalence", "PrevalenceGeographic": "Europe"}
    world = europe | {"PrevalenceClass": "<1 / 1 000 000", "PrevalenceGeographic": "Worldwide"}
    unknown = world | {"PrevalenceClass": "Unknown"}
    one = packet(
        label="Sandy eye disease",
        Synonyms=[{"Synonym": "Sand eye"}, {"Synonym": "SED"}],
        ExternalReferences=[elsewhere("690001", EXACT), elsewhere("C0090001", EXACT, "UMLS")],
        TextSection={"TextSectionType": "Definition", "Contents": "An eye with sand in it."},
        Prevalences={"Prevalence": [births, unknown, europe, world]},
        AverageAgeOfOnsets=[
            {"AverageAgeOfOnset": {"value": "Infancy"}},
            {"AverageAgeOfOnset": {"value": "Adult"}},
        ],
        TypeOfInheritances={
            "TypeOfInheritance": [{"value": "Autosomal recessive"}, {"value": "No data available"}]
        },
    )
    graph.load("orphanet", files(one))
    disorder = graph.nodes("Disease")["OMIM:690001"]
    assert disorder["name"] == "Sandy eye disease"
    assert disorder["synonyms"] == ["SED", "Sand eye"]
    assert {"ORPHANET:900", "UMLS:C0090001"} <= set(disorder["xrefs"])
    assert disorder["description"] == (
        "An eye with sand in it. Orphanet: disease; autosomal recessive; infancy onset, adult onset; "
        "point prevalence <1 / 1 000 000 (Worldwide)."
    )
    graph.again("orphanet")


def test_what_is_wrapped_in_other_ways_is_read_alike(graph: Loaded) -> None:
    wrapped = packet("901", Genes=[gene()], Phenotypes=[symptom()], Parents=[parent("900")])
    bare = packet(
        "902",
        Genes={"Gene": [gene()["Gene"]]},
        Phenotypes=symptom(),
        Parents={"Parent": parent("900")["Parent"]},
    )
    empty = packet("900", Genes="", Phenotypes=[], Parents=None, Synonyms="")
    [report] = graph.load("orphanet", files(wrapped, bare, empty)).sources
    assert not report.reasons
    for relation, end in (
        ("ASSOCIATED_WITH", "NCBIGene:9001"),
        ("PRESENTS", "HP:0009001"),
        ("IS_A", "ORPHANET:900"),
    ):
        assert graph.ends(relation) == [("ORPHANET:901", end), ("ORPHANET:902", end)]


@pytest.mark.parametrize("name", ["orphapackets.jsonl.gz", "orphapackets.jsonl", "json/ORPHApacket_1.json"])
def test_packets_may_be_lines_or_files_packed_or_not(graph: Loaded, name: str) -> None:
    packets = [packet("900", Genes=[gene()])]
    text = lines(*packets) if "jsonl" in name else files(*packets)["ORPHApacket_0.json"]
    graph.load("orphanet", {name: gzip.compress(text.encode()) if name.endswith(".gz") else text})
    assert actions(graph) == {("ORPHANET:900", "NCBIGene:9001"): "causal"}


def test_only_an_exact_id_is_the_disorders_own_and_the_others_are_kinds_of_it(graph: Loaded) -> None:
    graph.load(
        "mondo",
        {
            "mondo.obo": "[Term]\nid: MONDO:0090002\nname: x\n"
            'xref: OMIM:690002 {source="MONDO:equivalentTo"}\n'
        },
    )
    references = [
        elsewhere("690001", EXACT), elsewhere("690002", BROADER), elsewhere("690003", BROADER),
        elsewhere("690004", UNDECIDED), elsewhere("12345", EXACT, "GARD"),
    ]  # fmt: skip
    narrow = packet("901", ExternalReferences=[elsewhere("690002", NARROWER)["ExternalReference"]])
    [report] = graph.load("orphanet", files(packet(ExternalReferences=references), narrow)).sources
    assert graph.ends("IS_A") == [("MONDO:0090002", "OMIM:690001")]
    assert report.reasons == {
        "id of something wider": 1,
        "unknown id": 1, "id elsewhere that isn't decided": 1, "id of a vocabulary that isn't read": 1,
    }  # fmt: skip


def test_the_kind_of_association_says_whether_a_gene_is_a_cause(graph: Loaded) -> None:
    kinds = {
        "901": (CAUSE, "causal"),
        "902": ("Disease-causing germline mutation(s) (loss of function) in", "loss of function"),
        "903": ("Disease-causing germline mutation(s) (gain of function) in", "gain of function"),
        "904": ("Disease-causing somatic mutation(s) in", "causal"),
        "905": ("Candidate gene tested in", ""),
        "906": ("Biomarker tested in", ""),
        "907": ("Major susceptibility factor in", ""),
    }
    packets = [packet(code, Genes=[gene(kind=kind)]) for code, (kind, _) in kinds.items()]
    graph.load("orphanet", files(*packets, packet("908", Genes=[gene(kind="Not tested in")])))
    assert actions(graph) == {
        (f"ORPHANET:{code}", "NCBIGene:9001"): action for code, (_, action) in kinds.items()
    }
    said = {one["start"]: one["evidence"] for one in graph.edges("ASSOCIATED_WITH")}
    assert said["ORPHANET:902"] == "Orphanet: disease-causing germline mutations, loss of function"
    assert said["ORPHANET:905"] == "Orphanet: candidate gene tested"
    assert ("1", "unknown kind of association: Not tested in ALPH1") in graph.rejects()


def test_every_action_and_vocabulary_of_the_declaration_is_the_schemas() -> None:
    schema, mapping = load_schema(), load_source("orphanet").mapping
    actions_there = {"", *schema.relations["ASSOCIATED_WITH"].actions}
    assert {words["action"] for words in mapping["associations"].values()} <= actions_there
    assert set(mapping["vocabularies"].values()) <= set(schema.prefixes)


def test_a_gene_is_met_by_hgncs_id_before_its_symbol(graph: Loaded) -> None:
    head = (
        "hgnc_id\tsymbol\tname\tstatus\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\tuniprot_ids\n"
    )
    graph.load("hgnc", {"hgnc_complete_set.txt": f"{head}HGNC:77\tBETA2\tx\tApproved\t\t\t9002\t\t\n"})
    graph.load("orphanet", files(packet(Genes=[gene("ALPH1", hgnc="77"), gene("NOSUCH", hgnc="78")])))
    assert list(actions(graph)) == [("ORPHANET:900", "NCBIGene:9002")]
    assert ("1", "name that no node has: name:Gene/HGNC:78|nosuch") in graph.rejects()


def test_symptoms_have_their_frequency_and_what_no_patient_had_is_none(graph: Loaded) -> None:
    words = "Obligate (100%)", "Very rare (<4-1%)", "", "Excluded (0%)", "Frequent (always)"
    symptoms = [symptom(f"HP:000900{n}", word) for n, word in enumerate(words)]
    [report] = graph.load("orphanet", files(packet(Phenotypes=symptoms))).sources
    assert [(one["end"], one["evidence"], one["score"]) for one in graph.edges("PRESENTS")] == [
        ("HP:0009000", "Orphanet: obligate (100%)", 1.0),
        ("HP:0009001", "Orphanet: very rare (1-4%)", 0.025),
        ("HP:0009002", "Orphanet: frequency unknown", None),
    ]
    assert set(graph.nodes("Symptom")) == {"HP:0009000", "HP:0009001", "HP:0009002"}
    assert report.reasons == {"symptom that no patient had": 1, "unknown frequency": 1}


@pytest.mark.parametrize(
    "group",
    [
        "Rare disorder potentially indicated for liver transplant",
        "Disease associated with a genetic susceptibility or tested for a biomarker",
    ],
)
def test_a_group_by_treatment_or_test_is_no_disease(graph: Loaded, group: str) -> None:
    packets = files(packet("900", Parents=[parent("901", group), parent("902")]), packet("901", group))
    [report] = graph.load("orphanet", packets).sources
    assert sorted(graph.nodes("Disease")) == ["ORPHANET:900", "ORPHANET:902"]
    assert graph.ends("IS_A") == [("ORPHANET:900", "ORPHANET:902")]
    assert report.reasons == {"group by treatment or test, no kind of disease": 2}


def test_a_parent_without_a_packet_is_a_disorder_by_its_label_and_obsolete_ones_are_none(
    graph: Loaded,
) -> None:
    packets = [
        packet("901", Parents=[parent("999", "Rare eye disease"), parent("902")]),
        packet("902", "NON RARE IN EUROPE: Dry eye"), packet("903", "OBSOLETE: Wet eye"),
    ]  # fmt: skip
    [report] = graph.load("orphanet", files(*packets)).sources
    names = {curie: row["name"] for curie, row in graph.nodes("Disease").items()}
    assert names == {
        "ORPHANET:999": "Rare eye disease",
        "ORPHANET:901": "Disorder 901",
        "ORPHANET:902": "Dry eye",
    }
    assert report.reasons == {"obsolete disorder": 1}


NO_PACKETS = [
    packet("12a"),
    packet(""),
    {"ORPHAcode": "7"},
    "x",
    3,
    None,
    packet("8", DisorderType={"value": [1]}),
]
ODD_ITEMS = packet(
    "901",
    Genes=[3, {"Gene": {}}, {"Gene": {"Symbol": ["x"]}}],
    Parents=[parent("a")],
    Phenotypes=["x"],
    Synonyms=[{"Synonym": {"x": 1}}],
    ExternalReferences=[None],
)


def test_an_odd_packet_or_item_is_skipped_and_the_rest_is_read(graph: Loaded) -> None:
    whole = packet("900", Genes=[gene()])
    [report] = graph.load("orphanet", files(whole, *NO_PACKETS, ODD_ITEMS)).sources
    assert {curie for curie in graph.nodes("Disease") if curie.startswith("ORPHANET")} == {
        "ORPHANET:900",
        "ORPHANET:901",
    }
    assert report.reasons == {"not a packet": 7, "item that can't be read": 7}
    assert len(actions(graph)) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ORPHApacket_1.json", json.dumps({"Orphapacket": packet()})[:-9], "cut off"),
        ("ORPHApacket_1.json", "<html>", "no JSON"),
        ("ORPHApacket_1.json", '{"Packet": {}}', "no ORPHApacket"),
        ("orphapackets.jsonl.gz", gzip.compress(lines(*[packet()] * 300).encode())[:-12], "truncated"),
        ("packets.json", "{}", "needs ORPHApacket"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_and_nothing_is_loaded(
    graph: Loaded, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        graph.load("orphanet", {name: content})
    assert not graph.nodes("Disease")


def test_a_damaged_line_is_one_row_that_is_rejected(graph: Loaded) -> None:
    text = lines(packet("901")) + "{half a line\n" + lines(packet("902")) + "\xff\n"
    [report] = graph.load("orphanet", {"orphapackets.jsonl": text.encode("latin-1")}).sources
    assert set(graph.nodes("Disease")) == {"ORPHANET:901", "ORPHANET:902"}
    assert report.nodes.rejected == 2
