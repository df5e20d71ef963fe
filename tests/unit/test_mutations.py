"""The list of changes that tests must notice: each can still be made, and names tests that are there."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("mutate", ROOT / "scripts" / "mutate.py")
assert _SPEC is not None
assert _SPEC.loader is not None
mutate = importlib.util.module_from_spec(_SPEC)
sys.modules["mutate"] = mutate  # its dataclass looks its module up
_SPEC.loader.exec_module(mutate)


def test_every_text_stands_once_in_its_file_and_every_test_is_there() -> None:
    listed = mutate.mutations()
    assert listed
    for one in listed:
        assert one.text != one.instead, one.breaks
        assert (ROOT / one.file).read_text(encoding="utf-8").count(one.text) == 1, one.breaks
        assert one.tests, one.breaks
        for test in one.tests:
            file, _, name = test.partition("::")
            assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test
            assert (ROOT / file).is_file(), test


def test_no_promise_is_listed_twice() -> None:
    assert max(Counter(one.breaks for one in mutate.mutations()).values()) == 1


def test_the_page_has_the_table_of_the_list() -> None:
    """As it is printed where each change is caught, but for those that nothing can notice."""
    listed = mutate.mutations()
    results = ["survived" if one.survives else "caught" for one in listed]
    page = (ROOT / "docs" / "mutations.md").read_text(encoding="utf-8")
    assert mutate.table(listed, results) in page
