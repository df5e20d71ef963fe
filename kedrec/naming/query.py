"""Validates a name query, and formats it for error messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kedrec.errors import UsageError
from kedrec.loading.readers.curies import curie_of
from kedrec.schema import load_schema

__all__ = ["MAX_LENGTH", "check_kinds", "check_text", "noun_of", "parse_curie", "quote_query", "with_article"]

MAX_LENGTH = 1000
"""Maximum length of a query, in characters; the longest names of real graphs have about 500."""
_MAX_QUOTED = 80  # characters of a text repeated in a message

_CURIE = re.compile(r"^([A-Za-z][A-Za-z0-9.]*)[:_]\s?([^\s:][^\s]*)$")


def parse_curie(text: str) -> str:
    """The text as a CURIE in capitals with the schema's prefix (doid_2377: DOID:2377), else "".

    Ids are read as they are in tables; of a vocabulary that the schema doesn't know, the prefix stays.
    """
    curie = _CURIE.match(curie_of(text))
    return f"{curie[1]}:{curie[2]}".upper() if curie else ""


def check_text(text: str) -> str:
    """Puts a query on one line, composed (NFC), without invisible characters.

    Raises:
        UsageError: it is empty, longer than `MAX_LENGTH`, or contains a control character or half a one.
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


def check_kinds(kinds: Sequence[str] | None) -> list[str]:
    """Turns names or nouns of kinds, in any case, into their names in the schema; None: all kinds.

    Raises:
        UsageError: one isn't a kind, or there is none.
    """
    kinds_by_name = load_schema().kinds
    if kinds is None:
        return list(kinds_by_name)
    by_word = {word.casefold(): name for name, kind in kinds_by_name.items() for word in (name, kind.noun)}
    unknown = [kind for kind in kinds if kind.casefold() not in by_word]
    if unknown or not kinds:
        raise UsageError(
            f"{quote_query(' '.join(unknown))} is no kind of the graph.",
            f"Kinds are: {', '.join(kinds_by_name)}.",
        )
    return list(dict.fromkeys(by_word[kind.casefold()] for kind in kinds))


def noun_of(kind: str | None) -> str:
    """The noun of a kind for messages; `entity` for any kind (None)."""
    kinds_by_name = load_schema().kinds
    return kinds_by_name[kind].noun if kind in kinds_by_name else "entity"


def with_article(noun: str) -> str:
    """A noun with its indefinite article: `a drug`, `an organism`."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def quote_query(text: str) -> str:
    """A text in quotes, cut after 80 characters."""
    return f"'{text}'" if len(text) <= _MAX_QUOTED else f"'{text[:_MAX_QUOTED]}...'"
