"""Options `--lock` and `--locked` of `kedrec-load graph`: the same files, and the same graph, elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.cli.common import say
from kedrec.errors import DataError, UsageError

if TYPE_CHECKING:
    from kedrec.loading import LoadReport
    from kedrec.loading.lock_file import LockFile

__all__ = ["GraphLock"]


class GraphLock:
    """The lock file that a load writes or is checked by; neither without the options."""

    def __init__(self, write_to: Path | None, locked_by: LockFile | None) -> None:
        self._write_to = write_to
        self._locked_by = locked_by
        self._present: LockFile | None = None

    @classmethod
    def of(cls, lock_to: Path | None, locked_by: Path | None, *, dry_run: bool, offline: bool) -> GraphLock:
        """The lock that the options ask for.

        Raises:
            UsageError: the options contradict each other.
            DataError: `locked_by` is no lock file.
        """
        from kedrec.loading.lock_file import read_lock

        if lock_to is not None and (locked_by is not None or dry_run or offline):
            other = "--locked" if locked_by is not None else "--dry-run" if dry_run else "--offline"
            raise UsageError(f"--lock and {other} don't go together.", "Leave one of them out.")
        return cls(lock_to, read_lock(locked_by) if locked_by is not None else None)

    def check_files(
        self, sources: Sequence[str], data_dir: Path | None, licences: Sequence[str], *, allow_missing: bool
    ) -> None:
        """Computes the hashes of the files that will be read, and compares them with the lock file.

        Raises:
            DataError: a source or file is missing, or isn't the lock file's.
        """
        from kedrec.loading.lock_file import check_lock, lock_sources
        from kedrec.loading.source_files import locate_sources
        from kedrec.loading.sources import load_source

        if self._write_to is None and self._locked_by is None:
            return
        declarations = [load_source(name) for name in dict.fromkeys(sources or ("starter",))]
        folders, _ = locate_sources(declarations, data_dir, allow_missing=allow_missing)
        present = [source for source in declarations if source.name in folders]
        self._present = lock_sources(present, folders, licences)
        if self._locked_by is not None:
            check_lock(self._locked_by, self._present)

    def finish(self, report: LoadReport, facts: Mapping[str, str]) -> None:
        """Writes the lock file, or compares the loaded graph's fingerprint with it.

        Args:
            report: report of the load.
            facts: metadata of the graph.

        Raises:
            DataError: the graph has the locked sources alone and another fingerprint.
            UsageError: the lock file can't be written.
        """
        from kedrec.loading.lock_file import write_lock
        from kedrec.loading.state import source_states

        if self._present is None or report.dry_run:
            return
        is_whole = source_states(facts).keys() == {source.name for source in self._present.sources}
        if self._write_to is not None:
            fingerprint = report.fingerprint if is_whole else ""
            write_lock(self._write_to, self._present.model_copy(update={"fingerprint": fingerprint}))
            say(f"Lock file: {self._write_to}", err=True)
        if self._locked_by is None or not is_whole or not self._locked_by.fingerprint:
            return
        if self._locked_by.fingerprint != report.fingerprint:
            raise DataError(
                "The files are those of the lock file, and the graph isn't: its fingerprint is "
                f"{report.fingerprint}, not {self._locked_by.fingerprint}.",
                f"KEDRec {self._locked_by.kedrec} wrote the lock file: use that version, or write a new lock "
                "file with --lock FILE.",
            )
