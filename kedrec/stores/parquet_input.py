"""Reads the Parquet files of a load, and checks their columns before a row is written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kedrec.errors import DataError, UsageError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS
from kedrec.stores.cypher_statements import chosen_columns

__all__ = ["KEY_COLUMNS", "check_pair", "count_rows", "read_rows"]

KEY_COLUMNS = chosen_columns(EDGE_COLUMNS, ["start", "end", "source"])
"""Columns of a file of edge keys."""


def count_rows(file: Path, columns: pa.Schema) -> int:
    """Number of rows of a Parquet file, which must have the given columns in this order.

    Raises:
        DataError: the file is missing, no Parquet file, or has other columns.
    """
    try:
        metadata = pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{file} is no Parquet file: {error}.", "Stage the source again.") from error
    names = metadata.schema.to_arrow_schema().names
    if names != columns.names:
        raise DataError(
            f"{file} has the columns {', '.join(names)} instead of {', '.join(columns.names)}.",
            "Stage the source again.",
        )
    rows: int = metadata.num_rows
    return rows


def read_rows(file: Path, columns: pa.Schema) -> pa.Table:
    """All rows of a Parquet file, which must have the given columns in this order.

    Raises:
        DataError: the file is missing, no Parquet file, or has other columns.
    """
    count_rows(file, columns)
    return pq.read_table(file).cast(columns)


def check_pair(relation: str, start_kind: str, end_kind: str) -> None:
    """Checks that the schema allows a relation between two kinds.

    Raises:
        UsageError: it doesn't.
    """
    definition = load_schema().relations.get(relation)
    if definition is None or (start_kind, end_kind) not in definition.pairs:
        raise UsageError(
            f"The schema has no {relation} from {start_kind} to {end_kind}.", "Add it to graph/schema.yaml."
        )
