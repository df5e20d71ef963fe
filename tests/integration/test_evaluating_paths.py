"""`kedrec evaluate paths` and the Cypher of curated chains, on a few mechanisms in DrugMechDB's layout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kedrec.api import Kedrec
from kedrec.evaluation import counterfactuals
from kedrec.evaluation.counterfactuals import evaluate_counterfactuals
from kedrec.evidence.chains import CHAIN
from kedrec.evidence.path_cypher import path_statement
from kedrec.settings import load_settings

FAMILIES = 3


def mechanism(drug: int, between: tuple[str, ...], disease: int, number: int) -> dict[str, object]:
    """A drug that lowers a protein, which drives one process after another, the last one the disease's."""
    ends = (f"MESH:C{drug:06}", f"MESH:D{disease:06}")
    ids = [ends[0], *between, ends[1]]
    keys = [
        "decreases activity of",
        *["positively regulates"] * (len(between) - 1),
        "positively correlated with",
    ]
    labels = ["Drug", *("Protein" if one.startswith("UniProt") else "BiologicalProcess" for one in between)]
    return {
        "graph": {
            "_id": f"DB{drug:05}_MESH_D{disease:06}_{number}",
            "drug": f"drug {drug}",
            "drug_mesh": ends[0],
            "drugbank": f"DB:DB{drug:05}",
            "disease": f"disease {disease}",
            "disease_mesh": ends[1],
        },
        "nodes": [
            {"id": one, "label": label, "name": f"{label} {one.partition(':')[2]}"}
            for one, label in zip(ids, [*labels, "Disease"], strict=True)
        ],
        "links": [
            {"source": one, "key": key, "target": other}
            for one, key, other in zip(ids, keys, ids[1:], strict=False)
        ],
        "reference": ["https://pubmed.ncbi.nlm.nih.gov/15774254/"],
    }


def protein(number: int) -> str:
    return f"UniProt:P{number:05}"


def process(number: int) -> str:
    return f"GO:{number:07}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Families of two drugs and two diseases with one protein, and a drug whose mechanisms nobody shares.

    Without a pair's own mechanism the rest of its family still tells it, by five hops for the first disease
    of each; that of the lonely drug can't be told.
    """
    folder = tmp_path_factory.mktemp("mechanisms")
    stated = []
    for one in range(1, FAMILIES + 1):
        long = (protein(one), process(one), process(100 + one), process(200 + one))
        for drug in (one, 10 + one):
            stated.append(mechanism(drug, long, one, 1))
            stated.append(mechanism(drug, (protein(one), process(300 + one)), 10 + one, 1))
    stated.append(mechanism(50, (protein(50), process(50)), 50, 1))
    stated.append(mechanism(50, (protein(51), process(51)), 51, 1))
    stated.append(mechanism(51, (protein(52), process(52)), 50, 1))
    (folder / "indication_paths.yaml").write_text(yaml.safe_dump(stated, sort_keys=False))
    command(folder, "kedrec-load", "graph", "drugmechdb", "--from", str(folder), "--no-fit")
    return folder


def command(home: Path, name: str, *words: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name(name), *words, "--graph", str(home / "graph")],
        env={"KEDREC_HOME": str(home / "home"), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_measures_the_mechanisms_of_others_against_those_hidden(home: Path) -> None:
    found = json.loads(command(home, "kedrec", "evaluate", "paths", "--seed", "3", "--json"))
    assert found["seed"] == 3
    assert {one["setting"] for one in found["matches"]} == {"own hidden"}  # no other source is left
    told = {
        one["definition"]: (one["indications"], one["reachable"], one["hits"]["1"]["value"])
        for one in found["matches"]
        if one["method"].startswith("as shown")
    }
    assert told == {
        "exact": (4 * FAMILIES + 1, 4 * FAMILIES, 1.0),
        "nodes": (4 * FAMILIES + 1, 4 * FAMILIES, 1.0),
        "3 hops": (4 * FAMILIES + 1, 2 * FAMILIES, 1.0),
    }
    table = command(home, "kedrec", "evaluate", "paths", "--seed", "3")
    assert table.startswith("seed 3\n")
    assert "random path" in table


def test_a_chain_of_curated_mechanisms_has_a_statement_that_finds_it(home: Path) -> None:
    settings = load_settings(home=home / "home", graph=str(home / "graph"))
    with Kedrec(settings) as kr:
        found = kr.explain("DRUGBANK:DB00001", "MESH:D000001")
        (path,) = [item.path for item in found.evidence if item.path and item.path.template == CHAIN][:1]
        asked = path_statement(path)
        rows = kr.store._session().rows(asked.text, asked.parameters)  # type: ignore[attr-defined]  # as a user's client
        other = dict(asked.parameters, n1="NCBIGene:absent")
        assert kr.store._session().rows(asked.text, other) == []  # type: ignore[attr-defined]
    assert len(path.nodes) == 6
    assert [[row[f"n{place}"]["id"] for place in range(6)] for row in rows] == [
        [node.id for node in path.nodes]
    ]
    assert [rows[0][f"r{place}"]["mechanisms"] for place in range(1, 6)] == [
        list(step.edges[0].mechanisms) for step in path.steps
    ]


def test_explain_prints_statements_with_their_parameters(home: Path) -> None:
    told = command(home, "kedrec", "explain", "--drug", "DB00001", "--disease", "MESH:D000001", "--cypher")
    blocks = told.strip().split("\n\n")
    assert blocks[0].startswith("// P1: Drug ")
    for block in blocks:
        lines = block.splitlines()
        given = [line.split()[1] for line in lines if line.startswith(":param ")]
        (asked,) = [line for line in lines if line.startswith("MATCH ")]
        assert [f"$n{place}" in asked for place in range(len(given))] == [True] * len(given)
        assert "DRUGBANK:" not in asked
        assert lines[-1].startswith("RETURN n0, r1, n1")
        assert lines[-1].endswith(";")


def test_verdict_and_text_follow_a_changed_link_of_every_mechanism(home: Path) -> None:
    words = ("evaluate", "counterfactuals", "--mechanisms", "8", "--seed", "3")
    report = json.loads(command(home, "kedrec", *words, "--json"))
    assert report["seed"] == 3
    assert [
        (item["change"], item["mechanisms"], item["verdict_follows"], item["text_follows"], item["examples"])
        for item in report["figures"]
    ] == [(change, 8, 8, 8, []) for change in ("inverted", "deleted", "swapped")]
    assert "| swapped | 8 | 8 | 8 |" in command(home, "kedrec", *words)


def test_an_answer_from_the_unchanged_graph_doesnt_follow(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counterfactuals, "AlteredStore", lambda store, _alteration: store)
    with Kedrec(load_settings(home=home / "home", graph=str(home / "graph"))) as kr:
        report = evaluate_counterfactuals(kr.store, kr.names, kr.ranker, mechanisms=4, seed=3)
        for item in report.figures:
            assert (item.mechanisms, item.verdict_follows, item.text_follows) == (4, 0, 0)
            assert len(item.examples) == 4
            assert item.examples[0] in counterfactuals.markdown(report)
