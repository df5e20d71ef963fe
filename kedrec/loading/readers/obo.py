"""Takes an OBO file apart: its stanzas, and their clauses with the lines that they stand on.

A clause stands on a line of its own (OBO flat file format 1.2 and 1.4), so one that breaks a rule is one
line: what it refers to needn't be declared, and nothing is ever fetched for it. Libraries that read OBO check
the whole file, refuse it for one clause, and keep no line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Clause", "Stanza", "identifier", "quoted_text", "read_stanzas", "rest_of", "unquoted_text"]

_HEADING = re.compile(r"\[\s*(\w+)\s*\]\s*(?:!.*)?")
_CLAUSE = re.compile(r"([A-Za-z][\w.-]*)\s*:\s*(.*)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "W": " "}
_COMMENT = re.compile(r"(?:^|\s)!.*")
_QUALIFIERS = re.compile(r'(?<!\\)\{\s*\w+\s*=\s*"(?:[^"\\]|\\.)*"[^{}]*\}\s*(?:!.*)?$')
"""What a clause is marked with, at its end: `{source="MONDO:equivalentTo"}`."""


class Clause(NamedTuple):
    """A line of a stanza: its number from 1, its tag, and what follows the colon, as it is written."""

    line: int
    tag: str
    value: str


@dataclass(slots=True)
class Stanza:
    """A part of the file.

    Attributes:
        kind: `Term`, `Typedef`, `Instance`, or "" of the header.
        line: of its heading, from 1.
        clauses: in their order.
        unread: lines that are no clauses: number and text.
    """

    kind: str
    line: int
    clauses: list[Clause] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)


def read_stanzas(lines: Iterable[str]) -> Iterator[Stanza]:
    """The stanzas of a file, its header first."""
    stanza = Stanza("", 1)
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("!"):
            continue
        if heading := _HEADING.fullmatch(text):
            yield stanza
            stanza = Stanza(heading[1], number)
        elif clause := _CLAUSE.fullmatch(text):
            stanza.clauses.append(Clause(number, clause[1], clause[2]))
        else:
            stanza.unread.append((number, text))
    yield stanza


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text) if "\\" in text else text


def identifier(value: str) -> str:
    """The id that a value begins with; "" where there is none."""
    word = value.split(maxsplit=1)[0] if value.strip() else ""
    return "" if word.startswith(("!", "{")) else _unescaped(word)


def rest_of(value: str) -> str:
    """What follows the id that a value begins with: its description and what it is marked with."""
    parts = value.split(maxsplit=1)
    return parts[1] if len(parts) > 1 else ""


def quoted_text(value: str) -> tuple[str, str] | None:
    """The text in quotes that a value begins with, and what follows it; None where there is none."""
    found = _QUOTED.match(value)
    return (_unescaped(found[1]), value[found.end() :].strip()) if found else None


def unquoted_text(value: str) -> str:
    """A value without quotes (a name), without what it is marked with and its comment."""
    return _unescaped(_COMMENT.sub("", _QUALIFIERS.sub("", value), count=1)).strip()
