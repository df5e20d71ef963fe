"""Texts that the adapter learns to write: each sentence holds, in many words, and leads with what matters."""

from __future__ import annotations

import re
from random import Random

import pytest

from kedrec.evidence.verbalize import evidence_item
from kedrec.grounding import check
from kedrec.schema import load_schema
from kedrec.training.path_choice import Strength, agreement, select, strength
from kedrec.training.step_wording import word_step
from kedrec.training.targets import write_target
from kedrec.types import Edge, Entity, Evidence, Path, PathStep, Stance


def entity(curie: str, kind: str, name: str) -> Entity:
    return Entity(id=curie, kind=kind, name=name)


DRUG = entity("DRUGBANK:DB08868", "Drug", "fingolimod")
DISEASE = entity("DOID:2377", "Disease", "multiple sclerosis")
S1PR1 = entity("NCBIGene:1901", "Gene", "S1PR1")
CYP = entity("NCBIGene:1576", "Gene", "CYP3A4")
SPHK1 = entity("NCBIGene:8877", "Gene", "SPHK1")
MIGRATION = entity("GO:0072676", "BiologicalProcess", "lymphocyte migration")
SIPONIMOD = entity("DRUGBANK:DB12371", "Drug", "siponimod")
HEADACHE = entity("UMLS:C0018681", "SideEffect", "Headache")
BRADYCARDIA = entity("DOID:0060164", "Disease", "bradycardia")


def step(
    here: Entity,
    relation: str,
    there: Entity,
    action: str = "",
    *,
    forward: bool = True,
    mechanisms: tuple[str, ...] = (),
) -> PathStep:
    start, end = (here, there) if forward else (there, here)
    edge = Edge(
        start=start.id,
        relation=relation,
        end=end.id,
        source="s",
        licence="CC0-1.0",
        action=action,
        mechanisms=mechanisms,
    )
    return PathStep(relation=relation, action=action, forward=forward, edges=(edge,))


def item(
    id_: str, nodes: tuple[Entity, ...], *steps: PathStep, score: float = 0.1, stance: Stance = "supports"
) -> Evidence:
    return evidence_item(Path(template="", metapath="", nodes=nodes, steps=steps), id_, score, stance)


MECHANISM = item(
    "P3",
    (DRUG, S1PR1, MIGRATION, DISEASE),
    step(DRUG, "AFFECTS", S1PR1, "decreases activity of", mechanisms=("M1",)),
    step(S1PR1, "AFFECTS", MIGRATION, "positively regulates", mechanisms=("M1",)),
    step(MIGRATION, "CORRELATED_WITH", DISEASE, "positively correlated with", mechanisms=("M1", "M2")),
)
ASSOCIATION = item(
    "P2",
    (DRUG, SPHK1, DISEASE),
    step(DRUG, "BINDS", SPHK1, "inhibitor"),
    step(SPHK1, "ASSOCIATED_WITH", DISEASE, forward=False),
    score=0.3,
)
ANALOGY = item(
    "P1",
    (DRUG, SIPONIMOD, DISEASE),
    step(DRUG, "RESEMBLES", SIPONIMOD),
    step(SIPONIMOD, "TREATS", DISEASE),
    score=0.5,
)
OTHER_ANALOGY = item(
    "P6",
    (DRUG, BRADYCARDIA, DISEASE),
    step(DRUG, "TREATS", BRADYCARDIA),
    step(BRADYCARDIA, "RESEMBLES", DISEASE),
)
COINCIDENCE = item(
    "P4",
    (DRUG, HEADACHE, SIPONIMOD, DISEASE),
    step(DRUG, "CAUSES", HEADACHE),
    step(HEADACHE, "CAUSES", SIPONIMOD, forward=False),
    step(SIPONIMOD, "TREATS", DISEASE),
)
SUBSTRATE = item(
    "P5",
    (DRUG, CYP, SIPONIMOD, DISEASE),
    step(DRUG, "BINDS", CYP, "substrate"),
    step(CYP, "BINDS", SIPONIMOD, "inhibitor", forward=False),
    step(SIPONIMOD, "TREATS", DISEASE),
)
WARNING = item("A1", (DRUG, DISEASE), step(DRUG, "CONTRAINDICATED_FOR", DISEASE), stance="adverse")
INHERITED = item(
    "A2",
    (DRUG, BRADYCARDIA, DISEASE),
    step(DRUG, "CONTRAINDICATED_FOR", BRADYCARDIA),
    step(BRADYCARDIA, "IS_A", DISEASE, forward=False),
    stance="adverse",
)
SETS = [
    [ANALOGY, ASSOCIATION, MECHANISM],
    [COINCIDENCE, ANALOGY],
    [COINCIDENCE, SUBSTRATE],
    [ASSOCIATION],
    [MECHANISM, COINCIDENCE, ASSOCIATION, ANALOGY, SUBSTRATE],
]


def draws(evidence: list[Evidence], adverse: list[Evidence], many: int = 60) -> list[str]:
    texts = [write_target(DRUG, DISEASE, evidence, adverse, Random(seed)) for seed in range(many)]
    assert all(texts)
    return texts


@pytest.mark.parametrize("adverse", [[], [WARNING], [INHERITED]])
@pytest.mark.parametrize("evidence", SETS)
def test_every_sentence_of_a_target_holds(evidence: list[Evidence], adverse: list[Evidence]) -> None:
    for text in draws(evidence, adverse, 30):
        claims = check(text, DRUG, DISEASE, evidence, adverse).claims
        assert [claim.reason for claim in claims if claim.status != "holds"] == []
        assert 1 <= len(claims) <= 4
        assert {"fingolimod", "multiple sclerosis"} <= {name.lower() for name in names_in(claims[0].text)}


def names_in(text: str) -> list[str]:
    return re.findall(r"fingolimod|multiple sclerosis", text, re.IGNORECASE)


def test_targets_are_said_in_many_ways() -> None:
    texts = draws(SETS[0], [], 200)
    assert len(set(texts)) > 180
    verdicts = {re.sub(r"S1PR1|SPHK1|\[.*", "_", text.split(". ")[0]) for text in texts}
    assert len(verdicts) > 60


def test_a_sentence_tells_a_whole_path_before_it_cites_it() -> None:
    for text in draws(SETS[4], []):
        told, cited = text.split(" [P2].")[0], re.findall(r"\[(\w+)\]", text)
        assert re.search(r"SPHK1.*multiple sclerosis|multiple sclerosis.*SPHK1", told)
        assert len(cited) == len(set(cited))


def test_the_same_seed_writes_the_same() -> None:
    one, other = (write_target(DRUG, DISEASE, SETS[4], [], Random(7)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("warning", [WARNING, INHERITED])
def test_a_contraindication_is_always_told_and_nothing_speaks_for_the_drug_beside_it(
    warning: Evidence,
) -> None:
    for text in draws(SETS[0], [warning]):
        assert text.count(f"[{warning.id}]") == 1
        assert not re.search(r"may|might|could|candidate|worth", text.replace("may cause", "")), text


def test_what_resembles_is_told_as_an_analogy() -> None:
    texts = draws([ANALOGY, COINCIDENCE], []) + draws([ANALOGY, OTHER_ANALOGY], [])
    assert any("by analogy" in text for text in texts)
    for text in texts:
        assert not re.search(r"because|since|through|therefore|thus|so it", text), text


def test_what_only_coincides_is_no_reason() -> None:
    for text in draws(SETS[2], []):
        verdict = text.split("[")[0]
        assert not re.search(r"because|since|as it|so it|through|therefore|thus", verdict), verdict


def test_what_the_drug_does_comes_before_what_resembles_it() -> None:
    assert [one.id for one in select(SETS[4])] == ["P2", "P3"]
    assert [strength(one.path) for one in SETS[4] if one.path] == [
        Strength.MECHANISM,
        Strength.WEAK,
        Strength.MECHANISM,
        Strength.ANALOGY,
        Strength.WEAK,
    ]


def test_a_curated_mechanism_comes_first() -> None:
    assert MECHANISM.path is not None
    assert agreement(MECHANISM.path, ["M1"]) == 1.0
    assert agreement(MECHANISM.path, ["M2"]) == pytest.approx(1 / 3)
    assert [one.id for one in select(SETS[4], ["M1"])] == ["P3", "P2"]


def test_an_opposite_action_of_the_other_drug_is_no_analogy() -> None:
    def shared(action: str, others: str) -> Path:
        steps = (
            step(DRUG, "BINDS", SPHK1, action),
            step(SPHK1, "BINDS", SIPONIMOD, others, forward=False),
            step(SIPONIMOD, "TREATS", DISEASE),
        )
        return Path(template="", metapath="", nodes=(DRUG, SPHK1, SIPONIMOD, DISEASE), steps=steps)

    assert strength(shared("inhibitor", "blocker")) is Strength.ANALOGY
    assert strength(shared("inducer", "inhibitor")) is Strength.WEAK


def actions() -> list[tuple[str, str]]:
    return [
        (relation.name, action)
        for relation in load_schema().relations.values()
        for action in ("", *relation.actions)
    ]


@pytest.mark.parametrize(("relation", "action"), actions())
def test_every_wording_that_may_be_drawn_says_what_the_step_says(relation: str, action: str) -> None:
    start, end = load_schema().relations[relation].pairs[0]
    one, other = entity("X:1", start, "Alpha"), entity("X:2", end, "Beta")
    for forward in (True, False):
        here, there = (one, other) if forward else (other, one)
        path_step = step(here, relation, there, action, forward=forward)
        evidence = [item("P1", (here, there), path_step)]
        for seed in range(12):
            for backwards in (False, True):
                words = word_step(path_step, Random(seed), backwards=backwards)
                subject, object_ = (there, here) if backwards else (here, there)
                text = f"{subject.name} {words.finite} {object_.name} [P1]."
                claim = check(text, DRUG, DISEASE, evidence).claims[0]
                assert claim.status == "holds", (text, claim.reason)


def test_names_of_any_kind_stay_as_they_are() -> None:
    odd = entity("X:9", "Gene", "Elongation factor G, chloroplastic [x]")
    evidence = [
        item(
            "P1",
            (DRUG, odd, DISEASE),
            step(DRUG, "BINDS", odd, "inhibitor"),
            step(odd, "ASSOCIATED_WITH", DISEASE, forward=False),
        )
    ]
    for text in draws(evidence, [], 20):
        assert "Elongation factor G, chloroplastic (x)" in text
