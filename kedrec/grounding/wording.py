"""Derives from the schema every form in which a sentence may say a relation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from kedrec.grounding.names import normalize_text
from kedrec.grounding.verdict_words import (
    CANDIDATE_NOUNS,
    HELPED_BY,
    HELPED_VERBS,
    HELPING_VERBS,
    HELPS,
    KNOWN,
    STRONG,
    STRONG_NOUNS,
    STUDIED,
    UNHEDGED_NOUNS,
    means_studied,
)
from kedrec.schema import Relation, Wording, load_schema

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = ["Form", "Tense", "allowed_phrases", "base_form", "phrase_table"]

Tense = Literal["finite", "base", "gerund", "reduced"]

_MODALS = ("may", "might", "could", "can", "should", "must")
_IRREGULAR = {"binds": "bound", "makes": "made", "shows": "shown", "comes": "come", "gives": "given"}


@dataclass(frozen=True, slots=True)
class Form:
    """A wording in one grammatical form.

    Attributes:
        tense: `finite` (inhibits, inhibit), `base` (may inhibit), `gerund` (inhibiting) or `reduced`
            (linked to).
        meaning: the schema's phrase, or a constant of `verdict_words`.
        plural: whether it needs a plural subject.
        hedged: whether it needs a hedge before it ("may").
    """

    tense: Tense
    meaning: str
    plural: bool = False
    hedged: bool = False


@cache
def phrase_table() -> dict[tuple[str, ...], frozenset[Form]]:
    """Every form of every wording of the schema and of the verdict, by its words in lower case."""
    table: dict[tuple[str, ...], set[Form]] = {}
    for relation in load_schema().relations.values():
        for action in (relation.wording, *relation.actions.values()):
            phrases = [
                phrase
                for wording in action.conditional_wordings
                for phrase in _cleaned_phrases(wording.paraphrases)
            ]
            phrases += [
                phrase
                for wording in action.conditional_wordings
                for phrase in _cleaned_phrases(wording.inverse_paraphrases)
            ]
            phrases += [
                phrase
                for wording in action.conditional_wordings
                for phrase in _passives(_cleaned_phrases(wording.paraphrases))
            ]
            for phrase in {*_phrases(action), *_inverse_phrases(action), *phrases}:
                for words, form in _forms(phrase):
                    table.setdefault(words, set()).add(form)
    for words, form in _verdict_forms():
        table.setdefault(words, set()).add(form)
    return {words: frozenset(forms) for words, forms in table.items()}


def allowed_phrases(step: PathStep) -> tuple[frozenset[str], frozenset[str]]:
    """The phrases allowed for a step: from its first node to the second, and from the second to the first.

    Parallel edges may have other actions than the step: those of the same sign are allowed, those of
    another sign not, since the sources disagree. A phrase that says more than the relation needs an edge
    that says so itself.
    """
    relation = load_schema().relations[step.relation]
    sign = relation.wording_for(step.action).sign
    actions = {step.action} | {edge.action for edge in step.edges}
    wordings = [
        relation.wording_for(action)
        for action in actions
        if action == step.action or (action in relation.actions and relation.wording_for(action).sign == sign)
    ]
    if relation.wording.general and relation.wording_for(step.action).general:
        wordings.append(relation.wording)
    phrases = {phrase for wording in wordings for phrase in _phrases(wording)}
    inverse = {phrase for wording in wordings for phrase in _inverse_phrases(wording)}
    for stated, inverse_stated in _evident_wordings(step, relation, wordings):
        phrases.update(stated)
        inverse.update(inverse_stated)
    if relation.symmetric:
        return frozenset(phrases | inverse), frozenset(phrases | inverse)
    allowed = frozenset(phrases), frozenset(inverse)
    return allowed if step.forward else allowed[::-1]


def _evident_wordings(
    step: PathStep, relation: Relation, wordings: Iterable[Wording]
) -> Iterator[tuple[list[str], list[str]]]:
    """Phrases that say more than the relation and that an edge of the step states, with their inverses."""
    signed = relation.wording_for(step.action).sign != 0
    for wording in wordings:
        for stated_wording in wording.conditional_wordings:
            if (stated_wording.accepts_signed_action and signed) or any(
                _states_any(edge.evidence, stated_wording.evidence) for edge in step.edges
            ):
                phrases = _cleaned_phrases(stated_wording.paraphrases)
                yield phrases, [*_cleaned_phrases(stated_wording.inverse_paraphrases), *_passives(phrases)]


def _states_any(evidence: str, terms: Iterable[str]) -> bool:
    """True if a part of an edge's evidence contains one of the terms without a negation."""
    for part in re.split(r"[;,:]", evidence.lower().replace("_", " ")):
        words = re.findall(r"[\w-]+", part)
        if {"not", "no", "never", "off-label", "without", "non"} & set(words):
            continue
        text = f" {' '.join(words)} "
        if any(f" {term} " in text for term in terms):
            return True
    return False


def _cleaned_phrases(phrases: Iterable[str]) -> list[str]:
    return [_clean(phrase) for phrase in phrases]


def _phrases(action: Wording) -> list[str]:
    return _cleaned_phrases((action.phrase, *action.paraphrases))


def _inverse_phrases(action: Wording) -> list[str]:
    return [*_cleaned_phrases((action.inverse, *action.inverse_paraphrases)), *_passives(_phrases(action))]


def _passives(phrases: Iterable[str]) -> list[str]:
    """ "is inhibited by" of "inhibits": of the phrases that are one verb."""
    return [f"is {_participle(phrase)} by" for phrase in phrases if re.fullmatch(r"[a-z-]+s", phrase)]


def _clean(phrase: str) -> str:
    # The article belongs to the name that follows.
    return normalize_text(phrase).lower().removesuffix(" the")


def _forms(phrase: str) -> Iterator[tuple[tuple[str, ...], Form]]:
    words = phrase.split()
    yield tuple(words), Form("finite", phrase)
    verb_index = 1 if words[0].endswith("ly") and len(words) > 1 else 0
    verb = words[verb_index]
    before, after = words[:verb_index], words[verb_index + 1 :]
    if verb in {"can", "may"} and after:
        yield tuple(after), Form("base", phrase, hedged=True)
    if verb in {*_MODALS, "when"}:
        return
    if verb == "was":
        yield (*before, "were", *after), Form("finite", phrase, plural=True)
        yield (*before, "has", "been", *after), Form("finite", phrase)
        yield tuple(after), Form("reduced", phrase)
        return
    base = base_form(verb)
    plural_verb = {"is": "are"}.get(verb, base)
    yield (*before, plural_verb, *after), Form("finite", phrase, plural=True)
    yield (*before, base, *after), Form("base", phrase)
    yield (*before, _gerund(base), *after), Form("gerund", phrase)
    if verb == "is" and after:
        yield tuple(after), Form("reduced", phrase)
        if after[0] not in {"a", "an", "one"}:
            yield ("has", "been", *after), Form("finite", phrase)
            yield ("have", "been", *after), Form("finite", phrase, plural=True)


def _verdict_forms() -> Iterator[tuple[tuple[str, ...], Form]]:
    for verb in HELPING_VERBS:
        first, *rest = verb.split()
        meaning = STUDIED if means_studied(verb) else HELPS
        yield (first, *rest), Form("base", meaning, hedged=True)
        finite = {"be": "is", "have": "has"}.get(first, first + "s")
        # "treats" is a relation; "is worth studying" claims no more than that, so needs no hedge.
        if first != "treat":
            yield (finite, *rest), Form("finite", meaning, hedged=rest[:1] != ["worth"])
    for verb in HELPED_VERBS:
        first, *rest = verb.split()
        yield (first, *rest), Form("base", HELPED_BY, hedged=True)
    for candidate in CANDIDATE_NOUNS:
        article = "an" if candidate.startswith("option") else "a"
        meaning = STUDIED if means_studied(candidate) else HELPS
        yield ("be", article, *candidate.split()), Form("base", meaning, hedged=True)
        hedged = candidate.rsplit(" ", 1)[0] in UNHEDGED_NOUNS
        yield ("is", article, *candidate.split()), Form("finite", meaning, hedged=hedged)
    for candidate in STRONG_NOUNS:
        yield ("be", "a", *candidate.split()), Form("base", STRONG, hedged=True)
        yield ("is", "a", *candidate.split()), Form("finite", STRONG)
    yield tuple(KNOWN.split()), Form("finite", KNOWN)


def base_form(verb: str) -> str:
    """ "inhibit" of "inhibits"."""
    if verb in {"is", "has"}:
        return {"is": "be", "has": "have"}[verb]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith(("sses", "shes", "ches", "xes", "oes")):
        return verb[:-2]
    return verb.removesuffix("s")


def _gerund(base: str) -> str:
    if base == "be":
        return "being"
    if base == "control":
        return "controlling"
    return (base[:-1] if base.endswith("e") and not base.endswith("ee") else base) + "ing"


def _participle(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    base = base_form(verb)
    if base == "control":
        return "controlled"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + ("d" if base.endswith("e") else "ed")
