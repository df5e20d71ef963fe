"""The ranking as of a year hides what came later, and reports where that ranks and what leaked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kedrec.api import Kedrec
from kedrec.cli.evaluate import evaluate
from kedrec.errors import EmptyGraphError
from kedrec.evaluation.replay import _auroc, _recall
from kedrec.evidence.approvals import approval_years, year_in_evidence
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

np = pytest.importorskip("numpy")
DISEASES, OLD, YEAR = 8, 4, 1990


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each disease has a gene; four old drugs and a later one bind it and treat the disease."""
    folder = tmp_path_factory.mktemp("replay")
    nodes, edges = ["kind\tid\tname"], ["relation\tstart\tend\tyear\tevidence\tlicence"]
    for disease in range(DISEASES):
        nodes += [f"Disease\tMONDO:{disease}\tdisease {disease}", f"Gene\tNCBIGene:{disease}\tGENE{disease}"]
        edges.append(f"ASSOCIATED_WITH\tMONDO:{disease}\tNCBIGene:{disease}\t\t\tCC0-1.0")
        for number in range(OLD + 1):
            drug = f"DRUGBANK:D{disease}{number}"
            nodes.append(f"Drug\t{drug}\tdrug {disease} {number}")
            edges.append(f"TREATS\t{drug}\tMONDO:{disease}\t\t\tCC0-1.0")
            edges.append(f"BINDS\t{drug}\tNCBIGene:{disease}\t\t\tCC0-1.0")
            edges.append(f"PALLIATES\t{drug}\tMONDO:{(disease + 1) % DISEASES}\t\t\tCC0-1.0")
            year = 1980 if number < OLD else 2000
            if number:  # of the first drug of a disease no year is known
                said = f"mechanism of action: inhibitor, first approved in {year}"
                edges.append(f"BINDS\t{drug}\tNCBIGene:99\t{year}\t{said}\tCC0-1.0")
    nodes.append("Gene\tNCBIGene:99\tGENE99")
    # a later use of an old drug
    edges.append("TREATS\tDRUGBANK:D01\tMONDO:1\t2005\t\tCC0-1.0")
    mine = folder / "mine"
    mine.mkdir()
    (mine / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    (mine / "edges.tsv").write_text("\n".join(edges) + "\n")
    path = folder / "graph"
    with open_store(str(path), load_settings(home=folder / "home"), read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=mine, work_dir=folder / "work")
    return path


def run(graph: Path, *words: str) -> str:
    done = CliRunner().invoke(
        evaluate, ["replay", "--graph", str(graph), *words], catch_exceptions=False, standalone_mode=False
    )
    return done.stdout


def test_years_of_approval_are_read_from_mechanisms_alone(graph: Path) -> None:
    assert year_in_evidence("mechanism of action: X, first approved in 1978; first approved in 1966") == 1966
    assert year_in_evidence("published in 1978") is None
    with open_store(str(graph), load_settings(home=graph.parent / "home")) as store:
        years = approval_years(store)
    assert len(years) == DISEASES * OLD
    assert years["DRUGBANK:D01"] == 1980
    assert years["DRUGBANK:D04"] == 2000
    assert "DRUGBANK:D00" not in years


def test_what_came_later_is_hidden_and_ranks_above_chance(graph: Path) -> None:
    text = run(graph, "--year", str(YEAR), "--json")
    found = json.loads(text)
    assert found["treatments"] == DISEASES * OLD
    assert found["later"] == [DISEASES + 1, DISEASES]
    assert found["dated_edges"] == 1
    assert found["drugs"] == [DISEASES * OLD, DISEASES]
    assert found["undated_drugs"] == DISEASES
    # their targets have no year; the dated edges of the later drugs are hidden
    assert found["undated_links"] == {"BINDS": DISEASES}
    figures = {(row["method"], row["among"]): row for row in found["figures"]}
    ranking = figures["ranking", "all"]
    assert ranking["auroc"][0] > 0.8
    assert ranking["recall_10"][0] > ranking["chance_10"]
    assert ranking["recall_10"][1] <= ranking["recall_10"][0] <= ranking["recall_10"][2]
    assert ("degrees", "later") in figures
    assert run(graph, "--year", str(YEAR), "--json") == text  # the same again


def test_a_year_with_nothing_before_or_after_it_is_an_error_that_says_so(graph: Path) -> None:
    for year in ("1970", "2024"):
        with pytest.raises(EmptyGraphError, match="too few to rank") as caught:
            run(graph, "--year", year)
        assert "Choose another year" in str(caught.value.hint)


def test_a_graph_without_years_of_approval_says_which_source_has_them(tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text("kind\tid\tname\nDrug\tDRUGBANK:D1\tone\nDisease\tMONDO:1\tillness\n")
    (tmp_path / "edges.tsv").write_text(
        "relation\tstart\tend\tlicence\nTREATS\tDRUGBANK:D1\tMONDO:1\tCC0-1.0\n"
    )
    path = tmp_path / "graph"
    with open_store(str(path), load_settings(home=tmp_path / "home"), read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tmp_path, work_dir=tmp_path / "work")
    with pytest.raises(EmptyGraphError, match="first approved") as caught:
        run(path, "--year", "1990")
    assert "chembl-mechanisms" in str(caught.value.hint)


def test_ties_count_by_their_share() -> None:
    scores, labels = np.array([1.0, 0.0, 0.0, 0.0]), np.array([False, True, False, False])
    assert _recall(scores, labels, 1) == 0.0
    assert _recall(scores, labels, 2) == pytest.approx(1 / 3)
    assert _recall(scores, labels, 4) == 1.0
    assert _auroc([(scores, labels)], [0]) == pytest.approx(1 / 3)
    assert _auroc([(np.zeros(4), labels)], [0]) == 0.5


def test_an_answer_says_since_when_and_where_a_drug_is_approved(tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text(
        "kind\tid\tname\tdescription\n"
        "Drug\tDRUGBANK:D1\talphamab\tApproved in the USA (Every Cure drug list).\n"
        "Drug\tDRUGBANK:D2\tbetamab\tA drug.\nDisease\tMONDO:1\tillness\t\nGene\tNCBIGene:1\tGENE1\t\n"
    )
    (tmp_path / "edges.tsv").write_text(
        "relation\tstart\tend\tlicence\tevidence\n"
        "BINDS\tDRUGBANK:D1\tNCBIGene:1\tCC0-1.0\tmechanism of action: inhibitor, first approved in 1999\n"
        "BINDS\tDRUGBANK:D2\tNCBIGene:1\tCC0-1.0\tKi\nASSOCIATED_WITH\tMONDO:1\tNCBIGene:1\tCC0-1.0\t\n"
    )
    path = tmp_path / "graph"
    settings = load_settings(home=tmp_path / "home", graph=str(path))
    with open_store(str(path), settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tmp_path, work_dir=tmp_path / "work")
    kr = Kedrec(settings)
    first, second = (kr.explain(drug, "illness").clinical for drug in ("alphamab", "betamab"))
    assert (first.approved_since, first.approval) == (1999, "Approved in the USA (Every Cure drug list).")
    assert first.text == "first approved in 1999; Approved in the USA (Every Cure drug list)"
    assert (second.approved_since, second.approval, second.text) == (None, "", "")
