"""Splits the lines of a clean text table into records, so that a stray quote costs one record and no more.

Quotes are read as RFC 4180 says: a quoted field may hold the separator, line breaks and doubled quotes. Three
things that files have beside that are told apart:

- A quote inside a quoted field that isn't doubled (`'Crohn's disease'`) is part of the text, where the
  line has all its fields when read so.
- A quote that opens and isn't closed, or only beyond a line that looks like a record, refuses the line that
  it is in; reading goes on with the next one.
- A line that isn't text refuses itself, and the record that it would be inside of.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Dialect", "Record", "read_records", "split_line"]

_MOST_LINES = 1000
"""Lines that one quoted field may have."""
_SAMPLE = 200
"""Lines among which one is looked for that is a record of its own, to know others by."""
_NEARLY_ALL = 0.9
_NOT_CLOSED = "quote that opens and does not close"
_GOES_ON = "text after a closing quote"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table separates fields, and the quote around them; "" where it has no quoting."""

    separator: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table.

    Attributes:
        line: the number of its first line, from 1.
        fields: its fields; empty where it can't be split.
        text: its lines as they are.
        lines: how many it has.
        reason: why it can't be read; "" where it can.
        detail: more of that.
    """

    line: int
    fields: list[str]
    text: str
    lines: int = 1
    reason: str = ""
    detail: str = ""


def _split(text: str, dialect: Dialect) -> tuple[list[str], str]:
    """The fields of a text, and why it is no whole record; an open field isn't among them."""
    separator, quote = dialect.separator, dialect.quote
    if not quote or quote not in text:
        return text.split(separator), ""
    fields: list[str] = []
    at = 0
    while True:
        if not text.startswith(quote, at):
            end = text.find(separator, at)
            if end < 0:
                return [*fields, text[at:]], ""
            fields.append(text[at:end])
            at = end + 1
            continue
        end = text.find(quote, at + 1)
        while end >= 0 and text.startswith(quote, end + 1):
            end = text.find(quote, end + 2)
        if end < 0:
            return fields, _NOT_CLOSED
        fields.append(text[at + 1 : end].replace(quote * 2, quote))
        at = end + 1
        if at == len(text):
            return fields, ""
        if not text.startswith(separator, at):
            return fields, _GOES_ON
        at += 1


def split_line(text: str, dialect: Dialect) -> list[str]:
    """The fields of a line that is a record of its own, as a header is; as far as it can be split."""
    return _split(text, dialect)[0]


def _split_stray(text: str, dialect: Dialect, width: int) -> list[str]:
    """The fields of a line with undoubled quotes inside quoted fields; none where it hasn't `width` fields.

    A quoted field ends where a quote stands before a separator or the line's end. Where it has doubled quotes
    too, or a backslash before one, which different writers mean differently, it has no fields.
    """
    separator, quote = dialect.separator, dialect.quote
    fields: list[str] = []
    at = 0
    while at <= len(text):
        inside = text.startswith(quote, at)
        end = text.find(quote + separator, at + 1) if inside else text.find(separator, at)
        if end < 0:
            end = len(text) - inside
            if inside and (end <= at or not text.endswith(quote)):
                return []
        field = text[at + inside : end]
        if inside and (quote * 2 in field or f"\\{quote}" in f"{field}{quote}"):
            return []
        fields.append(field)
        at = end + inside + 1
    return fields if len(fields) == width else []


def _mark(cell: str) -> tuple[bool, bool] | None:
    """What kind of id a cell could be: with letters, with a colon; None where it is none."""
    if not cell or len(cell) > 60 or re.search(r"\s", cell) or not re.search(r"\d", cell):
        return None
    return bool(re.search(r"[A-Za-z]", cell)), ":" in cell


class _Pattern:
    """By what a line looks like a record: ids stand where they stand in nearly all that are whole."""

    def __init__(self, sample: Sequence[str], dialect: Dialect, width: int) -> None:
        self._dialect, self._width = dialect, width
        whole = [
            fields for fields, reason in (_split(line, dialect) for line in sample)
            if not reason and len(fields) == width
        ]  # fmt: skip
        self._ids: dict[int, tuple[bool, bool]] = {}
        for at, cells in enumerate(zip(*whole, strict=True)):
            mark, often = Counter(map(_mark, cells)).most_common(1)[0]
            if mark and often >= _NEARLY_ALL * len(whole):
                self._ids[at] = mark
        # Numbers alone begin lines of prose, too.
        self._telling = any(has_letters for has_letters, _ in self._ids.values())

    def matches(self, line: str) -> bool:
        """Whether a line looks like a record that is whole, short, or leaves a quote open."""
        if not self._ids:
            return False
        fields, reason = _split(line, self._dialect)
        seen = [(mark, fields[at]) for at, mark in self._ids.items() if at < len(fields)]
        fits = self._telling or (not reason and len(fields) == self._width)
        return fits and bool(seen) and all(_mark(cell) == mark for mark, cell in seen)


class _Lines:
    """A file's lines with their numbers, of which some can be given back."""

    def __init__(self, path: Path) -> None:
        self._text = path.open(encoding="utf-8", newline="\n")
        self._waiting: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        line = self._waiting.popleft() if self._waiting else self._text.readline()
        if not line:
            return None
        self.number += 1
        return line.removesuffix("\n")

    def give_back(self, lines: Sequence[str]) -> None:
        self._waiting.extendleft(f"{line}\n" for line in reversed(lines))
        self.number -= len(lines)

    def close(self) -> None:
        self._text.close()


def _rest(
    lines: _Lines, first: str, dialect: Dialect, pattern: _Pattern, bad: Container[int]
) -> tuple[list[str], list[str]]:
    """Further lines of a record whose first leaves a quote open, and its fields; none where it has no end."""
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
    lines.give_back(more)
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
    """Every record of a clean text file, those that can't be read too; empty lines are passed over.

    Args:
        path: UTF-8 lines, as `text.unpack` leaves them.
        dialect: of the table.
        width: fields that a whole record has.
        bad: numbers of lines that aren't text, which are passed over: whoever unpacked the file tells them.
        skip: lines before the first record.
        needed: fields that a record must have, the others may be missing; None: any number will do.
        quoted_only: give only records whose first line has a quote.
    """
    lines = _Lines(path)
    try:
        for _ in range(skip):
            lines.next()
        sample = [line for _ in range(_SAMPLE if dialect.quote else 0) if (line := lines.next()) is not None]
        lines.give_back(sample)
        pattern = _Pattern(sample, dialect, width)
        while (text := lines.next()) is not None:
            number = lines.number
            if not text or number in bad or (quoted_only and dialect.quote not in text):
                continue
            fields, reason = _split(text, dialect)
            more: list[str] = []
            if reason == _NOT_CLOSED:
                more, fields = _rest(lines, text, dialect, pattern, bad)
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
