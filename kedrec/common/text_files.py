"""Decompresses a text file and rewrites it as clean UTF-8 lines before it is parsed.

A damaged archive is an error, which stops the load before anything is written. A line that isn't text is
replaced by a placeholder, so that the numbers of the following lines stay correct.
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

__all__ = ["PLACEHOLDER", "TOO_LONG", "BadLine", "has_last_line_end", "open_unpacked", "read_lines", "unpack"]

PLACEHOLDER = "\ufffd"
"""Replacement of a line that isn't text."""
_PLACEHOLDER = PLACEHOLDER.encode()
_CHUNK = 1 << 22
_BUFFER = 1 << 18
_FORBIDDEN = (b"\x00", b"\x01", b"\r")
"""Bytes that no field of a table has; \\x01 is the separator for reading complete lines."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that isn't text: its number (from 1), the reason, and its printable text."""

    line: int
    reason: str
    text: str


_ARCHIVES = {".gz": (b"\x1f\x8b", "gzip"), ".bz2": (b"BZh", "bzip2"), ".xz": (b"\xfd7zXZ", "xz")}
"""Magic bytes and name of each kind of archive, by suffix."""
TOO_LONG = f"longer than {MAX_LINE // 1_000_000} MB"
"""Reason for refusing a line of more than `MAX_LINE` bytes."""
_EXCERPT = 200
"""Bytes reported of a line that is too long."""


def _decompressed(raw: BinaryIO, path: Path) -> IO[bytes]:
    """A stream of the decompressed bytes; the magic bytes decide between gzip, bzip2, xz and none."""
    header = raw.read(6)
    raw.seek(0)
    archive = next((suffix for suffix, (magic, _) in _ARCHIVES.items() if header.startswith(magic)), "")
    if path.suffix in _ARCHIVES and path.suffix != archive:
        raise DataError(
            f"{path} is named {path.suffix} but isn't a {_ARCHIVES[path.suffix][1]} file.",
            "Get the file again.",
        )
    if archive == ".gz":
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]  # same methods
    if archive == ".bz2":
        return bz2.BZ2File(raw)
    return lzma.LZMAFile(raw) if archive else raw


class _UnpackedFile(io.RawIOBase):
    """Raw stream of a file's decompressed bytes, with all errors raised as `DataError`."""

    def __init__(self, path: Path, called: str) -> None:
        self._called = called
        self._raw = open_regular(path)
        try:
            self._stream = _decompressed(self._raw, path)
        except BaseException:
            self._raw.close()
            raise
        self._unpacked_bytes = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Reads the next bytes into `buffer` and returns their number; 0 at the end.

        Raises:
            DataError: the file is damaged, or unpacks to more than the limits allow.
        """
        chunk = self._read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._unpacked_bytes += len(chunk)
        if self._stream is not self._raw:
            self._check_size()
        return len(chunk)

    def _read(self, size: int) -> bytes:
        hint = "Get the file again."
        try:
            return self._stream.read(size)
        except EOFError as error:
            raise DataError(f"{self._called} ends in the middle: the archive is truncated.", hint) from error
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
            raise DataError(f"{self._called} is damaged: {error}.", hint) from error
        except MemoryError as error:  # the header of an xz file states the memory it needs
            raise DataError(
                f"{self._called} needs more memory to be unpacked than there is.", hint
            ) from error
        except OSError as error:
            if error.errno is None:  # bzip2 raises it for a damaged file
                raise DataError(f"{self._called} is damaged: {error}.", hint) from error
            raise DataError(
                f"{self._called} can't be read: {error.strerror or error}.", "Check the file and try again."
            ) from error

    def _check_size(self) -> None:
        # The position in the packed file, not its length: else bytes appended to a bomb would hide it.
        packed = self._raw.tell()
        size = self._unpacked_bytes
        if size > MAX_UNPACKED or (size > RATIO_FROM and size > MAX_RATIO * packed):
            raise DataError(
                f"{self._called} isn't unpacked further: its first {packed:,} bytes became {size:,}.",
                "If it is what you think it is, unpack it yourself and give the unpacked file.",
            )

    def close(self) -> None:
        """Closes the file; a second call has no effect."""
        self._raw.close()
        super().close()


def open_unpacked(path: Path, label: str = "") -> io.BufferedReader:
    """Opens a regular file for reading its bytes, decompressed from gzip, bzip2 or xz.

    Args:
        path: the file; its magic bytes decide the decompression.
        label: name of the file in messages about its content; "": its path.

    Raises:
        DataError: the file can't be opened, or has an archive's suffix and isn't one; and, while it is read,
            it is truncated, damaged, or unpacks to more than `kedrec.common.limits` allows.
    """
    return io.BufferedReader(_UnpackedFile(path, label or str(path)), _BUFFER)


def has_last_line_end(path: Path) -> bool:
    """Whether the last line of a file that isn't packed has a line end; True of an archive.

    A truncated archive is an error when it is read, so that only other files may be half a download unseen.

    Raises:
        DataError: the file can't be opened, or has an archive's suffix and isn't one.
    """
    with open_regular(path) as raw:
        if _decompressed(raw, path) is not raw:
            return True
        raw.seek(max(0, raw.seek(0, io.SEEK_END) - 2))  # in UTF-16 a line end takes two bytes
        last = raw.read()
    return not last or last[-1:] in (b"\n", b"\r") or last in (b"\n\0", b"\r\0")


def _recoded(stream: io.BufferedReader) -> Iterator[bytes]:
    """A file's bytes in chunks; UTF-16 with a byte order mark is recoded as UTF-8."""
    if stream.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    else:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _blocks(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Yields a file's decompressed bytes, split at line ends, and False.

    Of a line that is too long, it yields the beginning and True.
    """
    with open_unpacked(path) as stream:
        parts: list[bytes] = []  # of an incomplete line
        length = 0
        for chunk in _recoded(stream):
            first, newline, remainder = chunk.partition(b"\n")
            length += len(first)
            parts.append(first)
            if length > MAX_LINE:
                parts = [parts[0][:_EXCERPT]]
            if newline:
                yield (parts[0], True) if length > MAX_LINE else (b"".join((*parts, newline)), False)
                lines, newline, last = remainder.rpartition(b"\n")
                if newline:
                    yield lines + newline, False
                parts, length = [last], len(last)
        if length:
            yield (parts[0], True) if length > MAX_LINE else (b"".join(parts) + b"\n", False)


def read_lines(path: Path) -> Iterator[bytes]:
    """Yields a file's decompressed lines as bytes, each with its line end.

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
    """The reason for refusing a line; "" if it is text."""
    if any(byte in line for byte in _FORBIDDEN):
        return "control character in the line"
    try:
        # A line that consists of the placeholder would be indistinguishable from a replaced one.
        return "not UTF-8 text" if line.decode("utf-8") == PLACEHOLDER else ""
    except UnicodeDecodeError:
        return "not UTF-8 text"


def _clean(block: bytes, first: int) -> tuple[bytes, list[BadLine]]:
    """A block with placeholders for lines that aren't text, and these lines.

    `first` is the number of the block's first line.
    """
    if not any(byte in block for byte in (*_FORBIDDEN, _PLACEHOLDER)):
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return block, []
    lines, bad_lines = block[:-1].split(b"\n"), []
    for index, line in enumerate(lines):
        text = line.removesuffix(b"\r")
        reason = _reason(text)
        lines[index] = _PLACEHOLDER if reason else text
        if reason:
            bad_lines.append(BadLine(first + index, reason, _printable(text)))
    return b"\n".join(lines) + b"\n", bad_lines


def _printable(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def unpack(path: Path, target: Path) -> list[BadLine]:
    """Writes the decompressed, clean text of `path` to `target`; returns the lines that aren't text.

    Raises:
        DataError: the file is missing, truncated or damaged, or the disk is full.
    """
    bad_lines: list[BadLine] = []
    line = 1
    try:
        with target.open("wb") as out:
            for number, (block, too_long) in enumerate(_blocks(path)):
                text = block.removeprefix(codecs.BOM_UTF8) if number == 0 else block
                if too_long:
                    cleaned, refused = _PLACEHOLDER + b"\n", [BadLine(line, TOO_LONG, _printable(text))]
                else:
                    cleaned, refused = _clean(text, line)
                bad_lines += refused
                line += cleaned.count(b"\n")
                out.write(cleaned)
    except OSError as error:
        raise DataError(
            f"{target} can't be written: {error.strerror or error}.", "Make room on the disk and try again."
        ) from error
    return bad_lines
