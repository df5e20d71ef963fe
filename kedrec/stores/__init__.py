"""Access to graph databases: the `GraphStore` protocol and `open_store`."""

from __future__ import annotations

from kedrec.stores.base import (
    EDGE_COLUMNS,
    NODE_COLUMNS,
    Fingerprint,
    GraphStore,
    GraphTarget,
    Row,
    SharedTarget,
    YearCount,
)
from kedrec.stores.open_graph import open_store
from kedrec.stores.overlay_names import is_private
from kedrec.stores.templates import PathTemplate, Template, load_template, path_templates
from kedrec.stores.view import GraphView
from kedrec.stores.visible import VisibleStore, view_of, visible_store

__all__ = [
    "EDGE_COLUMNS",
    "NODE_COLUMNS",
    "Fingerprint",
    "GraphStore",
    "GraphTarget",
    "GraphView",
    "PathTemplate",
    "Row",
    "SharedTarget",
    "Template",
    "VisibleStore",
    "YearCount",
    "is_private",
    "load_template",
    "open_store",
    "path_templates",
    "view_of",
    "visible_store",
]
