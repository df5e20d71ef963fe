"""Whether a trial or an article says what a claim says that cites it.

A closed set of sentences: that a trial studied the drug in the disease, with its phase, size, year, status
and why it stopped, in the register's own words (see `kedrec.grounding.stop_reasons`); that an article names
both; or a sentence that an article says as its own (see `kedrec.grounding.framing`), whole, word for word
and said to be the article's. Every fact in them is compared with the text's record. Anything else is
struck: what an article means is for its reader to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from kedrec.grounding.english import LEADS, tokens
from kedrec.grounding.framing import is_finding, readings
from kedrec.grounding.names import Mention, Names, normal
from kedrec.grounding.stop_reasons import reason_key, reasons_given

if TYPE_CHECKING:
    from kedrec.types import Entity, Evidence, TextSource, TrialRecord

__all__ = ["unsaid"]

_DRUG, _DISEASE, _OTHER = "<drug>", "<disease>", "<other>"
_STATUSES = {
    "completed": {"completed"},
    "terminated": {"terminated", "stopped early", "ended early", "stopped"},
    "withdrawn": {"withdrawn"},
    "suspended": {"suspended"},
    "recruiting": {"recruiting", "ongoing"},
    "enrolling by invitation": {"ongoing", "enrolling by invitation"},
    "not yet recruiting": {"not yet recruiting", "planned"},
    "active not recruiting": {"active", "ongoing", "active not recruiting", "active , not recruiting"},
}
"""What may be said of a trial of each status."""
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_MISSED = (
    r"(?:missed|did not reach|didn't reach|failed to reach|did not meet|failed to meet|failed) "
    r"(?:its|the|all of its|any of its) primary (?:outcome|outcomes|endpoint|endpoints)"
)
_ARTICLE = r"(?:an|a|one|the|this|another) (?:article|paper|publication|review|study|passage)"
_YEAR = r"(?: (?:of|from|published in) (\d{4}))?"
_ATTRIBUTED = re.compile(
    rf"(?:according to {_ARTICLE}{_YEAR},?|{_ARTICLE}{_YEAR} "
    r"(says|said|states|stated|writes|wrote|reports|reported|concludes|concluded|notes|noted)"
    r"(?: that|:|,)?) [\"']?(.+?)[\"']?[.!?]*[\"']?",
    re.IGNORECASE,
)
_FOUND = frozenset({"reports", "reported", "concludes", "concluded"})
"""Verbs that say of a sentence that it is what an article found."""
_STOP = " .!?\"'"


def unsaid(text: str, cited: Sequence[Evidence], drug: Entity, disease: Entity, names: Names) -> str:
    """Why the cited trials and articles don't say a claim, as a sentence; "" where each of them says it.

    Args:
        text: the claim without its citations.
        cited: trials and articles alone.
        names: the names that are told apart in the claim.
    """
    line = normal(text)
    pair = (drug, disease)
    said = _said(line, drug, disease, names)
    for item in cited:
        source = item.text
        if source is None:
            return f"[{item.id}] is no text that a sentence can be compared with."
        lacking = next((one for one in pair if one.id not in source.names), None)
        if lacking is not None:
            return f"[{item.id}] doesn't name {lacking.name}."
        problem = (
            _trial_unsaid(said, item.id, source, source.trial)
            if source.trial
            else _article_unsaid(line, said, (item.id, source), pair, names)
        )
        if problem:
            return problem
    return ""


def _said(line: str, drug: Entity, disease: Entity, names: Names) -> str:
    """The claim in words with the pair's names replaced, without its lead ("In addition,")."""
    words = []
    for item in tokens(names.split(line)):
        if not isinstance(item, Mention):
            words.append(item)
        elif item.ids == {drug.id}:
            words.append(_DRUG)
        else:
            words.append(_DISEASE if item.ids == {disease.id} else _OTHER)
    said = " ".join(words)
    said = re.sub(r"\b(?:this|the|that) (?:drug|medicine)\b", _DRUG, said)
    said = re.sub(r"\b(?:this|the|that) (?:disease|condition|disorder)\b", _DISEASE, said)
    for lead in LEADS:
        said = said.removeprefix(" ".join(lead) + " ")
    return said


@cache
def _trial_sentences() -> tuple[re.Pattern[str], ...]:
    numbers = iter(range(1000))

    def fact(kind: str, pattern: str) -> str:
        return f"(?P<{kind}{next(numbers)}>{pattern})"

    known = sorted({word for words in _STATUSES.values() for word in words}, key=len, reverse=True)
    one = r"(?:[1-4]|iv|iii|ii|i)"

    def status() -> str:
        return fact("status", "|".join(map(re.escape, known)))

    def trial() -> str:
        phase = fact("phase", rf"(?:early )?phase {one}(?:(?: ?/ ?| and |-)(?:phase )?{one})?")
        size = fact("size", r"[\d,]+")
        year = fact("year", r"\d{4}")
        return (
            rf"(?:a|an|one|the|this|another) (?:{status()} )?(?:{phase} )?(?:clinical )?(?:trial|study)"
            rf"(?: (?:of|with|in) {size} (?:participants|patients|people))?"
            rf"(?: (?:that |which )?(?:started|begun|from)(?: in)? {year})?"
        )

    def end() -> str:
        why = fact("why", r".+")
        because = rf"(?:(?: ,)? (?:because of|due to|because|owing to|:) {why})?"
        stopped = rf"(?:was|is|has been|is still) {status()}{because}"
        return rf"(?:{stopped}|{fact('missed', _MISSED)})"

    studied = r"(?:studied|tested|investigated|evaluated|examined|tried)"
    patients = r"(?: (?:people|patients|adults|children) with)?"
    whom = rf"(?:in|for|against|as a treatment for|as a treatment of){patients}"
    pair = rf"{_DRUG} {whom} {_DISEASE}"
    more = r"(?:(?: ,)? (?:and|but|which|that|, which|, and|, but) "
    patterns = (
        rf"{_DRUG} (?:was|is|has been|is being) {studied} {whom} {_DISEASE} in {trial()}{more}{end()})?",
        rf"{trial()} (?:{studied}|studies|tests|investigates|evaluates|examines) {pair}{more}{end()})?",
        rf"{trial()} (?:of|with) {pair} {end()}",
    )
    return tuple(re.compile(pattern) for pattern in patterns)


def _trial_unsaid(said: str, id_: str, source: TextSource, trial: TrialRecord) -> str:
    facts: list[tuple[str, str]] | None = None
    for pattern in _trial_sentences():
        if found := pattern.fullmatch(said):
            groups = found.groupdict()
            facts = [(name.rstrip("0123456789"), value) for name, value in groups.items() if value]
            break
    if facts is None:
        if _OTHER in said:
            return f"It names something that [{id_}] doesn't study."
        return f"Its wording can't be matched to the trial that it cites [{id_}]."
    for fact in facts:
        if problem := _wrong(fact, id_, source, trial):
            return problem
    needed = "missed" if trial.status == "completed" else "status"
    if trial.adverse and needed not in {kind for kind, _ in facts}:
        return f"It doesn't say what speaks against the drug in [{id_}]: {trial.adverse}"
    return ""


def _wrong(fact: tuple[str, str], id_: str, source: TextSource, trial: TrialRecord) -> str:
    """Why a fact isn't what a trial's record says; "" where it is."""
    kind, value = fact
    early = trial.phase.startswith("early")
    numbers = "which isn't in the evidence it cites."
    true, problem = {
        "status": (
            value in _STATUSES.get(trial.status, {trial.status}),
            f"It says that the trial is {value}, but [{id_}] says {trial.status or 'nothing of that'}.",
        ),
        "phase": (
            _phases(value) == _phases(trial.phase) and value.startswith("early") == early,
            f"It says that the trial is of {value}, but [{id_}] says {trial.phase or 'no phase'}.",
        ),
        "size": (
            value.replace(",", "") == str(trial.enrolment),
            f"It gives '{value}' participants, {numbers}",
        ),
        "year": (value == str(source.year), f"It gives '{value}', {numbers}"),
        "missed": (trial.failed, f"It says that the trial missed its outcome, which [{id_}] doesn't say."),
        "why": (
            reason_key(normal(value)) in reasons_given(normal(trial.why_stopped)),
            f"It says why the trial ended ('{value}'), which [{id_}] doesn't say.",
        ),
    }[kind]
    return "" if true else problem


def _phases(text: str) -> frozenset[str]:
    return frozenset(_ROMAN.get(word, word) for word in re.findall(r"\b(?:[1-4]|iv|iii|ii|i)\b", text))


def _article_unsaid(
    line: str, said: str, item: tuple[str, TextSource], pair: tuple[Entity, Entity], names: Names
) -> str:
    id_, source = item
    named = re.fullmatch(
        rf"{_ARTICLE}{_YEAR} (?:names|mentions|speaks of) (?:both )?"
        rf"(?:{_DRUG} and {_DISEASE}|{_DISEASE} and {_DRUG})",
        said,
    )
    if named:
        return _wrong_year(named[1], id_, source)
    quoting = _ATTRIBUTED.fullmatch(line)
    if quoting is None:
        return f"Its wording can't be matched to the article that it cites [{id_}]."
    first, second, verb, words = quoting.groups()
    years = (first, second)
    if problem := _wrong_year(next(filter(None, years), None), id_, source):
        return problem
    return _misquoted(words, (verb or "").lower(), item, pair, names)


def _misquoted(
    words: str, verb: str, item: tuple[str, TextSource], pair: tuple[Entity, Entity], names: Names
) -> str:
    """Why words aren't what an article says, with a verb; "" where they are a sentence of its own."""
    id_, source = item
    held = [
        one.own
        for one in readings(source.quote, [(0, source.section)])
        if one.whole and _key(normal(source.quote[one.sentence.start : one.sentence.end])) == _key(words)
    ]
    if not held:
        return f"It says that the article says this, but it is no sentence of [{id_}]."
    if not all(held) or (verb in _FOUND and not is_finding(words)):
        return f"It is what [{id_}] asks, plans, or tells of others, not what it says itself."
    ids = {one.id for one in pair}
    mentioned = (part for part in names.split(words) if isinstance(part, Mention))
    if not any(part.ids & ids for part in mentioned):
        return f"The sentence that it quotes of [{id_}] names neither {pair[0].name} nor {pair[1].name}."
    return ""


def _wrong_year(value: str | None, id_: str, source: TextSource) -> str:
    if value is None or value == str(source.year):
        return ""
    return f"It gives '{value}', but [{id_}] is of {source.year or 'an unknown year'}."


def _key(sentence: str) -> str:
    return sentence.strip(_STOP).casefold()
