"""An instruction: what a model is asked, and the answer that it is to learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.llm.base import Message

__all__ = ["Instruction"]


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
