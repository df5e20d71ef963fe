"""Model files on disk: written atomically and identified by their SHA-256."""

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

__all__ = ["cached_sha256", "disk_errors", "replacement_file", "sha256_of"]

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


def cached_sha256(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file, from a note beside it unless the file was changed since.

    Hashing 100 MB at every question would cost as much as loading the model. A writer can set back the time
    of the last change, but neither that of the file's entry (`st_ctime`) nor its inode number. Bit rot isn't
    detected here, but by `kedrec model list`, which reads every file.
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
        content = json.loads(note.read_text(encoding="utf-8"))
        if {key: content[key] for key in stamp} == stamp:
            return str(content["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # the note is missing or unreadable
    digest = sha256_of(path, progress)
    try:
        with replacement_file(note) as part:
            part.write_text(json.dumps(stamp | {"sha256": digest}), encoding="utf-8")
    except OSError:
        pass  # in a read-only folder the file is hashed each time
    return digest


@contextmanager
def replacement_file(path: Path) -> Iterator[Path]:
    """A temporary file that replaces `path` atomically at the end, and is removed on an error."""
    private_folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def disk_errors(action: str) -> Iterator[None]:
    """Raises an error of the file system as a `ModelError`; `action` is the subject of the message."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{action} failed: {error.strerror or error}.",
            "Check the disk's free space and the folder's rights.",
        ) from error
