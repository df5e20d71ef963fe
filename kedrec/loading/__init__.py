"""Loader of sources: reads their files, checks and merges the rows, and writes the graph database."""

from __future__ import annotations

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
