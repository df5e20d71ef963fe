"""Files and folders that only their owner may read: what is in them may be licensed, or about people."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["FILE_MODE", "FOLDER_MODE", "make_private", "private_folder", "write_private"]

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def private_folder(path: Path) -> Path:
    """The folder, made with all above it that are missing, for its owner alone.

    One that is there stays as open as its owner made it.

    Raises:
        OSError: it can't be made.
    """
    missing = []
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)  # tells of a file in its place
    return path


def make_private(file: Path) -> None:
    """Makes an empty file for its owner alone, to be written by someone who wouldn't.

    One that is there is emptied, and only its owner may read it from then on.

    Raises:
        OSError: it can't be made.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    try:
        if hasattr(os, "fchmod"):  # there are no such modes on Windows
            os.fchmod(descriptor, FILE_MODE)
    finally:
        os.close(descriptor)


def write_private(file: Path, content: bytes) -> None:
    """Writes a file that only its owner may read.

    Raises:
        OSError: it can't be written.
    """
    make_private(file)
    with file.open("r+b") as opened:
        opened.write(content)
