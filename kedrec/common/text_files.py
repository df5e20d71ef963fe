"""Turns a text file, compressed or not, into clean UTF-8 lines before anything reads it.

A damaged archive is an error here, so that it stops the load before anything is written. A line that
can't be read as text is replaced by a placeholder, which keeps the numbers of the lines after it.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from kedrec.common.limits import MAX_LINE, MAX_RATIO, MAX_UNPACKED, RATIO_FROM
from kedrec.common.regular_files import open_regular
from kedrec.errors import DataError

__all__ = ["PLACEHOLDER", "TOO_LONG", "BadLine", "lines_of", "open_unpacked", "unpack"]

PLACEHOLDER = "\ufffd"
"""Stands for a line that couldn't be read as text."""
_PLACEHOLDER = PLACEHOLDER.encode()
_CHUNK = 1 << 22
_BUFFER = 1 << 18
_FORBIDDEN = (b"\x00", b"\x01", b"\r")
"""Bytes that no field of a table has; \\x01 is the separator that whole lines are read with."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that isn't text: its number (from 1), why, and what of it can be shown."""

    line: int
    reason: str
    text: str


_PACKED = {".gz": (b"\x1f\x8b", "gzip"), ".bz2": (b"BZh", "bzip2"), ".xz": (b"\xfd7zXZ", "xz")}
"""How each kind of archive of one file begins, and its name."""
TOO_LONG = f"longer than {MAX_LINE // 1_000_000} MB"
"""Why a line of more than `MAX_LINE` bytes isn't read."""
_SHOWN = 200
"""Bytes of a line that is too long that are shown of it."""


def _unpacking(raw: BinaryIO, path: Path) -> IO[bytes]:
    """An open file's bytes without gzip, bzip2 or xz around them; how it begins tells which."""
    head = raw.read(6)
    raw.seek(0)
    found = next((suffix for suffix, (magic, _) in _PACKED.items() if head.startswith(magic)), "")
    if path.suffix in _PACKED and path.suffix != found:
        raise DataError(
            f"{path} is named {path.suffix} but isn't a {_PACKED[path.suffix][1]} file.",
            "Get the file again.",
        )
    if found == ".gz":
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]  # reads alike
    if found == ".bz2":
        return bz2.BZ2File(raw)
    return lzma.LZMAFile(raw) if found else raw


class _Unpacked(io.RawIOBase):
    """A file's bytes unpacked; whatever is wrong with it is a `DataError`."""

    def __init__(self, path: Path, called: str) -> None:
        self._called = called
        self._raw = open_regular(path)
        try:
            self._stream = _unpacking(self._raw, path)
        except BaseException:
            self._raw.close()
            raise
        self._given = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, into: Any) -> int:
        """Reads the next bytes; 0 at the end.

        Raises:
            DataError: the file is damaged, or unpacks to more than is read.
        """
        chunk = self._read(len(into))
        into[: len(chunk)] = chunk
        self._given += len(chunk)
        if self._stream is not self._raw:
            self._check_size()
        return len(chunk)

    def _read(self, size: int) -> bytes:
        again = "Get the file again."
        try:
            return self._stream.read(size)
        except EOFError as error:
            raise DataError(f"{self._called} ends in the middle: the archive is truncated.", again) from error
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
            raise DataError(f"{self._called} is damaged: {error}.", again) from error
        except MemoryError as error:  # xz is told by the file how much it needs
            raise DataError(
                f"{self._called} needs more memory to be unpacked than there is.", again
            ) from error
        except OSError as error:
            if error.errno is None:  # bzip2's way to say it
                raise DataError(f"{self._called} is damaged: {error}.", again) from error
            raise DataError(
                f"{self._called} can't be read: {error.strerror or error}.", "Check the file and try again."
            ) from error

    def _check_size(self) -> None:
        # How far the packed file has been read, not its length: nothing is won by bytes after the bomb.
        packed = self._raw.tell()
        if self._given > MAX_UNPACKED or (self._given > RATIO_FROM and self._given > MAX_RATIO * packed):
            raise DataError(
                f"{self._called} isn't unpacked further: its first {packed:,} bytes became {self._given:,}.",
                "If it is what you think it is, unpack it yourself and give the unpacked file.",
            )

    def close(self) -> None:
        """Closes the file; again does nothing."""
        self._raw.close()
        super().close()


def open_unpacked(path: Path, called: str = "") -> io.BufferedReader:
    """Opens a regular file for reading its bytes without gzip, bzip2 or xz around them.

    Args:
        path: the file; how it begins tells how it is packed.
        called: how messages about its content call it; its path where "".

    Raises:
        DataError: it can't be opened, its name ends as an archive's and it isn't one; and, while it is read,
            it is truncated, damaged, or unpacks to more than `kedrec.common.limits` allows.
    """
    return io.BufferedReader(_Unpacked(path, called or str(path)), _BUFFER)


def _recoded(stream: io.BufferedReader) -> Iterator[bytes]:
    """A file's bytes in pieces; UTF-16 that says so in its first two bytes becomes UTF-8."""
    if stream.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    else:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _blocks(path: Path) -> Iterator[tuple[bytes, bool]]:
    """A file's bytes, decompressed, cut at line ends; True with the beginning of a line that is too long."""
    with open_unpacked(path) as stream:
        parts: list[bytes] = []  # of the line that isn't at its end yet
        held = 0
        for chunk in _recoded(stream):
            first, newline, more = chunk.partition(b"\n")
            held += len(first)
            parts.append(first)
            if held > MAX_LINE:
                parts = [parts[0][:_SHOWN]]
            if newline:
                yield (parts[0], True) if held > MAX_LINE else (b"".join((*parts, newline)), False)
                whole, newline, rest = more.rpartition(b"\n")
                if newline:
                    yield whole + newline, False
                parts, held = [rest], len(rest)
        if held:
            yield (parts[0], True) if held > MAX_LINE else (b"".join(parts) + b"\n", False)


def lines_of(path: Path) -> Iterator[bytes]:
    """A file's lines as bytes, decompressed, each with its line end.

    Raises:
        DataError: the file is missing, truncated or damaged, or a line is longer than `MAX_LINE`.
    """
    for block, too_long in _blocks(path):
        if too_long:
            raise DataError(f"{path} has a line {TOO_LONG}.", "Get the file again.")
        yield from block.splitlines(keepends=True) if b"\r" not in block else _lines(block)


def _lines(block: bytes) -> Iterator[bytes]:
    yield from (line + b"\n" for line in block[:-1].split(b"\n"))


def _reason(line: bytes) -> str:
    """Why a line isn't read; "" where it is."""
    if any(byte in line for byte in _FORBIDDEN):
        return "control character in the line"
    try:
        # What is nothing but the sign for text that was lost would be taken for a line that we leave out.
        return "not UTF-8 text" if line.decode("utf-8") == PLACEHOLDER else ""
    except UnicodeDecodeError:
        return "not UTF-8 text"


def _clean(block: bytes, first: int) -> tuple[bytes, list[BadLine]]:
    """A block whose unreadable lines are placeholders; `first` is the number of its first line."""
    if not any(byte in block for byte in (*_FORBIDDEN, _PLACEHOLDER)):
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return block, []
    lines, bad = block[:-1].split(b"\n"), []
    for index, line in enumerate(lines):
        text = line.removesuffix(b"\r")
        reason = _reason(text)
        lines[index] = _PLACEHOLDER if reason else text
        if reason:
            bad.append(BadLine(first + index, reason, _shown(text)))
    return b"\n".join(lines) + b"\n", bad


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def unpack(path: Path, target: Path) -> list[BadLine]:
    """Writes `path`, decompressed and clean, to `target`; returns the lines that aren't text.

    Raises:
        DataError: the file is missing, truncated or damaged, or there is no room for it.
    """
    bad: list[BadLine] = []
    line = 1
    try:
        with target.open("wb") as out:
            for number, (block, too_long) in enumerate(_blocks(path)):
                text = block.removeprefix(codecs.BOM_UTF8) if number == 0 else block
                if too_long:
                    cleaned, found = _PLACEHOLDER + b"\n", [BadLine(line, TOO_LONG, _shown(text))]
                else:
                    cleaned, found = _clean(text, line)
                bad += found
                line += cleaned.count(b"\n")
                out.write(cleaned)
    except OSError as error:
        raise DataError(
            f"{target} can't be written: {error.strerror or error}.", "Make room on the disk and try again."
        ) from error
    return bad
