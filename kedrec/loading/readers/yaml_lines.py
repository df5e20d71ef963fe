"""YAML documents as plain values that remember the line they stand on.

Built from the parser's events one after the other, so that what a text could make without being long, copies
by alias and nesting without end, is refused when it is met and not when it has taken the memory.
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

__all__ = ["Lined", "YamlRecord", "read_document", "yaml_records"]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DEEP = "nested too deeply"
_TOO_LONG = f"longer than {MAX_RECORD >> 20} MB"


class Lined(dict[str, Any]):
    """A mapping with the line (from 1) where it begins."""

    line: int = 0


class YamlRecord(NamedTuple):
    """An item of a list: its line from 1, and its value or why there is none."""

    line: int
    value: Any
    problem: str = ""


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


class _Refused(Exception):  # noqa: N818  # what is YAML and isn't taken
    def __init__(self, problem: str, event: yaml.Event) -> None:
        super().__init__(problem)
        self.line = _line(event) + 1


class _Builder:
    """The document that events tell of, so far."""

    def __init__(self) -> None:
        self.found: list[Any] = []  # the document, in a list of its own
        self._above: list[tuple[Any, str | None]] = [(self.found, None)]  # what is open, and a key that waits

    def open(self, event: yaml.Event, value: list[Any] | Lined) -> None:
        """A list or a mapping begins."""
        if len(self._above) > MAX_DEPTH:
            raise _Refused(_DEEP, event)
        self.add(event, value)
        self._above.append((value, None))

    def close(self) -> None:
        """The innermost list or mapping ends."""
        self._above.pop()

    def add(self, event: yaml.Event, value: Any) -> None:
        """A value comes: an item, a key or what a key stands before."""
        holder, key = self._above[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif key is not None:
            holder[key] = value
            self._above[-1] = holder, None
        elif not isinstance(value, str):
            raise _Refused("a key that is no text", event)
        elif value in holder:
            raise _Refused(f"the key {value[:80]!r} twice", event)
        else:
            self._above[-1] = holder, value


def _value(text: str, first: int) -> Any:
    """The one document of a text; None of an empty one. `first` is the number of its first line."""
    document = _Builder()
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent):
            # Scalars stay text: an id is never a number, and YAML's constructors are several times slower.
            document.add(event, event.value)
        elif isinstance(event, yaml.MappingStartEvent):
            mapping = Lined()
            mapping.line = first + _line(event)
            document.open(event, mapping)
        elif isinstance(event, yaml.SequenceStartEvent):
            document.open(event, [])
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            document.close()
        elif isinstance(event, yaml.AliasEvent):
            raise _Refused("an alias, which no source's YAML has", event)
        elif isinstance(event, yaml.DocumentStartEvent) and document.found:
            raise _Refused("a second document", event)
    return document.found[0] if document.found else None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Stops the garbage collector: it would walk the growing document again and again, most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(text: str, first: int) -> tuple[Any, str, int]:
    """The document, or why there is none and the line where that shows."""
    try:
        with _uncollected():
            return _value(text, first), "", first
    except _Refused as error:
        return None, str(error), first - 1 + error.line
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        deep = "nesting depth" in problem  # libyaml has a limit of its own, and looks ahead
        return None, _DEEP if deep else f"not YAML: {problem}", first + (mark.line if mark else 0)


def read_document(text: str, path: Path) -> Any:
    """The content of a YAML text; every scalar is text, every mapping knows its line.

    Raises:
        DataError: it isn't YAML, has an alias, a key twice, or is nested deeper than `MAX_DEPTH`.
    """
    value, problem, line = _read(text, 1)
    if problem:
        raise DataError(f"{path}, line {line}: {problem}.", "Get the file again.")
    return value


def yaml_records(lines: Iterable[str], path: Path, bad: Mapping[int, str]) -> Iterator[YamlRecord]:
    """The items of a list that is a YAML text's whole content, each read alone.

    An item begins where a line begins with a dash; a list that is written otherwise is read as one.

    Args:
        lines: of the text, with their ends.
        path: what messages call it.
        bad: lines that couldn't be read as text, by number, and why; the items that hold them are refused.

    Raises:
        DataError: there is no list, or it is written otherwise and isn't YAML or is longer than `MAX_RECORD`.
    """
    pieces = _pieces(lines, bad)
    head = next(pieces, _Piece(1))
    first = next(pieces, None)
    if first is None or _read("".join(head.lines), 1)[0] not in (None, ""):
        yield from _whole([head, *([] if first is None else [first]), *pieces], path)
        return
    for piece in itertools.chain([first], pieces):
        if piece.problem:
            yield YamlRecord(piece.line, None, piece.problem)
            continue
        value, problem, where = _read("".join(piece.lines), piece.line)
        if not problem and len(value) != 1:
            problem = "not one item"
        yield YamlRecord(where, None, problem) if problem else YamlRecord(piece.line, value[0])


@dataclass(slots=True)
class _Piece:
    """Lines from one that begins with a dash up to the next; the first piece is what stands before."""

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


def _whole(pieces: list[_Piece], path: Path) -> Iterator[YamlRecord]:
    problem = next((f"line {piece.line}: {piece.problem}" for piece in pieces if piece.problem), "")
    if not problem and sum(piece.size for piece in pieces) > MAX_RECORD:
        problem = _TOO_LONG
    if problem:
        raise DataError(f"{path}, {problem}.", "Get the file again.")
    whole = read_document("".join(line for piece in pieces for line in piece.lines), path)
    if not isinstance(whole, list):
        raise DataError(f"{path} is not a list.", "Get the file again.")
    for item in whole:
        yield YamlRecord(getattr(item, "line", 0), item)
