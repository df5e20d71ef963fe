"""Receives a file over HTTP, going on where an earlier try was cut off."""

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

__all__ = ["Received", "encrypted_only", "file_hash", "forget", "receive", "settle"]

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_BLOCK = 1 << 20
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Received:
    """The bytes that the file has now, and how many it should have (None: the server didn't say)."""

    size: int
    total: int | None


def encrypted_only(url: str) -> Callable[[httpx2.Request], None]:
    """A check for a client's requests: none goes over plain HTTP, wherever an answer redirects it.

    Only where `url` itself is a plain address of this machine, such addresses may be asked.
    """
    own = url.startswith("http://")

    def check(request: httpx2.Request) -> None:
        asked = request.url
        if asked.scheme != "https" and not (own and asked.scheme == "http" and asked.host in _THIS_MACHINE):
            raise DataError(
                f"{url} would be fetched from {asked.scheme}://{asked.host}, where anybody on the way could "
                "change it.",
                "Get the files yourself and name their folder with --from DIR.",
            )

    return check


def file_hash(path: Path, name: str = "sha256", start: bytes = b"") -> str:
    """Hash of a file in hexadecimal, read in blocks; `start` is hashed before it."""
    digest = hashlib.new(name, start, usedforsecurity=False)
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def forget(part: Path) -> None:
    """Deletes what `receive` got."""
    part.unlink(missing_ok=True)
    _validator(part).unlink(missing_ok=True)


def settle(part: Path, target: Path) -> None:
    """Makes what `receive` got the file `target`, all at once."""
    part.replace(target)
    _validator(part).unlink(missing_ok=True)


def _validator(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _known(part: Path) -> str:
    """What the server called the version that `part` is of; "" where nothing is known."""
    try:
        return str(json.loads(_validator(part).read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def receive(
    client: httpx2.Client,
    url: str,
    part: Path,
    *,
    refused: Callable[[httpx2.Response], None],
    progress: Callable[[int, int | None], None],
    size: int | None = None,
) -> Received:
    """Receives `url` into `part`, which holds what came before; a file that has changed since starts over.

    Args:
        refused: called with an answer that isn't the file; must raise.
        progress: told the bytes that are there, of how many.
        size: bytes of the file where they are known; no more are received.

    Raises:
        DataError: the server sends more than `MAX_DOWNLOAD`.
        httpx2.HTTPError: the server can't be reached, or the connection broke.
        OSError: `part` can't be written.
    """
    have = part.stat().st_size if part.exists() else 0
    known = _known(part)
    # Without a size or a version of its own, what is there might be of another file.
    if have and not known and size is None:
        have = 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if known:
            headers["If-Range"] = known
    with client.stream("GET", url, headers=headers) as response:
        span = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if response.status_code == 416 and have:
            # Nothing is after it: it is whole, or another file's.
            return Received(have, size or have)
        if response.status_code == 200:
            have = 0  # the server starts over
        elif response.status_code != 206 or not have or (span and int(span[1]) != have):
            response.read()
            refused(response)
        length = response.headers.get("content-length", "")
        total = size if size is not None else (have + int(length) if length.isdecimal() else None)
        version = response.headers.get("etag") or response.headers.get("last-modified") or ""
        # A weak tag doesn't promise equal bytes, so a range may not be asked for by it.
        if version and not version.startswith("W/"):
            _validator(part).write_text(json.dumps({"version": version}), encoding="utf-8")
        else:
            _validator(part).unlink(missing_ok=True)
        with part.open("ab" if have else "wb") as out:
            for block in response.iter_bytes():
                out.write(block)
                have += len(block)
                if size is not None and have > size:
                    break  # more than there should be: refused afterwards
                if have > MAX_DOWNLOAD:
                    raise DataError(
                        f"{url} sends more than {MAX_DOWNLOAD >> 30} GB.", "Get the file yourself."
                    )
                progress(have, total)
    return Received(have, total)
