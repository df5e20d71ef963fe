"""Edges that are remembered by node: read once, hidden ones never, and no more than the bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.evidence.node_edges import NodeEdges, node_edges
from kedrec.ranking.adjacency import Adjacency, Incidence, Table, read_adjacency
from kedrec.ranking.metapaths import schema_tables

BINDS: Table = ("BINDS", "Drug", "Gene")
AFFECTS: Table = ("AFFECTS", "Drug", "Gene")
DRUGS, GENES = 3, 4
PAIRS = {BINDS: [(0, 0), (0, 1), (1, 1), (2, 2), (2, 3)], AFFECTS: [(0, 2), (1, 0)]}


class Store(ListedGraph):
    """A graph that notes the ids of each question for edges."""

    def __init__(self) -> None:
        links: list[Link] = [
            (*table, f"Drug:{drug}", f"Gene:{gene}", "here", ())
            for table, pairs in PAIRS.items()
            for drug, gene in pairs
        ]
        super().__init__(links, {"Drug": DRUGS, "Gene": GENES})
        self.asked: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []

    def edges_between(
        self, relation: str, start_kind: str, end_kind: str, starts: Sequence[str], ends: Sequence[str]
    ) -> list[dict[str, Any]]:
        self.asked.append((relation, tuple(starts), tuple(ends)))
        return [
            {"start_id": link[3], "end_id": link[4], "edge": {"source": link[5]}}
            for link in self.links
            if link[:3] == (relation, start_kind, end_kind) and link[3] in starts and link[4] in ends
        ]


@pytest.fixture
def store() -> Any:
    return Store()


@pytest.fixture
def adjacency(store: Any) -> Adjacency:
    return Adjacency(read_adjacency(store, schema_tables()))


def ends(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["relation"], row["start_id"], row["end_id"]) for row in rows]


def expected(table: Table, *drugs: int) -> list[tuple[str, str, str]]:
    return [
        (table[0], f"Drug:{drug}", f"Gene:{gene}")
        for drug in drugs
        for start, gene in PAIRS[table]
        if start == drug
    ]


def test_the_edges_of_each_node_are_its_own_in_the_order_of_the_nodes(
    store: Any, adjacency: Adjacency
) -> None:
    edges = NodeEdges()
    assert ends(edges.read(store, adjacency, BINDS, [2, 0])) == expected(BINDS, 2, 0)
    assert ends(edges.read(store, adjacency, AFFECTS, [0, 1, 2])) == expected(AFFECTS, 0, 1, 2)


def test_a_node_is_asked_for_once_a_table_and_those_missing_by_one_query(
    store: Any, adjacency: Adjacency
) -> None:
    edges = NodeEdges()
    edges.read(store, adjacency, BINDS, [0])
    edges.read(store, adjacency, BINDS, [0, 1, 2, 1])
    edges.read(store, adjacency, BINDS, [2, 1, 0])
    assert store.asked == [
        ("BINDS", ("Drug:0",), ("Gene:0", "Gene:1")),
        ("BINDS", ("Drug:1", "Drug:2"), ("Gene:1", "Gene:2", "Gene:3")),
    ]


def test_a_node_without_edges_is_not_asked_for(store: Any, adjacency: Adjacency) -> None:
    edges = NodeEdges()
    assert edges.read(store, adjacency, AFFECTS, [2]) == []
    assert edges.read(store, adjacency, ("METABOLIZED_TO", "Drug", "Gene"), [2]) == []
    assert store.asked == []


def test_a_role_has_the_edges_of_each_of_its_relations(store: Any, adjacency: Adjacency) -> None:
    edges = NodeEdges()
    both = [
        row
        for role in ("target", "effect")
        for row in edges.read_role(store, adjacency, role, ("Drug", "Gene"), [0])  # type: ignore[arg-type]
    ]
    assert sorted(ends(both)) == sorted(expected(BINDS, 0) + expected(AFFECTS, 0))


def test_hidden_links_are_not_read_and_a_copy_of_the_links_remembers_nothing(
    store: Any, adjacency: Adjacency
) -> None:
    edges = node_edges(adjacency)
    assert len(edges.read(store, adjacency, BINDS, [0])) == 2
    assert node_edges(adjacency) is edges
    shown = Incidence(
        np.array([0, 1, 1, 1]), np.array([1], np.int32), np.array([0, 0, 1, 1, 1]), np.array([0], np.int32)
    )
    hiding = adjacency.with_links({BINDS: shown})
    assert ends(node_edges(hiding).read(store, hiding, BINDS, [0, 1])) == [("BINDS", "Drug:0", "Gene:1")]


def test_the_least_recently_used_are_forgotten_and_read_again(
    store: Any, adjacency: Adjacency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kedrec.evidence.node_edges._MOST_ROWS", 3)
    edges = NodeEdges()
    for drug in (0, 1, 0, 2):  # 2, 1 and 2 edges: the third read makes drug 1 the one used longest ago
        edges.read(store, adjacency, BINDS, [drug])
    asked = len(store.asked)
    assert ends(edges.read(store, adjacency, BINDS, [2])) == expected(BINDS, 2)
    assert len(store.asked) == asked
    assert ends(edges.read(store, adjacency, BINDS, [1, 0])) == expected(BINDS, 1, 0)
    assert store.asked[asked:] == [("BINDS", ("Drug:1", "Drug:0"), ("Gene:0", "Gene:1"))]
    # More than the bound at once is read whole.
    assert ends(edges.read(store, adjacency, BINDS, [0, 1, 2])) == expected(BINDS, 0, 1, 2)
