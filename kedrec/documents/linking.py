"""Finds the drugs and diseases of a graph in a text: the longest name at each place, in any common writing.

Names and texts pass through the same forms as `kedrec.naming` uses (case, Greek, British, plural), so that
a text names what `kedrec search` would find. Everyday words and symbols need their own writing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self

from kedrec.naming.normalize import forms, single

if TYPE_CHECKING:
    from kedrec.stores import GraphStore

__all__ = ["LINKED", "Linker"]

LINKED = ("Drug", "Disease")
"""Kinds that are looked for in texts."""
_LONGEST = 8  # words of a name
_SYMBOL = 5  # letters up to which a name in capitals must stand in capitals
_SHARED = 3  # entities that one name may stand for
# Names of drugs and diseases that as plain words mean something else far more often than not.
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
    """The names of one graph's drugs and diseases, ready to be found in texts."""

    def __init__(self, names: Iterator[tuple[str, str, bool]] | list[tuple[str, str, bool]]) -> None:
        """Takes (entity's id, name, whether it is the preferred one)."""
        found: dict[tuple[str, ...], dict[str, tuple[bool, str]]] = {}
        given = sorted(names)
        for id_, name, preferred in given:
            words = tuple(_SINGLES[token] for token in _tokens(name))
            if not words or len(words) > _LONGEST or not _usable(words, name):
                continue
            held = found.setdefault(words, {})
            held[id_] = (preferred or held.get(id_, (False, ""))[0], _symbol(name))
        self._names = {words: entry for words, ids in found.items() if (entry := _entry(ids))}
        self._starts = _Starts(self._names)
        self.digest = _digest(given)
        """Stands for the names: an index linked with other names has another."""

    @staticmethod
    def digest_of(store: GraphStore) -> str:
        """The digest of a graph's linker, without making one (about 0.05 s for 100,000 names)."""
        return _digest(_names(store))

    @classmethod
    def open(cls, store: GraphStore) -> Self:
        """The linker of a graph (about 2 s for 100,000 names).

        Raises:
            StoreError: the graph can't be read.
        """
        return cls(_names(store))

    @property
    def names(self) -> int:
        """How many different names are looked for."""
        return len(self._names)

    def find(self, text: str) -> list[str]:
        """The ids of the entities that a text names, in the order of their first mention."""
        tokens = _tokens(text)
        starts, names = self._starts, self._names
        found: dict[str, None] = {}
        behind = 0
        for place in [at for at, token in enumerate(tokens) if starts[token]]:
            if place < behind:
                continue  # inside a longer name
            seconds = starts[tokens[place]]
            second = _SINGLES[tokens[place + 1]] if place + 1 < len(tokens) else ""
            for length in seconds.get(second) or seconds.get("", ()):
                words = tuple(map(_SINGLES.__getitem__, tokens[place : place + length]))
                entry = names.get(words)
                if entry is None:
                    continue
                ids, symbol = entry
                if symbol and not _written(symbol, text):
                    continue
                found.update(dict.fromkeys(ids))
                behind = place + length
                break
        return list(found)


def _written(symbol: str, text: str) -> bool:
    """Whether a symbol stands in a text as it is, with no letter or digit beside it."""
    return symbol in text and bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(symbol)}(?![A-Za-z0-9])", text))


def _digest(names: Iterable[tuple[str, str, bool]]) -> str:
    seen = hashlib.sha256()
    for id_, name, _ in sorted(names):
        seen.update(f"{id_}\t{name}\n".encode())
    return seen.hexdigest()[:16]


_KEPT = 1 << 18
"""Tokens that a table remembers: texts are long, and their words few."""


class _Singles(dict[str, str]):
    """A token in the singular and in American spelling, a roman numeral as a number, as `forms` has it."""

    def __missing__(self, token: str) -> str:
        found = single(token)
        if len(self) < _KEPT:
            self[token] = found
        return found


class _Starts(dict[str, dict[str, tuple[int, ...]]]):
    """How many words the names have that begin with a token, most first, by their second word; "": none.

    Most tokens begin no name, and of those that do, most (`the`, `a`, `for`) have another word behind them.
    """

    def __init__(self, names: Iterable[tuple[str, ...]]) -> None:
        super().__init__()
        found: dict[str, dict[str, set[int]]] = {}
        for first, *others in names:
            seconds = found.setdefault(first, {})
            seconds.setdefault(others[0] if others else "", set()).add(1 + len(others))
        for seconds in found.values():
            if "" in seconds:
                for lengths in seconds.values():
                    lengths.add(1)
        self._of_words = {
            first: {second: tuple(sorted(lengths, reverse=True)) for second, lengths in seconds.items()}
            for first, seconds in found.items()
        }

    def __missing__(self, token: str) -> dict[str, tuple[int, ...]]:
        found = self._of_words.get(_SINGLES[token], {})
        if len(self) < _KEPT:
            self[token] = found
        return found


class _Characters(dict[str, str]):
    """What a character beyond ASCII becomes: a Greek letter its name, an accented one its base."""

    def __missing__(self, character: str) -> str:
        found = self[character] = forms(f"q{character}q").spelled[1:-1]
        return found


_SINGLES, _CHARACTERS = _Singles(), _Characters()
# What is no letter or digit parts tokens: blanked by a table, they are found far faster than by a pattern.
_BLANKED = bytes(code if chr(code) in "abcdefghijklmnopqrstuvwxyz0123456789" else 32 for code in range(256))
_BEYOND = re.compile(r"[^\x00-\x7f]")
_POSSESSIVE = re.compile(r"'(?:s\b)?")
_NUMBERED = re.compile(
    r"\b(bipolar|class|factor|grade|group|phase|stage|subtype|type|vitamin)([ -])(i|v|x)\b"
)
# One character class in front is looked for far faster than a word boundary and eleven words.
_MAYBE_NUMBERED = re.compile(r"[ -][ivx]\b")
_DIGITS = {"i": "1", "v": "5", "x": "10"}


def _tokens(text: str) -> list[str]:
    """The words of a text, whose singulars are `forms(text).words`."""
    plain = text.lower().replace("&", " and ").replace("+", " plus ")
    if not plain.isascii():
        plain = _BEYOND.sub(lambda found: _CHARACTERS[found[0]], plain)
    if "'" in plain:
        plain = _POSSESSIVE.sub("", plain)
    if _MAYBE_NUMBERED.search(plain):
        plain = _NUMBERED.sub(lambda found: f"{found[1]} {_DIGITS[found[3]]}", plain)
    return plain.encode("ascii", "replace").translate(_BLANKED).decode("ascii").split()


def _names(store: GraphStore) -> Iterator[tuple[str, str, bool]]:
    held = store.fingerprint().nodes
    for kind in LINKED:
        if not held.get(kind):
            continue
        for batch in store.nodes(kind, ["id", "name", "synonyms"]).to_batches(max_chunksize=5000):
            columns = (batch.column(name).to_pylist() for name in ("id", "name", "synonyms"))
            for id_, name, synonyms in zip(*columns, strict=True):
                yield id_, name, True
                for synonym in synonyms or ():
                    yield id_, synonym, False


def _usable(words: tuple[str, ...], name: str) -> bool:
    """Whether a name can be told from everyday words and numbers."""
    letters = sum(character.isalpha() for character in name)
    return letters >= 3 and not (len(words) == 1 and words[0] in _EVERYDAY)


def _symbol(name: str) -> str:
    """A short name in capitals (`ALS`), which must stand so in a text; "" for any other."""
    return name if len(name) <= _SYMBOL and _CAPITALS.fullmatch(name) else ""


def _entry(ids: dict[str, tuple[bool, str]]) -> tuple[tuple[str, ...], str] | None:
    """What a name stands for: whose own name it is, else a few whose synonym; and its symbol."""
    own = [id_ for id_, (preferred, _) in ids.items() if preferred]
    chosen = own or (list(ids) if len(ids) <= _SHARED else [])
    symbols = {ids[id_][1] for id_ in chosen}
    return (tuple(chosen), symbols.pop() if len(symbols) == 1 else "") if chosen else None
