"""Failures of a server, and the store's messages and state then."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import neo4j_server as servers
import pytest
from neo4j.exceptions import ClientError, TransientError
from small_graph import edge, edge_file, node, node_file

from kedrec.errors import EmptyGraphError, StoreAccessError, StoreError, StoreUnavailableError, UsageError
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store
from kedrec.stores.neo4j import Neo4jStore
from kedrec.stores.neo4j_batches import ROWS

if TYPE_CHECKING:
    import neo4j

pytestmark = pytest.mark.neo4j


def settings_of(server: servers.Server, **changes: object) -> Settings:
    given = {"neo4j_uri": server.uri, "neo4j_password": server.password} | changes
    return load_settings(**given)


def test_a_wrong_password_is_told(neo4j_server: servers.Server) -> None:
    settings = settings_of(neo4j_server, neo4j_password="not-the-password")
    with pytest.raises(StoreAccessError, match="refused the user 'neo4j'") as caught:
        open_store(settings.graph_url, settings)
    assert "NEO4J_PASSWORD" in caught.value.hint
    assert "not-the-password" not in str(caught.value)


def test_a_server_that_is_down_is_told_at_once() -> None:
    settings = load_settings(neo4j_uri="neo4j://127.0.0.1:9", neo4j_password="x")
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:9") as caught:
        open_store(settings.graph_url, settings)
    assert "docker compose up" in caught.value.hint


@pytest.mark.parametrize("scheme", ["neo4j", "bolt"])
def test_a_database_that_is_not_there_is_told(neo4j_server: servers.Server, scheme: str) -> None:
    settings = settings_of(neo4j_server, neo4j_database="elsewhere")
    with pytest.raises(StoreUnavailableError, match="no database 'elsewhere'"):
        open_store(f"{scheme}://127.0.0.1:{neo4j_server.bolt_port}", settings)


def test_an_encrypted_address_of_a_plain_server_is_told(neo4j_server: servers.Server) -> None:
    with pytest.raises(StoreUnavailableError):
        open_store(f"bolt+s://127.0.0.1:{neo4j_server.bolt_port}", settings_of(neo4j_server))


def test_the_password_may_come_from_a_file(empty_neo4j: Settings, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{empty_neo4j.neo4j_password.get_secret_value()}\n")
    settings = load_settings(neo4j_uri=empty_neo4j.neo4j_uri, neo4j_password_file=file)
    with pytest.raises(EmptyGraphError):  # it got in: what is missing is the graph
        open_store(settings.graph_url, settings)


def test_stores_of_one_address_share_a_driver(empty_neo4j: Settings) -> None:
    url = empty_neo4j.neo4j_uri
    first = open_store(url, empty_neo4j, read_only=False)
    second = open_store(url, empty_neo4j, read_only=False)
    assert isinstance(first, Neo4jStore)
    assert isinstance(second, Neo4jStore)
    assert first._connection.driver is second._connection.driver
    first.close()
    assert second.metadata() == {}  # still open
    second.close()
    with open_store(url, empty_neo4j, read_only=False) as third:
        assert third.metadata() == {}


def test_what_reads_may_not_write(empty_neo4j: Settings) -> None:
    """Community has no roles: a read goes to the server in read access mode, which refuses a write."""
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        with pytest.raises(StoreAccessError, match="doesn't allow"):
            store._read("CREATE (n:Drug {id: 'x'}) RETURN n.id AS id")
        assert store.fingerprint().nodes == {}


def test_a_load_that_broke_off_is_completed_by_the_same_calls(empty_neo4j: Settings, tmp_path: Path) -> None:
    """The second batch fails; the same call again writes what is missing and nothing twice."""
    count = ROWS + 500
    drugs = node_file(tmp_path, *(node(f"DRUGBANK:{i}") for i in range(count)))
    diseases = node_file(tmp_path, node("DOID:1"))
    edges = edge_file(tmp_path, *(edge(f"DRUGBANK:{i}", "DOID:1") for i in range(count)))
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        transact, calls = store._transact, []

        def failing(work: object) -> None:
            calls.append(work)
            if len(calls) == 3:  # counts forgotten, first batch, second batch
                raise StoreError("The server went away.")
            transact(work)  # type: ignore[arg-type]

        with store.writing():
            store.put_nodes("Drug", drugs, None)
            store.put_nodes("Disease", diseases, None)
            store._transact = failing  # type: ignore[method-assign]
            with pytest.raises(StoreError, match="went away"):
                store.put_edges("TREATS", "Drug", "Disease", edges, None)
            store._transact = transact  # type: ignore[method-assign]
            assert store.fingerprint().edges == {("TREATS", "test"): ROWS}
            store.put_edges("TREATS", "Drug", "Disease", edges, None)
        assert store.fingerprint().edges == {("TREATS", "test"): count}


def test_a_batch_whose_answer_was_lost_is_not_written_twice(
    empty_neo4j: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver runs a batch again that the server had committed already."""
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        transact = store._transact

        def twice(work: object) -> None:
            transact(work)  # type: ignore[arg-type]
            transact(work)  # type: ignore[arg-type]

        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
            store.put_nodes("Disease", node_file(tmp_path, node("DOID:1")), None)
            monkeypatch.setattr(store, "_transact", twice)
            edges = edge_file(
                tmp_path, edge("DRUGBANK:1", "DOID:1"), edge("DRUGBANK:1", "DOID:1", source="b")
            )
            store.put_edges("TREATS", "Drug", "Disease", edges, None)
        assert store.fingerprint().edges == {("TREATS", "test"): 1, ("TREATS", "b"): 1}


def test_nothing_of_the_stores_own_marks_remains(empty_neo4j: Settings, tmp_path: Path) -> None:
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
            store.put_nodes("Disease", node_file(tmp_path, node("DOID:1")), None)
            store.put_edges(
                "TREATS", "Drug", "Disease", edge_file(tmp_path, edge("DRUGBANK:1", "DOID:1")), None
            )
        assert store._read("MATCH (b:KedrecBatch) RETURN count(b) AS marks") == [{"marks": 0}]


def test_many_edges_are_written_by_two_sessions_and_all_arrive(empty_neo4j: Settings, tmp_path: Path) -> None:
    genes = [f"NCBIGene:{i}" for i in range(300)]
    pairs = [(a, b) for a in genes for b in genes if a < b][: 4 * ROWS + 1]
    edges = edge_file(tmp_path, *(edge(a, b) for a, b in pairs))
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        store.prepare()
        with store.writing():
            store.put_nodes("Gene", node_file(tmp_path, *map(node, genes)), None)
            store.put_edges("INTERACTS_WITH", "Gene", "Gene", edges, None)
        found = {
            (row["start"], row["end"])
            for batch in store.edges("INTERACTS_WITH", "Gene", "Gene", ["start", "end"])
            for row in batch.to_pylist()
        }
        assert found == set(pairs)
        assert store.fingerprint().edges == {("INTERACTS_WITH", "test"): len(pairs)}


def test_an_edge_written_by_another_program_is_not_counted(empty_neo4j: Settings, tmp_path: Path) -> None:
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
            store.put_nodes("Disease", node_file(tmp_path, node("DOID:1")), None)
            store.put_edges(
                "TREATS", "Drug", "Disease", edge_file(tmp_path, edge("DRUGBANK:1", "DOID:1")), None
            )
        with store._connection.session(write=True) as session:
            session.run("MATCH (a:Drug), (b:Disease) CREATE (a)-[:TREATS {source: 'by hand'}]->(b)").consume()
        assert store.fingerprint().edges == {("TREATS", "test"): 1}
        with store._connection.session(write=True) as session:
            session.run("MATCH (:Drug)-[r]->() DELETE r").consume()
        assert store.fingerprint().edges == {}


def test_ids_are_unique_in_the_database_itself(empty_neo4j: Settings, tmp_path: Path) -> None:
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
        with (
            store._connection.session(write=True) as session,
            pytest.raises(ClientError, match="already exists"),
        ):
            session.run("CREATE (:KedrecDrug {id: 'DRUGBANK:1'})").consume()


def test_a_lookup_by_id_reads_an_index_and_never_every_node(empty_neo4j: Settings, tmp_path: Path) -> None:
    from kedrec.stores.cypher_statements import statement

    def operators(plan: dict[str, object]) -> set[str]:
        found = {str(plan["operatorType"]).split("@")[0]}
        for child in plan.get("children", []):  # type: ignore[attr-defined]
            found |= operators(child)
        return found

    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
        parameters = {"id": "x", "ids": ["x"], "from_ids": ["x"], "to_ids": ["y"], "limit": 1}
        for name in ("node", "nodes", "neighbours", "degrees", "edges-between"):
            with store._connection.session(write=False) as session:
                text = "EXPLAIN " + statement(f"lookup/{name}", "neo4j")
                plan = session.run(text, parameters).consume().plan
            assert plan is not None
            used = operators(plan)
            assert not {"AllNodesScan", "NodeByLabelScan", "UnionNodeByLabelsScan"} & used, (name, used)
            assert {"NodeUniqueIndexSeek"} & used, (name, used)


def test_a_deadlock_is_tried_again_and_not_seen(empty_neo4j: Settings) -> None:
    """Two transactions that lock two nodes in opposite order: the driver runs the loser again."""
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        store.prepare()
        with store.writing():
            store.put_metadata({"a": "0", "b": "0"})
            barrier = threading.Barrier(2)
            errors: list[Exception] = []

            def touch(first: str, second: str) -> None:
                tries = []

                def work(transaction: neo4j.ManagedTransaction) -> None:
                    text = "MATCH (m:KedrecMetadata {key: $key}) SET m.value = m.value + 'x'"
                    transaction.run(text, key=first).consume()
                    if not tries:
                        tries.append(1)
                        barrier.wait(10)
                    transaction.run(text, key=second).consume()

                try:
                    store._transact(work)
                except (StoreError, TransientError) as error:
                    errors.append(error)

            threads = [threading.Thread(target=touch, args=pair) for pair in (("a", "b"), ("b", "a"))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        assert errors == []
        assert (store.metadata()["a"], store.metadata()["b"]) == ("0xx", "0xx")


def test_a_server_that_stops_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kedrec.stores.neo4j_driver._RETRY_SECONDS", 0.5)
    with servers.serving(tmp_path / "own", is_brief=True, heap="512m", page_cache="64m") as server:
        settings = settings_of(server)
        with open_store(server.uri, settings, read_only=False) as store:
            store.prepare()
            server.stop()
            with pytest.raises(StoreUnavailableError):
                store.metadata()
        with pytest.raises(StoreUnavailableError):
            open_store(server.uri, settings)


def test_a_wrong_address_is_a_wrong_call() -> None:
    for uri in ("neo4j://127.0.0.1:not-a-port", "neo4j://127.0.0.1:99999999"):
        with pytest.raises(UsageError, match=r"neo4j://HOST:7687"):
            open_store(uri, load_settings())
