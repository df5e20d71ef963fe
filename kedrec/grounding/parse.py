"""Parses a claim into statements (subject, verb, object), with the reasons of its verdict.

A small grammar of English, enough for sentences in the schema's wordings: chains ("A inhibits B,
which is associated with C"), lists, appositions ("B, a gene linked to C"), joined clauses, verbs as nouns
("inhibition of B by A"), the verdict with its reasons ("A may help in C because it acts on B"), and the
frames around them ("evidence suggests that A is thought to inhibit B"). Every word must be accounted for:
a sentence with one word more than the grammar knows has no reading. Where English is ambiguous, one reading
is fixed: "which" refers to the name right before it, "and" without a comma continues with the subject of its
clause, ", and" with the first subject of the sentence; a clause after a reason is a reason too, unless it
is contrasted with it ("but").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from kedrec.grounding.claim_statements import ClaimStatement, Reading, as_reasons, statements_of
from kedrec.grounding.english import (
    ANALOGIES,
    BECAUSE_OF,
    BY,
    CONTRASTS,
    EACH_OF_WHICH,
    FIRST_REASONS,
    JOINS,
    REASONS,
    RELATIVE,
    THEREFORE,
    VIA,
)
from kedrec.grounding.frames import leads, nominal_leads, reason_predicates, report_predicates, sentence_ends
from kedrec.grounding.names import Mention
from kedrec.grounding.phrases import PhraseReader, TooManyAttemptsError
from kedrec.grounding.verdict_words import HELPED_BY, LIKE, THROUGH
from kedrec.grounding.wording import Form

__all__ = ["UnreadableError", "parse"]

_MAX_TOKENS = 120

_Statements: TypeAlias = "tuple[ClaimStatement, ...]"
_Continuation: TypeAlias = "tuple[int, _Statements, Mention, Sequence[Mention]]"
_THROUGH_FORM = frozenset({Form("finite", THROUGH)})
_LIKE_FORM = frozenset({Form("finite", LIKE)})


class UnreadableError(Exception):  # an outcome, never an error that reaches a caller
    """The grammar can't read the sentence. `word` is the first word that fits no rule."""

    def __init__(self, word: str | Mention) -> None:
        super().__init__(str(word))
        self.word = word


def parse(
    items: Sequence[str | Mention], *, drug: Mention | None, disease: Mention | None, it: Mention | None
) -> list[Reading]:
    """Every reading of a sentence, likeliest first.

    Args:
        items: the tokens, from `clause_tokens`.
        drug, disease: the referents of "the drug" and "the disease"; None where that isn't clear.
        it: the referent of "it" at the start; None where that isn't clear.

    Raises:
        UnreadableError: no reading accounts for every word.
    """
    if not items or len(items) > _MAX_TOKENS:
        raise UnreadableError("" if not items else items[0])
    reader = _Reader(items, drug, disease)
    readings = list(dict.fromkeys(reader.sentence(it)))
    if not readings:
        raise UnreadableError(items[min(reader.furthest, len(items) - 1)])
    return readings


class _Reader(PhraseReader):
    """Parses one sentence; every method yields (position after, statements) for each parse."""

    def sentence(self, it: Mention | None) -> Iterator[Reading]:
        ends = set(sentence_ends(self.items))
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
        except TooManyAttemptsError:
            return

    # "By inhibiting B, A may help in C", "Through B, ...", "By analogy with B, which treats C, ..."
    def _cause_first(self, position: int, it: Mention | None) -> Iterator[tuple[int, _Statements]]:
        for comma, forms, objects in self._doing_phrases(position):
            for end, verdict, chain in self._verdict_after(comma, it, objects):
                yield (
                    end,
                    (*as_reasons((*statements_of([_helper(verdict)], forms, objects), *chain)), *verdict),
                )
        for start, agent in product(self.any_words(position, BECAUSE_OF), self._agents(it)):
            for comma, statements, _ in self.nominal(start, agent):
                for end, verdict, chain in self._verdict_after(comma, it, [statements[-1].object]):
                    if _helper(verdict).ids == agent.ids:
                        yield end, (*as_reasons((*statements, *chain)), *verdict)
        for start in self.any_words(position, (["by", "analogy", "with"], ["by", "analogy", "to"])):
            for comma, models in self.names(start, None):
                for end, verdict, chain in self._verdict_after(comma, it, models):
                    analogy = replace(verdict[0], role="analogy")
                    yield (
                        end,
                        (
                            *statements_of([_helper(verdict)], _LIKE_FORM, models),
                            *chain,
                            analogy,
                            *verdict[1:],
                        ),
                    )

    # "By inhibiting B", "As a B inhibitor", "Through B"
    def _doing_phrases(self, position: int) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        for start in self.any_words(position, BECAUSE_OF):
            yield from self.predicate(start, "gerund")
        for start in self.words(position, ["as"]):
            yield from self.predicate(start, "reduced")
        for start in self.any_words(position, VIA):
            yield from ((end, _THROUGH_FORM, nodes) for end, nodes in self.names(start, None))

    def _agents(self, it: Mention | None) -> list[Mention]:
        """Possible agents of a verb as a noun: drugs that are named, and those referred to."""
        named_drugs = [item for item in self.items if isinstance(item, Mention) and "Drug" in item.kinds]
        referents = [mention for mention in (it, self.references["Drug"]) if mention is not None]
        return list({mention.ids: mention for mention in (*named_drugs, *referents)}.values())

    def _verdict_after(
        self, position: int, it: Mention | None, antecedents: Sequence[Mention]
    ) -> Iterator[tuple[int, _Statements, _Statements]]:
        """A verdict after a comma: the position after, its statements, and those of the chain before it."""
        for stop, chain in self._chain(position, antecedents):
            for start in self.words(stop, [","]):
                for end, statements in self._clauses(start, it):
                    if statements[0].verdict:
                        yield end, statements, chain

    # "Because A inhibits B, it may help in C"
    def _reason_first(self, position: int, it: Mention | None) -> Iterator[tuple[int, _Statements]]:
        # "Because it inhibits B, A may help in C": "it" may refer to the drug named after it.
        for start, referent in product(self.any_words(position, FIRST_REASONS), [it, *self._agents(None)]):
            for comma, reasons in self._clauses(start, referent):
                for verdict_start in self.words(comma, [","]):
                    for end, verdict in self._clauses(verdict_start, reasons[0].subject):
                        same_drug = referent is None or referent is it or _helper(verdict).ids == referent.ids
                        if verdict[0].verdict and same_drug:
                            yield end, (*as_reasons(reasons), *verdict)

    # "Inhibition of B by A has been reported", "... may help in C", "The graph records inhibition of B by A"
    def _noun_first(self, position: int) -> Iterator[tuple[int, _Statements]]:
        for end, statements, object_is_last in self.nominal(position, None):
            yield from ((stop, statements) for stop in report_predicates(self.items, end))
            yield from ((stop, as_reasons(statements)) for stop in reason_predicates(self.items, end))
            chains = self._chain(end, [statements[-1].object]) if object_is_last else [(end, ())]
            for start, chain in chains:
                for begin in (start, *self.words(start, [","])):
                    for stop, forms, objects in self.predicate(begin, "finite"):
                        verdict = statements_of([statements[0].subject], forms, objects)
                        if verdict[0].verdict:
                            for after, continuation in self._continuations(stop, verdict, None):
                                yield after, (*verdict, *as_reasons((*statements, *chain)), *continuation)
        for start, reason in nominal_leads(self.items, position):
            self.furthest = max(self.furthest, start)
            for end, statements, object_is_last in self.nominal(start, None):
                chains = self._chain(end, [statements[-1].object]) if object_is_last else [(end, ())]
                for stop, chain in chains:
                    all_statements = (*statements, *chain)
                    yield stop, as_reasons(all_statements) if reason else all_statements

    def _clauses(self, position: int, it: Mention | None) -> Iterator[tuple[int, _Statements]]:
        for end, statements in self._clause(position, it):
            yield end, statements
            yield from (
                (stop, (*statements, *continuation))
                for stop, continuation in self._continuations(end, statements, it)
                if continuation
            )

    # After a clause: further clauses, a verdict drawn from it, the reason of a verdict.
    def _continuations(
        self, end: int, statements: _Statements, it: Mention | None
    ) -> Iterator[tuple[int, _Statements]]:
        yield end, ()
        first = statements[0].subject
        for start in self.any_words(end, JOINS):
            yield from self._clauses(start, first)
        for start in self.any_words(end, CONTRASTS):
            for stop, further in self._clauses(start, first):
                yield stop, tuple(replace(statement, role="contrast") for statement in further)
        for joins, role in ((THEREFORE, "conclusion"), (ANALOGIES, "analogy")):
            for start, subject in product(self.any_words(end, joins), dict.fromkeys((first, it or first))):
                for stop, further in self._clause(start, subject):
                    if further[0].verdict:
                        yield stop, (replace(further[0], role=role), *further[1:])  # type: ignore[arg-type]
        if statements[0].verdict:
            for start in self.any_words(end, REASONS):
                yield from ((stop, as_reasons(further)) for stop, further in self._clauses(start, first))

    def _clause(self, position: int, it: Mention | None) -> Iterator[tuple[int, _Statements]]:
        for verb, subjects in self.names(position, it):
            for start, aside in self._aside(verb, subjects):
                for end, forms, objects in self.predicate(start, "finite"):
                    statements = statements_of(subjects, forms, objects)
                    helper = _helper(statements) if statements[0].verdict else None
                    for stop, tail in self._tail(end, subjects[0], subjects[0], objects, helper):
                        yield stop, (*statements, *aside, *tail)

    # The tail of a clause: relative clauses, further predicates, the means of a verdict.
    def _tail(
        self,
        position: int,
        main: Mention,
        current: Mention,
        antecedents: Sequence[Mention],
        helper: Mention | None,
    ) -> Iterator[tuple[int, _Statements]]:
        yield position, ()
        for end, statements, subject, objects in (
            *self._relative(position, antecedents),
            *self._further_predicates(position, main, current),
        ):
            next_helper = _helper(statements) if subject is main and statements[0].verdict else None
            for stop, tail in self._tail(end, main, subject, objects, next_helper):
                yield stop, (*statements, *tail)
        if helper is not None:
            for end, statements, subject, objects in (
                *self._means_clauses(position, helper),
                *self._through_nodes(position, helper),
            ):
                for stop, tail in self._tail(end, main, subject, objects, None):
                    yield stop, as_reasons((*statements, *tail))
            yield from self._analogy_models(position, helper)

    # "and inhibits C": of the clause's subject; ", and inhibits C": of the sentence's
    def _further_predicates(self, position: int, main: Mention, current: Mention) -> Iterator[_Continuation]:
        for words, subject in ((["and"], current), ([",", "and"], main), ([","], main)):
            for start in self.words(position, words):
                for end, forms, objects in self.predicate(start, "finite"):
                    # "A binds B, inhibits C" is no sentence, but a list that ends in "and D" is.
                    if words != [","] or any(self.words(end, ["and"])) or any(self.words(end, [",", "and"])):
                        yield end, statements_of([subject], forms, objects), subject, objects

    # "by inhibiting B", "through inhibition of B", "because of its inhibition of B"
    def _means_clauses(self, position: int, main: Mention) -> Iterator[_Continuation]:
        for start in self.any_words(position, BY):
            for end, forms, objects in self.predicate(start, "gerund"):
                yield end, statements_of([main], forms, objects), main, objects
        for start in self.any_words(position, BECAUSE_OF):
            for end, statements, _ in self.nominal(start, main):
                if statements[0].subject.ids == main.ids:
                    yield end, statements, main, [statements[-1].object]

    # "through B"
    def _through_nodes(self, position: int, main: Mention) -> Iterator[_Continuation]:
        for start in self.any_words(position, VIA):
            for end, nodes in self.names(start, None):
                yield end, statements_of([main], _THROUGH_FORM, nodes), main, nodes

    # "by analogy with B, which treats C"
    def _analogy_models(self, position: int, main: Mention) -> Iterator[tuple[int, _Statements]]:
        for start in self.any_words(position, (["by", "analogy", "with"], [",", "by", "analogy", "with"])):
            for end, models in self.names(start, None):
                for stop, chain in self._chain(end, models):
                    like = statements_of([main], _LIKE_FORM, models)
                    yield stop, (replace(like[0], role="analogy"), *like[1:], *chain)

    def _chain(self, position: int, antecedents: Sequence[Mention]) -> Iterator[tuple[int, _Statements]]:
        yield position, ()
        for end, statements, _, objects in self._relative(position, antecedents):
            for stop, tail in self._chain(end, objects):
                yield stop, (*statements, *tail)

    # ", which ...", ", each of which ...", ", a gene that ...", ", linked to ..."
    def _relative(self, position: int, antecedents: Sequence[Mention]) -> Iterator[_Continuation]:
        last = antecedents[-1:]
        for start in (position, *self.words(position, [","])):
            for stop, forms, objects in self.predicate(start, "reduced"):
                yield stop, statements_of(last, forms, objects), last[0], objects
            for opening in (start, *self.words(start, ["and"])):
                yield from self._which(opening, antecedents)
                for end in self.apposition(opening, last[0]):
                    yield from self._which(end, last)
                    for stop, forms, objects in self.predicate(end, "reduced"):
                        yield stop, statements_of(last, forms, objects), last[0], objects

    def _which(self, position: int, antecedents: Sequence[Mention]) -> Iterator[_Continuation]:
        last = antecedents[-1:]
        for verb in self.any_words(position, [[relative] for relative in RELATIVE]):
            for stop, forms, objects in self.predicate(verb, "finite"):
                # "B and C, which are ..." means both; "which is ...", C.
                meant = antecedents if any(form.plural for form in forms) else last
                yield stop, statements_of(meant, forms, objects), meant[0], objects
            # "B, which A inhibits"
            for start, subjects in self.names(verb, None):
                for stop, forms in self.verb(start, "finite"):
                    if not any(form.hedged for form in forms):
                        yield stop, statements_of(subjects, forms, last), last[0], last
        if len(antecedents) > 1:
            for verb in self.words(position, EACH_OF_WHICH):
                for stop, forms, objects in self.predicate(verb, "finite"):
                    yield stop, statements_of(antecedents, forms, objects), antecedents[0], objects

    # "A, an inhibitor of B," and "A, by inhibiting B," before the verb
    def _aside(self, position: int, subjects: Sequence[Mention]) -> Iterator[tuple[int, _Statements]]:
        yield position, ()
        for start in self.words(position, [","]):
            for end, statements, _, relative_objects in self._relative(start, subjects[-1:]):
                for stop, chain in self._chain(end, relative_objects):
                    for verb in self.words(stop, [","]):
                        yield verb, (*statements, *chain)
            # "A, a drug, ..."
            for end in self.apposition(start, subjects[-1]):
                yield from ((verb, ()) for verb in self.words(end, [","]))
            if len(subjects) == 1:
                for end, statements, _, objects in self._means_clauses(start, subjects[0]):
                    for stop, chain in self._chain(end, objects):
                        for verb in self.words(stop, [","]):
                            yield verb, as_reasons((*statements, *chain))


def _helper(verdict: Sequence[ClaimStatement]) -> Mention:
    """The entity that a verdict says helps."""
    first = verdict[0]
    return first.object if HELPED_BY in first.meanings else first.subject
