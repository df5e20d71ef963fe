"""A small graph of drugs, diseases and side effects, with every kind of contraindication."""

from __future__ import annotations

from pathlib import Path

from kedrec.api import Kedrec
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores.ladybug import LadybugStore

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
    """Loads lines of words as own tables, and opens the graph; `_` stands for a space in a name."""
    mine = folder / "mine"
    mine.mkdir()
    rows = [line.split() for line in nodes.splitlines()]
    (mine / "nodes.tsv").write_text(
        "kind\tid\tname\n" + "".join(f"{a}\t{b}\t{c.replace('_', ' ')}\n" for a, b, c in rows)
    )
    lines = ["\t".join([*line.split(), "CC0-1.0"]) for line in edges.splitlines()]
    (mine / "edges.tsv").write_text("relation\tstart\tend\tlicence\n" + "\n".join(lines) + "\n")
    with LadybugStore(folder / "graph", read_only=False) as writer:
        report = load_graph(
            writer, ("kedrec",), data_dir=mine, work_dir=folder / "work", progress=lambda *_: None
        )
    assert sum(count for by in report.edges.values() for count in by.values()) == len(lines)
    return Kedrec(load_settings(home=folder / "home", graph=str(folder / "graph")))
