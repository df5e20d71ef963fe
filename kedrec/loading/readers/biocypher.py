"""Reader of CSV files for neo4j-admin's import, as BioCypher writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.readers.biolink import BiolinkGraph, Columns, EdgeRow, classes_of, is_negated
from kedrec.loading.readers.cells import text_of
from kedrec.loading.readers.curies import curie_of
from kedrec.loading.readers.delimited import first_fields
from kedrec.loading.readers.row_buffer import RowBuffer
from kedrec.loading.readers.table_records import Dialect, Record, read_records, split_line
from kedrec.loading.sources import unread_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.common.text_files import BadLine
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Staging

__all__ = ["read_biocypher"]

_HEADER = re.compile(r"[-_]header$")
_PART = re.compile(r"[-_]part\d+$")
_MARK = re.compile(r"(ID|LABEL|START_ID|END_ID|TYPE)\b(?:\(([^)]*)\))?")
_SCRIPTS = "*import*.sh"
_QUOTE = re.compile(r"""--quote[= ]("'"|'"'|\\?"|\\?'|'\\''|"\\"")""")
_SEPARATORS = ";,\t|"
_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class _Layout:
    """Columns of one CSV table for neo4j-admin, indices of the marked ones (`:ID`), and their id groups."""

    columns: Columns
    width: int
    marks: dict[str, int]
    groups: dict[str, str]
    separator: str

    @property
    def part(self) -> str:
        """`nodes` or `edges`."""
        return "edges" if "START_ID" in self.marks else "nodes"

    def key(self, mark: str, fields: Sequence[str]) -> str:
        """Key of a node in the table, with its id group."""
        return f"{self.groups[mark]}/{curie_of(fields[self.marks[mark]])}"


@dataclass(frozen=True, slots=True)
class _Table:
    """One table: its file, clean text, layout and dialect."""

    path: Path
    plain: Path
    rows: RowBuffer
    layout: _Layout
    dialect: Dialect
    bad: frozenset[int]
    skip: int

    @property
    def label(self) -> str:
        """Name of the file, which is the class or the edge type if no column has it."""
        return _PART.sub("", self.path.name.split(".")[0])

    def records(self) -> Iterator[Record]:
        """Yields its records; those that can't be read have a reason."""
        needed = 1 + max(self.layout.marks.values())
        return read_records(
            self.plain, self.dialect, self.layout.width, bad=self.bad, skip=self.skip, needed=needed
        )


def _layout(path: Path, plain: Path, bad: Sequence[BadLine]) -> _Layout | None:
    """Reads the layout from a file's first line; None if that is no header."""
    for separator in sorted(
        _SEPARATORS, key=first_fields(path, plain, Dialect("\n"), bad)[0].count, reverse=True
    ):
        line = first_fields(path, plain, Dialect("\n"), bad)[0]
        names = [name.strip().strip("'") for name in split_line(line, Dialect(separator, '"'))]
        marked = {
            mark[1]: (index, mark[2] or "")
            for index, name in enumerate(names)
            if (mark := _MARK.match(name.partition(":")[2]))
        }
        if "ID" in marked or {"START_ID", "END_ID"} <= marked.keys():
            marks = {mark: index for mark, (index, _) in marked.items()}
            groups = {mark: group for mark, (_, group) in marked.items()}
            return _Layout(Columns(names, [*marks.values()]), len(names), marks, groups, separator)
    return None


def _script_quote(folder: Path) -> str:
    """Quote character in the neo4j-admin script beside the tables; "" if there is none."""
    for path in sorted(folder.glob(_SCRIPTS)):
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as text:
                match = _QUOTE.search(text.read(1 << 20))
            if match:
                return "'" if "'" in match[1].strip('"') and match[1] != "'\"'" else '"'
    return ""


def _quote(plain: Path, layout: _Layout, skip: int) -> str:
    """Guesses the quote of a table: single if it encloses more cells than double, and some on most lines."""
    with plain.open(encoding="utf-8", newline="\n") as text:
        lines = [line.rstrip("\n").split(layout.separator) for line in islice(text, skip, skip + _SAMPLE)]
    single, double = (
        sum(len(cell) > 1 and cell[0] == cell[-1] == quote for line in lines for cell in line)
        for quote in "'\""
    )
    return "'" if single > double and 2 * single >= len(lines) else '"'


def _tables(staging: Staging, source: Source, folder: Path) -> list[_Table]:
    """Finds the tables of a folder, node tables first.

    Raises:
        DataError: there are none, or a header can't be read.
    """
    patterns = ("*.csv", "*.csv.gz", "*.tsv", "*.tsv.gz")
    paths = sorted(path for pattern in patterns for path in folder.glob(pattern) if path.is_file())
    headers = {
        _HEADER.sub("", stem): path for path in paths if _HEADER.search(stem := path.name.split(".")[0])
    }
    declared_quote = _script_quote(folder)
    read: list[Path] = []
    tables: list[_Table] = []
    headless = ""
    for path in paths:
        if path in headers.values():
            continue
        number, plain, bad = staging.unpack(path)
        header_path = headers.get(_PART.sub("", path.name.split(".")[0]))
        header = (header_path, *staging.unpack(header_path)[1:]) if header_path else (path, plain, bad)
        layout = _layout(*header)
        if layout is None:
            headless = headless or str(header_path or path)
            continue
        read += [path, *([header_path] if header_path else [])]
        rows = RowBuffer(staging, number)
        for line in bad:
            rows.refuse(layout.part, line.line, line.reason, "", line.text)
        skip = 0 if header_path else 1
        dialect = Dialect(layout.separator, declared_quote or _quote(plain, layout, skip))
        numbers = frozenset(line.line for line in bad)
        tables.append(_Table(path, plain, rows, layout, dialect, numbers, skip))
        if header_path is None or header_path not in read[:-1]:
            staging.note_unread_columns(header_path or path, layout.columns.unread)
    if not tables and headless:
        raise DataError(f"{headless} has no header with :ID, or with :START_ID and :END_ID.", source.obtain)
    if not tables:
        raise DataError(f"There are no CSV files with :ID in {folder}.", source.obtain)
    scripts = [path for path in folder.glob(_SCRIPTS) if path.is_file()]
    staging.unread += unread_files(folder, [*read, *scripts])
    return sorted(tables, key=lambda table: table.layout.part, reverse=True)


def read_biocypher(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads CSV files for neo4j-admin, with headers in separate files or as first lines.

    Raises:
        DataError: there are none, or one is damaged.
    """
    tables = _tables(staging, source, folder)
    graph = BiolinkGraph(staging, source)
    for table in tables:
        if table.layout.part == "edges":
            for record in table.records():
                if not record.reason and not is_negated(table.layout.columns.values(record.fields)):
                    graph.use(*_triple(table, record.fields))
    for done, table in enumerate(tables):
        progress(f"Reading {source.name}", done, len(tables))
        layout = table.layout
        for record in table.records():
            if record.reason:
                table.rows.refuse(layout.part, record.line, record.reason, record.detail, record.text)
                continue
            try:
                _add(graph, table, record)
            except TypeError as error:
                table.rows.refuse(layout.part, record.line, "cell that is no text", str(error), record.text)
        table.rows.close()
    graph.close()
    progress(f"Reading {source.name}", len(tables), len(tables))


def _triple(table: _Table, fields: Sequence[str]) -> tuple[str, str, str]:
    """Keys and predicate of a row of edges: start, predicate, end."""
    layout = table.layout
    predicate = fields[layout.marks["TYPE"]] if "TYPE" in layout.marks else table.label
    return layout.key("START_ID", fields), predicate.strip(), layout.key("END_ID", fields)


def _add(graph: BiolinkGraph, table: _Table, record: Record) -> None:
    layout, fields = table.layout, record.fields
    values = layout.columns.values(fields)
    if layout.part == "edges":
        start, predicate, end = _triple(table, fields)
        graph.edge(table.rows, EdgeRow(record.line, start, end, predicate, values, record.text))
        return
    identifier = fields[layout.marks["ID"]].strip()
    vocabulary = next((text for cell in values["preferred_id"] if (text := text_of(cell))), "")
    if ":" not in identifier and vocabulary and curie_of(identifier) == identifier:
        identifier = f"{vocabulary}:{identifier}"
    classes = classes_of(fields[layout.marks["LABEL"]]) if "LABEL" in layout.marks else [table.label]
    graph.node(table.rows, record.line, layout.key("ID", fields), classes, identifier, values)
