"""Command `kedrec-load sources`: lists the sources; and the fetching of missing ones before a load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, json_option, print_json, progress_on_stderr, warn

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.settings import Settings
    from kedrec.types import ListedSource

__all__ = ["fetch_missing", "sources"]


def fetch_missing(names: Sequence[str], settings: Settings, *, again: bool = False) -> Path | None:
    """Fetches sources that the cache lacks, and returns its folder; None for the starter graph alone.

    Before each fetch, prints the source's size, host and licence on stderr.

    Args:
        names: ids of sources.
        again: True to fetch cached sources too.

    Raises:
        DataError: a source's files are missing and can't be fetched.
    """
    from urllib.parse import urlsplit

    from kedrec.loading.download import cache_folder, cached_files, fetch_source
    from kedrec.loading.sources import load_source

    needed = [source for source in map(load_source, dict.fromkeys(names)) if source.reader != "starter"]
    for source in needed:
        folder = cache_folder(settings.cache_dir, source)
        if not source.downloads and folder.is_dir() and any(folder.iterdir()):
            continue  # the user put the files there
        if source.downloads and (again or cached_files(settings.cache_dir, source) is None):
            hosts = dict.fromkeys(urlsplit(download.url).hostname or "" for download in source.downloads)
            warn(f"{source.title}: {source.size}, from {', '.join(hosts)}. Licence: {source.licence}.")
        with progress_on_stderr() as progress:
            fetch_source(source, settings.cache_dir, progress, refetch=again, notify=warn)
    return settings.cache_dir / "sources" if needed else None


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
@json_option
def sources(as_json: bool) -> None:  # click passes by name
    """List the sources that can be loaded: what each brings, its licence, size and date."""
    from kedrec.loading import list_sources
    from kedrec.settings import load_settings

    settings = load_settings()
    all_sources = list_sources()
    if as_json:
        print_json([_source_listing(source, settings) for source in all_sources])
        return
    out = console()
    for source in all_sources:
        files = _source_listing(source, settings).cached
        out.print(f"{source.name}: {source.title}, version {source.version}", markup=False)
        release = ", ".join(text for text in (source.date, source.size) if text)
        address_note = (
            "" if source.downloads or source.reader == "starter" else "No address to fetch it from."
        )
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
