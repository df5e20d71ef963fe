"""`kedrec-load sources`, and fetching what a load needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, json_option, print_json, progress_on_stderr, warn

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.settings import Settings

__all__ = ["fetched", "sources"]


def fetched(names: Sequence[str], settings: Settings, *, again: bool = False) -> Path | None:
    """The cache's folder of sources, after fetching what is missing; None for the starter graph alone.

    Says on stderr what is fetched, from whom, and under which licence, before it is.

    Raises:
        DataError: a source's files can't be fetched and aren't there.
    """
    from urllib.parse import urlsplit

    from kedrec.loading.download import cache_folder, cached, fetch_source
    from kedrec.loading.sources import load_source

    wanted = [source for source in map(load_source, dict.fromkeys(names)) if source.reader != "starter"]
    for source in wanted:
        folder = cache_folder(settings.cache_dir, source)
        if not source.downloads and folder.is_dir() and any(folder.iterdir()):
            continue  # the user put the files there
        if source.downloads and (again or cached(settings.cache_dir, source) is None):
            hosts = dict.fromkeys(urlsplit(download.url).hostname or "" for download in source.downloads)
            warn(f"{source.title}: {source.size}, from {', '.join(hosts)}. Licence: {source.licence}.")
        with progress_on_stderr() as progress:
            fetch_source(source, settings.cache_dir, progress, again=again, tell=warn)
    return settings.cache_dir / "sources" if wanted else None


def _told(source: Source, settings: Settings) -> dict[str, object]:
    from kedrec.loading.download import cache_folder, cached

    keys = ("name", "title", "version", "date", "size", "homepage", "licence", "brings", "obtain")
    found = cached(settings.cache_dir, source)
    return {
        **{key: getattr(source, key) for key in keys},
        "downloads": [download.url for download in source.downloads],
        "cached": {
            "folder": str(cache_folder(settings.cache_dir, source)),
            "fetched": found.fetched,
            "bytes": found.size,
        }
        if found
        else None,
    }


@click.command()
@json_option
def sources(as_json: bool) -> None:  # click passes by name
    """List the sources that can be loaded: what each brings, its licence, size and date."""
    from kedrec.loading import list_sources
    from kedrec.settings import load_settings

    settings = load_settings()
    known = list_sources()
    if as_json:
        print_json([_told(source, settings) for source in known])
        return
    out = console()
    for source in known:
        told = _told(source, settings)
        out.print(f"{source.name}: {source.title}, version {source.version}", markup=False)
        dated = ", ".join(text for text in (source.date, source.size) if text)
        fetch = "" if source.downloads or source.reader == "starter" else "No address to fetch it from."
        cached = told["cached"]
        here = f"Fetched {cached['fetched']}: {cached['folder']}" if isinstance(cached, dict) else ""
        for line in (
            source.brings,
            dated,
            f"Licence: {source.licence}",
            source.homepage,
            fetch,
            source.obtain,
            here,
        ):
            if line:
                out.print(f"  {line}", markup=False)
