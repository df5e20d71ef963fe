"""Frames around a statement that claim no more than it: attributions, hedges, connectives.

A frame is a regular expression over the words between names, composed of a few classes of words: nouns for
a source, verbs of stating, verbs of supposing. Words of proof, number, comparison and denial belong to none,
so that a sentence with one of them has no reading.

Every expression is matched in full against a few words at a time, and none repeats a part that may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

from kedrec.grounding.names import Mention

__all__ = [
    "Lead",
    "auxiliary",
    "copula",
    "frame_words",
    "leads",
    "nominal_leads",
    "participle_leads",
    "reason_predicates",
    "report_predicates",
    "sentence_ends",
]

Lead = Literal["plain", "weak", "reason", "conclusion", "analogy"]
"""Effect of an opening on its sentence: `weak`: a mere possibility; `reason`: the reason of a verdict;
`conclusion`: drawn from the sentence before; `analogy`: an argument from resemblance; `plain`: none."""

_MOST_WORDS = 14


def _any(words: str) -> str:
    return "(?:" + "|".join(part.strip() for part in words.split("|")) + ")"


_DATA = _any(
    "evidence|graph|knowledge graph|path|paths|data|record|records|link|links|source|sources|database|"
    "evidence here|item|items|chain"
)
_THE = _any("the|this|that|these|those|our|its")
_QUALITY = _any("available|cited|current|present|given|some|existing|underlying|same")
_SOURCE = rf"(?:{_THE} )?(?:{_QUALITY} )?{_DATA}(?: cited| here| given)?"
_STATES = _any(
    "shows|show|suggests|suggest|indicates|indicate|implies|imply|hints|hint|says|say|states|state|records|"
    "record|reports|report|holds|hold|has it|have it|notes|note|describes|describe|tells|tell|lists|list"
)
_SUPPOSED = _any(
    "thought|believed|assumed|presumed|hypothesized|hypothesised|proposed|suspected|supposed|suggested|"
    "expected|predicted|conceivable|possible|plausible|likely|considered"
)
_RECORDED = _any(
    "known|said|reported|recorded|described|understood|found|shown|noted|documented|observed|listed|seen|"
    "recognized|recognised|stated"
)
_ADVERB = _any(
    "notably|importantly|interestingly|specifically|in particular|particularly|indeed|in short|in brief|"
    "in summary|in sum|overall|in addition|however|moreover|furthermore|further|additionally|besides|also|"
    "first|firstly|second|secondly|third|thirdly|finally|lastly|likewise|similarly|meanwhile|conversely|"
    "in turn|next|then|here|in fact|for example|for instance|to begin with|of note|in other words|"
    "on the other hand|by contrast|in contrast|still|again|and|generally|briefly|more specifically"
)
_POSSIBLY = _any(
    "possibly|probably|presumably|apparently|reportedly|potentially|perhaps|plausibly|seemingly|arguably|"
    "conceivably|supposedly|purportedly|ostensibly|most likely|very likely|quite possibly|in all likelihood|"
    "in principle|likely|currently"
)
_OFTEN = rf"(?:(?:also|generally|commonly|widely|{_POSSIBLY}) )?"

_REASON = _any(
    "reason|explanation|rationale|mechanism|basis|reasoning|argument|idea|hypothesis|mode of action|"
    "working hypothesis"
)
_ONE = _any("one|a|an|another|the|its|a further|one further|a second")
_LIKELY = _any("possible|plausible|potential|likely|conceivable|proposed|suggested|underlying|main")
_FOR_IT = _any(
    "for this|for that|for it|behind this|behind it|here|for the verdict|for its use|in its favour"
)
_WHICH_REASON = rf"(?:{_ONE} )?(?:{_LIKELY} )?{_REASON}(?: {_FOR_IT})?"
_IS = _any("is|may be|might be|could be|appears to be|seems to be|would be|lies in the fact")

_BY = _any(
    "according to|based on|on the basis of|judging by|judging from|going by|as per|per|in line with|in|"
    "within|from|by|in keeping with|in the light of|in view of|following"
)
_ATTRIBUTED = rf"{_BY} {_SOURCE}"
_NOTED = _any("known|reported|noted|recorded|described|stated|shown")
_GROUNDS = _any(
    "evidence|indication|indications|data|reason to think|reason to believe|support for the view|"
    "grounds to think|a record"
)
_PLAIN_OPENINGS = (
    rf"{_SOURCE} {_STATES} that",
    rf"what {_SOURCE} {_STATES} is that",
    rf"{_ATTRIBUTED} ,?",
    rf"as {_SOURCE} {_STATES} ,?",
    rf"as (?:is )?{_NOTED}(?: by| in)?(?: {_SOURCE})? ,?",
    rf"it (?:is|has been) {_OFTEN}(?:{_RECORDED}|{_SUPPOSED})(?: (?:in|by) {_SOURCE})? that",
    r"it (?:appears|seems) (?:likely |possible |plausible )?that",
    rf"there (?:is|are|exists|exist) (?:some |also )?{_GROUNDS}(?: in {_SOURCE})? that",
    rf"(?:{_ADVERB}|{_POSSIBLY}) ,?",
    r"(?:the )?(?:fact|point|finding|observation) is that",
    r"(?:note|recall) that",
)
_SUPPORTS = _any(
    "supports|support|is consistent with|are consistent with|fits|fit|points to|point to|raises|raise|"
    "leaves open"
)
_WEAK_OPENINGS = (
    rf"it (?:is|seems|appears|may be|might be|could be) (?:also )?{_SUPPOSED} that",
    r"it (?:may|might|could) be that",
    rf"{_SOURCE} {_SUPPORTS} the (?:idea|view|possibility|hypothesis|notion|suggestion) that",
    r"(?:possibly|perhaps|potentially|plausibly|conceivably) ,?",
)
_REASON_OPENINGS = (
    rf"{_WHICH_REASON} {_IS} that",
    r"(?:this|that|it) (?:is|may be|might be|could be)(?: so)? (?:because|since|due to the fact that)",
    r"(?:mechanistically|pharmacologically|in mechanistic terms) ,?",
    r"what speaks for it is that",
)
_THEREFORE = _any(
    "therefore|thus|hence|consequently|accordingly|as a result|as a consequence|so|for this reason|"
    "for that reason|on this basis|on that basis|because of this|because of that|this is why|that is why|"
    "it follows that|in consequence|and so|this suggests that|this means that|this implies that|"
    "this indicates that"
)
_CONCLUSION_OPENINGS = (rf"{_THEREFORE} ,?",)
_ANALOGY_OPENINGS = (r"(?:so )?by analogy ,?", r"arguing by analogy ,?", r"reasoning by analogy ,?")

_KINDS: tuple[tuple[Lead, tuple[str, ...]], ...] = (
    ("plain", _PLAIN_OPENINGS),
    ("weak", _WEAK_OPENINGS),
    ("reason", _REASON_OPENINGS),
    ("conclusion", _CONCLUSION_OPENINGS),
    ("analogy", _ANALOGY_OPENINGS),
)
_OPENINGS = tuple(
    (
        kind,
        re.compile(
            "|".join(f"(?:{one.removesuffix(' ,?')}{'(?: ,)?' * one.endswith(' ,?')})" for one in patterns)
        ),
    )
    for kind, patterns in _KINDS
)
_ENDINGS = re.compile(
    rf", (?:{_ATTRIBUTED}|as {_SOURCE} {_STATES}|{_SOURCE} {_STATES}|(?:or )?so {_SOURCE} {_STATES}"
    rf"|it (?:seems|appears|is {_SUPPOSED})|{_POSSIBLY}|{_ADVERB})"
    rf"|(?:in|according to|as per) {_SOURCE}"
)

_ABLE = r"(?: (?:be (?:able|likely)|have the (?:ability|potential|capacity)) to)?"
_WEAK_HELP = re.compile(
    rf"(?:(?:may|might|could|can)(?: {_POSSIBLY})?{_ABLE}"
    rf"|(?:is|are) {_OFTEN}(?:{_SUPPOSED}|said|reported|able) to{_ABLE}"
    rf"|(?:has|have) been {_OFTEN}(?:{_SUPPOSED}|reported|said) to{_ABLE}"
    rf"|(?:{_POSSIBLY} )?(?:appears|appear|seems|seem|tends|tend) {_OFTEN}to{_ABLE}"
    r"|(?:has|have) the (?:ability|potential|capacity) to"
    r"|(?:may|might|could|can) (?:help|serve|act|work)(?: to)?)"
)
_VERDICT_HELP = re.compile(
    rf"(?:(?:may|might|could)(?: {_POSSIBLY})?{_ABLE}"
    rf"|(?:is|are) {_OFTEN}(?:thought|believed|assumed|presumed|hypothesized|hypothesised|proposed|suggested|"
    rf"expected|predicted|likely) to{_ABLE}"
    rf"|(?:{_POSSIBLY} )?(?:appears|appear|seems|seem) {_OFTEN}(?:able )?to"
    r"|(?:has|have) the potential to)"
)
_FACT_HELP = re.compile(
    rf"(?:(?:is|are|has been|have been) {_OFTEN}{_RECORDED} to"
    # A past belief may have been given up; a past finding stands.
    rf"|(?:was|were) {_OFTEN}(?:found|shown|reported|seen|observed|noted) to"
    r"|(?:serves|serve|acts|act|helps|help)(?: to)?)"
)
_COPULA = re.compile(
    rf"(?:(?:acts|act|functions|function|works|work|serves|serve|behaves|behave) as"
    rf"|(?:is|are|has been|have been) {_OFTEN}"
    rf"(?:(?:{_RECORDED}|classified|classed|regarded|categorized|characterized) as"
    r"|considered|termed|called|deemed)"
    rf"|(?:is|are) {_OFTEN}(?:{_RECORDED}|{_SUPPOSED}) to (?:be|act as|function as|work as|serve as)"
    rf"|(?:appears|appear|seems|seem) to (?:be|act as|function as|work as|serve as)"
    rf"|(?:has|have) been {_OFTEN}(?:{_RECORDED}|{_SUPPOSED}) to (?:be|act as|function as|work as|serve as)"
    rf"|(?:may|might|could|can) (?:be|act as|function as|work as|serve as))"
)
_BEFORE_GERUND = re.compile(
    rf"(?:is|are|has been|have been) {_OFTEN}"
    rf"(?:capable of|known for|(?:{_RECORDED}|regarded|thought of) as)|(?:may|might|could|can) be capable of"
)
_CAUSES = re.compile(
    rf"(?:(?:may|might|could|can) |(?:is|are|has been|have been) {_OFTEN}(?:{_SUPPOSED}|{_RECORDED}) to |"
    r"(?:appears|appear|seems|seem) to )?"
    r"(?:leads?|results?|causes?|produces?|brings?|exerts?|shows?|achieves?)"
    r"(?: to| in| about)?(?: an| the)?"
)
_COPULA_GERUND = re.compile(r"(?:acting|functioning|working|serving|behaving) as|being")
_SUPPOSED_TO = re.compile(rf"{_OFTEN}(?:{_RECORDED}|{_SUPPOSED}|able) to")
_REPORTED = re.compile(
    rf"(?:is|are|has been|have been|was|were|may be|might be|could be|appears to be|seems to be) {_OFTEN}"
    rf"(?:{_RECORDED}|{_SUPPOSED})(?: (?:in|by|according to) {_SOURCE})?"
    r"|(?:occurs|exists|may occur|may exist|can occur|might occur|could occur)(?: here)?"
)

_SOURCE_SHOWS = re.compile(
    rf"{_SOURCE} {_STATES}(?: to)?"
    rf"|(?:{_ATTRIBUTED} (?:, )?)?there (?:is|exists|are|may be|might be)"
    r"(?: evidence (?:of|for)| a record of)?"
)
_REASON_IS = re.compile(rf"{_WHICH_REASON} {_IS}")
_IS_A_REASON = re.compile(rf"{_IS} {_WHICH_REASON}")


def leads(items: Sequence[str | Mention]) -> Iterator[tuple[int, frozenset[Lead]]]:
    """Every parse of the first words as openings: the position after, and their effects on the sentence."""
    yield 0, frozenset()
    reached = {(0, frozenset[Lead]())}
    current: list[tuple[int, frozenset[Lead]]] = [(0, frozenset())]
    for _ in range(3):
        following: list[tuple[int, frozenset[Lead]]] = []
        for position, kinds in current:
            for end, words in _word_runs(items, position):
                for kind, pattern in _OPENINGS:
                    lead = (end, kinds | {kind})
                    if lead not in reached and pattern.fullmatch(words):
                        reached.add(lead)
                        following.append(lead)
        yield from sorted(following, key=lambda lead: -lead[0])
        current = following


def sentence_ends(items: Sequence[str | Mention]) -> list[int]:
    """Positions where the statements may end: the end of the sentence, and before a final attribution."""
    ends = [len(items)]
    for length in range(1, min(_MOST_WORDS, len(items)) + 1):
        tail = items[len(items) - length :]
        if isinstance(tail[0], Mention):
            break
        if _ENDINGS.fullmatch(" ".join(word for word in tail if isinstance(word, str))):
            ends.append(len(items) - length)
    return ends


def auxiliary(items: Sequence[str | Mention], position: int) -> Iterator[tuple[int, bool, bool]]:
    """Every parse of words before a verb's base form ("is thought to").

    Yields:
        the position after them, whether they hedge a statement, and whether they hedge a verdict.
    """
    for end, words in _word_runs(items, position, 9):
        weak, verdict = bool(_WEAK_HELP.fullmatch(words)), bool(_VERDICT_HELP.fullmatch(words))
        if weak or verdict or _FACT_HELP.fullmatch(words):
            yield end, weak or verdict, verdict


def copula(items: Sequence[str | Mention], position: int, *, gerund: bool = False) -> Iterator[int]:
    """Positions after words that turn a noun into a predicate: "acts as", "is known as"."""
    pattern = _COPULA_GERUND if gerund else _COPULA
    yield from (end for end, words in _word_runs(items, position, 8) if pattern.fullmatch(words))


def participle_leads(items: Sequence[str | Mention], position: int) -> Iterator[int]:
    """Positions after "known to", "thought to"."""
    yield from (end for end, words in _word_runs(items, position, 4) if _SUPPOSED_TO.fullmatch(words))


def gerund_leads(items: Sequence[str | Mention], position: int) -> Iterator[int]:
    """Positions after words before a gerund: "is capable of", "is described as"."""
    yield from (end for end, words in _word_runs(items, position, 8) if _BEFORE_GERUND.fullmatch(words))


def causal_verbs(items: Sequence[str | Mention], position: int) -> Iterator[int]:
    """Positions after words before a verb as a noun: "leads to", "is thought to cause"."""
    yield from (end for end, words in _word_runs(items, position, 9) if _CAUSES.fullmatch(words))


def report_predicates(items: Sequence[str | Mention], position: int) -> Iterator[int]:
    """Positions after "has been reported", "is thought to occur"."""
    yield from (end for end, words in _word_runs(items, position, 10) if _REPORTED.fullmatch(words))


def nominal_leads(items: Sequence[str | Mention], position: int) -> Iterator[tuple[int, bool]]:
    """Every parse of words before a verb as a noun ("the graph records").

    Yields:
        the position after them, and whether they make it a reason ("one reason is").
    """
    for end, words in _word_runs(items, position, 12):
        if _SOURCE_SHOWS.fullmatch(words):
            yield end, False
        if _REASON_IS.fullmatch(words):
            yield end, True


def reason_predicates(items: Sequence[str | Mention], position: int) -> Iterator[int]:
    """Positions after "is one possible mechanism"."""
    yield from (end for end, words in _word_runs(items, position, 12) if _IS_A_REASON.fullmatch(words))


def _word_runs(
    items: Sequence[str | Mention], position: int, most: int = _MOST_WORDS
) -> Iterator[tuple[int, str]]:
    """The runs of words that start at a position, longest first, with the position after each."""
    words: list[str] = []
    for item in items[position : position + most]:
        if not isinstance(item, str):
            break
        words.append(item)
    for length in range(len(words), 0, -1):
        yield position + length, " ".join(words[:length])


@cache
def frame_words() -> frozenset[str]:
    """Every word of the frames."""
    patterns = [pattern.pattern for _, pattern in _OPENINGS]
    patterns += [
        pattern.pattern
        for pattern in (_ENDINGS, _WEAK_HELP, _VERDICT_HELP, _FACT_HELP, _COPULA, _COPULA_GERUND)
    ]
    patterns += [
        pattern.pattern
        for pattern in (
            _BEFORE_GERUND,
            _CAUSES,
            _SUPPOSED_TO,
            _REPORTED,
            _SOURCE_SHOWS,
            _REASON_IS,
            _IS_A_REASON,
        )
    ]
    return frozenset(word for pattern in patterns for word in re.findall(r"[a-z]+", pattern))
