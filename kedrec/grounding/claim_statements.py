"""What a sentence says once it is read: statements, each with its part in the sentence's argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

from kedrec.grounding.verdict_words import HELPED_BY, HELPS

if TYPE_CHECKING:
    from kedrec.grounding.frames import Lead
    from kedrec.grounding.names import Mention
    from kedrec.grounding.wording import Form

__all__ = ["Reading", "Role", "Statement", "as_reasons", "said"]

Role = Literal["fact", "reason", "apart", "concluded", "likened"]
"""`reason`: given as a reason of the verdict; `apart`: set against what stands before it ("but"); of a
verdict, `concluded` from what stands before it, or `likened` to it by analogy."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing said.

    Attributes:
        subject, object: the entities as named.
        meanings: the schema phrases that the words may stand for (or a constant of `wording`).
        words: the words used.
        role: its part in the argument.
    """

    subject: Mention
    meanings: frozenset[str]
    object: Mention
    words: str
    role: Role = "fact"

    @property
    def verdict(self) -> bool:
        """Whether it is the hedged conclusion."""
        return bool(self.meanings & {HELPS, HELPED_BY})


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence read in one way.

    Attributes:
        statements: all it says, in its order.
        concludes: whether its verdict is drawn from the sentence before.
        likens: whether its verdict is drawn by analogy.
    """

    statements: tuple[Statement, ...]
    concludes: bool = False
    likens: bool = False

    @classmethod
    def of(cls, statements: Sequence[Statement], leads: frozenset[Lead]) -> Reading:
        """A reading with each statement's part in the argument settled."""
        done = tuple(statements)
        drawn = [at for at, one in enumerate(done) if one.role in {"concluded", "likened"}]
        if drawn:
            done = (*as_reasons(done[: drawn[-1]]), *done[drawn[-1] :])
        if "reason" in leads:
            done = as_reasons(done)
        likens = "analogy" in leads or any(one.role == "likened" for one in done)
        return cls(done, "conclusion" in leads, likens)


def as_reasons(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements as reasons; a verdict among them and what is set apart stay what they are."""
    return tuple(
        replace(one, role="reason") if one.role == "fact" and not one.verdict else one for one in statements
    )


def said(
    subjects: Sequence[Mention], forms: frozenset[Form], objects: Sequence[Mention]
) -> tuple[Statement, ...]:
    """The statements of subjects, a verb's forms and objects: one for each subject and object."""
    meanings = frozenset(form.meaning for form in forms)
    words = min(meanings)
    return tuple(Statement(one, meanings, other, words) for one, other in product(subjects, objects))
