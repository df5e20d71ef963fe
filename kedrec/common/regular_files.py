"""Opens regular files only: reading a user's pipe or device may never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from kedrec.errors import DataError

__all__ = ["open_regular", "require_regular"]

_MIN_SPARSE_SIZE = 256 << 20
"""Bytes from which a file is checked for holes."""
_MAX_SPARSE_RATIO = 200
"""Ratio of a file's length to its bytes on the disk; file systems that compress reach a few tens."""
_BLOCK = 512
"""Bytes of the blocks that `st_blocks` counts on every file system."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _read_error(path: Path, error: OSError | ValueError) -> DataError:
    # A ValueError comes from a name that no file system accepts: with NUL, or a surrogate.
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return DataError(f"{path} can't be read: {reason}.", "Check the file and try again.")


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), "no file")
        raise DataError(
            f"{path} is {kind}, and only regular files are read.",
            "Write what it gives to a file and name that.",
        )


def require_regular(path: Path) -> None:
    """Checks a file that a library will open by its path.

    Raises:
        DataError: the file is missing, unreadable, or no regular file (or link to one).
    """
    open_regular(path).close()


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file, or a link to one, for reading its bytes. Never blocks.

    Raises:
        DataError: the file is missing, unreadable, not regular, or consists of holes almost entirely.
    """
    try:
        # Checked before opening, which alone starts some devices.
        _check_regular(path, path.stat())
        # It may be another file now; without O_NONBLOCK a pipe would block until it has a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
                         | getattr(os, "O_BINARY", 0))  # fmt: skip
    except (OSError, ValueError) as error:
        raise _read_error(path, error) from error
    try:
        status = os.fstat(descriptor)
        _check_regular(path, status)
        if _is_sparse(descriptor, status):
            raise DataError(
                f"{path} is {status.st_size >> 20} MB long, and nearly nothing of it was ever written.",
                "Get the file again.",
            )
        return os.fdopen(descriptor, "rb")
    except OSError as error:
        os.close(descriptor)
        raise _read_error(path, error) from error
    except DataError:
        os.close(descriptor)
        raise


def _is_sparse(descriptor: int, status: os.stat_result) -> bool:
    """True if a file consists of holes almost entirely: few bytes on the disk may read as terabytes."""
    blocks = getattr(status, "st_blocks", None)
    if blocks is None or status.st_size < _MIN_SPARSE_SIZE:
        return False
    if blocks * _BLOCK * _MAX_SPARSE_RATIO > status.st_size:
        return False
    # Some file systems report no blocks. They have no holes, and report the first one at the file's end.
    has_hole = os.lseek(descriptor, 0, os.SEEK_HOLE) < status.st_size
    os.lseek(descriptor, 0, os.SEEK_SET)
    return has_hole
