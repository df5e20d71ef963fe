"""Creates files and folders that only their owner may read: the data may be licensed, or about people."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["FILE_MODE", "FOLDER_MODE", "make_private", "private_folder", "write_private"]

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def private_folder(path: Path) -> Path:
    """Creates a folder and its missing parents with access for the owner only, and returns its path.

    The mode of an existing folder is not changed.

    Raises:
        OSError: it can't be created.
    """
    missing = []
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)  # raises if a file has that path
    return path


def make_private(file: Path) -> None:
    """Creates an empty file with access for the owner only, to be filled by a library that sets no mode.

    An existing file is truncated, and its mode changed likewise.

    Raises:
        OSError: it can't be created.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    try:
        if hasattr(os, "fchmod"):  # there are no such modes on Windows
            os.fchmod(descriptor, FILE_MODE)
    finally:
        os.close(descriptor)


def write_private(file: Path, content: bytes) -> None:
    """Writes a file with access for the owner only.

    Raises:
        OSError: it can't be written.
    """
    make_private(file)
    with file.open("r+b") as stream:
        stream.write(content)
