"""Removes tags that a vocabulary adds to a name: `asthma (disorder)`, `Asthma, NOS`.

A tag is removed only where a name as it stands has no match, one tag at a time. A tag that states the kind
(SNOMED CT's semantic tags, RxNorm's dose forms) is removed for that kind alone. Words that narrow a disease
("other", "of unspecified site", "with ...") are no tags: they stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["StrippedName", "strip_tags"]

_DISEASE = frozenset({"Disease", "Symptom", "SideEffect"})
_SUBSTANCE = frozenset({"Drug", "Chemical"})
# SNOMED CT's semantic tags with the schema's kinds they may stand for; UMLS writes them in other brackets.
_TAGS = (
    ("disease|disease/finding|disorder|event|finding|situation", _DISEASE),
    ("morphologic abnormality|observable entity", _DISEASE),
    ("chemical|clinical drug|drug|medication|medicinal product|medicinal product form|product", _SUBSTANCE),
    ("real clinical drug|substance", _SUBSTANCE | {"Gene"}),
    ("body structure|cell structure|cell", frozenset({"Anatomy", "Cell", "CellularComponent"})),
    ("organism", frozenset({"Organism"})),
)
_KINDS = {tag: kinds for tags, kinds in _TAGS for tag in tags.split("|")}
_SEMANTIC = re.compile(r"^(?P<name>.+?)\s*[(\[<](?P<tag>[A-Za-z /]+)[)\]>]$")
_CONTAINING = re.compile(r"^product containing (?:only |precisely )?(?P<name>.+)$", re.IGNORECASE)
# ICD's and NCIt's words for "of no kind in particular"; NEC: of a kind without a code of its own.
_UNSPECIFIED = re.compile(
    r"^(?P<name>.+?)(?:\s*[,;-]\s*|\s+\(?)(?P<tag>NOS|NEC|unspecified(?: type)?|type unspecified|"
    r"not otherwise specified|not elsewhere classified|not specified)\)?$",
    re.IGNORECASE,
)
_UNSPECIFIED_FIRST = re.compile(r"^(?P<tag>unspecified) (?P<name>.+)$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3}")
_CAPITAL_TAGS = frozenset({"nos", "nec"})  # tags only where written in capitals
_STRENGTH = re.compile(
    r"^(?P<name>[^/+]+?) (?P<tag>\d[\d.,]*\s*(?:mg|mcg|ug|g|ml|unt|units?|iu|meq|%)"
    r"(?:/(?:[\d.]+\s*)?(?:ml|mg|g|hr|actuat|dose|day))?(?: [^/+]*)?)$",
    re.IGNORECASE,
)
_DOSE_FORM = re.compile(
    r"^(?P<name>[^/+]+?) (?P<tag>(?:(?:(?:delayed|extended) release|chewable|disintegrating|inhalation|"
    r"injectable|nasal|ophthalmic|oral|otic|rectal|topical|transdermal|vaginal) )+"
    r"(?:capsule|cream|foam|gel|lotion|ointment|patch|powder|product|solution|spray|suppository|suspension|system|"
    r"tablet)s?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StrippedName:
    """A name without its last tag.

    Attributes:
        name: the remaining name.
        kinds: the kinds that the tag allows; None: any.
    """

    name: str
    kinds: frozenset[str] | None


def strip_tags(name: str) -> Iterator[StrippedName]:
    """Yields a name with ever fewer tags, the last one removed first; kinds narrow from one to the next."""
    kinds: frozenset[str] | None = None
    text = name
    while (shorter := _without_tag(text)) is not None:
        text = shorter.name
        if shorter.kinds is not None:
            kinds = shorter.kinds if kinds is None else kinds & shorter.kinds
        yield StrippedName(text, kinds)


def _without_tag(text: str) -> StrippedName | None:
    if match := _SEMANTIC.match(text):
        kinds = _KINDS.get(match["tag"].strip().lower())
        if kinds is not None:
            return StrippedName(match["name"], kinds)
    if match := _CONTAINING.match(text):
        return StrippedName(match["name"], _SUBSTANCE)
    for pattern in (_UNSPECIFIED, _UNSPECIFIED_FIRST):
        match = pattern.match(text)
        if match and not (match["tag"].lower() in _CAPITAL_TAGS and not match["tag"].isupper()):
            return StrippedName(match["name"].strip(" ,;-("), _DISEASE)
    for pattern in (_STRENGTH, _DOSE_FORM):
        if (match := pattern.match(text)) and _WORD.search(match["name"]):
            return StrippedName(match["name"].strip(" ,;-("), frozenset({"Drug"}))
    return None
