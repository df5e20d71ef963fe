"""Lock file of a load: the SHA-256 of every file of its sources, so that others build the same graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from kedrec._version import __version__
from kedrec.common.regular_files import open_regular
from kedrec.common.resumable_http import file_hash
from kedrec.errors import DataError, UsageError
from kedrec.loading.source_files import list_files
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.loading.sources import Source

__all__ = ["LockFile", "LockedFile", "LockedSource", "check_lock", "lock_sources", "read_lock", "write_lock"]

_LONGEST = 8 << 20
"""Bytes; a longer file is no lock file."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedFile(_Frozen):
    """A file that was read.

    Attributes:
        path: path in the source's folder.
        size: bytes.
        sha256: SHA-256 in hexadecimal.
        url: address that it was fetched from, or can be; "" if it has none.
    """

    path: str
    size: int
    sha256: str
    url: str = ""


class LockedSource(_Frozen):
    """A source of a lock file: its declared version, date and licence, and its files, sorted by path."""

    name: str
    version: str
    date: str
    licence: str
    files: tuple[LockedFile, ...]


class LockFile(_Frozen):
    """Content of a lock file.

    Attributes:
        kedrec: version of KEDRec that wrote it.
        schema_version: version of the graph's schema.
        licences: uses or licences that edges were filtered by, sorted.
        sources: the sources in the order of loading.
        fingerprint: fingerprint of the graph; "" if the graph has further sources.
    """

    kedrec: str = __version__
    schema_version: int
    licences: tuple[str, ...] = ()
    sources: tuple[LockedSource, ...]
    fingerprint: str = ""


def lock_sources(
    sources: Sequence[Source], folders: Mapping[str, Path], licences: Sequence[str] = ()
) -> LockFile:
    """Computes the lock file of a load, without a fingerprint.

    Args:
        sources: the sources in the order of loading.
        folders: folder of each source's files, by name.
        licences: uses or licences that edges are filtered by.
    """
    entries = []
    for source in sources:
        folder = folders[source.name]
        urls = {download.path: download.url for download in source.downloads if not download.members}
        files = []
        for path in list_files(source, folder):
            name = path.name if path == folder else path.relative_to(folder).as_posix()
            files.append(
                LockedFile(
                    path=name, size=path.stat().st_size, sha256=file_hash(path), url=urls.get(name, "")
                )
            )
        entry = {field: getattr(source, field) for field in ("name", "version", "date", "licence")}
        entries.append(LockedSource(**entry, files=tuple(files)))
    return LockFile(
        schema_version=load_schema().version,
        licences=tuple(sorted(set(licences))),
        sources=tuple(entries),
    )


def read_lock(path: Path) -> LockFile:
    """Reads a lock file.

    Raises:
        DataError: it is unreadable or no lock file.
    """
    with open_regular(path) as file:
        text = file.read(_LONGEST + 1)
    try:
        if len(text) <= _LONGEST:
            return LockFile.model_validate_json(text)
        problem = "it is too long"
    except ValidationError as error:
        first = error.errors()[0]
        problem = f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"
    raise DataError(f"{path} is no lock file: {problem}.", "Write one with --lock FILE.")


def write_lock(path: Path, lock: LockFile) -> None:
    """Writes a lock file as JSON.

    Raises:
        UsageError: the file can't be written.
    """
    try:
        path.write_text(lock.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The lock file {path} can't be written: {error.strerror or error}.", "Name another file."
        ) from error


def check_lock(lock: LockFile, load: LockFile) -> None:
    """Checks that a load has the sources and files of a lock file.

    Args:
        lock: the lock file.
        load: what is about to be loaded.

    Raises:
        DataError: a source or file is missing, changed or not in the lock file; nothing was loaded.
    """
    hint = "Get the files of the lock file, or write a new one with --lock FILE."
    names, load_names = ([source.name for source in each.sources] for each in (lock, load))
    if names != load_names:
        differing = [name for name in (*names, *load_names) if (name in names) != (name in load_names)]
        what = f"the source '{differing[0]}' is in one alone" if differing else "their order differs"
        raise DataError(
            f"The lock file is of other sources than this load: {what}. Nothing was loaded.",
            f"It locks {', '.join(names)}.",
        )
    if lock.licences != load.licences:
        options = " ".join(f"--licence {licence}" for licence in lock.licences) or "no --licence"
        raise DataError(
            "The lock file is of a load with other licences. Nothing was loaded.", f"Give {options}."
        )
    if lock.schema_version != load.schema_version:
        raise DataError(
            f"The lock file was written by KEDRec {lock.kedrec}, whose graphs have the schema version "
            f"{lock.schema_version}, not {load.schema_version}. Nothing was loaded.",
            "Use that version of KEDRec, or write a new lock file with --lock FILE.",
        )
    for locked, read in zip(lock.sources, load.sources, strict=True):
        files = {file.path: file for file in read.files}
        for file in locked.files:
            other = files.pop(file.path, None)
            address = f" It was fetched from {file.url}." if file.url else ""
            if other is None:
                raise DataError(
                    f"{locked.name} lacks {file.path}, which the lock file has. Nothing was loaded.",
                    f"{hint}{address}",
                )
            if other.sha256 != file.sha256:
                raise DataError(
                    f"{file.path} of {locked.name} isn't the file of the lock file: its SHA-256 is "
                    f"{other.sha256}, not {file.sha256}. Nothing was loaded.",
                    f"{hint}{address}",
                )
        if files:
            raise DataError(
                f"{locked.name} has {next(iter(files))}, which the lock file lacks. Nothing was loaded.", hint
            )
