"""Builds the prompts that ask for a choice among candidates, and for a judgement of one candidate.

Training, evaluation and answers use them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line
from kedrec.llm.prompting import fill_template

if TYPE_CHECKING:
    from kedrec.llm.base import Message

__all__ = [
    "JUDGEMENT_VERSION",
    "SELECTION_VERSION",
    "choice_text",
    "contrast_messages",
    "judgement_messages",
    "selection_messages",
]

SELECTION_VERSION = "selection-v1"
"""Version of the prompt, part of the key of stored answers: those of another version are not reused."""
JUDGEMENT_VERSION = "judgement-v1"
"""Version of the prompt for a judgement: a regression fitted on another version is not used."""
_CONTRAST = "contrast-v1"
_SEVERAL = "selection-several-v1"
"""The same prompt for questions with several answers."""


def selection_messages(
    disease: str,
    candidates: Sequence[tuple[str, Sequence[tuple[str, str]]]],
    *,
    patient: str = "",
    most: int = 1,
) -> tuple[Message, ...]:
    """The conversation that asks for a choice.

    Args:
        disease: the disease's name.
        candidates: each one's name, and its evidence: id and text.
        patient: lines on the patient, each with its line end.
        most: most candidates that may be chosen.
    """
    lines = []
    for name, items in candidates:
        lines.append(f"- {one_line(name)}")
        lines += [f"  [{id_}] {one_line(text)}" for id_, text in items]
    values = {"disease": disease, "patient": patient, "candidates": "\n".join(lines), "most": most}
    return fill_template(SELECTION_VERSION if most == 1 else _SEVERAL, values)


def choice_text(name: str, cited: str = "") -> str:
    """A choice as it is to be answered: the candidate's name, and the id of what speaks for it, if any."""
    return f"{one_line(name)} [{cited}]" if cited else one_line(name)


def judgement_messages(
    disease: str, drug: str, evidence: Sequence[str], *, patient: str = ""
) -> tuple[Message, ...]:
    """The conversation that asks what the evidence says of one drug.

    Args:
        disease, drug: their names.
        evidence: the sentences of its paths and texts; without ids, as nothing is to be cited.
        patient: as of `selection_messages`.
    """
    lines = [f"- {one_line(text)}" for text in evidence] or ["- none"]
    values = {
        "disease": one_line(disease),
        "patient": patient,
        "drug": one_line(drug),
        "evidence": "\n".join(lines),
    }
    return fill_template(JUDGEMENT_VERSION, values)


def contrast_messages(
    disease: str, drug: str, other: str, evidence: Sequence[tuple[str, str]]
) -> tuple[Message, ...]:
    """The conversation that asks why one drug is chosen and not another.

    Args:
        disease, drug, other: their names.
        evidence: id and text of the paths of both.
    """
    lines = "\n".join(f"[{id_}] {one_line(text)}" for id_, text in evidence)
    names = {"disease": one_line(disease), "drug": one_line(drug), "other": one_line(other)}
    return fill_template(_CONTRAST, {**names, "evidence": lines})
