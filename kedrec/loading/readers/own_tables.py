"""Reads KEDRec's own tables: nodes and edges of a user's, as TSV, CSV or Parquet."""

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
    from kedrec.common.text_files import BadLine
    from kedrec.loading.staging import Progress, Staging

__all__ = ["read_private"]

_NODES = ("kind", "id", "name", "synonyms", "xrefs", "description")
_EDGES = (
    "relation", "start", "end", "start_kind", "end_kind", "source", "licence", "references", "evidence",
    "score", "year", "action", "mechanisms",
)  # fmt: skip
_REQUIRED = {"nodes": ("kind", "id", "name"), "edges": ("relation", "start", "end", "licence")}
_OVERLAY = {"nodes": ("kind", "id", "name"), "edges": ("relation", "start", "end")}
"""What an overlay's tables must have: its licence is that nobody else is to use it."""
_OF_ITS_OWN = frozenset({"source", "xrefs"})
"""Columns that an overlay's tables don't have: its edges are of its own source, and it joins no entities."""
_READ = {
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
"""How a column's cells are read; as text where nothing is said."""
_NUMBERS = frozenset({"score", "year"})
_SUFFIXES = (".tsv", ".csv", ".parquet")
_SEPARATORS = ",;\t|"
_BATCH = 50_000

_Row = tuple[int, dict[str, Any], str]
"""Line, values by column, and the row as text; why it is none under the column ""."""


def read_private(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads `nodes*` and `edges*` tables of a folder, or one.

    One table is of nodes where its name begins with `nodes`, else of edges. In text tables, `|` separates a
    list's items (or `;`, where there is none). Tab-separated tables have no quoting.

    Raises:
        DataError: there is no table, or one is damaged or lacks a column.
    """
    found = {
        part: sorted(p for p in folder.glob(f"{part}*") if _suffix(p) in _SUFFIXES and p.is_file())
        for part in ("nodes", "edges")
    }
    if folder.is_file():
        if _suffix(folder) not in _SUFFIXES:
            raise DataError(f"{folder} is no table.", "Name a file *.tsv, *.csv or *.parquet (.gz too).")
        found = {part: [folder] for part in ("nodes", "edges") if _part(folder) == part}
    else:
        staging.unread += unread_files(folder, [path for paths in found.values() for path in paths])
    if not any(found.values()):
        there = f": it has {', '.join(staging.unread)}" if staging.unread else ""
        raise DataError(
            f"There are no tables nodes*.tsv or edges*.tsv (.csv, .parquet) in {folder}{there}.",
            source.obtain,
        )
    public = {other.name for other in list_sources()} - {source.name}
    total = sum(len(paths) for paths in found.values())
    done = 0
    for part, paths in found.items():
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
    """Reads one table; `public`: sources that a row mustn't name, None for an overlay's."""
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
            row = _typed({name: values.get(name) for name in known}, public or set())
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
    """The columns that are read and where each stands, the last one that must be there among them first."""
    names = [_column(name) for name in header]
    missing = [name for name in (_OVERLAY if overlay else _REQUIRED)[part] if name not in names]
    foreign = [name for name in names if overlay and name in _OF_ITS_OWN]
    if foreign:
        raise DataError(
            f"{path} has a column {foreign[0]}, which an overlay's tables don't have.",
            "Leave it out: an overlay's edges are of its own source, and its nodes join no others.",
        )
    known = _NODES if part == "nodes" else _EDGES
    twice = [name for name in known if names.count(name) > 1]
    if missing or twice:
        what = f"lacks the column {missing[0]}" if missing else f"has the column {twice[0]} twice"
        raise DataError(
            f"{path} {what}; its first line names {', '.join(header)[:200] or 'none'}.",
            "docs/loading.md tells the columns.",
        )
    staging.note_unread_columns(
        path, [name.strip() for name, own in zip(header, names, strict=True) if own not in known]
    )
    return [(name, at) for at, name in enumerate(names) if name in known]


def _column(heading: str) -> str:
    """A column's name without blanks, capitals and type (`references:string[]`)."""
    return heading.strip().partition(":")[0].lower()


def _dialect(path: Path, plain: Path, bad: Sequence[BadLine], required: Sequence[str]) -> Dialect:
    """How the table is written: as its name says, or else so that its first line has what it must."""
    separator = "," if _suffix(path) == ".csv" else "\t"
    ways = [
        Dialect(other, "" if other == "\t" else quote)
        for other in dict.fromkeys((separator, *_SEPARATORS))
        for quote in "\"'"
    ]
    for way in ways:
        if {*required} <= {_column(name) for name in first_fields(path, plain, way, bad)}:
            return way
    return ways[0]


def _text_rows(
    staging: Staging, path: Path, plain: Path, bad: Sequence[BadLine], part: str, *, overlay: bool
) -> Iterator[_Row]:
    required = (_OVERLAY if overlay else _REQUIRED)[part]
    dialect = _dialect(path, plain, bad, required)
    header = first_fields(path, plain, dialect, bad)
    columns = _columns(staging, path, part, header, overlay=overlay)
    needed = 1 + max(at for name, at in columns if name in required)
    numbers = {line.line for line in bad}
    for record in read_records(plain, dialect, len(header), bad=numbers, skip=1, needed=needed):
        fields = record.fields
        values: dict[str, Any] = {name: fields[at] for name, at in columns if at < len(fields)}
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
            for batch in file.iter_batches(_BATCH, columns=[header[at] for _, at in columns]):
                cells = {
                    name: _cells(batch.column(batch.schema.names.index(header[at]))) for name, at in columns
                }
                for place in range(batch.num_rows):
                    line += 1
                    values = {name: cells[name][place] for name in cells}
                    yield line, values, "\t".join(str(value)[:1000] for value in values.values())
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged: {error}.", "Write the file again.") from error


def _cells(column: Any) -> list[Any]:
    """A column's values; one that Python has no value for, as text that isn't UTF-8, is its error."""
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


def _typed(row: dict[str, Any], public: set[str]) -> dict[str, Any]:
    """A row with each cell as what its column holds.

    Raises:
        ValueError: a cell can't be; reason and detail.
    """
    typed: dict[str, Any] = {}
    for name, value in row.items():
        try:
            typed[name] = _READ.get(name, text_of)(value)
        except (TypeError, ValueError):
            what = "a number" if name in _NUMBERS else "text"
            raise ValueError(f"{name} is not {what}", str(value)[:200]) from None
        typed[name] = None if typed[name] == "" else typed[name]
    if typed.get("source") in public:
        raise ValueError("source of another loader", typed["source"])
    return typed


def _node(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "key": f"{row['kind']}/{row['id']}", "description": row["description"] or ""}


def _edge(row: dict[str, Any]) -> dict[str, Any]:
    ends = {
        end: f"{row[f'{end}_kind']}/{row[end]}" if row[f"{end}_kind"] else row[end]
        for end in ("start", "end")
    }
    rest = {name: value for name, value in row.items() if name not in ("start_kind", "end_kind")}
    return {**rest, **ends}
