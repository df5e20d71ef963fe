"""The folder that a data set is built into: one builder at a time, other files never overwritten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor

from kedrec.common.private_files import private_folder
from kedrec.errors import DataError, StoreBusyError, UsageError

__all__ = ["BuildFolder"]

_WORKING = ".building"
_NOTE = "kedrec.json"
_TRIES = 20  # to lock a file that builds keep removing


class BuildFolder:
    """A data set's folder while it is built.

    Attributes:
        folder: the data set's folder.
        working: the folder inside it for the files that only the build needs, so that a stopped build can
            resume.

    Args:
        private: whether the data set is for the user alone: folders are made so.
    """

    def __init__(self, folder: Path, *, private: bool = False) -> None:
        self.folder = folder
        self.working = folder / _WORKING
        self._private = private
        self._is_finished = False

    @contextmanager
    def locked(self, *, again: bool = False) -> Iterator[BuildFolder]:
        """Locks the folder for one builder; the system frees the lock when the process ends, however it ends.

        Args:
            again: a finished data set may be replaced.

        Raises:
            UsageError: the folder has other files, or a finished data set.
            StoreBusyError: another process is building there.
            DataError: the disk refuses.
        """
        with ExitStack() as stack:
            try:
                self._check(again=again)
                free = self._lock(stack)
                if free:
                    self._check(again=again)  # another build may have ended meanwhile
            except OSError as error:
                raise DataError(
                    f"{self.folder} can't be written: {error.strerror or error}.",
                    "Make room on the disk, or name another folder.",
                ) from error
            if not free:
                raise StoreBusyError(
                    f"Another process is building a data set in {self.folder}.",
                    "Wait until it has ended, or name another folder.",
                )
            yield self
            if self._is_finished:
                # The lock is held until its file is gone: `_lock` notices, in a process that waits for it.
                shutil.rmtree(self.working, ignore_errors=True)

    def _lock(self, stack: ExitStack) -> bool:
        """Locks the folder until the stack is closed; False if another process holds the lock.

        Raises:
            OSError: the disk refuses.
        """
        path = self.working / "lock"
        for _ in range(_TRIES):
            if self._private:
                private_folder(self.working)
            else:
                self.working.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # a build that ended removed the folder, or the file
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
                stack.callback(os.close, descriptor)
                if not lock_descriptor(descriptor, blocking=False):
                    return False
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return True
        return False

    def remove_note(self) -> None:
        """Removes the note that marks a finished data set, before its files are replaced.

        Raises:
            DataError: the disk refuses.
        """
        try:
            (self.folder / _NOTE).unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"{self.folder} can't be written: {error.strerror or error}.", "Name another folder."
            ) from error

    def finish(self) -> None:
        """Marks the build as finished: the files that only it needed are removed as the lock is released."""
        self._is_finished = True

    def _check(self, *, again: bool) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is a file.", "Name a folder.")
        entries = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        if _NOTE in entries and not again:
            raise UsageError(
                f"{self.folder} already holds a data set.",
                "Name another folder, or give --again to replace it.",
            )
        if entries and not entries & {_NOTE, _WORKING}:
            raise UsageError(
                f"{self.folder} holds other files, such as '{min(entries)}'.",
                "Name a new folder, or an empty one.",
            )
