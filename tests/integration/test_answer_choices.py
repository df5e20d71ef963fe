"""Drugs that an answer shows: filtered by their clinical status, and one for each mechanism or class."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_answer_reasons import run

from kedrec.api import Kedrec
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

DRUGS = {
    "D1": "Approved in Japan (a list).",
    "D2": "",
    "D3": "Approved in Europe (a list).",
    "D4": "",
    "D5": "",
    "D6": "",
}
NODES = "\n".join(
    [
        "kind\tid\tname\tdescription",
        *(f"Drug\tDRUGBANK:{id_}\tdrug{id_[1]}\t{text}" for id_, text in DRUGS.items()),
        *(f"Disease\tDOID:{n}\tdisease{n}\t" for n in (1, 2, 3)),
        *(f"Gene\tNCBIGene:{n}\tGENE{n}\t" for n in (1, 2)),
        "PharmacologicClass\tATC:A01\tclass1\t",
    ]
)
STOPPED = "NCT00000001, Phase 2, terminated: slow accrual"
EDGES = [
    *(("BINDS", f"DRUGBANK:D{n}", "NCBIGene:1", "inhibitor", "mechanism of action: x") for n in (1, 2, 3, 4)),
    ("BINDS", "DRUGBANK:D5", "NCBIGene:2", "agonist", "mechanism of action: y, first approved in 1999"),
    ("BINDS", "DRUGBANK:D6", "NCBIGene:2", "agonist", ""),
    *(("ASSOCIATED_WITH", f"DOID:{n}", f"NCBIGene:{gene}", "", "") for n in (1, 2, 3) for gene in (1, 2)),
    *(("TREATS", f"DRUGBANK:D{n}", f"DOID:{disease}", "", "") for n in (1, 2, 5) for disease in (2, 3)),
    ("TREATS", "DRUGBANK:D4", "DOID:1", "", ""),
    ("STOPPED_FOR", "DRUGBANK:D2", "DOID:1", "terminated", STOPPED),
    ("CONTRAINDICATED_FOR", "DRUGBANK:D3", "DOID:1", "", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("choices")
    mine = folder / "mine"
    mine.mkdir()
    (mine / "nodes.tsv").write_text(NODES + "\n", encoding="utf-8")
    rows = [
        "relation\tstart\tend\taction\tevidence\tlicence",
        *("\t".join((*edge, "CC0-1.0")) for edge in EDGES),
    ]
    (mine / "edges.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    settings = load_settings(home=folder / "home", graph=str(folder / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=mine, work_dir=folder / "work", progress=lambda *_: None)
    return folder


@pytest.fixture(scope="module")
def kr(home: Path) -> Iterator[Kedrec]:
    with Kedrec(load_settings(home=home / "home", graph=str(home / "graph"))) as opened:
        yield opened


def names(kr: Kedrec, **asked: object) -> list[str]:
    return [one.drug.name for one in kr.recommend("disease1", llm=False, **asked)]  # type: ignore[arg-type]


STAGES = {
    "drug1": ("approved",),
    "drug2": ("investigational", "failed"),
    "drug3": ("approved",),
    "drug4": ("investigational",),
    "drug5": ("approved",),
    "drug6": ("unknown",),
}


@pytest.mark.parametrize("status", ["approved", "investigational", "failed", "unknown"])
def test_a_status_leaves_the_others_out_and_counts_them(kr: Kedrec, status: str) -> None:
    everything = kr.recommend("disease1", llm=False, top=10, diverse=False)
    assert {one.drug.name: one.clinical.stages for one in everything} == STAGES
    answer = kr.recommend("disease1", llm=False, top=10, diverse=False, status=status)  # type: ignore[arg-type]
    expected = [one.drug.name for one in everything if status in STAGES[one.drug.name]]
    assert [one.drug.name for one in answer] == expected
    assert answer.status_left_out == len(STAGES) - len(expected)
    assert [one.rank for one in answer] == [one.rank for one in everything if one.drug.name in expected]


def test_drugs_are_left_out_before_the_best_are_taken(kr: Kedrec) -> None:
    everything = names(kr, top=10, diverse=False)
    last = [name for name in everything if "approved" in STAGES[name]][-1]
    assert everything.index(last) >= 2
    assert last in names(kr, top=3, diverse=False, status="approved")


def test_the_phase_and_the_reason_of_a_failure_are_told(kr: Kedrec) -> None:
    [failed] = kr.recommend("disease1", llm=False, status="failed")
    assert failed.clinical.short == "phase 2, failed"
    assert "phase 2 trial NCT00000001 terminated: slow accrual" in failed.clinical.text
    elsewhere = kr.explain("drug2", "disease2")
    assert elsewhere.clinical.trials == ()  # the trial was in another disease


def test_one_of_a_mechanism_is_shown_and_the_others_are_named(kr: Kedrec) -> None:
    answer = kr.recommend("disease1", llm=False, top=10)
    shown, also = [one.drug.name for one in answer], {one.entity.name: one.like for one in answer.also}
    assert len({"drug1", "drug2"} & set(shown)) == 1  # both inhibit GENE1
    assert len({"drug5", "drug6"} & set(shown)) == 1  # both activate GENE2
    assert "drug3" in shown  # contraindicated: its warning has a line of its own
    assert "drug4" in shown  # a known treatment beside new ones
    assert set(shown) | set(also) == set(STAGES)
    assert set(also.values()) <= {one.drug.id for one in answer}


def test_members_below_the_cut_are_named(kr: Kedrec) -> None:
    order = names(kr, top=10, diverse=False)
    pair = sorted(("drug5", "drug6"), key=order.index)
    answer = kr.recommend("disease1", llm=False, top=order.index(pair[0]) + 1, diverse=False)
    assert pair[1] not in [one.drug.name for one in answer]
    assert pair[1] in [one.entity.name for one in answer.also]
    assert [one.rank for one in answer.also] == sorted(one.rank for one in answer.also)


def test_a_status_that_no_drug_has_says_so(kr: Kedrec) -> None:
    answer = kr.recommend("disease2", llm=False, status="failed")
    assert not len(answer)
    assert "have another clinical status, and have been left out as asked" in answer.abstained


def test_the_command_filters_and_groups(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEDREC_HOME", str(home / "home"))
    words = ("ask", "--disease", "disease1", "--no-llm", "--graph", str(home / "graph"))
    code, out, _ = run(capsys, *words, "--status", "approved", "--brief", "--top", "5")
    assert code == 0
    assert "3 of another clinical status left out." in out
    assert "approved 1999" in out
    code, out, _ = run(capsys, *words, "--json", "--no-diverse", "--top", "6")
    assert len(json.loads(out)["recommendations"]) == 6
    code, _, err = run(capsys, *words, "--status", "sold")
    assert code == 2
    assert "investigational" in err
    code, _, err = run(
        capsys, "ask", "--drug", "drug1", "--status", "approved", "--graph", str(home / "graph")
    )
    assert (code, "--status chooses drugs" in err) == (2, True)
