"""LangChain, py2neo and Neo4j Browser's queries over the built-in graph, on the real libraries and server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kedrec.api import Kedrec
from kedrec.common.assets import list_assets
from kedrec.errors import UnknownNameError, UsageError
from kedrec.loading import load_graph
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store

if TYPE_CHECKING:
    from neo4j import Driver

    from kedrec.answers.subgraph import Subgraph
    from kedrec.integrations.langchain import KedrecRetriever

DRUG, DISEASE = "fingolimod", "multiple sclerosis"


@pytest.fixture(scope="module")
def kr(starter_home: Path) -> Iterator[Kedrec]:
    with Kedrec(load_settings(home=starter_home, graph=str(starter_home / "graph"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def retriever(kr: Kedrec) -> KedrecRetriever:
    from kedrec.integrations.langchain import KedrecRetriever

    return KedrecRetriever(kedrec=kr, top=2, paths=3)


class TestLangChain:
    def test_a_pair(self, retriever: KedrecRetriever, kr: Kedrec) -> None:
        documents = retriever.invoke(f"{DRUG} | {DISEASE}")
        found = kr.explain(DRUG, DISEASE, paths=3)
        assert [document.page_content for document in documents] == [
            item.sentence for item in (*found.evidence, *found.adverse)
        ]
        first = documents[0]
        assert first.metadata["evidence"] == "P1"
        assert first.id == f"{found.drug.id}|{found.disease.id}|P1"
        assert first.metadata["drug"] == DRUG
        assert first.metadata["nodes"][0] == found.drug.id
        assert first.metadata["nodes"][-1] == found.disease.id
        assert first.metadata["sources"] == ["starter"]
        assert first.metadata["licences"]
        assert all(link["url"].startswith("https://") for link in first.metadata["links"])
        assert 0 < first.metadata["score"] <= 1
        json.dumps([document.metadata for document in documents])

    def test_a_disease_gives_its_best_drugs_in_order(self, retriever: KedrecRetriever, kr: Kedrec) -> None:
        documents = retriever.invoke(DISEASE)
        answer = kr.recommend(DISEASE, top=2, paths=3, llm=False)
        drugs = list(dict.fromkeys(document.metadata["drug_id"] for document in documents))
        assert drugs == [found.drug.id for found in answer]
        ranks = [document.metadata["rank"] for document in documents]
        assert ranks == sorted(ranks)

    def test_json_asks_the_same(self, retriever: KedrecRetriever) -> None:
        asked = json.dumps({"drug": DRUG, "disease": DISEASE})
        assert retriever.invoke(asked) == retriever.invoke(f" {DRUG}|{DISEASE} ")
        assert retriever.invoke(json.dumps({"disease": DISEASE})) == retriever.invoke(DISEASE)

    def test_evidence_against_can_be_left_out(self, kr: Kedrec) -> None:
        from kedrec.integrations.langchain import KedrecRetriever

        query = "haloperidol | Parkinson's disease"
        everything = KedrecRetriever(kedrec=kr).invoke(query)
        assert {document.metadata["stance"] for document in everything} >= {"adverse"}
        supporting = KedrecRetriever(kedrec=kr, adverse=False).invoke(query)
        assert {document.metadata["stance"] for document in supporting} <= {"supports"}

    @pytest.mark.parametrize(
        ("query", "error"),
        [
            ("", UsageError),
            ("| multiple sclerosis", UsageError),
            ("fingolimod |", UsageError),
            ('{"disease": 1}', UsageError),
            ('{"desease": "gout"}', UsageError),
            ('{"disease": "gout"', UsageError),
            ("no such disease", UnknownNameError),
            ("multiple sclerosis | fingolimod", UnknownNameError),
        ],
    )
    def test_a_wrong_query_is_an_error(
        self, retriever: KedrecRetriever, query: str, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            retriever.invoke(query)

    def test_it_runs_in_threads_and_in_a_chain(self, retriever: KedrecRetriever) -> None:
        from langchain_core.runnables import RunnableLambda

        one = retriever.invoke(f"{DRUG} | {DISEASE}")
        assert retriever.batch([f"{DRUG} | {DISEASE}"] * 3) == [one] * 3
        assert asyncio.run(retriever.ainvoke(f"{DRUG} | {DISEASE}")) == one
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(retriever.invoke, [f"{DRUG} | {DISEASE}"] * 4)) == [one] * 4
        sentences = RunnableLambda(lambda documents: [document.page_content for document in documents])
        assert (retriever | sentences).invoke(f"{DRUG} | {DISEASE}")[0] == one[0].page_content


@pytest.fixture
def driver(empty_neo4j: Settings, wipe_neo4j: Callable[[], None]) -> Iterator[Driver]:
    """A connection to an empty database, which is emptied again afterwards."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(empty_neo4j.neo4j_uri, auth=credentials(empty_neo4j)) as opened:
        yield opened
    wipe_neo4j()


@pytest.fixture
def target(driver: Driver, empty_neo4j: Settings) -> Iterator[Any]:
    """The same database as py2neo sees it."""
    py2neo = pytest.importorskip("py2neo")
    graph = py2neo.Graph(empty_neo4j.neo4j_uri.replace("neo4j://", "bolt://"), auth=credentials(empty_neo4j))
    yield graph
    graph.service.connector.close()


@pytest.fixture(scope="module")
def subgraph(kr: Kedrec) -> Subgraph:
    return kr.subgraph(DRUG, DISEASE)


def credentials(settings: Settings) -> tuple[str, str]:
    return settings.neo4j_username, settings.neo4j_password.get_secret_value()


@pytest.mark.neo4j
class TestPy2neo:
    def test_the_objects(self, subgraph: Subgraph) -> None:
        from kedrec.integrations.py2neo import to_py2neo

        made = to_py2neo(subgraph)
        assert {(node["id"], node["name"], *node.labels) for node in made.nodes} == {
            (node.id, node.name, node.kind) for node in subgraph.nodes
        }
        assert {node.__primarykey__ for node in made.nodes} == {"id"}
        assert all({node.__primarylabel__} == set(node.labels) for node in made.nodes)
        assert len(made.relationships) == len(subgraph.edges)
        edges = {(edge.start, edge.relation, edge.end, edge.source) for edge in subgraph.edges}
        assert edges == {
            (one.start_node["id"], type(one).__name__, one.end_node["id"], one["source"])
            for one in made.relationships
        }
        assert all("score" not in one or one["score"] is not None for one in made.relationships)

    def test_a_filtered_networkx_graph(self, subgraph: Subgraph) -> None:
        from kedrec.integrations.py2neo import to_py2neo

        graph = subgraph.to_networkx()
        kept = graph.subgraph([id_ for id_, kind in graph.nodes(data="kind") if kind in {"Drug", "Disease"}])
        assert {label for node in to_py2neo(kept).nodes for label in node.labels} == {"Drug", "Disease"}

    def test_create_and_read_back(self, subgraph: Subgraph, target: Any) -> None:
        from kedrec.integrations.py2neo import to_py2neo

        target.create(to_py2neo(subgraph))
        assert read_back(target) == expected(subgraph)

    def test_merge_is_idempotent_and_keeps_parallel_edges(self, subgraph: Subgraph, target: Any) -> None:
        from kedrec.integrations.py2neo import merge

        edge = subgraph.edges[0]
        second = edge.model_copy(update={"source": "another", "licence": "CC0-1.0", "score": 0.5})
        twice = subgraph.model_copy(update={"edges": (*subgraph.edges, second)})
        for _ in range(2):
            merge(target, twice)
            assert read_back(target) == expected(twice)
        assert target.run("MATCH ()-[r {source: 'another'}]->() RETURN r.score").evaluate() == 0.5

    def test_merge_finds_what_kedrec_loaded(self, subgraph: Subgraph, target: Any, driver: Driver) -> None:
        from kedrec.integrations.py2neo import merge

        driver.execute_query(
            "CREATE (:Drug {id: $id, name: $name, synonyms: ['kept']})",
            id=subgraph.drug.id,
            name=subgraph.drug.name,
        )
        merge(target, subgraph)
        found = target.run("MATCH (n:Drug {id: $id}) RETURN n.synonyms AS s", id=subgraph.drug.id).data()
        assert found == [{"s": ["kept"]}]

    def test_a_failing_merge_writes_nothing(self, subgraph: Subgraph, target: Any) -> None:
        from kedrec.integrations.py2neo import merge

        graph = subgraph.to_networkx()
        start, end, key = next(iter(graph.edges(keys=True)))
        graph.edges[start, end, key]["evidence"] = {"a": "map, which no property can be"}
        with pytest.raises(Exception, match=r"[Pp]roperty"):
            merge(target, graph)
        assert target.run("MATCH (n) RETURN count(n)").evaluate() == 0


def expected(subgraph: Subgraph) -> tuple[set[Any], dict[Any, Any]]:
    nodes = {(node.kind, node.id, node.name) for node in subgraph.nodes}
    edges = {
        (edge.start, edge.relation, edge.end, edge.source): {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in edge.model_dump(exclude={"start", "end", "relation"}).items()
            if value is not None
        }
        for edge in subgraph.edges
    }
    return nodes, edges


def read_back(target: Any) -> tuple[set[Any], dict[Any, Any]]:
    nodes = target.run("MATCH (n) RETURN labels(n)[0] AS kind, n.id AS id, n.name AS name")
    edges = target.run(
        "MATCH (a)-[r]->(b) RETURN a.id AS start, type(r) AS relation, b.id AS end, properties(r) AS p"
    )
    rows = list(edges)
    read = {(row["start"], row["relation"], row["end"], row["p"]["source"]): dict(row["p"]) for row in rows}
    assert len(read) == len(rows)
    return {(row["kind"], row["id"], row["name"]) for row in nodes}, read


@pytest.mark.neo4j
def test_every_browser_query_finds_something_in_the_built_in_graph(
    driver: Driver, empty_neo4j: Settings, tmp_path: Path
) -> None:
    with open_store(empty_neo4j.graph_url, empty_neo4j, read_only=False) as store:
        load_graph(store, work_dir=tmp_path / "work")
    queries = list_assets("graph/browser", ".cypher")
    assert len(queries) >= 10
    for query in queries:
        found = driver.execute_query(query.read_text(encoding="utf-8"), routing_="r")
        assert found.records, f"{query.name} finds nothing"
        warned = [
            told.status_description
            for told in found.summary.gql_status_objects
            if told.gql_status.startswith("01")
        ]
        assert warned == [], f"{query.name}: the server warns"


def test_the_built_in_graph_has_the_names_that_queries_and_guide_use(kr: Kedrec) -> None:
    for name, kind in (
        (DRUG, "Drug"),
        (DISEASE, "Disease"),
        ("cyclosporine", "Drug"),
        ("epilepsy syndrome", "Disease"),
    ):
        assert kr.names.resolve(name, kind).name == name
