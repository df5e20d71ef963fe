"""The folder that a data set is built into: one builder at a time, nothing of another's overwritten."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kedrec.common.private_files import private_folder
from kedrec.errors import DataError, StoreBusyError, UsageError

__all__ = ["Place"]

_WORKING = ".building"
_NOTE = "kedrec.json"


class Place:
    """A folder to build into.

    Attributes:
        folder: where the data set comes.
        working: what a build needs until it is done; what is in there lets a stopped build go on.

    Args:
        private: whether what is built is for the user alone: folders are made so.
    """

    def __init__(self, folder: Path, *, private: bool = False) -> None:
        self.folder = folder
        self.working = folder / _WORKING
        self._private = private

    @contextmanager
    def held(self, *, again: bool = False) -> Iterator[Place]:
        """Holds the folder for one builder; the system frees it when the process ends, however it ends.

        Args:
            again: a finished data set may be replaced.

        Raises:
            UsageError: the folder holds something else, or a finished data set.
            StoreBusyError: another process is building there.
            DataError: the disk refuses.
        """
        try:
            self._check(again=again)
            if self._private:
                private_folder(self.working)
            else:
                self.working.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"{self.folder} can't be written: {error.strerror or error}.", "Name another folder."
            ) from error
        # SQLite's lock is the system's own, on every system.
        with closing(sqlite3.connect(self.working / "lock.sqlite", timeout=0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    raise StoreBusyError(
                        f"Another process is building a data set in {self.folder}.",
                        "Wait until it has ended, or name another folder.",
                    ) from error
                raise DataError(
                    f"{self.folder} can't be written: {error}.",
                    "Make room on the disk, or name another folder.",
                ) from error
            yield self

    def empty(self) -> None:
        """Takes away what says that a finished data set is there, before its files are replaced.

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
        """Removes what only the build needed."""
        shutil.rmtree(self.working, ignore_errors=True)

    def _check(self, *, again: bool) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is a file.", "Name a folder.")
        there = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        if _NOTE in there and not again:
            raise UsageError(
                f"{self.folder} already holds a data set.",
                "Name another folder, or give --again to replace it.",
            )
        if there and not there & {_NOTE, _WORKING}:
            raise UsageError(
                f"{self.folder} holds other files, such as '{min(there)}'.",
                "Name a new folder, or an empty one.",
            )
