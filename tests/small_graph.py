"""Writes the Parquet files that stores read, from rows in which only what matters is given."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kedrec.stores import EDGE_COLUMNS, NODE_COLUMNS

_numbers = itertools.count()
_NODE: dict[str, Any] = {"synonyms": [], "xrefs": [], "description": "", "sources": ["test"]}
_EDGE: dict[str, Any] = {
    "source": "test",
    "licence": "CC0-1.0",
    "references": [],
    "evidence": "",
    "score": None,
    "year": None,
    "action": "",
    "mechanisms": [],
}


def node(node_id: str, name: str = "", **fields: object) -> dict[str, Any]:
    return _NODE | {"id": node_id, "name": name or node_id} | fields


def edge(start: str, end: str, **fields: object) -> dict[str, Any]:
    return _EDGE | {"start": start, "end": end} | fields


def node_file(folder: Path, *rows: dict[str, Any]) -> Path:
    return _file(folder, rows, NODE_COLUMNS)


def edge_file(folder: Path, *rows: dict[str, Any]) -> Path:
    return _file(folder, rows, EDGE_COLUMNS)


def key_file(folder: Path, *keys: tuple[str, str, str]) -> Path:
    rows = [dict(zip(("start", "end", "source"), key, strict=True)) for key in keys]
    return _file(folder, rows, pa.schema([EDGE_COLUMNS.field(name) for name in ("start", "end", "source")]))


def _file(folder: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> Path:
    path = folder / f"rows-{next(_numbers)}.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path)
    return path
