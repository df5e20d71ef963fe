"""Field names, and their order, in the JSON of `rank`, `model list`, `sources`, `status` and `evaluate`."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from kedrec.cli import main, main_load
from kedrec.cli.common import json_text
from kedrec.evaluation.coverage import Band
from kedrec.evaluation.gate_rates import Rate
from kedrec.evaluation.passage_recall import PairCoverage, QuestionRecall
from kedrec.evaluation.reports import (
    GateReport,
    PathReport,
    RankingReport,
    RationaleReport,
    RetrievalReport,
    SelectionReport,
)
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

NODES = """kind\tid\tname
Drug\tDRUGBANK:DB00001\taldrug
Drug\tDRUGBANK:DB00002\tbedrug
Gene\tNCBIGene:1\tGENE1
Disease\tDOID:1\twheezing
"""
EDGES = """relation\tstart\tend\tlicence\tyear
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0\t2000
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0\t
ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0\t2015
TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0\t2012
"""
OWN_EDGES = "relation\tstart\tend\nBINDS\tDRUGBANK:DB00001\tNCBIGene:1\n"

EXPORT = ["out", "diseases", "rows", "ranking"]
YEAR = ["year", "edges", "undated", "later"]
AS_OF = ("--as-of", "2012")
LAB = ("--overlay", "lab")


@pytest.fixture
def graph(kedrec_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A graph of own tables, as the default graph of the commands."""
    monkeypatch.setenv("KEDREC_GRAPH", str(tmp_path / "graph"))
    load(tmp_path, "kedrec", nodes=NODES, edges=EDGES)
    return tmp_path


def load(folder: Path, source: str, **tables: str) -> None:
    settings = load_settings()
    data = folder / source.replace(":", "-")
    data.mkdir()
    for name, rows in tables.items():
        (data / f"{name}.tsv").write_text(rows, encoding="utf-8")
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, [source], data_dir=data, work_dir=folder / "work")


def printed(capsys: pytest.CaptureFixture[str], *words: str, entry: Any = main) -> Any:
    with pytest.raises(SystemExit) as error:
        entry([*words, "--json"])
    out, err = capsys.readouterr()
    assert error.value.code == 0, err
    return json.loads(out)


@pytest.mark.parametrize(
    ("has_overlay", "options", "fields"),
    [
        (False, (), ["overlays"]),
        (False, AS_OF, ["overlays", "as_of"]),
        (True, (), ["overlays"]),
        (True, LAB, ["overlays"]),
        (True, (*AS_OF, *LAB), ["overlays", "as_of"]),
    ],
)
def test_a_ranking_file_and_a_fit_name_the_overlays_and_the_year_where_one_is_given(
    graph: Path,
    capsys: pytest.CaptureFixture[str],
    has_overlay: bool,
    options: tuple[str, ...],
    fields: list[str],
) -> None:
    if has_overlay:
        load(graph, "overlay:lab", edges=OWN_EDGES)
    out = str(graph / "scores.tsv.gz")
    export = printed(capsys, "rank", "--all", "--out", out, *options)
    assert list(export) == [*EXPORT, *fields]
    assert (export["out"], export["diseases"], export["rows"]) == (out, 1, 2)
    fit = printed(capsys, "rank", "fit", *options)
    assert list(fit) == ["fingerprint", "ranking", *fields]
    for report in (export, fit):
        assert report["overlays"] == (["lab"] if "lab" in options else [])
        if "as_of" in fields:
            assert list(report["as_of"]) == YEAR
            own = int("lab" in options)
            assert report["as_of"] == {"year": 2012, "edges": 3 + own, "undated": 1 + own, "later": 1}


def test_names_that_were_taken_for_others_come_before_the_view(
    graph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diseases = graph / "diseases.txt"
    diseases.write_text("wheezing, NOS\n", encoding="utf-8")
    words = ("rank", "--diseases", str(diseases), "--out", str(graph / "scores.parquet"))
    export = printed(capsys, *words, *AS_OF)
    assert list(export) == [*EXPORT, "taken_for", "overlays", "as_of"]
    (substitution,) = export["taken_for"]
    assert list(substitution) == ["asked", "entity", "matched", "why"]
    assert substitution["entity"] == {"id": "DOID:1", "kind": "Disease", "name": "wheezing"}


def test_a_null_counts_metapaths_and_permutations(graph: Path, capsys: pytest.CaptureFixture[str]) -> None:
    null = printed(capsys, "rank", "null")
    assert list(null) == ["fingerprint", "metapaths", "permutations"]
    assert null["permutations"] > 0


def test_a_listed_model_has_five_fields(kedrec_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = printed(capsys, "model", "list")
    assert models
    for model in models:
        assert list(model) == ["name", "state", "path", "size", "adapter"]
        assert isinstance(model["path"], str)


def test_a_listed_source_says_what_the_cache_has(
    kedrec_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = printed(capsys, "sources", entry=main_load)
    assert list(listing) == ["sources", "sets"]
    assert [list(one) for one in listing["sets"]] == [["name", "title", "purpose", "sources"]] * len(
        listing["sets"]
    )
    sources = listing["sources"]
    fields = ["name", "title", "version", "date", "size", "homepage", "licence", "brings", "obtain"]
    for source in sources:
        assert list(source) == [*fields, "downloads", "cached"]
        assert source["cached"] is None
    folder = kedrec_home / "cache" / "sources" / "drkg"
    folder.mkdir(parents=True)
    (drkg,) = (source for source in sources if source["name"] == "drkg")
    note = {}
    for index, url in enumerate(drkg["downloads"]):
        (folder / f"{index}.tsv").write_text("text", encoding="utf-8")
        note[url] = {"fetched": "2026-01-01", "files": {f"{index}.tsv": 4}}
    (folder / "kedrec.json").write_text(json.dumps(note), encoding="utf-8")
    sources = printed(capsys, "sources", entry=main_load)["sources"]
    (drkg,) = (source for source in sources if source["name"] == "drkg")
    assert list(drkg["cached"]) == ["folder", "fetched", "bytes"]
    assert drkg["cached"] == {"folder": str(folder), "fetched": "2026-01-01", "bytes": 4 * len(note)}


def test_the_status_keeps_its_fields(graph: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(printed(capsys, "status")) == [
        *("graph", "engine", "fingerprint", "schema_version", "nodes", "edges_by_source", "sources"),
        *("overlays", "left_out", "as_of", "lacks", "templates", "model", "model_state", "home"),
    ]


def test_measured_intervals_have_a_row_for_each_band(
    kedrec_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = printed(capsys, "evaluate", "intervals", "--runs", "1", "--seed", "4")
    assert list(report) == ["seed", "runs", "bands"]
    assert (report["seed"], report["runs"]) == (4, 1)
    assert report["bands"]
    for band in report["bands"]:
        assert list(band) == [field.name for field in fields(Band)]


def test_reports_of_measures_print_their_fields_in_order() -> None:
    rate = Rate(true=False, group="g", held_out=True, sentences=4, wrong=1, examples=("e",))
    report = json.loads(json_text(GateReport(seed=1, pairs=2, rates=[rate])))
    assert list(report) == ["seed", "pairs", "rates"]
    assert report["rates"] == [
        {"true": False, "group": "g", "held_out": True, "sentences": 4, "wrong": 1, "examples": ["e"],
         "share": 0.25}
    ]  # fmt: skip
    names = [field.name for field in fields(QuestionRecall)]
    recall = RetrievalReport([QuestionRecall("words", 3, 0.5, float("nan"))], PairCoverage(9, 4, 3, 5))
    assert json.loads(json_text(recall)) == {
        "questions": [dict(zip(names, ["words", 3, 0.5, None], strict=True))],
        "pairs": {"pairs": 9, "named": 4, "studied": 3, "either": 5},
    }
    expected = {
        RankingReport: ["seed", "figures", "rare", "others"],
        SelectionReport: ["seed", "figures"],
        PathReport: ["seed", "matches", "parts"],
        RationaleReport: ["seed", "config", "split", "figures"],
    }
    for report_type, columns in expected.items():
        assert [field.name for field in fields(report_type)] == columns
