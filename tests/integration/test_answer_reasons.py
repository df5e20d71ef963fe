"""Reasons of an empty answer, names as they were taken, and graphs that lack what a ranking needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kedrec.api import Kedrec
from kedrec.cli import main
from kedrec.errors import EmptyGraphError
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

NODES = """
Drug DRUGBANK:D1 aldrug
Drug DRUGBANK:D2 bedrug
Drug DRUGBANK:D3 cedrug
Disease DOID:1 wheezing
Disease DOID:2 gasping
Disease DOID:3 coughing
Gene NCBIGene:1 GENE1
"""
TARGETS = """
BINDS DRUGBANK:D1 NCBIGene:1
BINDS DRUGBANK:D2 NCBIGene:1
BINDS DRUGBANK:D3 NCBIGene:1
ASSOCIATED_WITH DOID:1 NCBIGene:1
ASSOCIATED_WITH DOID:2 NCBIGene:1
"""
KNOWN = """
TREATS DRUGBANK:D1 DOID:1
TREATS DRUGBANK:D2 DOID:1
TREATS DRUGBANK:D3 DOID:1
TREATS DRUGBANK:D1 DOID:2
CONTRAINDICATED_FOR DRUGBANK:D2 DOID:2
CONTRAINDICATED_FOR DRUGBANK:D3 DOID:2
"""


def graph(folder: Path, nodes: str, edges: str = "") -> str:
    """A graph of tables: kind, id, name; relation, start, end. `_` stands for a blank in a name."""
    mine = folder / "mine"
    mine.mkdir(parents=True)
    rows = [line.split() for line in nodes.split("\n") if line]
    (mine / "nodes.tsv").write_text(
        "kind\tid\tname\n" + "".join(f"{a}\t{b}\t{c.replace('_', ' ')}\n" for a, b, c in rows),
        encoding="utf-8",
    )
    lines = ["\t".join([*line.split(), "CC0-1.0"]) for line in edges.split("\n") if line]
    (mine / "edges.tsv").write_text(
        "\n".join(["relation\tstart\tend\tlicence", *lines]) + "\n", encoding="utf-8"
    )
    settings = load_settings(home=folder / "home", graph=str(folder / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=mine, work_dir=folder / "work", progress=lambda *_: None)
    return str(folder / "graph")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    return graph(tmp_path_factory.mktemp("whole"), NODES, TARGETS + KNOWN)


@pytest.fixture
def kr(whole: str) -> Iterator[Kedrec]:
    with Kedrec(load_settings(home=Path(whole).parent / "home", graph=whole)) as opened:
        yield opened


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(list(words))
    out, err = capsys.readouterr()
    return (stopped.value.code if isinstance(stopped.value.code, int) else 1), out, err


@pytest.fixture(autouse=True)
def _home(whole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEDREC_HOME", str(Path(whole).parent / "home"))


EMPTY: list[tuple[dict[str, Any], tuple[int, int], list[str]]] = [
    ({"disease": "wheezing", "new": True}, (3, 0), ["3 are known treatments"]),
    ({"disease": "wheezing", "drugs": ["aldrug"], "new": True}, (1, 0), ["1 is a known treatment"]),
    (
        {"disease": "wheezing", "drugs": ["aldrug", "bedrug"], "new": True},
        (2, 0),
        ["2 are known treatments", "of the 2 "],
    ),
    (
        {"disease": "gasping", "drugs": ["bedrug", "cedrug"], "hide_contraindicated": True},
        (0, 2),
        ["2 are contraindicated"],
    ),
    (
        {"disease": "gasping", "drugs": ["bedrug"], "hide_contraindicated": True},
        (0, 1),
        ["1 is contraindicated"],
    ),
    (
        {"disease": "gasping", "new": True, "hide_contraindicated": True},
        (1, 2),
        ["1 is a known treatment", "2 are contraindicated", "of the 3 "],
    ),
    (
        {"disease": "gasping", "drugs": ["aldrug", "cedrug"], "new": True, "hide_contraindicated": True},
        (1, 1),
        ["1 is a known treatment", "1 is contraindicated", "of the 2 "],
    ),
    ({"disease": "coughing", "new": True}, (0, 0), ["no path leads from any drug to coughing"]),
    ({"disease": "coughing"}, (0, 0), ["no path leads from any drug to coughing"]),
]


@pytest.mark.parametrize(("asked", "counts", "says"), EMPTY)
def test_an_empty_answer_says_what_left_nothing(
    kr: Kedrec, asked: dict[str, Any], counts: tuple[int, int], says: list[str]
) -> None:
    answer = kr.recommend(**asked, llm=False)
    assert not len(answer)
    assert (answer.known_left_out, answer.hidden) == counts
    for part in says:
        assert part in answer.abstained
    assert ("no path" in answer.abstained) == (counts == (0, 0))
    assert ("known" in answer.abstained) == bool(counts[0])
    assert ("contraindicated" in answer.abstained) == bool(counts[1])


def test_diseases_of_a_drug_that_are_all_known(kr: Kedrec) -> None:
    answer = kr.recommend_diseases("aldrug", new=True, llm=False)
    assert not len(answer)
    assert "2 are known treatments" in answer.abstained
    assert "No disease is left" in answer.abstained


def test_what_was_left_out_of_an_answer_that_is_not_empty_is_counted(kr: Kedrec) -> None:
    answer = kr.recommend("gasping", new=True, llm=False)
    assert [one.drug.name for one in answer] == ["bedrug", "cedrug"]
    assert (answer.known_left_out, answer.abstained) == (1, "")
    assert kr.recommend("gasping", llm=False).known_left_out == 0


def test_known_treatments_are_listed_whatever_is_left_out(kr: Kedrec) -> None:
    for answer in (kr.recommend("gasping", llm=False), kr.recommend("gasping", new=True, llm=False)):
        [known] = answer.known_treatments
        [score] = [one for one in kr.ranker.rank(answer.disease.id) if one.known]
        assert (known.drug.id, known.sources) == (score.drug, score.known)
        assert known.rank == 1 + kr.ranker.rank(answer.disease.id).index(score)


def test_the_command_says_the_reason(whole: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("ask", "--disease", "wheezing", "--drug", "aldrug", "--new", "--no-llm", "--graph", whole)
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "1 is a known treatment, and left out as asked" in out
    assert "no path" not in out


TAKEN = "Taken for: aldrug (asked: aldrug hydrochloride, salt form)"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ask", "--disease", "wheezing", "--drug", "aldrug hydrochloride", "--no-llm"), TAKEN),
        (("ask", "--drug", "aldrug hydrochloride", "--no-llm"), TAKEN),
        (
            ("ask", "--disease", "Wheezing (disorder)", "--no-llm"),
            "Taken for: wheezing (asked: Wheezing (disorder), vocabulary tag)",
        ),
        (("explain", "--disease", "wheezing", "--drug", "aldrug hydrochloride"), TAKEN),
        (
            ("compare", "--disease", "wheezing", "--drug", "aldrug hydrochloride", "--drug", "bedrug"),
            TAKEN,
        ),
    ],
)
def test_an_answer_says_what_was_taken_for_what(
    whole: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    code, out, _ = run(capsys, *words, "--graph", whole)
    assert code == 0
    assert says in out
    code, out, _ = run(capsys, *words, "--graph", whole, "--json")
    (taken,) = json.loads(out)["taken_for"]
    assert f"Taken for: {taken['entity']['name']} (asked: {taken['asked']}, {taken['why']})" == says


def test_rank_and_subgraph_say_it_too(whole: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = tmp_path / "diseases.txt"
    listed.write_text("# mine\nwheezing, NOS\n\ngasping\n", encoding="utf-8")
    out = str(tmp_path / "scores.tsv.gz")
    words = ("rank", "--diseases", str(listed), "--out", out, "--graph", whole)
    said = "Taken for: wheezing (asked: wheezing, NOS, vocabulary tag)"
    assert said in run(capsys, *words)[1]
    assert [one["asked"] for one in json.loads(run(capsys, *words, "--json")[1])["taken_for"]] == [
        "wheezing, NOS"
    ]
    words = ("subgraph", "--drug", "aldrug sodium", "--disease", "wheezing", "--graph", whole)
    code, out, err = run(capsys, *words)
    assert code == 0
    assert "Taken for: aldrug (asked: aldrug sodium, salt form)" in err
    assert json.loads(out)["taken_for"][0]["asked"] == "aldrug sodium"


def test_nothing_is_said_of_a_name_in_another_writing(kr: Kedrec) -> None:
    for name in ("wheezing", "Wheezing", "DOID:1", "doid_1", " wheezing "):
        assert kr.recommend(name, llm=False).taken_for == ()
    assert kr.explain("DRUGBANK:D1", "WHEEZING").taken_for == ()


LACKING = {
    "drug": ("Chemical CHEBI:1 aldrug\nDisease DOID:1 wheezing\n", "TREATS CHEBI:1 DOID:1\n"),
    "disease": ("Drug DRUGBANK:D1 aldrug\nSymptom MESH:1 wheezing\n", "PALLIATES DRUGBANK:D1 MESH:1\n"),
    "drug and no disease": (
        "Gene NCBIGene:1 GENE1\nGene NCBIGene:2 GENE2\n",
        "INTERACTS_WITH NCBIGene:1 NCBIGene:2\n",
    ),
}


@pytest.fixture(scope="module", params=sorted(LACKING))
def lacking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    nodes, edges = LACKING[request.param]
    return request.param, graph(tmp_path_factory.mktemp("lacking"), nodes, edges)


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "--disease", "DOID:1", "--no-llm"),
        ("ask", "--drug", "aldrug", "--no-llm"),
        ("explain", "--drug", "aldrug", "--disease", "wheezing"),
        ("compare", "--disease", "wheezing", "--drug", "aldrug", "--drug", "bedrug"),
        ("subgraph", "--disease", "wheezing", "--drug", "aldrug"),
        ("rank", "--all", "--out", "scores.tsv.gz"),
        ("rank", "fit"),
        ("rank", "null"),
    ],
)
def test_a_graph_that_lacks_a_kind_is_told_in_a_sentence(
    lacking: tuple[str, str],
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    missing, url = lacking
    code, out, err = run(capsys, *words, "--graph", url)
    assert (code, out) == (1, "")
    assert f"The graph has no {missing}" in err
    assert "kedrec-load" in err
    assert "Warning" not in err
    assert list(tmp_path.iterdir()) == []


def test_search_and_status_say_what_is_lacking(
    lacking: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    missing, url = lacking
    kind = "Disease" if missing == "disease" else "Drug"
    code, _, err = run(capsys, "search", "aldrug wheezing", "--kind", kind, "--graph", url)
    assert code == 1
    assert f"The graph has no {kind.lower()} at all" in err
    code, out, _ = run(capsys, "status", "--graph", url)
    assert code == 0
    assert f"The graph has no {missing}" in " ".join(out.split())
    assert (
        f"The graph has no {missing}"
        in json.loads(run(capsys, "status", "--graph", url, "--json")[1])["lacks"]
    )


def test_a_graph_of_nodes_alone_is_not_called_empty(tmp_path: Path) -> None:
    url = graph(tmp_path, "Drug DRUGBANK:D1 aldrug\nDisease DOID:1 wheezing\n")
    with (
        Kedrec(load_settings(home=tmp_path / "home", graph=url)) as opened,
        pytest.raises(EmptyGraphError, match="nodes and no edge"),
    ):
        opened.recommend("wheezing", llm=False)


def test_a_graph_without_treatments_answers_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = graph(tmp_path, NODES, TARGETS)
    for words in (
        ("ask", "--disease", "wheezing", "--no-llm"),
        ("explain", "--drug", "aldrug", "--disease", "wheezing"),
        ("compare", "--disease", "wheezing", "--drug", "aldrug", "--drug", "bedrug"),
        ("rank", "--all", "--out", str(tmp_path / "scores.tsv.gz")),
    ):
        code, _, err = run(capsys, *words, "--graph", url)
        assert code == 0, err
        assert "The graph has no treatment" in err
    assert "no treatment" in run(capsys, "status", "--graph", url)[1]


def test_the_whole_graph_lacks_nothing(kr: Kedrec) -> None:
    assert kr.status().lacks == ""
