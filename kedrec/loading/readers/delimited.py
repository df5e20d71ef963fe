"""Reader of a source's tables into DuckDB: tab- or comma-separated text, with or without header, and Parquet.

Every row has its file and line. A quoted field may contain the separator and line breaks; its row then has
the number of its first line.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.readers.table_records import Dialect, Record, read_records, split_line

if TYPE_CHECKING:
    from kedrec.common.text_files import BadLine
    from kedrec.loading.sources import FileSpec
    from kedrec.loading.staging import Staging

__all__ = ["empty_table", "first_fields", "read_delimited", "read_parquet"]

_BATCH = 50_000
_LINES = """
INSERT INTO lines BY NAME
SELECT (row_number() OVER ())::INTEGER AS line, row FROM read_csv('{path}', columns = {{'row': 'VARCHAR'}},
  delim = '\x01', quote = '', escape = '', header = false, auto_detect = false, new_line = '\\n',
  max_line_size = 16777216)
"""
_SPLIT = """
INSERT INTO fields BY NAME
SELECT line, string_split(row, '{separator}') AS f FROM lines
WHERE line > {skip} AND row IS NOT NULL AND row <> '' AND line NOT IN (SELECT line FROM bad_lines) AND {where}
"""
# A row may lack optional columns at its end.
_COMPLETE = "len(f) BETWEEN {needed} AND {width}"


def empty_table(staging: Staging, spec: FileSpec) -> None:
    """Creates an empty table for an optional file that is missing."""
    columns = ", ".join(f'"{column}" VARCHAR' for column in (*spec.columns, *spec.more))
    staging.sql.execute(f'CREATE TEMP TABLE "{spec.name}" (file INTEGER, line INTEGER, {columns})')


def read_delimited(staging: Staging, spec: FileSpec, path: Path) -> None:
    """Reads a text file into the table `spec.name` (file, line, columns), created if new.

    Rejects rows that lack a column of `spec.columns`, have more fields than the header, or whose quotes can't
    be read; skips empty lines.

    Raises:
        DataError: the file is damaged, or its header lacks a column.
    """
    number, plain, bad = staging.unpack(path)
    comma = spec.format == "csv" or (spec.format == "by-suffix" and ".csv" in path.suffixes)
    dialect = Dialect(
        "," if comma else "\t", '"' if comma or spec.format in ("quoted-tsv", "by-suffix") else ""
    )
    comments = _comment_lines(plain, spec.comment)
    header = list(spec.header) or first_fields(path, plain, dialect, bad, comments)
    _check_header(path, header, spec.columns, "comma-separated" if comma else "tab-separated")
    skip = comments + (0 if spec.header else 1)
    staging.reject(spec.rows, number, [(line.line, line.reason, "", line.text) for line in bad])
    sql = staging.sql
    staging.fill("bad_lines", {"line": [line.line for line in bad]})
    staging.create("lines", "fields")
    # Only the staging area's own path, constants and declared names are formatted into these statements.
    sql.execute(_LINES.format(path=str(plain).replace("'", "''")))
    where = "NOT contains(row, '\"')" if dialect.quote else "true"
    sql.execute(_SPLIT.format(separator=dialect.separator, skip=skip, where=where))
    if dialect.quote:
        _read_quoted(staging, spec, number, read_records(
            plain, dialect, len(header), bad={line.line for line in bad}, skip=skip, quoted_only=True
        ))  # fmt: skip
    staging.drop("lines", "bad_lines")
    positions = {
        column: header.index(column) + 1 for column in (*spec.columns, *spec.more) if column in header
    }
    is_complete = _COMPLETE.format(
        needed=max((positions[column] for column in spec.columns), default=1), width=len(header)
    )
    columns = [
        f'f[{positions[column]}] AS "{column}"' if column in positions else f'NULL::VARCHAR AS "{column}"'
        for column in (*spec.columns, *spec.more)
    ]
    select = f"SELECT {number} AS file, line, {', '.join(columns)} FROM fields WHERE {is_complete}"  # noqa: S608  # declared columns
    _add(staging, spec, select)
    sql.execute(
        "INSERT INTO rejects SELECT ?, ?, line, 'wrong number of columns', "  # noqa: S608  # constants
        f"format('{{}} instead of {{}}', len(f), ?), NULL FROM fields WHERE NOT ({is_complete})",
        [spec.rows, number, len(header)],
    )
    staging.rows_read[spec.rows] += staging.count("fields") + len(bad)
    sql.execute("DROP TABLE fields")


def _add(staging: Staging, spec: FileSpec, select: str) -> None:
    exists = staging.sql.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [spec.name]).fetchall()
    head = f'INSERT INTO "{spec.name}"' if exists else f'CREATE TEMP TABLE "{spec.name}" AS'
    staging.sql.execute(f"{head} {select}")


def _read_quoted(staging: Staging, spec: FileSpec, file: int, records: Iterator[Record]) -> None:
    """Adds the rows with quotes to `fields`, and deletes the lines inside of them."""
    while batch := list(itertools.islice(records, _BATCH)):
        complete = [record for record in batch if not record.reason]
        staging.fill(
            "parsed_rows",
            {
                "line": [record.line for record in complete],
                "last": [record.line + record.lines - 1 for record in complete],
                "items": [record.fields for record in complete],
            },
        )
        staging.sql.execute(
            "DELETE FROM fields WHERE line IN (SELECT unnest(range(line + 1, last + 1)) FROM parsed_rows)"
        )
        staging.sql.execute("INSERT INTO fields SELECT line, items FROM parsed_rows")
        staging.drop("parsed_rows")
        rejects = [(record.line, record.reason, "", record.text) for record in batch if record.reason]
        staging.reject(spec.rows, file, rejects)
        staging.rows_read[spec.rows] += len(rejects)


def _comment_lines(plain: Path, comment: str) -> int:
    """Counts the lines at a table's beginning that begin with `comment`; none if it is ""."""
    if not comment:
        return 0
    with plain.open(encoding="utf-8", newline="\n") as lines:
        return sum(1 for _ in itertools.takewhile(lambda line: line.startswith(comment), lines))


def first_fields(
    path: Path, plain: Path, dialect: Dialect, bad: Sequence[BadLine], comments: int = 0
) -> list[str]:
    """Reads the fields of a table's first line after its comments.

    Args:
        path: the table.
        plain: its clean text.
        dialect: its separator and quote.
        bad: its lines that aren't text.
        comments: number of lines before it.

    Raises:
        DataError: that line isn't text.
    """
    if unreadable := [line.reason for line in bad if line.line == comments + 1]:
        raise DataError(
            f"The first line of {path} can't be read: {unreadable[0]}.", "Save the table as UTF-8 text."
        )
    with plain.open(encoding="utf-8", newline="\n") as lines:
        header = next(itertools.islice(lines, comments, None), "")
    return split_line(header.removesuffix("\n"), dialect)


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str], layout: str) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        raise DataError(
            f"{path} has no column {' and no column '.join(missing)}; its first line names "
            f"{', '.join(header)[:200] or 'none'}.",
            f"It must be {layout}, in the layout that its source publishes.",
        )


def read_parquet(staging: Staging, spec: FileSpec, path: Path) -> None:
    """Reads a Parquet file into the table `spec.name` (file, line, columns), created if new.

    Raises:
        DataError: the file is damaged, or lacks a column.
    """
    import duckdb

    number = staging.add_file(path)
    try:
        description = staging.sql.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        _check_header(path, [row[0] for row in description], spec.columns, "Parquet")
        names = {row[0] for row in description}
        columns = [f'"{column}"::VARCHAR AS "{column}"' for column in spec.columns]
        columns += [f'"{column}"' if column in names else f'NULL AS "{column}"' for column in spec.more]
        quoted = str(path).replace("'", "''")
        _add(staging, spec, f"SELECT {number} AS file, (file_row_number + 1)::INTEGER AS line, "  # noqa: S608  # a path, quoted
             f"{', '.join(columns)} FROM read_parquet('{quoted}', file_row_number = true)")  # fmt: skip
    except duckdb.Error as error:  # a damaged file causes various errors
        raise DataError(
            f"{path} is not a Parquet file that can be read: {str(error).splitlines()[0]}",
            "Get the file again.",
        ) from error
    staging.rows_read[spec.rows] += staging.count(f'"{spec.name}"', f"file = {number}")
