"""Words a trial or an article as a sentence that the gate accepts: what its register or its own text says."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line
from kedrec.grounding.framing import sentences_in_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Evidence, TextSource, TrialRecord

__all__ = ["text_sentences"]

_STUDIED = ("was studied", "was tested", "was evaluated", "was investigated")
_LONGEST_QUOTATION = 220  # characters
_STOPPED = {"terminated": "terminated", "withdrawn": "withdrawn", "suspended": "suspended"}


def text_sentences(texts: Sequence[Evidence], names: tuple[str, str], rng: Random) -> list[str]:
    """A cited sentence for each text that one can be written of; adverse trials first.

    Args:
        texts: trials and articles, as they stand in the prompt.
        names: the drug's and the disease's.
        rng: draws words.
    """
    sentences = []
    for item in sorted(texts, key=lambda item: item.stance != "adverse"):
        if item.text is None:
            continue
        trial = item.text.trial
        sentence = _of_trial(trial, names, rng) if trial is not None else _of_article(item.text, rng)
        if sentence:
            sentences.append(f"{sentence} [{item.id}].")
    return sentences


def _of_trial(trial: TrialRecord, names: tuple[str, str], rng: Random) -> str:
    phase = f"{trial.phase} " if trial.phase else ""
    size = f" of {trial.enrolment} participants" if trial.enrolment and rng.random() < 0.5 else ""
    status, ending = ("completed ", "") if trial.status == "completed" else ("", "")
    if trial.adverse and trial.status == "completed":
        ending = rng.choice((" that missed its primary outcome", ", which missed its primary outcome"))
    elif trial.status in _STOPPED:
        ending = f" that was {_STOPPED[trial.status]}"
    subject = rng.choice((names[0], names[0], "the drug"))
    return f"{subject} {rng.choice(_STUDIED)} in {names[1]} in a {status}{phase}trial{size}{ending}"


def _of_article(source: TextSource, rng: Random) -> str:
    own = [
        one_line(source.quote[one.sentence.start : one.sentence.end])
        for one in sentences_in_context(source.quote, [(0, source.section)])
        if one.is_complete and one.is_own_statement
    ]
    fitting = [sentence.rstrip(".") for sentence in own if len(sentence) <= _LONGEST_QUOTATION]
    if not fitting:
        return ""
    lead = rng.choice(("An article says that", "A publication says that", "According to an article,"))
    return f"{lead} {rng.choice(fitting)}"
