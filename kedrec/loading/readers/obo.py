"""Parser of OBO files: stanzas and their clauses, with line numbers.

A clause is one line (OBO flat file format 1.2 and 1.4), so a faulty clause costs one line: the terms that it
refers to needn't be declared, and nothing is downloaded. OBO libraries check the complete file, reject it for
one faulty clause, and give no line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "Clause",
    "Stanza",
    "after_identifier",
    "identifier",
    "quoted_text",
    "read_stanzas",
    "unquoted_text",
]

_HEADING = re.compile(r"\[\s*(\w+)\s*\]\s*(?:!.*)?")
_CLAUSE = re.compile(r"([A-Za-z][\w.-]*)\s*:\s*(.*)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "W": " "}
_COMMENT = re.compile(r"(?:^|\s)!.*")
_QUALIFIERS = re.compile(r'(?<!\\)\{\s*\w+\s*=\s*"(?:[^"\\]|\\.)*"[^{}]*\}\s*(?:!.*)?$')
"""Trailing qualifiers of a clause: `{source="MONDO:equivalentTo"}`."""


class Clause(NamedTuple):
    """A line of a stanza: its number from 1, its tag, and the raw text after the colon."""

    line: int
    tag: str
    value: str


@dataclass(slots=True)
class Stanza:
    """A section of the file.

    Attributes:
        kind: `Term`, `Typedef`, `Instance`, or "" for the header.
        line: line of its heading, from 1.
        clauses: its clauses, in order.
        unread: number and text of lines that aren't clauses.
        unended: the clause on the file's last line, if that line has no end.
    """

    kind: str
    line: int
    clauses: list[Clause] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    unended: Clause | None = None


def read_stanzas(lines: Iterable[str], *, ended: bool = True) -> Iterator[Stanza]:
    """Yields the stanzas of a file, the header first.

    Args:
        lines: the file's lines.
        ended: whether its last line has an end. Without one the file may be half a download, and what is
            before the cut of `is_a: DOID:14566` is the id of another term: the clause is set apart.
    """
    stanza = Stanza("", 1)
    number = 0
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
    if not ended and stanza.clauses and stanza.clauses[-1].line == number:
        stanza.unended = stanza.clauses.pop()
    yield stanza


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text) if "\\" in text else text


def identifier(value: str) -> str:
    """Id at the beginning of a value; "" if there is none."""
    word = value.split(maxsplit=1)[0] if value.strip() else ""
    return "" if word.startswith(("!", "{")) else _unescaped(word)


def after_identifier(value: str) -> str:
    """Text after the id at the beginning of a value: its description and qualifiers."""
    parts = value.split(maxsplit=1)
    return parts[1] if len(parts) > 1 else ""


def quoted_text(value: str) -> tuple[str, str] | None:
    """Splits a value into the quoted text at its beginning and the text after it; None without quotes."""
    match = _QUOTED.match(value)
    return (_unescaped(match[1]), value[match.end() :].strip()) if match else None


def unquoted_text(value: str) -> str:
    """Unquoted value (a name) without qualifiers and comment."""
    return _unescaped(_COMMENT.sub("", _QUALIFIERS.sub("", value), count=1)).strip()
