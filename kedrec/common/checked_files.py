"""Model files on disk: whole or not there, and known by their hash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.private_files import private_folder
from kedrec.errors import ModelError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress

__all__ = ["disk_errors", "known_sha256", "replacing", "sha256_of"]

_BLOCK = 1 << 20


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file, read in blocks."""
    size = path.stat().st_size
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            if progress:
                progress(f"Checking {path.name}", done, size)
    return digest.hexdigest()


def known_sha256(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file, from a note beside it where the file wasn't written to since.

    Hashing 100 MB at every question would cost as much as loading the model. A writer can set the time of the
    last change back, but not that of the last change of the file's entry (`st_ctime`), nor its number. What
    the disk itself turns over isn't noticed here; `kedrec model list` reads every file.
    """
    status = path.stat()
    stamp = {
        "size": status.st_size,
        "changed_ns": status.st_mtime_ns,
        "entry_ns": status.st_ctime_ns,
        "number": status.st_ino,
    }
    note = path.with_name(path.name + ".sha256")
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        if {key: noted[key] for key in stamp} == stamp:
            return str(noted["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no note, or no good one
    digest = sha256_of(path, progress)
    try:
        with replacing(note) as part:
            part.write_text(json.dumps(stamp | {"sha256": digest}), encoding="utf-8")
    except OSError:
        pass  # a folder that can't be written to only costs time
    return digest


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write that becomes `path` at the end, all at once; on an error nothing is left."""
    private_folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turns an error of the file system into a `ModelError` about `what`."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{what} failed: {error.strerror or error}.",
            "Check the disk's free space and the folder's rights.",
        ) from error
