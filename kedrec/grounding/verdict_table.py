"""The strength of a verdict: by probability and kind of evidence, and in the words that a model wrote.

`verdicts.yaml` has the table.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AssetError
from kedrec.grounding.verdict_words import (
    CANDIDATE_NOUNS,
    HELPED_BY,
    HELPING_VERBS,
    HELPS,
    KNOWN,
    STRONG,
    STRONG_NOUNS,
    STUDIED,
    UNHEDGED_NOUNS,
    calls_untried,
    means_studied,
)

__all__ = ["Grade", "grade_of", "pair_grade", "reword", "states_verdict", "verdict_phrase"]

_FILE = Path(__file__).with_name("verdicts.yaml")


class Grade(IntEnum):
    """The strength of a verdict, from weak to strong."""

    NONE = 0
    STUDIED = 1
    HOPEFUL = 2
    STRONG = 3
    KNOWN = 4


_MEANINGS = {
    STUDIED: Grade.STUDIED,
    HELPS: Grade.HOPEFUL,
    HELPED_BY: Grade.HOPEFUL,
    STRONG: Grade.STRONG,
    KNOWN: Grade.KNOWN,
}


def pair_grade(
    *,
    known: bool,
    probability: float | None,
    basis: str,
    related: str = "",
    contraindicated: bool = False,
    caution: bool = False,
) -> Grade:
    """The grade of the verdict on a pair.

    Args:
        known: whether it is a known treatment.
        probability: calibrated, 0 to 1; None where the ranking isn't fitted.
        basis: role of its best path, a key of the table; "" without one.
        related: the scope of what the drug is known to treat nearby: `narrower`, `broader` or "".
        contraindicated, caution: whether the drug is contraindicated, or something weaker speaks against it.
    """
    if known:
        return Grade.KNOWN
    table = _table()
    if probability is None:
        grade = max(_grade(table["unfitted"].get(reason, "none")) for reason in (basis, related))
    else:
        rows = (table["probabilities"].get(basis, {}), table["related"].get(related, {}))
        reached = [_grade(name) for row in rows for name, least in row.items() if probability >= least]
        grade = max(reached, default=Grade.NONE)
    cautioned = "caution of a known kind" if related == "narrower" else "caution"
    for name, applies in (("contraindicated", contraindicated), (cautioned, caution)):
        if applies:
            grade = min(grade, _grade(table["at_most"][name]))
    return grade


def verdict_phrase(grade: Grade) -> str:
    """The words of a grade: "may help in"."""
    return str(_table()["words"][grade.name.lower()])


def grade_of(meanings: frozenset[str]) -> Grade:
    """The grade of a parsed verdict with these meanings; NONE where none of them is a verdict."""
    return max((_MEANINGS.get(meaning, Grade.NONE) for meaning in meanings), default=Grade.NONE)


def reword(text: str, grade: Grade) -> tuple[str, int]:
    """Replaces verdicts of another grade in a model's text by the words of `grade`.

    Everything else of a sentence stays as it is, what a drug is known to treat elsewhere too. Of a known
    treatment only what calls it untried is replaced: "may help in" is no contradiction there. Verdicts on a
    disease ("may be helped by") are left for the gate.

    Returns:
        The text, and how many verdicts were replaced.
    """
    if grade is Grade.NONE:
        return text, 0
    count = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal count
        words = match[0].casefold()
        written = Grade.STUDIED if means_studied(words) else Grade.HOPEFUL
        written = Grade.STRONG if " strong " in words else written
        if written is grade or (grade is Grade.KNOWN and not calls_untried(words)):
            return match[0]
        count += 1
        return verdict_phrase(Grade.HOPEFUL if grade is Grade.KNOWN else grade)

    return _verdicts().sub(replacement, text), count


def states_verdict(text: str) -> bool:
    """True for a sentence with a hedged verdict, as `reword` recognizes it."""
    return bool(_verdicts().search(text))


@cache
def _verdicts() -> re.Pattern[str]:
    # "is a treatment for" states a fact, of another disease perhaps: a verdict only after a hedge.
    all_nouns = [*CANDIDATE_NOUNS, *STRONG_NOUNS]
    nouns = _alternatives(all_nouns)
    hedged = _alternatives([noun for noun in all_nouns if noun.rsplit(" ", 1)[0] not in UNHEDGED_NOUNS])
    verbs = _alternatives([verb for verb in HELPING_VERBS if not verb.startswith("be worth")])
    worth = (
        "(?:"
        + _alternatives([verb.removeprefix("be ") for verb in HELPING_VERBS if verb.startswith("be worth")])
        + ")"
    )
    modal = r"(?:may|might|could) (?:also |possibly )?"
    is_hedged = rf"is (?:an? (?:{hedged})|{worth})"
    may_be = rf"{modal}be (?:an? (?:{nouns})|{worth})"
    return re.compile(rf"\b(?:{is_hedged}|{may_be}|{modal}(?:{verbs}))\b", re.IGNORECASE)


def _alternatives(phrases: list[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _grade(name: str) -> Grade:
    return Grade[name.upper()]


@cache
def _table() -> dict[str, Any]:
    try:
        table: dict[str, Any] = load_yaml(_FILE.read_text(encoding="utf-8"))
        names = [*table["words"], *table["unfitted"].values(), *table["at_most"].values()]
        rows = [*table["probabilities"].values(), *table["related"].values()]
        names += [name for row in rows for name in row]
        if {_grade(name) for name in names} != set(Grade):
            raise KeyError("words")
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise AssetError(f"{_FILE.name} is damaged: {error!r}.", "Install the package again.") from error
    return table
