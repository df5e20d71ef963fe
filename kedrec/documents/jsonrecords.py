"""Takes large JSON apart piece by piece: lines of JSON Lines, items of a list, members of an object.

No more than one record is held, and a record that is too long is passed over to its end.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from kedrec.documents.records import MAX_RECORD
from kedrec.errors import DataError

__all__ = ["TOO_LONG", "JsonRecord", "json_lines", "json_records"]

_CHUNK = 1 << 18
_SPACE = re.compile(r"[\s,]*")
_STRUCTURE = re.compile(r'[\[\]{}"\\]')
TOO_LONG = f"longer than {MAX_RECORD >> 20} MB"
"""Why a record of more than `MAX_RECORD` bytes or characters is refused."""


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A value, its number or line from 1, its name where it is a member; or why there is none."""

    where: int
    name: str
    value: Any
    problem: str = ""


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
        try:
            yield JsonRecord(number, "", json.loads(line))
        except (ValueError, RecursionError) as error:
            yield JsonRecord(number, "", None, f"not JSON: {error}")


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
        name = text.value()
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
    except OverflowError:
        text.skip()
        return JsonRecord(number, name, None, TOO_LONG)
    except RecursionError:
        text.skip()
        return JsonRecord(number, name, None, "nested too deeply")


def _number(digits: str) -> int | float:
    """A whole number; one of more digits than Python takes (4,300) isn't one that any layout has."""
    return int(digits) if len(digits) < 1000 else math.inf


class _Text:
    """A JSON text, of which only what is being read is held."""

    def __init__(self, stream: IO[bytes]) -> None:
        first = stream.read(4)
        encoding = "utf-16" if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        self._decode = codecs.getincrementaldecoder(encoding)("replace")
        self._stream = stream
        self._buffer, self._place = self._decode.decode(first), 0
        self._decoder = json.JSONDecoder(parse_int=_number)

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
        """
        self.next_character(take=False)
        size = _CHUNK
        while True:
            try:
                found, end = self._decoder.raw_decode(self._buffer, self._place)
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
            self._place = end
            return found

    def skip(self) -> None:
        """Passes over the next value without holding it."""
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
