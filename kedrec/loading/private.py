"""Reads KEDRec's own tables: nodes and edges of a user's, as TSV, CSV or Parquet."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.sources import Source, list_sources
from kedrec.loading.text import PLACEHOLDER
from kedrec.stores.overlays import is_private

if TYPE_CHECKING:
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
_LISTS = frozenset({"synonyms", "xrefs", "references", "mechanisms"})
_SUFFIXES = (".tsv", ".csv", ".parquet")
_BATCH = 50_000

_Row = tuple[int, dict[str, Any], str]
"""Line, values by column, and the row as text."""


def read_private(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads `nodes*` and `edges*` tables of a folder, or one. In text tables, `|` separates a list's items.

    One table is of nodes where its name begins with `nodes`, else of edges.

    Raises:
        DataError: there is no table, or one is damaged or lacks a column.
    """
    found = {
        part: sorted(p for p in folder.glob(f"{part}*") if _suffix(p) in _SUFFIXES)
        for part in ("nodes", "edges")
    }
    if folder.is_file():
        if _suffix(folder) not in _SUFFIXES:
            raise DataError(f"{folder} is no table.", "Name a file *.tsv, *.csv or *.parquet (.gz too).")
        found = {part: [folder] for part in ("nodes", "edges") if _part(folder) == part}
    if not any(found.values()):
        raise DataError(
            f"There are no tables nodes*.tsv or edges*.tsv (.csv, .parquet) in {folder}.", source.obtain
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
        rows = _parquet_rows(path, part, overlay=public is None)
    else:
        number, plain, bad = staging.unpacked(path)
        staging.reject(part, number, [(line.line, line.reason, "", line.text) for line in bad])
        staging.read[part] += len(bad)
        rows = _text_rows(path, plain, part, overlay=public is None)
    columns: dict[str, list[Any]] = defaultdict(list)
    rejects: list[tuple[int, str, str, str]] = []
    for line, values, text in rows:
        staging.read[part] += 1
        if "" in values:
            rejects.append((line, "wrong number of columns", values[""], text))
            continue
        try:
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


def _check_header(path: Path, part: str, header: list[str], *, overlay: bool) -> None:
    missing = [name for name in (_OVERLAY if overlay else _REQUIRED)[part] if name not in header]
    foreign = [name for name in header if overlay and name in _OF_ITS_OWN]
    if foreign:
        raise DataError(
            f"{path} has a column {foreign[0]}, which an overlay's tables don't have.",
            "Leave it out: an overlay's edges are of its own source, and its nodes join no others.",
        )
    unknown = [name for name in header if name not in (_NODES if part == "nodes" else _EDGES)]
    if missing or unknown:
        what = f"lacks the column {missing[0]}" if missing else f"has an unknown column {unknown[0]}"
        raise DataError(f"{path} {what}.", "docs/loading.md tells the columns.")


def _text_rows(path: Path, plain: Path, part: str, *, overlay: bool) -> Iterator[_Row]:
    comma = _suffix(path) == ".csv"
    with plain.open(encoding="utf-8", newline="") as text:
        # A tab-separated table has no quoting: a quote is part of a name.
        reader = csv.reader(text) if comma else csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        allowed = csv.field_size_limit(1 << 24)  # a field may be as long as its line
        try:
            header = next(reader, [])
            _check_header(path, part, header, overlay=overlay)
            for fields in reader:
                if not fields or fields == [PLACEHOLDER]:
                    continue
                shown = ("," if comma else "\t").join(fields)
                values: dict[str, Any] = dict(zip(header, fields, strict=False))
                if len(fields) != len(header):
                    values = {"": f"{len(fields)} instead of {len(header)}"}
                yield reader.line_num, values, shown
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num}: {error}.", "Correct the file.") from error
        finally:
            csv.field_size_limit(allowed)


def _parquet_rows(path: Path, part: str, *, overlay: bool) -> Iterator[_Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_header(path, part, file.schema_arrow.names, overlay=overlay)
            line = 0
            for batch in file.iter_batches(_BATCH):
                for values in batch.to_pylist():
                    line += 1
                    yield line, values, repr(values)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path} is not a Parquet file that can be read: {error}.", "Write it again."
        ) from error


def _typed(row: dict[str, Any], public: set[str]) -> dict[str, Any]:
    """A row with lists and numbers; raises ValueError(reason, detail)."""
    typed: dict[str, Any] = {}
    for name, value in row.items():
        if name in _LISTS:
            items = value.split("|") if isinstance(value, str) else list(value or ())
            typed[name] = [str(item).strip() for item in items if str(item).strip()]
        elif name in ("score", "year"):
            if value in (None, ""):
                typed[name] = None
                continue
            try:
                typed[name] = float(value) if name == "score" else int(value)
            except (TypeError, ValueError):
                raise ValueError(f"{name} is not a number", str(value)) from None
        else:
            typed[name] = str(value).strip() if value not in (None, "") else None
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
