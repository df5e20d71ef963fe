"""Parses the parts of a clause: lists of names, verbs with their auxiliaries, and verbs as nouns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kedrec.grounding.claim_statements import ClaimStatement, statements_of
from kedrec.grounding.english import ARTICLES, REFERENCES, kind_nouns
from kedrec.grounding.frames import auxiliary, causal_verbs, copula, gerund_leads, participle_leads
from kedrec.grounding.names import Mention
from kedrec.grounding.nouns import agent_nouns, deverbal_nouns
from kedrec.grounding.verdict_words import VERDICTS
from kedrec.grounding.wording import Form, Tense, phrase_table

__all__ = ["PhraseReader", "TooManyAttemptsError"]

_MAX_ATTEMPTS = 6_000  # for one sentence, then it counts as unreadable; real ones need some hundreds
_MAX_PHRASE_WORDS = 8


class TooManyAttemptsError(Exception):  # an outcome, never an error that reaches a caller
    """A sentence needs more than `_MAX_ATTEMPTS` attempts."""


class PhraseReader:
    """Parses the parts of one sentence; every method yields (position after, result) for each parse.

    Args:
        items: the tokens, from `clause_tokens`.
        drug, disease: the referents of "the drug" and "the disease"; None where that isn't clear.
    """

    def __init__(self, items: Sequence[str | Mention], drug: Mention | None, disease: Mention | None) -> None:
        self.items = list(items)
        self.references = {"Drug": drug, "Disease": disease}
        self.hedged = False  # whether the sentence's opening is a hedge
        self.furthest = 0
        self.attempts = 0
        self._names: dict[tuple[int, Mention | None], list[tuple[int, Mention]]] = {}
        self._verbs: dict[tuple[int, Tense, bool], list[tuple[int, frozenset[Form]]]] = {}

    def words(self, position: int, words: Sequence[str]) -> Iterator[int]:
        """The position after these very words."""
        if self.items[position : position + len(words)] == list(words):
            self.furthest = max(self.furthest, position + len(words))
            yield position + len(words)

    def any_words(self, position: int, choices: Sequence[Sequence[str]]) -> Iterator[int]:
        """Positions after each of the choices that stands here."""
        for words in choices:
            yield from self.words(position, words)

    def names(self, position: int, it: Mention | None) -> Iterator[tuple[int, list[Mention]]]:
        """Names joined in a list: "B", "both B and C", "B, C, and D"."""
        for start in (position, *self.words(position, ["both"])):
            for end, first in self.name(start, it):
                yield from self._more_names(end, [first])

    def _more_names(self, position: int, mentions: list[Mention]) -> Iterator[tuple[int, list[Mention]]]:
        yield position, mentions
        for join in (["and"], [",", "and"], [","]):
            for start in self.words(position, join):
                for end, name in self.name(start, None):
                    for stop, names in self._more_names(end, [*mentions, name]):
                        # Commas alone make no list.
                        if join != [","] or len(names) > len(mentions) + 1:
                            yield stop, names

    def name(self, position: int, it: Mention | None) -> list[tuple[int, Mention]]:
        """One name, or a reference to one ("it", "the drug", "this gene")."""
        self.attempts += 1
        if self.attempts > _MAX_ATTEMPTS:
            raise TooManyAttemptsError
        if (position, it) not in self._names:
            self._names[position, it] = list(self._name(position, it))
        return self._names[position, it]

    def _name(self, position: int, it: Mention | None) -> Iterator[tuple[int, Mention]]:
        if it is not None:
            yield from ((end, it) for end in self.words(position, ["it"]))
        if position < len(self.items) and self.items[position] in {"this", "the", "that"}:
            for noun, kinds in kind_nouns().items():
                for end in self.words(position + 1, noun):
                    for referent in self._referents(position, kinds):
                        yield end, referent
        starts = [position]
        if position < len(self.items) and self.items[position] in {"the", "a", "an"}:
            starts.append(position + 1)
        for start in starts:
            yield from self._named_entity(start)
            for noun, kinds in kind_nouns().items():
                for begin in self.words(start, noun):
                    yield from ((end, name) for end, name in self._named_entity(begin) if kinds & name.kinds)

    def _referents(self, position: int, kinds: frozenset[str]) -> Iterator[Mention]:
        """The referents of "the drug" or "this gene"; none where the sentence doesn't make that clear."""
        preceding = [item for item in self.items[:position] if isinstance(item, Mention)]
        candidates = {item.ids: item for item in preceding if kinds & item.kinds}
        for kind in kinds & REFERENCES.keys():
            referent = self.references[kind]
            if referent and all(ids == referent.ids for ids in candidates):
                yield referent
        if len(candidates) == 1 and not kinds & REFERENCES.keys():
            yield from candidates.values()

    def _named_entity(self, position: int) -> Iterator[tuple[int, Mention]]:
        if position < len(self.items) and isinstance(mention := self.items[position], Mention):
            self.furthest = max(self.furthest, position + 1)
            yield position + 1, mention
            for noun, kinds in kind_nouns().items():
                if kinds & mention.kinds:
                    yield from ((end, mention) for end in self.words(position + 1, noun))

    def predicate(self, position: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        """A verb in this form and its objects: "is thought to inhibit B and C", "acts as a B inhibitor"."""
        for start, forms in self.verb(position, tense):
            for end, objects in self.names(start, None):
                yield end, forms, objects
        yield from self._compound(position, tense)

    def verb(self, position: int, tense: Tense) -> list[tuple[int, frozenset[Form]]]:
        """A verb in this form, with its auxiliaries."""
        key = (position, tense, self.hedged)
        if key not in self._verbs:
            self._verbs[key] = list(self._verb(position, tense))
        return self._verbs[key]

    def _verb(self, position: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form]]]:
        for end, forms in self._phrase(position, tense):
            unhedged = frozenset(form for form in forms if self.hedged or not form.hedged)
            if unhedged:
                yield end, unhedged
        if tense == "finite":
            for start, weak, verdict in auxiliary(self.items, position):
                self.furthest = max(self.furthest, start)
                for end, forms in self._phrase(start, "base"):
                    allowed = (
                        form for form in forms if not form.hedged or (verdict if _is_verdict(form) else weak)
                    )
                    if unhedged := frozenset(allowed):
                        yield end, unhedged
            yield from self._copulative(copula(self.items, position))
            for start in gerund_leads(self.items, position):
                yield from self._unhedged_phrase(start, "gerund")
            for start in causal_verbs(self.items, position):
                yield from self._nominal_after_causal_verb(start)
        elif tense == "gerund":
            yield from self._copulative(copula(self.items, position, gerund=True))
        elif tense == "reduced":
            for start in participle_leads(self.items, position):
                yield from self._unhedged_phrase(start, "base")

    def _unhedged_phrase(self, position: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form]]]:
        for end, forms in self._phrase(position, tense):
            if unhedged := frozenset(form for form in forms if not form.hedged):
                yield end, unhedged

    # "inhibition of", after "leads to"
    def _nominal_after_causal_verb(self, position: int) -> Iterator[tuple[int, frozenset[Form]]]:
        for words, nouns in deverbal_nouns().items():
            for end in self.words(position, (*words, "of")):
                if forms := frozenset(
                    Form("finite", noun.meaning) for noun in nouns if noun.prepositions == ("of",)
                ):
                    yield end, forms

    def _copulative(self, starts: Iterator[int]) -> Iterator[tuple[int, frozenset[Form]]]:
        for start in starts:
            self.furthest = max(self.furthest, start)
            if self.items[start : start + 1] and self.items[start] in {"a", "an"}:
                yield from self._phrase(start, "reduced")

    def _phrase(self, position: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form]]]:
        table = phrase_table()
        for length in range(min(_MAX_PHRASE_WORDS, len(self.items) - position), 0, -1):
            words = tuple(item for item in self.items[position : position + length] if isinstance(item, str))
            forms = frozenset(form for form in table.get(words, ()) if form.tense == tense)
            if len(words) == length and forms:
                self.furthest = max(self.furthest, position + length)
                yield position + length, forms

    # "is a B inhibitor", "acts as a B inhibitor", ", a B inhibitor"
    def _compound(self, position: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        if tense == "reduced":
            starts = [position]
        elif tense == "gerund":
            starts = [*copula(self.items, position, gerund=True)]
        else:
            starts = [
                *self.words(position, ["is"]),
                *self.words(position, ["are"]),
                *copula(self.items, position),
            ]
            starts += [
                end for start, _, _ in auxiliary(self.items, position) for end in self.words(start, ["be"])
            ]
        for start in starts:
            if start < len(self.items) and self.items[start] in {"a", "an", "one"}:
                for stop, name in self._named_entity(start + 1):
                    for noun, meaning in agent_nouns().items():
                        for end in self.words(stop, noun):
                            yield end, frozenset({Form(tense, meaning)}), [name]

    def nominal(
        self, position: int, main: Mention | None
    ) -> Iterator[tuple[int, tuple[ClaimStatement, ...], bool]]:
        """A verb as a noun: "inhibition of B by A", "its association with B", "A's inhibition of B".

        Yields the position after, the statements, and whether B stands last, so that "which" means it.

        Args:
            position: where it begins.
            main: its subject where the sentence doesn't name one.
        """
        for start, agent in self._owners(position, main):
            for words, nouns in deverbal_nouns().items():
                for stop in self.words(start, words):
                    for noun in nouns:
                        for end, subject, objects, object_is_last in self._complements(
                            stop, noun.prepositions, agent or main
                        ):
                            yield (
                                end,
                                statements_of([subject], frozenset({Form("finite", noun.meaning)}), objects),
                                object_is_last,
                            )
                        if noun.mutual and agent is None:
                            yield from self._between(stop, noun.meaning)

    def _owners(self, position: int, main: Mention | None) -> Iterator[tuple[int, Mention | None]]:
        yield position, None
        yield from ((end, None) for word in ("the", "a", "an") for end in self.words(position, [word]))
        if main is not None:
            yield from ((end, main) for end in self.words(position, ["its"]))
        for end, name in self.name(position, None):
            yield from ((stop, name) for stop in self.words(end, ["'s"]))

    def _complements(
        self, position: int, prepositions: Sequence[str], agent: Mention | None
    ) -> Iterator[tuple[int, Mention, list[Mention], bool]]:
        for start in self.any_words(position, [[word] for word in prepositions]):
            for end, objects in self.names(start, None):
                if agent is not None:
                    yield end, agent, objects, True
                if prepositions == ("of",):
                    for begin in self.any_words(end, (["by"], ["with"])):
                        yield from (
                            (stop, subject, objects, False) for stop, subject in self.name(begin, None)
                        )
        if prepositions != ("of",):
            for start in self.words(position, ["of"]):
                for middle, subject in self.name(start, None):
                    for begin in self.any_words(middle, [[word] for word in prepositions]):
                        yield from ((end, subject, objects, True) for end, objects in self.names(begin, None))

    def _between(self, position: int, meaning: str) -> Iterator[tuple[int, tuple[ClaimStatement, ...], bool]]:
        for start in self.words(position, ["between"]):
            for middle, first in self.name(start, None):
                for begin in self.words(middle, ["and"]):
                    for end, second in self.name(begin, None):
                        yield (
                            end,
                            statements_of([first], frozenset({Form("finite", meaning)}), [second]),
                            False,
                        )

    def apposition(self, position: int, subject: Mention) -> Iterator[int]:
        """Positions after "a gene", for a subject of that kind."""
        if position < len(self.items) and self.items[position] in ARTICLES:
            for noun, kinds in kind_nouns().items():
                if kinds & subject.kinds:
                    yield from self.words(position + 1, noun)


def _is_verdict(form: Form) -> bool:
    return form.meaning in VERDICTS
