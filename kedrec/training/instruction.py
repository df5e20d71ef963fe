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
    """

    kind: str
    messages: tuple[Message, ...]
    target: str
