import inspect

import pytest

from kedrec import errors
from kedrec.errors import AmbiguousNameError, KedrecError, SettingsError, StoreError, exit_code, problem
from kedrec.types import Entity, NameMatch


def test_a_wrong_call_exits_with_2_and_everything_else_with_1():
    assert exit_code(SettingsError("x")) == 2
    assert exit_code(StoreError("x")) == 1
    assert exit_code(ValueError("x")) == 1


def test_an_interrupt_exits_with_130_and_a_reader_that_is_gone_with_0():
    assert exit_code(KeyboardInterrupt()) == 130
    assert exit_code(BrokenPipeError()) == 0


def test_the_message_says_what_and_what_to_do():
    assert str(StoreError("The server is down.", "Start it.")) == "The server is down. Start it."


def test_a_problem_carries_the_candidates():
    match = NameMatch(
        entity=Entity(id="DOID:1", kind="Disease", name="a"), matched="a", why="typo", score=90.0
    )
    body = problem(AmbiguousNameError("Two.", "Choose.", [match]))
    assert body["status"] == 409
    assert body["candidates"][0]["entity"]["id"] == "DOID:1"
    assert body["hint"] == "Choose."


@pytest.mark.parametrize("name", errors.__all__)
def test_every_public_error_is_in_the_tree_of_the_docstring(name):
    thing = getattr(errors, name)
    if inspect.isclass(thing):
        assert issubclass(thing, KedrecError)
        assert name in (errors.__doc__ or "")
