"""Checks claims that cite trials and articles against the texts' records.

A closed set of sentences is accepted: that a trial studied the drug in the disease, with its phase, size,
year, status and stop reason, in the register's own words (see `kedrec.grounding.stop_reasons`); that an
article names both; or a sentence that an article asserts as its own (see `kedrec.grounding.framing`),
complete, verbatim and attributed to the article. Every fact in them is compared with the text's record.
Anything else is struck: the meaning of an article is for its reader to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from kedrec.grounding.english import LEADS, tokens
from kedrec.grounding.framing import is_finding, sentences_in_context
from kedrec.grounding.names import Mention, Names, normalize_text
from kedrec.grounding.stop_reasons import reason_key, stated_reasons

if TYPE_CHECKING:
    from kedrec.types import Entity, Evidence, TextSource, TrialRecord

__all__ = ["why_unsupported_by_text"]

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
"""Words for a trial of each status."""
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_MISSED_OUTCOME = (
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
_FINDING_VERBS = frozenset({"reports", "reported", "concludes", "concluded"})
"""Verbs by which a claim calls a sentence a finding of the article."""
_EDGE_PUNCTUATION = " .!?\"'"


def why_unsupported_by_text(
    text: str, cited: Sequence[Evidence], drug: Entity, disease: Entity, names: Names
) -> str:
    """The reason why a cited trial or article doesn't support a claim, as a sentence; "" where each one does.

    Args:
        text: the claim without its citations.
        cited: trials and articles alone.
        drug, disease: the pair.
        names: the names that the claim may contain.
    """
    line = normalize_text(text)
    pair = (drug, disease)
    claim_words = _claim_words(line, drug, disease, names)
    for item in cited:
        source = item.text
        if source is None:
            return f"[{item.id}] is no text that a sentence can be compared with."
        unnamed = next((entity for entity in pair if entity.id not in source.names), None)
        if unnamed is not None:
            return f"[{item.id}] doesn't name {unnamed.name}."
        problem = (
            _trial_mismatch(claim_words, item.id, source, source.trial)
            if source.trial
            else _article_mismatch(line, claim_words, (item.id, source), pair, names)
        )
        if problem:
            return problem
    return ""


def _claim_words(line: str, drug: Entity, disease: Entity, names: Names) -> str:
    """The claim's words with placeholders for names, without its opening ("In addition,")."""
    words = []
    for item in tokens(names.split(line)):
        if not isinstance(item, Mention):
            words.append(item)
        elif item.ids == {drug.id}:
            words.append(_DRUG)
        else:
            words.append(_DISEASE if item.ids == {disease.id} else _OTHER)
    claim = " ".join(words)
    claim = re.sub(r"\b(?:this|the|that) (?:drug|medicine)\b", _DRUG, claim)
    claim = re.sub(r"\b(?:this|the|that) (?:disease|condition|disorder)\b", _DISEASE, claim)
    for lead in LEADS:
        claim = claim.removeprefix(" ".join(lead) + " ")
    return claim


@cache
def _trial_sentences() -> tuple[re.Pattern[str], ...]:
    numbers = iter(range(1000))

    def fact(kind: str, pattern: str) -> str:
        return f"(?P<{kind}{next(numbers)}>{pattern})"

    status_words = sorted({word for words in _STATUSES.values() for word in words}, key=len, reverse=True)
    phase_number = r"(?:[1-4]|iv|iii|ii|i)"

    def status() -> str:
        return fact("status", "|".join(map(re.escape, status_words)))

    def trial() -> str:
        phase = fact(
            "phase", rf"(?:early )?phase {phase_number}(?:(?: ?/ ?| and |-)(?:phase )?{phase_number})?"
        )
        size = fact("size", r"[\d,]+")
        year = fact("year", r"\d{4}")
        return (
            rf"(?:a|an|one|the|this|another) (?:{status()} )?(?:{phase} )?(?:clinical )?(?:trial|study)"
            rf"(?: (?:of|with|in) {size} (?:participants|patients|people))?"
            rf"(?: (?:that |which )?(?:started|begun|from)(?: in)? {year})?"
        )

    def ending() -> str:
        why = fact("why", r".+")
        because = rf"(?:(?: ,)? (?:because of|due to|because|owing to|:) {why})?"
        stop = rf"(?:was|is|has been|is still) {status()}{because}"
        return rf"(?:{stop}|{fact('missed', _MISSED_OUTCOME)})"

    studied = r"(?:studied|tested|investigated|evaluated|examined|tried)"
    patients = r"(?: (?:people|patients|adults|children) with)?"
    whom = rf"(?:in|for|against|as a treatment for|as a treatment of){patients}"
    pair_words = rf"{_DRUG} {whom} {_DISEASE}"
    passive = rf"(?:was|is|has been|is being) {studied}"
    active = f"{studied}|studies|tests|investigates|evaluates|examines"
    addition = r"(?:(?: ,)? (?:and|but|which|that|, which|, and|, but) "
    patterns = (
        rf"{_DRUG} {passive} {whom} {_DISEASE} in {trial()}{addition}{ending()})?",
        rf"{trial()} (?:{active}) {pair_words}{addition}{ending()})?",
        rf"{trial()} (?:of|with) {pair_words} {ending()}",
    )
    return tuple(re.compile(pattern) for pattern in patterns)


def _trial_mismatch(claim_words: str, id_: str, source: TextSource, trial: TrialRecord) -> str:
    facts: list[tuple[str, str]] | None = None
    for pattern in _trial_sentences():
        if match := pattern.fullmatch(claim_words):
            groups = match.groupdict()
            facts = [(name.rstrip("0123456789"), value) for name, value in groups.items() if value]
            break
    if facts is None:
        if _OTHER in claim_words:
            return f"It names something that [{id_}] doesn't study."
        return f"Its wording can't be matched to the trial that it cites [{id_}]."
    for fact in facts:
        if problem := _fact_mismatch(fact, id_, source, trial):
            return problem
    required_fact = "missed" if trial.status == "completed" else "status"
    if trial.adverse and required_fact not in {kind for kind, _ in facts}:
        return f"It doesn't say what speaks against the drug in [{id_}]: {trial.adverse}"
    return ""


def _fact_mismatch(fact: tuple[str, str], id_: str, source: TextSource, trial: TrialRecord) -> str:
    """The difference between a fact and a trial's record, as a sentence; "" where they agree."""
    kind, value = fact
    is_early = trial.phase.startswith("early")
    not_in_evidence = "which isn't in the evidence it cites."
    agrees, problem = {
        "status": (
            value in _STATUSES.get(trial.status, {trial.status}),
            f"It says that the trial is {value}, but [{id_}] says {trial.status or 'nothing of that'}.",
        ),
        "phase": (
            _phases(value) == _phases(trial.phase) and value.startswith("early") == is_early,
            f"It says that the trial is of {value}, but [{id_}] says {trial.phase or 'no phase'}.",
        ),
        "size": (
            value.replace(",", "") == str(trial.enrolment),
            f"It gives '{value}' participants, {not_in_evidence}",
        ),
        "year": (value == str(source.year), f"It gives '{value}', {not_in_evidence}"),
        "missed": (trial.failed, f"It says that the trial missed its outcome, which [{id_}] doesn't say."),
        "why": (
            reason_key(normalize_text(value)) in stated_reasons(normalize_text(trial.why_stopped)),
            f"It says why the trial ended ('{value}'), which [{id_}] doesn't say.",
        ),
    }[kind]
    return "" if agrees else problem


def _phases(text: str) -> frozenset[str]:
    return frozenset(_ROMAN.get(word, word) for word in re.findall(r"\b(?:[1-4]|iv|iii|ii|i)\b", text))


def _article_mismatch(
    line: str, claim_words: str, item: tuple[str, TextSource], pair: tuple[Entity, Entity], names: Names
) -> str:
    id_, source = item
    naming = re.fullmatch(
        rf"{_ARTICLE}{_YEAR} (?:names|mentions|speaks of) (?:both )?"
        rf"(?:{_DRUG} and {_DISEASE}|{_DISEASE} and {_DRUG})",
        claim_words,
    )
    if naming:
        return _year_mismatch(naming[1], id_, source)
    quotation = _ATTRIBUTED.fullmatch(line)
    if quotation is None:
        return f"Its wording can't be matched to the article that it cites [{id_}]."
    first, second, verb, words = quotation.groups()
    years = (first, second)
    if problem := _year_mismatch(next(filter(None, years), None), id_, source):
        return problem
    return _quotation_mismatch(words, (verb or "").lower(), item, pair, names)


def _quotation_mismatch(
    words: str, verb: str, item: tuple[str, TextSource], pair: tuple[Entity, Entity], names: Names
) -> str:
    """The reason why words aren't a sentence of the article's own, as a sentence; "" where they are."""
    id_, source = item
    own_statements = [
        sentence.is_own_statement
        for sentence in sentences_in_context(source.quote, [(0, source.section)])
        if sentence.is_complete
        and _quotation_key(normalize_text(source.quote[sentence.sentence.start : sentence.sentence.end]))
        == _quotation_key(words)
    ]
    if not own_statements:
        return f"It says that the article says this, but it is no sentence of [{id_}]."
    if not all(own_statements) or (verb in _FINDING_VERBS and not is_finding(words)):
        return f"It is what [{id_}] asks, plans, or tells of others, not what it says itself."
    ids = {entity.id for entity in pair}
    mentions = (part for part in names.split(words) if isinstance(part, Mention))
    if not any(part.ids & ids for part in mentions):
        return f"The sentence that it quotes of [{id_}] names neither {pair[0].name} nor {pair[1].name}."
    return ""


def _year_mismatch(value: str | None, id_: str, source: TextSource) -> str:
    if value is None or value == str(source.year):
        return ""
    return f"It gives '{value}', but [{id_}] is of {source.year or 'an unknown year'}."


def _quotation_key(sentence: str) -> str:
    return sentence.strip(_EDGE_PUNCTUATION).casefold()
