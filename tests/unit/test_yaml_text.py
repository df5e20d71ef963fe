"""YAML texts give plain data, and each key once."""

from __future__ import annotations

import pytest
import yaml

from kedrec.common.yaml_text import RepeatedKeyError, load_yaml


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\nb: [x, {c: 2.5}]\n3: null",
        "1: whole\n'1': text",
        "base: &base {name: x, size: 1}\nother:\n  <<: *base\n  size: 2\nagain: *base",
        "base: &base {size: 1}\nmore: &more {<<: *base, size: 2}\nmost: {<<: [*base, *more], size: 3}",
        "list: &list [1, *list]",
    ],
    ids=["empty", "kinds of values", "number and text", "merged", "merged twice", "within itself"],
)
def test_a_text_gives_what_yamls_safe_loader_gives(text: str) -> None:
    assert repr(load_yaml(text)) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 1\n", "the key 'a' of line 1 is given again in line 3"),
        ("list:\n- x\n- b: {c: 1, 'c': 2}\n", "the key 'c' of line 3 is given again in line 3"),
        ("? {a: 1, a: 2}\n: x\n", "the key 'a' of line 1"),
        ("base: &base {b: 1}\na: {<<: *base, c: 1, c: 2}\n", "the key 'c' of line 2"),
    ],
    ids=["top", "inner", "in a key", "beside merged ones"],
)
def test_a_key_given_twice_is_refused_with_its_lines(text: str, problem: str) -> None:
    with pytest.raises(RepeatedKeyError, match=problem):
        load_yaml(text)


@pytest.mark.parametrize("text", ["a: [", "a: 1\n---\nb: 2", "!!python/object/apply:os.getcwd []"])
def test_what_is_no_document_of_plain_data_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load_yaml(text)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("levels", [101, 60_000])
def test_what_is_nested_too_deep_is_refused_before_it_is_read(opening: str, levels: int) -> None:
    # The newest libyaml has a limit of its own.
    with pytest.raises(yaml.YAMLError, match=r"nested deeper than 100 levels|maximum nesting depth"):
        load_yaml(opening * levels + "x")


def test_a_hundred_levels_are_read() -> None:
    value = load_yaml("[" * 100 + "]" * 100)
    for _ in range(99):
        [value] = value
    assert value == []
