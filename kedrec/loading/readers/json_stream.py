"""Streaming reader of large JSON: lines of JSON Lines, items of a list, members of an object.

Only one record is in memory at a time, and one that is too long is skipped to its end. A record that is
invalid JSON, has a duplicate key, a lone surrogate or a number of over a thousand digits, or is nested too
deeply, has a problem in place of a value. NaN and Infinity, invalid JSON that pandas writes, become null.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kedrec.common.limits import MAX_DIGITS, MAX_RECORD
from kedrec.common.text_files import open_unpacked
from kedrec.errors import DataError

__all__ = ["TOO_LONG", "JsonRecord", "file_records", "json_lines", "json_records"]

_CHUNK = 1 << 18
_SPACE = re.compile(r"[\s,]*")
_SCALAR = re.compile(r"[^\s,\]}]*")
_STRUCTURE = re.compile(r'[\[\]{}"\\]')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE_PROBLEM = "half a character"
_DEPTH_PROBLEM = "nested too deeply"
TOO_LONG = f"longer than {MAX_RECORD >> 20} MB"
"""Problem of a record of more than `MAX_RECORD` bytes or characters."""


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A value with its number or line from 1 and its name if it is a member; or the problem with it."""

    position: int
    name: str
    value: Any
    problem: str = ""


class _RejectedValueError(ValueError):
    """A value of valid syntax that is rejected."""


def _number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _RejectedValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    members_by_name = dict(members)
    if len(members_by_name) < len(members):
        raise _RejectedValueError("a key twice in one object")
    return members_by_name


_DECODER = json.JSONDecoder(parse_int=_number, parse_constant=lambda _: None, object_pairs_hook=_object)


def _check_characters(text: str, value: Any) -> None:
    """Rejects lone surrogates, which JSON can encode but no file, index or database can store."""
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _RejectedValueError(_SURROGATE_PROBLEM) from None


def file_records(path: Path, lists: frozenset[str]) -> Iterator[JsonRecord]:
    """Yields the records of a file: one a line in `.jsonl` and `.ndjson`, else as `json_records`.

    Raises:
        DataError: the file can't be read, is damaged or isn't JSON; after the records before the damage.
    """
    try:
        with open_unpacked(path, "it") as stream:
            if {".jsonl", ".ndjson"} & {suffix.lower() for suffix in path.suffixes}:
                yield from json_lines(stream)
            else:
                yield from json_records(stream, lists)
    except DataError as error:
        if str(path) in error.what:
            raise
        raise DataError(f"{path} can't be read: {error.what}", error.hint or "Get the file again.") from error


def _line(line: bytes) -> tuple[Any, str]:
    """Parses a line; returns its value and the problem, or ""."""
    try:
        text = line.decode("utf-8")
        value = _DECODER.decode(text)
        _check_characters(text, value)
    except UnicodeDecodeError:
        return None, "not UTF-8 text"
    except _RejectedValueError as error:
        return None, str(error)
    except RecursionError:
        return None, _DEPTH_PROBLEM
    except ValueError as error:
        return None, f"not JSON: {error}"
    return value, ""


def json_lines(stream: IO[bytes]) -> Iterator[JsonRecord]:
    """Yields the value of each line; skips empty lines."""
    number = 0
    while line := stream.readline(MAX_RECORD + 1):
        number += 1
        if len(line) > MAX_RECORD:
            while line and not line.endswith(b"\n"):
                line = stream.readline(_CHUNK)
            yield JsonRecord(number, "", None, TOO_LONG)
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            continue
        yield JsonRecord(number, "", *_line(line))


def json_records(stream: IO[bytes], lists: frozenset[str]) -> Iterator[JsonRecord]:
    """Yields the items of a top-level list, or the members of an object and the items of those in `lists`.

    Raises:
        DataError: the file is damaged; after the records before the damage.
    """
    text = _BufferedText(stream)
    opening = text.next_character()
    if opening == "[":
        yield from _items(text, "")
        return
    if opening != "{":
        raise DataError("it is no JSON.")
    number = 0
    while (sign := text.next_character(take=False)) != "}":
        if sign != '"':
            raise DataError(f"it is damaged after member {number}.")
        try:
            name = text.value()
        except (ValueError, OverflowError) as error:
            raise DataError(f"it is damaged after member {number}.") from error
        if text.next_character() != ":":
            raise DataError(f"it is damaged at {str(name)[:80]!r}.")
        if name in lists and text.next_character(take=False) == "[":
            text.next_character()
            yield from _items(text, str(name))
            continue
        number += 1
        yield _record(text, number, str(name))


def _items(text: _BufferedText, name: str) -> Iterator[JsonRecord]:
    number = 0
    while text.next_character(take=False) != "]":
        number += 1
        yield _record(text, number, name)
    text.next_character()


def _record(text: _BufferedText, number: int, name: str) -> JsonRecord:
    try:
        return JsonRecord(number, name, text.value())
    except _RejectedValueError as error:
        if str(error) != _SURROGATE_PROBLEM:
            text.skip()
        return JsonRecord(number, name, None, str(error))
    except OverflowError:
        text.skip()
        return JsonRecord(number, name, None, TOO_LONG)
    except RecursionError:
        text.skip()
        return JsonRecord(number, name, None, _DEPTH_PROBLEM)


class _BufferedText:
    """A buffered JSON text that is read value by value."""

    def __init__(self, stream: IO[bytes]) -> None:
        first = stream.read(4)
        encoding = "utf-16" if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        self._decode = codecs.getincrementaldecoder(encoding)("replace")
        self._stream = stream
        self._buffer, self._position = self._decode.decode(first), 0

    def _more(self, size: int = _CHUNK) -> bool:
        chunk = self._stream.read(size)
        self._buffer = self._buffer[self._position :] + self._decode.decode(chunk)
        self._position = 0
        return bool(chunk)

    def next_character(self, *, take: bool = True) -> str:
        """Returns the next character that isn't a space or a comma; `take` moves past it.

        Raises:
            DataError: the file ends.
        """
        while True:
            self._position = _SPACE.match(self._buffer, self._position).end()  # type: ignore[union-attr]  # matches nothing, too
            if self._position < len(self._buffer):
                character = self._buffer[self._position]
                self._position += take
                return character
            if not self._more():
                raise DataError("it ends in the middle: it is cut off.")

    def value(self) -> Any:
        """Reads the next value.

        Raises:
            DataError: it is damaged, or the file ends in it.
            OverflowError: it is longer than `MAX_RECORD`.
            RecursionError: it is nested too deeply.
            ValueError: it is rejected although its syntax is valid.
        """
        self.next_character(take=False)
        size = _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                length = len(self._buffer) - self._position
                # A value that goes on in the next chunk looks damaged at its end, or has an open string.
                cut = "Unterminated" in error.msg or error.pos >= len(self._buffer) - 16
                if not cut:
                    raise DataError(f"it is damaged: {error.msg}.") from error
                if length > MAX_RECORD:
                    raise OverflowError from error
                if not self._more(size):
                    raise DataError("it ends in the middle of a record: it is cut off.") from error
                size = min(size * 2, MAX_RECORD)
                continue
            # A number may go on in the next chunk.
            if end == len(self._buffer) and not isinstance(value, (dict, list, str)) and self._more():
                continue
            if end - self._position > MAX_RECORD:
                self._position = end
                self._buffer = "null" + self._buffer[end:]
                self._position = 0
                raise OverflowError
            start, self._position = self._position, end
            _check_characters(self._buffer[start:end], value)
            return value

    def skip(self) -> None:
        """Skips the next value without storing it."""
        if self.next_character(take=False) not in '"[{':
            while True:
                self._position = _SCALAR.match(self._buffer, self._position).end()  # type: ignore[union-attr]  # matches nothing, too
                if self._position < len(self._buffer) or not self._more():
                    return
        depth, quoted = 0, False
        while True:
            match = _STRUCTURE.search(self._buffer, self._position)
            if match is None:
                self._position = len(self._buffer)
                if not depth and not quoted and self._buffer:
                    return
                if not self._more():
                    raise DataError("it ends in the middle of a record: it is cut off.")
                continue
            self._position = match.end()
            sign = match[0]
            if sign == "\\":
                if self._position == len(self._buffer) and not self._more():
                    raise DataError("it ends in the middle of a record: it is cut off.")
                self._position += 1
            elif sign == '"':
                quoted = not quoted
            elif not quoted:
                depth += 1 if sign in "[{" else -1
            if depth <= 0 and not quoted:
                return
