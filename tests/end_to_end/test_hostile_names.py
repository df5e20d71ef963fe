"""Names that hold terminal sequences, markup, formulas and statements, in what every command writes."""

from __future__ import annotations

import gzip
import json
import unicodedata
from pathlib import Path

import networkx as nx
import pytest

NAMES = {
    "DRUGBANK:DB90001": "\x1b[2J\x1b]0;owned\x07drug",
    "DRUGBANK:DB90002": '=HYPERLINK("http://x.example","drug")',
    "DRUGBANK:DB90003": "[bold red]drug[/bold red] \u202egurd",
    "DRUGBANK:DB90004": "<script>alert(1)</script> ]]> & drug",
    "NCBIGene:90000001": "\u009b31mgene\u009d8;;http://x.example\u009c",
    "NCBIGene:90000002": "gene`}) DETACH DELETE n //",
    "UMLS:C9000001": "\x1b[5mnausea\u2028",
    "DOID:90001": "multiple sclerosis",
    "DOID:90002": "\u009b7m[link=http://x.example]rash[/link]",
}
KINDS = {"DRUGBANK": "Drug", "NCBIGene": "Gene", "UMLS": "SideEffect", "DOID": "Disease"}
DRUGS = [id_ for id_ in NAMES if id_.startswith("DRUGBANK")]


def obeyed(text: str) -> set[str]:
    return {
        character
        for character in text
        if (unicodedata.category(character) == "Cc" and character not in "\n\t")
        or character in "\u202a\u202b\u202c\u202d\u202e"
    }


@pytest.fixture(scope="module")
def hostile(shell, tables, tmp_path_factory) -> Path:
    """A graph with hostile names in every role: candidates, steps, side effects, contraindications."""
    folder = tmp_path_factory.mktemp("hostile")
    drugs, genes, (effect,), (disease, other) = (
        [id_ for id_ in NAMES if id_.startswith(prefix)] for prefix in KINDS
    )
    nodes = [f"{KINDS[id_.partition(':')[0]]}\t{id_}\t{name}" for id_, name in NAMES.items()]
    edges = [f"ASSOCIATED_WITH\t{end}\t{gene}\tCC0-1.0\t\t\t" for end in (disease, other) for gene in genes]
    for drug in drugs:
        edges += [f"BINDS\t{drug}\t{gene}\tCC0-1.0\t\tinhibitor\t\x1b[31mred" for gene in genes]
        edges.append(f"CAUSES\t{drug}\t{effect}\tCC0-1.0\t\t\t\x1b[32mgreen")
    edges += [f"TREATS\t{drugs[0]}\t{end}\tCC0-1.0\t\t\t" for end in (disease, other)]
    edges.append(f"CONTRAINDICATED_FOR\t{drugs[2]}\t{disease}\tCC0-1.0\t\t\t\x9d0;owned\x07")
    for name, rows, more in (("nodes", nodes, ""), ("edges", edges, "\tscore\taction\tevidence")):
        header, *plain = (tables / f"{name}.tsv").read_text().splitlines()
        lines = [header + more, *(row + "\t" * more.count("\t") for row in plain), *rows]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    graph = folder / "graph"
    done = shell("kedrec-load", "graph", "kedrec", "--from", folder, "--no-fit", KEDREC_GRAPH=str(graph))
    assert done.code == 0, done.err
    return graph


COMMANDS = [
    *(("kedrec", "search", id_, *more) for id_ in NAMES for more in ((), ("--json",))),
    ("kedrec", "search", "\x1b[31mnothing \u009b2J of the kind"),
    ("kedrec", "search", "--\x1b[31m"),
    ("kedrec", "status"),
    ("kedrec-load", "audit"),
    *(
        ("kedrec", "explain", "--disease", "multiple sclerosis", "--drug", DRUGS[0], *more)
        for more in ((), ("--json",), ("--cypher",))
    ),
    ("kedrec", "compare", "--disease", "multiple sclerosis", "--drug", DRUGS[0], "--drug", DRUGS[2]),
    ("kedrec", "ask", "--disease", "multiple sclerosis", "--no-llm", "--top", "400"),
    ("kedrec", "ask", "--drug", DRUGS[0], "--no-llm", "--top", "5"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: ascii(" ".join(words))[:70])
def test_no_command_prints_what_a_terminal_obeys(shell, hostile, words) -> None:
    done = shell(*words, KEDREC_GRAPH=str(hostile))
    assert done.code in {0, 1, 2}, done.err
    assert "Unexpected error" not in done.err
    assert not obeyed(done.out + done.err)
    if "--json" in words and done.code == 0:
        json.loads(done.out, parse_constant=pytest.fail)


@pytest.mark.parametrize("layout", ["json", "cytoscape", "cypher", "graphml"])
def test_a_subgraph_with_such_names_is_read_back(shell, hostile, tmp_path, layout) -> None:
    out = tmp_path / f"pair.{layout}"
    pair = ("--drug", DRUGS[0], "--disease", "multiple sclerosis")
    done = shell("kedrec", "subgraph", *pair, "--format", layout, "--out", out, KEDREC_GRAPH=str(hostile))
    assert done.code == 0, done.err
    text = out.read_text(encoding="utf-8")
    assert not obeyed(text)
    if layout == "graphml":
        assert nx.read_graphml(out).nodes["DRUGBANK:DB90001"]["name"].endswith("drug")
    elif layout == "cypher":
        assert all(line.startswith(("MERGE ", "MATCH ")) for line in text.splitlines())
    else:
        assert json.dumps(NAMES[DRUGS[0]]) in json.dumps(json.loads(text))


def test_a_table_of_scores_holds_no_formula(shell, hostile, tmp_path) -> None:
    (tmp_path / "diseases.txt").write_text("multiple sclerosis\n")
    out = tmp_path / "scores.tsv.gz"
    words = ("--diseases", tmp_path / "diseases.txt", "--out", out)
    done = shell("kedrec", "rank", *words, KEDREC_GRAPH=str(hostile))
    assert done.code == 0, done.err
    rows = [line.split("\t") for line in gzip.decompress(out.read_bytes()).decode().splitlines()]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "-"))]
    assert any("HYPERLINK" in cell for row in rows for cell in row)
    assert not obeyed("".join(cell for row in rows for cell in row))


def test_a_saved_answer_holds_such_names_as_text_and_is_made_again(shell, hostile, tmp_path) -> None:
    files = [tmp_path / f"answer{suffix}" for suffix in (".html", ".zip", ".bib", ".ris", ".tsv", ".json")]
    words = [word for file in files for word in ("--save", file)]
    ask = ("--disease", "multiple sclerosis", "--no-llm", "--top", "400")
    done = shell("kedrec", "ask", *ask, *words, KEDREC_GRAPH=str(hostile))
    assert done.code == 0, done.err
    html = files[0].read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ]]&gt; &amp; drug" in html
    assert r"\u202egurd" in html
    for file in files:
        if file.suffix != ".zip":
            text = (
                file.read_bytes().decode("utf-8").replace("\r\n", "\n" if file.suffix == ".ris" else "\r\n")
            )
            assert not obeyed(text), file.name
    done = shell("kedrec", "replay", files[1], KEDREC_GRAPH=str(hostile))
    assert done.code == 0, done.out + done.err
    assert not obeyed(done.out + done.err)
