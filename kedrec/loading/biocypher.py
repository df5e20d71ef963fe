"""Reads CSV files for neo4j-admin's import, as BioCypher writes them, into nodes and edges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.biolink import BiolinkGraph, Statement, Values, table_rows
from kedrec.loading.rows import Rows

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Progress, Staging

__all__ = ["read_biocypher"]

_HEADER = re.compile(r"[-_]header$")
_PART = re.compile(r"[-_]part\d+$")


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of one CSV table for neo4j-admin: names without types, and where the marked ones are."""

    names: list[str]
    marks: dict[str, str]
    delimiter: str

    @property
    def part(self) -> str:
        """`nodes` or `edges`."""
        return "edges" if "START_ID" in self.marks else "nodes"

    def key(self, mark: str, values: Values) -> str:
        """How the table names a node, its group of ids with it."""
        name = self.marks[mark]
        group = re.search(r"\(([^)]*)\)$", name)
        return f"{group[1] if group else ''}/{values[name]}"


def _layout(line: str) -> _Layout | None:
    """The layout that a header line tells; None where it is no header."""
    delimiter = max(";,\t|", key=line.count)
    columns = [column.strip().strip("\"'") for column in line.split(delimiter)]
    names: list[str] = []
    marks: dict[str, str] = {}
    for column in columns:
        name, colon, kind = column.partition(":")
        mark = re.match(r"(ID|LABEL|START_ID|END_ID|TYPE)\b", kind) if colon else None
        names.append(column if mark else name)
        if mark:
            marks[mark[1]] = column
    return (
        _Layout(names, marks, delimiter)
        if {"ID"} <= marks.keys() or {"START_ID", "END_ID"} <= marks.keys()
        else None
    )


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as text:
        return text.readline().rstrip("\n")


def _quote(plain: Path, delimiter: str, skip: int) -> str:
    """The quote that a table uses: BioCypher writes either."""
    with plain.open(encoding="utf-8") as text:
        sample = "".join(line for number, line in zip(range(200), text, strict=False) if number >= skip)
    return (
        "'"
        if sample.count(f"'{delimiter}") + sample.count("'\n")
        > sample.count(f'"{delimiter}') + sample.count('"\n')
        else '"'
    )


def read_biocypher(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads CSV files for neo4j-admin: headers in files of their own or as first lines.

    Raises:
        DataError: there are none, or one is damaged.
    """
    paths = sorted(path for pattern in ("*.csv", "*.csv.gz", "*.tsv") for path in folder.glob(pattern))
    headers = {_HEADER.sub("", path.stem): path for path in paths if _HEADER.search(path.stem)}
    found: list[tuple[Path, Rows, Path, _Layout, int]] = []
    for path in paths:
        if path in headers.values():
            continue
        stem = _PART.sub("", path.name.split(".")[0])
        number, plain, bad = staging.unpacked(path)
        own = headers.get(stem)
        layout = _layout(_first_line(own or plain))
        if layout is None:
            raise DataError(
                f"{own or path} has no header with :ID, or with :START_ID and :END_ID.", source.obtain
            )
        rows = Rows(staging, number)
        for broken in bad:
            rows.refuse(layout.part, broken.line, broken.reason, "", broken.text)
        found.append((path, rows, plain, layout, 0 if own else 1))
    if not found:
        raise DataError(f"There are no CSV files with :ID in {folder}.", source.obtain)
    graph = BiolinkGraph(staging, source)
    for done, (path, rows, plain, layout, skip) in enumerate(
        sorted(found, key=lambda entry: entry[3].part, reverse=True)
    ):
        progress(f"Reading {source.name}", done, len(found))
        dialect = {"delimiter": layout.delimiter, "quotechar": _quote(plain, layout.delimiter, skip)}
        table = table_rows(rows, layout.part, path, plain, header=layout.names, dialect=dialect)
        label = _PART.sub("", path.name.split(".")[0])
        for line, values, text in table:
            if line <= skip:
                continue
            if layout.part == "nodes":
                identifier = values[layout.marks["ID"]]
                if ":" not in identifier and values.get("preferred_id"):
                    identifier = f"{values['preferred_id']}:{identifier}"
                classes = (
                    re.split(r"[|;]", values[layout.marks["LABEL"]]) if "LABEL" in layout.marks else [label]
                )
                graph.node(rows, line, layout.key("ID", values), classes, identifier, values)
            else:
                ends = layout.key("START_ID", values), layout.key("END_ID", values)
                predicate = values[layout.marks["TYPE"]] if "TYPE" in layout.marks else label
                graph.edge(rows, Statement(line, *ends, predicate, values, text))
        rows.close()
    progress(f"Reading {source.name}", len(found), len(found))
