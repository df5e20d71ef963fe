"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from kedrec.common.counted_nouns import counted


@pytest.mark.parametrize(
    ("count", "noun", "plural", "text"),
    [
        (0, "path", "", "0 paths"),
        (1, "path", "", "1 path"),
        (2, "other drug", "", "2 other drugs"),
        (1, "broader disease", "broader diseases", "1 broader disease"),
        (1200, "study", "studies", "1,200 studies"),
    ],
)
def test_a_noun_is_singular_beside_one_alone(count: int, noun: str, plural: str, text: str) -> None:
    assert counted(count, noun, plural) == text
