"""Reads a claim as statements: who, says what, of whom.

A small grammar of English, enough for sentences made of the schema's wordings: chains ("A inhibits B,
which is associated with C"), lists, appositions ("B, a gene linked to C"), joined clauses, and the
verdict with its reasons ("A may help in C because it acts on B"). Every word must be accounted for:
a sentence with one word more than the grammar knows isn't read at all. Where English is ambiguous,
one reading is fixed: "which" means the name right before it, "and" without a comma goes on with the
subject of the clause it stands in, ", and" with the first subject of the sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from kedrec.grounding.english import (
    ARTICLES,
    BY,
    JOINS,
    LEADS,
    REASONS,
    REFERENCES,
    RELATIVE,
    THEREFORE,
    VIA,
    kind_nouns,
)
from kedrec.grounding.names import Mention
from kedrec.grounding.wording import HELPED_BY, HELPS, THROUGH, Form, Tense, phrase_table

__all__ = ["Statement", "UnreadableError", "parse"]

_STEPS = 4_000  # attempts before a sentence counts as unreadable; true ones need under a hundred
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing said.

    Attributes:
        subject, object: the entities as named.
        meanings: the schema phrases that the words may stand for (or `HELPS`, `HELPED_BY`, `THROUGH`).
        words: the words used.
    """

    subject: Mention
    meanings: frozenset[str]
    object: Mention
    words: str

    @property
    def verdict(self) -> bool:
        """Whether it is the hedged conclusion."""
        return bool(self.meanings & {HELPS, HELPED_BY})


class UnreadableError(Exception):  # an outcome, never an error that reaches a caller
    """The grammar can't read the sentence. `word` is the first word it has no use for."""

    def __init__(self, word: str | Mention) -> None:
        super().__init__(str(word))
        self.word = word


def parse(
    items: Sequence[str | Mention], *, drug: Mention | None, disease: Mention | None, it: Mention | None
) -> list[tuple[Statement, ...]]:
    """Every reading of a sentence as statements, likeliest first.

    Args:
        items: what `tokens` gives.
        drug, disease: what "the drug" and "the disease" mean; None where that isn't clear.
        it: what "it" means at the start; None where that isn't clear.

    Raises:
        UnreadableError: no reading accounts for every word.
    """
    if not items or len(items) > _LONGEST:
        raise UnreadableError("" if not items else items[0])
    reader = _Reader(items, drug, disease)
    readings = list(dict.fromkeys(reader.sentence(it)))
    if not readings:
        raise UnreadableError(items[min(reader.furthest, len(items) - 1)])
    return readings


class _TooTangledError(Exception):
    pass


_Onward: TypeAlias = "tuple[int, tuple[Statement, ...], Mention, Sequence[Mention]]"


class _Reader:
    """One sentence; every method yields (position after, result) for each way to read on."""

    def __init__(self, items: Sequence[str | Mention], drug: Mention | None, disease: Mention | None) -> None:
        self.items = items
        self.references = {"Drug": drug, "Disease": disease}
        self.main: Mention | None = None
        self.furthest = 0
        self.steps = 0

    def sentence(self, it: Mention | None) -> Iterator[tuple[Statement, ...]]:
        starts = [0, *(end for lead in LEADS for end in self._words(0, lead))]
        try:
            for start in starts:
                readings = (
                    *self._by_first(start, it),
                    *self._reason_first(start, it),
                    *self._clauses(start, it),
                )
                yield from (said for end, said in readings if end == len(self.items))
        except _TooTangledError:
            return

    # "By inhibiting B, A may help in C" and "Because A inhibits B, it may help in C"
    def _by_first(self, at: int, it: Mention | None) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        for start in self._words(at, ["by"]):
            for comma, phrase, objects in self._predicate(start, "gerund"):
                for then, chain in self._chain(comma, objects[-1]):
                    for clause in self._words(then, [","]):
                        for end, said in self._clauses(clause, it):
                            if said[0].verdict:
                                yield end, (*_said([said[0].subject], phrase, objects), *chain, *said)

    def _reason_first(self, at: int, it: Mention | None) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        for word in ("because", "since", "as"):
            for start in self._words(at, [word]):
                for comma, said in self._clause(start, it):
                    for clause in self._words(comma, [","]):
                        for end, verdict in self._clause(clause, said[0].subject):
                            if verdict[0].verdict:
                                yield end, (*said, *verdict)

    def _clauses(self, at: int, it: Mention | None) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        for end, said in self._clause(at, it):
            yield end, said
            first = said[0].subject
            for join in JOINS:
                for start in self._words(end, join):
                    for then, more in self._clauses(start, first):
                        yield then, (*said, *more)
            for join in THEREFORE:
                for start in self._words(end, join):
                    yield from (
                        (then, (*said, *more)) for then, more in self._clause(start, first) if more[0].verdict
                    )
            if said[0].verdict:
                for reason in REASONS:
                    for start in self._words(end, reason):
                        for then, more in self._clauses(start, first):
                            yield then, (*said, *more)

    def _clause(self, at: int, it: Mention | None) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        for verb, subjects in self._list(at, it):
            for start, aside in self._aside(verb, subjects):
                for end, phrase, objects in self._predicate(start, "finite"):
                    said = (*_said(subjects, phrase, objects), *aside)
                    for then, more in self._tail(
                        end, subjects[0], subjects[0], objects, verdict=said[0].verdict
                    ):
                        yield then, (*said, *more)

    # What may follow a clause: relative clauses, further predicates, the way a verdict comes about.
    def _tail(
        self, at: int, main: Mention, current: Mention, last: Sequence[Mention], *, verdict: bool
    ) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        yield at, ()
        onward = [*self._relatives(at, last), *self._further(at, main, current)]
        if verdict:
            onward += [*self._means(at, main), *self._ways(at, main)]
        for end, said, subject, objects in onward:
            again = subject is main and said[0].verdict
            for then, more in self._tail(end, main, subject, objects, verdict=again):
                yield then, (*said, *more)

    # ", which is linked to C"
    def _relatives(self, at: int, last: Sequence[Mention]) -> Iterator[_Onward]:
        for end, said, subject in self._relative(at, last):
            yield end, said, subject, [said[-1].object]

    # "and inhibits C": of the clause's subject; ", and inhibits C": of the sentence's
    def _further(self, at: int, main: Mention, current: Mention) -> Iterator[_Onward]:
        for words, subject in ((["and"], current), ([",", "and"], main), ([","], main)):
            for start in self._words(at, words):
                for end, forms, objects in self._predicate(start, "finite"):
                    # "A binds B, inhibits C" is no sentence, but a list that ends in "and D" is.
                    if words != [","] or self._at(end, ["and"], [",", "and"]):
                        yield end, _said([subject], forms, objects), subject, objects

    # "by inhibiting B"
    def _means(self, at: int, main: Mention) -> Iterator[_Onward]:
        for by in BY:
            for start in self._words(at, by):
                for end, forms, objects in self._predicate(start, "gerund"):
                    yield end, _said([main], forms, objects), main, objects

    # "through B"
    def _ways(self, at: int, main: Mention) -> Iterator[_Onward]:
        for via in VIA:
            for start in self._words(at, via):
                for end, nodes in self._list(start, None):
                    yield end, _said([main], frozenset({Form("finite", THROUGH)}), nodes), main, nodes

    def _chain(self, at: int, last: Mention) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        yield at, ()
        for end, said, _ in self._relative(at, [last]):
            for then, more in self._chain(end, said[-1].object):
                yield then, (*said, *more)

    # ", which ...", ", a gene that ...", ", linked to ..."
    def _relative(
        self, at: int, last: Sequence[Mention]
    ) -> Iterator[tuple[int, tuple[Statement, ...], Mention]]:
        for start in (at, *self._words(at, [","])):
            for then, forms, objects in self._predicate(start, "reduced"):
                yield then, _said(last[-1:], forms, objects), last[-1]
            for opening in (start, *self._words(start, ["and"])):
                yield from self._which(opening, last)
                for end in self._apposition(opening, last[-1]):
                    yield from self._which(end, last[-1:])
                    for then, forms, objects in self._predicate(end, "reduced"):
                        yield then, _said(last[-1:], forms, objects), last[-1]

    def _which(
        self, at: int, last: Sequence[Mention]
    ) -> Iterator[tuple[int, tuple[Statement, ...], Mention]]:
        for relative in RELATIVE:
            for verb in self._words(at, [relative]):
                for then, forms, objects in self._predicate(verb, "finite"):
                    # "B and C, which are ..." means both; "which is ...", C.
                    who = last if any(form.plural for form in forms) else last[-1:]
                    yield then, _said(who, forms, objects), who[0]

    # "A, an inhibitor of B," before the verb
    def _aside(self, at: int, subjects: Sequence[Mention]) -> Iterator[tuple[int, tuple[Statement, ...]]]:
        yield at, ()
        for start in self._words(at, [","]):
            for end, said, _ in self._relative(start, subjects[-1:]):
                for then, more in self._chain(end, said[-1].object):
                    for verb in self._words(then, [","]):
                        yield verb, (*said, *more)

    def _apposition(self, at: int, subject: Mention) -> Iterator[int]:
        if at < len(self.items) and self.items[at] in ARTICLES:
            for noun, kinds in kind_nouns().items():
                if kinds & subject.kinds:
                    yield from self._words(at + 1, noun)

    def _predicate(self, at: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        table = phrase_table()
        for length in range(min(8, len(self.items) - at), 0, -1):
            words = tuple(item for item in self.items[at : at + length] if isinstance(item, str))
            forms = frozenset(form for form in table.get(words, ()) if form.tense == tense)
            if len(words) == length and forms:
                self.furthest = max(self.furthest, at + length)
                for end, objects in self._list(at + length, None):
                    yield end, forms, objects

    def _list(self, at: int, it: Mention | None) -> Iterator[tuple[int, list[Mention]]]:
        starts = [at, *self._words(at, ["both"])]
        for start in starts:
            for end, first in self._name(start, it):
                yield from self._more(end, [first])

    def _more(self, at: int, found: list[Mention]) -> Iterator[tuple[int, list[Mention]]]:
        yield at, found
        for join in (["and"], [",", "and"], [","]):
            for start in self._words(at, join):
                for end, name in self._name(start, None):
                    for then, names in self._more(end, [*found, name]):
                        # Commas alone make no list.
                        if join != [","] or len(names) > len(found) + 1:
                            yield then, names

    def _name(self, at: int, it: Mention | None) -> Iterator[tuple[int, Mention]]:
        self._count()
        if it is not None:
            yield from ((end, it) for end in self._words(at, ["it"]))
        for kind, words in REFERENCES.items():
            if meant := self._meant(at, kind):
                nouns = [noun for noun, kinds in kind_nouns().items() if kind in kinds]
                for word, noun in product(words, nouns):
                    yield from ((end, meant) for end in self._words(at, [word, *noun]))
        starts = [at]
        if at < len(self.items) and self.items[at] in {"the", "a", "an"}:
            starts.append(at + 1)
        for start in starts:
            yield from self._named(start)
            for noun, kinds in kind_nouns().items():
                for begin in self._words(start, noun):
                    yield from ((end, name) for end, name in self._named(begin) if kinds & name.kinds)

    def _meant(self, at: int, kind: str) -> Mention | None:
        """What "the drug" means here; None where another one was named before it in the sentence."""
        meant = self.references[kind]
        named = [item for item in self.items[:at] if isinstance(item, Mention) and kind in item.kinds]
        return meant if meant and all(item.ids == meant.ids for item in named) else None

    def _named(self, at: int) -> Iterator[tuple[int, Mention]]:
        if at < len(self.items) and isinstance(found := self.items[at], Mention):
            self.furthest = max(self.furthest, at + 1)
            yield at + 1, found
            for noun, kinds in kind_nouns().items():
                if kinds & found.kinds:
                    yield from ((end, found) for end in self._words(at + 1, noun))

    def _words(self, at: int, words: Sequence[str]) -> Iterator[int]:
        if list(self.items[at : at + len(words)]) == list(words):
            self.furthest = max(self.furthest, at + len(words))
            yield at + len(words)

    def _at(self, at: int, *choices: Sequence[str]) -> bool:
        return any(list(self.items[at : at + len(words)]) == list(words) for words in choices)

    def _count(self) -> None:
        self.steps += 1
        if self.steps > _STEPS:
            raise _TooTangledError


def _said(
    subjects: Sequence[Mention], forms: frozenset[Form], objects: Sequence[Mention]
) -> tuple[Statement, ...]:
    meanings = frozenset(form.meaning for form in forms)
    words = min(meanings)
    return tuple(Statement(one, meanings, other, words) for one, other in product(subjects, objects))
