"""Batches of edges for a server: every edge once, and no node twice in what runs at the same time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from kedrec.stores import EDGE_COLUMNS
from kedrec.stores.neo4j_batches import ROWS, WORKERS, batches, rounds


def edges(count: int, **constant: Any) -> pa.Table:
    fields = {
        "source": "test",
        "licence": "CC0-1.0",
        "references": [],
        "evidence": "",
        "score": None,
        "year": None,
        "action": "",
        "mechanisms": [],
    } | constant
    rows = [{"start": f"G:{i % 997}", "end": f"G:{i * 7 % 1009}"} | fields for i in range(count)]
    return pa.Table.from_pylist(rows, schema=EDGE_COLUMNS)


@pytest.mark.parametrize("count", [0, 1, ROWS, 5 * ROWS])
def test_every_edge_is_in_one_part(count: int) -> None:
    table = edges(count)
    parts = [part for each in rounds(table) for part in each]

    def ends(tables: list[pa.Table]) -> Counter[tuple[str, str]]:
        return Counter(
            (start, end)
            for one in tables
            for start, end in zip(one["start"].to_pylist(), one["end"].to_pylist(), strict=True)
        )

    assert ends(parts) == ends([table])


def test_parts_of_a_round_share_no_node() -> None:
    several = [each for each in rounds(edges(5 * ROWS)) if len(each) > 1]
    assert several
    for each in several:
        assert len(each) <= WORKERS
        nodes = [set(part["start"].to_pylist()) | set(part["end"].to_pylist()) for part in each]
        assert not set.intersection(*nodes)


def test_equal_properties_travel_once_a_batch() -> None:
    ((rows, properties),) = batches(edges(100, references=["PMID:1"]))
    assert len(rows) == 100
    assert rows[0] == ["G:0", "G:0", 0]
    assert [one["references"] for one in properties] == [["PMID:1"]]
    assert "start" not in properties[0]


def test_different_properties_stay_apart() -> None:
    table = pa.concat_tables([edges(1, score=0.5), edges(1, score=None), edges(1, mechanisms=["m"])])
    ((rows, properties),) = batches(table)
    assert [row[2] for row in rows] == [0, 1, 2]
    assert [one.get("score") for one in properties] == [0.5, None, None]  # a server stores no nulls


def test_batches_are_no_longer_than_a_transaction_should_be() -> None:
    assert [len(rows) for rows, _ in batches(edges(2 * ROWS + 1))] == [ROWS, ROWS, 1]
