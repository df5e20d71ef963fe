"""The service over HTTP: its answers are those of `Kedrec`, its errors are problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.service.app import create_app
from kedrec.settings import Settings, load_settings


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


def plain(value: object) -> Any:
    return json.loads(json_text(value))


def test_every_question_is_answered_as_by_the_function(client: TestClient, kr: Kedrec) -> None:
    asked: dict[str, tuple[dict[str, Any], object]] = {
        "recommend": (
            {"disease": "asthma", "top": 2, "llm": False},
            kr.recommend("asthma", top=2, llm=False),
        ),
        "explain": (
            {"drug": "albuterol", "disease": "asthma", "paths": 3},
            kr.explain("albuterol", "asthma", paths=3),
        ),
        "compare": (
            {"disease": "asthma", "drug": "albuterol", "other": "montelukast"},
            kr.compare("asthma", "albuterol", "montelukast"),
        ),
        "rank": ({"diseases": ["asthma", "psoriasis"], "top": 4}, kr.rank(["asthma", "psoriasis"], top=4)),
        "subgraph": ({"drug": "albuterol", "disease": "asthma"}, kr.subgraph("albuterol", "asthma")),
    }
    for endpoint, (body, expected) in asked.items():
        reply = client.post(f"/v1/{endpoint}", json=body)
        assert reply.status_code == 200, reply.text
        assert reply.json() == plain(expected), endpoint
        again = client.post(f"/v1/{endpoint}", json=body)  # a stored answer
        assert (again.content, again.headers["etag"]) == (reply.content, reply.headers["etag"]), endpoint


def test_a_drug_alone_and_a_gene_list_are_questions_too(client: TestClient, kr: Kedrec) -> None:
    reply = client.post("/v1/recommend", json={"drugs": ["metformin"], "top": 2, "llm": False})
    assert reply.json() == plain(kr.recommend_diseases("metformin", top=2, llm=False))
    genes = {"raised": ["TNF", "IL6"], "lowered": ["IL10"]}
    reply = client.post("/v1/recommend", json=genes | {"top": 2, "llm": False})
    assert reply.json() == plain(kr.recommend_for_genes(**genes, top=2, llm=False))


def test_names_nodes_and_the_graph_are_looked_up(client: TestClient, kr: Kedrec) -> None:
    reply = client.get("/v1/search", params={"q": "ashtma", "limit": 3})
    assert reply.json() == plain(kr.search("ashtma", limit=3))
    node = client.get("/v1/entity/DOID:2841").json()
    assert (node["name"], node["kind"], node["xrefs"]) == (
        "asthma",
        "Disease",
        ["MESH:D001249", "OMIM:600807"],
    )
    meta = client.get("/v1/meta").json()
    assert meta == plain(kr.metadata())
    assert meta["fingerprint"] == str(kr.fingerprint)
    assert sum(kind["nodes"] for kind in meta["kinds"]) == sum(kr.fingerprint.nodes.values())
    assert sum(meta["licences"].values()) == sum(kr.fingerprint.edges.values())


def test_the_scores_of_drugs_keep_their_ranks_among_all(kr: Kedrec) -> None:
    whole = kr.rank(["asthma"], top=1000)
    assert [pair.rank for pair in whole.pairs] == list(range(1, whole.candidates + 1))
    last = whole.pairs[-1]
    assert kr.rank(["DOID:2841", "asthma"], drugs=[last.drug.id]).pairs == (last,)


def test_health_readiness_and_measures(client: TestClient, kr: Kedrec) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready", "fingerprint": str(kr.fingerprint)}
    assert client.get("/v1/search", params={"q": "asthma"}).is_success
    text = client.get("/metrics").text
    assert 'kedrec_requests_total{endpoint="/v1/search",status="200"}' in text
    assert "asthma" not in text


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "name"),
    [
        ("POST", "/v1/explain", {"drug": "nonexistol", "disease": "asthma"}, 404, "UnknownNameError"),
        ("POST", "/v1/explain", {"drug": "albuterol"}, 422, "UsageError"),
        ("POST", "/v1/recommend", {"disease": "asthma", "top": 1001}, 422, "UsageError"),
        ("POST", "/v1/recommend", {"disease": "asthma", "genes": ["TNF"]}, 422, "UsageError"),
        ("POST", "/v1/rank", {"diseases": ["asthma"] * 101}, 422, "UsageError"),
        ("POST", "/v1/compare", {"disease": "asthma", "drug": "albuterol", "other": "DRUGBANK:DB01001"}, 400,
         "UsageError"),
        ("POST", "/v1/recommend", {"genes": ["NOSUCHGENE1"], "llm": False}, 404, "NotFoundError"),
        ("GET", "/v1/entity/DOID:0", None, 404, "UnknownNameError"),
        ("GET", "/v1/explain", None, 405, "UsageError"),
        ("GET", "/v2/search", None, 404, "NotFoundError"),
    ],
)  # fmt: skip
def test_errors_are_problems_with_the_types_of_errors(
    client: TestClient, *, method: str, address: str, body: Any, status: int, name: str
) -> None:
    reply = client.request(method, address, json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    problem = reply.json()
    assert (problem["type"], problem["status"]) == (f"urn:kedrec:error:{name}", status)
    assert problem["title"]
    assert problem["detail"].endswith(".")


def test_an_empty_graph_is_not_ready(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))
    with TestClient(create_app(settings)) as client:
        assert client.get("/health").is_success
        reply = client.get("/ready")
        assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
