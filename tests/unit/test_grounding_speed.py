"""Text from outside is read in time that grows with its length and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from grounding_evidence import ADVERSE, DISEASE, DRUG, EVIDENCE

from kedrec.common.plain_text import one_line, shown_name
from kedrec.grounding import check
from kedrec.grounding.claims import LONGEST_TEXT, split_claims
from kedrec.grounding.english import clause_tokens
from kedrec.grounding.names import Names, normalize_text

PIECES = [
    *("1", "[1", "[ 1,", "[1 1", " ", ".", "!", '?"', "-", "'-", "/", "a ", "a. ", "[", "]", "[P1]"),
    *("[P1].", "[P1] ", "a.[", ". [", "E. ", "\u00a0", ",", "; ", "1.", "1,1", "(", "x'", "S1PR1 "),
]
NAMES = Names([DRUG, DISEASE, *(node for one in EVIDENCE if one.path for node in one.path.nodes)])
READERS: dict[str, Callable[[str], object]] = {
    "split_claims": lambda text: split_claims(text, NAMES.originals),
    "tokens": lambda text: clause_tokens([text]),
    "names": NAMES.split,
    "normal": normalize_text,
    "one_line": one_line,
    "shown_name": shown_name,
}
SHORT, TIMES = 1_500, 4
MOST = 3.0  # times the work that the length asks for; what is quadratic takes four times it


def seconds(read: Callable[[str], object], text: str) -> float:
    """The least processor time of three."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        read(text)
        taken.append(time.process_time() - begun)
    return min(taken)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("piece", PIECES)
def test_four_times_the_text_takes_about_four_times_the_work(
    name: str, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kedrec.grounding.claims.LONGEST_TEXT", 10**9)
    for opening in ("", "a [1"):
        texts = [opening + piece * (length // len(piece)) + "x" for length in (SHORT, SHORT * TIMES)]
        short, long = (seconds(READERS[name], text) for text in texts)
        assert long < max(TIMES * MOST * short, 0.02), (piece, short, long)


@pytest.mark.parametrize(
    "text", ["[" + "1" * 60, "[" + "1 " * 60, "[" + " " * 40_000 + "a", "." * 40_000, "-" * 40_000]
)
def test_what_once_took_minutes_takes_none(text: str) -> None:
    begun = time.process_time()
    check(text, DRUG, DISEASE, EVIDENCE, ADVERSE)
    assert time.process_time() - begun < 1.0


def test_a_text_has_an_end_and_what_is_left_unread_is_said() -> None:
    good = "Fingolimod acts on S1PR1 [P1]. "
    claims = check(good + "x" * LONGEST_TEXT, DRUG, DISEASE, EVIDENCE, ADVERSE).claims
    assert claims[0].status == "holds"
    assert (
        claims[-1].reason == f"Only the first {LONGEST_TEXT:,} characters are read; {len(good)} more aren't."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Fingolimod binds " + ", and ".join(["S1PR1 and S1PR1, which binds S1PR1"] * 14) + " cures [P1].",
        "Because " * 100 + "Fingolimod inhibits IL-1β [P3].",
        "By inhibiting IL-1β, " * 12 + "Fingolimod may help in multiple sclerosis [P3].",
        "Fingolimod" + ", which inhibits IL-1β" * 28 + " [P3].",
        "Notably, " * 40 + "Fingolimod inhibits IL-1β [P3].",
        "Inhibition of " * 50 + "IL-1β by Fingolimod [P3].",
        "Fingolimod may help in multiple sclerosis" + " through S1PR1 and S1PR1" * 25 + " [P1].",
    ],
)
def test_a_tangled_sentence_is_given_up_in_a_bounded_number_of_steps(text: str) -> None:
    begun = time.process_time()
    assert check(text, DRUG, DISEASE, EVIDENCE, ADVERSE).claims[0].status == "struck"
    assert time.process_time() - begun < 5.0


def test_nothing_beyond_the_limit_is_a_claim() -> None:
    claims = split_claims("x" * LONGEST_TEXT + "\nDrug inhibits GENE [P1].")
    assert not any("inhibits" in claim.text for claim in claims)
