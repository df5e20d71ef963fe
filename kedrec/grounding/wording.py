"""The wordings of relations: every form in which a sentence may say a relation, from the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from kedrec.grounding.names import normal
from kedrec.schema import Action, load_schema

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = ["HELPED_BY", "HELPS", "THROUGH", "Form", "allowed", "phrase_table"]

HELPS = "may help in"
"""The verdict: hedged, so it needs no edge, but a supporting path from the drug to the disease."""
HELPED_BY = "may be helped by"
THROUGH = "through"
"""The verdict names a node on the way."""

Tense = Literal["finite", "gerund", "reduced"]

# Relations whose wording without action is true of every action. (Of TREATS it is not: what prevents a
# disease needn't treat it.) A replacement is bound to nothing.
_GENERAL = {"BINDS", "ASSOCIATED_WITH", "AFFECTS", "CORRELATED_WITH"}
_NOT_GENERAL = {("BINDS", "replacement")}

_MODALS = ("may", "might", "could", "can")
_HEDGES = ("may", "might", "could")
_HEDGED_VERBS = [
    *("help in", "help with", "help", "help treat", "help to treat", "help against"),
    *("help people with", "help patients with", "benefit", "benefit people with", "benefit patients with"),
    *("treat", "work in", "work against", "work for", "be useful in", "be useful for", "be useful against"),
    *("be of use in", "be considered for", "be repurposed for", "be worth considering for"),
    *("be worth studying in", "be worth testing in"),
]
_CANDIDATES = tuple(
    f"{adjective}{noun} {preposition}"
    for adjective in ("", "plausible ", "possible ", "potential ")
    for noun in ("candidate", "treatment", "candidate treatment", "option", "treatment option")
    for preposition in ("for", "in", "against")
)
_UNHEDGED = ("treatment", "treatment option", "option")
_HELPED_VERBS = ("be helped by", "respond to", "benefit from", "be treated with", "be treatable with")


@dataclass(frozen=True, slots=True)
class Form:
    """A wording in one grammatical form.

    Attributes:
        tense: `finite` (inhibits, inhibit, may inhibit), `gerund` (inhibiting), `reduced` (linked to).
        meaning: the phrase as the schema has it, or one of this module's constants.
        plural: whether only a plural subject can have it.
    """

    tense: Tense
    meaning: str
    plural: bool = False


@cache
def phrase_table() -> dict[tuple[str, ...], frozenset[Form]]:
    """Every form of every wording of the schema and of the verdict, by its words in lower case."""
    table: dict[tuple[str, ...], set[Form]] = {}
    for relation in load_schema().relations.values():
        for action in (relation.wording, *relation.actions.values()):
            for phrase in {*_said(action), *_said_inverse(action)}:
                for words, form in _forms(phrase):
                    table.setdefault(words, set()).add(form)
    for words, form in _verdicts():
        table.setdefault(words, set()).add(form)
    return {words: frozenset(forms) for words, forms in table.items()}


def allowed(step: PathStep) -> tuple[frozenset[str], frozenset[str]]:
    """What may be said of a step: of its first node for the second, and of the second for the first.

    Parallel edges may have other actions than the step: one of the same sign may be said, one of
    another sign not, since the sources disagree.
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
    said = frozenset(phrase for wording in wordings for phrase in _said(wording))
    inverse = frozenset(phrase for wording in wordings for phrase in _said_inverse(wording))
    if relation.symmetric:
        return said | inverse, said | inverse
    return (said, inverse) if step.forward else (inverse, said)


def _said(action: Action) -> list[str]:
    return [_clean(phrase) for phrase in (action.phrase, *action.paraphrases)]


def _said_inverse(action: Action) -> list[str]:
    return [_clean(phrase) for phrase in (action.inverse, *action.inverse_paraphrases)]


def _clean(phrase: str) -> str:
    # An article belongs to the name that follows.
    return normal(phrase).lower().removesuffix(" the")


def _forms(phrase: str) -> Iterator[tuple[tuple[str, ...], Form]]:
    words = phrase.split()
    yield tuple(words), Form("finite", phrase)
    place = 1 if words[0].endswith("ly") and len(words) > 1 else 0
    verb = words[place]
    if verb in {*_MODALS, "should", "must", "when"}:
        return
    before, after = words[:place], words[place + 1 :]
    if verb == "was":
        yield (*before, "were", *after), Form("finite", phrase, plural=True)
        return
    base = {"is": "be", "has": "have"}.get(verb) or _base(verb)
    plural = {"is": "are"}.get(verb, base)
    yield (*before, plural, *after), Form("finite", phrase, plural=True)
    for modal in _MODALS:
        yield (modal, *before, base, *after), Form("finite", phrase)
    yield (*before, _gerund(base), *after), Form("gerund", phrase)
    if verb == "is" and after:
        yield tuple(after), Form("reduced", phrase)


def _verdicts() -> Iterator[tuple[tuple[str, ...], Form]]:
    for hedge in _HEDGES:
        for verb in _HEDGED_VERBS:
            yield (hedge, *verb.split()), Form("finite", HELPS)
        for verb in _HELPED_VERBS:
            yield (hedge, *verb.split()), Form("finite", HELPED_BY)
        for candidate in _CANDIDATES:
            article = "an" if candidate.startswith("option") else "a"
            yield (hedge, "be", article, *candidate.split()), Form("finite", HELPS)
    for candidate in _CANDIDATES:
        if candidate.rsplit(" ", 1)[0] not in _UNHEDGED:
            yield ("is", "a", *candidate.split()), Form("finite", HELPS)


def _base(verb: str) -> str:
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
