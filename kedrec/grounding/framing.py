"""Finds the sentences that a text asserts as its own, as against questions, aims, hearsay and denials.

A sentence may say the contrary of its text: in quotation marks, under a heading ("Objective"), after an
announcement ("Smith made two claims.") or before a denial ("This is not true."). Such frames are searched
for in the sentences around it. In doubt, a sentence isn't the text's own: better a true quotation unused
than one that reverses its text's sense.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kedrec.common.sentences import SentenceSpan, sentences

__all__ = ["SentenceInContext", "is_aim", "is_finding", "is_framing", "sentences_in_context"]

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
_FRAMING_NOUN = (
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
_LIST_NOUN = (
    r"(?:items?|outputs?|stor(?:y|ies)|letters?|posts?|reports?|lies|possibilit(?:y|ies)|positions?|"
    r"messages?|"
    r"wordings?|texts?|sentences?|titles?|responses?|answers?|options?|points?|reasons?|words?|lines?)"
)
_FRAMING_VERB = (
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
_FRAMING_WORDS = re.compile(rf"\b(?:{_FRAMING_NOUN}|{_FRAMING_VERB})\b", re.IGNORECASE)
_LIST_WORDS = re.compile(rf"\b(?:{_FRAMING_NOUN}|{_FRAMING_VERB}|{_LIST_NOUN})\b", re.IGNORECASE)
_ANNOUNCEMENT = re.compile(
    r"\b(?:the following|as follows?|follows|below|as such|here is|here are|these are|this is|namely|listed|"
    r"verbatim|"
    r"ran|went)\b|\b(?:this|these|thus|so|such)\W*$|[:;,\u2014-]$",
    re.IGNORECASE,
)
_PLURAL_ANNOUNCEMENT = re.compile(
    r"\b(?:claims|statements|hypotheses|assertions|allegations|myths|misconceptions|beliefs|views|opinions|"
    r"arguments|"
    r"assumptions|rumou?rs|slogans|headlines|questions|theories|promises|predictions|aims|objectives|"
    r"things)\b",
    re.IGNORECASE,
)
_OWN_SUBJECT = re.compile(
    r"\b(?:we|our|this (?:study|trial|work|paper|review|article|analysis|report))\b", re.IGNORECASE
)
_COMPLEMENT = re.compile(r"\b(?:that|whether|if|to|how|why)\b", re.IGNORECASE)
# A fragment of a sentence that was split wrongly, after an abbreviation.
_FRAGMENT = re.compile(
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
_POSSIBLE_VERB = re.compile(r"\b\w{2,}(?:ed|s)\b", re.IGNORECASE)
_CONTINUATION = re.compile(
    r"(?:\(?(?:[2-9]|1\d|[b-h]|i{1,3}|iv|vi{0,3}|ix|x)[.)]|(?:first|second|third|fourth|fifth|"
    r"last)(?:ly)?\b|finally\b|"
    r"then\b|also\b|next\b|further(?:more)?\b|moreover\b|in addition\b|additionally\b|likewise\b|"
    r"similarly\b|and\b|"
    r"in (?:that|this|such a) (?:case|event|scenario|world)\b|if so\b|under (?:this|that|these|those|"
    r"such)\b|[-*\u2022\u2013])",
    re.IGNORECASE,
)
_BACK_REFERENCE = re.compile(
    r"\b(?:this|that|these|those|such|it|they|so|none|nothing|neither|both|the (?:above|former|latter|first|"
    r"second|"
    rf"same|opposite|contrary|reverse)|the {_FRAMING_NOUN}|here|thus)\b",
    re.IGNORECASE,
)
_REJECTION = re.compile(
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
    rf"\b(?:{_FRAMING_NOUN}|{_FRAMING_VERB})\b)",
    re.IGNORECASE,
)
_DENIAL = re.compile(
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
_RETRACTED_TEXT = re.compile(
    r"\b(?:retract(?:ed|ion)|fabricated|fraud\w*|hoax|satir\w+|parod\w+|april fool\w*)\b", re.IGNORECASE
)
_NO_FINDING = re.compile(
    r"\b(?:hypothes\w*|whether|unknown|unclear|uncertain\w*|undetermined|aim(?:s|ed)?|objectives?|purpose|"
    r"goal|"
    r"claim\w*|alleg\w*|contrary|believed?|thought|assum\w*|suppos\w*|propos\w*|speculat\w*|conjectur\w*|"
    r"null|if|"
    r"would|could|might|may|myth|misconception|rumou?r\w*|et al|according|question\w*|postulat\w*|predict\w*|"
    r"expect\w*|said|say|argue\w*|assert\w*|reportedly|supposedly|previously|once|formerly|unless|until|"
    r"to (?:evaluate|assess|determine|investigate|examine|test|study|explore|compare|review|describe))\b",
    re.IGNORECASE,
)
_AIM_OPENING = re.compile(
    r"to \w+ |(?:\w+[, ]+){0,6}?(?:aim(?:s|ed)?|objectives?|purposes?|goals?|sought|set out|hypothes\w+)\b|"
    r"(?:here,? |in this (?:study|paper|review|report|article),? )?(?:we|this (?:study|paper|review|report|"
    r"article)|"
    r"the (?:present|current) (?:study|paper|review))(?: will| have| has)?(?: briefly| here)? "
    r"(?:describe|review|discuss|summari[sz]e|analy[sz]e|examine|investigate|report|present|evaluate|assess|"
    r"explore|"
    r"focus|outline|study|test|compare)\w*\b",
    re.IGNORECASE,
)
_MAX_REACH = 4
"""Number of sentences after "Three misconceptions persist." that may be the misconceptions."""
_OPENING = {"(": ")", "[": "]", "\u201c": "\u201d", "\u00ab": "\u00bb", "\u201e": "\u201c"}
_QUOTES = "\"'(\u201c\u2018[\u00ab"


@dataclass(frozen=True, slots=True)
class SentenceInContext:
    """A sentence in the context of its text.

    Attributes:
        sentence: its position in the text.
        whole: whether it begins and ends like a sentence.
        own: whether the text asserts it as its own; only if it is whole and no question.
        heading: the heading above it, "" where none is known.
        first, last: range of the list of readings that must be shown with it.
    """

    sentence: SentenceSpan
    is_complete: bool
    is_own_statement: bool
    heading: str
    first: int
    last: int


def is_framing(heading: str) -> bool:
    """True for a heading of questions, plans or reports of others, not of findings."""
    return bool(_FRAMING_HEADING.search(heading)) and not _OWN_HEADING.search(heading)


def is_finding(sentence: str) -> bool:
    """True if a text's own sentence can be a finding: no question, aim, hypothesis or hearsay."""
    return not _NO_FINDING.search(sentence)


def is_aim(sentence: str) -> bool:
    """True if a sentence states the text's subject or aim ("We review ...")."""
    return bool(_AIM_OPENING.match(sentence))


def sentences_in_context(text: str, headings: Sequence[tuple[int, str]] = ()) -> list[SentenceInContext]:
    """The sentences of a text, in order, each with its context.

    Args:
        text: the text.
        headings: for each section of the text the offset of its first character, and its name.
    """
    spans = sentences(text)
    lines = [text[span.start : span.end] for span in spans]
    span_headings = [span.heading or _heading(span.start, headings) for span in spans]
    quoted_runs = _quoted_runs(text, spans)
    frame_starts = _frame_starts(lines, span_headings)
    doubtful = bool(_RETRACTED_TEXT.search(text))
    sentences_read: list[SentenceInContext] = []
    for index, span in enumerate(spans):
        first, last = quoted_runs[index]
        denial_end = _denial_end(index, lines)
        unframed = (first, last) == (index, index) and frame_starts[index] == index and denial_end == index
        complete = _is_complete(lines[index])
        asserted = complete and unframed and not doubtful and not is_framing(span_headings[index])
        asserted = asserted and "?" not in lines[index] and lines[index][0] not in _QUOTES
        sentences_read.append(
            SentenceInContext(
                span,
                complete,
                asserted,
                span_headings[index],
                min(first, frame_starts[index]),
                max(last, denial_end),
            )
        )
    return sentences_read


def _heading(start: int, headings: Sequence[tuple[int, str]]) -> str:
    return next((name for begin, name in reversed(headings) if begin <= start), "")


def _is_complete(line: str) -> bool:
    """True if a line that was split off as a sentence begins and ends like one."""
    stem = line.rstrip("\"')]\u201d\u2019*")
    return (
        stem.endswith((".", "!", "?")) and not stem.endswith("...") and not re.match(r"[a-z]+\b|\W?\s", line)
    )


def _quoted_runs(text: str, spans: Sequence[SentenceSpan]) -> list[tuple[int, int]]:
    """For each sentence the first and last of the sentences that its quotation marks or brackets span."""
    enclosures: list[tuple[int, int]] = []
    # closing characters, each with the index of the sentence that has the opening one
    open_marks: list[tuple[str, int]] = []
    counts: Counter[str] = Counter()
    for index, span in enumerate(spans):
        for character in text[span.start : span.end]:
            if counts[character]:
                while open_marks:  # marks that were opened inside are closed with it
                    closing, first = open_marks.pop()
                    counts[closing] -= 1
                    if closing == character:
                        enclosures.append((first, index))
                        break
            elif character in _OPENING or character == '"':
                closing = _OPENING.get(character, character)
                open_marks.append((closing, index))
                counts[closing] += 1
    if open_marks:  # an unclosed quotation may go on to the end
        enclosures.append((open_marks[0][1], len(spans)))
    runs = [(index, index) for index in range(len(spans))]
    last_covered = -1
    for first, end in sorted(enclosures, key=lambda span: (span[0], -span[1])):
        if first < end and end > last_covered:
            for index in range(max(first, last_covered + 1), min(end + 1, len(spans))):
                runs[index] = (first, end)
            last_covered = end
    return runs


def _frame_starts(lines: Sequence[str], span_headings: Sequence[str]) -> list[int]:
    """For each sentence the index of the first that announces it as no finding; its own index without one."""
    frame_starts: list[int] = []
    announcements: list[int] = []  # under the same heading
    # indexes of the announcement of all that follows, and of that of a list which continues
    open_announcement = list_announcement = -1
    for index, line in enumerate(lines):
        if index and span_headings[index] != span_headings[index - 1]:
            announcements, open_announcement, list_announcement = [], -1, -1
        if list_announcement < 0 or not _CONTINUATION.match(line):
            list_announcement = index - 1 if announcements[-1:] == [index - 1] else -1
        in_reach = [
            announcement
            for announcement in announcements[-_MAX_REACH:]
            if index - announcement <= _reach(lines[announcement])
        ]
        frame_starts.append(
            min(
                announcement
                for announcement in (index, open_announcement, list_announcement, *in_reach)
                if announcement >= 0
            )
        )
        if _announces(line):
            announcements.append(index)
            if open_announcement < 0 and _ANNOUNCEMENT.search(line):
                open_announcement = index
    return frame_starts


def _reach(line: str) -> int:
    """The number of sentences that an announcement may cover."""
    return _MAX_REACH if _PLURAL_ANNOUNCEMENT.search(line) else 1


def _announces(line: str) -> bool:
    """True if a sentence may announce statements of others, questions or aims."""
    if not _FINITE.search(line) and (_FRAGMENT.match(line) or not _POSSIBLE_VERB.search(line)):
        return True
    if _ANNOUNCEMENT.search(line):
        return bool(_LIST_WORDS.search(line)) or line.rstrip()[-1] in ":;,\u2014-"
    return bool(_FRAMING_WORDS.search(line)) and not (_OWN_SUBJECT.search(line) and _COMPLEMENT.search(line))


def _denial_end(index: int, lines: Sequence[str]) -> int:
    """The index of the last sentence that denies a sentence or attributes it; its own index without one."""
    last = index
    for later in range(index + 1, min(index + 4, len(lines))):
        line = lines[later]
        # "It is not true that A cures B" refers to no earlier sentence.
        head = " ".join(_CLEFT.sub("", line).split()[:8])
        if (
            _DENIAL.match(line)
            or (_BACK_REFERENCE.search(head) and _REJECTION.search(line))
            or _is_doubt(line)
        ):
            last = later
        elif not _BACK_REFERENCE.search(head):
            break
    return last


def _is_doubt(line: str) -> bool:
    """True if a sentence is a question about the one before it."""
    return "?" in line and bool(_BACK_REFERENCE.search(line) or len(line.split()) <= 4)
