"""The wordings of relations: every form in which a sentence may say a relation, from the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from kedrec.grounding.names import normal
from kedrec.grounding.verdict_words import (
    CANDIDATE_NOUNS,
    HELPED_BY,
    HELPED_VERBS,
    HELPING_VERBS,
    HELPS,
    UNHEDGED_NOUNS,
)
from kedrec.schema import Action, Relation, load_schema

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = ["Form", "Tense", "allowed", "base", "phrase_table"]

Tense = Literal["finite", "base", "gerund", "reduced"]

# Relations whose wording without action is true of every action. (Of TREATS it is not: what prevents a
# disease needn't treat it.) A replacement is bound to nothing.
_GENERAL = {"BINDS", "ASSOCIATED_WITH", "AFFECTS", "CORRELATED_WITH"}
_NOT_GENERAL = {("BINDS", "replacement")}

_MODALS = ("may", "might", "could", "can", "should", "must")
_IRREGULAR = {"binds": "bound", "makes": "made", "shows": "shown", "comes": "come", "gives": "given"}


@dataclass(frozen=True, slots=True)
class Form:
    """A wording in one grammatical form.

    Attributes:
        tense: `finite` (inhibits, inhibit), `base` (may inhibit), `gerund` (inhibiting) or `reduced`
            (linked to).
        meaning: the phrase as the schema has it, or one of this module's constants.
        plural: whether only a plural subject can have it.
        hedged: whether it is true only under a word that claims less ("may").
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
            everything = [phrase for one in action.stated for phrase in _stated(one.paraphrases)]
            everything += [phrase for one in action.stated for phrase in _stated(one.inverse_paraphrases)]
            everything += [p for one in action.stated for p in _passives(_stated(one.paraphrases))]
            for phrase in {*_said(action), *_said_inverse(action), *everything}:
                for words, form in _forms(phrase):
                    table.setdefault(words, set()).add(form)
    for words, form in _verdicts():
        table.setdefault(words, set()).add(form)
    return {words: frozenset(forms) for words, forms in table.items()}


def allowed(step: PathStep) -> tuple[frozenset[str], frozenset[str]]:
    """What may be said of a step: of its first node for the second, and of the second for the first.

    Parallel edges may have other actions than the step: one of the same sign may be said, one of
    another sign not, since the sources disagree. What says more than the relation needs an edge that
    says so itself.
    """
    relation = load_schema().relations[step.relation]
    sign = relation.worded(step.action).sign
    actions = {step.action} | {edge.action for edge in step.edges}
    wordings = [
        relation.worded(action)
        for action in actions
        if action == step.action or (action in relation.actions and relation.worded(action).sign == sign)
    ]
    if step.relation in _GENERAL and (step.relation, step.action) not in _NOT_GENERAL:
        wordings.append(relation.wording)
    said = {phrase for wording in wordings for phrase in _said(wording)}
    inverse = {phrase for wording in wordings for phrase in _said_inverse(wording)}
    for more, turned in _evident(step, relation, wordings):
        said.update(more)
        inverse.update(turned)
    if relation.symmetric:
        return frozenset(said | inverse), frozenset(said | inverse)
    ways = frozenset(said), frozenset(inverse)
    return ways if step.forward else ways[::-1]


def _evident(
    step: PathStep, relation: Relation, wordings: Iterable[Action]
) -> Iterator[tuple[list[str], list[str]]]:
    """The wordings that say more than the relation and that an edge of the step says."""
    signed = relation.worded(step.action).sign != 0
    for wording in wordings:
        for one in wording.stated:
            if (one.signed and signed) or any(_holds(edge.evidence, one.evidence) for edge in step.edges):
                more = _stated(one.paraphrases)
                yield more, [*_stated(one.inverse_paraphrases), *_passives(more)]


def _holds(evidence: str, terms: Iterable[str]) -> bool:
    """Whether a part of an edge's evidence holds one of these terms, and doesn't deny it."""
    for part in re.split(r"[;,:]", evidence.lower().replace("_", " ")):
        words = re.findall(r"[\w-]+", part)
        if {"not", "no", "never", "off-label", "without", "non"} & set(words):
            continue
        text = f" {' '.join(words)} "
        if any(f" {term} " in text for term in terms):
            return True
    return False


def _stated(phrases: Iterable[str]) -> list[str]:
    return [_clean(phrase) for phrase in phrases]


def _said(action: Action) -> list[str]:
    return _stated((action.phrase, *action.paraphrases))


def _said_inverse(action: Action) -> list[str]:
    return [*_stated((action.inverse, *action.inverse_paraphrases)), *_passives(_said(action))]


def _passives(phrases: Iterable[str]) -> list[str]:
    """ "is inhibited by" of "inhibits": of the phrases that are one verb."""
    return [f"is {_participle(phrase)} by" for phrase in phrases if re.fullmatch(r"[a-z-]+s", phrase)]


def _clean(phrase: str) -> str:
    # An article belongs to the name that follows.
    return normal(phrase).lower().removesuffix(" the")


def _forms(phrase: str) -> Iterator[tuple[tuple[str, ...], Form]]:
    words = phrase.split()
    yield tuple(words), Form("finite", phrase)
    at = 1 if words[0].endswith("ly") and len(words) > 1 else 0
    verb = words[at]
    before, after = words[:at], words[at + 1 :]
    if verb in {"can", "may"} and after:
        yield tuple(after), Form("base", phrase, hedged=True)
    if verb in {*_MODALS, "when"}:
        return
    if verb == "was":
        yield (*before, "were", *after), Form("finite", phrase, plural=True)
        yield (*before, "has", "been", *after), Form("finite", phrase)
        yield tuple(after), Form("reduced", phrase)
        return
    plain = base(verb)
    plural = {"is": "are"}.get(verb, plain)
    yield (*before, plural, *after), Form("finite", phrase, plural=True)
    yield (*before, plain, *after), Form("base", phrase)
    yield (*before, _gerund(plain), *after), Form("gerund", phrase)
    if verb == "is" and after:
        yield tuple(after), Form("reduced", phrase)
        if after[0] not in {"a", "an", "one"}:
            yield ("has", "been", *after), Form("finite", phrase)
            yield ("have", "been", *after), Form("finite", phrase, plural=True)


def _verdicts() -> Iterator[tuple[tuple[str, ...], Form]]:
    for verb in HELPING_VERBS:
        first, *rest = verb.split()
        yield (first, *rest), Form("base", HELPS, hedged=True)
        finite = {"be": "is", "have": "has"}.get(first, first + "s")
        # "treats" is a relation; what is said to be worth studying is said to be no more than that.
        if first != "treat":
            yield (finite, *rest), Form("finite", HELPS, hedged=rest[:1] != ["worth"])
    for verb in HELPED_VERBS:
        first, *rest = verb.split()
        yield (first, *rest), Form("base", HELPED_BY, hedged=True)
    for candidate in CANDIDATE_NOUNS:
        article = "an" if candidate.startswith("option") else "a"
        yield ("be", article, *candidate.split()), Form("base", HELPS, hedged=True)
        sure = candidate.rsplit(" ", 1)[0] in UNHEDGED_NOUNS
        yield ("is", article, *candidate.split()), Form("finite", HELPS, hedged=sure)


def base(verb: str) -> str:
    """ "inhibit" of "inhibits"."""
    if verb in {"is", "has"}:
        return {"is": "be", "has": "have"}[verb]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith(("sses", "shes", "ches", "xes", "oes")):
        return verb[:-2]
    return verb.removesuffix("s")


def _gerund(plain: str) -> str:
    if plain == "be":
        return "being"
    if plain == "control":
        return "controlling"
    return (plain[:-1] if plain.endswith("e") and not plain.endswith("ee") else plain) + "ing"


def _participle(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    plain = base(verb)
    if plain == "control":
        return "controlled"
    if plain.endswith("y") and plain[-2] not in "aeiou":
        return plain[:-1] + "ied"
    return plain + ("d" if plain.endswith("e") else "ed")
