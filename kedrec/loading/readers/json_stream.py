"""Takes large JSON apart piece by piece: lines of JSON Lines, items of a list, members of an object.

No more than one record is held, and a record that is too long is passed over to its end. A record that is no
JSON, has a key twice, half a character (a surrogate alone) or a number of a thousand digits, or is nested too
deeply, is one record with a problem. NaN and Infinity, which are no JSON but which pandas writes, are null.
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
_HALF = "half a character"
_DEEP = "nested too deeply"
TOO_LONG = f"longer than {MAX_RECORD >> 20} MB"
"""Why a record of more than `MAX_RECORD` bytes or characters is refused."""


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A value, its number or line from 1, its name where it is a member; or why there is none."""

    where: int
    name: str
    value: Any
    problem: str = ""


class _Refused(ValueError):  # noqa: N818  # why a value isn't taken, which is JSON otherwise
    pass


def _number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _Refused(f"a number of {len(digits):,} digits")
    return int(digits)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise _Refused("a key twice in one object")
    return found


_DECODER = json.JSONDecoder(parse_int=_number, parse_constant=lambda _: None, object_pairs_hook=_object)


def _check_characters(text: str, value: Any) -> None:
    """Refuses half characters, which JSON can write and no file, index or database holds."""
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _Refused(_HALF) from None


def file_records(path: Path, lists: frozenset[str]) -> Iterator[JsonRecord]:
    """The records of a file: one a line where it is named `.jsonl` or `.ndjson`, else as `json_records`.

    Raises:
        DataError: the file can't be read, is damaged or is no JSON; what was before it has been given.
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
    """A line's value, and why there is none."""
    try:
        text = line.decode("utf-8")
        value = _DECODER.decode(text)
        _check_characters(text, value)
    except UnicodeDecodeError:
        return None, "not UTF-8 text"
    except _Refused as error:
        return None, str(error)
    except RecursionError:
        return None, _DEEP
    except ValueError as error:
        return None, f"not JSON: {error}"
    return value, ""


def json_lines(stream: IO[bytes]) -> Iterator[JsonRecord]:
    """The value of each line; empty lines are passed over."""
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
    """The items of a list at the top; of an object at the top its members, and the items of those in `lists`.

    Raises:
        DataError: the file is damaged; what was before the damage has been given.
    """
    text = _Text(stream)
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


def _items(text: _Text, name: str) -> Iterator[JsonRecord]:
    number = 0
    while text.next_character(take=False) != "]":
        number += 1
        yield _record(text, number, name)
    text.next_character()


def _record(text: _Text, number: int, name: str) -> JsonRecord:
    try:
        return JsonRecord(number, name, text.value())
    except _Refused as error:
        if str(error) != _HALF:
            text.skip()
        return JsonRecord(number, name, None, str(error))
    except OverflowError:
        text.skip()
        return JsonRecord(number, name, None, TOO_LONG)
    except RecursionError:
        text.skip()
        return JsonRecord(number, name, None, _DEEP)


class _Text:
    """A JSON text, of which only what is being read is held."""

    def __init__(self, stream: IO[bytes]) -> None:
        first = stream.read(4)
        encoding = "utf-16" if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        self._decode = codecs.getincrementaldecoder(encoding)("replace")
        self._stream = stream
        self._buffer, self._place = self._decode.decode(first), 0

    def _more(self, size: int = _CHUNK) -> bool:
        chunk = self._stream.read(size)
        self._buffer = self._buffer[self._place :] + self._decode.decode(chunk)
        self._place = 0
        return bool(chunk)

    def next_character(self, *, take: bool = True) -> str:
        """The next character that is no space or comma.

        Raises:
            DataError: the file ends here.
        """
        while True:
            self._place = _SPACE.match(self._buffer, self._place).end()  # type: ignore[union-attr]  # matches nothing, too
            if self._place < len(self._buffer):
                found = self._buffer[self._place]
                self._place += take
                return found
            if not self._more():
                raise DataError("it ends in the middle: it is cut off.")

    def value(self) -> Any:
        """The next value.

        Raises:
            DataError: it is damaged, or the file ends in it.
            OverflowError: it is longer than `MAX_RECORD`.
            RecursionError: it is nested too deeply.
            ValueError: it isn't taken, though it is JSON.
        """
        self.next_character(take=False)
        size = _CHUNK
        while True:
            try:
                found, end = _DECODER.raw_decode(self._buffer, self._place)
            except json.JSONDecodeError as error:
                held = len(self._buffer) - self._place
                # A value that goes on in the next chunk looks damaged at its end, or has an open string.
                cut = "Unterminated" in error.msg or error.pos >= len(self._buffer) - 16
                if not cut:
                    raise DataError(f"it is damaged: {error.msg}.") from error
                if held > MAX_RECORD:
                    raise OverflowError from error
                if not self._more(size):
                    raise DataError("it ends in the middle of a record: it is cut off.") from error
                size = min(size * 2, MAX_RECORD)
                continue
            # A number may go on in the next chunk.
            if end == len(self._buffer) and not isinstance(found, (dict, list, str)) and self._more():
                continue
            if end - self._place > MAX_RECORD:
                self._place = end
                self._buffer = "null" + self._buffer[end:]
                self._place = 0
                raise OverflowError
            start, self._place = self._place, end
            _check_characters(self._buffer[start:end], found)
            return found

    def skip(self) -> None:
        """Passes over the next value without holding it."""
        if self.next_character(take=False) not in '"[{':
            while True:
                self._place = _SCALAR.match(self._buffer, self._place).end()  # type: ignore[union-attr]  # matches nothing, too
                if self._place < len(self._buffer) or not self._more():
                    return
        depth, quoted = 0, False
        while True:
            found = _STRUCTURE.search(self._buffer, self._place)
            if found is None:
                self._place = len(self._buffer)
                if not depth and not quoted and self._buffer:
                    return
                if not self._more():
                    raise DataError("it ends in the middle of a record: it is cut off.")
                continue
            self._place = found.end()
            sign = found[0]
            if sign == "\\":
                if self._place == len(self._buffer) and not self._more():
                    raise DataError("it ends in the middle of a record: it is cut off.")
                self._place += 1
            elif sign == '"':
                quoted = not quoted
            elif not quoted:
                depth += 1 if sign in "[{" else -1
            if depth <= 0 and not quoted:
                return
