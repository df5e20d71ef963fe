"""Frames around a statement: what claims less holds, and nothing that claims more is taken for one."""

from __future__ import annotations

import pytest
from grounding_evidence import ADVERSE, DISEASE, DRUG, EVIDENCE

from kedrec.grounding import check
from kedrec.grounding.english import clause_tokens
from kedrec.grounding.frames import auxiliary, leads

HOLDS = [
    # hedges
    "Fingolimod is thought to inhibit IL-1β [P3].",
    "Fingolimod appears to inhibit IL-1β [P3].",
    "Fingolimod has been reported to inhibit IL-1β [P3].",
    "Fingolimod has been shown to inhibit IL-1β [P3].",
    "Fingolimod may be able to inhibit IL-1β [P3].",
    "Fingolimod is generally believed to inhibit IL-1β [P3].",
    "Fingolimod probably inhibits IL-1β [P3].",
    "Fingolimod has the potential to inhibit IL-1β [P3].",
    # attributions and connectives, before and after
    "Notably, Fingolimod inhibits IL-1β [P3].",
    "According to the graph, Fingolimod inhibits IL-1β [P3].",
    "Notably, the available evidence suggests that Fingolimod inhibits IL-1β [P3].",
    "It has been suggested that Fingolimod inhibits IL-1β [P3].",
    "There is evidence that Fingolimod inhibits IL-1β [P3].",
    "Fingolimod inhibits IL-1β, as the graph shows [P3].",
    "Fingolimod, notably, inhibits IL-1β [P3].",
    # passive, perfect, relative clauses the other way round
    "IL-1β is thought to be inhibited by Fingolimod [P3].",
    "S1PR1 has been linked to multiple sclerosis [P1].",
    "S1PR1, which Fingolimod activates, is linked to multiple sclerosis [P1].",
    "S1PR1 (which is linked to multiple sclerosis) is activated by Fingolimod [P1].",
    "Fingolimod inhibits IL-1β; IL-1β, in turn, takes part in lymphocyte migration [P3].",
    # verbs as nouns
    "Inhibition of IL-1β by Fingolimod has been reported [P3].",
    "The graph records the inhibition of IL-1β by Fingolimod [P3].",
    "There is an association between S1PR1 and multiple sclerosis [P1].",
    "Fingolimod is an IL-1β inhibitor [P3].",
    "Fingolimod functions as an inhibitor of IL-1β [P3].",
    "Fingolimod, an S1PR1 agonist, may help in multiple sclerosis [P1].",
    "Fingolimod's inhibition of IL-1β may help in multiple sclerosis [P3].",
    # reasons
    "One reason is that Fingolimod inhibits IL-1β [P3].",
    "One possible mechanism is inhibition of IL-1β by Fingolimod [P3].",
    "Given that Fingolimod inhibits IL-1β, it might help in multiple sclerosis [P3].",
    "Because of its inhibition of IL-1β, Fingolimod may help in multiple sclerosis [P3].",
    "Fingolimod, by activating S1PR1, may help in multiple sclerosis [P1].",
    "Multiple sclerosis may be helped by Fingolimod through its agonism of S1PR1 [P1].",
    "It is possible that Fingolimod helps in multiple sclerosis [P1].",
    "By analogy with Siponimod, Fingolimod may help in multiple sclerosis [P2].",
]


@pytest.mark.parametrize("text", HOLDS)
def test_what_claims_less_holds(text: str) -> None:
    claim = check(text, DRUG, DISEASE, EVIDENCE, ADVERSE).claims[0]
    assert (claim.status, claim.reason) == ("holds", "")


WIDENED = [
    "Fingolimod is not thought to inhibit IL-1β [P3].",
    "Fingolimod is no longer thought to inhibit IL-1β [P3].",
    "It is unlikely that Fingolimod inhibits IL-1β [P3].",
    "There is no evidence that Fingolimod inhibits IL-1β [P3].",
    "Little evidence suggests that Fingolimod inhibits IL-1β [P3].",
    "Fingolimod has been proven to inhibit IL-1β [P3].",
    "Clinical trials show that Fingolimod inhibits IL-1β [P3].",
    "Only Fingolimod inhibits IL-1β [P3].",
    "Fingolimod always inhibits IL-1β [P3].",
    "Fingolimod inhibits IL-1β more than Siponimod [P3].",
    "Fingolimod rarely inhibits IL-1β [P3].",
    "The only reason is that Fingolimod inhibits IL-1β [P3].",
    "Fingolimod works by inhibiting IL-1β [P3].",
    # a verdict needs a word that claims less, whatever frame is around it
    "Evidence suggests that Fingolimod helps in multiple sclerosis [P1].",
    "Fingolimod is known to help in multiple sclerosis [P1].",
    "Fingolimod has been reported to help in multiple sclerosis [P1].",
    "Fingolimod can help in multiple sclerosis [P1].",
    # frames don't turn what stands in them
    "Inhibition of Fingolimod by IL-1β has been reported [P3].",
    "Inhibition of S1PR1 by Fingolimod has been reported [P1].",
    "IL-1β is thought to inhibit Fingolimod [P3].",
    "Fingolimod is an S1PR1 inhibitor [P1].",
    "Siponimod, which S1PR1 treats, resembles Fingolimod [P2].",
]


@pytest.mark.parametrize("text", WIDENED)
def test_a_frame_never_widens_what_stands_in_it(text: str) -> None:
    assert check(text, DRUG, DISEASE, EVIDENCE, ADVERSE).claims[0].status == "struck"


@pytest.mark.parametrize(
    "words",
    [
        *("no", "not", "never", "only", "always", "proven", "proves", "cures", "more", "less", "than"),
        *(
            "best",
            "all",
            "every",
            "without",
            "effective",
            "safe",
            "approved",
            "studies",
            "trials",
            "45%",
            "selectively",
            "directly",
        ),
    ],
)
def test_no_word_of_denial_proof_or_number_is_part_of_a_frame(words: str) -> None:
    for frame in (
        "evidence suggests that",
        "it is thought that",
        "one reason is that",
        "according to the graph ,",
    ):
        parts = frame.split()
        for place in range(len(parts) + 1):
            spoiled = [*parts[:place], words, *parts[place:]]
            assert all(end < len(spoiled) for end, _ in leads(spoiled))
    for help_ in ("is thought to", "has been shown to", "may"):
        parts = help_.split()
        for place in range(len(parts) + 1):
            spoiled = [*parts[:place], words, *parts[place:]]
            assert all(end < len(spoiled) for end, _, _ in auxiliary(spoiled, 0))


def test_asides_leave_no_comma_behind() -> None:
    assert clause_tokens(["a , in turn , is b"]) == ["a", "is", "b"]
    assert clause_tokens(["a , however , is b ."]) == ["a", "is", "b"]
    assert clause_tokens(["a ( which is b ) , and c"]) == ["a", ",", "which", "is", "b", ",", "and", "c"]
