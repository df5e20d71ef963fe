"""Walks a grammar of finitely many texts, word by word.

Most of a text by such a grammar is forced: once a path is begun, the names and links that follow are its own.
A word here is what stands between two blanks, with the blank before it, over which no token reaches.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["END", "FiniteGrammar", "Position"]

END = ""
"""The word that stands for the end of the text."""

_WORD = re.compile(r"\s*\S+(?=\s)")
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<rule>[A-Za-z][\w-]*)(?P<is>\s*::=)?|(?P<sign>[()|?]))'
)


@dataclass(frozen=True, eq=False, slots=True)
class _Choice:
    """Alternatives, each a sequence of parts."""

    options: tuple[tuple[_Part, ...], ...]


@dataclass(frozen=True, eq=False, slots=True)
class _Rule:
    """A reference to a rule."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class _Rest:
    """A part that is still to come, and what comes after it."""

    part: _Part
    after: _Rest | None


_Part: TypeAlias = "str | _Choice | _Rule"


class _OtherFormError(Exception):
    """The grammar has infinitely many texts, or a form that isn't parsed here."""


@dataclass(frozen=True, slots=True)
class FiniteGrammar:
    """A GBNF of literals, rules, groups, alternatives and options, none of which recurs.

    Attributes:
        rules: what each rule stands for.
    """

    rules: Mapping[str, _Choice]

    @classmethod
    def parse(cls, text: str) -> FiniteGrammar | None:
        """Parses GBNF; None where it has character classes, repetitions or recursion, or isn't valid."""
        try:
            rules = _Parser(text).rules()
        except _OtherFormError:
            return None
        return cls(rules) if "root" in rules and not _recurs(rules) else None

    @property
    def start(self) -> Position:
        """The position before the first word."""
        return Position(self, (("", _Rest(_Rule("root"), None)),))


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the texts of a grammar.

    Attributes:
        grammar: the grammar.
        ways: the ways to go on: literal text that comes next, and what comes after it.
    """

    grammar: FiniteGrammar
    ways: tuple[tuple[str, _Rest | None], ...]

    def words(self) -> dict[str, Position]:
        """The words that may come next, each with the position after it; `END` where the text may end."""
        found: dict[str, list[tuple[str, _Rest | None]]] = {}
        open_ways = deque(self.ways)
        while open_ways:
            text, rest = open_ways.popleft()
            word = _WORD.match(text)
            if word:
                found.setdefault(word[0], []).append((text[word.end() :], rest))
            elif rest is None:
                found.setdefault(text, []).append(("", None))
            elif isinstance(rest.part, str):
                open_ways.appendleft((text + rest.part, rest.after))
            else:
                choice = self.grammar.rules[rest.part.name] if isinstance(rest.part, _Rule) else rest.part
                open_ways.extendleft(
                    (text, _with_parts(option, rest.after)) for option in reversed(choice.options)
                )
        return {word: Position(self.grammar, tuple(ways)) for word, ways in found.items()}


def _with_parts(parts: tuple[_Part, ...], after: _Rest | None) -> _Rest | None:
    for part in reversed(parts):
        after = _Rest(part, after)
    return after


class _Parser:
    """Parses GBNF by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0

    def rules(self) -> dict[str, _Choice]:
        """All rules by name."""
        rules = {}
        while self._at < len(self._text):
            match = self._next()
            if not match["is"]:
                raise _OtherFormError
            rules[match["rule"]] = self._choice()
        named = {part.name for rule in rules.values() for part in _parts(rule) if isinstance(part, _Rule)}
        if not named <= rules.keys():
            raise _OtherFormError
        return rules

    def _choice(self) -> _Choice:
        options = [self._sequence()]
        while self._sign("|"):
            options.append(self._sequence())
        return _Choice(tuple(options))

    def _sequence(self) -> tuple[_Part, ...]:
        parts: list[_Part] = []
        while self._at < len(self._text):
            before = self._at
            match = self._next()
            if match["is"] or (match["sign"] and match["sign"] in ")|"):
                self._at = before
                break
            if match["sign"] == "?":
                if not parts:
                    raise _OtherFormError
                parts[-1] = _Choice(((parts[-1],), ()))
            elif match["sign"]:
                parts.append(self._choice())
                if not self._sign(")"):
                    raise _OtherFormError
            else:
                parts.append(json.loads(match["text"]) if match["text"] else _Rule(match["rule"]))
        return tuple(parts)

    def _sign(self, sign: str) -> bool:
        """Consumes a sign if it is next."""
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["sign"] != sign:
            return False
        self._at = match.end()
        return True

    def _next(self) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise _OtherFormError
        self._at = match.end()
        return match


def _parts(choice: _Choice) -> Iterable[_Part]:
    """All parts of a rule, those in groups too."""
    for option in choice.options:
        for part in option:
            yield part
            if isinstance(part, _Choice):
                yield from _parts(part)


def _recurs(rules: Mapping[str, _Choice]) -> bool:
    """True if a rule leads to itself."""
    uses = {
        name: {part.name for part in _parts(rule) if isinstance(part, _Rule)} for name, rule in rules.items()
    }
    while uses:
        leaves = {name for name, used in uses.items() if not used & uses.keys()}
        if not leaves:
            return True
        uses = {name: used for name, used in uses.items() if name not in leaves}
    return False
