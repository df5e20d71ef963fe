"""Downloads a file over HTTP, resuming an interrupted attempt."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.limits import MAX_DOWNLOAD
from kedrec.errors import DataError

if TYPE_CHECKING:
    import httpx2

__all__ = ["DownloadSize", "delete_partial", "file_hash", "finish_partial", "https_check", "receive"]

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_BLOCK = 1 << 20
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class DownloadSize:
    """Bytes of the file so far, and its total (None: not stated by the server)."""

    size: int
    total: int | None


def https_check(url: str) -> Callable[[httpx2.Request], None]:
    """A hook for a client's requests that refuses plain HTTP, also after a redirect.

    Plain HTTP to this machine is allowed if `url` itself is plain HTTP.
    """
    allows_local_http = url.startswith("http://")

    def check(request: httpx2.Request) -> None:
        target = request.url
        is_local_http = target.scheme == "http" and target.host in _THIS_MACHINE
        if target.scheme != "https" and not (allows_local_http and is_local_http):
            raise DataError(
                f"{url} would be fetched from {target.scheme}://{target.host}, where anybody on the way "
                "could change it.",
                "Get the files yourself and name their folder with --from DIR.",
            )

    return check


def file_hash(path: Path, name: str = "sha256", start: bytes = b"") -> str:
    """Hash of a file in hexadecimal, read in blocks; `start` is hashed before the content."""
    digest = hashlib.new(name, start, usedforsecurity=False)
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def delete_partial(part: Path) -> None:
    """Deletes a partial download."""
    part.unlink(missing_ok=True)
    _version_file(part).unlink(missing_ok=True)


def finish_partial(part: Path, target: Path) -> None:
    """Moves a complete download to `target`, atomically."""
    part.replace(target)
    _version_file(part).unlink(missing_ok=True)


def _version_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _stored_version(part: Path) -> str:
    """The server's version (entity tag or date) of a partial download; "" if unknown."""
    try:
        return str(json.loads(_version_file(part).read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def receive(
    client: httpx2.Client,
    url: str,
    part: Path,
    *,
    on_refusal: Callable[[httpx2.Response], None],
    progress: Callable[[int, int | None], None],
    size: int | None = None,
) -> DownloadSize:
    """Downloads `url` into `part`, resuming its content unless the file has changed on the server.

    Args:
        part: the partial download; need not exist.
        on_refusal: called with a response that isn't the file; must raise.
        progress: called with the bytes so far and the total (None: not known).
        size: bytes of the file, if known; no more are received.

    Raises:
        DataError: the server sends more than `MAX_DOWNLOAD`.
        httpx2.HTTPError: the server can't be reached, or the connection broke.
        OSError: `part` can't be written.
    """
    received = part.stat().st_size if part.exists() else 0
    stored_version = _stored_version(part)
    # Without a size or a version, the partial content may be of another file.
    if received and not stored_version and size is None:
        received = 0
    headers = {"Accept-Encoding": "identity"}
    if received:
        headers["Range"] = f"bytes={received}-"
        if stored_version:
            headers["If-Range"] = stored_version
    with client.stream("GET", url, headers=headers) as response:
        span = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if response.status_code == 416 and received:
            # Nothing follows: the file is complete, or another one.
            return DownloadSize(received, size or received)
        if response.status_code == 200:
            received = 0  # the server sends the file from its beginning
        elif response.status_code != 206 or not received or (span and int(span[1]) != received):
            response.read()
            on_refusal(response)
        length = response.headers.get("content-length", "")
        total = size if size is not None else (received + int(length) if length.isdecimal() else None)
        version = response.headers.get("etag") or response.headers.get("last-modified") or ""
        # A weak tag doesn't guarantee equal bytes, so it is no condition for a range.
        if version and not version.startswith("W/"):
            _version_file(part).write_text(json.dumps({"version": version}), encoding="utf-8")
        else:
            _version_file(part).unlink(missing_ok=True)
        with part.open("ab" if received else "wb") as out:
            for block in response.iter_bytes():
                out.write(block)
                received += len(block)
                if size is not None and received > size:
                    break  # too long: the caller's check of the size refuses it
                if received > MAX_DOWNLOAD:
                    raise DataError(
                        f"{url} sends more than {MAX_DOWNLOAD >> 30} GB.", "Get the file yourself."
                    )
                progress(received, total)
    return DownloadSize(received, total)
