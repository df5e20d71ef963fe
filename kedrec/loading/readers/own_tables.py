"""Reader of KEDRec's own table format: a user's nodes and edges as TSV, CSV or Parquet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.readers.cells import ids_of, names_of, score_of, text_of, year_of
from kedrec.loading.readers.curies import curie_of
from kedrec.loading.readers.delimited import first_fields
from kedrec.loading.readers.table_records import Dialect, read_records
from kedrec.loading.sources import Source, list_sources, unread_files
from kedrec.stores.overlay_names import is_private

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.common.text_files import BadLine
    from kedrec.loading.staging import Staging

__all__ = ["read_own_tables"]

_NODES = ("kind", "id", "name", "synonyms", "xrefs", "description")
_EDGES = (
    "relation", "start", "end", "start_kind", "end_kind", "source", "licence", "references", "evidence",
    "score", "year", "action", "mechanisms",
)  # fmt: skip
_REQUIRED = {"nodes": ("kind", "id", "name"), "edges": ("relation", "start", "end", "licence")}
_REQUIRED_IN_OVERLAY = {"nodes": ("kind", "id", "name"), "edges": ("relation", "start", "end")}
"""Required columns of an overlay's tables, whose licence is always `private`."""
_FORBIDDEN_IN_OVERLAY = frozenset({"source", "xrefs"})
"""Columns forbidden in an overlay's tables: its edges have its own source, and it joins no entities."""
_CELL_PARSERS = {
    "id": lambda value: curie_of(text_of(value)),
    "start": lambda value: curie_of(text_of(value)),
    "end": lambda value: curie_of(text_of(value)),
    "synonyms": names_of,
    "mechanisms": names_of,
    "xrefs": ids_of,
    "references": ids_of,
    "score": score_of,
    "year": year_of,
}
"""Parsers of cells by column; the others are text."""
_NUMBERS = frozenset({"score", "year"})
_SUFFIXES = (".tsv", ".csv", ".parquet")
_SEPARATORS = ",;\t|"
_BATCH = 50_000

_Row = tuple[int, dict[str, Any], str]
"""Line, values by column, and the row as text; for a faulty row, the column "" has the reason."""


def read_own_tables(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads the tables `nodes*` and `edges*` of a folder, or a single table.

    A single table has nodes if its name begins with `nodes`, else edges. In text tables, `|` separates the
    items of a list (or `;` if there is no `|`). Tab-separated tables have no quoting.

    Raises:
        DataError: there is no table, or one is damaged or lacks a column.
    """
    tables = {
        part: sorted(p for p in folder.glob(f"{part}*") if _suffix(p) in _SUFFIXES and p.is_file())
        for part in ("nodes", "edges")
    }
    if folder.is_file():
        if _suffix(folder) not in _SUFFIXES:
            raise DataError(f"{folder} is no table.", "Name a file *.tsv, *.csv or *.parquet (.gz too).")
        tables = {part: [folder] for part in ("nodes", "edges") if _part(folder) == part}
    else:
        staging.unread += unread_files(folder, [path for paths in tables.values() for path in paths])
    if not any(tables.values()):
        unread = f": it has {', '.join(staging.unread)}" if staging.unread else ""
        raise DataError(
            f"There are no tables nodes*.tsv or edges*.tsv (.csv, .parquet) in {folder}{unread}.",
            source.obtain,
        )
    public = {declared.name for declared in list_sources()} - {source.name}
    total = sum(len(paths) for paths in tables.values())
    done = 0
    for part, paths in tables.items():
        for path in paths:
            progress(f"Reading {source.name}", done, total)
            _read_file(staging, part, path, None if is_private(source.name) else public)
            done += 1
    progress(f"Reading {source.name}", done, total)


def _part(file: Path) -> str:
    return "nodes" if file.name.startswith("nodes") else "edges"


def _suffix(path: Path) -> str:
    return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix


def _read_file(staging: Staging, part: str, path: Path, public: set[str] | None) -> None:
    """Reads one table; `public` are sources that a row mustn't name, None for an overlay."""
    known = _NODES if part == "nodes" else _EDGES
    if _suffix(path) == ".parquet":
        number = staging.add_file(path)
        rows = _parquet_rows(staging, path, part, overlay=public is None)
    else:
        number, plain, bad = staging.unpack(path)
        staging.reject(part, number, [(line.line, line.reason, "", line.text) for line in bad])
        staging.rows_read[part] += len(bad)
        rows = _text_rows(staging, path, plain, bad, part, overlay=public is None)
    columns: dict[str, list[Any]] = defaultdict(list)
    rejects: list[tuple[int, str, str, str]] = []
    for line, values, text in rows:
        staging.rows_read[part] += 1
        try:
            if "" in values:
                raise ValueError(*values[""])
            row = _parse_row({name: values.get(name) for name in known}, public or set())
        except ValueError as error:
            rejects.append((line, *error.args, text))
            continue
        for name, value in (_edge if part == "edges" else _node)(row).items():
            columns[name].append(value)
        columns["file"].append(number)
        columns["line"].append(line)
        if len(columns["line"]) >= _BATCH:
            staging.insert(f"{part[:-1]}_rows", columns)
            columns.clear()
    if columns:
        staging.insert(f"{part[:-1]}_rows", columns)
    staging.reject(part, number, rejects)


def _columns(
    staging: Staging, path: Path, part: str, header: Sequence[str], *, overlay: bool
) -> list[tuple[str, int]]:
    """Names and indices of the columns that are read; checks the header."""
    names = [_column(name) for name in header]
    missing = [name for name in (_REQUIRED_IN_OVERLAY if overlay else _REQUIRED)[part] if name not in names]
    foreign = [name for name in names if overlay and name in _FORBIDDEN_IN_OVERLAY]
    if foreign:
        raise DataError(
            f"{path} has a column {foreign[0]}, which an overlay's tables don't have.",
            "Leave it out: an overlay's edges are of its own source, and its nodes join no others.",
        )
    known = _NODES if part == "nodes" else _EDGES
    duplicates = [name for name in known if names.count(name) > 1]
    if missing or duplicates:
        problem = f"lacks the column {missing[0]}" if missing else f"has the column {duplicates[0]} twice"
        raise DataError(
            f"{path} {problem}; its first line names {', '.join(header)[:200] or 'none'}.",
            "docs/loading.md tells the columns.",
        )
    staging.note_unread_columns(
        path, [name.strip() for name, own in zip(header, names, strict=True) if own not in known]
    )
    return [(name, index) for index, name in enumerate(names) if name in known]


def _column(heading: str) -> str:
    """Normalises a column name: removes blanks, capitals and type (`references:string[]`)."""
    return heading.strip().partition(":")[0].lower()


def _dialect(path: Path, plain: Path, bad: Sequence[BadLine], required: Sequence[str]) -> Dialect:
    """Dialect of a table: by its file name, else the first with which the header has the required columns."""
    separator = "," if _suffix(path) == ".csv" else "\t"
    dialects = [
        Dialect(candidate, "" if candidate == "\t" else quote)
        for candidate in dict.fromkeys((separator, *_SEPARATORS))
        for quote in "\"'"
    ]
    for dialect in dialects:
        if {*required} <= {_column(name) for name in first_fields(path, plain, dialect, bad)}:
            return dialect
    return dialects[0]


def _text_rows(
    staging: Staging, path: Path, plain: Path, bad: Sequence[BadLine], part: str, *, overlay: bool
) -> Iterator[_Row]:
    required = (_REQUIRED_IN_OVERLAY if overlay else _REQUIRED)[part]
    dialect = _dialect(path, plain, bad, required)
    header = first_fields(path, plain, dialect, bad)
    columns = _columns(staging, path, part, header, overlay=overlay)
    needed = 1 + max(index for name, index in columns if name in required)
    numbers = {line.line for line in bad}
    for record in read_records(plain, dialect, len(header), bad=numbers, skip=1, needed=needed):
        fields = record.fields
        values: dict[str, Any] = {name: fields[index] for name, index in columns if index < len(fields)}
        if record.reason:
            values = {"": (record.reason, record.detail)}
        yield record.line, values, record.text


def _parquet_rows(staging: Staging, path: Path, part: str, *, overlay: bool) -> Iterator[_Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            header = file.schema_arrow.names
            columns = _columns(staging, path, part, header, overlay=overlay)
            line = 0
            for batch in file.iter_batches(_BATCH, columns=[header[index] for _, index in columns]):
                cells = {
                    name: _cells(batch.column(batch.schema.names.index(header[index])))
                    for name, index in columns
                }
                for row in range(batch.num_rows):
                    line += 1
                    values = {name: cells[name][row] for name in cells}
                    yield line, values, "\t".join(str(value)[:1000] for value in values.values())
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged: {error}.", "Write the file again.") from error


def _cells(column: Any) -> list[Any]:
    """Values of a column; a value that Python can't represent (text that isn't UTF-8) becomes its error."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, ArithmeticError):
        cells: list[Any] = []
        for cell in column:
            try:
                cells.append(cell.as_py())
            except (ValueError, OverflowError, ArithmeticError) as error:
                cells.append(error)
        return cells


def _parse_row(row: dict[str, Any], public: set[str]) -> dict[str, Any]:
    """Parses each cell of a row by its column.

    Raises:
        ValueError: a cell can't be parsed; arguments are reason and detail.
    """
    values: dict[str, Any] = {}
    for name, value in row.items():
        try:
            values[name] = _CELL_PARSERS.get(name, text_of)(value)
        except (TypeError, ValueError):
            expected = "a number" if name in _NUMBERS else "text"
            raise ValueError(f"{name} is not {expected}", str(value)[:200]) from None
        values[name] = None if values[name] == "" else values[name]
    if values.get("source") in public:
        raise ValueError("source of another loader", values["source"])
    return values


def _node(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "key": f"{row['kind']}/{row['id']}", "description": row["description"] or ""}


def _edge(row: dict[str, Any]) -> dict[str, Any]:
    ends = {
        end: f"{row[f'{end}_kind']}/{row[end]}" if row[f"{end}_kind"] else row[end]
        for end in ("start", "end")
    }
    columns = {name: value for name, value in row.items() if name not in ("start_kind", "end_kind")}
    return {**columns, **ends}
