"""The strength of verdicts: by probability and evidence, in a model's words, and at the gate."""

from __future__ import annotations

from itertools import pairwise

import pytest
from grounding_evidence import ADVERSE, DISEASE, DRUG, EVIDENCE

from kedrec.grounding import check
from kedrec.grounding.verdict_table import Grade, pair_grade, reword, verdict_phrase
from kedrec.grounding.verdict_words import BASES, CANDIDATE_NOUNS, HELPING_VERBS, calls_untried

PROBABILITIES = (0.0, 0.02, 0.08, 0.15, 0.3, 0.6, 0.9, 1.0)


@pytest.mark.parametrize("basis", BASES)
def test_a_likelier_pair_never_has_a_weaker_verdict(basis: str) -> None:
    grades = [pair_grade(known=False, probability=value, basis=basis) for value in PROBABILITIES]

    assert all(first <= second for first, second in pairwise(grades))
    assert grades[-1] < Grade.KNOWN


@pytest.mark.parametrize(
    ("basis", "probability", "wanted"),
    [
        ("stated mechanism", 0.9, Grade.STRONG),
        ("stated mechanism", 0.3, Grade.HOPEFUL),
        ("stated mechanism", 0.02, Grade.STUDIED),
        ("mechanism", 0.02, Grade.STUDIED),
        ("analogy", 0.02, Grade.STUDIED),
        ("analogy", 0.99, Grade.HOPEFUL),
        ("association", 0.02, Grade.STUDIED),
        ("association", 0.019, Grade.NONE),
        ("stated mechanism", 0.0009, Grade.NONE),
        ("analogy", 0.0019, Grade.NONE),
        ("", 0.99, Grade.NONE),
        ("stated mechanism", None, Grade.HOPEFUL),
        ("association", None, Grade.NONE),
    ],
)
def test_grade_by_evidence_and_probability(basis: str, probability: float | None, wanted: Grade) -> None:
    assert pair_grade(known=False, probability=probability, basis=basis) is wanted


@pytest.mark.parametrize(
    ("related", "probability", "wanted"),
    [
        ("narrower", 0.001, Grade.HOPEFUL),
        ("narrower", 0.3, Grade.STRONG),
        ("narrower", None, Grade.HOPEFUL),
        ("broader", 0.001, Grade.STUDIED),
        ("broader", 0.02, Grade.HOPEFUL),
        ("broader", None, Grade.STUDIED),
    ],
)
def test_a_treatment_nearby_raises_a_grade(related: str, probability: float | None, wanted: Grade) -> None:
    grade = pair_grade(known=False, probability=probability, basis="association", related=related)
    assert grade is wanted


def test_a_warning_lowers_the_grade_of_a_treatment_of_a_kind_less() -> None:
    cautious = {"known": False, "probability": 0.9, "basis": "analogy", "caution": True}
    assert pair_grade(related="narrower", **cautious) is Grade.HOPEFUL  # type: ignore[arg-type]
    assert pair_grade(related="broader", **cautious) is Grade.STUDIED  # type: ignore[arg-type]


def test_warnings_lower_a_grade_and_known_treatments_are_known() -> None:
    best = {"probability": 0.95, "basis": "stated mechanism"}

    assert pair_grade(known=False, caution=True, **best) is Grade.STUDIED  # type: ignore[arg-type]
    assert pair_grade(known=False, contraindicated=True, **best) is Grade.NONE  # type: ignore[arg-type]
    assert pair_grade(known=True, probability=0.001, basis="") is Grade.KNOWN


@pytest.mark.parametrize("wanted", [Grade.STUDIED, Grade.HOPEFUL, Grade.STRONG])
@pytest.mark.parametrize(
    "verdict",
    [
        *(f"may {verb}" for verb in HELPING_VERBS),
        *(f"is a {noun}" for noun in CANDIDATE_NOUNS if not noun.startswith(("treatment", "option"))),
    ],
)
def test_every_hedge_gets_the_strength_of_the_pair_and_still_holds(verdict: str, wanted: Grade) -> None:
    text, _ = reword(f"By activating S1PR1, Fingolimod {verdict} multiple sclerosis [P1].", wanted)

    (claim,) = check(text, DRUG, DISEASE, EVIDENCE, grade=wanted).claims
    assert (claim.status, claim.reason) == ("holds", "")
    if wanted > Grade.STUDIED:
        (weaker,) = check(text, DRUG, DISEASE, EVIDENCE, grade=Grade(wanted - 1)).claims[:1]
        assert weaker.status == "struck"
        assert verdict_phrase(Grade(wanted - 1)) in weaker.reason


def test_only_the_verb_changes() -> None:
    text = "Evidence suggests that A-may may help in B because it inhibits C, which may cause D [P1]."

    reworded, count = reword(text, Grade.STUDIED)

    assert count == 1
    assert reworded == text.replace("may help in", "might be worth studying in")
    assert reword(text, Grade.NONE) == (text, 0)
    assert reword(text, Grade.HOPEFUL) == (text, 0)


def test_a_known_treatment_is_not_called_untried_and_may_be_called_known() -> None:
    text, count = reword("Fingolimod might be worth studying in multiple sclerosis [P1].", Grade.KNOWN)

    assert count == 1
    assert not calls_untried(text.casefold())
    sentence = "Fingolimod is a known treatment of multiple sclerosis [P1]."
    for known, status in ((True, "holds"), (False, "struck")):
        assert check(sentence, DRUG, DISEASE, EVIDENCE, known=known).claims[0].status == status


@pytest.mark.parametrize("noun", [noun for noun in CANDIDATE_NOUNS if not noun.startswith(("treat", "opt"))])
def test_a_known_treatment_is_no_candidate_whatever_the_noun(noun: str) -> None:
    text, _ = reword(f"By activating S1PR1, Fingolimod is a {noun} multiple sclerosis [P1].", Grade.KNOWN)

    (claim,) = check(text, DRUG, DISEASE, EVIDENCE, known=True, grade=Grade.KNOWN).claims
    assert (claim.status, claim.reason) == ("holds", "")


@pytest.mark.parametrize("grade", [Grade.STUDIED, Grade.HOPEFUL, Grade.STRONG])
@pytest.mark.parametrize("fact", ["is a treatment for", "is a treatment option for", "treats"])
def test_what_a_drug_treats_elsewhere_stays_a_fact(fact: str, grade: Grade) -> None:
    text = f"Fingolimod, which {fact} psoriasis, may help in multiple sclerosis [P1]."

    reworded, count = reword(text, grade)

    assert reworded == text.replace("may help in", verdict_phrase(grade))
    assert count == (grade is not Grade.HOPEFUL)


@pytest.mark.parametrize(
    "sentence", ["may help in", "might be worth studying in", "is a strong candidate for"]
)
def test_no_verdict_holds_where_nothing_speaks_for_the_pair(sentence: str) -> None:
    text = f"Fingolimod {sentence} multiple sclerosis [P1]. Fingolimod activates S1PR1 [P1]."

    verdict, fact = check(text, DRUG, DISEASE, EVIDENCE, ADVERSE, grade=Grade.NONE).claims

    assert (verdict.status, fact.status) == ("struck", "holds")


def test_a_strong_verdict_needs_to_be_allowed() -> None:
    (claim, *_) = check(
        "Fingolimod is a strong candidate for multiple sclerosis [P1].", DRUG, DISEASE, EVIDENCE
    ).claims

    assert claim.status == "struck"
    assert "is a strong candidate for" in claim.reason
