"""Writes a file whole or not at all, and over another only if that is wished."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from kedrec.common.private_files import write_private
from kedrec.errors import UsageError

__all__ = ["check_writable", "write_whole"]


def check_writable(path: Path, *, overwrite: bool) -> None:
    """Checks, before long work, that a file can be written.

    Raises:
        UsageError: its folder is missing or no folder of one's own, or there is a file already.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Give the name of a file.")
    if not overwrite and os.path.lexists(path):
        raise UsageError(f"{path} is there already.", "Give another name, or --overwrite.")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Create it, or name a file in another one.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"Nothing can be written in {folder}.", "Name a file in a folder of your own.")


def write_whole(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Writes a file, readable by its owner alone, in one step: others see all of it or none.

    Raises:
        UsageError: it can't be written, or there is one already.
    """
    check_writable(path, overwrite=overwrite)
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        try:
            write_private(draft, content)
            if overwrite:
                draft.replace(path)
            else:
                _move_new(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", "Give another name, or --overwrite.") from error
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror or error}.", "Name another file, or make room."
        ) from error


def _move_new(draft: Path, path: Path) -> None:
    """Gives a file its name where no other has it, even if one is written at the same time."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with path.open("xb"):  # takes the name
            pass
        draft.replace(path)
