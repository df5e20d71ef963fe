"""Warnings of a drug whose mechanism is opposed to that of a disease's treatments."""

from __future__ import annotations

from pathlib import Path

import pytest
from safety_graph import EDGES, NODES, TREATS

from kedrec.api import Kedrec
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores.ladybug import LadybugStore


def open_graph(folder: Path, *treatments: tuple[str, str], drug: tuple[str, str]) -> Kedrec:
    """A graph where drugs act on GENE9 (action, evidence) and treat a disease; `drug` is asked about."""
    nodes, rows = "Disease MONDO:30 shaking\nGene NCBIGene:9 GENE9\n", []
    for number, (action, evidence) in enumerate([drug, *treatments]):
        nodes += f"Drug DRUGBANK:E{number} drug_{number}\n"
        rows.append(("BINDS", f"DRUGBANK:E{number}", "NCBIGene:9", action, evidence))
        if number:
            rows.append(("TREATS", f"DRUGBANK:E{number}", "MONDO:30", "", ""))
    mine = folder / "mine"
    mine.mkdir()
    listed = [line.split() for line in (NODES + nodes).splitlines()]
    (mine / "nodes.tsv").write_text(
        "kind\tid\tname\n" + "".join(f"{a}\t{b}\t{c.replace('_', ' ')}\n" for a, b, c in listed)
    )
    plain = [(*line.split(), "", "") for line in (EDGES + TREATS).splitlines()]
    text = "".join("\t".join([*row, "CC0-1.0"]) + "\n" for row in [*plain, *rows])
    (mine / "edges.tsv").write_text("relation\tstart\tend\taction\tevidence\tlicence\n" + text)
    with LadybugStore(folder / "graph", read_only=False) as writer:
        load_graph(writer, ("kedrec",), data_dir=mine, work_dir=folder / "work", progress=lambda *_: None)
    return Kedrec(load_settings(home=folder / "home", graph=str(folder / "graph")))


AGONISTS = [("agonist", "")] * 4


def test_a_drug_that_does_the_opposite_of_the_treatments_may_worsen_the_disease(tmp_path: Path) -> None:
    with open_graph(tmp_path, *AGONISTS, drug=("antagonist", "")) as kr:
        found = kr.explain("drug 0", "shaking")
    (opposed,) = found.safety.opposed
    assert (opposed.target.name, opposed.count, opposed.alike) == ("GENE9", 4, 0)
    assert [drug.name for drug in opposed.treatments] == ["drug 1", "drug 2", "drug 3", "drug 4"]
    assert "may-worsen" in found.flags
    (caution,) = found.safety.cautions
    assert caution.id == opposed.path
    assert caution.stance == "adverse"
    assert caution.sentence == (
        "drug 0 is an antagonist of GENE9, which is agonized by drug 1, which treats shaking"
    )
    assert "It may worsen shaking: on GENE9, it does the opposite of 4 treatments (see C1)." in found.verdict
    assert found.safety.contraindication == ""


def test_a_known_treatment_with_an_opposed_mechanism_is_told_apart(tmp_path: Path) -> None:
    with open_graph(tmp_path, *AGONISTS, ("antagonist", ""), drug=("antagonist", "")) as kr:
        found = kr.explain("drug 5", "shaking")
    assert found.known
    assert "caution" in found.flags
    assert "may-worsen" not in found.flags
    assert "Yet on GENE9, it does the opposite of 4 treatments (see C1)." in found.verdict


@pytest.mark.parametrize(
    ("treatments", "drug"),
    [
        (AGONISTS, ("agonist", "")),  # the same
        (AGONISTS, ("partial agonist", "")),  # both
        (AGONISTS, ("modulator", "")),  # no direction
        (AGONISTS[:2], ("antagonist", "")),  # too few to tell
        ([*AGONISTS, ("antagonist", ""), ("blocker", "")], ("antagonist", "")),  # treatments of both kinds
        ([("partial agonist", "")] * 4, ("antagonist", "")),
        ([("inducer", "DrugBank (enzyme); inducer")] * 4, ("inhibitor", "DrugBank (enzyme); inhibitor")),
    ],
)
def test_what_says_no_opposite_is_no_warning(
    tmp_path: Path, treatments: list[tuple[str, str]], drug: tuple[str, str]
) -> None:
    with open_graph(tmp_path, *treatments, drug=drug) as kr:
        found = kr.explain("drug 0", "shaking")
    assert found.safety.opposed == ()
    assert "may-worsen" not in found.flags
    assert "worsen" not in found.verdict


def test_only_the_mechanism_of_action_counts_where_it_is_known(tmp_path: Path) -> None:
    drug = ("antagonist", "mechanism of action: GENE9 antagonist")
    with open_graph(tmp_path, *AGONISTS, drug=drug) as kr:
        assert kr.explain("drug 0", "shaking").safety.opposed
    folder = tmp_path / "off-target"
    folder.mkdir()
    rows = [("agonist", "Ki = 3.0 nM")] * 4
    with open_graph(folder, *rows, drug=("antagonist", "Ki = 9.0 nM")) as kr:
        assert kr.explain("drug 0", "shaking").safety.opposed  # no drug's mechanism is known
