"""The gate on sentences made from the starter graph's paths: false ones are struck, true ones hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kedrec.evaluation.gate_forms import FALSE, FALSE_HELD_OUT, TRUE, TRUE_HELD_OUT
from kedrec.evaluation.gate_rates import Rate, evaluate, gate_pairs, markdown
from kedrec.evaluation.gate_sentences import sentences
from kedrec.ranking import Ranker
from kedrec.stores.ladybug import LadybugStore

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence

SEED = 7
ACCEPTED = 0.005  # most false sentences that may hold, of each kind
STRUCK = 0.25  # most true ones that may be struck


@pytest.fixture(scope="module")
def pairs(starter_home: Path) -> list[PairEvidence]:
    store = LadybugStore(starter_home / "graph")
    return gate_pairs(store, Ranker.open(store, starter_home / "cache"), 30, SEED)


@pytest.fixture(scope="module")
def rates(pairs: list[PairEvidence]) -> list[Rate]:
    return evaluate(pairs, SEED)


def test_no_kind_of_falsehood_gets_through(rates: list[Rate]) -> None:
    false = [rate for rate in rates if not rate.true]
    assert {rate.group for rate in false} > FALSE.keys()
    assert sum(rate.sentences for rate in false) > 3_000
    assert {rate.group: rate.examples for rate in false if rate.share > ACCEPTED} == {}


def test_most_of_what_is_true_holds_in_forms_that_the_grammar_was_built_on_and_in_others(
    rates: list[Rate],
) -> None:
    true = [rate for rate in rates if rate.true]
    assert {rate.group for rate in true if not rate.held_out} > TRUE.keys()
    assert {rate.group for rate in true if rate.held_out} == TRUE_HELD_OUT.keys()
    assert sum(rate.sentences for rate in true) > 1_000
    assert {(rate.group, rate.held_out): rate.examples for rate in true if rate.share > STRUCK} == {}


def test_the_same_seed_makes_the_same_sentences_and_another_makes_others(pairs: list[PairEvidence]) -> None:
    one, same, other = ([each.text for each in sentences(pairs[:3], seed)] for seed in (1, 1, 2))
    assert one == same != other


def test_forms_that_were_held_out_are_not_among_the_others() -> None:
    for forms, held_out in ((TRUE, TRUE_HELD_OUT), (FALSE, FALSE_HELD_OUT)):
        known = {pattern for patterns in forms.values() for pattern in patterns}
        assert not known & {pattern for patterns in held_out.values() for pattern in patterns}
    assert sum(map(len, TRUE_HELD_OUT.values())) >= 12


def test_the_tables_show_both_rates(rates: list[Rate]) -> None:
    table = markdown(rates)
    assert "| False sentences | known forms | hold | held-out forms | hold |" in table
    assert "| True sentences | known forms | struck | held-out forms | struck |" in table
    for rate in rates:
        assert f"| {rate.group} |" in table


@pytest.mark.parametrize(
    ("drug", "disease"), [("propranolol", "asthma"), ("doxazosin", "congestive heart failure")]
)
def test_nothing_speaks_for_a_drug_that_the_starter_graph_forbids(
    starter_home: Path, drug: str, disease: str
) -> None:
    from kedrec import Kedrec
    from kedrec.grounding import check
    from kedrec.settings import load_settings

    settings = load_settings(home=starter_home, graph=str(starter_home / "graph"))
    with Kedrec(settings) as kedrec:
        found = kedrec.explain(drug, disease, background="none")
    told = (found.drug, found.disease, found.evidence, found.adverse)
    (against,) = [item.id for item in found.adverse if len(item.path.steps) == 1]  # type: ignore[union-attr]
    for text in (
        f"{drug} may help in {disease}, because {drug} is contraindicated in {disease} [P1][{against}].",
        f"{drug} is contraindicated in {disease}, and therefore it could treat {disease} [P1][{against}].",
        f"{drug} may help in {disease} [P1].",
    ):
        assert check(text, *told).claims[0].status == "struck"
    fact = f"{drug} is contraindicated in {disease} [{against}]."
    assert check(fact, *told).claims[0].status == "holds"
