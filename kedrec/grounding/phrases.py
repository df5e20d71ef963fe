"""Parses the parts of a clause: lists of names, verbs with their auxiliaries, and verbs as nouns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kedrec.grounding.claim_statements import ClaimStatement, statements_of
from kedrec.grounding.english import ARTICLES, REFERENCES, kind_nouns
from kedrec.grounding.frames import auxiliary, causal_verbs, copula, gerund_leads, participle_leads
from kedrec.grounding.names import Mention
from kedrec.grounding.nouns import agent_nouns, deverbal_nouns
from kedrec.grounding.verdict_words import HELPED_BY, HELPS
from kedrec.grounding.wording import Form, Tense, phrase_table

__all__ = ["PhraseReader", "TooManyAttemptsError"]

_MAX_ATTEMPTS = 6_000  # for one sentence, then it counts as unreadable; real ones need some hundreds
_MAX_PHRASE_WORDS = 8


class TooManyAttemptsError(Exception):  # an outcome, never an error that reaches a caller
    """A sentence needs more attempts than are made."""


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

    def words(self, at: int, words: Sequence[str]) -> Iterator[int]:
        """The position after these very words."""
        if self.items[at : at + len(words)] == list(words):
            self.furthest = max(self.furthest, at + len(words))
            yield at + len(words)

    def any_words(self, at: int, choices: Sequence[Sequence[str]]) -> Iterator[int]:
        """Positions after each of the choices that stands here."""
        for words in choices:
            yield from self.words(at, words)

    def names(self, at: int, it: Mention | None) -> Iterator[tuple[int, list[Mention]]]:
        """Names joined in a list: "B", "both B and C", "B, C, and D"."""
        for start in (at, *self.words(at, ["both"])):
            for end, first in self.name(start, it):
                yield from self._more_names(end, [first])

    def _more_names(self, at: int, mentions: list[Mention]) -> Iterator[tuple[int, list[Mention]]]:
        yield at, mentions
        for join in (["and"], [",", "and"], [","]):
            for start in self.words(at, join):
                for end, name in self.name(start, None):
                    for then, names in self._more_names(end, [*mentions, name]):
                        # Commas alone make no list.
                        if join != [","] or len(names) > len(mentions) + 1:
                            yield then, names

    def name(self, at: int, it: Mention | None) -> list[tuple[int, Mention]]:
        """One name, or a reference to one ("it", "the drug", "this gene")."""
        self.attempts += 1
        if self.attempts > _MAX_ATTEMPTS:
            raise TooManyAttemptsError
        if (at, it) not in self._names:
            self._names[at, it] = list(self._name(at, it))
        return self._names[at, it]

    def _name(self, at: int, it: Mention | None) -> Iterator[tuple[int, Mention]]:
        if it is not None:
            yield from ((end, it) for end in self.words(at, ["it"]))
        if at < len(self.items) and self.items[at] in {"this", "the", "that"}:
            for noun, kinds in kind_nouns().items():
                for end in self.words(at + 1, noun):
                    for referent in self._referents(at, kinds):
                        yield end, referent
        starts = [at]
        if at < len(self.items) and self.items[at] in {"the", "a", "an"}:
            starts.append(at + 1)
        for start in starts:
            yield from self._named_entity(start)
            for noun, kinds in kind_nouns().items():
                for begin in self.words(start, noun):
                    yield from ((end, name) for end, name in self._named_entity(begin) if kinds & name.kinds)

    def _referents(self, at: int, kinds: frozenset[str]) -> Iterator[Mention]:
        """The referents of "the drug" or "this gene"; none where the sentence doesn't make that clear."""
        preceding = [item for item in self.items[:at] if isinstance(item, Mention)]
        candidates = {item.ids: item for item in preceding if kinds & item.kinds}
        for kind in kinds & REFERENCES.keys():
            referent = self.references[kind]
            if referent and all(ids == referent.ids for ids in candidates):
                yield referent
        if len(candidates) == 1 and not kinds & REFERENCES.keys():
            yield from candidates.values()

    def _named_entity(self, at: int) -> Iterator[tuple[int, Mention]]:
        if at < len(self.items) and isinstance(mention := self.items[at], Mention):
            self.furthest = max(self.furthest, at + 1)
            yield at + 1, mention
            for noun, kinds in kind_nouns().items():
                if kinds & mention.kinds:
                    yield from ((end, mention) for end in self.words(at + 1, noun))

    def predicate(self, at: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        """A verb in this form and its objects: "is thought to inhibit B and C", "acts as a B inhibitor"."""
        for start, forms in self.verb(at, tense):
            for end, objects in self.names(start, None):
                yield end, forms, objects
        yield from self._compound(at, tense)

    def verb(self, at: int, tense: Tense) -> list[tuple[int, frozenset[Form]]]:
        """A verb in this form, with its auxiliaries."""
        key = (at, tense, self.hedged)
        if key not in self._verbs:
            self._verbs[key] = list(self._verb(at, tense))
        return self._verbs[key]

    def _verb(self, at: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form]]]:
        for end, forms in self._phrase(at, tense):
            unhedged = frozenset(form for form in forms if self.hedged or not form.hedged)
            if unhedged:
                yield end, unhedged
        if tense == "finite":
            for start, weak, verdict in auxiliary(self.items, at):
                self.furthest = max(self.furthest, start)
                for end, forms in self._phrase(start, "base"):
                    allowed = (
                        form for form in forms if not form.hedged or (verdict if _is_verdict(form) else weak)
                    )
                    if unhedged := frozenset(allowed):
                        yield end, unhedged
            yield from self._copulative(copula(self.items, at))
            for start in gerund_leads(self.items, at):
                yield from self._unhedged_phrase(start, "gerund")
            for start in causal_verbs(self.items, at):
                yield from self._nominal_after_causal_verb(start)
        elif tense == "gerund":
            yield from self._copulative(copula(self.items, at, gerund=True))
        elif tense == "reduced":
            for start in participle_leads(self.items, at):
                yield from self._unhedged_phrase(start, "base")

    def _unhedged_phrase(self, at: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form]]]:
        for end, forms in self._phrase(at, tense):
            if unhedged := frozenset(form for form in forms if not form.hedged):
                yield end, unhedged

    # "inhibition of", after "leads to"
    def _nominal_after_causal_verb(self, at: int) -> Iterator[tuple[int, frozenset[Form]]]:
        for words, nouns in deverbal_nouns().items():
            for end in self.words(at, (*words, "of")):
                if forms := frozenset(
                    Form("finite", noun.meaning) for noun in nouns if noun.prepositions == ("of",)
                ):
                    yield end, forms

    def _copulative(self, starts: Iterator[int]) -> Iterator[tuple[int, frozenset[Form]]]:
        for start in starts:
            self.furthest = max(self.furthest, start)
            if self.items[start : start + 1] and self.items[start] in {"a", "an"}:
                yield from self._phrase(start, "reduced")

    def _phrase(self, at: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form]]]:
        table = phrase_table()
        for length in range(min(_MAX_PHRASE_WORDS, len(self.items) - at), 0, -1):
            words = tuple(item for item in self.items[at : at + length] if isinstance(item, str))
            forms = frozenset(form for form in table.get(words, ()) if form.tense == tense)
            if len(words) == length and forms:
                self.furthest = max(self.furthest, at + length)
                yield at + length, forms

    # "is a B inhibitor", "acts as a B inhibitor", ", a B inhibitor"
    def _compound(self, at: int, tense: Tense) -> Iterator[tuple[int, frozenset[Form], list[Mention]]]:
        if tense == "reduced":
            starts = [at]
        elif tense == "gerund":
            starts = [*copula(self.items, at, gerund=True)]
        else:
            starts = [*self.words(at, ["is"]), *self.words(at, ["are"]), *copula(self.items, at)]
            starts += [end for start, _, _ in auxiliary(self.items, at) for end in self.words(start, ["be"])]
        for start in starts:
            if start < len(self.items) and self.items[start] in {"a", "an", "one"}:
                for then, name in self._named_entity(start + 1):
                    for noun, meaning in agent_nouns().items():
                        for end in self.words(then, noun):
                            yield end, frozenset({Form(tense, meaning)}), [name]

    def nominal(
        self, at: int, main: Mention | None
    ) -> Iterator[tuple[int, tuple[ClaimStatement, ...], bool]]:
        """A verb as a noun: "inhibition of B by A", "its association with B", "A's inhibition of B".

        Yields the position after, the statements, and whether B stands last, so that "which" means it.

        Args:
            at: the position where it begins.
            main: its subject where the sentence doesn't name one.
        """
        for start, agent in self._owners(at, main):
            for words, nouns in deverbal_nouns().items():
                for then in self.words(start, words):
                    for noun in nouns:
                        for end, subject, objects, object_is_last in self._complements(
                            then, noun.prepositions, agent or main
                        ):
                            yield (
                                end,
                                statements_of([subject], frozenset({Form("finite", noun.meaning)}), objects),
                                object_is_last,
                            )
                        if noun.mutual and agent is None:
                            yield from self._between(then, noun.meaning)

    def _owners(self, at: int, main: Mention | None) -> Iterator[tuple[int, Mention | None]]:
        yield at, None
        yield from ((end, None) for word in ("the", "a", "an") for end in self.words(at, [word]))
        if main is not None:
            yield from ((end, main) for end in self.words(at, ["its"]))
        for end, name in self.name(at, None):
            yield from ((then, name) for then in self.words(end, ["'s"]))

    def _complements(
        self, at: int, prepositions: Sequence[str], agent: Mention | None
    ) -> Iterator[tuple[int, Mention, list[Mention], bool]]:
        for start in self.any_words(at, [[word] for word in prepositions]):
            for end, objects in self.names(start, None):
                if agent is not None:
                    yield end, agent, objects, True
                if prepositions == ("of",):
                    for begin in self.any_words(end, (["by"], ["with"])):
                        yield from (
                            (then, subject, objects, False) for then, subject in self.name(begin, None)
                        )
        if prepositions != ("of",):
            for start in self.words(at, ["of"]):
                for middle, subject in self.name(start, None):
                    for begin in self.any_words(middle, [[word] for word in prepositions]):
                        yield from ((end, subject, objects, True) for end, objects in self.names(begin, None))

    def _between(self, at: int, meaning: str) -> Iterator[tuple[int, tuple[ClaimStatement, ...], bool]]:
        for start in self.words(at, ["between"]):
            for middle, first in self.name(start, None):
                for begin in self.words(middle, ["and"]):
                    for end, second in self.name(begin, None):
                        yield (
                            end,
                            statements_of([first], frozenset({Form("finite", meaning)}), [second]),
                            False,
                        )

    def apposition(self, at: int, subject: Mention) -> Iterator[int]:
        """Positions after "a gene", for a subject of that kind."""
        if at < len(self.items) and self.items[at] in ARTICLES:
            for noun, kinds in kind_nouns().items():
                if kinds & subject.kinds:
                    yield from self.words(at + 1, noun)


def _is_verdict(form: Form) -> bool:
    return form.meaning in {HELPED_BY, HELPS}
