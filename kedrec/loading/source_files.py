"""Folders of the sources of a load, and what is missing in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import DataError
from kedrec.loading.sources import find_archives, find_files, source_folder

if TYPE_CHECKING:
    from kedrec.loading.sources import Source

__all__ = ["list_files", "locate_sources"]

_LISTED = 20
"""Number of missing sources that an error describes."""


def locate_sources(
    sources: Sequence[Source], data_dir: Path | None, *, allow_missing: bool = False
) -> tuple[dict[str, Path], dict[str, str]]:
    """Finds the folder of each source, and checks that it has the files without which it can't be loaded.

    Args:
        sources: the sources.
        data_dir: folder with a subfolder for each source, or the one source's own folder.
        allow_missing: True to return the sources whose files are missing instead of raising.

    Returns:
        Folder by source, and for each missing source what is missing.

    Raises:
        DataError: a source's files are missing; all of them if `allow_missing`.
    """
    folders: dict[str, Path] = {}
    errors: dict[str, DataError] = {}
    for source in sources:
        try:
            folder = source_folder(source, data_dir)
            if folder.is_dir():
                _check_files(source, folder)
            folders[source.name] = folder
        except DataError as error:
            errors[source.name] = error
    if errors and (not allow_missing or not folders):
        _raise_missing(errors, len(sources), has_flag=allow_missing)
    return folders, {name: error.what for name, error in errors.items()}


def _check_files(source: Source, folder: Path) -> None:
    """Checks that a folder has the source's tables, or archives of them, which its reader unpacks.

    Raises:
        DataError: a table is missing.
    """
    try:
        for spec in source.files:
            find_files(source, spec, folder)
    except DataError:
        if not find_archives(source, folder):
            raise


def _raise_missing(errors: Mapping[str, DataError], count: int, *, has_flag: bool) -> None:
    if count == 1:
        raise next(iter(errors.values()))
    described = [f"{error.what} {error.hint}".strip() for error in errors.values()][:_LISTED]
    more = [f"And {len(errors) - _LISTED} more."] if len(errors) > _LISTED else []
    advice = "" if has_flag else " Or load the rest with --allow-missing."
    raise DataError(
        f"{len(errors)} of {count} sources can't be loaded, so none was: {', '.join(errors)}.\n"
        + "\n".join([*described, *more]),
        f"Get their files.{advice}",
    )


def list_files(source: Source, folder: Path) -> list[Path]:
    """Files of a source that a load reads, sorted; every file of the folder if its tables aren't declared."""
    if folder.is_file():
        return [folder]
    if not source.files:
        return sorted(path for path in folder.rglob("*") if path.is_file())
    try:
        return sorted({path for spec in source.files for path in find_files(source, spec, folder)})
    except DataError:
        if archives := find_archives(source, folder):
            return archives
        raise
