"""TRAPI over HTTP: what treats a disease, what a drug treats, how they are linked; messages as in 1.5."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient
from trapi_schema import META, RESPONSE

from kedrec.api import Kedrec
from kedrec.loading import load_graph
from kedrec.service.app import create_app
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store

DRUG: dict[str, Any] = {"categories": ["biolink:Drug"]}
DISEASE: dict[str, Any] = {"categories": ["biolink:Disease"]}
MS, FINGOLIMOD = "DOID:2377", "DRUGBANK:DB08868"
INFERRED = {"predicates": ["biolink:treats"], "knowledge_type": "inferred"}


@pytest.fixture(scope="module")
def settings(starter_home: Path) -> Settings:
    return load_settings(home=starter_home, graph=str(starter_home / "graph"), threads=1)


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture(scope="module")
def kr(settings: Settings) -> Iterator[Kedrec]:
    with Kedrec(settings) as kr:
        yield kr


def query(first: dict[str, Any], second: dict[str, Any], **edge: Any) -> dict[str, Any]:
    edges = {"e": {"subject": "x", "object": "y", **edge}}
    return {"message": {"query_graph": {"nodes": {"x": first, "y": second}, "edges": edges}}}


def answered(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    """The response to a query: as TRAPI has it, and with nothing that it refers to missing."""
    reply = client.post("/trapi/query", json=body)
    assert reply.status_code == 200, reply.text
    response: dict[str, Any] = reply.json()
    jsonschema.validate(response, RESPONSE)
    message = response["message"]
    assert message["query_graph"] == body["message"]["query_graph"]
    nodes, edges = message["knowledge_graph"]["nodes"], message["knowledge_graph"]["edges"]
    for edge in edges.values():
        assert {edge["subject"], edge["object"]} <= nodes.keys()
        assert [source["resource_role"] for source in edge["sources"]].count("primary_knowledge_source") == 1
        assert {"biolink:knowledge_level", "biolink:agent_type"} <= attributes(edge).keys()
        assert set(attributes(edge).get("biolink:support_graphs", ())) <= message["auxiliary_graphs"].keys()
    for graph in message["auxiliary_graphs"].values():
        assert set(graph["edges"]) <= edges.keys()
    for result in message["results"]:
        assert result["node_bindings"].keys() == {"x", "y"}
        assert all(one["id"] in nodes for bound in result["node_bindings"].values() for one in bound)
        for analysis in result["analyses"]:
            assert analysis["edge_bindings"].keys() == {"e"}
            assert all(one["id"] in edges for one in analysis["edge_bindings"]["e"])
    return response


def attributes(thing: dict[str, Any]) -> dict[str, Any]:
    return {one["attribute_type_id"]: one["value"] for one in thing["attributes"]}


def bound_edges(response: dict[str, Any]) -> list[dict[str, Any]]:
    edges = response["message"]["knowledge_graph"]["edges"]
    return [
        edges[one["id"]]
        for result in response["message"]["results"]
        for analysis in result["analyses"]
        for one in analysis["edge_bindings"]["e"]
    ]


def test_the_meta_knowledge_graph_says_what_can_be_asked(client):
    meta = client.get("/trapi/meta_knowledge_graph").json()
    jsonschema.validate(meta, META)
    assert meta["edges"][0]["predicate"] == "biolink:treats"
    assert {"CHEBI", "CHEMBL.COMPOUND"} <= set(meta["nodes"]["biolink:Drug"]["id_prefixes"])
    assert {"MONDO", "orphanet"} <= set(meta["nodes"]["biolink:Disease"]["id_prefixes"])


def test_what_treats_a_disease_is_predicted_with_paths_that_support_it(client, kr):
    response = answered(client, query(DRUG, {**DISEASE, "ids": [MS]}, **INFERRED) | {"top": 3, "paths": 4})
    answer = kr.recommend(MS, top=3, paths=4, llm=False, background="none")
    results = response["message"]["results"]
    assert [result["node_bindings"]["x"][0]["id"] for result in results] == [one.drug.id for one in answer]
    assert [result["analyses"][0]["score"] for result in results] == [one.probability for one in answer]
    for edge, one in zip(bound_edges(response), answer, strict=True):
        said = attributes(edge)
        assert (said["biolink:knowledge_level"], said["biolink:agent_type"]) == (
            "prediction",
            "computational_model",
        )
        assert edge["sources"] == [
            {"resource_id": "infores:kedrec", "resource_role": "primary_knowledge_source"}
        ]
        supports = [response["message"]["auxiliary_graphs"][id_] for id_ in said["biolink:support_graphs"]]
        sentences = [item.sentence for item in one.evidence]
        assert [attribute["value"] for graph in supports for attribute in graph["attributes"]
                if attribute["original_attribute_name"] == "sentence"] == sentences  # fmt: skip


def test_the_statements_of_a_support_graph_have_sources_and_licences(client):
    response = answered(client, query(DRUG, {**DISEASE, "ids": [MS]}, **INFERRED) | {"top": 1})
    edges = response["message"]["knowledge_graph"]["edges"]
    supporting = [
        edges[id_] for graph in response["message"]["auxiliary_graphs"].values() for id_ in graph["edges"]
    ]
    assert supporting
    for edge in supporting:
        primary, aggregator = edge["sources"]
        assert primary["resource_id"] == "infores:kedrec-starter"
        assert aggregator["upstream_resource_ids"] == ["infores:kedrec-starter"]
        assert attributes(edge)["biolink:knowledge_level"] == "knowledge_assertion"
        assert attributes(edge)["biolink:license"] == "CC0-1.0"


def test_a_lookup_has_statements_alone(client, kr):
    response = answered(client, query(DRUG, {**DISEASE, "ids": [MS]}, predicates=["biolink:treats"]))
    stated = {edge["subject"] for edge in bound_edges(response)}
    assert stated == {one.drug.id for one in kr.recommend(MS, top=1, llm=False).known_treatments}
    assert all(
        attributes(edge)["biolink:knowledge_level"] == "knowledge_assertion" for edge in bound_edges(response)
    )
    assert response["message"]["auxiliary_graphs"] == {}


def test_what_a_drug_treats(client, kr):
    response = answered(client, query({"ids": [FINGOLIMOD]}, DISEASE, knowledge_type="inferred") | {"top": 2})
    found = [edge["object"] for edge in bound_edges(response)]
    assert found == [one.disease.id for one in kr.recommend_diseases(FINGOLIMOD, top=2, llm=False)]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_how_two_are_linked_in_either_direction(client, is_reversed):
    ends = [{"ids": [FINGOLIMOD]}, {"ids": [MS]}]
    first, second = ends[::-1] if is_reversed else ends
    body = query(first, second, predicates=["biolink:related_to"], knowledge_type="inferred")
    (edge,) = bound_edges(answered(client, body))
    assert (edge["subject"], edge["object"]) == (FINGOLIMOD, MS)


def test_several_ids_are_questions_of_their_own_and_unknown_ones_are_said(client):
    ids = [MS, "MONDO:9999999", "multiple sclerosis", "DOID:2841"]
    response = answered(client, query(DRUG, {**DISEASE, "ids": ids}, **INFERRED) | {"top": 1})
    assert [edge["object"] for edge in bound_edges(response)] == [MS, "DOID:2841"]
    unknown = [log["message"] for log in response["logs"] if log["code"] == "UnknownId"]
    assert unknown == [
        "The graph has no disease MONDO:9999999.",
        "The graph has no disease multiple sclerosis.",
    ]


def test_another_predicate_has_no_result_and_says_why(client):
    response = answered(client, query(DRUG, {**DISEASE, "ids": [MS]}, predicates=["biolink:causes"]))
    assert response["message"]["results"] == []
    assert response["logs"][0]["code"] == "UnsupportedPredicate"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"message": {"query_graph": {"nodes": {}, "edges": {}}}}, "0 nodes and 0 edges"),
        (query(DRUG, DISEASE), "Neither node has ids"),
        (query({**DRUG, "ids": ["A:1"] * 2, "set_interpretation": "ALL"}, DISEASE), "is a set"),
        (query({**DRUG, "ids": [f"CHEBI:{n}" for n in range(21)]}, DISEASE), "21 ids"),
        (query({"categories": ["biolink:Gene"], "ids": ["NCBIGene:1"]}, DISEASE), "from a drug to a disease"),
        (query(DRUG, {**DISEASE, "ids": [MS]}, subject="z"), "leads from 'z'"),
        (query(DRUG, {**DISEASE, "ids": [MS]}, attribute_constraints=[{"id": "x"}]), "has constraints"),
        (query(DRUG, {**DISEASE, "ids": []}), "ids"),
        (query(DRUG, {**DISEASE, "ids": [MS]}, predicates=["treats"]), "predicates"),
        ({"message": {}}, "query_graph"),
        ({}, "message"),
        (query(DRUG, {**DISEASE, "ids": [MS]}) | {"top": 0}, "top"),
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_says_why(client, body, says):
    reply = client.post("/trapi/query", json=body)
    assert reply.status_code in {400, 422}
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert says in reply.text


def test_equivalents_are_those_of_mondo_and_chebi_and_hostile_names_are_data(tmp_path):
    name = "<script>alert(1)</script>\u202e"
    rows = {
        "nodes": [
            "kind\tid\tname\txrefs",
            f"Drug\tDRUGBANK:DB1\t{name}\tCHEBI:15365|CHEMBL:CHEMBL25",
            "Gene\tNCBIGene:1\tG1\t",
            "Disease\tDOID:1\tasthma\tMONDO:0004979|ORPHANET:5",
        ],
        "edges": [
            "relation\tstart\tend\tlicence\treferences",
            "BINDS\tDRUGBANK:DB1\tNCBIGene:1\tCC0-1.0\tPMID:1",
            "ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0\t",
        ],
    }
    tables = tmp_path / "tables"
    tables.mkdir()
    for table, lines in rows.items():
        (tables / f"{table}.tsv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tables, work_dir=tmp_path / "work")
    with TestClient(create_app(settings)) as client:
        body = query(
            {"ids": ["CHEMBL.COMPOUND:CHEMBL25"]}, {"ids": ["orphanet:5"]}, knowledge_type="inferred"
        )
        response = answered(client, body)
    (result,) = response["message"]["results"]
    assert result["node_bindings"]["x"][0] | {"attributes": []} == {
        "id": "CHEBI:15365", "query_id": "CHEMBL.COMPOUND:CHEMBL25", "attributes": [],
    }  # fmt: skip
    assert result["node_bindings"]["y"][0]["id"] == "MONDO:0004979"
    nodes = response["message"]["knowledge_graph"]["nodes"]
    assert set(attributes(nodes["CHEBI:15365"])["biolink:same_as"]) == {
        "DRUGBANK:DB1",
        "CHEMBL.COMPOUND:CHEMBL25",
    }
    assert "<script>" in nodes["CHEBI:15365"]["name"]
    edges = response["message"]["knowledge_graph"]["edges"].values()
    assert ["PMID:1"] in [attributes(edge).get("biolink:publications") for edge in edges]
    assert {source["resource_id"] for edge in edges for source in edge["sources"]} == {
        "infores:kedrec-own-tables", "infores:kedrec",
    }  # fmt: skip
