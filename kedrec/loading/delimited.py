"""Reads tables of a source into DuckDB: text with tabs or commas, with or without a header, and Parquet.

Every row keeps its file and line. A quoted field may hold the separator and line breaks; its row then has
the number of its first line.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.text import PLACEHOLDER

if TYPE_CHECKING:
    from kedrec.loading.sources import FileSpec
    from kedrec.loading.staging import Staging

__all__ = ["empty_table", "read_delimited", "read_parquet"]

_BATCH = 50_000
_LINES = """
SELECT (row_number() OVER ())::INTEGER AS line, row FROM read_csv('{path}', columns = {{'row': 'VARCHAR'}},
  delim = '\x01', quote = '', escape = '', header = false, auto_detect = false, new_line = '\\n',
  max_line_size = 16777216)
"""
_SPLIT = """
CREATE OR REPLACE TEMP TABLE fields AS
SELECT line, string_split(row, '{separator}') AS f FROM ({lines})
WHERE line > {skip} AND row IS NOT NULL AND row <> '{placeholder}'
"""
# A line starts a record where the quotes before it are in pairs; others go on with the record above.
_RECORDS = """
CREATE OR REPLACE TEMP TABLE quoted AS
SELECT min(line) AS line, string_agg(row, chr(10) ORDER BY line) AS record
FROM (
  SELECT line, row, max(line) FILTER (before % 2 = 0) OVER (ORDER BY line) AS first
  FROM (
    SELECT line, coalesce(row, '') AS row,
      coalesce(sum(length(row) - length(replace(row, '"', ''))) OVER above, 0) AS before
    FROM lines WHERE line > {skip} AND coalesce(row, '') <> '{placeholder}'
    WINDOW above AS (ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  )
)
GROUP BY first HAVING bool_or(contains(row, '"'))
"""
_INSIDE = """
DELETE FROM fields WHERE line IN (
  SELECT unnest(range(line + 1, line + length(record) - length(replace(record, chr(10), '')) + 1)) FROM quoted
)
"""


def empty_table(staging: Staging, spec: FileSpec) -> None:
    """Makes the table of an optional file that isn't there."""
    columns = ", ".join(f'"{column}" VARCHAR' for column in (*spec.columns, *spec.more))
    staging.sql.execute(f'CREATE TEMP TABLE "{spec.name}" (file INTEGER, line INTEGER, {columns})')


def read_delimited(staging: Staging, spec: FileSpec, path: Path) -> None:
    """Reads a text file into the table `spec.name` (file, line, columns), made if new.

    Rows with another number of fields than the header are rejected; empty lines are passed over.

    Raises:
        DataError: the file is damaged, or its header lacks a column.
    """
    number, plain, bad = staging.unpacked(path)
    comma = spec.format == "csv" or (spec.format == "by-suffix" and ".csv" in path.suffixes)
    separator, quotes = ("," if comma else "\t"), comma or spec.format in ("quoted-tsv", "by-suffix")
    header = list(spec.header) or _header(plain, separator, quotes=quotes)
    _check_header(path, header, spec.columns, "comma-separated" if separator == "," else "tab-separated")
    skip = 0 if spec.header else 1
    staging.reject(spec.rows, number, [(line.line, line.reason, "", line.text) for line in bad])
    sql = staging.sql
    # Only the staging area's own path, constants and declared words are written into these statements.
    words = {"separator": separator, "skip": skip, "placeholder": PLACEHOLDER}
    lines = _LINES.format(path=str(plain).replace("'", "''"))
    if quotes:
        sql.execute(f"CREATE OR REPLACE TEMP TABLE lines AS {lines}")
        sql.execute(_SPLIT.format(lines="lines", **words) + " AND NOT contains(row, '\"')")
        if staging.count("lines", f"line > {skip} AND contains(row, '\"')"):
            _read_quoted(staging, words, separator)
        staging.forget("lines")
    else:
        sql.execute(_SPLIT.format(lines=lines, **words))
    chosen = [f'f[{header.index(column) + 1}] AS "{column}"' for column in spec.columns]
    chosen += [
        f'f[{header.index(column) + 1}] AS "{column}"' if column in header else f'NULL::VARCHAR AS "{column}"'
        for column in spec.more
    ]
    _add(staging, spec, f"SELECT {number} AS file, line, {', '.join(chosen)} FROM fields "  # noqa: S608  # declared columns
         f"WHERE len(f) = {len(header)}")  # fmt: skip
    sql.execute(
        "INSERT INTO rejects SELECT ?, ?, line, 'wrong number of columns', "
        "format('{} instead of {}', len(f), ?), NULL FROM fields WHERE len(f) <> ?",
        [spec.rows, number, len(header), len(header)],
    )
    staging.read[spec.rows] += staging.count("fields") + len(bad)
    sql.execute("DROP TABLE fields")


def _add(staging: Staging, spec: FileSpec, select: str) -> None:
    known = staging.sql.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [spec.name]).fetchall()
    head = f'INSERT INTO "{spec.name}"' if known else f'CREATE TEMP TABLE "{spec.name}" AS'
    staging.sql.execute(f"{head} {select}")


def _read_quoted(staging: Staging, words: dict[str, Any], separator: str) -> None:
    """Adds the rows with quotes to `fields`; few rows have any, so Python reads them."""
    sql = staging.sql
    sql.execute(_RECORDS.format(**words))
    sql.execute(_INSIDE)
    # A field may be as long as its line.
    allowed = csv.field_size_limit(1 << 24)
    try:
        last = 0
        while batch := sql.execute(
            "SELECT line, record FROM quoted WHERE line > ? ORDER BY line LIMIT ?", [last, _BATCH]
        ).fetchall():
            parsed = [next(csv.reader([record], delimiter=separator)) for _, record in batch]
            staging.table("parsed_rows", {"line": [line for line, _ in batch], "items": parsed})
            sql.execute("INSERT INTO fields SELECT line, items FROM parsed_rows")
            staging.forget("parsed_rows")
            last = batch[-1][0]
    finally:
        csv.field_size_limit(allowed)
    staging.forget("quoted")


def _header(plain: Path, separator: str, *, quotes: bool) -> list[str]:
    with plain.open(encoding="utf-8", newline="") as lines:
        first = lines.readline().rstrip("\n")
    if quotes:
        return next(csv.reader([first], delimiter=separator), [])
    return first.split(separator)


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str], what: str) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        raise DataError(
            f"{path} has no column {' and no column '.join(missing)}; its first line names "
            f"{', '.join(header)[:200] or 'none'}.",
            f"It must be {what}, in the layout that its source publishes.",
        )


def read_parquet(staging: Staging, spec: FileSpec, path: Path) -> None:
    """Reads a Parquet file into the table `spec.name` (file, line, columns), made if new.

    Raises:
        DataError: the file is damaged, or lacks a column.
    """
    import duckdb

    number = staging.add_file(path)
    try:
        found = staging.sql.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        _check_header(path, [row[0] for row in found], spec.columns, "Parquet")
        names = {row[0] for row in found}
        chosen = [f'"{column}"' for column in spec.columns]
        chosen += [f'"{column}"' if column in names else f'NULL AS "{column}"' for column in spec.more]
        quoted = str(path).replace("'", "''")
        _add(staging, spec, f"SELECT {number} AS file, (file_row_number + 1)::INTEGER AS line, "  # noqa: S608  # a path, quoted
             f"{', '.join(chosen)} FROM read_parquet('{quoted}', file_row_number = true)")  # fmt: skip
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise DataError(
            f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}",
            "Get the file again.",
        ) from error
    staging.read[spec.rows] += staging.count(f'"{spec.name}"', f"file = {number}")
