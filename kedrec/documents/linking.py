"""Finds a graph's drugs and diseases in a text: the longest name at each position, in any common spelling.

Names and texts are normalized as in `kedrec.naming` (case, Greek letters, British spelling, plural), so that
a text names what `kedrec search` would find. Everyday words are ignored; symbols must stand as written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self

from kedrec.naming.normalize import normal_forms, token_form

if TYPE_CHECKING:
    from kedrec.stores import GraphStore

__all__ = ["LINKED_KINDS", "Linker"]

LINKED_KINDS = ("Drug", "Disease")
"""Kinds of entities that texts are linked with."""
_LONGEST = 8  # words of a name
_SYMBOL = 5  # letters up to which a name in capitals must stand in capitals
_MOST_ENTITIES = 3  # of one synonym; a more ambiguous one is ignored
# Names of drugs and diseases that in most texts are ordinary words.
_EVERYDAY = frozenset(
    [
        "air",
        "alcohol",
        "all",
        "an",
        "and",
        "balance",
        "base",
        "can",
        "cat",
        "combination",
        "control",
        "disease",
        "disorder",
        "drug",
        "effect",
        "gas",
        "gold",
        "group",
        "impact",
        "iron",
        "lead",
        "light",
        "met",
        "mild",
        "more",
        "null",
        "other",
        "patient",
        "pain",
        "placebo",
        "plan",
        "prevention",
        "product",
        "program",
        "result",
        "set",
        "severe",
        "syndrome",
        "tissue",
        "treatment",
        "water",
        "who",
        "response",
        "safe",
        "rest",
        "stress",
        "injury",
        "infection",
    ]
)
_CAPITALS = re.compile(r"[A-Z0-9][A-Z0-9-]*")


class Linker:
    """Finder of one graph's drug and disease names in texts."""

    def __init__(self, names: Iterator[tuple[str, str, bool]] | list[tuple[str, str, bool]]) -> None:
        """Indexes names, each an entity's id, a name, and True for the preferred name."""
        by_words: dict[tuple[str, ...], dict[str, tuple[bool, str]]] = {}
        entries = sorted(names)
        for id_, name, preferred in entries:
            words = tuple(_SINGLES[token] for token in _tokens(name))
            if not words or len(words) > _LONGEST or not _is_usable(words, name):
                continue
            ids = by_words.setdefault(words, {})
            ids[id_] = (preferred or ids.get(id_, (False, ""))[0], _symbol(name))
        self._names = {words: entry for words, ids in by_words.items() if (entry := _entry(ids))}
        self._starts = _Starts(self._names)
        self.digest = _digest(entries)
        """Identifies the names that texts were linked with."""

    @staticmethod
    def digest_of(store: GraphStore) -> str:
        """Computes the digest of a graph's linker without building it (about 0.05 s for 100,000 names)."""
        return _digest(_read_names(store))

    @classmethod
    def open(cls, store: GraphStore) -> Self:
        """Builds the linker of a graph (about 2 s for 100,000 names).

        Raises:
            StoreError: the graph can't be read.
        """
        return cls(_read_names(store))

    @property
    def names(self) -> int:
        """Number of different normalized names."""
        return len(self._names)

    def find(self, text: str) -> list[str]:
        """Returns the ids of the entities that a text names, in the order of their first mention."""
        tokens = _tokens(text)
        starts, names = self._starts, self._names
        mentions: dict[str, None] = {}
        end = 0
        for position in [index for index, token in enumerate(tokens) if starts[token]]:
            if position < end:
                continue  # inside a longer name
            seconds = starts[tokens[position]]
            second = _SINGLES[tokens[position + 1]] if position + 1 < len(tokens) else ""
            for length in seconds.get(second) or seconds.get("", ()):
                words = tuple(map(_SINGLES.__getitem__, tokens[position : position + length]))
                entry = names.get(words)
                if entry is None:
                    continue
                ids, symbol = entry
                if symbol and not _contains_symbol(symbol, text):
                    continue
                mentions.update(dict.fromkeys(ids))
                end = position + length
                break
        return list(mentions)


def _contains_symbol(symbol: str, text: str) -> bool:
    """True where a symbol stands in a text as written, with no letter or digit beside it."""
    return symbol in text and bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(symbol)}(?![A-Za-z0-9])", text))


def _digest(names: Iterable[tuple[str, str, bool]]) -> str:
    digest = hashlib.sha256()
    for id_, name, _ in sorted(names):
        digest.update(f"{id_}\t{name}\n".encode())
    return digest.hexdigest()[:16]


_CACHED_TOKENS = 1 << 18
"""Tokens that each of the tables below caches: texts are long, and their different words few."""


class _Singles(dict[str, str]):
    """Cache of tokens' forms as in `normal_forms`: singular, American spelling, numerals as digits."""

    def __missing__(self, token: str) -> str:
        normal = token_form(token)
        if len(self) < _CACHED_TOKENS:
            self[token] = normal
        return normal


class _Starts(dict[str, dict[str, tuple[int, ...]]]):
    """Lengths in words, longest first, of the names that begin with a token, by their second word ("": none).

    Most tokens begin no name; most that do (`the`, `a`, `for`) are followed by a word that continues none.
    """

    def __init__(self, names: Iterable[tuple[str, ...]]) -> None:
        super().__init__()
        by_first: dict[str, dict[str, set[int]]] = {}
        for first, *tail in names:
            seconds = by_first.setdefault(first, {})
            seconds.setdefault(tail[0] if tail else "", set()).add(1 + len(tail))
        for seconds in by_first.values():
            if "" in seconds:
                for lengths in seconds.values():
                    lengths.add(1)
        self._of_words = {
            first: {second: tuple(sorted(lengths, reverse=True)) for second, lengths in seconds.items()}
            for first, seconds in by_first.items()
        }

    def __missing__(self, token: str) -> dict[str, tuple[int, ...]]:
        seconds = self._of_words.get(_SINGLES[token], {})
        if len(self) < _CACHED_TOKENS:
            self[token] = seconds
        return seconds


class _Characters(dict[str, str]):
    """Cache of transliterations: a Greek letter becomes its name, an accented letter its base."""

    def __missing__(self, character: str) -> str:
        spelled = self[character] = normal_forms(f"q{character}q").spelled[1:-1]
        return spelled


_SINGLES, _CHARACTERS = _Singles(), _Characters()
# Translating separators to blanks by a table is far faster than splitting by a pattern.
_SEPARATORS_TO_BLANKS = bytes(
    code if chr(code) in "abcdefghijklmnopqrstuvwxyz0123456789" else 32 for code in range(256)
)
_BEYOND = re.compile(r"[^\x00-\x7f]")
_POSSESSIVE = re.compile(r"'(?:s\b)?")
_NUMBERED = re.compile(
    r"\b(bipolar|class|factor|grade|group|phase|stage|subtype|type|vitamin)([ -])(i|v|x)\b"
)
# A pattern that begins with a character class is searched far faster than one with eleven words.
_MAYBE_NUMBERED = re.compile(r"[ -][ivx]\b")
_DIGITS = {"i": "1", "v": "5", "x": "10"}


def _tokens(text: str) -> list[str]:
    """Splits a text into words; their singulars are `forms(text).words`."""
    plain = text.lower().replace("&", " and ").replace("+", " plus ")
    if not plain.isascii():
        plain = _BEYOND.sub(lambda match: _CHARACTERS[match[0]], plain)
    if "'" in plain:
        plain = _POSSESSIVE.sub("", plain)
    if _MAYBE_NUMBERED.search(plain):
        plain = _NUMBERED.sub(lambda match: f"{match[1]} {_DIGITS[match[3]]}", plain)
    return plain.encode("ascii", "replace").translate(_SEPARATORS_TO_BLANKS).decode("ascii").split()


def _read_names(store: GraphStore) -> Iterator[tuple[str, str, bool]]:
    counts = store.fingerprint().nodes
    for kind in LINKED_KINDS:
        if not counts.get(kind):
            continue
        for batch in store.nodes(kind, ["id", "name", "synonyms"]).to_batches(max_chunksize=5000):
            columns = (batch.column(name).to_pylist() for name in ("id", "name", "synonyms"))
            for id_, name, synonyms in zip(*columns, strict=True):
                yield id_, name, True
                for synonym in synonyms or ():
                    yield id_, synonym, False


def _is_usable(words: tuple[str, ...], name: str) -> bool:
    """True for a name that is distinct from everyday words and numbers."""
    letters = sum(character.isalpha() for character in name)
    return letters >= 3 and not (len(words) == 1 and words[0] in _EVERYDAY)


def _symbol(name: str) -> str:
    """Returns a short name in capitals (`ALS`), which a text must spell alike; "" for any other name."""
    return name if len(name) <= _SYMBOL and _CAPITALS.fullmatch(name) else ""


def _entry(ids: dict[str, tuple[bool, str]]) -> tuple[tuple[str, ...], str] | None:
    """Returns the ids whose preferred name it is, else the few whose synonym it is; and its symbol."""
    preferred_ids = [id_ for id_, (preferred, _) in ids.items() if preferred]
    chosen = preferred_ids or (list(ids) if len(ids) <= _MOST_ENTITIES else [])
    symbols = {ids[id_][1] for id_ in chosen}
    return (tuple(chosen), symbols.pop() if len(symbols) == 1 else "") if chosen else None
