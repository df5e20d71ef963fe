"""Command `kedrec-load sources`: lists the sources; and the fetching of missing ones before a load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, json_option, print_json, warn
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.settings import Settings
    from kedrec.types import ListedSource

__all__ = ["fetch_missing", "own_sets", "sets_option", "sources"]

_OWN_SETS = "sets.yaml"
"""Name of the file in KEDRec's home with the user's own sets."""

sets_option = click.option(
    "--sets",
    "sets_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Sets of your own, in the layout of docs/sets.md. Default: sets.yaml in KEDRec's home.",
)


def own_sets(settings: Settings, chosen: Path | None) -> tuple[Path, ...]:
    """Files of the user's own sets: the chosen one, or the one in KEDRec's home if it is there."""
    default = settings.home / _OWN_SETS
    return (chosen,) if chosen is not None else (default,) if default.exists() else ()


def fetch_missing(
    names: Sequence[str], settings: Settings, *, again: bool = False, allow_missing: bool = False
) -> Path | None:
    """Fetches sources that the cache lacks, and returns its folder; None for the starter graph alone.

    Before each fetch, prints the source's size, host and licence on stderr.

    Args:
        names: ids of sources.
        again: True to fetch cached sources too.
        allow_missing: True to go on with a warning after a source that can't be fetched.

    Raises:
        DataError: the files of a source are missing and can't be fetched.
        NotFoundError: a server no longer has a file.
    """
    from kedrec.errors import DataError, NotFoundError
    from kedrec.loading.sources import load_source

    needed = [source for source in map(load_source, dict.fromkeys(names)) if not source.bundled]
    unfetchable = [source for source in needed if _needs_own_files(source, settings)]
    if len(needed) > 1 and unfetchable and not allow_missing:
        described = "\n".join(f"{source.name}: {source.obtain}" for source in unfetchable)
        raise DataError(
            f"{len(unfetchable)} of {len(needed)} sources have no address to fetch them from, so nothing was "
            f"fetched.\n{described}",
            f"Put each one's files into a folder of its name in {settings.cache_dir / 'sources'}, or name a "
            "folder that has them with --from DIR. Or load the rest with --allow-missing.",
        )
    for source in needed:
        try:
            _fetch(source, settings, again=again)
        except (DataError, NotFoundError) as error:
            if not allow_missing:
                raise
            warn(f"{source.name} is left out. {error}")
    return settings.cache_dir / "sources" if needed else None


def _has_own_files(source: Source, settings: Settings) -> bool:
    """True if a source has no address and the user put its files into the cache."""
    from kedrec.loading.sources import source_subfolder

    folder = source_subfolder(source, settings.cache_dir / "sources")
    return not source.downloads and folder is not None and any(folder.iterdir())


def _needs_own_files(source: Source, settings: Settings) -> bool:
    return not source.downloads and not _has_own_files(source, settings)


def _fetch(source: Source, settings: Settings, *, again: bool) -> None:
    from urllib.parse import urlsplit

    from kedrec.loading.download import cached_files, fetch_source

    if _has_own_files(source, settings):
        return
    if source.downloads and (again or cached_files(settings.cache_dir, source) is None):
        hosts = dict.fromkeys(urlsplit(download.url).hostname or "" for download in source.downloads)
        warn(f"{source.title}: {source.size}, from {', '.join(hosts)}. Licence: {source.licence}.")
    with progress_on_stderr() as progress:
        fetch_source(source, settings.cache_dir, progress, refetch=again, notify=warn)


def _source_listing(source: Source, settings: Settings) -> ListedSource:
    from kedrec.loading.download import cache_folder, cached_files
    from kedrec.types import CachedFolder, ListedSource

    files = cached_files(settings.cache_dir, source)
    folder = str(cache_folder(settings.cache_dir, source))
    return ListedSource(
        name=source.name,
        title=source.title,
        version=source.version,
        date=source.date,
        size=source.size,
        homepage=source.homepage,
        licence=source.licence,
        brings=source.brings,
        obtain=source.obtain,
        downloads=tuple(download.url for download in source.downloads),
        cached=CachedFolder(folder=folder, fetched=files.fetch_date, bytes=files.size) if files else None,
    )


@click.command()
@sets_option
@json_option
def sources(sets_file: Path | None, as_json: bool) -> None:  # click passes by name
    """List the sets and sources that can be loaded: what each brings, its licence, size and date."""
    from kedrec.loading import list_sources
    from kedrec.loading.sets import list_sets
    from kedrec.settings import load_settings
    from kedrec.types import ListedSet, Listing

    settings = load_settings()
    all_sources = list_sources()
    sets = list_sets(*own_sets(settings, sets_file)).values()
    if as_json:
        print_json(
            Listing(
                sources=tuple(_source_listing(source, settings) for source in all_sources),
                sets=tuple(ListedSet(**one.model_dump(exclude={"include"})) for one in sets),
            )
        )
        return
    out = console()
    for one in sets:
        out.print(f"{one.name}: {one.title}, a set of {len(one.sources)} sources", markup=False)
        for line in (one.purpose, ", ".join(one.sources)):
            if line:
                out.print(f"  {line}", markup=False)
    for source in all_sources:
        files = _source_listing(source, settings).cached
        out.print(f"{source.name}: {source.title}, version {source.version}", markup=False)
        release = ", ".join(text for text in (source.date, source.size) if text)
        address_note = "" if source.downloads or source.bundled else "No address to fetch it from."
        cache_note = f"Fetched {files.fetched}: {files.folder}" if files else ""
        for line in (
            source.brings,
            release,
            f"Licence: {source.licence}",
            source.homepage,
            address_note,
            source.obtain,
            cache_note,
        ):
            if line:
                out.print(f"  {line}", markup=False)
