"""Cypher that the page and `/v1/subgraph` export, run in a real Neo4j."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import neo4j
import pytest
from browser import MS

from kedrec.answers.subgraph import Subgraph
from kedrec.loading import load_graph
from kedrec.stores import open_store

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from kedrec.settings import Settings

pytestmark = pytest.mark.neo4j

QUESTION = {"disease": "DOID:2377", "top": 10, "paths": 12, "llm": False}
Edges = set[tuple[str, str, str, str]]


@pytest.fixture
def driver(empty_neo4j: Settings, wipe_neo4j: Callable[[], None]) -> Iterator[neo4j.Driver]:
    """A connection to an empty database, which is emptied again afterwards."""
    credentials = (empty_neo4j.neo4j_username, empty_neo4j.neo4j_password.get_secret_value())
    with neo4j.GraphDatabase.driver(empty_neo4j.neo4j_uri, auth=credentials) as opened:
        yield opened
    wipe_neo4j()


def asked(address: str, endpoint: str, body: dict[str, Any]) -> str:
    request = urllib.request.Request(
        f"{address}v1/{endpoint}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        text: str = answer.read().decode()
    return text


def edge(relationship: Any) -> tuple[str, str, str, str]:
    nodes = relationship.start_node["id"], relationship.end_node["id"]
    return nodes[0], relationship.type, nodes[1], relationship["source"]


def test_the_pages_cypher_finds_the_paths_of_the_answer_in_the_same_graph(
    open_page: Callable[..., Page], address: str, driver: neo4j.Driver, empty_neo4j: Settings, tmp_path: Path
) -> None:
    page = open_page(MS)
    page.wait_for_selector(".ranked tbody tr")
    page.click("#export summary")
    with page.expect_download() as download:
        page.click("#export button:text-is('Cypher')")
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    parameters = dict(
        line.removeprefix(":param ").rstrip(";").split(" => ", 1)
        for line in lines
        if line.startswith(":param ")
    )
    statement = "\n".join(line for line in lines if not line.startswith(":param "))
    with open_store(empty_neo4j.graph_url, empty_neo4j, read_only=False) as store:
        load_graph(store, work_dir=tmp_path / "work")
    found = driver.execute_query(
        statement.rstrip(";\n"),  # type: ignore[arg-type]  # our own page wrote it
        {name: json.loads(value) for name, value in parameters.items()},
        routing_="r",
    )
    answer = json.loads(asked(address, "recommend", QUESTION))
    expected: Edges = {
        (one["start"], one["relation"], one["end"], one["source"])
        for item in answer["recommendations"]
        for evidence in (*item["evidence"], *item["adverse"], *item["safety"]["cautions"])
        if evidence["path"]
        for step in evidence["path"]["steps"]
        for one in step["edges"]
    }
    assert len(expected) > 20
    assert {edge(one) for record in found.records for one in record["p"].relationships} == expected


def test_an_exported_subgraph_is_built_in_an_empty_database_once(address: str, driver: neo4j.Driver) -> None:
    pair = {"drug": "fingolimod", "disease": "multiple sclerosis"}
    subgraph = Subgraph.model_validate_json(asked(address, "subgraph", pair))
    script = asked(address, "subgraph", pair | {"format": "cypher"})
    for _ in range(2):  # again changes nothing
        for line in script.splitlines():
            driver.execute_query(line.rstrip(";"))  # type: ignore[arg-type]  # our own service wrote it
        nodes = driver.execute_query(
            "MATCH (n) RETURN labels(n) AS kinds, n.id AS id, n.name AS name"
        ).records
        assert sorted((*row["kinds"], row["id"], row["name"]) for row in nodes) == sorted(
            (node.kind, node.id, node.name) for node in subgraph.nodes
        )
        # A relationship alone comes without the properties of its ends.
        rows = driver.execute_query(
            "MATCH (a)-[r]->(b) RETURN a.id AS start, type(r) AS relation, b.id AS end, r.source AS source, "
            "r.licence AS licence"
        ).records
        assert sorted(row.values()[:4] for row in rows) == sorted(
            [one.start, one.relation, one.end, one.source] for one in subgraph.edges
        )
        licences = {tuple(row.values()[:4]): row["licence"] for row in rows}
        assert licences == {
            (one.start, one.relation, one.end, one.source): one.licence for one in subgraph.edges
        }
