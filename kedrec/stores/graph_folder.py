"""The folder of an embedded graph: its file, the writer's lock, and the publication of a change.

    graph.lbug       the graph, replaced atomically, never modified
    graph.next.lbug  the writer's copy
    graph.lock       locked by the writer while it writes

A writer works on a copy and renames it over the graph at the end. So a reader never sees a partial load, a
killed or failed load changes nothing, and a full disk costs only the copy. A reader that has the old file
open continues to read it.

Folder and files are created for their owner only: a graph may hold a private overlay, or licensed data. If
the owner widened the graph's mode, the next file gets the same mode.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from kedrec.common.private_files import FILE_MODE, make_private, private_folder
from kedrec.errors import StoreAccessError, StoreBusyError, StoreError

__all__ = ["GraphFolder", "Stamp"]

Stamp = tuple[int, int, int]
"""Identity of a published file: inode, time of change (ns), size (bytes)."""


class GraphFolder:
    """The files of one embedded graph."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.graph = path / "graph.lbug"
        self.next = path / "graph.next.lbug"
        self._lock = path / "graph.lock"

    def stamp(self) -> Stamp | None:
        """The stamp of the published graph; None if there is none."""
        try:
            status = self.graph.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise self._access_error(error) from error
        return status.st_ino, status.st_mtime_ns, status.st_size

    @contextlib.contextmanager
    def writer_lock(self) -> Iterator[None]:
        """Holds the writer's lock, which the system releases when the process ends, however it ends.

        Raises:
            StoreBusyError: another writer holds it.
            StoreAccessError: the folder may not be written.
        """
        from filelock import lock_descriptor  # readers need none

        try:
            private_folder(self.path)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, FILE_MODE)
        except PermissionError as error:
            raise self._access_error(error) from error
        except OSError as error:
            raise StoreError(
                f"The graph's folder {self.path} can't be used: {error.strerror}.", "Choose another folder."
            ) from error
        try:
            if not lock_descriptor(descriptor, blocking=False):
                raise StoreBusyError(
                    f"Another process is writing to the graph in {self.path}.", "Wait until it has finished."
                )
            self.discard()  # a killed writer's copy
            yield
        finally:
            os.close(descriptor)

    def copy(self) -> None:
        """Creates the writer's copy of the published graph, if there is one."""
        with self._file_errors("copied"):
            if self.graph.exists():
                make_private(self.next)
                shutil.copyfile(self.graph, self.next)

    def publish(self) -> None:
        """Replaces the graph by the writer's copy, atomically and durably."""
        with self._file_errors("saved"):
            with self.next.open("rb+") as file:
                os.fsync(file.fileno())
            if self.graph.exists():
                shutil.copymode(self.graph, self.next)
            else:
                self.next.chmod(FILE_MODE)
            self.next.replace(self.graph)
            if sys.platform != "win32":
                descriptor = os.open(self.path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def discard(self) -> None:
        """Removes the writer's copy and the engine's files beside it."""
        with self._file_errors("tidied up"):
            for file in self.path.glob("graph.next.lbug*"):
                file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _file_errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise self._access_error(error) from error
        except OSError as error:
            raise StoreError(
                f"The graph in {self.path} can't be {action}: {error.strerror}. It is as it was.",
                "Free disk space and try again.",
            ) from error

    def _access_error(self, error: OSError) -> StoreAccessError:
        return StoreAccessError(
            f"Not allowed to use the graph in {self.path}: {error.strerror}.",
            "Ask for access to that folder, or choose another.",
        )
