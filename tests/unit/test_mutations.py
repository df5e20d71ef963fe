"""The list of changes that `make mutate` makes: each still fits the code, and names tests that are there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from mutate import Mutation, mutations  # noqa: E402  # a script, beside the package


@pytest.mark.parametrize("one", mutations(), ids=lambda one: one.breaks[:60])
def test_a_change_fits_the_code(one: Mutation) -> None:
    assert (ROOT / one.file).read_text(encoding="utf-8").count(one.text) == 1
    assert one.text != one.instead
    assert one.tests
    for test in one.tests:
        assert (ROOT / test.partition("::")[0]).is_file()
