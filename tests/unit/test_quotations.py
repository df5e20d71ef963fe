"""Quotations of an article, which may be said to be its own: whole sentences, with their sense."""

from __future__ import annotations

import sys

import pytest
from framed_sentences import FRAMED, NEUTRAL, OWN, SENTENCE

from kedrec.common.sentences import sentences
from kedrec.documents.document import Document, Section
from kedrec.documents.linking import Linker
from kedrec.documents.passages import passage_spans
from kedrec.documents.quoting import LONGEST_QUOTE, Context, quotation
from kedrec.grounding import check
from kedrec.grounding.framing import sentences_in_context
from kedrec.grounding.stop_reasons import reason_key, stated_reasons
from kedrec.types import Entity, Evidence, TextSource, TrialRecord

DRUG = Entity(id="DRUGBANK:DB09033", kind="Drug", name="Vedolizumab")
DISEASE = Entity(id="DOID:2377", kind="Disease", name="multiple sclerosis")
LINKER = Linker([(DRUG.id, DRUG.name, True), (DISEASE.id, DISEASE.name, True)])
VERBS = ("says that", "says:", "states that", "writes that", "reports that", "concludes that")


def holding(quote: str, heading: str = "", claimed: str = SENTENCE) -> list[str]:
    """The verbs with which the gate lets a sentence be said to be a quoted article's."""
    source = TextSource(
        document="jsonl:1", title="A title", quote=quote, section=heading, names=(DRUG.id, DISEASE.id)
    )
    item = Evidence(id="L1", sentence=f"A title. {quote}", text=source)
    claim = claimed.rstrip(".")
    return [
        verb
        for verb in VERBS
        for one in check(f"An article {verb} {claim} [L1].", DRUG, DISEASE, [], texts=[item]).claims
        if one.status == "holds"
    ]


@pytest.mark.parametrize(("kind", "text", "frame"), FRAMED, ids=[kind for kind, *_ in FRAMED])
def test_a_sentence_in_a_frame_is_never_the_articles_own(kind: str, text: str, frame: str) -> None:
    whole = text.format(S=SENTENCE, N=NEUTRAL)
    found = quotation(whole, LINKER)
    quote = whole[found.start : found.end]
    assert holding(quote, found.heading) == []
    assert holding(whole) == []
    if SENTENCE in quote:
        assert frame in quote or frame in found.heading


@pytest.mark.parametrize("text", OWN)
def test_a_sentence_of_an_articles_own_may_be_said_to_be_its(text: str) -> None:
    whole = text.format(S=SENTENCE, N=NEUTRAL)
    found = quotation(whole, LINKER)
    assert SENTENCE in whole[found.start : found.end]
    assert holding(whole[found.start : found.end], found.heading) == list(VERBS)


@pytest.mark.parametrize(
    "sentence",
    [
        "Whether vedolizumab cures multiple sclerosis is unknown.",
        "It was hypothesized that vedolizumab cures multiple sclerosis.",
        "Smith et al. claimed that vedolizumab cures multiple sclerosis.",
        "We tested the null hypothesis that vedolizumab cures multiple sclerosis.",
    ],
)
def test_a_hypothesis_may_be_said_whole_but_not_to_be_a_result(sentence: str) -> None:
    assert holding(f"{NEUTRAL} {sentence}", claimed=sentence) == list(VERBS[:4])
    assert holding(f"{NEUTRAL} {sentence}") == []


def test_a_negation_stays_with_its_sentence() -> None:
    text = "It is not true that vedolizumab cures multiple sclerosis. "
    text += "Vedolizumab did not help in multiple sclerosis."
    assert holding(text, claimed="Vedolizumab did not help in multiple sclerosis.") == list(VERBS)
    assert holding(text, claimed="Vedolizumab did help in multiple sclerosis.") == []


def test_a_heading_goes_with_the_quotation_and_an_aim_is_quoted_last() -> None:
    text = f"{SENTENCE}\n{NEUTRAL}"
    found = quotation(text, LINKER, Context(headings=((0, "Hypothesis"), (len(SENTENCE) + 1, "Results"))))
    assert (text[found.start : found.end], found.heading) == (SENTENCE, "Hypothesis")
    assert holding(SENTENCE, "Hypothesis") == []
    assert holding(SENTENCE, "Results") == list(VERBS)
    better = "Vedolizumab was given in multiple sclerosis and helped."
    text = f"{SENTENCE}\n{better}"
    found = quotation(text, LINKER, Context(headings=((0, "Objective"), (len(SENTENCE) + 1, "Results"))))
    assert (text[found.start : found.end], found.heading) == (better, "Results")


def test_what_stands_before_and_behind_a_passage_frames_its_sentences_too() -> None:
    for context in (
        Context(before="Nobody believes the claims of Smith et al. The following is one. "),
        Context(after=" This is not true."),
        Context(after=" It was in the news. This is not true."),
        Context(before='The poster says "Good news. ', after=' Ask for it."'),
        Context(before="It is an error that for some reason "),
    ):
        assert quotation(SENTENCE, LINKER, context).end == 0
    assert quotation(SENTENCE, LINKER, Context(before=f"{NEUTRAL} ", after=f" {NEUTRAL}")).end == len(
        SENTENCE
    )


def test_a_quotation_is_whole_sentences_or_none() -> None:
    endless = "Vedolizumab in multiple sclerosis " * 30
    assert quotation(endless, LINKER).end == 0
    assert quotation(f"{endless}. {SENTENCE}", LINKER).start == len(endless) + 2
    assert quotation("vedolizumab cures multiple sclerosis.", LINKER).end == 0  # begins within a sentence
    assert quotation("Vedolizumab cures multiple sclerosis and", LINKER).end == 0
    assert len(endless) > LONGEST_QUOTE


def test_passages_are_cut_where_sentences_end() -> None:
    line = (
        "Contrary to the claim of Smith et al. Vedolizumab cured nobody vs. "
        "Placebo at St. Mary's in the U.S. "
        "Army. "
    )
    for shift in range(1, 200, 7):
        text = "A" * shift + " was seen. " + line * 40
        document = Document("jsonl:1", "article", "t", (Section("Text", text.strip()),))
        for cut in passage_spans(document):
            part = document.text[cut.start : cut.end]
            assert part.endswith(("Army.", "seen."))
            assert cut.continued == (not part.startswith("A"))


ABBREVIATIONS = (
    "et al.|vs.|Dr.|Prof.|Fig.|Figs.|Tab.|Eq.|Ref.|i.e.|e.g.|cf.|viz.|No.|E.|C.|St.|Mt.|approx.|ca.|p.o.|"
    "b.i.d.|t.i.d.|i.v.|s.c.|J. B.|U.S.|U.K.|Inc.|Ltd.|spp.|subsp.|var.|resp.|vol.|pp.|J. Biol. Chem.|"
    "Proc. Natl. Acad. Sci."
)


@pytest.mark.parametrize("abbreviation", ABBREVIATIONS.split("|"))
def test_no_sentence_ends_after_an_abbreviation(abbreviation: str) -> None:
    text = f"Nobody believes {abbreviation} {SENTENCE} {NEUTRAL}"
    found = [text[one.start : one.end] for one in sentences(text)]
    assert found == [f"Nobody believes {abbreviation} {SENTENCE}", NEUTRAL]


def test_sentences_end_where_they_do_and_hold_all_of_a_text() -> None:
    text = (
        "RESULTS: Of 40 patients 3.5 % died (p = 0.05). The rest recovered "
        "within 30 min. They were 5 yr. old or "
        "older! Was it chance?\nWe used MR. This was new. E. coli K. B. Smith no. 5 grew. 1. First this. "
        "2. Then that."
    )
    found = sentences(text)
    assert [text[one.start : one.end] for one in found] == [
        "Of 40 patients 3.5 % died (p = 0.05).", "The rest recovered within 30 min.",
        "They were 5 yr. old or older!", "Was it chance?", "We used MR.", "This was new.",
        "E. coli K. B. Smith no. 5 grew.", "1. First this.",
        "2. Then that.",
    ]  # fmt: skip
    assert [one.heading for one in found[:5]] == ["RESULTS"] * 4 + [""]
    assert sentences("") == sentences(" \n ") == []


def calls(text: str) -> int:
    """Calls of functions that reading a text takes."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        sentences_in_context(text)
    finally:
        sys.setprofile(None)
    return count


def test_framing_is_read_in_linear_time() -> None:
    sentences_in_context("Once.")  # what is made once isn't counted
    for line in ('"(', "a. ", "It is that. ", "This is so. ", "1) ", "Claims: ", "(A is. ", "He said this. "):
        assert calls(line * 1600) < 2.2 * calls(line * 800) + 1000, line


REASONS: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    # A note, what may be said to be the reason, what may not.
    ("Sponsor decision, not related to safety, efficacy, or quality",
     ("sponsor decision, not related to safety, efficacy, or quality",),
     ("sponsor decision", "safety", "efficacy")),
    ("Slow accrual, lack of funding.",
     ("slow accrual", "lack of funding", "slow accrual, lack of funding"), ("funding",)),
    ("Due to low enrollment and sponsor decision", ("low enrollment", "sponsor decision"), ("enrollment",)),
    ("Slow accrual. No safety concerns.", ("slow accrual", "no safety concerns"), ("safety concerns",)),
    ("Toxicity. That was not the reason.", (), ("toxicity",)),
    ("The following did not apply. Toxicity. Futility.", (), ("toxicity", "futility")),
    ("Business decision; no safety concerns", (), ("safety concerns", "no safety")),
    ("Unrelated to toxicity, deaths", (), ("deaths", "toxicity")),
    ("Funding rather than lack of efficacy, safety concerns", (),
     ("lack of efficacy", "safety concerns", "safety")),
    ("Despite good efficacy, tolerability, sponsor withdrew", (), ("tolerability", "good efficacy")),
    ("Neither safety, efficacy nor cost", (), ("safety", "efficacy nor cost")),
    ("For reasons other than toxicity, deaths", (), ("deaths",)),
    ("All reasons, excluding toxicity, futility", (), ("futility", "excluding toxicity")),
    ("To improve safety, efficacy", (), ("efficacy",)),
    ("Efficacy, safety and enrollment concerns", (), ("efficacy",)),
    ("Lack of enrollment, funding", (), ("funding",)),
    ("Monitoring of toxicity, deaths", (), ("deaths",)),
    ("Sponsor decision; safety, tolerability acceptable", (), ("safety, tolerability acceptable", "safety")),
    ("Toxicity? No, sponsor decision.", (), ("toxicity",)),
    ("Safety concerns; these were an artefact", (), ("safety concerns",)),
    ("Toxicity, deaths. Both came with another drug.", (), ("toxicity", "deaths")),
    ("Hepatotoxicity. This proved to be an artefact.", (), ("hepatotoxicity",)),
    ("Business decision; unfounded safety concerns, deaths", (), ("deaths", "safety concerns")),
    ("Business decision, theoretical toxicity, deaths", (), ("deaths", "toxicity")),
    ("Sponsor decision; zero deaths, toxicity", (), ("deaths", "toxicity")),
    ("Funding problems; business reasons", ("funding problems", "business reasons"), ("funding",)),
    ("Study wasn't stopped for safety, toxicity", (), ("toxicity",)),
    ("Nothing to do with toxicity; futility; deaths", (), ("futility", "deaths")),
    ("Interim analysis showed no benefit.", ("interim analysis showed no benefit",), ("no benefit",)),
    ("enrolling participants has halted and will not resume",
     ("enrolling participants has halted and will not resume",), ("will not resume",)),
]  # fmt: skip


@pytest.mark.parametrize(("note", "given", "others"), REASONS)
def test_a_trials_reason_is_its_registers_note_or_an_item_of_a_list_of_reasons(
    note: str, given: tuple[str, ...], others: tuple[str, ...]
) -> None:
    reasons = stated_reasons(note)
    assert reason_key(note) in reasons
    assert {reason_key(one) for one in given} <= reasons
    assert not {reason_key(one) for one in others} & reasons
    record = TrialRecord(number="NCT1", status="terminated", phase="phase 2", why_stopped=note, adverse="x")
    source = TextSource(document="trials:NCT1", title="t", names=(DRUG.id, DISEASE.id), trial=record)
    item = Evidence(id="T1", sentence="A trial.", text=source, stance="adverse")
    lead = "Vedolizumab was studied in multiple sclerosis in a phase 2 trial that was terminated because of"
    for words, wanted in (*((one, "holds") for one in given), *((one, "struck") for one in others)):
        claim = check(f"{lead} {words} [T1].", DRUG, DISEASE, [], texts=[item]).claims[0]
        assert claim.status == wanted, (words, claim.reason)
