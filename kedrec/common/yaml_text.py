"""Reader of YAML texts: plain data alone, and each key of a mapping once."""

from __future__ import annotations

from typing import Any

import yaml

from kedrec.common.limits import MAX_DEPTH

__all__ = ["RepeatedKeyError", "load_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, if available, is ten times faster
_MERGE = "tag:yaml.org,2002:merge"
"""Tag of the key `<<`, which may stand in a mapping several times."""


class RepeatedKeyError(yaml.YAMLError):
    """A mapping that gives a key twice, of which YAML's own loaders drop the first without a word."""


def load_yaml(text: str) -> Any:
    """Parses the one document of a YAML text; None if it is empty.

    Raises:
        yaml.YAMLError: it is no YAML, has other objects than plain data, gives a key of a mapping twice, or
            is nested deeper than `MAX_DEPTH`.
    """
    _check_depth(text)
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check_keys(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_depth(text: str) -> None:
    """Checks the depth before any recursion, which would overflow the stack of PyYAML's loader in C."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise yaml.YAMLError(f"line {line} is nested deeper than {MAX_DEPTH} levels")


def _check_keys(document: yaml.Node) -> None:
    """Checks the mappings of a document before merged keys are written into them."""
    waiting, seen = [document], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if not isinstance(node, yaml.MappingNode):
            waiting += node.value
            continue
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            waiting += (key, value)
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            line, name = key.start_mark.line + 1, (key.tag, key.value)
            if name in lines:
                raise RepeatedKeyError(
                    f"the key '{key.value}' of line {lines[name]} is given again in line {line}"
                )
            lines[name] = line
