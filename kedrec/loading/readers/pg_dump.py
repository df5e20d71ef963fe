"""Extracts tables from a plain-text PostgreSQL dump (`pg_dump`), the only download of some sources."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.text_files import read_lines
from kedrec.errors import DataError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress

__all__ = ["extract_tables"]

_COPY = re.compile(rb"COPY ([\w.]+) \(([^)]*)\) FROM stdin;\s*")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_EVERY = 1_000_000


def _fields(line: bytes) -> Iterator[str]:
    for field in line.decode("utf-8", "backslashreplace").split("\t"):
        if field == r"\N":
            yield ""
        elif "\\" in field:
            # A line break inside a field would shift the line numbers after it.
            yield _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), field).replace("\n", " ")
        else:
            yield field


def extract_tables(path: Path, targets: Mapping[str, Path], progress: Progress) -> None:
    """Extracts tables of a dump as CSV with a header, in one pass; NULL becomes an empty field.

    Args:
        path: the dump, compressed or not.
        targets: file to write for each table, by full name (`public.structures`).
        progress: progress callback, in lines.

    Raises:
        DataError: the dump is damaged, or lacks a table.
    """
    extracted: set[str] = set()
    writer: Any = None
    with ExitStack() as files:
        for number, line in enumerate(read_lines(path), 1):
            if number % _EVERY == 0:
                progress(f"Searching {path.name}", number, None)
            if writer is not None:
                if line.rstrip(b"\r\n") == rb"\.":
                    writer = None
                    if extracted == targets.keys():
                        return
                else:
                    writer.writerow(_fields(line.rstrip(b"\r\n")))
            elif line.startswith(b"COPY ") and (match := _COPY.match(line)):
                name = match[1].decode()
                if name in targets:
                    extracted.add(name)
                    out = files.enter_context(targets[name].open("w", encoding="utf-8", newline=""))
                    writer = csv.writer(out, lineterminator="\n")
                    writer.writerow(column.strip(' "') for column in match[2].decode().split(","))
        missing = sorted(targets.keys() - extracted)
        if missing or writer is not None:
            problem = f"has no table {', '.join(missing)}" if missing else "ends in the middle of a table"
            raise DataError(f"The dump {path} {problem}.", "Get the file again.")
