"""Fetches a source's files from where its owner publishes them, into a cache."""

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

from kedrec.common.limits import MAX_RATIO, MAX_UNPACKED, RATIO_FROM
from kedrec.common.private_files import private_folder
from kedrec.common.resumable_http import encrypted_only, file_hash, forget, receive, settle
from kedrec.common.text_files import open_unpacked
from kedrec.errors import DataError, NotFoundError

if TYPE_CHECKING:
    import httpx2

    from kedrec.common.progress import Progress
    from kedrec.loading.sources import Download, Source

__all__ = ["cache_folder", "cached", "fetch_source"]

_NOTE = "kedrec.json"
_TRIES = 6
_TRIES_UNREACHED = 3
"""Without a network the user shall hear of it soon."""
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another try may better."""
_LONGEST_WAIT = 60.0


class _Again(Exception):  # noqa: N818  # no error: a wish to be asked later
    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Cached:
    """A source's files in the cache: when they were fetched (a date), and their bytes."""

    fetched: str
    size: int


def cache_folder(cache_dir: Path, source: Source) -> Path:
    """Where a source's files are kept."""
    return cache_dir / "sources" / source.name


def _note(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _there(folder: Path, entry: dict[str, Any]) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in entry["files"].items())
    except (OSError, KeyError, TypeError, AttributeError):
        return False


def _check_unchanged(folder: Path, entry: dict[str, Any]) -> None:
    """Compares files with what they were when they were fetched."""
    hashes = entry.get("hashes")
    for name, known in hashes.items() if isinstance(hashes, dict) else ():
        if file_hash(folder / name) != known:
            raise DataError(
                f"{folder / name} isn't what was fetched on {entry.get('fetched', 'an earlier day')}: it was "
                "changed or is damaged.",
                "Fetch it anew with --again.",
            )


def cached(cache_dir: Path, source: Source) -> Cached | None:
    """What the cache holds of a source; None where a file of it is missing."""
    folder = cache_folder(cache_dir, source)
    note = _note(folder)
    entries = [note.get(download.url) for download in source.downloads]
    if not entries or not all(isinstance(entry, dict) and _there(folder, entry) for entry in entries):
        return None
    found = [entry for entry in entries if isinstance(entry, dict)]
    return Cached(
        max(str(entry["fetched"]) for entry in found),
        sum(sum(entry["files"].values()) for entry in found),
    )


def fetch_source(
    source: Source,
    cache_dir: Path,
    progress: Progress,
    *,
    again: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetches what is missing of a source's files; returns their folder.

    A file that was cut off is gone on with, and a broken connection and a busy server are tried again. A
    fixed release is checked by its SHA-256, and where that isn't known by the one of its first download; what
    is there already by the one that it came with. Nothing goes over plain HTTP, redirected or not.

    Args:
        again: fetch also what is there, which may have a newer release.
        tell: told in a sentence where a SHA-256 is recorded for want of a known one.
        sleep: waits some seconds between tries.

    Raises:
        DataError: the source has no address, its server can't be reached, or a file came damaged or is
            another than it was.
        NotFoundError: the server hasn't got the file any more.
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
            if not again and _there(folder, entry):
                _check_unchanged(folder, entry)
                continue
            part = folder / f".{download.path}.part"
            checks = {"request": [encrypted_only(download.url)]}
            with httpx2.Client(timeout=60.0, follow_redirects=True, event_hooks=checks) as client:
                _fetch(client, source, download, part, progress, sleep=sleep)
            sha256 = _checked(source, download, part, entry)
            if download.unhashed and not entry.get("sha256"):
                tell(
                    f"{download.path} has the SHA-256 {sha256}. It is recorded, and checked from now on; "
                    f"this time nothing was known to check it by: {download.unhashed}."
                )
            files = _unpacked(source, download, part, folder)
            note[download.url] = {
                "files": files, "hashes": {name: file_hash(folder / name) for name in files},
                "sha256": sha256, "fetched": datetime.date.today().isoformat(),  # noqa: DTZ011  # the user's day
            }  # fmt: skip
            waiting = folder / f".{_NOTE}.part"
            waiting.write_text(json.dumps(note, indent=1, sort_keys=True), encoding="utf-8")
            waiting.replace(folder / _NOTE)
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
    """Receives one file, trying again where that may help; tries that bring something don't count."""
    import httpx2

    def refused(response: httpx2.Response) -> None:
        if response.status_code in _AGAIN:
            said = response.headers.get("retry-after", "")
            raise _Again(
                f"the server answered {response.status_code}", float(said) if said.isdigit() else None
            )
        raise NotFoundError(
            f"{download.url} is not available: the server answered {response.status_code}.", source.obtain
        )

    stage, tries, wait = f"Fetching {download.path}", 0, 1.0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            got = receive(
                client,
                download.url,
                part,
                refused=refused,
                progress=lambda done, of: progress(stage, done, of),
            )
            if got.total is None or got.size == got.total:
                return
            why: Exception = _Again("the server sent only a part")
        except (_Again, httpx2.TransportError) as error:
            why = error
        except httpx2.HTTPError as error:
            raise DataError(f"{download.url} can't be fetched: {error}.", source.obtain) from error
        tries = 0 if part.exists() and part.stat().st_size > before else tries + 1
        if tries >= (_TRIES_UNREACHED if isinstance(why, httpx2.ConnectError) else _TRIES):
            raise DataError(
                f"Fetching {download.url} failed: {why or type(why).__name__}.",
                "Check the network, then run the command again; it goes on where it stopped. "
                "Or get the files yourself and name their folder with --from DIR.",
            ) from why
        progress(f"Waiting to fetch {download.path} again", tries, _TRIES)
        asked = why.wait if isinstance(why, _Again) else None
        sleep(min(asked if asked is not None else wait, _LONGEST_WAIT))
        wait *= 2


def _checked(source: Source, download: Download, part: Path, before: dict[str, Any]) -> str:
    found = file_hash(part)
    first = before.get("sha256") if download.unhashed else ""
    if first and found != first:
        forget(part)
        raise DataError(
            f"{download.path} is another file than on {before.get('fetched', 'an earlier day')}: its SHA-256 "
            f"is {found}, not {first}, and its owner says that the release is fixed.",
            f"If its owner has published it anew, delete {part.parent} and run the command again.",
        )
    if download.sha256 and found != download.sha256:
        forget(part)
        raise DataError(
            f"{download.path} arrived damaged or is another release: its SHA-256 is {found}, "
            f"not {download.sha256}.",
            f"Run the command again. If it stays so: {source.obtain} Then name the folder with --from DIR.",
        )
    return found


def _unpacked(source: Source, download: Download, part: Path, folder: Path) -> dict[str, int]:
    """Puts the file, or what is taken out of it, into the folder: names and bytes."""
    if not download.members:
        settle(part, folder / download.path)
        return {download.path: (folder / download.path).stat().st_size}
    files: dict[str, int] = {}
    try:
        for name, copy in _members(part, download):
            waiting = folder / f".{name}.part"
            copy(waiting)
            waiting.replace(folder / name)
            files[name] = (folder / name).stat().st_size
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        forget(part)
        raise DataError(
            f"{download.path} is no archive that can be read: {error}.", "Run the command again."
        ) from error
    except DataError:
        forget(part)
        raise
    forget(part)
    if not files:
        raise DataError(f"{download.path} holds no {' or '.join(download.members)}.", source.obtain)
    return files


def _members(part: Path, download: Download) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """The wanted files of an archive by their last name, and how to copy each: no path of it is believed."""

    def wanted(name: str) -> str:
        last = PurePosixPath(name).name
        return last if any(fnmatch.fnmatchcase(last, pattern) for pattern in download.members) else ""

    def copier(opened: Any) -> Callable[[Path], None]:
        def copy(target: Path) -> None:
            with opened as content, target.open("wb") as out:
                shutil.copyfileobj(content, out, 1 << 20)

        return copy

    if zipfile.is_zipfile(part):
        with zipfile.ZipFile(part) as zipped:
            for info in zipped.infolist():
                if not info.is_dir() and (name := wanted(info.filename)):
                    _check_size(download, info)
                    yield name, copier(zipped.open(info))
        return
    # As a stream, whose packed and unpacked sizes are compared while it is read.
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
