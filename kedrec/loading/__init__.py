"""Loader of sources: reads their files, checks and merges the rows, and writes the graph database.

Each name is imported at its first use: answering reads a few facts on sources, and needs no reader of files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedrec.loading.pipeline import load_graph, remove_sources
    from kedrec.loading.report import ConflictReport, LoadReport, RowReport, SourceReport
    from kedrec.loading.sources import Source, list_sources

__all__ = [
    "ConflictReport",
    "LoadReport",
    "RowReport",
    "Source",
    "SourceReport",
    "list_sources",
    "load_graph",
    "remove_sources",
]

_MODULES = {
    "ConflictReport": "kedrec.loading.report",
    "LoadReport": "kedrec.loading.report",
    "RowReport": "kedrec.loading.report",
    "Source": "kedrec.loading.sources",
    "SourceReport": "kedrec.loading.report",
    "list_sources": "kedrec.loading.sources",
    "load_graph": "kedrec.loading.pipeline",
    "remove_sources": "kedrec.loading.pipeline",
}


def __getattr__(name: str) -> Any:  # PEP 562
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'kedrec.loading' has no attribute {name!r}")
