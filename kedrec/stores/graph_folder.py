"""The folder of an embedded graph: its file, the lock of its writer, and how a change is published.

    graph.lbug       the graph, replaced as a whole and never changed in place
    graph.next.lbug  what a writer is working on
    graph.lock       held by the writer for as long as it writes

A writer works on a copy and renames it over the graph when all is written. So a reader never sees half a
load, a killed or failed load leaves the graph as it was, and a full disk costs the copy only. A reader
that has the old file open keeps reading that.

Folder and files are made for their owner alone: a graph may hold a private overlay, or licensed data. Where
the owner opened the graph to others, the next one is as open.
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
"""Tells one published file from the next: inode, time of change (ns), size (bytes)."""


class GraphFolder:
    """The files of one embedded graph."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.graph = path / "graph.lbug"
        self.next = path / "graph.next.lbug"
        self._lock = path / "graph.lock"

    def stamp(self) -> Stamp | None:
        """What identifies the published graph; None where there is none."""
        try:
            status = self.graph.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise self._not_allowed(error) from error
        return status.st_ino, status.st_mtime_ns, status.st_size

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the writer's lock. The system frees it when the process ends, however it ends.

        Raises:
            StoreBusyError: another writer holds it.
            StoreAccessError: the folder may not be written.
        """
        from filelock import lock_descriptor  # readers need none

        try:
            private_folder(self.path)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, FILE_MODE)
        except PermissionError as error:
            raise self._not_allowed(error) from error
        except OSError as error:
            raise StoreError(
                f"The graph's folder {self.path} can't be used: {error.strerror}.", "Choose another folder."
            ) from error
        try:
            if not lock_descriptor(descriptor, blocking=False):
                raise StoreBusyError(
                    f"Another process is writing to the graph in {self.path}.", "Wait until it has finished."
                )
            self.discard()  # left by a writer that was killed
            yield
        finally:
            os.close(descriptor)

    def copy(self) -> None:
        """Makes the writer's copy of the published graph; none where nothing was published."""
        with self._reported("copied"):
            if self.graph.exists():
                make_private(self.next)
                shutil.copyfile(self.graph, self.next)

    def publish(self) -> None:
        """Puts the writer's finished copy in the place of the graph, at once and to stay."""
        with self._reported("saved"):
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
        """Removes the writer's copy and what the engine kept beside it."""
        with self._reported("tidied up"):
            for file in self.path.glob("graph.next.lbug*"):
                file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _reported(self, done: str) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise self._not_allowed(error) from error
        except OSError as error:
            raise StoreError(
                f"The graph in {self.path} can't be {done}: {error.strerror}. It is as it was.",
                "Free disk space and try again.",
            ) from error

    def _not_allowed(self, error: OSError) -> StoreAccessError:
        return StoreAccessError(
            f"Not allowed to use the graph in {self.path}: {error.strerror}.",
            "Ask for access to that folder, or choose another.",
        )
