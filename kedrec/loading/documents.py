"""YAML documents as plain values that remember the line they stand on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kedrec.errors import DataError

__all__ = ["Lined", "read_document"]


class Lined(dict[str, Any]):
    """A mapping with the line (from 1) where it begins."""

    line: int = 0


def _value(node: yaml.Node) -> Any:
    # Scalars stay text: this is several times faster than YAML's own constructor, and an id is never a number.
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    mapping = Lined((_value(key), _value(item)) for key, item in node.value)
    mapping.line = node.start_mark.line + 1
    return mapping


def read_document(text: str, path: Path) -> Any:
    """The content of a YAML text; every scalar is text, every mapping knows its line.

    Raises:
        DataError: it isn't YAML.
    """
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return None if node is None else _value(node)
    except (yaml.YAMLError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise DataError(
            f"{path} is not YAML{where}: {error}".splitlines()[0] + ".", "Get the file again."
        ) from error
