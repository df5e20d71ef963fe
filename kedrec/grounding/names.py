"""Finds the entities that a sentence names, and normalizes texts for comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line, shown_name

if TYPE_CHECKING:
    from kedrec.types import Entity

__all__ = ["Mention", "Names", "display_name", "normalize_text"]

_GREEK = {
    letter: unicodedata.name(letter).split()[4 if "FINAL" in unicodedata.name(letter) else 3].lower()
    for letter in "αβγδεζηθικλμνξοπρσςτυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
}
_PLAIN_FORMS = str.maketrans(
    _GREEK
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u2032", "'")
    | dict.fromkeys("\u201c\u201d", '"')
)
_MAX_SYMBOL_LENGTH = 6  # letters of a name that only capitals distinguish from a word
# Beside a name, nothing may stand that makes it a piece of another word: TNF in "anti-TNF", IL-2 in "IL-2R".
_BEFORE = r"(?<!\w)(?<!\w-)"
_AFTER = r"(?![\w*+]|-\w|'(?!s\b)\w)"


def normalize_text(text: str) -> str:
    """The normal form of a text: on one line, dashes and quotes in plain forms, Greek letters by name."""
    return one_line(unicodedata.normalize("NFKC", one_line(text))).translate(_PLAIN_FORMS)


def display_name(entity: Entity) -> str:
    """An entity's name as claims and reasons show it."""
    return one_line(shown_name(entity.name))


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of an entity in a sentence, or a reference to one ("it", "the drug").

    Attributes:
        text: the words.
        ids: every entity of that name.
        kinds: their kinds.
        bare: whether the name reads like a sentence and lacks its quotation marks.
    """

    text: str
    ids: frozenset[str]
    kinds: frozenset[str]
    bare: bool = False


class Names:
    """The names of a set of entities, longest first.

    A name that `shown_name` puts in quotation marks matches with them and without.

    Args:
        entities: the entities; those with `synonyms` (a `Node`) match by these too.
        synonyms: further names by entity id.
    """

    def __init__(
        self, entities: Iterable[Entity], synonyms: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.originals: set[str] = set()
        self._exact: dict[str, dict[str, str]] = {}
        self._folded: dict[str, dict[str, str]] = {}
        self._bare: set[str] = set()
        for entity in entities:
            further_names = (*getattr(entity, "synonyms", ()), *(synonyms or {}).get(entity.id, ()))
            for name in (entity.name, *further_names):
                self._add(name, entity)
        by_length = sorted({*self._exact, *self._folded}, key=lambda name: (-len(name), name))
        alternatives = [
            re.escape(name) if name in self._exact else f"(?i:{re.escape(name)})" for name in by_length
        ]
        self._pattern = re.compile(f"{_BEFORE}(?:{'|'.join(alternatives)}){_AFTER}") if by_length else None

    def _add(self, name: str, entity: Entity) -> None:
        shown = shown_name(name)
        for form in {name, shown}:
            if line := normalize_text(form):
                # Gene symbols such as WAS, SET or IMPACT are names only in capitals.
                exact = len(line) <= _MAX_SYMBOL_LENGTH and line == line.upper()
                table = self._exact if exact else self._folded
                table.setdefault(line if exact else line.casefold(), {})[entity.id] = entity.kind
                self.originals.add(form)
        if shown.startswith("\u201c"):
            self._bare.add(normalize_text(name).casefold())

    def split(self, text: str) -> list[str | Mention]:
        """The normal form of `text`, split into mentions and the stretches of text between them."""
        line = normalize_text(text)
        parts: list[str | Mention] = []
        position = 0
        for match in self._pattern.finditer(line) if self._pattern else ():
            folded = match[0].casefold()
            entities = self._exact.get(match[0]) or self._folded.get(folded)
            if entities is None:  # letters that `re` matches without case and `casefold` leaves different
                continue
            parts += [line[position : match.start()]]
            parts += [
                Mention(
                    match[0], frozenset(entities), frozenset(entities.values()), bare=folded in self._bare
                )
            ]
            position = match.end()
        return [part for part in (*parts, line[position:]) if isinstance(part, Mention) or part.strip()]
