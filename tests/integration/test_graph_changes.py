"""A program that has the graph open while another one loads into it: it answers from one graph at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shared_database import NODES

from kedrec.api import Kedrec
from kedrec.errors import UnknownNameError
from kedrec.settings import Settings
from kedrec.stores import GraphStore, open_store
from kedrec.stores.visible import VisibleStore

EDGES = """relation\tstart\tend\tlicence
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:2\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:3\tCC0-1.0
TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0
"""
SECRET = "relation\tstart\tend\nBINDS\tDRUGBANK:DB00001\tNCBIGene:3\nBINDS\tDRUGBANK:DB09999\tNCBIGene:3\n"
SECRET_NODES = "kind\tid\tname\nDrug\tDRUGBANK:DB09999\tsecretdrug\n"
LOAD = """
import json, sys
from pathlib import Path
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store
url, password, source, files, work = json.loads(sys.argv[1])
settings = load_settings(graph=url, neo4j_password=password)
with open_store(url, settings, read_only=False) as store:
    load_graph(store, [source], data_dir=Path(files), work_dir=Path(work))
"""


class Graph:
    """A graph into which other processes load."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder

    def load(self, source: str, **tables: str) -> None:
        files = self.folder / source.replace(":", "-")
        files.mkdir(exist_ok=True)
        for name, content in tables.items():
            (files / f"{name}.tsv").write_text(content, encoding="utf-8")
        url, password = self.settings.graph_url, self.settings.neo4j_password.get_secret_value()
        given = json.dumps([url, password, source, str(files), str(self.folder / "work")])
        subprocess.run([sys.executable, "-c", LOAD, given], check=True)


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> Graph:
    settings = Settings()
    if request.param == "neo4j":
        settings = request.getfixturevalue("empty_neo4j")
    url = settings.neo4j_uri or str(tmp_path / "graph")
    made = Graph(settings.model_copy(update={"home": tmp_path / "home", "graph": url}), tmp_path)
    made.load("kedrec", nodes=NODES, edges=EDGES)
    return made


def everything(store: GraphStore) -> str:
    """Whatever a reader can ask for that tells of sources."""
    told: list[object] = [store.nodes("Drug").to_pylist(), sorted(store.metadata()), store.blob_names()]
    told += [sorted(map(str, store.licences("BINDS"))), sorted(store.years("BINDS", 2000))]
    told += [batch.to_pylist() for batch in store.edges("BINDS", "Drug", "Gene")]
    told += [batch.to_pylist() for batch in store.edges("BINDS", "Drug", "Gene", ["end"])]
    told += store.edges_between("BINDS", "Drug", "Gene", ["DRUGBANK:DB00001"], ["NCBIGene:1", "NCBIGene:3"])
    told += store.run("lookup/neighbours", {"id": "NCBIGene:3", "limit": 9})
    told += store.run("lookup/node", {"id": "DRUGBANK:DB09999"})
    return repr(told)


def test_an_overlay_that_comes_later_is_not_shown_to_who_did_not_ask(graph: Graph) -> None:
    with Kedrec(graph.settings) as kr:
        before = kr.explain("alphadrug", "disease one")
        store, seen = kr.store, everything(kr.store)
        fingerprint = str(kr.fingerprint)
        graph.load("overlay:secret", edges=SECRET, nodes=SECRET_NODES)
        assert everything(store) == seen  # in the middle of a question
        assert "secret" not in seen
        assert str(store.fingerprint()) == fingerprint
        after = kr.explain("alphadrug", "disease one")
        assert after == before
        assert kr.status().left_out == ("secret",)
        with pytest.raises(UnknownNameError):
            kr.names.resolve("secretdrug", "Drug")


def test_a_question_after_a_load_is_answered_from_what_was_loaded_alone(graph: Graph) -> None:
    with Kedrec(graph.settings) as kr:
        before = kr.recommend("disease one", drugs=["alphadrug"], llm=False)
        more = EDGES + "BINDS\tDRUGBANK:DB00001\tNCBIGene:2\tCC0-1.0\n"
        graph.load("kedrec", nodes=NODES.replace("GENE3", "RENAMED3"), edges=more)
        answer = kr.recommend("disease one", drugs=["alphadrug"], llm=False)
        assert kr.search("RENAMED3")[0].entity.name == "RENAMED3"
    with Kedrec(graph.settings) as fresh:
        expected = fresh.recommend("disease one", drugs=["alphadrug"], llm=False)
    assert answer == expected
    assert answer.manifest.fingerprint != before.manifest.fingerprint


def test_a_store_knows_that_the_graph_was_changed(graph: Graph) -> None:
    with open_store(graph.settings.graph_url, graph.settings) as store:
        assert not store.has_changed()
        graph.load("kedrec", nodes=NODES, edges=EDGES)  # again changes nothing
        assert not store.has_changed()
        graph.load("kedrec", nodes=NODES.replace("alphadrug", "gammadrug"), edges=EDGES)
        assert store.has_changed()
    with open_store(graph.settings.graph_url, graph.settings, read_only=False) as writer:
        assert not writer.has_changed()


def test_no_more_is_asked_for_than_a_limit_needs(tmp_path: Path) -> None:
    """Of many rows, some that aren't seen: asking ends as soon as enough are."""
    graph = Graph(
        Settings().model_copy(update={"home": tmp_path / "home", "graph": str(tmp_path / "g")}), tmp_path
    )
    genes = "".join(f"Gene\tNCBIGene:{number}\tG{number}\n" for number in range(100, 400))
    binds = "".join(f"BINDS\tDRUGBANK:DB00001\tNCBIGene:{number}\tCC0-1.0\n" for number in range(100, 400))
    graph.load("kedrec", nodes=NODES + genes, edges=EDGES + binds)
    graph.load("overlay:secret", edges="relation\tstart\tend\nBINDS\tDRUGBANK:DB00001\tNCBIGene:2\n")
    with open_store(graph.settings.graph_url, graph.settings) as store:
        assert isinstance(store, VisibleStore)
        asked: list[int] = []
        run = store._store.run

        def counted(template: str, parameters: dict[str, object]) -> object:
            asked.append(int(str(parameters["limit"])))
            return run(template, parameters)

        store._store.run = counted  # type: ignore[method-assign, assignment]
        rows = store.run("lookup/neighbours", {"id": "DRUGBANK:DB00001", "limit": 150})
        assert len(rows) == 150
        assert sum(asked) <= 150 * 5
        assert len(store.run("lookup/neighbours", {"id": "DRUGBANK:DB00001", "limit": 500})) == 301
