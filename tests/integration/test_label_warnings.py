"""Warnings that a class of drugs shares: KEDRec's own table, and what an answer says of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loaded import small_graph
from worded_graph import open_worded_graph

from kedrec.api import Kedrec
from kedrec.common.assets import asset_path
from kedrec.loading import load_graph
from kedrec.loading import sources as declarations
from kedrec.loading.sources import load_source
from kedrec.settings import load_settings
from kedrec.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = asset_path("graph/label-warnings")


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter="\t"))


NODES = """\
Drug DRUGBANK:D1 infliximab
Drug DRUGBANK:D2 carbamazepine
Drug DRUGBANK:D3 propranolol
Drug DRUGBANK:D4 bupropion
Drug DRUGBANK:D5 ciprofloxacin
Drug DRUGBANK:D6 estradiol
Disease MONDO:1 multiple_sclerosis
Disease MONDO:2 absence_epilepsy
Disease MONDO:3 asthma
Disease MONDO:4 epilepsy
Disease MONDO:5 myasthenia_gravis
Disease MONDO:6 breast_cancer
Disease MONDO:7 primary_progressive_multiple_sclerosis
Disease MONDO:8 gasping
Gene NCBIGene:1 GENE1
"""
EDGES = """\
IS_A MONDO:7 MONDO:1
TREATS DRUGBANK:D3 MONDO:8
""" + "".join(
    f"BINDS DRUGBANK:D{drug} NCBIGene:1\nASSOCIATED_WITH MONDO:{drug} NCBIGene:1\n" for drug in range(1, 7)
)


@pytest.fixture(scope="module")
def warned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    """Drugs that all bind one gene, which all diseases are associated with, and the class warnings."""
    folder = tmp_path_factory.mktemp("warned")
    open_worded_graph(folder, NODES, EDGES).close()
    settings = load_settings(home=folder / "home", graph=str(folder / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["label-warnings"], work_dir=folder / "work")
    with Kedrec(settings) as opened:
        yield opened


def test_every_row_has_a_statement_known_names_and_a_source_of_its_own() -> None:
    warnings, classes = table("warnings.tsv"), table("classes.tsv")
    named = {row["class"] for row in classes}
    used: set[str] = set()
    for row in warnings:
        assert row["statement"] in {"contraindicated", "worsens", "causes"}, row
        assert all(row[column].strip() == row[column] != "" for column in row), row
        used.update(row["drugs"].split("|"))
    assert named <= used, named - used
    members = [(row["class"], row["drug"]) for row in classes]
    assert len(members) == len(set(members))
    keys = [(row["statement"], row["drugs"], row["disease"]) for row in warnings]
    assert len(keys) == len(set(keys))


def test_a_class_warning_reaches_each_member_with_its_words_and_source(tmp_path: Path) -> None:
    with small_graph(tmp_path) as graph:
        graph.load("starter")
        report = graph.load("label-warnings")
        assert report.sources[0].edges.loaded
        own = [row for row in graph.edges("CAUSES") if row["source"] == "label-warnings"]
        worsened = {
            (row["start"], row["end"]): row for row in own if row["action"] == "worsening"
        }  # infliximab and etanercept are members of one class, multiple sclerosis is DOID:2377
        for drug in ("DRUGBANK:DB00065", "DRUGBANK:DB00005"):
            row = worsened[drug, "DOID:2377"]
            assert "demyelinating disease" in row["evidence"]
            assert "Warnings and Precautions" in row["evidence"]
            assert row["licence"] == "CC0-1.0"
        graph.again("label-warnings")


def test_a_rule_without_a_source_or_with_another_statement_is_rejected_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "classes.tsv").write_text("class\tdrug\n", encoding="utf-8")
    rows = [
        "statement\tdrugs\tdisease\twords\tsource",
        "worsens\tnatalizumab\tmultiple sclerosis\tnone\ta label",
        "worsens\tnatalizumab\tmigraine\tnone\t",
        "helps\tnatalizumab\tmigraine\tnone\ta label",
        "worsens\tnatalizumab\t\tnone\ta label",
    ]
    (folder / "warnings.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setattr(
        declarations, "asset_path", lambda path: folder if "label" in path else asset_path(path)
    )
    with small_graph(tmp_path) as graph:
        graph.load("starter")
        graph.load("label-warnings")
        assert [(line, reason.split(":")[0]) for line, reason in sorted(graph.rejects())] == [
            ("3", "no source"),
            ("4", "statement that is none of contraindicated, worsens and causes"),
            ("5", "no drug or no disease"),
        ]
        assert [row["end"] for row in graph.edges("CAUSES") if row["source"] == "label-warnings"] == [
            "DOID:2377"
        ]


@pytest.mark.parametrize(
    ("drug", "disease", "flag"),
    [
        ("infliximab", "multiple sclerosis", "label-warning"),
        ("carbamazepine", "absence epilepsy", "label-warning"),
        ("propranolol", "asthma", "contraindicated"),
        ("bupropion", "epilepsy", "contraindicated"),
        ("ciprofloxacin", "myasthenia gravis", "label-warning"),
        ("estradiol", "breast cancer", "contraindicated"),
    ],
)
def test_a_harmful_pair_is_flagged(warned: Kedrec, drug: str, disease: str, flag: str) -> None:
    assert flag in warned.explain(drug, disease).flags


def test_it_says_can_worsen_first_and_does_not_recommend(warned: Kedrec) -> None:
    found = warned.explain("infliximab", "multiple sclerosis")
    assert "infliximab can worsen multiple sclerosis" in [item.sentence for item in found.adverse]
    assert found.verdict.startswith("infliximab can worsen multiple sclerosis: new onset or exacerbation of")
    assert "worth studying" not in found.verdict
    answer = warned.recommend("multiple sclerosis", top=40, llm=False)
    recommended = {one.drug.name for one in answer.recommendations}
    assert "infliximab" not in recommended
    kind = warned.explain("infliximab", "primary progressive multiple sclerosis")
    assert "label-warning" in kind.flags


def test_it_is_built_in_and_needs_no_folder() -> None:
    assert load_source("label-warnings").bundled == "graph/label-warnings"


KNOWN = """\
Drug DRUGBANK:D1 knownprim
Drug DRUGBANK:D2 newprim
Disease MONDO:1 gasping
Gene NCBIGene:1 GENE1
"""
LINKS = """\
BINDS DRUGBANK:D1 NCBIGene:1
BINDS DRUGBANK:D2 NCBIGene:1
ASSOCIATED_WITH MONDO:1 NCBIGene:1
TREATS DRUGBANK:D1 MONDO:1
"""


def test_what_a_drug_is_for_is_no_side_effect_of_it(tmp_path: Path) -> None:
    """Labels name the disease that they are for, and sources that mine them list it as a side effect."""
    causes = "CAUSES DRUGBANK:D1 MONDO:1\nCAUSES DRUGBANK:D2 MONDO:1\n"
    with open_worded_graph(tmp_path, KNOWN, LINKS + causes) as kr:
        known, new = (kr.explain(drug, "gasping") for drug in ("knownprim", "newprim"))
        assert not {"causes-disease", "caution"} & set(known.flags)
        assert not known.adverse
        assert not known.safety.worsening
        assert "causes-disease" in new.flags
        assert [item.sentence for item in new.adverse] == ["newprim can cause gasping"]


def test_a_warning_of_a_known_treatment_stays(tmp_path: Path) -> None:
    causes = "CAUSES DRUGBANK:D1 MONDO:1 worsening\n"
    with open_worded_graph(tmp_path, KNOWN, LINKS + causes) as kr:
        known = kr.explain("knownprim", "gasping")
        assert {"causes-disease", "caution"} <= set(known.flags)
        assert [item.sentence for item in known.adverse] == ["knownprim can worsen gasping"]
