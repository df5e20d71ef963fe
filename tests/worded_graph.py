"""Opens a graph written as words: a node or an edge a line, `_` for a blank in a name or an action."""

from __future__ import annotations

from pathlib import Path

from kedrec.api import Kedrec
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores.ladybug import LadybugStore


def open_worded_graph(folder: Path, nodes: str, edges: str) -> Kedrec:
    """Loads lines of words as own tables, and opens the graph.

    Args:
        folder: where the graph and its home will be.
        nodes: kind, id and name of each node.
        edges: relation, start, end and action of each edge; none, or `-`: no action.
    """
    mine = folder / "mine"
    mine.mkdir()
    node_rows = [line.split() for line in nodes.splitlines()]
    (mine / "nodes.tsv").write_text(
        "kind\tid\tname\n"
        + "".join(f"{kind}\t{id_}\t{name.replace('_', ' ')}\n" for kind, id_, name in node_rows)
    )
    edge_rows = []
    for line in edges.splitlines():
        relation, start, end, *action = line.split()
        words = "" if action == ["-"] else "".join(action).replace("_", " ")
        edge_rows.append(f"{relation}\t{start}\t{end}\tCC0-1.0\t{words}\n")
    (mine / "edges.tsv").write_text("relation\tstart\tend\tlicence\taction\n" + "".join(edge_rows))
    with LadybugStore(folder / "graph", read_only=False) as writer:
        report = load_graph(
            writer, ("kedrec",), data_dir=mine, work_dir=folder / "work", progress=lambda *_: None
        )
    assert sum(count for by in report.edges.values() for count in by.values()) == len(edge_rows)
    return Kedrec(load_settings(home=folder / "home", graph=str(folder / "graph")))
