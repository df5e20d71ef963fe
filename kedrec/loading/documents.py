"""YAML documents as plain values that remember the line they stand on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from kedrec.errors import DataError

__all__ = ["Lined", "read_document"]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Lined(dict[str, Any]):
    """A mapping with the line (from 1) where it begins."""

    line: int = 0


def _value(node: yaml.Node) -> Any:
    # Scalars stay text: an id is never a number, and YAML's own constructors are several times slower.
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    mapping = Lined((_value(key), _value(item)) for key, item in node.value)
    mapping.line = node.start_mark.line + 1
    return mapping


@contextmanager
def _uncollected() -> Iterator[None]:
    """Stops the garbage collector: it would walk the growing document again and again, most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_document(text: str, path: Path) -> Any:
    """The content of a YAML text; every scalar is text, every mapping knows its line.

    Raises:
        DataError: it isn't YAML.
    """
    try:
        with _uncollected():
            node = yaml.compose(text, Loader=_LOADER)  # the base loader makes no objects
            return None if node is None else _value(node)
    except (yaml.YAMLError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DataError(f"{path}{where}: not YAML: {problem}.", "Get the file again.") from error
