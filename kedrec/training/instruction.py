"""An instruction: what a model is asked, and the answer that it is to learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedrec.llm.base import Message

__all__ = ["Instruction", "first_questions"]


@dataclass(frozen=True, slots=True)
class Instruction:
    """A conversation up to the answer, and the answer.

    Attributes:
        kind: what it teaches: `rationale`, `selection`, ...
        messages: the conversation.
        target: the answer.
        group: the question whose candidates are compared with one another; "" for an instruction by itself.
        right: True for the candidate of a group that is to be chosen.
    """

    kind: str
    messages: tuple[Message, ...]
    target: str
    group: str = ""
    right: bool = False


def first_questions(instructions: Iterable[Instruction], most: int) -> list[Instruction]:
    """The first instructions by themselves, and those of the first questions whose candidates are compared.

    Args:
        instructions: in any order.
        most: most of either; a question counts once, and all its candidates are taken.
    """
    taken: list[Instruction] = []
    groups: set[str] = set()
    alone = 0
    for instruction in instructions:
        if not instruction.group:
            alone += 1
            if alone > most:
                continue
        elif instruction.group not in groups:
            if len(groups) == most:
                continue
            groups.add(instruction.group)
        taken.append(instruction)
    return taken
