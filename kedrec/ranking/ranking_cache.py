"""Files of fitted rankings: one a graph, named by a hash of all that a ranking depends on."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kedrec.common.array_file import ArrayFile, Arrays, DamagedFileError, write_arrays
from kedrec.ranking.adjacency import relations_by_table
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.stored_ranking import SEED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kedrec.stores.base import GraphStore

__all__ = ["cache_path", "read_cache", "write_cache"]

_LAYOUT = 11  # of the cached arrays and facts; raise it to invalidate old caches
_MAX_FILES = 6  # cached rankings, of the graphs used last


def cache_path(store: GraphStore, cache_dir: Path, *, fit: bool) -> Path:
    """The file of a graph's ranking, fitted or not, whether or not it is there."""
    # a further relation changes the features
    tables = ["/".join(table) for table in relations_by_table(schema_tables())]
    content = json.dumps([_LAYOUT, SEED, fit, str(store.fingerprint()), tables])
    return cache_dir / f"ranking-{hashlib.sha256(content.encode()).hexdigest()[:16]}.bin"


def read_cache(path: Path) -> ArrayFile | None:
    """Opens a cached ranking and marks it as recently used; None unless it is intact and of this layout."""
    try:
        cached = ArrayFile(path)
    except (OSError, DamagedFileError):
        return None
    if cached.facts.get("layout") != _LAYOUT:
        return None
    with suppress(OSError):  # a folder that can't be written stays unordered
        os.utime(path)
    return cached


def write_cache(path: Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Writes a ranking and deletes all but the newest; does nothing in a folder that can't be written."""
    with suppress(OSError):
        write_arrays(path, arrays, {**facts, "layout": _LAYOUT})
        files = sorted(path.parent.glob("ranking-*.bin"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[_MAX_FILES:]:
            file.unlink(missing_ok=True)
