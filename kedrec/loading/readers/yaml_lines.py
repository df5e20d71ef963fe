"""Reader of YAML as plain values with line numbers.

Builds the values from the parser's events, so that structures that would exhaust the memory although the text
is short, copies by alias and endless nesting, are rejected at once.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kedrec.common.limits import MAX_DEPTH, MAX_RECORD
from kedrec.errors import DataError

__all__ = ["LineMapping", "YamlRecord", "read_document", "yaml_records"]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DEPTH_PROBLEM = "nested too deeply"
_TOO_LONG = f"longer than {MAX_RECORD >> 20} MB"


class LineMapping(dict[str, Any]):
    """A mapping with the line (from 1) on which it begins."""

    line: int = 0


class YamlRecord(NamedTuple):
    """An item of a list: its line from 1, and its value or the problem with it."""

    line: int
    value: Any
    problem: str = ""


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


class _RejectedError(Exception):
    """YAML of valid syntax that is rejected."""

    def __init__(self, problem: str, event: yaml.Event) -> None:
        super().__init__(problem)
        self.line = _line(event) + 1


class _Builder:
    """Builds a document from events."""

    def __init__(self) -> None:
        self.items: list[Any] = []  # the document, as the only item
        self._open: list[tuple[Any, str | None]] = [
            (self.items, None)
        ]  # open collections, with the pending key

    def open(self, event: yaml.Event, value: list[Any] | LineMapping) -> None:
        """Begins a list or a mapping."""
        if len(self._open) > MAX_DEPTH:
            raise _RejectedError(_DEPTH_PROBLEM, event)
        self.add(event, value)
        self._open.append((value, None))

    def close(self) -> None:
        """Ends the innermost list or mapping."""
        self._open.pop()

    def add(self, event: yaml.Event, value: Any) -> None:
        """Adds a value: an item, a key, or the value of the pending key."""
        parent, key = self._open[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif key is not None:
            parent[key] = value
            self._open[-1] = parent, None
        elif not isinstance(value, str):
            raise _RejectedError("a key that is no text", event)
        elif value in parent:
            raise _RejectedError(f"the key {value[:80]!r} twice", event)
        else:
            self._open[-1] = parent, value


def _value(text: str, first: int) -> Any:
    """Parses the only document of a text; None if it is empty. `first` is the number of its first line."""
    document = _Builder()
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent):
            # Scalars stay text: an id is never a number, and YAML's constructors are several times slower.
            document.add(event, event.value)
        elif isinstance(event, yaml.MappingStartEvent):
            mapping = LineMapping()
            mapping.line = first + _line(event)
            document.open(event, mapping)
        elif isinstance(event, yaml.SequenceStartEvent):
            document.open(event, [])
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            document.close()
        elif isinstance(event, yaml.AliasEvent):
            raise _RejectedError("an alias, which no source's YAML has", event)
        elif isinstance(event, yaml.DocumentStartEvent) and document.items:
            raise _RejectedError("a second document", event)
    return document.items[0] if document.items else None


@contextmanager
def _garbage_collection_off() -> Iterator[None]:
    """Suspends the garbage collector, which would scan the growing document repeatedly."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _parse(text: str, first: int) -> tuple[Any, str, int]:
    """Parses a text; returns its document, the problem or "", and the line."""
    try:
        with _garbage_collection_off():
            return _value(text, first), "", first
    except _RejectedError as error:
        return None, str(error), first - 1 + error.line
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        deep = "nesting depth" in problem  # libyaml has a limit of its own, and looks ahead
        return None, _DEPTH_PROBLEM if deep else f"not YAML: {problem}", first + (mark.line if mark else 0)


def read_document(text: str, path: Path) -> Any:
    """Parses a YAML text; every scalar is text, every mapping has its line.

    Raises:
        DataError: it isn't YAML, has an alias, a key twice, or is nested deeper than `MAX_DEPTH`.
    """
    value, problem, line = _parse(text, 1)
    if problem:
        raise DataError(f"{path}, line {line}: {problem}.", "Get the file again.")
    return value


def yaml_records(lines: Iterable[str], path: Path, bad: Mapping[int, str]) -> Iterator[YamlRecord]:
    """Yields the items of a YAML text that is a list, parsing each separately.

    An item begins at a line that begins with a dash; a list in another style is parsed as a unit.

    Args:
        lines: lines of the text, with line breaks.
        path: name of the file in messages.
        bad: reasons why lines aren't text, by line number; the items that contain them are rejected.

    Raises:
        DataError: there is no list, or it is in another style and isn't YAML or is longer than `MAX_RECORD`.
    """
    pieces = _pieces(lines, bad)
    head = next(pieces, _Piece(1))
    first = next(pieces, None)
    if first is None or _parse("".join(head.lines), 1)[0] not in (None, ""):
        yield from _parse_as_unit([head, *([] if first is None else [first]), *pieces], path)
        return
    for piece in itertools.chain([first], pieces):
        if piece.problem:
            yield YamlRecord(piece.line, None, piece.problem)
            continue
        value, problem, line = _parse("".join(piece.lines), piece.line)
        if not problem and len(value) != 1:
            problem = "not one item"
        yield YamlRecord(line, None, problem) if problem else YamlRecord(piece.line, value[0])


@dataclass(slots=True)
class _Piece:
    """Lines from one that begins with a dash up to the next; the first piece is the text before them."""

    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0
    problem: str = ""


def _pieces(lines: Iterable[str], bad: Mapping[int, str]) -> Iterator[_Piece]:
    piece = _Piece(1)
    for number, line in enumerate(lines, 1):
        if line[:1] == "-" and line[1:2].isspace():
            yield piece
            piece = _Piece(number)
        piece.problem = piece.problem or bad.get(number, "")
        piece.size += len(line)
        if piece.size > MAX_RECORD:
            piece.problem, piece.lines = _TOO_LONG, []
        else:
            piece.lines.append(line)
    yield piece


def _parse_as_unit(pieces: list[_Piece], path: Path) -> Iterator[YamlRecord]:
    problem = next((f"line {piece.line}: {piece.problem}" for piece in pieces if piece.problem), "")
    if not problem and sum(piece.size for piece in pieces) > MAX_RECORD:
        problem = _TOO_LONG
    if problem:
        raise DataError(f"{path}, {problem}.", "Get the file again.")
    document = read_document("".join(line for piece in pieces for line in piece.lines), path)
    if not isinstance(document, list):
        raise DataError(f"{path} is not a list.", "Get the file again.")
    for item in document:
        yield YamlRecord(getattr(item, "line", 0), item)
