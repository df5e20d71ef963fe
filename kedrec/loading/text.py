"""Turns a text file, compressed or not, into clean UTF-8 lines before anything reads it.

A damaged archive is an error here, so that it stops the load before anything is written. A line that
can't be read as text is replaced by a placeholder, which keeps the numbers of the lines after it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from kedrec.errors import DataError

__all__ = ["PLACEHOLDER", "BadLine", "lines_of", "unpack", "unpacking"]

PLACEHOLDER = "\ufffd"
"""Stands for a line that couldn't be read as text."""
_CHUNK = 1 << 22
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


def unpacking(raw: BinaryIO, path: Path) -> IO[bytes]:
    """An open file's bytes without gzip, bzip2 or xz around them; how it begins tells which.

    Raises:
        DataError: its name ends as an archive's, and it isn't one.
    """
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


def _blocks(path: Path) -> Iterator[bytes]:
    """A file's bytes, decompressed, cut at line ends."""
    rest = b""
    try:
        with path.open("rb") as raw:
            stream = unpacking(raw, path)
            while chunk := stream.read(_CHUNK):
                head, newline, tail = (rest + chunk).rpartition(b"\n")
                if newline:
                    yield head + newline
                rest = tail
    except EOFError as error:
        raise DataError(
            f"{path} ends in the middle: the archive is truncated.", "Get the file again."
        ) from error
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is damaged: {error}.", "Get the file again.") from error
    except OSError as error:
        if error.errno is None:  # bzip2's way to say it
            raise DataError(f"{path} is damaged: {error}.", "Get the file again.") from error
        raise DataError(
            f"{path} can't be read: {error.strerror or error}.", "Check the file and try again."
        ) from error
    if rest:
        yield rest + b"\n"


def lines_of(path: Path) -> Iterator[bytes]:
    """A file's lines as bytes, decompressed, each with its line end.

    Raises:
        DataError: the file is missing, truncated or damaged.
    """
    for block in _blocks(path):
        yield from block.splitlines(keepends=True) if b"\r" not in block else block.split(b"\n")[:-1]


def _clean(block: bytes, first: int) -> tuple[bytes, list[BadLine]]:
    """A block whose unreadable lines are placeholders; `first` is the number of its first line."""
    if not any(byte in block for byte in _FORBIDDEN):
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return block, []
    lines, bad = block[:-1].split(b"\n"), []
    for index, line in enumerate(lines):
        text = line.removesuffix(b"\r")
        reason = ""
        if any(byte in text for byte in _FORBIDDEN):
            reason = "control character in the line"
        else:
            try:
                text.decode("utf-8")
            except UnicodeDecodeError:
                reason = "not UTF-8 text"
        lines[index] = PLACEHOLDER.encode() if reason else text
        if reason:
            bad.append(
                BadLine(
                    first + index, reason, text.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
                )
            )
    return b"\n".join(lines) + b"\n", bad


def unpack(path: Path, target: Path) -> list[BadLine]:
    """Writes `path`, decompressed and clean, to `target`; returns the lines that aren't text.

    Raises:
        DataError: the file is missing, truncated or damaged, or there is no room for it.
    """
    bad: list[BadLine] = []
    line = 1
    blocks = _blocks(path)
    try:
        with target.open("wb") as out:
            for number, block in enumerate(blocks):
                text = block.removeprefix(b"\xef\xbb\xbf") if number == 0 else block
                cleaned, found = _clean(text, line)
                bad += found
                line += text.count(b"\n")
                out.write(cleaned)
    except OSError as error:
        raise DataError(
            f"{target} can't be written: {error.strerror or error}.", "Make room on the disk and try again."
        ) from error
    return bad
