"""Parts of the names of drugs and diseases, as links of nodes and words.

A disease's name says what it is a kind of (`muscular dystrophy`, `carcinoma`), also where no hierarchy does;
a drug's ends in the stem of its class (`-tinib`, `-gliptin`, `-mab`).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["NAMED_KINDS", "name_arrays", "name_key"]

_WORD = re.compile(r"[a-z0-9]{3,}")
_SYNONYMS = 8
"""Synonyms of a disease that are read beside its name, in the order in which the graph has them."""
_STEM_LENGTHS = (3, 4, 5)
_FEWEST_NAMES = 2
_LARGEST_SHARE = 0.1
"""Of the names of a kind; parts of fewer or more say nothing of who is like whom."""


def _words(name: str, synonyms: Sequence[str]) -> set[str]:
    return set(_WORD.findall(" ".join([name, *synonyms[:_SYNONYMS]]).lower()))


def _letter_groups(name: str, _: Sequence[str]) -> set[str]:
    """The groups of three to five letters of a name's words; a space marks a word's begin and end."""
    padded = [f" {word} " for word in _WORD.findall(name.lower())]
    return {
        word[begin : begin + length]
        for word in padded
        for length in _STEM_LENGTHS
        for begin in range(len(word) - length + 1)
    }


NAMED_KINDS: dict[str, Callable[[str, Sequence[str]], set[str]]] = {"Disease": _words, "Drug": _letter_groups}
"""The kinds whose names are compared, and what of a name (with its synonyms) is."""


def name_key(kind: str) -> str:
    """Name of the arrays of a kind's names, before `/indptr` and `/indices`."""
    return f"names/{kind}"


def name_arrays(kind: str, names: Iterable[tuple[str, Collection[str] | None]]) -> dict[str, NDArray[Any]]:
    """The parts of the names of a kind's nodes as compressed sparse rows: nodes x parts; empty without any.

    Args:
        kind: one of `NAMED_KINDS`.
        names: each node's name and its synonyms, in the order of the nodes' numbers.
    """
    parts = [NAMED_KINDS[kind](name, [*(synonyms or ())]) for name, synonyms in names]
    counts = Counter(part for of_name in parts for part in of_name)
    most = max(len(parts) * _LARGEST_SHARE, _FEWEST_NAMES)
    telling = sorted(part for part, count in counts.items() if _FEWEST_NAMES <= count <= most)
    if not telling:
        return {}
    numbers = {part: number for number, part in enumerate(telling)}
    rows = [sorted(numbers[part] for part in of_name if part in numbers) for of_name in parts]
    return {
        f"{name_key(kind)}/indptr": np.cumsum([0, *map(len, rows)], dtype=np.int64),
        f"{name_key(kind)}/indices": np.array([number for row in rows for number in row], np.int32),
    }
