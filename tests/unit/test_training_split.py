"""Held-out diseases stay out of training, under any of their names."""

from __future__ import annotations

from kedrec.training.holdout import HELD_OUT_SHARE, Holdout, is_held_out, join_holdouts
from kedrec.types import Edge, Entity, Evidence, Path, PathStep


def evidence(name: str, curie: str = "X:1", kind: str = "Disease") -> Evidence:
    drug = Entity(id="DRUGBANK:DB1", kind="Drug", name="a drug")
    other = Entity(id=curie, kind=kind, name=name)
    edge = Edge(start=drug.id, relation="TREATS", end=curie, source="s", licence="CC0-1.0")
    steps = (PathStep(relation="TREATS", forward=True, edges=(edge,)),)
    path = Path(template="", metapath="", nodes=(drug, other), steps=steps)
    return Evidence(id="P1", sentence="", path=path)


SPLIT = Holdout(1, frozenset({"DOID:1", "DOID:2"}), frozenset({"asthma", "als", "stroke"}))


def test_the_split_depends_on_id_and_seed_alone_and_has_its_share() -> None:
    ids = [f"DOID:{number}" for number in range(4000)]
    out = [is_held_out(id_, 7) for id_ in ids]
    assert abs(sum(out) / len(out) - HELD_OUT_SHARE) < 0.02
    assert out == [is_held_out(id_, 7) for id_ in ids]
    assert out != [is_held_out(id_, 8) for id_ in ids]


def test_evidence_that_names_a_held_out_disease_leaks() -> None:
    assert SPLIT.leaks(evidence("whatever", "DOID:1"))
    assert SPLIT.leaks(evidence("Asthma"))
    assert SPLIT.leaks(evidence("allergic asthma"))
    assert SPLIT.leaks(evidence("STROKE", kind="SideEffect"))
    assert SPLIT.leaks(evidence("ALS"))
    assert not SPLIT.leaks(evidence("ALS-like syndrome"))  # an abbreviation inside a name is chance
    assert not SPLIT.leaks(evidence("heatstroke"))
    assert not SPLIT.leaks(Evidence(id="T1", sentence="asthma"))


def test_splits_of_several_graphs_are_one() -> None:
    other = Holdout(1, frozenset({"DOID:3"}), frozenset({"gout"}))
    both = join_holdouts([SPLIT, other])
    assert both.ids == {"DOID:1", "DOID:2", "DOID:3"}
    assert both.leaks(evidence("gout"))
    assert both.leaks(evidence("asthma"))


def test_without_any_held_out_disease_nothing_leaks() -> None:
    assert not Holdout(1, frozenset(), frozenset()).leaks(evidence("asthma"))
