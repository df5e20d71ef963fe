"""The one seam to graph databases: the `GraphStore` protocol and `open_store`."""

from __future__ import annotations

from kedrec.stores.base import (
    EDGE_COLUMNS,
    NODE_COLUMNS,
    Fingerprint,
    GraphStore,
    Row,
)
from kedrec.stores.opening import open_store
from kedrec.stores.templates import PathTemplate, Template, load_template, path_templates

__all__ = [
    "EDGE_COLUMNS",
    "NODE_COLUMNS",
    "Fingerprint",
    "GraphStore",
    "PathTemplate",
    "Row",
    "Template",
    "load_template",
    "open_store",
    "path_templates",
]
