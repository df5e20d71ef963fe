"""Reader of KGX graphs: tables or JSON Lines of nodes and of edges, and archives of these."""

from __future__ import annotations

import dataclasses
import fnmatch
import json
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.readers.biolink import BiolinkGraph, Columns, EdgeRow, Values, classes_of, is_negated
from kedrec.loading.readers.cells import text_of
from kedrec.loading.readers.curies import curie_of
from kedrec.loading.readers.delimited import first_fields
from kedrec.loading.readers.row_buffer import RowBuffer
from kedrec.loading.readers.table_records import Dialect, read_records
from kedrec.loading.sources import FileSpec, Source, find_archives, find_files, load_source, unread_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.common.text_files import BadLine
    from kedrec.loading.staging import Staging

__all__ = ["read_kgx"]

_EVERY = 50_000
_NEEDED = {"nodes": ("id", "category"), "edges": ("subject", "predicate", "object")}
_LINES = frozenset({".jsonl", ".jsonlines", ".ndjson"})
_MOST_BYTES = 1 << 30
_MOST_TIMES = 200
"""Limit of the unpacked size of a file as a multiple of its archive's size, if it is over `_MOST_BYTES`."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its line, its cells by field, its text, and the reason why it can't be read."""

    line: int
    values: Values
    text: str
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    """One file of nodes or edges, with its clean text and the lines that aren't text."""

    part: str
    path: Path
    rows: RowBuffer
    plain: Path
    bad: list[BadLine]

    @property
    def is_lines(self) -> bool:
        """True for JSON Lines."""
        return not _LINES.isdisjoint(self.path.suffixes)


def _columns(file: _File) -> tuple[Columns, Dialect, list[str]]:
    """Reads the columns, dialect and header of a table.

    Raises:
        DataError: it lacks a column.
    """
    path = file.path
    dialect = Dialect(",", '"') if ".csv" in path.suffixes else Dialect("\t")
    header = first_fields(path, file.plain, dialect, file.bad)
    columns = Columns(header)
    missing = [name for name in _NEEDED[file.part] if not columns.indices[name]]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]}; its first line names {', '.join(header)[:200] or 'none'}.",
            "It must be a table as KGX writes them.",
        )
    return columns, dialect, header


def _text_rows(file: _File) -> Iterator[_Row]:
    """Yields the rows of a table."""
    columns, dialect, header = _columns(file)
    # A row that was cut off before its name isn't a row without a name.
    needed = 1 + max(
        columns.indices[name][0] for name in (*_NEEDED[file.part], "name") if columns.indices[name]
    )
    bad = {line.line for line in file.bad}
    for record in read_records(file.plain, dialect, len(header), bad=bad, skip=1, needed=needed):
        values = {} if record.reason else columns.values(record.fields)
        yield _Row(record.line, values, record.text, record.reason, record.detail)


def _json_rows(file: _File, unread: dict[str, None]) -> Iterator[_Row]:
    """Yields the rows of JSON Lines; adds names that aren't read to `unread`."""
    fields: dict[str, list[str]] = load_source("kgx").mapping["columns"]
    known = {"sources", *(name for names in fields.values() for name in names)}
    bad = {line.line for line in file.bad}
    with file.plain.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text or number in bad:
                continue
            try:
                item = json.loads(text)
            except (ValueError, RecursionError):
                item = None
            if not isinstance(item, dict):
                yield _Row(number, {}, text, "not a JSON object")
                continue
            unread |= dict.fromkeys(name for name in item if name not in known)
            cells = {
                field: [item[name] for name in names if item.get(name) is not None]
                for field, names in fields.items()
            }
            cells["primary_knowledge_source"] += _primary_sources(item.get("sources"))
            missing = next((name for name in _NEEDED[file.part] if not cells[name]), "")
            yield _Row(number, cells, text, f"no {missing}" if missing else "")


def _primary_sources(sources: Any) -> list[str]:
    """Primary sources in an edge's `sources`, the form of Translator's newer files."""
    return [
        source["resource_id"]
        for source in (sources if isinstance(sources, list) else ())
        if isinstance(source, Mapping)
        and source.get("resource_role") == "primary_knowledge_source"
        and isinstance(source.get("resource_id"), str)
    ]


def _rows(file: _File, unread: dict[str, None]) -> Iterator[_Row]:
    """Yields the rows of a file; adds names of columns that aren't read to `unread`."""
    if file.is_lines:
        return _json_rows(file, unread)
    unread |= dict.fromkeys(_columns(file)[0].unread)
    return _text_rows(file)


def _first(values: Values, name: str) -> str:
    return next((text for cell in values[name] if (text := text_of(cell))), "")


def _ends(values: Values) -> tuple[str, str, str]:
    """Subject, predicate and object of a row.

    Raises:
        TypeError: one isn't text.
    """
    subject, predicate, target = (_first(values, name) for name in _NEEDED["edges"])
    return curie_of(subject), predicate, curie_of(target)


def _unpack_archives(staging: Staging, source: Source, folder: Path) -> list[Path]:
    """Extracts the files of nodes and edges from archives into the staging folder; returns the archives.

    Raises:
        DataError: an archive is damaged, or a file in it is implausibly large.
    """
    patterns = [pattern for spec in source.files for pattern in spec.paths]
    archives = find_archives(source, folder)
    target = staging.folder / "unpacked"
    for archive in archives:
        target.mkdir(exist_ok=True)
        try:
            with tarfile.open(archive) as packed:
                for member in packed:
                    name = PurePosixPath(member.name).name
                    if not member.isfile() or not any(fnmatch.fnmatchcase(name, p) for p in patterns):
                        continue
                    if member.size > max(_MOST_BYTES, _MOST_TIMES * archive.stat().st_size):
                        raise DataError(
                            f"{archive} holds {name} of {member.size:,} bytes, which no such graph has.",
                            "If it is what you think it is, unpack it yourself.",
                        )
                    content = packed.extractfile(member)
                    if content is not None:
                        with content, (target / name).open("wb") as out:
                            shutil.copyfileobj(content, out, 1 << 20)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise DataError(f"{archive} is damaged: {error}.", "Get the file again.") from error
    return archives


def _find_parts(staging: Staging, source: Source, folder: Path) -> dict[str, list[Path]]:
    """Finds the files of nodes and of edges, in archives if the folder has none.

    Raises:
        DataError: there are none.
    """
    specs = [dataclasses.replace(spec, optional=True) for spec in source.files]
    paths_by_part = {spec.name: [*find_files(source, spec, folder)] for spec in specs}
    archives: list[Path] = []
    if not any(paths_by_part.values()):
        archives = _unpack_archives(staging, source, folder)
        unpacked = staging.folder / "unpacked"
        paths_by_part = {
            spec.name: [*find_files(source, spec, unpacked)] if archives else [] for spec in source.files
        }
    read = [*archives, *(path for paths in paths_by_part.values() for path in paths)]
    staging.unread += unread_files(folder, read)
    for spec in source.files:
        if not paths_by_part[spec.name]:
            find_files(source, spec, folder)
    return paths_by_part


def _unpack(staging: Staging, spec: FileSpec, path: Path) -> _File:
    number, plain, bad = staging.unpack(path)
    rows = RowBuffer(staging, number)
    for line in bad:
        rows.refuse(spec.name, line.line, line.reason, "", line.text)
    return _File(spec.name, path, rows, plain, bad)


def read_kgx(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads KGX's tables or JSON Lines of nodes and edges.

    Scans the edges for chemicals used as drugs before it reads the nodes.

    Raises:
        DataError: a table is missing, or lacks a column.
    """
    graph = BiolinkGraph(staging, source)
    paths_by_part = _find_parts(staging, source, folder)
    files = [_unpack(staging, spec, path) for spec in source.files for path in paths_by_part[spec.name]]
    for file in files:
        if not file.is_lines:
            _columns(file)  # raises for a table of another layout before any is read
    for file in files:
        if file.part == "edges":
            _find_drugs(graph, file, progress)
    for file in files:
        unread: dict[str, None] = {}
        for row in _rows(file, unread):
            if row.line % _EVERY == 0:
                progress(f"Reading {file.path.name}", row.line, None)
            if row.reason:
                file.rows.refuse(file.part, row.line, row.reason, row.detail, row.text)
                continue
            try:
                _add(graph, file, row)
            except TypeError as error:
                file.rows.refuse(file.part, row.line, "cell that is no text", str(error), row.text)
        file.rows.close()
        # An edge's own id isn't the id of an entity.
        staging.note_unread_columns(file.path, [name for name in unread if name.partition(":")[0] != "id"])
    graph.close()


def _find_drugs(graph: BiolinkGraph, file: _File, progress: Progress) -> None:
    for row in _rows(file, {}):
        if row.line % _EVERY == 0:
            progress(f"Looking for drugs in {file.path.name}", row.line, None)
        if row.reason:
            continue
        try:
            if graph.is_use(_first(row.values, "predicate")) and not is_negated(row.values):
                start, predicate, end = _ends(row.values)
                graph.use(start, predicate, end)
        except TypeError:
            continue  # rejected when it is read


def _add(graph: BiolinkGraph, file: _File, row: _Row) -> None:
    if file.part == "edges":
        start, predicate, end = _ends(row.values)
        graph.edge(file.rows, EdgeRow(row.line, start, end, predicate, row.values, row.text))
        return
    identifier = curie_of(_first(row.values, "id"))
    classes = next((names for cell in row.values["category"] if any(names := classes_of(cell))), [""])
    graph.node(file.rows, row.line, identifier, classes, identifier, row.values)
