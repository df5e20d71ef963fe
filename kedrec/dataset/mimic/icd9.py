"""Maps a hospital's ICD-9-CM codes to the graph's diseases.

A code is tried, in this order: as a cross-reference of a disease (`ICD9:428.0`); by its full title
(`D_ICD_DIAGNOSES`); in our own table, its longest entry first (an entry covers the codes under it); by its
title without ICD's additions ("unspecified", "not elsewhere classified"); by the cross-references of the
codes above it and of ranges (`401-405.99`), the closest first. Supplementary codes (V, E:
history, causes of injury) are no diseases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kedrec.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from kedrec.naming import NameIndex

__all__ = ["CodeMatch", "DiseaseIndex", "dotted_code"]

Why = Literal["cross-reference", "table", "title", "parent", "supplementary", "unknown"]

_TRAILING_ADDITION = re.compile(
    r",? (?:unspecified(?: (?:site|as to .*|type|whether .*))?|not otherwise specified|"
    r"not elsewhere classified|nec|nos|site (?:not specified|unspecified)|organism unspecified|"
    r"without (?:mention|status) .*|"
    r"with (?:mention|other|unspecified) .*|not stated as .*|in conditions classified elsewhere.*|"
    r"initial episode of care|subsequent episode of care|episode of care unspecified)$",
    re.IGNORECASE,
)
_LEADING_ADDITION = re.compile(
    r"^(?:other and unspecified|unspecified|other specified|other|acquired) ", re.IGNORECASE
)
_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_RANGE = re.compile(r"^(\d{3}(?:\.\d+)?)-(\d{3}(?:\.\d+)?)$")
_PREFIX = "ICD9:"


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """The graph's diseases for a code.

    Attributes:
        ids: disease ids, mostly one; () where there is none.
        why: how they were matched, or why there is none.
    """

    ids: tuple[str, ...]
    why: Why


def dotted_code(code: str) -> str:
    """A code with its dot: `4280` is `428.0`, `E9342` is `E934.2`, `486` stays."""
    digits = _without_dot(code)
    length = 4 if digits.startswith("E") else 3
    return digits if len(digits) <= length else f"{digits[:length]}.{digits[length:]}"


def _without_dot(code: str) -> str:
    return code.strip().replace(".", "").upper()


def _shortened(title: str) -> Iterable[str]:
    """Yields a title with ever fewer of ICD's additions to a disease's name."""
    text = _BRACKETS.sub("", title)
    for _ in range(4):
        shorter = _LEADING_ADDITION.sub("", _TRAILING_ADDITION.sub("", text)).strip(" ,")
        yield shorter
        if shorter == text:
            return
        text = shorter


class DiseaseIndex:
    """The diseases of a graph by ICD-9-CM code.

    Args:
        names: the graph's names.
        xrefs: disease id -> its cross-references, as CURIEs.
    """

    def __init__(self, names: NameIndex, xrefs: Mapping[str, Iterable[str]]) -> None:
        self._names = names
        self._by_code: dict[str, set[str]] = defaultdict(set)
        self._ranges: list[tuple[str, str, str]] = []
        for id_, curies in sorted(xrefs.items()):
            for curie in curies:
                if not curie.upper().startswith(_PREFIX):
                    continue
                code = curie[len(_PREFIX) :]
                if span := _RANGE.match(code):
                    self._ranges.append((span[1], span[2], id_))
                else:
                    self._by_code[code].add(id_)

    def match(self, code: str, title: str = "") -> CodeMatch:
        """Matches a code, with its title, to diseases."""
        digits = _without_dot(code)
        if digits[:1] in ("V", "E"):
            return CodeMatch((), "supplementary")
        with_dot = dotted_code(digits)
        if ids := self._by_code.get(with_dot):
            return CodeMatch(tuple(sorted(ids)), "cross-reference")
        if title and (id_ := self._id_of(title)):
            return CodeMatch((id_,), "title")
        for names in _entries(digits):
            if id_ := next(filter(None, map(self._id_of, names)), ""):
                return CodeMatch((id_,), "table")
        for text in _shortened(title):
            if text and (id_ := self._id_of(text)):
                return CodeMatch((id_,), "title")
        return self._parent(with_dot)

    def _id_of(self, name: str) -> str:
        """The id of the disease of that name; "" where the graph has none or several."""
        try:
            match = self._names.resolve_match(name, "Disease")
        except (NotFoundError, UsageError):
            return ""
        return match.entity.id if match.why not in ("id", "cross-reference") else ""

    def _parent(self, code: str) -> CodeMatch:
        """The diseases of the closest code above it, else of the narrowest range around it."""
        for length in range(len(code) - 1, 2, -1):
            if parents := self._by_code.get(code[:length].rstrip(".")):
                return CodeMatch(tuple(sorted(parents)), "parent")
        enclosing = [(low, high, id_) for low, high, id_ in self._ranges if _within(code, low, high)]
        if not enclosing:
            return CodeMatch((), "unknown")
        narrowest = min(float(high) - float(low) for low, high, _ in enclosing)
        ids = {id_ for low, high, id_ in enclosing if float(high) - float(low) == narrowest}
        return CodeMatch(tuple(sorted(ids)), "parent")


def _within(code: str, low: str, high: str) -> bool:
    try:
        return float(low) <= float(code) <= float(high)
    except ValueError:
        return False


def _entries(code: str) -> Iterable[tuple[str, ...]]:
    """The names of the table's entries that a code falls under, the longest first."""
    matches = [
        (len(pattern.rstrip("?")), pattern, names)
        for pattern, names in _table()
        if len(pattern) <= len(code) and all(p in ("?", c) for p, c in zip(pattern, code, strict=False))
    ]
    return [names for _, _, names in sorted(matches, key=lambda match: (-match[0], match[1]))]


@cache
def _table() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rows of `icd9.txt`: each code or pattern with the names of its disease, the best first."""
    rows: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("icd9.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            codes, _, names = line.partition(" = ")
            for code in codes.split():
                rows[code] = tuple(name.strip() for name in names.split("|"))
    return tuple(rows.items())
