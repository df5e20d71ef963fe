"""A Neo4j database that somebody else's graph is in: all of it stays, and none of it is read as KEDRec's."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import neo4j
import pytest
from small_graph import edge, edge_file, node, node_file

from kedrec.api import Kedrec
from kedrec.errors import SchemaMismatchError, StoreError
from kedrec.settings import Settings
from kedrec.stores import open_store
from kedrec.stores.neo4j import Neo4jStore

if TYPE_CHECKING:
    import neo4j_server as servers

    from kedrec.loading import LoadReport

from shared_database import EDGES, HELD, LAB, MINE, NEWER_EDGES, NEWER_NODES, NODES, RULES, Graph, Lab

pytestmark = pytest.mark.neo4j


@pytest.fixture
def lab(neo4j_server: servers.Server, empty_neo4j: Settings) -> Iterator[Lab]:
    """A database of the lab's own."""
    credentials = (neo4j_server.username, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=credentials) as driver:
        seen = Lab(driver)
        for rule in RULES:
            seen.run(rule)
        seen.run(LAB)
        yield seen
        for row in seen.run("SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH 'lab' RETURN name"):
            seen.run(f"DROP CONSTRAINT {row['name']}")
        seen.run("DROP INDEX lab_gene IF EXISTS")


@pytest.fixture
def graph(empty_neo4j: Settings, tmp_path: Path) -> Graph:
    return Graph(empty_neo4j.model_copy(update={"home": tmp_path / "home"}), tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Graph:
    """The same graph embedded, where nobody else's is."""
    folder = tmp_path / "alone"
    folder.mkdir()
    return Graph(
        Settings().model_copy(update={"home": folder / "home", "graph": str(folder / "graph")}), folder
    )


def test_what_others_keep_stays_and_is_not_read_through_all_that_loading_does(
    lab: Lab, graph: Graph, alone: Graph
) -> None:
    before = lab.dump()
    tried = _try(lab, graph.load)
    assert not lab.run("MATCH (n) WHERE any(l IN labels(n) WHERE l STARTS WITH 'Kedrec') RETURN n LIMIT 1")
    done = graph.load()
    assert _figures(tried) == _figures(done)
    assert (done.sources[0].nodes.new, done.sources[0].nodes.gone) == (6, 0)
    assert lab.dump() == before
    alone.load()
    assert graph.contents() == alone.contents()

    lab.run(HELD)
    before = lab.dump()
    assert graph.contents() == alone.contents()  # nor is what the lab tied to it
    tried, done = _try(lab, graph.load, OVERLAY, edges=MINE), graph.load(OVERLAY, edges=MINE)
    assert _figures(tried) == _figures(done)
    alone.load(OVERLAY, edges=MINE)
    assert lab.dump() == before
    assert graph.contents() == alone.contents()
    tried, done = _try(lab, graph.remove, OVERLAY), graph.remove(OVERLAY)
    assert _figures(tried) == _figures(done)
    alone.remove(OVERLAY)
    assert lab.dump() == before
    assert graph.contents() == alone.contents()

    newer: dict[str, Any] = {"nodes": NEWER_NODES, "edges": NEWER_EDGES}
    tried, done = _try(lab, graph.load, **newer), graph.load(**newer)
    assert _figures(tried) == _figures(done)
    assert (done.sources[0].nodes.gone, done.sources[0].released) == (2, 1)  # a patient carries one of them
    assert lab.dump() == before
    alone.load(**newer)
    assert graph.contents() == alone.contents()
    assert lab.run("MATCH (:Patient)-[:CARRIES]->(g) RETURN labels(g) AS labels, g.name AS name") == [
        {"labels": ["Gene", "KedrecReleased"], "name": "GENE3"}
    ]

    graph.load()  # and it is KEDRec's again, with what the lab tied to it
    alone.load()
    assert lab.dump() == before
    assert graph.contents() == alone.contents()
    assert lab.run("MATCH (:Patient)-[:CARRIES]->(g:KedrecGene) RETURN g.id AS id") == [{"id": "NCBIGene:3"}]

    tried, done = _try(lab, graph.remove, "kedrec"), graph.remove("kedrec")
    assert _figures(tried) == _figures(done)
    assert done.sources[0].released == 3  # GENE3, GENE1 that the lab's drug binds, the drug in stock
    assert lab.dump() == before
    assert done.nodes == {}


def _figures(report: LoadReport) -> dict[str, Any]:
    return {**report.sources[0].model_dump(), "seconds": 0}


def _try(lab: Lab, call: Callable[..., LoadReport], *arguments: str, **tables: str) -> LoadReport:
    """The report of a dry run, which must leave the whole database as it is."""
    before = lab.dump(everything=True)
    report = call(*arguments, dry_run=True, **tables)
    assert lab.dump(everything=True) == before
    return report


def test_a_property_that_others_gave_an_edge_outlives_it(lab: Lab, graph: Graph) -> None:
    graph.load()
    lab.run(
        "MATCH (:KedrecDrug)-[r:BINDS {kedrec: true}]->(:KedrecGene {id: 'NCBIGene:2'}) SET r.owner = 'lab'"
    )
    assert graph.load().sources[0].edges.changed == 0
    newer: dict[str, Any] = {"nodes": NEWER_NODES, "edges": NEWER_EDGES}
    tried, done = graph.load(dry_run=True, **newer), graph.load(**newer)
    assert _figures(tried) == _figures(done)
    assert (done.sources[0].released, done.sources[0].released_edges) == (1, 1)
    assert lab.run(
        "MATCH ()-[r:BINDS {owner: 'lab'}]->(g {id: 'NCBIGene:2'}) RETURN properties(r) AS held"
    ) == [{"held": {"owner": "lab"}}]


def test_a_changed_node_and_edge_keep_what_others_gave_them(lab: Lab, graph: Graph) -> None:
    graph.load()
    lab.run("MATCH (n:KedrecGene {id: 'NCBIGene:1'}) SET n.seen = true, n:Watched")
    lab.run("MATCH (:KedrecDrug)-[r:TREATS {kedrec: true}]->() SET r.seen = 3")
    edges = EDGES.replace(
        "TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0", "TREATS\tDRUGBANK:DB00002\tDOID:1\tCC-BY-4.0"
    )
    [report] = graph.load(nodes=NODES.replace("GENE1", "RENAMED1"), edges=edges).sources
    assert (report.nodes.changed, report.edges.changed) == (1, 1)
    assert lab.run("MATCH (n:Watched) RETURN n.name AS name, n.seen AS seen") == [
        {"name": "RENAMED1", "seen": True}
    ]
    assert lab.run("MATCH ()-[r {seen: 3}]->() RETURN r.licence AS licence") == [{"licence": "CC-BY-4.0"}]


@pytest.mark.parametrize(
    "rule",
    [
        "FOR (n:Drug) REQUIRE n.id IS UNIQUE",
        "FOR (n:Gene) REQUIRE (n.id, n.name) IS UNIQUE",
        "FOR ()-[r:TREATS]-() REQUIRE r.source IS UNIQUE",
    ],
)
def test_a_rule_that_the_graph_would_break_is_told_before_anything_is_written(
    lab: Lab, graph: Graph, rule: str
) -> None:
    lab.run(f"CREATE CONSTRAINT lab_rule {rule}")
    before = lab.dump()
    names = {row["name"] for row in lab.run("SHOW CONSTRAINTS YIELD name")}
    for dry_run in (True, False):
        with pytest.raises(StoreError, match="lab_rule on :") as caught:
            graph.load(dry_run=dry_run)
        assert "NEO4J_DATABASE" in caught.value.hint
    if "Drug" in rule:
        assert "1 nodes under them that are not KEDRec's" in str(caught.value)
    assert lab.dump() == before
    assert {row["name"] for row in lab.run("SHOW CONSTRAINTS YIELD name")} == names
    assert not lab.run("MATCH (n:KedrecMetadata) RETURN n LIMIT 1")


OVERLAY = "overlay:private"
STEPS = {
    "load": ("put_nodes", "put_edges"),
    "update": ("put_nodes", "put_edges", "delete_edges", "delete_nodes"),
    "remove": ("delete_edges", "delete_nodes"),
    "overlay": ("put_nodes", "put_edges"),
}
"""The steps that write, by the call that takes them."""


@pytest.mark.parametrize(
    ("action", "step"), [(action, step) for action, steps in STEPS.items() for step in steps]
)
def test_a_call_that_fails_or_is_killed_leaves_what_others_keep(
    lab: Lab, graph: Graph, monkeypatch: pytest.MonkeyPatch, action: str, step: str
) -> None:
    """The call ends right after that step has written, and is then made again, undisturbed."""
    if action != "load":
        graph.load()
        lab.run(HELD)
    source = OVERLAY if action == "overlay" else "kedrec"
    tables: dict[str, Any] | None = {
        "load": {"nodes": NODES, "edges": EDGES},
        "update": {"nodes": NEWER_NODES.replace("GENE1", "RENAMED1"), "edges": NEWER_EDGES + MORE},
        "overlay": {"nodes": MY_NODES, "edges": MINE},
    }.get(action)

    def call() -> object:
        return graph.load(source, **tables) if tables else graph.remove(source)

    before = lab.dump()
    with monkeypatch.context() as patch:
        patch.setattr(Neo4jStore, step, _failing(getattr(Neo4jStore, step)))
        with pytest.raises(StoreError, match="went away"):
            call()
    assert lab.dump() == before
    call()
    assert lab.dump() == before
    # Back to the start: what the failed call had written already would leave nothing to be killed at.
    graph.load() if action in ("update", "remove") else graph.remove(source)
    assert lab.dump() == before
    files = str(graph.files(**tables)) if tables else ""
    password = graph.settings.neo4j_password.get_secret_value()
    given = [graph.settings.graph_url, password, step, source, files, str(graph.folder / "work")]
    done = subprocess.run([sys.executable, "-c", KILLED, json.dumps(given)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert lab.dump() == before
    call()
    assert lab.dump() == before
    assert not lab.run("MATCH (n:KedrecBatch) RETURN n LIMIT 1")


MY_NODES = "kind\tid\tname\nDrug\tDRUGBANK:DB00003\tgammadrug\n"
MORE = "BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC-BY-4.0\n"
KILLED = """
import json, os, signal, sys
from pathlib import Path
from kedrec.loading import load_graph, remove_sources
from kedrec.settings import load_settings
from kedrec.stores import open_store
from kedrec.stores.neo4j import Neo4jStore
url, password, step, source, files, work = json.loads(sys.argv[1])
done = getattr(Neo4jStore, step)
def killed(*arguments):
    done(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Neo4jStore, step, killed)
settings = load_settings(graph=url, neo4j_password=password)
with open_store(url, settings, read_only=False) as store:
    if files:
        load_graph(store, [source], data_dir=Path(files), work_dir=Path(work))
    else:
        remove_sources(store, [source], work_dir=Path(work))
"""


def _failing(call: Callable[..., None]) -> Callable[..., None]:
    def fails(*arguments: object) -> None:
        call(*arguments)
        raise StoreError("The server went away.")

    return fails


def test_answers_know_nothing_of_what_others_keep(lab: Lab, graph: Graph, alone: Graph) -> None:
    for one in (graph, alone):
        one.load()
    lab.run(HELD)
    answers = []
    for one in (graph, alone):
        with Kedrec(one.settings) as kr:
            answer = kr.explain("alphadrug", "disease one").model_dump_json()
            found = [match.model_dump() for match in kr.search("a gene of the lab")]
            status = kr.status().model_dump(include={"nodes", "edges_by_source", "fingerprint"})
            answers.append((answer, found, status))
    assert answers[0] == answers[1]


NOTE = """
MATCH (n:Note)-[r]->(drug)
RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS held, type(r) AS type, properties(r) AS tied,
  elementId(drug) AS drug
"""


def test_a_graph_of_before_the_mark_is_marked_where_it_is_alone(lab: Lab, graph: Graph, alone: Graph) -> None:
    graph.load()
    alone.load()
    _take_marks(lab)
    before = lab.dump()
    with pytest.raises(SchemaMismatchError, match="Load any of its sources again") as caught:
        open_store(graph.settings.graph_url, graph.settings)
    assert "kedrec-load graph kedrec" in str(caught.value)
    with pytest.raises(SchemaMismatchError, match="NEO4J_DATABASE"):
        graph.load()  # the lab's nodes have the same labels
    assert lab.dump() == before
    assert not lab.run("MATCH (n:KedrecDrug) RETURN n LIMIT 1")
    lab.run("MATCH (n {owner: 'lab'}) DETACH DELETE n")
    lab.run("MATCH (n:Drug {id: 'DRUGBANK:DB00001'}) CREATE (:Note {owner: 'lab'})-[:OF {owner: 'lab'}]->(n)")
    before = lab.run(NOTE)
    [report] = graph.load().sources
    assert (report.nodes.new, report.nodes.changed, report.edges.new, report.edges.changed) == (0, 0, 0, 0)
    assert lab.run(NOTE) == before
    assert graph.contents() == alone.contents()
    made = {row["name"]: row["labelsOrTypes"] for row in lab.run("SHOW CONSTRAINTS")}
    assert made["kedrec_Drug_id"] == ["KedrecDrug"]


@pytest.mark.parametrize(
    "change",
    [
        "MATCH (n:Gene {id: 'NCBIGene:3'}) SET n:Marker",
        "MATCH (n:Gene {id: 'NCBIGene:3'}) DETACH DELETE n",
        "MATCH (a:Drug), (b:Disease) CREATE (a)-[:PALLIATES {source: 'lab'}]->(b)",
        "MATCH (m:KedrecMetadata {key: 'digest'}) DELETE m",
    ],
)
def test_a_graph_of_before_the_mark_that_is_not_surely_alone_is_left(
    lab: Lab, graph: Graph, change: str
) -> None:
    lab.run("MATCH (n {owner: 'lab'}) DETACH DELETE n")
    graph.load()
    _take_marks(lab)
    lab.run(change)
    with pytest.raises(SchemaMismatchError, match="Nothing was changed"):
        graph.load()
    assert not lab.run("MATCH (n:KedrecDrug) RETURN n LIMIT 1")


def _take_marks(lab: Lab) -> None:
    """Makes the graph what the version before the mark wrote."""
    for kind in ("Drug", "Gene", "Disease"):
        lab.run(f"MATCH (n:Kedrec{kind}) REMOVE n:Kedrec{kind}")
        lab.run(f"DROP CONSTRAINT kedrec_{kind}_id IF EXISTS")
        lab.run("DROP CONSTRAINT lab_two IF EXISTS")
    lab.run("MATCH ()-[r {kedrec: true}]->() REMOVE r.kedrec")
    lab.run("MATCH (m:KedrecMetadata {key: '_mark'}) DELETE m")


def test_the_store_itself_matches_nothing_unmarked(lab: Lab, graph: Graph, tmp_path: Path) -> None:
    """A node that meets another's id is put, changed and deleted beside it; edges end at KEDRec's."""
    with open_store(graph.settings.graph_url, graph.settings, read_only=False) as store:
        store.prepare()
        before = lab.dump()
        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:DB00001", "ours")), None)
            store.put_nodes("Disease", node_file(tmp_path, node("DOID:1")), None)
            edges = edge_file(tmp_path, edge("DRUGBANK:DB00001", "DOID:1"))
            store.put_edges("TREATS", "Drug", "Disease", edges, None)
            store.put_edges("TREATS", "Drug", "Disease", None, edges)
        assert lab.dump() == before
        assert store.fingerprint().edges == {("TREATS", "test"): 1}
        assert store.nodes("Drug", ["name"])["name"].to_pylist() == ["ours"]
