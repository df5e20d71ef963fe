"""Finds the entities that a sentence names, and brings texts into one form for comparing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.text import one_line

if TYPE_CHECKING:
    from kedrec.types import Entity

__all__ = ["Mention", "Names", "normal"]

_GREEK = {
    letter: unicodedata.name(letter).split()[4 if "FINAL" in unicodedata.name(letter) else 3].lower()
    for letter in "αβγδεζηθικλμνξοπρσςτυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
}
_SAME = str.maketrans(
    _GREEK
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u2032", "'")
    | dict.fromkeys("\u201c\u201d", '"')
)
# What may not stand beside a name, or it is a piece of another word: TNF in "anti-TNF", IL-2 in "IL-2R".
_BEFORE = r"(?<!\w)(?<!\w-)"
_AFTER = r"(?![\w*+]|-\w|'\w)"


def normal(text: str) -> str:
    """`text` for comparing: on one line, dashes and quotes in their plain forms, Greek letters by name."""
    return one_line(unicodedata.normalize("NFKC", one_line(text))).translate(_SAME)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where an entity is named, or referred to ("it", "the drug").

    Attributes:
        text: the words.
        ids: every entity of that name.
        kinds: their kinds.
    """

    text: str
    ids: frozenset[str]
    kinds: frozenset[str]


class Names:
    """The names of a set of entities, longest first.

    Args:
        entities: the entities; one that also has `synonyms` (a `Node`) is found by these too.
        synonyms: further names by entity id.
    """

    def __init__(
        self, entities: Iterable[Entity], synonyms: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        by_name: dict[str, dict[str, str]] = {}
        self.originals: set[str] = set()
        for entity in entities:
            others = (*getattr(entity, "synonyms", ()), *(synonyms or {}).get(entity.id, ()))
            for name in (entity.name, *others):
                if key := _key(normal(name)):
                    by_name.setdefault(key, {})[entity.id] = entity.kind
                    self.originals.add(name)
        self._by_name = by_name
        ordered = sorted(by_name, key=lambda name: (-len(name), name))
        alternatives = [re.escape(name) if _exact(name) else f"(?i:{re.escape(name)})" for name in ordered]
        self._pattern = re.compile(f"{_BEFORE}(?:{'|'.join(alternatives)}){_AFTER}") if ordered else None

    def split(self, text: str) -> list[str | Mention]:
        """`text`, brought into `normal` form, as mentions and the stretches of text between them."""
        line = normal(text)
        parts: list[str | Mention] = []
        position = 0
        for match in self._pattern.finditer(line) if self._pattern else ():
            found = self._by_name[_key(match[0])]
            parts += [line[position : match.start()]]
            parts += [Mention(match[0], frozenset(found), frozenset(found.values()))]
            position = match.end()
        return [part for part in (*parts, line[position:]) if isinstance(part, Mention) or part.strip()]


def _exact(name: str) -> bool:
    # Gene symbols such as WAS, SET or IMPACT are names only in capitals.
    return len(name) <= 6 and name == name.upper()


def _key(name: str) -> str:
    return name if _exact(name) else name.casefold()
