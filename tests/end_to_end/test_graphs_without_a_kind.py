"""Graphs that lack drugs, diseases, treatments or every edge: each command says so in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

DRUGS, DISEASES, GENES = (
    {f"{prefix}{i}": f"{name} {i}" for i in range(1, 5)}
    for prefix, name in (
        ("DRUGBANK:DB0000", "sand drug"),
        ("DOID:9000", "sand disease"),
        ("NCBIGene:900", "SAND"),
    )
)
BINDS = [("BINDS", drug, gene) for drug, gene in zip(DRUGS, GENES, strict=True)]
CAUSES = [("ASSOCIATED_WITH", disease, gene) for disease, gene in zip(DISEASES, GENES, strict=True)]
GRAPHS = {
    "drugs": ({"Disease": DISEASES, "Gene": GENES}, CAUSES),
    "diseases": ({"Drug": DRUGS, "Gene": GENES}, BINDS),
    "treatments": ({"Drug": DRUGS, "Disease": DISEASES, "Gene": GENES}, [*BINDS, *CAUSES]),
    "edges": ({"Drug": DRUGS, "Disease": DISEASES, "Gene": GENES}, []),
}
PAIR = ("--drug", "sand drug 1", "--disease", "sand disease 1")
COMMANDS = [
    ("ask", "--disease", "sand disease 1"),
    ("ask", "--drug", "sand drug 1"),
    ("explain", *PAIR),
    ("compare", *PAIR, "--drug", "sand drug 2"),
    ("subgraph", *PAIR),
    ("search", "loam"),
    ("status",),
    ("rank", "fit"),
    ("rank", "--all", "--out", "{work}/pairs.parquet"),
    ("dataset", "build", "--out", "{work}/questions"),
    *(
        ("evaluate", what)
        for what in (
            "counterfactuals",
            "faithfulness",
            "gate",
            "paths",
            "ranking",
            "reference",
            "retrieval",
            "side-effects",
            "warnings",
        )
    ),
    ("evaluate", "replay", "--year", "2000"),
]


def load(shell, folder: Path, nodes: dict[str, dict[str, str]], edges: list[tuple[str, str, str]]) -> Path:
    tables = folder / "tables"
    tables.mkdir(parents=True)
    rows = [f"{kind}\t{id_}\t{name}" for kind, named in nodes.items() for id_, name in named.items()]
    (tables / "nodes.tsv").write_text("\n".join(["kind\tid\tname", *rows, ""]))
    lines = ["\t".join((*edge, "CC0-1.0")) for edge in edges]
    (tables / "edges.tsv").write_text("\n".join(["relation\tstart\tend\tlicence", *lines, ""]))
    graph = folder / "graph"
    done = shell("kedrec-load", "graph", "kedrec", "--from", tables, "--graph", graph, "--no-fit")
    assert done.code == 0, done.err
    return graph


@pytest.fixture(scope="module", params=GRAPHS)
def poor_graph(request, shell, tmp_path_factory) -> Path:
    return load(shell, tmp_path_factory.mktemp(request.param.replace(" ", "-")), *GRAPHS[request.param])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_graph_that_lacks_a_kind_is_told_in_a_sentence(shell, poor_graph, tmp_path, words) -> None:
    words = [word.replace("{work}", str(tmp_path)) for word in words]
    done = shell("kedrec", *words, KEDREC_GRAPH=str(poor_graph), KEDREC_HOME=str(tmp_path / "home"))
    said = done.out + done.err
    assert done.code in (0, 1), said
    # Lines of progress come before it where the machine is slow.
    assert (done.code == 1) == ("Error: " in [line[:7] for line in done.err.splitlines()]), said
    assert "Unexpected error" not in said
    assert said.strip()
