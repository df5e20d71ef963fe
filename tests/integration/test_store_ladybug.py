"""The embedded store beyond the contract: readers beside a writer, kills, and a disk that fills."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from small_graph import edge, edge_file, node, node_file

from kedrec.errors import StoreError
from kedrec.settings import load_settings
from kedrec.stores import GraphStore, open_store
from kedrec.stores.ladybug import LadybugStore
from kedrec.stores.ladybug_session import is_readable

SETTINGS = load_settings()
TREATS = ("TREATS", "Drug", "Disease")


@pytest.fixture
def graph(tmp_path: Path) -> str:
    """The folder of a graph with one drug, one disease and one edge."""
    url = str(tmp_path / "graph")
    with open_store(url, SETTINGS, read_only=False) as store, store.writing():
        store.prepare()
        store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
        store.put_nodes("Disease", node_file(tmp_path, node("DOID:1")), None)
        store.put_edges(*TREATS, edge_file(tmp_path, edge("DRUGBANK:1", "DOID:1")), None)
    return url


def drugs(store: GraphStore) -> list[str]:
    found: list[str] = store.nodes("Drug", ["id"])["id"].to_pylist()
    return found


def test_a_reader_reads_what_it_opened_and_knows_of_a_change(graph: str, tmp_path: Path) -> None:
    with open_store(graph, SETTINGS) as reader, open_store(graph, SETTINGS, read_only=False) as writer:
        before = reader.fingerprint()
        with writer.writing():
            writer.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:2")), None)
            assert drugs(writer) == ["DRUGBANK:1", "DRUGBANK:2"]
            assert drugs(reader) == ["DRUGBANK:1"]
            assert reader.fingerprint() == before
            assert not reader.has_changed()
        assert drugs(reader) == ["DRUGBANK:1"]
        assert reader.fingerprint() == before
        assert reader.has_changed()
        with open_store(graph, SETTINGS) as another:
            assert drugs(another) == drugs(writer) == ["DRUGBANK:1", "DRUGBANK:2"]
            assert not another.has_changed()


def test_one_process_opens_many_graphs(graph: str) -> None:
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(open_store(graph, SETTINGS)) for _ in range(60)]
        assert {tuple(drugs(store)) for store in stores} == {("DRUGBANK:1",)}


def test_a_large_table_is_read_in_parts_and_whole(
    graph: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven drugs, some without an edge, in windows of two; of one source and of both."""
    drugs = [f"DRUGBANK:{number}" for number in range(2, 9)]
    with open_store(graph, SETTINGS, read_only=False) as store, store.writing():
        store.put_nodes("Drug", node_file(tmp_path, *map(node, drugs)), None)
        edges = [edge(one, "DOID:1", source=source) for one in drugs[::2] for source in ("a", "b")]
        store.put_edges(*TREATS, edge_file(tmp_path, *edges), None)
    with open_store(graph, SETTINGS) as store:
        whole = sorted(
            row["start"] + row["source"] for batch in store.edges(*TREATS) for row in batch.to_pylist()
        )
        with monkeypatch.context() as patch:
            patch.setattr("kedrec.stores.ladybug._WINDOW_ROWS", 2)
            patch.setattr("kedrec.stores.ladybug._WINDOW_NODES", 2)
            batches = list(store.edges(*TREATS))
            some = [batch["start"].to_pylist() for batch in store.edges(*TREATS, ["start"], ["b"])]
            assert not list(store.edges(*TREATS, ["start"], []))
    found = sorted(row["start"] + row["source"] for batch in batches for row in batch.to_pylist())
    assert found == whole
    assert len(batches) > 2
    assert sorted(one for part in some for one in part) == drugs[::2]


def test_a_stream_begun_before_a_change_goes_on(graph: str, tmp_path: Path) -> None:
    with open_store(graph, SETTINGS) as reader, open_store(graph, SETTINGS, read_only=False) as writer:
        stream = reader.edges(*TREATS, ["start"])
        with writer.writing():
            writer.put_edges(*TREATS, edge_file(tmp_path, edge("DRUGBANK:1", "DOID:1", source="b")), None)
        assert sum(batch.num_rows for batch in writer.edges(*TREATS)) == 2
        assert sum(batch.num_rows for batch in stream) == 1


def test_a_failed_load_leaves_the_graph_as_it_was(graph: str, tmp_path: Path) -> None:
    with open_store(graph, SETTINGS, read_only=False) as store:
        before = store.fingerprint()
        more = node_file(tmp_path, node("DRUGBANK:2"))
        with contextlib.suppress(ZeroDivisionError), store.writing():
            store.put_nodes("Drug", more, None)
            raise ZeroDivisionError
        assert store.fingerprint() == before
        assert drugs(store) == ["DRUGBANK:1"]
    assert sorted(file.name for file in Path(graph).iterdir()) == ["graph.lbug", "graph.lock"]


def test_a_node_that_is_there_already_is_an_error_and_no_crash(graph: str, tmp_path: Path) -> None:
    with open_store(graph, SETTINGS, read_only=False) as store:
        with pytest.raises(StoreError, match="DRUGBANK:1"), store.writing():
            store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:1")), None)
        assert drugs(store) == ["DRUGBANK:1"]


def test_writing_nothing_leaves_the_file_alone(graph: str) -> None:
    file = Path(graph) / "graph.lbug"
    before = file.stat()
    with open_store(graph, SETTINGS, read_only=False) as store, store.writing():
        store.prepare()
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_reads_may_not_write(graph: str) -> None:
    with open_store(graph, SETTINGS) as store:
        assert isinstance(store, LadybugStore)
        with pytest.raises(StoreError, match="read-only"):
            store._session().execute("CREATE (:Drug {id: 'x'})")
        assert drugs(store) == ["DRUGBANK:1"]


def loading(body: str, graph: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Runs a load in a process of its own."""
    script = textwrap.dedent(
        """
        import os, resource, signal, sys
        from pathlib import Path
        from kedrec.errors import StoreError
        from kedrec.settings import load_settings
        from kedrec.stores import open_store

        store = open_store(sys.argv[1], load_settings(), read_only=False)
        files = [Path(name) for name in sys.argv[2:]]
        """
    ) + textwrap.dedent(body)
    call = [sys.executable, "-c", script, graph, *map(str, files)]
    return subprocess.run(call, capture_output=True, text=True, check=False, timeout=120)


def test_a_killed_load_leaves_the_graph_as_it_was_and_can_be_run_again(graph: str, tmp_path: Path) -> None:
    more = node_file(tmp_path, node("DRUGBANK:2"))
    body = """
    with store.writing():
        store.put_nodes("Drug", files[0], None)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert loading(body, graph, more).returncode == -signal.SIGKILL
    with open_store(graph, SETTINGS) as reader:
        assert drugs(reader) == ["DRUGBANK:1"]
    with open_store(graph, SETTINGS, read_only=False) as store:
        with store.writing():
            store.put_nodes("Drug", more, None)
        assert drugs(store) == ["DRUGBANK:1", "DRUGBANK:2"]


def test_a_disk_that_fills_costs_the_load_and_not_the_graph(graph: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: what is over it fails to be written."""
    limit = (Path(graph) / "graph.lbug").stat().st_size + 2_000_000
    names = (node(f"DRUGBANK:{i:06}", f"drug {i} " + f"{i * 7919:x}" * 20) for i in range(2, 60_000))
    big = node_file(tmp_path, *names)
    body = f"""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sys.dont_write_bytecode = True  # a compiled file would be cut off at the limit, for every later process
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
    try:
        with store.writing():
            store.put_nodes("Drug", files[0], None)
    except StoreError as error:
        print("told:", error)
    """
    done = loading(body, graph, big)
    assert "told:" in done.stdout, (done.returncode, done.stderr)
    with open_store(graph, SETTINGS) as reader:
        assert drugs(reader) == ["DRUGBANK:1"]
    with open_store(graph, SETTINGS, read_only=False) as store, store.writing():
        store.put_nodes("Drug", big, None)
    with open_store(graph, SETTINGS) as reader:
        assert reader.fingerprint().nodes["Drug"] == 59_999


def test_edges_of_few_and_of_many_nodes_are_read_alike(graph: str, tmp_path: Path) -> None:
    some = [f"DRUGBANK:{number}" for number in range(1, 8)]
    with open_store(graph, SETTINGS, read_only=False) as store:
        with store.writing():
            store.put_nodes("Drug", node_file(tmp_path, *(node(one) for one in some[1:])), None)
            rows = [edge(one, "DOID:1", source=source) for one in some[1:6] for source in ("b", "a")]
            store.put_edges(*TREATS, edge_file(tmp_path, *rows), None)
        many = store.edges_between(*TREATS, some, ["DOID:1", "DOID:2"])
        assert [(row["start_id"], row["edge"]["source"]) for row in many][:3] == [
            ("DRUGBANK:1", "test"),
            ("DRUGBANK:2", "a"),
            ("DRUGBANK:2", "b"),
        ]
        few = [
            row
            for two in (some[:2], some[2:4], some[4:])
            for row in store.edges_between(*TREATS, two[::-1], ["DOID:1"])
        ]
        assert few == many
        assert store.edges_between(*TREATS, some[:2], ["DOID:2"]) == []


@pytest.mark.parametrize("version", [b"\x01", b"\xff"])
def test_a_file_of_another_version_of_the_engine_is_told_by_its_head(graph: str, version: bytes) -> None:
    """Not by the engine's words, which change: the file's head is what this release of it writes."""
    file = Path(graph) / "graph.lbug"
    content = file.read_bytes()
    assert is_readable(file)
    file.write_bytes(content[:4] + version + content[5:])
    assert not is_readable(file)
    with pytest.raises(StoreError, match=r"no graph that ladybug .* can open") as caught:
        open_store(graph, SETTINGS)
    assert "load the graph again" in caught.value.hint
    file.write_bytes(content[:-1000])  # damaged, and yet of this version
    assert is_readable(file)


def test_an_error_of_a_graph_of_another_schema_says_what_to_do_whatever_the_engine_says(
    graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(graph, SETTINGS) as store:
        with pytest.raises(StoreError, match="failed"):
            store.run("lookup/nodes", {"ids": 7})
        monkeypatch.setattr("kedrec.stores.ladybug_session.tables_digest", lambda: "of a newer schema")
        with pytest.raises(StoreError, match="older than a part of the schema") as caught:
            store.run("lookup/nodes", {"ids": 7})
        assert "Load any of its sources again" in caught.value.hint


def test_the_wrong_order_of_imports_is_told(graph: str) -> None:
    code = (
        "import sys; import ladybug; from kedrec.settings import load_settings; "
        "from kedrec.stores import open_store; open_store(sys.argv[1], load_settings()).close()"
    )
    call = [sys.executable, "-W", "error::RuntimeWarning", "-c", code, graph]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert "Import xllamacpp before ladybug" in done.stderr
    call[4] = code.replace("import ladybug", "import xllamacpp, ladybug")
    assert subprocess.run(call, capture_output=True, text=True, check=False).returncode == 0
