"""Extracts the reasons in a register's note on why a trial stopped, each in the register's words."""

from __future__ import annotations

import re

from kedrec.common.sentences import sentences

__all__ = ["reason_key", "stated_reasons"]

_CAUSE = re.compile(
    r"(?:(?:was|is)\s+)?(?:due to|because of|because|owing to|as a result of)\s+", re.IGNORECASE
)
# With one of these words anywhere in a note, a part of it may say the contrary of the note.
_QUALIFIERS = re.compile(
    r"\b(?:no|not|non|none|nor|neither|never|nothing|without|un\w*related|unconnected|unassociated|unlikely|"
    r"unaffected|irrespective|regardless|independent\w*|despite|although|though|but|however|while|whereas|"
    r"whilst|yet|"
    r"rather|instead|other|except\w*|exclud\w*|exclus\w+|aside|apart|besides|beyond|unless|until|if|whether|"
    r"absence|"
    r"absent|free|den(?:y|ies|ied|ial)|rul(?:ed|ing) out|contrary|opposed|oppose|versus|vs|only|than|hardly|"
    r"barely|far|"
    r"fail\w* to (?:show|find|see|detect|demonstrate)|disprov\w*|dismiss\w*|reject\w*|refut\w*|cannot|"
    r"avoid\w*|"
    r"prevent\w*|before|prior|pending|possib\w*|potential\w*|suspected|alleged\w*|presum\w*|perceived|"
    r"rumou?r\w*|"
    r"initial\w*|original\w*|previous\w*|former\w*|unknown|unclear|undisclosed|unspecified|question\w*|"
    r"lack\w*(?: of)?(?: any)? (?:\w+ )?(?:safety|tox\w+|adverse|harm\w*|side|risk\w*|death\w*|concern\w*|"
    r"signal\w*|"
    r"issue\w*|problem\w*|event\w*)|"
    r"(?:good|acceptable|favou?rable|positive|proven|adequate|sufficient|satisf\w+|confirmed|established|"
    r"early) "
    r"(?:\w+ )?(?:safety|efficacy|tolerability|outcome\w*|results?)|acceptable|fine|intact|satisfactory|"
    r"reassuring|"
    r"manageable|normal|improve\w*|ensur\w*|maintain\w*|"
    r"protect\w*|"
    r"unfounded|unconfirmed|unproven|unsubstantiated|false|falsely|untrue|wrong\w*|mistak\w+|erroneous\w*|"
    r"in error|hypothetical\w*|theoretical\w*|imagin\w+|so-called|supposed\w*|resolved|solved|overturned|"
    r"nil|zero|0|few|minor|another|elsewhere)\b|"
    r"n[\u2019']t\b|\?|\bnon-",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|has|have|had|do|does|did|will|would|can|could|shall|should|may|"
    r"might|must|"
    r"to|for|about|regarding|concerning|on|over|from|by|with|at|in|into|since|after|that|which|who|where|"
    r"when|as)\b",
    re.IGNORECASE,
)
# Phrases that are reasons by themselves, whatever stands beside them in a list.
_SELF_CONTAINED = re.compile(
    r"(?:(?:very |extremely |too |rather )?(?:slow|slower|low|lower|poor|insufficient|inadequate|limited|"
    r"delayed|difficult|"
    r"unsatisfactory|weak|declining) [\w-]+(?: (?:rates?|numbers?))?|"
    r"(?:lack|loss|shortage|withdrawal|departure|expiry|end|discontinuation|change|closure|"
    r"departing) of (?:the )?"
    r"[\w-]+(?: [\w-]+)?|"
    r"(?:the )?(?:(?!of )[\w-]+ )+(?:decisions?|failure|shortages?|problems?|issues?|concerns?|"
    r"difficult(?:y|ies)|"
    r"withdrawal|"
    r"departure|pandemic|toxicit(?:y|ies)|events?|deaths?|closure|bankruptcy|constraints?|restrictions?|"
    r"limitations?|"
    r"changes?|reasons?|delays?|costs?|cuts)|"
    r"futility|bankruptcy|toxicity|hepatotoxicity|cardiotoxicity|covid-?19|deaths?)",
    re.IGNORECASE,
)
_BACK_REFERENCE = re.compile(
    r"\b(?:this|that|these|those|it|they|such|so|none|neither|nothing|both|former|latter|above|reasons?|"
    r"causes?)\b",
    re.IGNORECASE,
)

_PRONOUN = re.compile(
    r"\b(?:this|that|these|those|it|they|such|none|neither|both|former|latter|above)\b", re.IGNORECASE
)


def stated_reasons(note: str) -> frozenset[str]:
    """The reasons that a claim may give for a trial's stop, as keys (see `reason_key`).

    These are the full note; its sentences, where none of them qualifies another ("Toxicity. That was not the
    reason."); and, where the note has no word of denial or comparison, the items of a list all of whose items
    are reasons by themselves ("Slow accrual, lack of funding").
    """
    lines = [note[sentence.start : sentence.end] for sentence in sentences(note)]
    keys = {reason_key(note)}
    for index, line in enumerate(lines):
        if _QUALIFIERS.search(note):
            earlier = any(_QUALIFIERS.search(previous) for previous in lines[:index])
            later = any(_BACK_REFERENCE.search(following) for following in lines[index + 1 :])
            if not earlier and not later and "?" not in line:
                keys.add(reason_key(line))
            continue
        parts = [part.strip() for part in line.rstrip(" .!").split(";") if part.strip()]
        if any(_PRONOUN.search(text) for text in (*parts[1:], *lines[index + 1 :])):
            continue  # "Safety concerns; these were an artefact"
        for part in parts:
            # A part with an open beginning ("Concerns on safety; efficacy") may govern what comes after it.
            keys |= (
                {reason_key(part), *_items(part)} if len(parts) == 1 or _is_self_contained(part) else set()
            )
    return frozenset(keys - {""})


def _is_self_contained(part: str) -> bool:
    """True if a part of a note is a reason without the others."""
    return bool(_items(part)) or len(part.split()) > 2


def _items(sentence: str) -> set[str]:
    """The keys of the items of a list of reasons; empty for any other sentence."""
    items = [re.sub(r"^(?:and|or)\s+", "", item.strip()) for item in sentence.split(",")]
    items[0] = _CAUSE.sub("", items[0], count=1) if _CAUSE.match(items[0]) else items[0]
    last = re.split(r"\s+and\s+", items[-1])
    items[-1:] = last if all(_SELF_CONTAINED.fullmatch(item) for item in last) else items[-1:]
    if any(_VERB.search(item) or not _SELF_CONTAINED.fullmatch(item) for item in items):
        return set()
    return {reason_key(item) for item in items}


def reason_key(text: str) -> str:
    """The key by which reasons are compared: words in lower case, without an opening such as "due to"."""
    return " ".join(
        re.findall(r"\w+", _CAUSE.sub("", text.strip(), count=1) if _CAUSE.match(text.strip()) else text)
    ).casefold()
