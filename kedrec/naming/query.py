"""What a caller asks for, checked, and how it is repeated in a message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kedrec.errors import UsageError
from kedrec.loading.readers.curies import curie_of
from kedrec.schema import load_schema

__all__ = ["MAX_LENGTH", "asked_curie", "asked_kinds", "asked_text", "noun_of", "quoted", "with_article"]

MAX_LENGTH = 1000
"""Longest text that is looked up, in characters; the longest names of real graphs have about 500."""
_SHOWN = 80  # characters of a text that a message repeats

_CURIE = re.compile(r"^([A-Za-z][A-Za-z0-9.]*)[:_]\s?([^\s:][^\s]*)$")


def asked_curie(text: str) -> str:
    """The CURIE that the text is, in capitals, with the schema's prefix (doid_2377: DOID:2377), else "".

    Ids are read as they are in tables; of a vocabulary that the schema doesn't know, the prefix stays.
    """
    curie = _CURIE.match(curie_of(text))
    return f"{curie[1]}:{curie[2]}".upper() if curie else ""


def asked_text(text: str) -> str:
    """The text on one line, composed (NFC), without invisible characters.

    Raises:
        UsageError: it is empty, longer than `MAX_LENGTH`, or holds a control character or half a character.
    """
    if len(text) > MAX_LENGTH:
        raise UsageError(
            f"The name has {len(text):,} characters.", f"A name may have up to {MAX_LENGTH:,}; give it alone."
        )
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and not character.isspace():
            raise UsageError(
                f"The name holds the character U+{ord(character):04X}, which no name has.",
                "Give it as plain text.",
            )
    line = " ".join(
        "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf").split()
    )
    if not line:
        raise UsageError("The name is empty.", "Give a name or an id.")
    return line


def asked_kinds(kinds: Sequence[str] | None) -> list[str]:
    """The kinds by their names in the schema, given as names or nouns in any case; None: all.

    Raises:
        UsageError: one isn't a kind, or there is none.
    """
    known = load_schema().kinds
    if kinds is None:
        return list(known)
    by_word = {word.casefold(): name for name, kind in known.items() for word in (name, kind.noun)}
    wrong = [kind for kind in kinds if kind.casefold() not in by_word]
    if wrong or not kinds:
        raise UsageError(
            f"{quoted(' '.join(wrong))} is no kind of the graph.", f"Kinds are: {', '.join(known)}."
        )
    return list(dict.fromkeys(by_word[kind.casefold()] for kind in kinds))


def noun_of(kind: str | None) -> str:
    """How a message calls a kind, or a node of any kind (None)."""
    known = load_schema().kinds
    return known[kind].noun if kind in known else "entity"


def with_article(noun: str) -> str:
    """`a drug`, `an organism`."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def quoted(text: str) -> str:
    """A text in quotes, cut where it is too long to repeat."""
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[:_SHOWN]}...'"
