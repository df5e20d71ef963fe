"""Cuts edge tables into batches for a server: compact on the wire, and disjoint if two run at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kedrec.stores.marking import MARK_PROPERTY

__all__ = ["ROWS", "WORKERS", "batches", "present_properties", "rounds", "slices", "to_column", "to_table"]

WORKERS = 2
"""Sessions that write in parallel."""
ROWS = 10_000
"""Rows of a batch, and so of a transaction."""
_BLOCKS = 4
_MIN_PARALLEL_ROWS = 4 * ROWS  # with fewer rows, one session is as fast

# A round-robin tournament of four blocks of nodes: within a round, no two cells share a block.
_ROUNDS = (((0, 0), (1, 1)), ((2, 2), (3, 3)), ((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))


def rounds(table: pa.Table) -> Iterator[list[pa.Table]]:
    """Parts of an edge table, round by round; the parts of one round share no node.

    Writing an edge locks both of its nodes, so the parts of one round are written in parallel without
    blocking each other. A part is sorted by start and end.
    """
    if table.num_rows < _MIN_PARALLEL_ROWS:
        yield [_sorted(table)]
        return
    start, end = _block(table["start"]), _block(table["end"])
    cell = pc.add(pc.multiply(pc.min_element_wise(start, end), _BLOCKS), pc.max_element_wise(start, end))
    for cells in _ROUNDS:
        parts = [table.filter(pc.equal(cell, low * _BLOCKS + high)) for low, high in cells]
        yield [_sorted(part) for part in parts if part.num_rows]


def batches(table: pa.Table) -> Iterator[tuple[list[list[Any]], list[dict[str, Any]]]]:
    """Batches of an edge table as rows [start, end, index] and the list of distinct properties they index.

    Most edges of a source differ only in their ends, so each set of properties is sent once a batch. It
    includes KEDRec's mark.
    """
    names = [name for name in table.column_names if name not in {"start", "end"}]
    for part in slices(table, ROWS):
        columns = [part[name].to_pylist() for name in names]
        indices_by_key: dict[tuple[Any, ...], int] = {}
        properties: list[dict[str, Any]] = []
        indices = []
        for values in zip(*columns, strict=True):
            key = tuple(tuple(value) if isinstance(value, list) else value for value in values)
            index = indices_by_key.setdefault(key, len(properties))
            if index == len(properties):
                properties.append(
                    {**present_properties(dict(zip(names, values, strict=True))), MARK_PROPERTY: True}
                )
            indices.append(index)
        ends = (part["start"].to_pylist(), part["end"].to_pylist(), indices)
        yield [list(row) for row in zip(*ends, strict=True)], properties


def present_properties(row: dict[str, Any]) -> dict[str, Any]:
    """A row's properties as a server stores them: without nulls and empty lists.

    Neo4j's import tool writes no empty lists, and both ways of loading must give the same graph.
    """
    return {name: value for name, value in row.items() if value is not None and value != []}


def to_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows read from a server as a table; a missing list becomes an empty one."""
    return pa.table(
        {field.name: to_column([row[field.name] for row in rows], field.type) for field in schema},
        schema,
    )


def to_column(values: Sequence[Any], data_type: pa.DataType) -> pa.Array:
    """Values read from a server as a column; a missing list becomes an empty one."""
    if pa.types.is_list(data_type):
        values = [value or [] for value in values]
    return pa.array(values, data_type)


def slices(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    """Parts of a table with `rows` rows, the last one shorter; no part of an empty table."""
    return (table.slice(offset, rows) for offset in range(0, table.num_rows, rows))


def _block(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    encoded = ids.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    blocks = pa.array(zlib.crc32(value.encode()) % _BLOCKS for value in encoded.dictionary.to_pylist())
    return blocks.take(encoded.indices)


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([("start", "ascending"), ("end", "ascending")])
