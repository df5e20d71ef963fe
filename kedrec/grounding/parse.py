"""Reads a claim as statements: who, says what, of whom, and what is given as a reason of the verdict.

A small grammar of English, enough for sentences made of the schema's wordings: chains ("A inhibits B,
which is associated with C"), lists, appositions ("B, a gene linked to C"), joined clauses, verbs as nouns
("inhibition of B by A"), the verdict with its reasons ("A may help in C because it acts on B"), and the
frames around them ("evidence suggests that A is thought to inhibit B"). Every word must be accounted for:
a sentence with one word more than the grammar knows isn't read at all. Where English is ambiguous,
one reading is fixed: "which" means the name right before it, "and" without a comma goes on with the
subject of the clause it stands in, ", and" with the first subject of the sentence; what follows a reason
is one too, unless it is set against it ("but").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from kedrec.grounding.claim_statements import Reading, Statement, as_reasons, said
from kedrec.grounding.english import (
    ANALOGIES,
    BECAUSE_OF,
    BY,
    CONTRASTS,
    FIRST_REASONS,
    JOINS,
    REASONS,
    RELATIVE,
    THEREFORE,
    VIA,
)
from kedrec.grounding.frames import ending, leads, reason_predicates, reported, shown_nouns
from kedrec.grounding.names import Mention
from kedrec.grounding.phrases import PhraseReader, TooTangledError
from kedrec.grounding.verdict_words import HELPED_BY, LIKE, THROUGH
from kedrec.grounding.wording import Form

__all__ = ["UnreadableError", "parse"]

_LONGEST = 120

_Said: TypeAlias = "tuple[Statement, ...]"
_Onward: TypeAlias = "tuple[int, _Said, Mention, Sequence[Mention]]"
_NODE = frozenset({Form("finite", THROUGH)})
_MODEL = frozenset({Form("finite", LIKE)})


class UnreadableError(Exception):  # an outcome, never an error that reaches a caller
    """The grammar can't read the sentence. `word` is the first word it has no use for."""

    def __init__(self, word: str | Mention) -> None:
        super().__init__(str(word))
        self.word = word


def parse(
    items: Sequence[str | Mention], *, drug: Mention | None, disease: Mention | None, it: Mention | None
) -> list[Reading]:
    """Every reading of a sentence, likeliest first.

    Args:
        items: what `clause_tokens` gives.
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


class _Reader(PhraseReader):
    """One sentence; every method yields (position after, statements) for each way to read on."""

    def sentence(self, it: Mention | None) -> Iterator[Reading]:
        ends = set(ending(self.items))
        try:
            for start, kinds in leads(self.items):
                self.furthest = max(self.furthest, start)
                self.hedged = "weak" in kinds
                readings = (
                    *self._cause_first(start, it),
                    *self._reason_first(start, it),
                    *self._noun_first(start),
                    *self._clauses(start, it),
                )
                for end, statements in readings:
                    if end in ends and ("conclusion" not in kinds or statements[0].verdict):
                        yield Reading.of(statements, kinds)
        except TooTangledError:
            return

    # "By inhibiting B, A may help in C", "Through B, ...", "By analogy with B, which treats C, ..."
    def _cause_first(self, at: int, it: Mention | None) -> Iterator[tuple[int, _Said]]:
        for comma, forms, objects in self._doing(at):
            for end, verdict, chain in self._verdict_after(comma, it, objects[-1]):
                yield end, (*as_reasons((*said([_helper(verdict)], forms, objects), *chain)), *verdict)
        for start, agent in product(self.any_words(at, BECAUSE_OF), self._drugs(it)):
            for comma, statements, _ in self.nominal(start, agent):
                for end, verdict, chain in self._verdict_after(comma, it, statements[-1].object):
                    if _helper(verdict).ids == agent.ids:
                        yield end, (*as_reasons((*statements, *chain)), *verdict)
        for start in self.any_words(at, (["by", "analogy", "with"], ["by", "analogy", "to"])):
            for comma, models in self.names(start, None):
                for end, verdict, chain in self._verdict_after(comma, it, models[-1]):
                    likened = replace(verdict[0], role="likened")
                    yield end, (*said([_helper(verdict)], _MODEL, models), *chain, likened, *verdict[1:])

    # "By inhibiting B", "As a B inhibitor", "Through B"
    def _doing(self, at: int) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        for start in self.any_words(at, BECAUSE_OF):
            yield from self.predicate(start, "gerund")
        for start in self.words(at, ["as"]):
            yield from self.predicate(start, "reduced")
        for start in self.any_words(at, VIA):
            yield from ((end, _NODE, nodes) for end, nodes in self.names(start, None))

    def _drugs(self, it: Mention | None) -> list[Mention]:
        """Who may do what a noun says: the drugs that are named, and those that are referred to."""
        named = [item for item in self.items if isinstance(item, Mention) and "Drug" in item.kinds]
        meant = [one for one in (it, self.references["Drug"]) if one is not None]
        return list({one.ids: one for one in (*named, *meant)}.values())

    def _verdict_after(
        self, at: int, it: Mention | None, last: Mention
    ) -> Iterator[tuple[int, _Said, _Said]]:
        """A verdict after a comma: the position after, its statements, and those of the chain before it."""
        for then, chain in self._chain(at, last):
            for clause in self.words(then, [","]):
                for end, statements in self._clauses(clause, it):
                    if statements[0].verdict:
                        yield end, statements, chain

    # "Because A inhibits B, it may help in C"
    def _reason_first(self, at: int, it: Mention | None) -> Iterator[tuple[int, _Said]]:
        # "Because it inhibits B, A may help in C": "it" may be who is named after it.
        for start, meant in product(self.any_words(at, FIRST_REASONS), [it, *self._drugs(None)]):
            for comma, reasons in self._clauses(start, meant):
                for clause in self.words(comma, [","]):
                    for end, verdict in self._clauses(clause, reasons[0].subject):
                        named = meant is None or meant is it or _helper(verdict).ids == meant.ids
                        if verdict[0].verdict and named:
                            yield end, (*as_reasons(reasons), *verdict)

    # "Inhibition of B by A has been reported", "... may help in C", "The graph records inhibition of B by A"
    def _noun_first(self, at: int) -> Iterator[tuple[int, _Said]]:
        for end, statements, last in self.nominal(at, None):
            yield from ((then, statements) for then in reported(self.items, end))
            yield from ((then, as_reasons(statements)) for then in reason_predicates(self.items, end))
            chains = self._chain(end, statements[-1].object) if last else [(end, ())]
            for start, more in chains:
                for begin in (start, *self.words(start, [","])):
                    for then, forms, objects in self.predicate(begin, "finite"):
                        verdict = said([statements[0].subject], forms, objects)
                        if verdict[0].verdict:
                            for after, rest in self._onwards(then, verdict, None):
                                yield after, (*verdict, *as_reasons((*statements, *more)), *rest)
        for start, reason in shown_nouns(self.items, at):
            self.furthest = max(self.furthest, start)
            for end, statements, last in self.nominal(start, None):
                for then, more in self._chain(end, statements[-1].object) if last else [(end, ())]:
                    everything = (*statements, *more)
                    yield then, as_reasons(everything) if reason else everything

    def _clauses(self, at: int, it: Mention | None) -> Iterator[tuple[int, _Said]]:
        for end, statements in self._clause(at, it):
            yield end, statements
            yield from (
                (then, (*statements, *rest)) for then, rest in self._onwards(end, statements, it) if rest
            )

    # What may follow a clause: further ones, a verdict drawn from it, the reason of a verdict.
    def _onwards(self, end: int, statements: _Said, it: Mention | None) -> Iterator[tuple[int, _Said]]:
        yield end, ()
        first = statements[0].subject
        for start in self.any_words(end, JOINS):
            yield from self._clauses(start, first)
        for start in self.any_words(end, CONTRASTS):
            for then, more in self._clauses(start, first):
                yield then, tuple(replace(one, role="apart") for one in more)
        for joins, role in ((THEREFORE, "concluded"), (ANALOGIES, "likened")):
            for start, meant in product(self.any_words(end, joins), dict.fromkeys((first, it or first))):
                for then, more in self._clause(start, meant):
                    if more[0].verdict:
                        yield then, (replace(more[0], role=role), *more[1:])  # type: ignore[arg-type]
        if statements[0].verdict:
            for start in self.any_words(end, REASONS):
                yield from ((then, as_reasons(more)) for then, more in self._clauses(start, first))

    def _clause(self, at: int, it: Mention | None) -> Iterator[tuple[int, _Said]]:
        for verb, subjects in self.names(at, it):
            for start, aside in self._aside(verb, subjects):
                for end, forms, objects in self.predicate(start, "finite"):
                    statements = said(subjects, forms, objects)
                    doer = _helper(statements) if statements[0].verdict else None
                    for then, more in self._tail(end, subjects[0], subjects[0], objects, doer):
                        yield then, (*statements, *aside, *more)

    # What may follow in a clause: relative clauses, further predicates, the way a verdict comes about.
    def _tail(
        self, at: int, main: Mention, current: Mention, last: Sequence[Mention], doer: Mention | None
    ) -> Iterator[tuple[int, _Said]]:
        yield at, ()
        for end, statements, subject, objects in (
            *self._relatives(at, last),
            *self._further(at, main, current),
        ):
            again = _helper(statements) if subject is main and statements[0].verdict else None
            for then, more in self._tail(end, main, subject, objects, again):
                yield then, (*statements, *more)
        if doer is not None:
            for end, statements, subject, objects in (*self._means(at, doer), *self._ways(at, doer)):
                for then, more in self._tail(end, main, subject, objects, None):
                    yield then, as_reasons((*statements, *more))
            yield from self._models(at, doer)

    # ", which is linked to C"
    def _relatives(self, at: int, last: Sequence[Mention]) -> Iterator[_Onward]:
        for end, statements, subject in self._relative(at, last):
            yield end, statements, subject, [statements[-1].object]

    # "and inhibits C": of the clause's subject; ", and inhibits C": of the sentence's
    def _further(self, at: int, main: Mention, current: Mention) -> Iterator[_Onward]:
        for words, subject in ((["and"], current), ([",", "and"], main), ([","], main)):
            for start in self.words(at, words):
                for end, forms, objects in self.predicate(start, "finite"):
                    # "A binds B, inhibits C" is no sentence, but a list that ends in "and D" is.
                    if words != [","] or any(self.words(end, ["and"])) or any(self.words(end, [",", "and"])):
                        yield end, said([subject], forms, objects), subject, objects

    # "by inhibiting B", "through inhibition of B", "because of its inhibition of B"
    def _means(self, at: int, main: Mention) -> Iterator[_Onward]:
        for start in self.any_words(at, BY):
            for end, forms, objects in self.predicate(start, "gerund"):
                yield end, said([main], forms, objects), main, objects
        for start in self.any_words(at, BECAUSE_OF):
            for end, statements, _ in self.nominal(start, main):
                if statements[0].subject.ids == main.ids:
                    yield end, statements, main, [statements[-1].object]

    # "through B"
    def _ways(self, at: int, main: Mention) -> Iterator[_Onward]:
        for start in self.any_words(at, VIA):
            for end, nodes in self.names(start, None):
                yield end, said([main], _NODE, nodes), main, nodes

    # "by analogy with B, which treats C"
    def _models(self, at: int, main: Mention) -> Iterator[tuple[int, _Said]]:
        for start in self.any_words(at, (["by", "analogy", "with"], [",", "by", "analogy", "with"])):
            for end, models in self.names(start, None):
                for then, chain in self._chain(end, models[-1]):
                    like = said([main], _MODEL, models)
                    yield then, (replace(like[0], role="likened"), *like[1:], *chain)

    def _chain(self, at: int, last: Mention) -> Iterator[tuple[int, _Said]]:
        yield at, ()
        for end, statements, _ in self._relative(at, [last]):
            for then, more in self._chain(end, statements[-1].object):
                yield then, (*statements, *more)

    # ", which ...", ", a gene that ...", ", linked to ..."
    def _relative(self, at: int, last: Sequence[Mention]) -> Iterator[tuple[int, _Said, Mention]]:
        for start in (at, *self.words(at, [","])):
            for then, forms, objects in self.predicate(start, "reduced"):
                yield then, said(last[-1:], forms, objects), last[-1]
            for opening in (start, *self.words(start, ["and"])):
                yield from self._which(opening, last)
                for end in self.apposition(opening, last[-1]):
                    yield from self._which(end, last[-1:])
                    for then, forms, objects in self.predicate(end, "reduced"):
                        yield then, said(last[-1:], forms, objects), last[-1]

    def _which(self, at: int, last: Sequence[Mention]) -> Iterator[tuple[int, _Said, Mention]]:
        for verb in self.any_words(at, [[relative] for relative in RELATIVE]):
            for then, forms, objects in self.predicate(verb, "finite"):
                # "B and C, which are ..." means both; "which is ...", C.
                who = last if any(form.plural for form in forms) else last[-1:]
                yield then, said(who, forms, objects), who[0]
            # "B, which A inhibits"
            for start, subjects in self.names(verb, None):
                for then, forms in self.verb(start, "finite"):
                    if not any(form.hedged for form in forms):
                        yield then, said(subjects, forms, last[-1:]), last[-1]

    # "A, an inhibitor of B," and "A, by inhibiting B," before the verb
    def _aside(self, at: int, subjects: Sequence[Mention]) -> Iterator[tuple[int, _Said]]:
        yield at, ()
        for start in self.words(at, [","]):
            for end, statements, _ in self._relative(start, subjects[-1:]):
                for then, more in self._chain(end, statements[-1].object):
                    for verb in self.words(then, [","]):
                        yield verb, (*statements, *more)
            # "A, a drug, ..."
            for end in self.apposition(start, subjects[-1]):
                yield from ((verb, ()) for verb in self.words(end, [","]))
            if len(subjects) == 1:
                for end, statements, _, objects in self._means(start, subjects[0]):
                    for then, more in self._chain(end, objects[-1]):
                        for verb in self.words(then, [","]):
                            yield verb, as_reasons((*statements, *more))


def _helper(verdict: Sequence[Statement]) -> Mention:
    """Who is said to help."""
    first = verdict[0]
    return first.object if HELPED_BY in first.meanings else first.subject
