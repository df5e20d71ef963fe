"""A graph with changes that are not written yet reads as the graph that the written changes give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_graph import edge, edge_file, key_file, node, node_file

from kedrec.settings import Settings, load_settings
from kedrec.stores import GraphStore, open_store
from kedrec.stores.pending import PendingGraph

if TYPE_CHECKING:
    from kedrec.stores.changes import GraphChanges

TABLES = (("BINDS", "Drug", "Gene"), ("TREATS", "Drug", "Disease"))
PREFIXES = {"Drug": "DRUGBANK:DB", "Gene": "NCBIGene:", "Disease": "DOID:"}
Key = tuple[tuple[str, str, str], str, str, str]


class Model:
    """The rows that a graph should have."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # rows, no secrets
        self.nodes: dict[tuple[str, str], dict[str, Any]] = {}
        self.edges: dict[Key, dict[str, Any]] = {}

    def step(self, graph: Any, folder: Path) -> None:
        """Makes one random change, here and in the graph."""
        kind = self.random.choice(list(PREFIXES))
        ids = [f"{PREFIXES[kind]}{number}" for number in range(6)]
        present = [one for one in ids if (kind, one) in self.nodes]
        choice = self.random.choice(("nodes", "edges", "edges", "delete edges", "delete nodes"))
        if choice == "nodes":
            rows = {
                one: node(one, f"name {self.random.random()}", synonyms=["a b", "c"])
                for one in self.random.sample(ids, 3)
            }
            new = [row for one, row in rows.items() if one not in present]
            changed = [row for one, row in rows.items() if one in present]
            graph.put_nodes(kind, _file(folder, node_file, new), _file(folder, node_file, changed))
            self.nodes |= {(kind, one): row for one, row in rows.items()}
        elif choice == "edges":
            self._put_edges(graph, folder)
        elif choice == "delete edges" and self.edges:
            keys = self.random.sample(sorted(self.edges), min(3, len(self.edges)))
            for table in TABLES:
                of_table = [key[1:] for key in keys if key[0] == table]
                if of_table:
                    graph.delete_edges(*table, key_file(folder, *of_table))
            for key in keys:
                del self.edges[key]
        elif choice == "delete nodes":
            used = {end for (_, start, end_, _) in self.edges for end in (start, end_)}
            unused = [one for one in present if one not in used][:2]
            graph.delete_nodes(kind, unused)
            for one in unused:
                del self.nodes[kind, one]

    def _put_edges(self, graph: Any, folder: Path) -> None:
        table = self.random.choice(TABLES)
        starts, ends = ([one for kind, one in sorted(self.nodes) if kind == end] for end in table[1:])
        if not starts or not ends:
            return
        rows: dict[Key, dict[str, Any]] = {}
        for _ in range(4):
            start, end, source = map(self.random.choice, (starts, ends, ("one", "two")))
            rows[table, start, end, source] = edge(
                start, end, source=source, score=self.random.random(), references=["PMID:1"]
            )
        new = [row for key, row in rows.items() if key not in self.edges]
        changed = [row for key, row in rows.items() if key in self.edges]
        graph.put_edges(*table, _file(folder, edge_file, new), _file(folder, edge_file, changed))
        self.edges |= rows

    def check(self, graph: Any) -> None:
        """Compares every row, some columns of some sources, and the counts."""
        for kind in PREFIXES:
            expected = [row for (of_kind, _), row in sorted(self.nodes.items()) if of_kind == kind]
            assert graph.nodes(kind).to_pylist() == expected
        for table in TABLES:
            edges = [row for key, row in self.edges.items() if key[0] == table]
            assert _rows(graph.edges(*table)) == sorted(edges, key=_key)
            scores = [row["score"] for row in edges if row["source"] == "two"]
            batches = graph.edges(*table, columns=["score"], sources=["two"])
            assert sorted(row["score"] for batch in batches for row in batch.to_pylist()) == sorted(scores)
        counts: dict[tuple[str, str], int] = {}
        for table, *_, source in self.edges:
            counts[table[0], source] = counts.get((table[0], source), 0) + 1
        fingerprint = graph.fingerprint()
        assert fingerprint.edges == counts
        kinds = [kind for kind, _ in self.nodes]
        assert fingerprint.nodes == {kind: kinds.count(kind) for kind in set(kinds)}


def _file(folder: Path, write: Any, rows: list[dict[str, Any]]) -> Path | None:
    path: Path | None = write(folder, *rows) if rows else None
    return path


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["start"], row["end"], row["source"]


def _rows(batches: Any) -> list[dict[str, Any]]:
    return sorted((row for batch in batches for row in batch.to_pylist()), key=_key)


def write(store: GraphStore, changes: GraphChanges) -> None:
    for change in changes.nodes:
        store.put_nodes(change.kinds[0], change.new, change.changed)
    for change in (*changes.moved_edges, *changes.edges):
        relation, start, end = change.kinds
        store.put_edges(relation, start, end, change.new, change.changed)
    for change in (*changes.moved_edge_keys, *changes.deleted_edges):
        relation, start, end = change.kinds
        assert change.new is not None
        store.delete_edges(relation, start, end, change.new)
    for kind, ids in changes.deleted_nodes.items():
        store.delete_nodes(kind, ids)


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "neo4j":
        found: Settings = request.getfixturevalue("empty_neo4j")
        return found
    return load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))


@pytest.fixture
def store(settings: Settings) -> Iterator[GraphStore]:
    with closing(open_store(settings.graph_url, settings, read_only=False)) as opened:
        opened.prepare()
        yield opened


@pytest.mark.parametrize("seed", [1, 2])
def test_random_changes_read_as_what_writing_them_gives(store: GraphStore, tmp_path: Path, seed: int) -> None:
    model = Model(seed)
    with store.writing():
        for _ in range(12):
            model.step(store, tmp_path)
    model.check(store)
    with PendingGraph(store, tmp_path / "pending") as pending:
        for _ in range(30):
            model.step(pending, tmp_path)
            model.check(pending)
        with store.writing():
            write(store, pending.changes(tmp_path / "changes", {"two"}))
    model.check(store)
    with PendingGraph(store, tmp_path / "pending") as pending:
        model.check(pending)
        assert not pending.changes(tmp_path / "none", {"two"})


def test_edges_of_other_sources_are_told_apart(store: GraphStore, tmp_path: Path) -> None:
    with store.writing():
        store.put_nodes("Drug", node_file(tmp_path, node("DRUGBANK:DB1")), None)
        store.put_nodes("Gene", node_file(tmp_path, node("NCBIGene:1")), None)
        rows = [edge("DRUGBANK:DB1", "NCBIGene:1", source=source) for source in ("one", "two")]
        store.put_edges("BINDS", "Drug", "Gene", edge_file(tmp_path, *rows), None)
    with PendingGraph(store, tmp_path / "pending") as pending:
        keys = key_file(tmp_path, *[("DRUGBANK:DB1", "NCBIGene:1", source) for source in ("one", "two")])
        pending.delete_edges("BINDS", "Drug", "Gene", keys)
        changes = pending.changes(tmp_path / "changes", {"two"})
    assert [change.rows for change in changes.deleted_edges] == [1]
    assert [change.rows for change in changes.moved_edge_keys] == [1]
    assert changes.rows == 2


def test_facts_and_bytes_differ_only_where_they_changed(store: GraphStore, tmp_path: Path) -> None:
    with store.writing():
        store.put_metadata({"a": "1", "b": "2"}, {"x": b"1", "y": b"2"})
    with PendingGraph(store, tmp_path / "pending") as pending:
        pending.put_metadata({"a": "1", "b": None, "c": "3"}, {"x": b"1", "y": b"3"})
        assert pending.changed_facts() == {"b": None, "c": "3"}
        assert pending.changed_blobs() == {"y": b"3"}
        expected = {**store.metadata(), "c": "3"}
        del expected["b"]
        assert pending.metadata() == expected
        assert (pending.blob("x"), pending.blob("y"), pending.blob("z")) == (b"1", b"3", None)
