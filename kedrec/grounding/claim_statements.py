"""Defines a parsed sentence: its statements, each with its role in the sentence's argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

from kedrec.grounding.verdict_words import VERDICTS

if TYPE_CHECKING:
    from kedrec.grounding.frames import Lead
    from kedrec.grounding.names import Mention
    from kedrec.grounding.wording import Form

__all__ = ["ClaimStatement", "Reading", "Role", "as_reasons", "statements_of"]

Role = Literal["fact", "reason", "contrast", "conclusion", "analogy"]
"""`reason`: a reason of the verdict; `contrast`: opposed to the statement before ("but"); of a verdict,
`conclusion`: drawn from the statements before, or `analogy`: drawn from them by analogy."""


@dataclass(frozen=True, slots=True)
class ClaimStatement:
    """One statement of a sentence.

    Attributes:
        subject, object: the entities as the sentence names them.
        meanings: the schema phrases that its verb may mean (or a constant of `verdict_words`).
        words: the phrase by which messages quote it.
        role: its role in the argument.
    """

    subject: Mention
    meanings: frozenset[str]
    object: Mention
    words: str
    role: Role = "fact"

    @property
    def verdict(self) -> bool:
        """True for a conclusion about drug and disease, of whatever strength."""
        return bool(self.meanings & VERDICTS)


@dataclass(frozen=True, slots=True)
class Reading:
    """One parse of a sentence.

    Attributes:
        statements: all of its statements, in order.
        concludes: whether its verdict is drawn from the sentence before.
        by_analogy: whether its verdict is drawn by analogy.
    """

    statements: tuple[ClaimStatement, ...]
    concludes: bool = False
    by_analogy: bool = False

    @classmethod
    def of(cls, statements: Sequence[ClaimStatement], leads: frozenset[Lead]) -> Reading:
        """A reading in which each statement has its role in the argument."""
        parts = tuple(statements)
        verdicts = [index for index, part in enumerate(parts) if part.role in {"conclusion", "analogy"}]
        if verdicts:
            parts = (*as_reasons(parts[: verdicts[-1]]), *parts[verdicts[-1] :])
        if "reason" in leads:
            parts = as_reasons(parts)
        by_analogy = "analogy" in leads or any(part.role == "analogy" for part in parts)
        return cls(parts, "conclusion" in leads, by_analogy)


def as_reasons(statements: Iterable[ClaimStatement]) -> tuple[ClaimStatement, ...]:
    """The statements with facts turned into reasons; verdicts and other roles stay."""
    return tuple(
        replace(statement, role="reason") if statement.role == "fact" and not statement.verdict else statement
        for statement in statements
    )


def statements_of(
    subjects: Sequence[Mention], forms: frozenset[Form], objects: Sequence[Mention]
) -> tuple[ClaimStatement, ...]:
    """One statement for each subject and object, with the meanings of a verb's forms."""
    meanings = frozenset(form.meaning for form in forms)
    words = min(meanings)
    return tuple(
        ClaimStatement(subject, meanings, object_, words) for subject, object_ in product(subjects, objects)
    )
