"""Measures whether badge, probability, verdict and cited evidence of an answer agree.

The strength of a sentence is read from the printed text by patterns of this module's own, not by the gate's
grammar; the strength that a pair calls for comes from the table that answers use (`grounding/verdicts.yaml`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kedrec.answers.pair_summary import grade_by_flags
from kedrec.grounding.verdict_table import Grade, verdict_phrase

if TYPE_CHECKING:
    from kedrec.types import Claim, Recommendation

__all__ = ["Coherence", "coherence", "disagreements", "markdown"]

# The first pattern that a sentence matches gives its strength.
_STRENGTHS = (
    (re.compile(r"\bknown treatment\b", re.IGNORECASE), Grade.KNOWN),
    (re.compile(r"\bstrong candidate\b", re.IGNORECASE), Grade.STRONG),
    (
        re.compile(r"\b(?:worth \w+ing|be (?:considered|tried|repurposed)|possible (?:\w+ )?candidate)\b"),
        Grade.STUDIED,
    ),
    (
        re.compile(
            r"\b(?:may|might|could) (?:\w+ly |also )?(?:help|benefit|treat|work|have a use|find use|respond"
            r"|be (?:an? |use|help|ben|treat|eas))"
            r"|\b(?:plausible|potential) (?:\w+ )?(?:candidate|treatment|option)|\bcandidate\b"
        ),
        Grade.HOPEFUL,
    ),
)


@dataclass(frozen=True, slots=True)
class Coherence:
    """Counts over answers.

    Attributes:
        answers: number of recommendations.
        coherent: number of those in which everything agrees.
        disagreements: number of recommendations by what disagrees.
        grades: number of recommendations by the strength of their verdict.
        reworded: number of verdicts of a model that got the table's verb.
    """

    answers: int
    coherent: int
    disagreements: dict[str, int] = field(default_factory=dict)
    grades: dict[str, int] = field(default_factory=dict)
    reworded: int = 0


def coherence(recommendations: Iterable[Recommendation]) -> Coherence:
    """Counts the answers whose parts agree."""
    items = list(recommendations)
    faults = [disagreements(item) for item in items]
    return Coherence(
        answers=len(items),
        coherent=sum(not fault for fault in faults),
        disagreements=dict(sorted(Counter(name for fault in faults for name in fault).items())),
        grades=dict(Counter(_grade(item).name.lower() for item in items)),
        reworded=sum(item.rationale.reworded for item in items),
    )


def disagreements(item: Recommendation) -> set[str]:
    """The parts of an answer that disagree, of `badge`, `summary`, `verdict`, `stance` and `warning`."""
    grade = _grade(item)
    faults = set()
    if (item.badge.standing == "known") != bool(item.known):
        faults.add("badge")
    is_contraindicated = "contraindicated" in item.flags
    replaced = is_contraindicated and not item.known  # by the words on the contraindication
    if not replaced and verdict_phrase(grade).casefold() not in item.verdict.casefold():
        faults.add("summary")
    stances = {evidence.id: evidence.stance for evidence in (*item.evidence, *item.adverse, *item.texts.all)}
    for claim in item.rationale.claims:
        strength = _strength(claim)
        if claim.status == "struck" or strength is None or item.rationale.origin != "llm":
            continue
        agrees = strength is not Grade.STUDIED if grade is Grade.KNOWN else strength is grade
        if not agrees:
            faults.add("verdict")
        if any(stances.get(citation.id) == "adverse" for citation in claim.citations):
            faults.add("stance")
    if is_contraindicated and "contraindicated" not in item.verdict:
        faults.add("warning")
    return faults


def markdown(figures: Coherence) -> str:
    """The counts as a Markdown table."""
    share = f"{figures.coherent / figures.answers:.3f}" if figures.answers else "-"
    rows = [
        ("answers", str(figures.answers)),
        ("coherent", f"{figures.coherent} ({share})"),
        *((f"disagreement: {name}", str(count)) for name, count in figures.disagreements.items()),
        *((f"verdict: {verdict_phrase(g)}", str(figures.grades.get(g.name.lower(), 0))) for g in Grade),
        ("verdicts of a model in the table's words", str(figures.reworded)),
    ]
    return "| | |\n| --- | ---: |\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)


def _grade(item: Recommendation) -> Grade:
    return grade_by_flags(item.known, item.probability, item.coverage.basis, item.flags)


def _strength(claim: Claim) -> Grade | None:
    """The strength of a sentence's verdict; None for a sentence without one."""
    return next((grade for pattern, grade in _STRENGTHS if pattern.search(claim.text)), None)
