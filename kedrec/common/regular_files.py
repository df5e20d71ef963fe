"""Opens files that others name or made, when they are regular: a pipe or a device may never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from kedrec.errors import DataError

__all__ = ["open_regular", "require_regular"]

_SPARSE = 256 << 20
"""Bytes from which on a file is asked whether it is written at all."""
_HOLES = 200
"""Times that a file may be longer than what of it is written; file systems that compress reach a few tens."""
_BLOCK = 512
"""Bytes of the blocks that `st_blocks` counts, whatever the file system's own."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _problem(path: Path, error: OSError | ValueError) -> DataError:
    # A ValueError is of a name that no file system takes: one with NUL, or half a character.
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return DataError(f"{path} can't be read: {why}.", "Check the file and try again.")


def _require(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((words for fits, words in _KINDS if fits(found.st_mode)), "no file")
        raise DataError(
            f"{path} is {kind}, and only regular files are read.",
            "Write what it gives to a file and name that.",
        )


def require_regular(path: Path) -> None:
    """Checks a file that a library will open by its path.

    Raises:
        DataError: it is missing, may not be read, or is no regular file (or a link to one).
    """
    open_regular(path).close()


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file, or a link to one, for reading its bytes. Never waits, whatever it is.

    Raises:
        DataError: it is missing, may not be read, is no regular file, or is nearly all holes.
    """
    try:
        # Before opening: that alone sets some devices going.
        _require(path, path.stat())
        # It may be another by now; without O_NONBLOCK a pipe would wait for its writer.
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
                         | getattr(os, "O_BINARY", 0))  # fmt: skip
    except (OSError, ValueError) as error:
        raise _problem(path, error) from error
    try:
        found = os.fstat(number)
        _require(path, found)
        if _is_hole(number, found):
            raise DataError(
                f"{path} is {found.st_size >> 20} MB long, and nearly nothing of it was ever written.",
                "Get the file again.",
            )
        return os.fdopen(number, "rb")
    except OSError as error:
        os.close(number)
        raise _problem(path, error) from error
    except DataError:
        os.close(number)
        raise


def _is_hole(number: int, found: os.stat_result) -> bool:
    """Whether a file is nearly all holes: some bytes on the disk that read as terabytes."""
    blocks = getattr(found, "st_blocks", None)
    if blocks is None or found.st_size < _SPARSE or blocks * _BLOCK * _HOLES > found.st_size:
        return False
    # Some file systems count no blocks at all. They know of no holes either, and tell the end of the file.
    hole = os.lseek(number, 0, os.SEEK_HOLE) < found.st_size
    os.lseek(number, 0, os.SEEK_SET)
    return hole
