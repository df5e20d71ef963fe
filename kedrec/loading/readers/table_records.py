"""Parser of clean text tables that is robust to stray quotes: each costs one record at most.

Quotes are read as in RFC 4180: a quoted field may contain the separator, line breaks and doubled quotes.
Three common faults are handled:

- An undoubled quote inside a quoted field (`'Crohn's disease'`) is part of the text if the line then has all
  its fields.
- A quote that is never closed, or only after a line that looks like a record, rejects its line; parsing
  continues with the next one.
- A line that isn't text is rejected, together with the record that it would be inside of.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Dialect", "Record", "read_records", "split_line"]

_MOST_LINES = 1000
"""Limit of the lines of one quoted field."""
_SAMPLE = 200
"""Number of lines from which the pattern of ids in a record is learnt."""
_NEARLY_ALL = 0.9
_NOT_CLOSED = "quote that opens and does not close"
_GOES_ON = "text after a closing quote"


@dataclass(frozen=True, slots=True)
class Dialect:
    """Separator and quote of a table; the quote is "" if it has no quoting."""

    separator: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table.

    Attributes:
        line: number of its first line, from 1.
        fields: its fields; empty if it can't be split.
        text: its raw lines.
        lines: number of its lines.
        reason: reason why it can't be read; "" if it can.
        detail: detail of the reason.
    """

    line: int
    fields: list[str]
    text: str
    lines: int = 1
    reason: str = ""
    detail: str = ""


def _split(text: str, dialect: Dialect) -> tuple[list[str], str]:
    """Splits a text into fields; returns them without an unclosed one, and the problem, or ""."""
    separator, quote = dialect.separator, dialect.quote
    if not quote or quote not in text:
        return text.split(separator), ""
    fields: list[str] = []
    position = 0
    while True:
        if not text.startswith(quote, position):
            end = text.find(separator, position)
            if end < 0:
                return [*fields, text[position:]], ""
            fields.append(text[position:end])
            position = end + 1
            continue
        end = text.find(quote, position + 1)
        while end >= 0 and text.startswith(quote, end + 1):
            end = text.find(quote, end + 2)
        if end < 0:
            return fields, _NOT_CLOSED
        fields.append(text[position + 1 : end].replace(quote * 2, quote))
        position = end + 1
        if position == len(text):
            return fields, ""
        if not text.startswith(separator, position):
            return fields, _GOES_ON
        position += 1


def split_line(text: str, dialect: Dialect) -> list[str]:
    """Splits a single-line record, such as a header, into fields, as far as it can be split."""
    return _split(text, dialect)[0]


def _split_stray(text: str, dialect: Dialect, width: int) -> list[str]:
    """Splits a line with undoubled quotes inside quoted fields; returns none unless there are `width` fields.

    A quoted field ends at a quote before a separator or the end of the line. Returns none if it also contains
    doubled quotes, or a backslash before a quote, whose meaning depends on the writer.
    """
    separator, quote = dialect.separator, dialect.quote
    fields: list[str] = []
    position = 0
    while position <= len(text):
        quoted = text.startswith(quote, position)
        end = text.find(quote + separator, position + 1) if quoted else text.find(separator, position)
        if end < 0:
            end = len(text) - quoted
            if quoted and (end <= position or not text.endswith(quote)):
                return []
        field = text[position + quoted : end]
        if quoted and (quote * 2 in field or f"\\{quote}" in f"{field}{quote}"):
            return []
        fields.append(field)
        position = end + quoted + 1
    return fields if len(fields) == width else []


def _mark(cell: str) -> tuple[bool, bool] | None:
    """Features of a cell that may be an id: has letters, has a colon; None if it can't be an id."""
    if not cell or len(cell) > 60 or re.search(r"\s", cell) or not re.search(r"\d", cell):
        return None
    return bool(re.search(r"[A-Za-z]", cell)), ":" in cell


class _RecordPattern:
    """Pattern of a table's records: columns in which nearly all complete records have ids."""

    def __init__(self, sample: Sequence[str], dialect: Dialect, width: int) -> None:
        self._dialect, self._width = dialect, width
        complete = [
            fields for fields, reason in (_split(line, dialect) for line in sample)
            if not reason and len(fields) == width
        ]  # fmt: skip
        self._ids: dict[int, tuple[bool, bool]] = {}
        for index, cells in enumerate(zip(*complete, strict=True)):
            mark, count = Counter(map(_mark, cells)).most_common(1)[0]
            if mark and count >= _NEARLY_ALL * len(complete):
                self._ids[index] = mark
        # Lines of prose may begin with numbers, too.
        self._has_letters = any(has_letters for has_letters, _ in self._ids.values())

    def matches(self, line: str) -> bool:
        """True if a line looks like a record: complete, short, or with an unclosed quote."""
        if not self._ids:
            return False
        fields, reason = _split(line, self._dialect)
        marked_cells = [(mark, fields[index]) for index, mark in self._ids.items() if index < len(fields)]
        fits = self._has_letters or (not reason and len(fields) == self._width)
        return fits and bool(marked_cells) and all(_mark(cell) == mark for mark, cell in marked_cells)


class _LineReader:
    """Numbered lines of a file, with push-back."""

    def __init__(self, path: Path) -> None:
        self._text = path.open(encoding="utf-8", newline="\n")
        self._pushed_back: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        line = self._pushed_back.popleft() if self._pushed_back else self._text.readline()
        if not line:
            return None
        self.number += 1
        return line.removesuffix("\n")

    def push_back(self, lines: Sequence[str]) -> None:
        self._pushed_back.extendleft(f"{line}\n" for line in reversed(lines))
        self.number -= len(lines)

    def close(self) -> None:
        self._text.close()


def _continue_record(
    lines: _LineReader, first: str, dialect: Dialect, pattern: _RecordPattern, bad: Container[int]
) -> tuple[list[str], list[str]]:
    """Reads further lines of a record with an open quote, and its fields; none if it isn't closed."""
    more: list[str] = []
    while len(more) < _MOST_LINES and (line := lines.next()) is not None:
        more.append(line)
        if lines.number in bad or pattern.matches(line):
            break
        if dialect.quote in line:
            fields, reason = _split("\n".join((first, *more)), dialect)
            if not reason:
                return more, fields
            if reason != _NOT_CLOSED:
                break
    lines.push_back(more)
    return [], []


def read_records(
    path: Path,
    dialect: Dialect,
    width: int,
    *,
    bad: Container[int] = (),
    skip: int = 0,
    needed: int | None = None,
    quoted_only: bool = False,
) -> Iterator[Record]:
    """Yields every record of a clean text file, including those that can't be read; skips empty lines.

    Args:
        path: UTF-8 lines, as written by `text_files.unpack`.
        dialect: dialect of the table.
        width: number of fields of a complete record.
        bad: numbers of lines that aren't text, which are skipped; the caller reports them.
        skip: number of lines before the first record.
        needed: minimal number of fields; None: any number.
        quoted_only: yield only records whose first line has a quote.
    """
    lines = _LineReader(path)
    try:
        for _ in range(skip):
            lines.next()
        sample = [line for _ in range(_SAMPLE if dialect.quote else 0) if (line := lines.next()) is not None]
        lines.push_back(sample)
        pattern = _RecordPattern(sample, dialect, width)
        while (text := lines.next()) is not None:
            number = lines.number
            if not text or number in bad or (quoted_only and dialect.quote not in text):
                continue
            fields, reason = _split(text, dialect)
            more: list[str] = []
            if reason == _NOT_CLOSED:
                more, fields = _continue_record(lines, text, dialect, pattern, bad)
                reason = "" if more else reason
            elif reason:
                fields = _split_stray(text, dialect, width)
                reason = "" if fields else reason
            detail = ""
            if needed is not None and not reason and (len(fields) < needed or any(fields[width:])):
                reason, detail = "wrong number of columns", f"{len(fields)} instead of {width}"
            yield Record(number, fields, "\n".join((text, *more)), 1 + len(more), reason, detail)
    finally:
        lines.close()
