"""Sources go through CSV and Neo4j's import tool into the same graph as through a live load."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import neo4j
import neo4j_server as servers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from kedrec.api import Kedrec
from kedrec.cli.load import graph as graph_command
from kedrec.errors import NotFoundError, StoreAccessError, StoreError, UsageError
from kedrec.loading import load_graph
from kedrec.loading.offline import ImportTool, find_tool, load_csv, prepare_folder, run_import
from kedrec.schema import load_schema
from kedrec.settings import load_settings
from kedrec.stores import GraphStore, open_store

DISEASE = "MONDO:0018997"
ODD = ['"quoted", and a comma', "back\\slash\\", "semi;colon|bar", "tab\there", "Ελληνικά", " edges "]


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Tells nobody."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Tables of a user's own, with what CSV makes hard."""
    folder = tmp_path / "own"
    folder.mkdir()
    nodes: dict[str, list[Any]] = {
        "kind": ["Disease"],
        "id": [DISEASE],
        "name": ['Noonan "syndrome"'],
        "synonyms": [ODD],
    }
    nodes["description"] = ['first line\nsecond, "line"\\']
    edges: dict[str, list[Any]] = {
        "relation": ["TREATS"] * 2,
        "start": ["DRUGBANK:DB00563", "DRUGBANK:DB00945"],
    }
    edges |= {"end": [DISEASE] * 2, "licence": ["CC0-1.0"] * 2, "score": [0.1, None], "year": [None, 2012]}
    edges |= {"references": [["PMID:1", "PMID:2"], []], "evidence": ["a\\", ""]}
    for name, columns in (("nodes", nodes), ("edges", edges)):
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


def contents(store: GraphStore) -> dict[str, list[Any]]:
    """All nodes, and the edges of some relations: a server plans each question for longer than it answers."""
    held: dict[str, list[Any]] = {kind: store.nodes(kind).to_pylist() for kind in load_schema().kinds}
    for names in (("TREATS", "Drug", "Disease"), ("BINDS", "Drug", "Gene"), ("CAUSES", "Drug", "SideEffect")):
        rows = [row for batch in store.edges(*names) for row in batch.to_pylist()]
        held["/".join(names)] = sorted(rows, key=lambda row: (row["start"], row["end"], row["source"]))
        assert rows
    return held


@pytest.mark.neo4j
def test_an_imported_graph_is_the_same_as_a_loaded_one(
    tmp_path: Path, own: Path, kedrec_home: Path, built_starter: Path
) -> None:
    shutil.copytree(built_starter / "graph", tmp_path / "graph")
    with open_store(str(tmp_path / "graph"), load_settings(), read_only=False) as store:
        live = load_graph(store, ["kedrec"], data_dir=own, work_dir=tmp_path / "work")
        expected, facts = contents(store), store.metadata()
    # Both sources in one call, as a user would: the own tables are found in a folder of that name.
    data = tmp_path / "data"
    shutil.copytree(own, data / "kedrec")
    home = tmp_path / "neo4j"
    servers.write_settings(home, 7687, 7474, "64m")
    (home / "lib").symlink_to(servers.fetch())
    call = [
        "starter",
        "kedrec",
        "--from",
        str(data),
        "--offline",
        str(tmp_path / "csv"),
        "--import",
        str(home),
    ]
    done = CliRunner().invoke(graph_command, call, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"Fingerprint {live.fingerprint}, digest {live.digest}" in done.output
    assert "Imported into the database 'neo4j'" in done.output
    again = CliRunner().invoke(graph_command, call)
    assert isinstance(again.exception, StoreError), "a database that is there is not replaced unasked"
    assert "--overwrite" in again.exception.hint

    with servers.serving(home, is_brief=True, heap="512m", page_cache="64m") as server:
        settings = load_settings(neo4j_username=server.username, neo4j_password=server.password)
        with open_store(server.uri, settings) as store:
            assert str(store.fingerprint()) == live.fingerprint
            assert store.fingerprint().digest == live.digest
            assert store.metadata() == facts
            found = contents(store)
            assert {name: rows for name, rows in found.items() if rows != expected[name]} == {}
        credentials = (server.username, server.password)
        with neo4j.GraphDatabase.driver(server.uri, auth=credentials) as driver, driver.session() as session:
            made = {row["name"] for row in session.run("SHOW CONSTRAINTS YIELD name")}
        assert {f"kedrec_{kind}_id" for kind in load_schema().kinds} <= made
        with open_store(server.uri, settings, read_only=False) as store:
            report = load_graph(store, ["kedrec"], data_dir=own, work_dir=tmp_path / "work")
        for source in report.sources:
            assert (source.nodes.new, source.nodes.changed, source.edges.new, source.edges.changed) == (
                0,
            ) * 4
        assert report.fingerprint == live.fingerprint


@pytest.mark.neo4j
def test_the_printed_call_imports_and_a_database_that_may_not_be_written_is_read(
    tmp_path: Path, kedrec_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call goes to a shell as it was printed; what came of it is then read only."""
    folder, home, tools = tmp_path / "c s v", tmp_path / "neo4j", tmp_path / "bin"
    done = CliRunner().invoke(graph_command, ["--offline", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    call = done.output.strip().splitlines()[-1]
    page = (Path(__file__).resolve().parents[2] / "docs" / "loading.md").read_text(encoding="utf-8")
    (documented,) = [line for line in page.splitlines() if line.startswith("cd /home/me/csv && neo4j-admin")]
    assert call.partition(" && ")[2] == documented.partition(" && ")[2]
    servers.write_settings(home, 7687, 7474, "64m")
    tools.mkdir()
    admin = tools / "neo4j-admin"
    java = servers.find_java(17)
    options = " ".join(servers.BRIEF)
    admin.write_text(
        f"#!/bin/sh\nexec {java} {options} -cp '{servers.fetch()}/*' org.neo4j.cli.AdminTool \"$@\"\n"
    )
    admin.chmod(0o755)
    monkeypatch.setenv("NEO4J_HOME", str(home))
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    for line in (call, call.replace(" -- ", " --overwrite-destination -- ")):
        said = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
    monkeypatch.delenv("NEO4J_HOME")

    limits = {"heap": "512m", "page_cache": "64m", "setting": "server.databases.default_to_read_only=true"}
    with servers.serving(home, is_brief=True, **limits) as server:
        settings = load_settings(
            graph=server.uri, neo4j_username=server.username, neo4j_password=server.password
        )
        for _ in range(2):
            with Kedrec(settings) as kr:
                assert kr.status().nodes["Drug"]
                assert kr.search("colchicine")[0].entity.id == "DRUGBANK:DB01394"
        with open_store(server.uri, settings, unfiltered=True) as store:  # as an audit and a dry run do
            tried = load_graph(store, ["starter"], work_dir=tmp_path / "work", dry_run=True)
            assert (tried.sources[0].nodes.new, tried.sources[0].nodes.gone) == (0, 0)
        with (
            open_store(server.uri, settings, read_only=False) as store,
            pytest.raises(StoreAccessError, match="doesn't allow"),
        ):
            load_graph(store, ["starter"], work_dir=tmp_path / "work")
    with servers.serving(home, is_brief=True, heap="512m", page_cache="64m") as server:
        settings = load_settings(
            graph=server.uri, neo4j_username=server.username, neo4j_password=server.password
        )

        def constraints() -> int:
            with open_store(server.uri, settings, unfiltered=True) as store:
                return len(store._read("SHOW CONSTRAINTS YIELD name RETURN name"))  # type: ignore[attr-defined]

        assert constraints() == 0  # nor does a reader of the whole make any
        with open_store(server.uri, settings):
            assert constraints() > len(load_schema().kinds)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.csv").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.csv"):
        prepare_folder(tmp_path)
    assert (tmp_path / "thesis.csv").read_text() == "mine"


def test_a_folder_of_an_earlier_call_is_written_anew(tmp_path: Path, kedrec_home: Path) -> None:
    for _ in range(2):
        load_csv(tmp_path / "csv", work_dir=tmp_path / "work", progress=silent)
        assert (tmp_path / "csv" / "import.args").is_file()
    assert not (tmp_path / "work" / "offline.duckdb").exists()


def test_a_tool_that_is_missing_is_told_before_the_work(tmp_path: Path, kedrec_home: Path) -> None:
    call = ["--offline", str(tmp_path / "csv"), "--import", str(tmp_path / "nowhere")]
    done = CliRunner().invoke(graph_command, call)
    assert isinstance(done.exception, NotFoundError)
    assert not (tmp_path / "csv").exists()
    with pytest.raises(NotFoundError):
        find_tool(tmp_path / "nowhere")


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    tool = ImportTool(("sh", "-c", "echo the database is in use; exit 3"), {})
    with pytest.raises(StoreError, match="the database is in use"):
        run_import(tool, tmp_path, "neo4j", silent)


def test_import_alone_is_refused(kedrec_home: Path) -> None:
    done = CliRunner().invoke(graph_command, ["--overwrite"])
    assert isinstance(done.exception, UsageError)
