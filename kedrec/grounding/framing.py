"""The sentences that a text says as its own: not as a question, an aim, or what others say or it denies.

A sentence may say the contrary of what its text says: it stands in quotation marks, under a heading
("Objective"), after words that announce it ("Smith made two claims.") or before words that take it back
("This is not true."). What frames a sentence is looked for beside it. Where that is doubtful, the
sentence isn't the text's own: better a true quotation unused than one that turns its text's sense.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kedrec.common.sentences import Sentence, sentences

__all__ = ["Reading", "is_aim", "is_finding", "is_framing", "readings"]

_FRAMING_HEADING = re.compile(
    r"\b(?:objectives?|aims?|purposes?|goals?|hypothes\w+|questions?|background|introduction|context|"
    r"importance|"
    r"rationale|motivation|known|methods?|design|protocol|procedures?|settings?|participants|subjects|"
    r"patients|"
    r"interventions?|criteria|eligibility|measures|measurements|endpoints?|claims?|myths?|beliefs?|"
    r"assumptions?|"
    r"predictions?|areas? covered|related work|literature|case presentation|vignette|abbreviations?|funding|"
    r"registration)\b",
    re.IGNORECASE,
)
_OWN_HEADING = re.compile(r"\b(?:results?|findings|conclusions?|interpretation)\b", re.IGNORECASE)
_NOUN = (
    r"(?:claims?|statements?|hypothes[ie]s|assertions?|allegations?|myths?|misconceptions?|beliefs?|views?|"
    r"opinions?|"
    r"arguments?|propositions?|conjectures?|assumptions?|premises?|speculations?|scenarios?|examples?|"
    r"headlines?|"
    r"slogans?|rumou?rs?|questions?|vignettes?|anecdotes?|suggestions?|ideas?|theor(?:y|ies)|notions?|"
    r"quotes?|"
    r"quotations?|sayings?|advertisements?|adverts?|leaflets?|posters?|websites?|predictions?|expectations?|"
    r"prompts?|"
    r"dogmas?|doctrines?|legends?|testimonials?|tweets?|aims?|objectives?|goals?|fallac(?:y|ies)|promises?|"
    r"propaganda|null hypothesis)"
)
_LISTED = (
    r"(?:items?|outputs?|stor(?:y|ies)|letters?|posts?|reports?|lies|possibilit(?:y|ies)|positions?|"
    r"messages?|"
    r"wordings?|texts?|sentences?|titles?|responses?|answers?|options?|points?|reasons?|words?|lines?)"
)
_VERB = (
    r"(?:claim\w*|argue[sd]?|assert\w*|alleg\w+|hypothesi[sz]\w+|postulat\w+|conjectur\w+|speculat\w+|"
    r"suppos\w+|"
    r"assum\w+|imagin\w+|believ\w+|maintain(?:s|ed)?|insist\w*|contend\w*|predict\w*|wrote|writes?|said|"
    r"says?|"
    r"propos\w+|suggest\w*|thought|think\w*|advertis\w+|boast\w*|purport\w*|promis\w+|consider(?: the)?|"
    r"pretend\w*|"
    r"declar\w+|proclaim\w*|announc\w+|stat(?:es|ed)|report(?:s|ed)|read|reads|asked|ask|expect\w*|"
    r"rumou?red|tell|"
    r"told|warn\w*|generat\w+|hallucinat\w+|answered|replied|quot\w+)"
)
_FRAMES = re.compile(rf"\b(?:{_NOUN}|{_VERB})\b", re.IGNORECASE)
_LISTS = re.compile(rf"\b(?:{_NOUN}|{_VERB}|{_LISTED})\b", re.IGNORECASE)
_FOLLOWS = re.compile(
    r"\b(?:the following|as follows?|follows|below|as such|here is|here are|these are|this is|namely|listed|"
    r"verbatim|"
    r"ran|went)\b|\b(?:this|these|thus|so|such)\W*$|[:;,\u2014-]$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:claims|statements|hypotheses|assertions|allegations|myths|misconceptions|beliefs|views|opinions|"
    r"arguments|"
    r"assumptions|rumou?rs|slogans|headlines|questions|theories|promises|predictions|aims|objectives|"
    r"things)\b",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:we|our|this (?:study|trial|work|paper|review|article|analysis|report))\b", re.IGNORECASE
)
_COMPLEMENT = re.compile(r"\b(?:that|whether|if|to|how|why)\b", re.IGNORECASE)
# A part of a sentence that was cut off, in spite of all, after an abbreviation.
_HANGING = re.compile(
    r"(?:contrary|according|despite|in spite|unlike|in contrast|whereas|although|though|if|unless|against|"
    r"notwithstanding|as opposed|pace|except|apart|other than|rather|instead|not|no|neither|opposing|"
    r"refuting|per|"
    r"following|citing|disproving|rejecting|disputing|to (?:test|refute|disprove|claim|say|suggest))\b",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|may|might|will|would|shall|should|must|show|showed|"
    r"shows|found|led|became|remained|seems?|appears?|occurred|increased|decreased|reduced|improved|suggests?|took|"
    r"gave|got|went|came|made|saw|knew|fell|rose|grew|held|kept|left|met|began|wrote|underwent|bound|brought|built|"
    r"chose|drew|drove|fed|felt|gave|lay|lost|meant|put|sent|set|shrank|spent|stood|told|thought|wore|won)\b",
    re.IGNORECASE,
)
_MAYBE_VERB = re.compile(r"\b\w{2,}(?:ed|s)\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"(?:\(?(?:[2-9]|1\d|[b-h]|i{1,3}|iv|vi{0,3}|ix|x)[.)]|(?:first|second|third|fourth|fifth|"
    r"last)(?:ly)?\b|finally\b|"
    r"then\b|also\b|next\b|further(?:more)?\b|moreover\b|in addition\b|additionally\b|likewise\b|"
    r"similarly\b|and\b|"
    r"in (?:that|this|such a) (?:case|event|scenario|world)\b|if so\b|under (?:this|that|these|those|"
    r"such)\b|[-*\u2022\u2013])",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:this|that|these|those|such|it|they|so|none|nothing|neither|both|the (?:above|former|latter|first|"
    r"second|"
    rf"same|opposite|contrary|reverse)|the {_NOUN}|here|thus)\b",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"(?:\b(?:not|no|never|none|nothing|neither|cannot|false|falsely|wrong|wrongly|untrue|incorrect\w*|"
    r"mistaken\w*|"
    r"reject\w*|refut\w*|disprov\w*|disput\w*|contradict\w*|unsupported|unfounded|unproven|unconfirmed|"
    r"unlikely|"
    r"implausible|invalid\w*|mislead\w*|errors?|erroneous\w*|fail\w*|debunk\w*|doubt\w*|challeng\w*|"
    r"retract\w*|"
    r"withdrawn|fabricat\w*|overturned|abandon\w*|dismiss\w*|hypothetical\w*|fiction\w*|imagin\w*|once|"
    r"formerly|"
    r"correct\w*|errat\w+|corrigend\w+|revis\w*|amend\w*|supersed\w*|outdated|dispel\w*|"
    r"used to|no longer|until|nonsense|lacks?|lacking|without|hoax|satire|opposite|contrary|reverse|"
    r"questionable|"
    r"unreliable|biased|overstated|exaggerat\w*|joke|quot\w+|disagree\w*|according|deny|denied|denies|if|"
    r"were|"
    r"wish\w*|hop(?:e|es|ed|ing)|dream\w*|true)\b|"
    r"n't\b|"
    rf"\b(?:{_NOUN}|{_VERB})\b)",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"(?:not\b|wrong|false\b|untrue|no[,.!]|nonsense|hardly|far from|on the contrary|quite the (?:opposite|"
    r"contrary)|"
    r"in (?:fact|reality|truth)|actually|rather|the (?:opposite|contrary|reverse|truth|evidence|facts?)|"
    r"nothing|"
    r"(?:we|our (?:trial|study|data|results|findings|group)|the (?:trial|study|data|"
    r"results))\b.{0,60}\b(?:no|not|never|"
    r"contradict\w*|refut\w*|disprov\w*|disagree\w*|reject\w*|fail\w*)\b|there (?:is|was|are) no|no such|"
    r"or so\b|"
    r"so\b|that said|at least|if only|would that|or not\b|allegedly|supposedly|reportedly|unfortunately|"
    r"sadly|alas|but\b|yet\b)",
    re.IGNORECASE,
)
_CLEFT = re.compile(r"it (?:is|was|has been|seems|appears)\b[\w ]{0,40}\bthat\b", re.IGNORECASE)
_UNTRUE = re.compile(
    r"\b(?:retract(?:ed|ion)|fabricated|fraud\w*|hoax|satir\w+|parod\w+|april fool\w*)\b", re.IGNORECASE
)
_FRAMED = re.compile(
    r"\b(?:hypothes\w*|whether|unknown|unclear|uncertain\w*|undetermined|aim(?:s|ed)?|objectives?|purpose|"
    r"goal|"
    r"claim\w*|alleg\w*|contrary|believed?|thought|assum\w*|suppos\w*|propos\w*|speculat\w*|conjectur\w*|"
    r"null|if|"
    r"would|could|might|may|myth|misconception|rumou?r\w*|et al|according|question\w*|postulat\w*|predict\w*|"
    r"expect\w*|said|say|argue\w*|assert\w*|reportedly|supposedly|previously|once|formerly|unless|until|"
    r"to (?:evaluate|assess|determine|investigate|examine|test|study|explore|compare|review|describe))\b",
    re.IGNORECASE,
)
_AIM = re.compile(
    r"to \w+ |(?:\w+[, ]+){0,6}?(?:aim(?:s|ed)?|objectives?|purposes?|goals?|sought|set out|hypothes\w+)\b|"
    r"(?:here,? |in this (?:study|paper|review|report|article),? )?(?:we|this (?:study|paper|review|report|"
    r"article)|"
    r"the (?:present|current) (?:study|paper|review))(?: will| have| has)?(?: briefly| here)? "
    r"(?:describe|review|discuss|summari[sz]e|analy[sz]e|examine|investigate|report|present|evaluate|assess|"
    r"explore|"
    r"focus|outline|study|test|compare)\w*\b",
    re.IGNORECASE,
)
_REACH = 4
"""Sentences after "Three misconceptions persist." that may be these."""
_OPENING = {"(": ")", "[": "]", "\u201c": "\u201d", "\u00ab": "\u00bb", "\u201e": "\u201c"}
_QUOTES = "\"'(\u201c\u2018[\u00ab"


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence in its text.

    Attributes:
        whole: it begins and ends as a sentence does.
        own: the text says it as its own; it is whole, and no question.
        heading: the heading that it stands under, "" where none is known.
        first, last: places in the list of readings of what it mustn't be shown without.
    """

    sentence: Sentence
    whole: bool
    own: bool
    heading: str
    first: int
    last: int


def is_framing(heading: str) -> bool:
    """Whether a text says under a heading what it asks, plans or was told, not what it found."""
    return bool(_FRAMING_HEADING.search(heading)) and not _OWN_HEADING.search(heading)


def is_finding(sentence: str) -> bool:
    """Whether a sentence that is a text's own can be a finding: no question, aim, hypothesis or hearsay."""
    return not _FRAMED.search(sentence)


def is_aim(sentence: str) -> bool:
    """Whether a sentence says what its text is about or was meant to find ("We review ...")."""
    return bool(_AIM.match(sentence))


def readings(text: str, headings: Sequence[tuple[int, str]] = ()) -> list[Reading]:
    """The sentences of a text, in order, each with whether the text says it as its own.

    Args:
        headings: of the sections of the text: the character at which each begins, and its name.
    """
    places = sentences(text)
    lines = [text[place.start : place.end] for place in places]
    under = [place.heading or _heading(place.start, headings) for place in places]
    enclosed = _enclosed(text, places)
    frames = _frames_before(lines, under)
    doubtful = bool(_UNTRUE.search(text))
    found: list[Reading] = []
    for at, place in enumerate(places):
        first, last = enclosed[at]
        denial = _denial_after(at, lines)
        alone = (first, last) == (at, at) and frames[at] == at and denial == at
        whole = _is_whole(lines[at])
        own = whole and alone and not doubtful and not is_framing(under[at])
        own = own and "?" not in lines[at] and lines[at][0] not in _QUOTES
        found.append(Reading(place, whole, own, under[at], min(first, frames[at]), max(last, denial)))
    return found


def _heading(start: int, headings: Sequence[tuple[int, str]]) -> str:
    return next((name for begin, name in reversed(headings) if begin <= start), "")


def _is_whole(line: str) -> bool:
    """Whether what was found as a sentence begins and ends as one."""
    end = line.rstrip("\"')]\u201d\u2019*")
    return end.endswith((".", "!", "?")) and not end.endswith("...") and not re.match(r"[a-z]+\b|\W?\s", line)


def _enclosed(text: str, places: Sequence[Sentence]) -> list[tuple[int, int]]:
    """For each sentence the run of sentences over which its quotation marks or brackets go."""
    spans: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []  # what closes, and the sentence that opened it
    counts: Counter[str] = Counter()
    for at, place in enumerate(places):
        for character in text[place.start : place.end]:
            if counts[character]:
                while waiting:  # what was opened within is closed with it
                    closing, begin = waiting.pop()
                    counts[closing] -= 1
                    if closing == character:
                        spans.append((begin, at))
                        break
            elif character in _OPENING or character == '"':
                closing = _OPENING.get(character, character)
                waiting.append((closing, at))
                counts[closing] += 1
    if waiting:  # what never ends may go on to the end
        spans.append((waiting[0][1], len(places)))
    runs = [(at, at) for at in range(len(places))]
    done = -1
    for begin, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if begin < end and end > done:
            for at in range(max(begin, done + 1), min(end + 1, len(places))):
                runs[at] = (begin, end)
            done = end
    return runs


def _frames_before(lines: Sequence[str], under: Sequence[str]) -> list[int]:
    """For each sentence the first that announces it as something else than a finding; itself: none does."""
    frames: list[int] = []
    announcing: list[int] = []  # under the same heading
    open_end = chain = -1  # what announces all that comes; what announces a list that goes on
    for at, line in enumerate(lines):
        if at and under[at] != under[at - 1]:
            announcing, open_end, chain = [], -1, -1
        if chain < 0 or not _GOES_ON.match(line):
            chain = at - 1 if announcing[-1:] == [at - 1] else -1
        near = [one for one in announcing[-_REACH:] if at - one <= _reach(lines[one])]
        frames.append(min(one for one in (at, open_end, chain, *near) if one >= 0))
        if _announces(line):
            announcing.append(at)
            if open_end < 0 and _FOLLOWS.search(line):
                open_end = at
    return frames


def _reach(line: str) -> int:
    """How many sentences an announcement may be of."""
    return _REACH if _SEVERAL.search(line) else 1


def _announces(line: str) -> bool:
    """Whether what follows a sentence may be what others say, a question, or an aim."""
    if not _FINITE.search(line) and (_HANGING.match(line) or not _MAYBE_VERB.search(line)):
        return True
    if _FOLLOWS.search(line):
        return bool(_LISTS.search(line)) or line.rstrip()[-1] in ":;,\u2014-"
    return bool(_FRAMES.search(line)) and not (_OURS.search(line) and _COMPLEMENT.search(line))


def _denial_after(at: int, lines: Sequence[str]) -> int:
    """The place of the last sentence that takes a sentence back or says whose it is; its own: none."""
    last = at
    for after in range(at + 1, min(at + 4, len(lines))):
        line = lines[after]
        # "It is not true that A cures B" goes back to nothing.
        head = " ".join(_CLEFT.sub("", line).split()[:8])
        if _DENIES.match(line) or (_BACK.search(head) and _TAKEN_BACK.search(line)) or _is_doubt(line):
            last = after
        elif not _BACK.search(head):
            break
    return last


def _is_doubt(line: str) -> bool:
    """Whether a sentence is a question about the one before it."""
    return "?" in line and bool(_BACK.search(line) or len(line.split()) <= 4)
