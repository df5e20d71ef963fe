"""Loading that is killed, changed, tried, chosen from and taken back, on real databases."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tcp_proxy import Proxy

from kedrec.cli.load_audit import audit as audit_command
from kedrec.cli.load_remove import remove as remove_command
from kedrec.cli.status import status as status_command
from kedrec.errors import StoreBusyError, StoreError, StoreUnavailableError, UsageError
from kedrec.loading import load_graph, remove_sources
from kedrec.loading.audit import audit
from kedrec.settings import Settings, load_settings
from kedrec.stores import GraphStore, open_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stress() -> Iterator[Any]:
    """The stress runner, a module of the benchmarks."""
    sys.path.insert(0, str(ROOT))
    import benchmarks.stress

    yield benchmarks.stress
    sys.path.remove(str(ROOT))


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def place(request: pytest.FixtureRequest, stress: Any, tmp_path: Path) -> Any:
    """An empty graph on each engine, and two releases of small sources."""
    if request.param == "neo4j":
        settings = request.getfixturevalue("empty_neo4j")
    else:
        settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))
    made = stress.StressGraph(settings, tmp_path)
    for folder, newer in zip(made.data, (False, True), strict=True):
        stress.write_data(folder, newer=newer)
    return made


@pytest.fixture
def store(place: Any) -> Iterator[GraphStore]:
    with place.store() as found:
        yield found


def load(store: GraphStore, place: Any, *sources: str, newer: bool = False, **options: Any) -> Any:
    return load_graph(
        store, sources, data_dir=place.data[newer], work_dir=place.folder / "loading", **options
    )


def remove(store: GraphStore, place: Any, *sources: str, **options: Any) -> Any:
    return remove_sources(store, sources, work_dir=place.folder / "loading", **options)


def test_a_killed_load_resumed_gives_the_graph_of_one_that_nothing_disturbed(stress: Any, place: Any) -> None:
    kills = 6 if place.settings.neo4j_uri is None else 3
    for action, where, expected, found in stress.rounds(place, kills, seed=2):
        assert found == expected, (action, where)


def test_removing_a_source_is_as_if_it_had_never_been_loaded(
    stress: Any, place: Any, store: GraphStore
) -> None:
    load(store, place, "drugmechdb")
    alone = stress.contents(store)
    load(store, place, "hetionet")
    joined = stress.contents(store)
    report = remove(store, place, "hetionet").sources[0]
    assert stress.contents(store) == alone
    assert report.moved  # diseases and genes that its cross-references had joined are apart again
    assert report.moved_edges
    load(store, place, "hetionet")
    assert stress.contents(store) == joined
    remove(store, place, "drugmechdb", "hetionet")
    assert (store.fingerprint().nodes, store.fingerprint().edges) == ({}, {})
    with pytest.raises(UsageError, match="has no source 'hetionet'"):
        remove(store, place, "hetionet")


def test_a_newer_release_leaves_what_loading_it_alone_gives(
    stress: Any, place: Any, store: GraphStore, tmp_path: Path
) -> None:
    load(store, place, "drugmechdb", "hetionet")
    before = store.fingerprint().edges["INTERACTS_WITH", "hetionet"]
    report = load(store, place, "hetionet", newer=True).sources[0]
    assert report.nodes.gone
    assert report.edges.gone
    assert report.edges.new  # CtD edges
    assert store.fingerprint().edges["INTERACTS_WITH", "hetionet"] < before
    fresh = load_settings(home=tmp_path / "home", graph=str(tmp_path / "fresh"))
    with closing(open_store(fresh.graph_url, fresh, read_only=False)) as other:
        load(other, place, "hetionet", newer=True)
        load(other, place, "drugmechdb")
        assert stress.contents(store) == stress.contents(other)


def test_a_dry_run_tells_what_a_load_would_do_and_does_nothing(
    stress: Any, place: Any, store: GraphStore
) -> None:
    load(store, place, "drugmechdb", "hetionet")
    before, facts = stress.contents(store), store.metadata()
    tried = load(store, place, "hetionet", newer=True, dry_run=True)
    assert tried.dry_run
    assert remove(store, place, "hetionet", dry_run=True).sources[0].edges.gone
    assert (stress.contents(store), store.metadata()) == (before, facts)
    done = load(store, place, "hetionet", newer=True)
    told, did = ({**one.sources[0].model_dump(), "seconds": 0} for one in (tried, done))
    assert told == did


def test_edges_are_chosen_by_what_their_licences_allow(place: Any, store: GraphStore) -> None:
    report = load(store, place, "hetionet", licences=["commercial"]).sources[0]
    rows = report.edges
    assert rows.read == rows.loaded + rows.merged + rows.rejected + rows.left_out + rows.waiting
    assert rows.left_out == sum(report.left_out.values()) > 0
    assert report.left_out.keys() == {"no licence stated", "CC-BY-NC-4.0"}
    assert report.unknown_licences == ("no licence stated",)
    assert not store.fingerprint().edges  # neither targets nor genes of diseases may be used for profit
    load(store, place, "hetionet", licences=["CC-BY-NC-4.0"])
    assert {relation for relation, _ in store.fingerprint().edges} == {"BINDS"}
    with pytest.raises(UsageError, match="'profit' is neither a use nor a known licence"):
        load(store, place, "hetionet", licences=["profit"])


def test_a_half_loaded_source_is_told_and_can_be_removed(
    stress: Any, place: Any, store: GraphStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load(store, place, "drugmechdb")
    before = stress.contents(store)
    with monkeypatch.context() as patch:
        patch.setattr(store, "put_edges", _failing(store.put_edges, at=3))
        with pytest.raises(StoreError, match="went away"):
            load(store, place, "hetionet")
    if store.engine == "neo4j":
        environment = {
            "KEDREC_HOME": str(tmp_path),
            "KEDREC_GRAPH": place.settings.graph_url,
            "NEO4J_PASSWORD": place.settings.neo4j_password.get_secret_value(),
        }
        said = CliRunner().invoke(status_command, env=environment, catch_exceptions=False).output
        assert "hetionet: half-loaded, load it again or remove it" in said
        assert audit(store).half_loaded == {"hetionet": "half-loaded, load it again or remove it"}
        remove(store, place, "hetionet")
    assert stress.contents(store) == before  # the embedded graph never was anything else


def _failing(put: Any, at: int) -> Any:
    calls: list[object] = []

    def failing(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == at:
            raise StoreError("The server went away.")
        put(*arguments)

    return failing


def test_a_second_writer_is_told_and_a_dry_run_is_not_stopped(
    place: Any, store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, place, "drugmechdb")
    with place.store() as second, second.writing():
        monkeypatch.setattr("kedrec.stores.neo4j._LOCK_SECONDS", 2.0)
        for action in (load, remove):
            with pytest.raises(StoreBusyError, match="Another process is writing"):
                action(store, place, "drugmechdb")
        assert load(store, place, "drugmechdb", dry_run=True).sources[0].edges.new == 0


def test_a_node_that_another_source_needs_stays_and_is_told(place: Any, store: GraphStore) -> None:
    load(store, place, "hetionet")
    mine = place.data[0] / "kedrec"
    mine.mkdir()
    (mine / "edges.tsv").write_text(
        "relation\tstart\tend\tsource\tlicence\n"
        "TREATS\tDRUGBANK:DB00001\tMESH:D000003\tour-lab\tCC0-1.0\n"
        "TREATS\tDRUGBANK:DB00002\tDOID:4\tour-lab\tCC0-1.0\n"
    )
    load(store, place, "kedrec")
    report = remove(store, place, "hetionet").sources[0]
    assert report.held == {"kedrec": 4}
    assert store.fingerprint().edges == {("TREATS", "our-lab"): 2}
    assert store.nodes("Disease", ["id", "sources"]).to_pylist() == [
        {"id": "DOID:3", "sources": ["kedrec"]},
        {"id": "DOID:4", "sources": ["kedrec"]},
    ]
    again = remove(store, place, "kedrec").sources[0]
    assert (again.nodes.gone, again.edges.gone) == (4, 2)
    assert store.fingerprint().nodes == {}


def test_private_edges_that_are_gone_from_the_tables_are_gone_from_the_graph(
    place: Any, store: GraphStore
) -> None:
    load(store, place, "hetionet")
    mine = place.data[0] / "kedrec"
    mine.mkdir()
    head = "relation\tstart\tend\tsource\tlicence\n"
    row = "TREATS\tDRUGBANK:DB00001\tDOID:{}\t{}\tCC0-1.0\n"
    (mine / "edges.tsv").write_text(head + row.format(3, "our-lab") + row.format(4, "their-lab"))
    load(store, place, "kedrec")
    (mine / "edges.tsv").write_text(head + row.format(3, "our-lab"))
    assert load(store, place, "kedrec").sources[0].edges.gone == 1
    assert ("TREATS", "their-lab") not in store.fingerprint().edges


def test_an_audit_finds_doubles_conflicts_gaps_and_licences(place: Any, store: GraphStore) -> None:
    hetionet = place.data[0] / "hetionet"
    with (hetionet / "nodes.tsv").open("a") as out:
        out.write("Gene::999001\tGene-1\tGene\nGene::999002\tgene 1\tGene\n")
    with (hetionet / "attributes" / "disease-xrefs-slim.tsv").open("a") as out:
        out.write("DOID:1\tdisease 1\tMSH\tD000002\n")
    load(store, place, "hetionet", "drugmechdb")
    found = audit(store)
    # The MeSH id that two diseases list is the one of its name: no double, and the conflict is reported.
    assert [(one.kind, one.ids) for one in found.doubles] == [
        ("Gene", ("NCBIGene:999001", "NCBIGene:999002")),
    ]
    assert [(one.id, one.kind, one.listed_by, one.stands) for one in found.conflicts] == [
        ("MESH:D000002", "Disease", ("DOID:1", "DOID:2"), False)
    ]
    assert found.isolated["Gene"][-2:] == ("NCBIGene:999001", "NCBIGene:999002")
    assert found.wrong_ids == ()
    assert sum(one.edges for one in found.licences) == sum(store.fingerprint().edges.values())
    (mechanisms,) = [one for one in found.licences if one.licence == "CC0-1.0"]
    assert (mechanisms.sources, mechanisms.allows) == (
        ("drugmechdb",),
        ("commercial", "modification", "closed"),
    )
    assert found.nodes["Disease"]["hetionet"] == 30


def test_the_commands_print_a_removal_and_an_audit(tmp_path: Path, stress: Any) -> None:
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))
    place = stress.StressGraph(settings, tmp_path)
    stress.write_data(place.data[0], newer=False)
    with place.store() as store:
        load(store, place, "drugmechdb", "hetionet")
    words = ["--graph", place.settings.graph_url]
    environment = {"KEDREC_HOME": str(tmp_path / "home")}

    def run(command: Any, *more: str) -> str:
        return CliRunner().invoke(command, [*more, *words], env=environment, catch_exceptions=False).output

    assert "Licences" in run(audit_command)
    assert json.loads(run(audit_command, "--json"))["edges"]["BINDS"]["hetionet"]
    assert "Dry run: nothing was written" in run(remove_command, "hetionet", "--dry-run")
    assert "gone" in run(remove_command, "hetionet")
    assert [one["source"] for one in json.loads(run(remove_command, "drugmechdb", "--json"))["sources"]] == [
        "drugmechdb"
    ]


@pytest.mark.neo4j
@pytest.mark.parametrize("call", ["put_nodes", "put_edges", "put_metadata", "delete_nodes"])
def test_a_lost_connection_is_told_and_the_load_goes_on(
    call: str, stress: Any, empty_neo4j: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kedrec.stores.neo4j_driver._RETRY_SECONDS", 0.5)
    place = stress.StressGraph(empty_neo4j, tmp_path)
    for folder, newer in zip(place.data, (False, True), strict=True):
        stress.write_data(folder, newer=newer)
    with place.store() as store:
        load(store, place, "drugmechdb", "hetionet")
    with closing(Proxy(int(empty_neo4j.neo4j_uri.rpartition(":")[2]))) as proxy:
        url = f"bolt://127.0.0.1:{proxy.port}"
        with closing(open_store(url, empty_neo4j, read_only=False)) as store:
            wanted = getattr(store, call)

            def cut(*arguments: object) -> None:
                proxy.cut()
                wanted(*arguments)

            with monkeypatch.context() as patch:
                patch.setattr(store, call, cut)
                with pytest.raises(StoreUnavailableError) as caught:
                    load(store, place, "hetionet", newer=True)
            assert "the same command goes on from there" in str(caught.value)
            proxy.is_cut = False
            load(store, place, "hetionet", newer=True)
            found = stress.contents(store)
    fresh = load_settings(home=tmp_path / "home", graph=str(tmp_path / "fresh"))
    with closing(open_store(fresh.graph_url, fresh, read_only=False)) as other:
        load(other, place, "drugmechdb", "hetionet", newer=True)
        assert found == stress.contents(other)


@pytest.mark.neo4j
def test_who_lost_the_right_to_write_writes_no_more(empty_neo4j: Settings, tmp_path: Path) -> None:
    """A server ends the transaction that holds the lock; another may hold it by now."""
    with open_store(empty_neo4j.graph_url, empty_neo4j, read_only=False) as store:
        store.prepare()

        def write() -> None:
            with store.writing():
                store._lock._open_transaction[1].close()  # type: ignore[attr-defined]
                store.put_metadata({"a": "b"})

        with pytest.raises(StoreUnavailableError, match="was lost"):
            write()
        assert "a" not in store.metadata()


LIMITED = """
import resource, sys
sys.dont_write_bytecode = True  # a compiled file would be cut off at the limit, for every later process
from pathlib import Path
from kedrec.cli import main_load
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main_load(sys.argv[2:])
"""


@pytest.mark.parametrize("limit", [30_000, 300_000])
def test_a_full_disk_is_told_and_the_load_goes_on_when_there_is_room(
    stress: Any, tmp_path: Path, limit: int
) -> None:
    """No file may grow past the limit, which is what a full disk looks like to a process."""
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))
    place = stress.StressGraph(settings, tmp_path)
    stress.write_data(place.data[0], newer=False)
    with place.store() as store:
        load(store, place, "drugmechdb")
        before = stress.contents(store)
    call = [
        sys.executable,
        "-c",
        LIMITED,
        str(limit),
        "graph",
        "hetionet",
        "--from",
        str(place.data[0]),
        "--no-fit",
    ]
    done = subprocess.run(
        [*call, "--graph", settings.graph_url],
        env={"KEDREC_HOME": str(tmp_path / "home"), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Error:" in done.stderr
    assert "Traceback" not in done.stderr
    assert "room" in done.stderr or "space" in done.stderr, done.stderr
    with place.store() as store:
        assert stress.contents(store) == before
        load(store, place, "hetionet")
        assert store.fingerprint().edges["BINDS", "hetionet"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != limit  # the limit was the other process's alone
