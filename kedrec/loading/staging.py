"""Staging area of one load: a DuckDB database that readers fill and the pipeline checks.

Readers add rows to `node_rows`, `edge_rows` and `retired_rows`, and rows that they can't read to `rejects`;
`staging_tables` declares these tables and those of the pipeline. `file` is a number from `Staging.add_file`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kedrec.common.private_files import private_folder
from kedrec.common.text_files import BadLine, unpack
from kedrec.errors import DataError, UsageError
from kedrec.loading.staging_tables import STAGING_TABLES
from kedrec.stores.duckdb_tables import connect

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Staging"]


_LISTED_COLUMNS = 20
"""Number of unread columns that a note lists by name."""


def _types() -> dict[str, pa.DataType]:
    """Arrow types of the columns that aren't text."""
    import pyarrow as pa

    text_lists = (
        "synonyms",
        "xrefs",
        "references",
        "mechanisms",
        "prefixes",
        "items",
        "consider",
        "names",
        "vocabularies",
    )
    integers = ("file", "line", "pair", "sign", "position", "rank", "trust")
    return (
        dict.fromkeys(text_lists, pa.list_(pa.string()))
        | dict.fromkeys(integers, pa.int32())
        | {
            "score": pa.float64(),
            "year": pa.int64(),
            "both_ways": pa.bool_(),
            "brings": pa.bool_(),
            "last": pa.int32(),
        }
    )


class Staging:
    """A DuckDB database with a folder of its own, and the list of files that were read into it.

    A context manager; leaving it closes the database. A folder whose name is no text is a `UsageError`.

    Attributes:
        sql: the DuckDB connection.
        folder: folder of its files.
        rows_read: number of rows read by part (`nodes`, `edges`, `attributes`), including rejected ones.
        unread: columns and files of the source that aren't read, each a phrase.
        notes: further notes for the report, each a phrase.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        try:
            str(folder).encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                "The name of the folder to work in holds bytes that are no UTF-8 text.",
                "Give another with --work.",
            ) from error
        self.folder = private_folder(folder)
        self.rows_read = {"nodes": 0, "edges": 0, "attributes": 0}
        self.unread: list[str] = []
        self.notes: list[str] = []
        self._files: list[tuple[Path, Path | None]] = []
        self.sql = connect(None, folder / "spill", keeps_order=True)
        if threads:
            self.sql.execute(f"SET threads = {int(threads)}")
        self.create("node_rows", "edge_rows", "retired_rows", "rejects")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sql.close()

    def add_file(self, path: Path, plain: Path | None = None) -> int:
        """Registers a file that rows come from; returns its number.

        Args:
            path: the user's file.
            plain: its lines as clean text, from which rejected rows are copied.
        """
        self._files.append((path, plain))
        return len(self._files) - 1

    def unpack(self, path: Path) -> tuple[int, Path, list[BadLine]]:
        """Unpacks a text file; returns its number, the clean copy, and the lines that aren't text."""
        number = len(self._files)
        plain = self.folder / f"{number}-{path.name}.txt"
        bad = unpack(path, plain)
        return self.add_file(path, plain), plain, bad

    def reject(self, part: str, file: int, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Records rejected rows: (line, reason, detail, text)."""
        if rows:
            columns: dict[str, list[Any]] = {"part": [part] * len(rows), "file": [file] * len(rows)}
            for i, name in enumerate(("line", "reason", "detail", "text")):
                columns[name] = [row[i] for row in rows]
            self.insert("rejects", columns)

    def note_unread_columns(self, path: Path, columns: Sequence[str]) -> None:
        """Adds a note about columns of a file that aren't read; none if `columns` is empty."""
        if columns:
            names = ", ".join(column or "one without a name" for column in columns[:_LISTED_COLUMNS])
            more = f" and {len(columns) - _LISTED_COLUMNS} more" if len(columns) > _LISTED_COLUMNS else ""
            self.unread.append(f"{path.name}: column{'s'[: len(columns) - 1]} {names}{more}")

    def create(self, *tables: str) -> None:
        """Creates tables of `STAGING_TABLES`, empty."""
        for table in tables:
            self.sql.execute(STAGING_TABLES[table].create_statement())

    def fill(self, table: str, columns: dict[str, list[Any]]) -> None:
        """Creates a table of `STAGING_TABLES` with rows given by column."""
        self.create(table)
        self.insert(table, columns)

    def create_table(self, name: str, columns: dict[str, list[Any]]) -> None:
        """Creates a table of a source, which its declaration names, with rows given by column."""
        with self._registered(columns) as rows:
            self.sql.execute(f"CREATE TABLE {name} AS SELECT * FROM {rows}")  # noqa: S608  # internal names

    def insert(self, table: str, columns: dict[str, list[Any]]) -> None:
        """Appends rows, given by column, to a table; missing columns get their defaults."""
        with self._registered(columns) as rows:
            self.sql.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {rows}")  # noqa: S608  # internal names

    @contextmanager
    def _registered(self, columns: dict[str, list[Any]]) -> Iterator[str]:
        import pyarrow as pa

        arrow = pa.table(
            {name: pa.array(values, _types().get(name, pa.string())) for name, values in columns.items()}
        )
        self.sql.register("new_rows", arrow)
        try:
            yield "new_rows"
        finally:
            self.sql.unregister("new_rows")

    def count(self, table: str, where: str = "true") -> int:
        """Counts the rows of a table."""
        # The result is fetched completely: an open one would block the connection.
        [[number]] = self.sql.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchall()  # noqa: S608  # internal names
        return int(number)

    def drop(self, *tables: str) -> None:
        """Drops tables, to free their memory."""
        for table in tables:
            self.sql.execute(f"DROP TABLE {table}")

    def drop_temporary(self) -> None:
        """Drops the temporary tables of a source's SQL, whose names could clash with the pipeline's."""
        rows = self.sql.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
        self.drop(*(f'"{name}"' for (name,) in rows))

    def reasons(self) -> dict[str, int]:
        """Counts rejected rows by reason, the most frequent first."""
        rows = self.sql.execute(
            "SELECT reason, count(*) FROM rejects GROUP BY reason ORDER BY count(*) DESC, reason"
        ).fetchall()
        return dict(rows)

    def first_reject(self) -> str:
        """Describes the first rejected row: line, file and reason."""
        rows = self.sql.execute(
            "SELECT file, line, reason, detail FROM rejects ORDER BY file, line, reason LIMIT 1"
        ).fetchall()
        if not rows:
            return "each says what another row says"
        [(file, line, reason, detail)] = rows
        name = self._files[file][0].name if file is not None else "the source"
        return f"the first is line {line} of {name}, {reason}{f': {detail}' if detail else ''}"[:300]

    def write_rejects(self, source: str, path: Path) -> None:
        """Appends the rejected rows to a TSV file with the columns source, file, line, reason, row."""
        rows = self.sql.execute(
            "SELECT file, line, reason, detail, text FROM rejects ORDER BY file, line, reason, detail"
        ).fetchall()
        texts = self._row_texts({(file, line) for file, line, _, _, text in rows if text is None})
        with path.open("a", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, delimiter="\t", lineterminator="\n")
            for file, line, reason, detail, text in rows:
                row_text = texts.get((file, line), "") if text is None else text
                name = str(self._files[file][0]) if file is not None else ""
                writer.writerow([source, name, line, f"{reason}: {detail}" if detail else reason, row_text])

    def _row_texts(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
        texts: dict[tuple[int, int], str] = {}
        for file in sorted({file for file, _ in wanted}):
            plain = self._files[file][1]
            lines = {line for number, line in wanted if number == file}
            if plain is not None:
                with plain.open(encoding="utf-8") as text:
                    texts |= {(file, n): row.rstrip("\n") for n, row in enumerate(text, 1) if n in lines}
        return texts


@contextmanager
def staging_errors(where: Path) -> Iterator[None]:
    """Turns DuckDB's and the operating system's errors into `DataError`."""
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.DataError) as error:
        text = str(error).splitlines()[0]
        full = "No space left" in str(error) or isinstance(error, duckdb.OutOfMemoryException)
        hint = (
            f"Make room on the disk of {where} and load again; nothing stored was lost."
            if full
            else "Check that the files are in the layout that their source publishes."
        )
        raise DataError(f"Staging the rows in {where} failed: {text}", hint) from error
    except OSError as error:
        raise DataError(
            f"Staging the rows in {where} failed: {error.strerror or error}.",
            "Make room on the disk, or make the folder writable, and load again; nothing stored was lost.",
        ) from error
