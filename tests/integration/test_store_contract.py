"""Contract of every store, on each engine: the same calls, the same graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_graph import edge, edge_file, key_file, node, node_file

from kedrec.errors import (
    DataError,
    EmptyGraphError,
    SchemaMismatchError,
    StoreAccessError,
    StoreBusyError,
    StoreError,
    UsageError,
)
from kedrec.settings import Settings
from kedrec.stores import EDGE_COLUMNS, NODE_COLUMNS, GraphStore, open_store

Open = Callable[..., GraphStore]

INJECTION = 'x"}) DETACH DELETE n //'
ASPIRIN = node(
    "DRUGBANK:DB00945", "Aspirin", synonyms=["ASA", "acetylsalicylic acid"], xrefs=["MESH:D001241"]
)
PAIN = node("DOID:1", "pain", description="Unpleasant: 'it's \\ \"bad\"' \N{GREEK SMALL LETTER ALPHA}")
GOUT = node("DOID:13189", INJECTION)
TREATS_PAIN = edge(
    ASPIRIN["id"],
    PAIN["id"],
    references=["PMID:1", "PMID:2"],
    evidence="label",
    score=0.25,
    year=1999,
    action="ameliorates",
    mechanisms=["DB00945_MESH_1"],
)
TREATS_PAIN_TOO = edge(ASPIRIN["id"], PAIN["id"], source="other", licence="CC-BY-4.0")
TREATS_GOUT = edge(ASPIRIN["id"], GOUT["id"])
TREATS = ("TREATS", "Drug", "Disease")


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def open_graph(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens one and the same graph, empty at first, as often as called."""
    settings = Settings()
    if request.param == "neo4j":
        settings = request.getfixturevalue("empty_neo4j")
    url = str(tmp_path / "graph") if request.param == "ladybug" else settings.neo4j_uri
    opened: list[GraphStore] = []

    def open_it(*, read_only: bool = True) -> GraphStore:
        opened.append(open_store(url, settings, read_only=read_only))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def filled(open_graph: Open, tmp_path: Path) -> GraphStore:
    """A store open for writing, with two diseases, a drug, and three edges of two sources."""
    store = open_graph(read_only=False)
    store.prepare()
    with store.writing():
        store.put_nodes("Drug", node_file(tmp_path, ASPIRIN), None)
        store.put_nodes("Disease", node_file(tmp_path, PAIN, GOUT), None)
        edges = edge_file(tmp_path, TREATS_PAIN, TREATS_PAIN_TOO, TREATS_GOUT)
        store.put_edges(*TREATS, edges, None)
        store.put_metadata({"digest": "d1", "source:test": "v1"})
    return store


def all_edges(store: GraphStore, *table: str) -> list[dict[str, Any]]:
    rows = [row for batch in store.edges(*(table or TREATS)) for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: (row["start"], row["end"], row["source"]))


def test_a_missing_graph_is_an_empty_one_with_a_hint(open_graph: Open) -> None:
    with pytest.raises(EmptyGraphError, match="kedrec-load graph"):
        open_graph()


def test_a_missing_graph_opened_to_write_has_nothing_in_it(open_graph: Open) -> None:
    store = open_graph(read_only=False)

    assert store.metadata() == {}
    assert store.fingerprint().nodes == store.fingerprint().edges == {}


def test_a_prepared_graph_can_be_read_and_is_empty(open_graph: Open) -> None:
    open_graph(read_only=False).prepare()
    store = open_graph()

    assert store.fingerprint().nodes == {}
    assert store.metadata()["schema_version"] == "1"
    assert store.nodes("Drug").num_rows == 0
    assert all_edges(store) == []


def test_what_was_written_comes_back_as_it_was(filled: GraphStore, open_graph: Open) -> None:
    store = open_graph()

    assert store.nodes("Disease").schema == NODE_COLUMNS
    assert store.nodes("Disease").to_pylist() == [PAIN, GOUT]  # by id, as text
    assert store.nodes("Drug").to_pylist() == [ASPIRIN]
    assert all_edges(store) == [TREATS_PAIN_TOO, TREATS_PAIN, TREATS_GOUT]
    assert {batch.schema for batch in store.edges(*TREATS)} == {EDGE_COLUMNS}


def test_edges_are_found_between_their_ends_as_soon_as_they_are_written(
    open_graph: Open, tmp_path: Path
) -> None:
    store = open_graph(read_only=False)
    store.prepare()
    ends = ([ASPIRIN["id"]], [PAIN["id"], GOUT["id"]])
    with store.writing():
        store.put_nodes("Drug", node_file(tmp_path, ASPIRIN), None)
        store.put_nodes("Disease", node_file(tmp_path, PAIN, GOUT), None)
        assert store.edges_between(*TREATS, *ends) == []
        store.put_edges(*TREATS, edge_file(tmp_path, TREATS_PAIN, TREATS_GOUT), None)
        written = store.edges_between(*TREATS, *ends)
    assert {row["end_id"] for row in written} == {PAIN["id"], GOUT["id"]}
    assert open_graph().edges_between(*TREATS, *ends) == written


def test_named_columns_come_in_the_order_asked_for(filled: GraphStore) -> None:
    assert filled.nodes("Drug", ["name", "id"]).to_pylist() == [{"name": "Aspirin", "id": ASPIRIN["id"]}]
    (batch,) = filled.edges(*TREATS, ["end", "score"])
    assert batch.schema.names == ["end", "score"]
    assert sorted(batch["score"].to_pylist(), key=str) == [0.25, None, None]
    with pytest.raises(UsageError, match="colour"):
        filled.nodes("Drug", ["colour"])


def test_the_fingerprint_counts_kinds_and_sources(filled: GraphStore, open_graph: Open) -> None:
    fingerprint = open_graph().fingerprint()

    assert fingerprint.nodes == {"Drug": 1, "Disease": 2}
    assert fingerprint.edges == {("TREATS", "test"): 2, ("TREATS", "other"): 1}
    assert fingerprint.digest == "d1"
    assert fingerprint == filled.fingerprint()


def test_the_fingerprint_is_right_in_the_middle_of_writing(filled: GraphStore, tmp_path: Path) -> None:
    with filled.writing():
        filled.delete_edges(*TREATS, key_file(tmp_path, (ASPIRIN["id"], PAIN["id"], "other")))
        assert filled.fingerprint().edges == {("TREATS", "test"): 2}
        filled.put_edges(*TREATS, edge_file(tmp_path, edge(ASPIRIN["id"], GOUT["id"], source="b")), None)
        assert filled.fingerprint().edges == {("TREATS", "test"): 2, ("TREATS", "b"): 1}


def test_changed_nodes_and_edges_are_overwritten(filled: GraphStore, tmp_path: Path) -> None:
    changed_node = ASPIRIN | {"name": "Aspirin, changed", "synonyms": [], "sources": ["a", "b"]}
    changed_edge = TREATS_PAIN | {"score": None, "year": 2001, "references": [], "action": ""}
    with filled.writing():
        filled.put_nodes("Drug", None, node_file(tmp_path, changed_node))
        filled.put_edges(*TREATS, None, edge_file(tmp_path, changed_edge))

    assert filled.nodes("Drug").to_pylist() == [changed_node]
    assert all_edges(filled) == [TREATS_PAIN_TOO, changed_edge, TREATS_GOUT]


def test_edges_are_deleted_by_their_key_alone(filled: GraphStore, tmp_path: Path) -> None:
    absent = (ASPIRIN["id"], GOUT["id"], "nowhere")
    with filled.writing():
        filled.delete_edges(*TREATS, key_file(tmp_path, (ASPIRIN["id"], PAIN["id"], "test"), absent))

    assert all_edges(filled) == [TREATS_PAIN_TOO, TREATS_GOUT]
    assert filled.fingerprint().edges == {("TREATS", "other"): 1, ("TREATS", "test"): 1}


def test_nodes_are_deleted_when_nothing_holds_them(filled: GraphStore, tmp_path: Path) -> None:
    with filled.writing():
        filled.delete_edges(*TREATS, key_file(tmp_path, (ASPIRIN["id"], GOUT["id"], "test")))
        filled.delete_nodes("Disease", [GOUT["id"], "DOID:absent"])

    assert filled.nodes("Disease", ["id"])["id"].to_pylist() == [PAIN["id"]]


def test_a_node_with_edges_is_not_deleted(filled: GraphStore) -> None:
    with pytest.raises(StoreError), filled.writing():
        filled.delete_nodes("Disease", [PAIN["id"]])

    assert filled.fingerprint().nodes["Disease"] == 2


def test_metadata_is_set_and_removed(filled: GraphStore, open_graph: Open) -> None:
    with filled.writing():
        filled.put_metadata({"digest": INJECTION, "source:test": None, "new": ""})

    assert open_graph().metadata() == {"schema_version": "1", "digest": INJECTION, "new": ""}


def test_preparing_again_changes_nothing(filled: GraphStore) -> None:
    before = filled.fingerprint()
    filled.prepare()

    assert filled.fingerprint() == before


def test_another_schema_version_is_refused_and_left_alone(filled: GraphStore, open_graph: Open) -> None:
    with filled.writing():
        filled.put_metadata({"schema_version": "99"})

    with pytest.raises(SchemaMismatchError, match="99"):
        open_graph()
    writer = open_graph(read_only=False)
    with pytest.raises(SchemaMismatchError, match="99"):
        writer.prepare()


def test_a_second_writer_is_told_to_wait(
    filled: GraphStore, open_graph: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = open_graph(read_only=False)
    with filled.writing(), monkeypatch.context() as patch:
        patch.setattr("kedrec.stores.neo4j._LOCK_SECONDS", 2.0)
        with pytest.raises(StoreBusyError, match=r"Wait"), second.writing():
            pass
    with second.writing():  # free again
        second.put_metadata({"second": "yes"})

    assert filled.metadata()["second"] == "yes"


def test_a_store_opened_to_read_refuses_to_write(filled: GraphStore, open_graph: Open) -> None:
    store = open_graph()
    with pytest.raises(StoreAccessError, match="read only"), store.writing():
        pass
    with pytest.raises(StoreAccessError, match="read only"):
        store.prepare()


def test_writing_needs_the_right_to_write(filled: GraphStore, tmp_path: Path) -> None:
    for write in (
        lambda: filled.put_nodes("Drug", node_file(tmp_path, ASPIRIN), None),
        lambda: filled.put_edges(*TREATS, None, None),
        lambda: filled.delete_nodes("Drug", []),
        lambda: filled.put_metadata({}),
    ):
        with pytest.raises(UsageError, match=r"writing\(\)"):
            write()


def test_a_text_that_looks_like_a_statement_is_data(filled: GraphStore) -> None:
    assert filled.run("lookup/node", {"id": GOUT["id"]})[0]["name"] == INJECTION
    assert filled.run("lookup/node", {"id": INJECTION}) == []
    assert filled.run("lookup/known-treatments", {"disease": INJECTION}) == []
    assert filled.fingerprint().nodes == {"Drug": 1, "Disease": 2}


@pytest.mark.parametrize("name", ["Nope", "Drug` {x: 1}) DETACH DELETE n //"])
def test_a_kind_or_relation_outside_the_schema_never_reaches_a_statement(
    filled: GraphStore, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError):
        filled.nodes(name)
    with pytest.raises(UsageError):
        list(filled.edges(name, "Drug", "Disease"))
    with filled.writing():
        with pytest.raises(UsageError):
            filled.put_nodes(name, node_file(tmp_path, ASPIRIN), None)
        with pytest.raises(UsageError):
            filled.put_edges(name, "Drug", "Disease", None, None)
        with pytest.raises(UsageError):
            filled.put_edges("TREATS", "Disease", "Drug", None, None)


def test_a_file_with_other_columns_is_refused(filled: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="columns"), filled.writing():
        filled.put_nodes("Drug", edge_file(tmp_path, TREATS_GOUT), None)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match=r"broken\.parquet"), filled.writing():
        filled.put_edges(*TREATS, broken, None)

    assert filled.fingerprint().nodes == {"Drug": 1, "Disease": 2}


def test_empty_files_are_no_error(filled: GraphStore, tmp_path: Path) -> None:
    before = filled.fingerprint()
    with filled.writing():
        filled.put_nodes("Drug", node_file(tmp_path), node_file(tmp_path))
        filled.put_edges(*TREATS, edge_file(tmp_path), edge_file(tmp_path))
        filled.delete_edges(*TREATS, key_file(tmp_path))
        filled.delete_nodes("Drug", [])

    assert filled.fingerprint() == before


def test_a_file_name_with_quotes_and_wildcards_can_be_read(filled: GraphStore, tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s [a] "b" {c}*'
    odd.mkdir()
    with filled.writing():
        filled.put_nodes("Gene", node_file(odd, node("NCBIGene:1", "A1BG")), None)

    assert filled.nodes("Gene", ["name"])["name"].to_pylist() == ["A1BG"]


def test_a_failed_statement_is_a_store_error(filled: GraphStore) -> None:
    with pytest.raises(StoreError) as caught:
        filled.run("lookup/nodes", {"ids": 7})  # not a list
    assert caught.value.__cause__ is not None


def test_a_missing_parameter_is_told_by_name(filled: GraphStore) -> None:
    with pytest.raises(UsageError, match="disease"):
        filled.run("lookup/known-treatments", {"drug": ASPIRIN["id"]})


def test_closing_twice_does_nothing(open_graph: Open) -> None:
    with open_graph(read_only=False) as store:
        store.prepare()
    store.close()
