"""A graph of two drugs and a disease, which is loaded and asked within a second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shared_database import NODES

from kedrec.loading import load_graph
from kedrec.stores import open_store

if TYPE_CHECKING:
    from kedrec.settings import Settings

EDGES = """relation\tstart\tend\tlicence
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0
TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0
"""
MORE_EDGES = (
    EDGES
    + """BINDS\tDRUGBANK:DB00001\tNCBIGene:2\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:2\tCC0-1.0
"""
)


def load(settings: Settings, folder: Path, edges: str, nodes: str = NODES) -> None:
    """Loads a graph of two drugs and a disease, or of other nodes, or loads it anew with other edges."""
    tables = folder / "tables"
    tables.mkdir(exist_ok=True)
    (tables / "nodes.tsv").write_text(nodes, encoding="utf-8")
    (tables / "edges.tsv").write_text(edges, encoding="utf-8")
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tables, work_dir=folder / "work")
