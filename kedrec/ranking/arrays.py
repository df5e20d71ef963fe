"""One file of named arrays: written whole or not at all, checked when opened, read where it lies.

The file is a magic word, the length of a JSON header, the header (facts, and where each array lies), and
the arrays' bytes, each aligned to 64. Opening maps the file into memory; only what is used is read again.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ArrayFile", "Arrays", "DamagedFileError", "write_arrays"]

Arrays = Mapping[str, NDArray[Any]]

_MAGIC = b"KEDRecA1"
_ALIGNMENT = 64


class DamagedFileError(Exception):
    """The file is not one of these, or not as it was written; whoever opens it makes it again."""


class ArrayFile(Mapping[str, NDArray[Any]]):
    """The arrays of a file, read-only, and the facts written with them.

    Raises:
        DamagedFileError: the file is cut short, changed, or something else.
        OSError: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            try:
                whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:  # an empty file can't be mapped
                raise DamagedFileError(f"{path} is empty") from error
        lead = len(_MAGIC) + 8
        if whole[: len(_MAGIC)] != _MAGIC or len(whole) < lead:
            raise DamagedFileError(f"{path} is no array file")
        length = int.from_bytes(whole[len(_MAGIC) : lead], "little")
        try:
            header = json.loads(whole[lead : lead + length])
            body = memoryview(whole)[_aligned(lead + length) :]
            intact = header["size"] == len(body) and header["crc32"] == zlib.crc32(body)
            self.facts: dict[str, Any] = header["facts"]
            self._places: dict[str, tuple[str, list[int], int]] = header["arrays"]
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedFileError(f"{path} has no readable header") from error
        if not intact:
            raise DamagedFileError(f"{path} is not as it was written")
        self._body = body
        self._views: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One array, as a read-only view of the file."""
        view = self._views.get(name)
        if view is None:
            dtype, shape, offset = self._places[name]
            view = np.frombuffer(self._body, np.dtype(dtype), math.prod(shape), offset).reshape(shape)
            self._views[name] = view
        return view

    def __iter__(self) -> Any:
        return iter(self._places)

    def __reduce__(self) -> Any:
        """Another process gets the arrays without the file, which may not lie where it runs."""
        return dict, (dict(self),)

    def __len__(self) -> int:
        return len(self._places)


def write_arrays(path: Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Writes arrays and facts (anything JSON holds) to `path`, replacing what was there at once.

    A reader sees the old file or the new one, never a part; so do two writers at the same time.

    Raises:
        OSError: the folder can't be written.
    """
    places, offset, crc = {}, 0, 0
    pieces: list[bytes] = []
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        data += b"\0" * (_aligned(len(data)) - len(data))
        places[name] = (array.dtype.str, list(array.shape), offset)
        offset += len(data)
        crc = zlib.crc32(data, crc)
        pieces.append(data)
    header = json.dumps({"facts": facts, "arrays": places, "size": offset, "crc32": crc}).encode()
    lead = _MAGIC + len(header).to_bytes(8, "little") + header
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(lead + b"\0" * (_aligned(len(lead)) - len(lead)))
            file.writelines(pieces)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _aligned(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT
