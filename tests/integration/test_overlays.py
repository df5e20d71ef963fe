"""A user's own edges beside the public ones, and the graph as of a year: on both engines, the same."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from shared_database import NODES

from kedrec.api import Kedrec
from kedrec.cli import main, main_load
from kedrec.cli.view_options import warn_about_view
from kedrec.errors import DataError, NotFoundError, UnknownNameError, UsageError
from kedrec.loading import LoadReport, load_graph, remove_sources
from kedrec.settings import Settings
from kedrec.stores import GraphView, YearCount, open_store, view_of

EDGES = """relation\tstart\tend\tlicence\tyear
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0\t2000
BINDS\tDRUGBANK:DB00001\tNCBIGene:2\tCC0-1.0\t
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0\t2011
ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0\t2010
ASSOCIATED_WITH\tDOID:1\tNCBIGene:2\tCC0-1.0\t2015
ASSOCIATED_WITH\tDOID:1\tNCBIGene:3\tCC0-1.0\t2001
TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0\t2012
"""
MINE = """relation\tstart\tend\tyear
BINDS\tDRUGBANK:DB00001\tNCBIGene:3\t2005
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\t
BINDS\tDRUGBANK:DB99999\tNCBIGene:3\t
"""
MY_NODES = "kind\tid\tname\nDrug\tDRUGBANK:DB99999\tsecretdrug\nDrug\tDRUGBANK:DB00001\tanother name\n"


class Graph:
    """One graph, as often opened as asked."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings

    def load(self, source: str, **files: str) -> LoadReport:
        place = self.folder / source.replace(":", "-")
        place.mkdir(exist_ok=True)
        for name, content in files.items():
            (place / f"{name}.tsv").write_text(content, encoding="utf-8")
        with open_store(self.settings.graph_url, self.settings, read_only=False) as store:
            return load_graph(store, [source], data_dir=place, work_dir=self.folder / "work")

    def remove(self, source: str) -> LoadReport:
        with open_store(self.settings.graph_url, self.settings, read_only=False) as store:
            return remove_sources(store, [source], work_dir=self.folder / "work")

    def asked(self, overlay: str = "", as_of: int | None = None) -> Kedrec:
        return Kedrec(self.settings.model_copy(update={"overlay": overlay, "as_of": as_of}))


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> Graph:
    settings = Settings()
    if request.param == "neo4j":
        settings = request.getfixturevalue("empty_neo4j")
    url = settings.neo4j_uri or str(tmp_path / "graph")
    made = Graph(tmp_path, settings.model_copy(update={"home": tmp_path / "home", "graph": url}))
    made.load("kedrec", nodes=NODES, edges=EDGES)
    return made


@pytest.fixture
def embedded(tmp_path: Path) -> Graph:
    made = Graph(
        tmp_path, Settings().model_copy(update={"home": tmp_path / "home", "graph": str(tmp_path / "graph")})
    )
    made.load("kedrec", nodes=NODES, edges=EDGES)
    return made


def genes(kr: Kedrec) -> dict[str, bool]:
    """The gene of each supporting path from alphadrug to disease one, and whether the path is private."""
    found = kr.explain("alphadrug", "disease one")
    return {item.path.nodes[1].name: item.private for item in found.evidence if item.path is not None}


def test_an_overlay_is_seen_only_where_it_is_named_and_goes_without_a_trace(graph: Graph) -> None:
    with graph.asked() as kr:
        before = kr.fingerprint
        alone = kr.explain("alphadrug", "disease one")
    report = graph.load("overlay:lab", nodes=MY_NODES, edges=MINE)
    assert report.sources[0].reasons == {"entity that the graph has already": 1}
    assert (report.sources[0].nodes.loaded, report.sources[0].edges.loaded) == (1, 3)
    with graph.asked() as kr:
        assert kr.fingerprint == before
        assert kr.store.metadata()["digest"] == before.digest
        assert kr.explain("alphadrug", "disease one") == alone
        assert genes(kr) == {"GENE1": False, "GENE2": False}
        assert "overlay:lab" not in kr.status().model_dump_json()
        assert kr.status().left_out == ("lab",)
        with pytest.raises(UnknownNameError):
            kr.names.resolve("secretdrug", "Drug")
        public = [*kr.store.edges("BINDS", "Drug", "Gene", ["source"])]
        assert {source for batch in public for source in batch["source"].to_pylist()} == {"kedrec"}
    with graph.asked("lab") as kr:
        assert kr.names.resolve("secretdrug", "Drug").id == "DRUGBANK:DB99999"
        assert str(kr.fingerprint) == report.fingerprint != str(before)
        # GENE1 is bound in both, and so the path is partly private
        assert genes(kr) == {"GENE1": True, "GENE2": False, "GENE3": True}
        answer = kr.recommend("disease one", drugs=["alphadrug"], llm=False)
        told = {
            citation.id: citation.private
            for claim in answer[0].rationale.claims
            for citation in claim.citations
        }
        assert told == {item.id: item.private for item in answer[0].evidence}
        assert ", private]" in answer[0].rationale.text
        assert answer.manifest.overlays == ("lab",)
        assert "private" in answer.manifest.licences
        edges = kr.subgraph("alphadrug", "disease one").edges
        assert {edge.source for edge in edges if edge.private} == {"overlay:lab"}
        assert {edge.source for edge in edges if not edge.private} == {"kedrec"}
    assert graph.remove("overlay:lab").fingerprint == str(before)
    with graph.asked() as kr:
        assert view_of(kr.store) == GraphView()
    with graph.asked("lab") as kr, pytest.raises(NotFoundError, match="no overlay 'lab'"):
        kr.status()


def test_a_view_without_a_ranking_is_told_before_it_is_fitted(
    graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    for chosen, says in (({"as_of": 2012}, "--as-of 2012"), ({"as_of": 2011}, "--as-of 2011")):
        with graph.asked(**chosen) as kr:
            warn_about_view(kr.store, kr.settings, is_fit=True)
            assert "kedrec rank fit" not in capsys.readouterr().err
            warn_about_view(kr.store, kr.settings)
            assert f"kedrec rank fit {says}" in " ".join(capsys.readouterr().err.split())
            assert kr.ranker
            warn_about_view(kr.store, kr.settings)
            assert "kedrec rank fit" not in capsys.readouterr().err
    with graph.asked() as kr:
        warn_about_view(kr.store, kr.settings)
        assert "kedrec rank fit" not in capsys.readouterr().err


def test_as_of_a_year_later_edges_are_hidden_and_undated_ones_counted(graph: Graph) -> None:
    with graph.asked() as kr:
        now = str(kr.fingerprint)
    with graph.asked(as_of=2012) as kr:
        assert genes(kr) == {"GENE1": False}
        found = kr.explain("alphadrug", "disease one")
        assert found.as_of is not None
        assert found.as_of.model_dump() == {
            "year": 2012, "edges": 6, "undated": 1, "later": 1, "used": 4, "used_undated": 0
        }  # fmt: skip
        assert kr.recommend("disease one", drugs=["betadrug"], llm=False)[0].known == ("kedrec",)
        assert str(kr.fingerprint) != now
    with graph.asked(as_of=2011) as kr:
        answer = kr.recommend("disease one", drugs=["betadrug"], llm=False)
        assert answer[0].known == ()
        assert answer.manifest.as_of is not None
        assert answer.manifest.as_of.later == 2
        assert kr.ranker.treated == 0
    with graph.asked(as_of=2015) as kr:
        found = kr.explain("alphadrug", "disease one")
        assert found.as_of is not None
        assert (found.as_of.later, found.as_of.used, found.as_of.used_undated) == (0, 6, 1)


def test_templates_are_filtered_whatever_their_limit(graph: Graph) -> None:
    graph.load("overlay:lab", nodes=MY_NODES, edges=MINE)
    pair = {"drug": "DRUGBANK:DB00001", "disease": "DOID:1", "via": []}
    with graph.asked(as_of=2001) as kr:
        assert kr.store.run("paths/drug-binds-gene-disease", {**pair, "limit": 9}) == []
        assert kr.store.run("lookup/known-treatments", {"disease": "DOID:1"}) == []
        assert kr.store.licences("BINDS") == {("kedrec", "CC0-1.0"): 2}
        assert kr.store.years("BINDS", 2001) == {"kedrec": YearCount(3, 1, 1)}
        assert kr.store.isolated_ids("Drug") == ["DRUGBANK:DB00002"]
        with pytest.raises(UsageError, match="whole"):
            kr.store.run("lookup/degrees", {"id": "DOID:1"})
    with graph.asked("lab", as_of=2012) as kr:
        rows = kr.store.run("paths/drug-binds-gene-disease", {**pair, "limit": 1})
        assert [row["gene_id"] for row in rows] == ["NCBIGene:1"]
    with graph.asked() as kr:
        rows = kr.store.run("lookup/neighbours", {"id": "NCBIGene:3", "limit": 1})
        assert [(row["relation"], row["id"]) for row in rows] == [("ASSOCIATED_WITH", "DOID:1")]
        assert kr.store.run("lookup/node", {"id": "DRUGBANK:DB99999"}) == []


def test_no_other_source_ends_at_what_only_an_overlay_has(embedded: Graph) -> None:
    embedded.load("overlay:lab", nodes=MY_NODES, edges=MINE)
    more = EDGES + "BINDS\tDRUGBANK:DB99999\tNCBIGene:2\tCC0-1.0\t\n"
    assert embedded.load("kedrec", edges=more).sources[0].reasons == {"unknown id": 1}
    other = "relation\tstart\tend\nBINDS\tDRUGBANK:DB99999\tNCBIGene:2\nBINDS\tDRUGBANK:DB00002\tNCBIGene:3\n"
    [report] = embedded.load("overlay:clinic", edges=other).sources
    assert (report.edges.loaded, report.reasons) == (1, {"unknown id": 1})
    with embedded.asked("clinic,lab") as kr:
        assert kr.status().edges_by_source == {"kedrec": 7, "overlay:clinic": 1, "overlay:lab": 3}
    with embedded.asked("clinic") as kr:
        assert kr.status().nodes["Drug"] == 2


@pytest.mark.parametrize("name", ["none", "a b", "", "x" * 64, "-a", "a,b", "a'b"])
def test_a_name_that_no_overlay_can_have_is_refused(embedded: Graph, name: str) -> None:
    with pytest.raises(UsageError, match="named"):
        embedded.load(f"overlay:{name}", edges=MINE)


@pytest.mark.parametrize("column", ["source", "xrefs"])
def test_an_overlay_has_no_sources_nor_cross_references(embedded: Graph, column: str) -> None:
    table = {
        "source": {"edges": "relation\tstart\tend\tsource\n"},
        "xrefs": {"nodes": "kind\tid\tname\txrefs\n"},
    }
    with pytest.raises(DataError, match=column):
        embedded.load("overlay:lab", **table[column])


def run(command: Callable[[list[str]], None], *words: str) -> int:
    with pytest.raises(SystemExit) as left:
        command([*words])
    return int(left.value.code or 0)


def test_the_commands_load_name_and_mark_an_overlay(
    embedded: Graph, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEDREC_HOME", str(embedded.settings.home))
    monkeypatch.setenv("KEDREC_GRAPH", embedded.settings.graph_url)
    table = embedded.folder / "my-edges.tsv"
    table.write_text(MINE, encoding="utf-8")
    assert run(main_load, "graph", "kedrec", "--from", str(table), "--overlay", "lab") == 0
    assert "unknown id: 1" in capsys.readouterr().out
    assert run(main_load, "graph", "hetionet", "--from", str(table), "--overlay", "lab") == 2
    assert run(main_load, "graph", "kedrec", "--overlay", "lab") == 2
    capsys.readouterr()
    pair = ["explain", "--drug", "alphadrug", "--disease", "disease one"]
    assert run(main, *pair) == 0
    said = capsys.readouterr()
    assert "left out: lab" in said.err
    assert "private" not in said.out
    assert run(main, *pair, "--overlay", "none") == 0
    assert capsys.readouterr().err == ""
    assert run(main, *pair, "--overlay", "lab", "--as-of", "2012", "--json") == 0
    said = capsys.readouterr()
    assert "no ranking of the graph as of 2012 with lab yet" in said.err
    assert run(main, *pair, "--overlay", "lab", "--as-of", "2012", "--json") == 0
    said = capsys.readouterr()
    assert said.err == ""
    found = json.loads(said.out)
    assert {item["private"] for item in found["evidence"]} == {True}
    assert found["as_of"]["used_undated"] == 1
    assert (
        run(main, "ask", "--disease", "disease one", "--drug", "alphadrug", "--no-llm", "--overlay", "lab")
        == 0
    )
    said = capsys.readouterr()
    assert "private overlays seen: lab" in said.out
    assert "  private" in said.out  # beside a path's sentence
    assert run(main, *pair, "--as-of", "2012") == 0
    assert "1 of the 6 left have no year" in " ".join(capsys.readouterr().out.split())
    assert run(main, "status", "--overlay", "lab") == 0
    assert "lab seen; none left out" in capsys.readouterr().out
    assert run(main, *pair, "--overlay", "nosuch") == 1
    assert "Its overlays are lab." in capsys.readouterr().err
    assert run(main_load, "remove", "overlay:lab") == 0


def test_the_commands_of_the_page_run_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "overlays.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    [table] = [block for language, block in blocks if language == "tsv"]
    lines = "".join(block for language, block in blocks if not language).splitlines()
    commands = [shlex.split(line.partition("   #")[0]) for line in lines]
    url = str(tmp_path / "graph")
    graph = Graph(tmp_path, Settings().model_copy(update={"home": tmp_path / "home", "graph": url}))
    before = graph.load("kedrec", nodes=_as_on_the_page(NODES), edges=_as_on_the_page(EDGES)).fingerprint
    monkeypatch.setenv("KEDREC_HOME", str(graph.settings.home))
    monkeypatch.setenv("KEDREC_GRAPH", url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-edges.tsv").write_text(table, encoding="utf-8")
    assert len(commands) == 7
    for name, *words in commands:
        assert run({"kedrec": main, "kedrec-load": main_load}[name], *words) == 0
        said = capsys.readouterr()
        assert said.out
        if words[0] == "explain":
            assert ("  private" in said.out) == ("--overlay" in words)
        if words[0] == "graph":
            assert "1 loaded" in said.out
    with graph.asked() as kr:
        assert str(kr.fingerprint) == before


def _as_on_the_page(text: str) -> str:
    names = {"alphadrug": "colchicine", "DRUGBANK:DB00001": "DRUGBANK:DB01394", "disease one": "gout"}
    for old, new in {**names, "NCBIGene:3": "NCBIGene:3553"}.items():
        text = text.replace(old, new)
    return text
