"""File of named arrays: written atomically, verified when opened, memory-mapped.

Layout: a magic word, the length of a JSON header, a checksum of that length and the header, the header
(facts, and dtype, shape and offset of each array), and the arrays' bytes, each aligned to 64. Opening
verifies the checksums of the header and of the arrays; afterwards only the pages in use are read.
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

from kedrec.common.private_files import private_folder

__all__ = ["ArrayFile", "Arrays", "DamagedFileError", "write_arrays"]

Arrays = Mapping[str, NDArray[Any]]

_MAGIC = b"KEDRecA2"
_ALIGNMENT = 64
_LEAD = len(_MAGIC) + 16  # the magic word, the length of the header, the checksum


class DamagedFileError(Exception):
    """The file is no array file, or is damaged; the caller should rebuild it."""


class ArrayFile(Mapping[str, NDArray[Any]]):
    """The read-only arrays of a file, by name, and the facts written with them.

    Raises:
        DamagedFileError: the file is truncated, changed, or no array file.
        OSError: the file can't be read.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            try:
                content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:  # an empty file can't be mapped
                raise DamagedFileError(f"{path} is empty") from error
        if content[: len(_MAGIC)] != _MAGIC or len(content) < _LEAD:
            raise DamagedFileError(f"{path} is no array file")
        length = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 8], "little")
        checksum = int.from_bytes(content[len(_MAGIC) + 8 : _LEAD], "little")
        body_offset = _aligned(_LEAD + length)
        if body_offset > len(content) or checksum != _checksum(length, content[_LEAD:body_offset]):
            raise DamagedFileError(f"{path} has a header that is not as it was written")
        try:
            header = json.loads(content[_LEAD : _LEAD + length])
            body = memoryview(content)[body_offset:]
            is_intact = header["size"] == len(body) and header["crc32"] == zlib.crc32(body)
            self.facts: dict[str, Any] = header["facts"]
            self._layout: dict[str, tuple[str, list[int], int]] = header["arrays"]
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedFileError(f"{path} has a header of another layout") from error
        if not is_intact:
            raise DamagedFileError(f"{path} is not as it was written")
        self._body = body
        self._views: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        """An array by name, as a read-only view of the file."""
        view = self._views.get(name)
        if view is None:
            dtype, shape, offset = self._layout[name]
            view = np.frombuffer(self._body, np.dtype(dtype), math.prod(shape), offset).reshape(shape)
            self._views[name] = view
        return view

    def __iter__(self) -> Any:
        return iter(self._layout)

    def __reduce__(self) -> Any:
        """Pickles the arrays themselves: another process may have no access to the file."""
        return dict, (dict(self),)

    def __len__(self) -> int:
        return len(self._layout)


def write_arrays(path: Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Writes arrays and facts (JSON values) to `path`, replacing an existing file atomically.

    A reader sees the old file or the new one, also with two writers at the same time.

    Raises:
        OSError: the folder can't be written.
    """
    layout, offset, crc = {}, 0, 0
    for name, array in arrays.items():
        layout[name] = (array.dtype.str, list(array.shape), offset)
        for piece in _pieces(array):
            offset += len(piece)
            crc = zlib.crc32(piece, crc)
    header = json.dumps({"facts": facts, "arrays": layout, "size": offset, "crc32": crc}).encode()
    length = len(header)
    header += b"\0" * (_aligned(_LEAD + length) - _LEAD - length)
    private_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + length.to_bytes(8, "little"))
            file.write(_checksum(length, header).to_bytes(8, "little") + header)
            for array in arrays.values():
                file.writelines(_pieces(array))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _pieces(array: NDArray[Any]) -> tuple[memoryview, bytes]:
    """An array's bytes, without a copy, and the zeros up to the next array."""
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    return data, b"\0" * (_aligned(len(data)) - len(data))


def _checksum(length: int, header: bytes) -> int:
    """The CRC-32 of the stated length of a header and of the header."""
    return zlib.crc32(header, zlib.crc32(length.to_bytes(8, "little")))


def _aligned(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT
