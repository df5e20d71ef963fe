"""A small graph of drugs, diseases and side effects, with every kind of contraindication."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from worded_graph import open_worded_graph

if TYPE_CHECKING:
    from kedrec.api import Kedrec

NODES = """\
Drug DRUGBANK:D1 alphaprim
Drug DRUGBANK:D2 betaprim
Drug DRUGBANK:D3 gammaprim
Drug DRUGBANK:D9 lonelyprim
Disease MONDO:1 gasping
Disease MONDO:2 childhood_gasping
Disease MONDO:3 wheezing
Disease MONDO:4 itching
Disease MONDO:5 unlinked_disease
Disease MONDO:6 infant_gasping
Gene NCBIGene:1 GENE1
Gene NCBIGene:2 GENE2
Symptom MESH:D1 Dyspneas
Symptom MESH:D2 Cough
Symptom MESH:D3 Rash
SideEffect UMLS:C1 dyspnea
SideEffect UMLS:C2 Nausea
SideEffect UMLS:C3 Gasping
SideEffect UMLS:C4 Hiccups
"""
EDGES = """\
CONTRAINDICATED_FOR DRUGBANK:D1 MONDO:1
CONTRAINDICATED_FOR DRUGBANK:D2 MONDO:2
IS_A MONDO:2 MONDO:1
IS_A MONDO:6 MONDO:2
PRESENTS MONDO:1 MESH:D1
PRESENTS MONDO:1 MESH:D2
PRESENTS MONDO:3 MESH:D1
PRESENTS MONDO:3 MESH:D2
PRESENTS MONDO:3 MESH:D3
PRESENTS MONDO:4 MESH:D3
BINDS DRUGBANK:D1 NCBIGene:1
BINDS DRUGBANK:D2 NCBIGene:1
BINDS DRUGBANK:D3 NCBIGene:1
BINDS DRUGBANK:D3 NCBIGene:2
ASSOCIATED_WITH MONDO:1 NCBIGene:1
ASSOCIATED_WITH MONDO:3 NCBIGene:1
ASSOCIATED_WITH MONDO:3 NCBIGene:2
ASSOCIATED_WITH MONDO:2 NCBIGene:1
CAUSES DRUGBANK:D1 UMLS:C1
CAUSES DRUGBANK:D1 UMLS:C2
CAUSES DRUGBANK:D1 UMLS:C3
CAUSES DRUGBANK:D2 UMLS:C2
CAUSES DRUGBANK:D2 UMLS:C4
PALLIATES DRUGBANK:D3 MONDO:1
"""
TREATS = "TREATS DRUGBANK:D3 MONDO:3\n"


def open_graph(folder: Path, edges: str, nodes: str = NODES) -> Kedrec:
    """Opens the graph of some edges, and of the module's nodes or others."""
    return open_worded_graph(folder, nodes, edges)
