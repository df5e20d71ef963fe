"""Downloads a source's files from its publisher into a cache."""

from __future__ import annotations

import datetime
import fnmatch
import json
import shutil
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedrec.common.http_retries import RETRYABLE_STATUSES, RetryableError, backoff, retry_after
from kedrec.common.limits import MAX_RATIO, MAX_UNPACKED, RATIO_FROM
from kedrec.common.private_files import private_folder
from kedrec.common.resumable_http import delete_partial, file_hash, finish_partial, https_check, receive
from kedrec.common.text_files import open_unpacked
from kedrec.errors import DataError, NotFoundError

if TYPE_CHECKING:
    import httpx2
    from tenacity import RetryCallState

    from kedrec.common.progress import Progress
    from kedrec.loading.sources import Download, Source

__all__ = ["cache_folder", "cached_files", "fetch_source"]

_NOTE = "kedrec.json"
_TRIES = 6
_TRIES_UNREACHED = 3
"""Fewer tries if no connection is possible: without a network, an error should come soon."""


@dataclass(frozen=True, slots=True)
class CachedFiles:
    """A source's files in the cache: date of the download (ISO 8601), and their size in bytes."""

    fetch_date: str
    size: int


def cache_folder(cache_dir: Path, source: Source) -> Path:
    """Folder of a source's files in the cache."""
    return cache_dir / "sources" / source.name


def _note(folder: Path) -> dict[str, Any]:
    try:
        note = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _is_complete(folder: Path, entry: dict[str, Any]) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in entry["files"].items())
    except (OSError, KeyError, TypeError, AttributeError):
        return False


def _check_unchanged(folder: Path, entry: dict[str, Any]) -> None:
    """Raises DataError if a file differs from its hash at the time of download."""
    hashes = entry.get("hashes")
    for name, expected in hashes.items() if isinstance(hashes, dict) else ():
        if file_hash(folder / name) != expected:
            raise DataError(
                f"{folder / name} isn't what was fetched on {entry.get('fetched', 'an earlier day')}: it was "
                "changed or is damaged.",
                "Fetch it anew with --again.",
            )


def cached_files(cache_dir: Path, source: Source) -> CachedFiles | None:
    """Looks up a source in the cache; None if one of its files is missing."""
    folder = cache_folder(cache_dir, source)
    note = _note(folder)
    entries = [note.get(download.url) for download in source.downloads]
    if not entries or not all(isinstance(entry, dict) and _is_complete(folder, entry) for entry in entries):
        return None
    complete = [entry for entry in entries if isinstance(entry, dict)]
    return CachedFiles(
        max(str(entry["fetched"]) for entry in complete),
        sum(sum(entry["files"].values()) for entry in complete),
    )


def fetch_source(
    source: Source,
    cache_dir: Path,
    progress: Progress,
    *,
    refetch: bool = False,
    notify: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Downloads the files of a source that the cache lacks; returns their folder.

    An interrupted download is resumed, and broken connections and busy servers are retried. A fixed release
    is checked by its SHA-256, or by that of its first download if none is declared; a cached file by the hash
    recorded at its download. Nothing is sent over plain HTTP, redirected or not.

    Args:
        refetch: download files again that are in the cache, since there may be a newer release.
        notify: called with a sentence if a SHA-256 is recorded because none is declared.
        sleep: waits a number of seconds between tries.

    Raises:
        DataError: the source has no address, its server can't be reached, or a file is damaged or changed.
        NotFoundError: the server no longer has the file.
    """
    import httpx2

    folder = cache_folder(cache_dir, source)
    if not source.downloads:
        raise DataError(
            f"The source '{source.name}' can't be fetched: its files have no address of their own.",
            f"{source.obtain} Then name their folder with --from DIR.",
        )
    note = _note(folder)
    with _disk_errors(folder):
        private_folder(folder)
        for download in source.downloads:
            entry = note.get(download.url)
            entry = entry if isinstance(entry, dict) else {}
            if not refetch and _is_complete(folder, entry):
                _check_unchanged(folder, entry)
                continue
            part = folder / f".{download.path}.part"
            checks = {"request": [https_check(download.url)]}
            with httpx2.Client(timeout=60.0, follow_redirects=True, event_hooks=checks) as client:
                _fetch(client, source, download, part, progress, sleep=sleep)
            sha256 = _check_hash(source, download, part, entry)
            if download.unhashed and not entry.get("sha256"):
                notify(
                    f"{download.path} has the SHA-256 {sha256}. It is recorded, and checked from now on; "
                    f"this time nothing was known to check it by: {download.unhashed}."
                )
            files = _install(source, download, part, folder)
            note[download.url] = {
                "files": files, "hashes": {name: file_hash(folder / name) for name in files},
                "sha256": sha256, "fetched": datetime.date.today().isoformat(),  # noqa: DTZ011  # the user's day
            }  # fmt: skip
            partial = folder / f".{_NOTE}.part"
            partial.write_text(json.dumps(note, indent=1, sort_keys=True), encoding="utf-8")
            partial.replace(folder / _NOTE)
    return folder


def _fetch(
    client: httpx2.Client,
    source: Source,
    download: Download,
    part: Path,
    progress: Progress,
    *,
    sleep: Callable[[float], None],
) -> None:
    """Downloads one file with retries; a try that received some bytes doesn't count."""
    import httpx2
    from tenacity import Retrying, retry_if_exception_type

    def raise_for_status(response: httpx2.Response) -> None:
        if response.status_code in RETRYABLE_STATUSES:
            raise RetryableError(f"the server answered {response.status_code}", retry_after(response.headers))
        raise NotFoundError(
            f"{download.url} is not available: the server answered {response.status_code}.", source.obtain
        )

    def attempt() -> None:
        received = receive(
            client,
            download.url,
            part,
            on_refusal=raise_for_status,
            progress=lambda done, total: progress(f"Fetching {download.path}", done, total),
        )
        if received.total is not None and received.size != received.total:
            raise RetryableError("the server sent only a part")

    stop = _FruitlessTries(part)
    retrying = Retrying(
        retry=retry_if_exception_type((RetryableError, httpx2.TransportError)),
        stop=stop,
        wait=backoff,
        before_sleep=lambda _: progress(f"Waiting to fetch {download.path} again", stop.count, _TRIES),
        sleep=sleep,
        reraise=True,
    )
    try:
        retrying(attempt)
    except (RetryableError, httpx2.TransportError) as error:
        raise DataError(
            f"Fetching {download.url} failed: {error or type(error).__name__}.",
            "Check the network, then run the command again; it goes on where it stopped. "
            "Or get the files yourself and name their folder with --from DIR.",
        ) from error
    except httpx2.HTTPError as error:
        raise DataError(f"{download.url} can't be fetched: {error}.", source.obtain) from error


class _FruitlessTries:
    """Stops tenacity after some tries in a row that didn't lengthen the file.

    Attributes:
        count: tries since the file last grew.
    """

    def __init__(self, part: Path) -> None:
        self.count = 0
        self._part = part
        self._size = self._part_size()

    def __call__(self, state: RetryCallState) -> bool:
        """Counts the try that failed; True after the last one."""
        import httpx2

        size = self._part_size()
        self.count = 0 if size > self._size else self.count + 1
        self._size = size
        error = state.outcome.exception() if state.outcome else None
        return self.count >= (_TRIES_UNREACHED if isinstance(error, httpx2.ConnectError) else _TRIES)

    def _part_size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0


def _check_hash(source: Source, download: Download, part: Path, entry: dict[str, Any]) -> str:
    sha256 = file_hash(part)
    first_sha256 = entry.get("sha256") if download.unhashed else ""
    if first_sha256 and sha256 != first_sha256:
        delete_partial(part)
        raise DataError(
            f"{download.path} is another file than on {entry.get('fetched', 'an earlier day')}: its SHA-256 "
            f"is {sha256}, not {first_sha256}, and its owner says that the release is fixed.",
            f"If its owner has published it anew, delete {part.parent} and run the command again.",
        )
    if download.sha256 and sha256 != download.sha256:
        delete_partial(part)
        raise DataError(
            f"{download.path} arrived damaged or is another release: its SHA-256 is {sha256}, "
            f"not {download.sha256}.",
            f"Run the command again. If it stays so: {source.obtain} Then name the folder with --from DIR.",
        )
    return sha256


def _install(source: Source, download: Download, part: Path, folder: Path) -> dict[str, int]:
    """Moves the file, or extracts its members, into the folder; returns sizes in bytes by name."""
    if not download.members:
        finish_partial(part, folder / download.path)
        return {download.path: (folder / download.path).stat().st_size}
    files: dict[str, int] = {}
    try:
        for name, copy in _members(part, download):
            partial = folder / f".{name}.part"
            copy(partial)
            partial.replace(folder / name)
            files[name] = (folder / name).stat().st_size
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        delete_partial(part)
        raise DataError(
            f"{download.path} is no archive that can be read: {error}.", "Run the command again."
        ) from error
    except DataError:
        delete_partial(part)
        raise
    delete_partial(part)
    if not files:
        raise DataError(f"{download.path} holds no {' or '.join(download.members)}.", source.obtain)
    return files


def _members(part: Path, download: Download) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Yields the base name of each wanted archive member and a function that copies it; paths are ignored."""

    def wanted(name: str) -> str:
        base_name = PurePosixPath(name).name
        return (
            base_name if any(fnmatch.fnmatchcase(base_name, pattern) for pattern in download.members) else ""
        )

    def copier(source: Any) -> Callable[[Path], None]:
        def copy(target: Path) -> None:
            with source as content, target.open("wb") as out:
                shutil.copyfileobj(content, out, 1 << 20)

        return copy

    if zipfile.is_zipfile(part):
        with zipfile.ZipFile(part) as zipped:
            for info in zipped.infolist():
                if not info.is_dir() and (name := wanted(info.filename)):
                    _check_size(download, info)
                    yield name, copier(zipped.open(info))
        return
    # Read as a stream, which checks the ratio of unpacked to packed size on the way.
    with open_unpacked(part) as stream, tarfile.open(fileobj=stream, mode="r|") as tarred:
        for member in tarred:
            if member.isfile() and (name := wanted(member.name)):
                yield name, copier(tarred.extractfile(member))


def _check_size(download: Download, info: zipfile.ZipInfo) -> None:
    size, packed = info.file_size, info.compress_size
    if size > MAX_UNPACKED or (size > RATIO_FROM and size > MAX_RATIO * packed):
        raise DataError(
            f"{download.path} isn't unpacked: {packed:,} bytes would become {size:,}.",
            "Get the files yourself.",
        )


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"Writing into {folder} failed: {error.strerror or error}.",
            "Make room on the disk, or set KEDREC_HOME to a folder of yours; what came is kept.",
        ) from error
