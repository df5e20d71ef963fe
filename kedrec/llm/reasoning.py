"""Separates a model's answer from the reasoning that some models write before it.

Reasoning isn't part of an answer: its sentences are drafts, without citations or with wrong ones. Models mark
it by tags (DeepSeek-R1, Qwen3, Magistral, Seed-OSS, Command A), by channels (OpenAI's harmony format, Gemma)
or by headings (Granite 3). Some chat templates open the block themselves, so that a text has only its end
mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["MixedReasoningError", "ReasoningFilter", "SplitText", "may_be_reasoning", "split_reasoning"]

_NAME = (
    r"(?:(?:[a-z]{1,20}[:_-]|ant)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|analysis|reflection|scratchpad|"
    r"(?:inner_?)?monologue|planning|deliberation|chain[_-]of[_-]thoughts?)(?:[_-](?:process|steps?))?|cot)"
)
_ATTRIBUTES = r"(?:\s[^<>\n]{0,80})?"
_LONGEST_MARK = 200  # characters; anything longer is text

# Every repetition is bounded, so that matching takes linear time.
_MARKS = {
    "close": (
        rf"<\s{{0,4}}/\s{{0,4}}{_NAME}{_ATTRIBUTES}>",
        r"\[/THINK(?:ING)?\]|◁/think▷|&lt;/think(?:ing)?&gt;|<unused95>|<channel\|>",
        r"<\|end_of_thought\|>|<\|END_THINKING\|>|<\|think(?:ing)?_end\|>|<\|/think(?:ing)?\|>",
        r"(?:<\|start\|>assistant)?<\|channel\|>\s{0,4}final[^<>]{0,80}<\|message\|>",
        r"Here is my response:",
    ),
    "open": (
        rf"<\s{{0,4}}{_NAME}{_ATTRIBUTES}(?<!/)>",
        r"\[THINK(?:ING)?\]|◁think▷|&lt;think(?:ing)?&gt;|<unused94>(?:thought)?|<\|channel>\s{0,4}thought",
        r"<\|begin_of_thought\|>|<\|START_THINKING\|>|<\|think(?:ing)?(?:_start)?\|>",
        r"(?:<\|start\|>assistant)?<\|channel\|>\s{0,4}(?:analysis|commentary)[^<>]{0,80}<\|message\|>",
        r"Here is my thought process:",
    ),
    "answer": (r"<answer>|<response>|<final(?:_answer)?>|<\|begin_of_solution\|>|<\|START_RESPONSE\|>",),
    "over": (r"</answer>|</response>|</final(?:_answer)?>|<\|end_of_solution\|>|<\|END_RESPONSE\|>",),
    # Marks of a turn's end, which some servers leave in the text.
    "end": (
        r"<\|(?:im_end|eot_id|return|end|endoftext|end_of_text|end_of_turn_token)\|>|<end_of_turn>|</s>",
        r"<think(?:ing)?\s{0,4}/>",  # reasoning that was turned off
    ),
}
_MARK = re.compile(
    "|".join(f"(?P<{kind}>{'|'.join(patterns)})" for kind, patterns in _MARKS.items()), re.IGNORECASE
)
_BEGINS = re.compile(r"[<\[◁&H]")
_PLAIN_CHANNELS = re.compile(r"\s*analysis(?=\S)[\s\S]*?assistant\s?final(?:[:\s]|(?=[A-Z0-9]))")
_DRAFTING = re.compile(
    r"\W{0,4}(?:ok(?:ay)?|alright|all right|hmm+|let me|let's|first|so|well|we need|we have|we are|i need|"
    r"i should|i'll|i will|the user|the question|the task|looking at|to answer|thinking process)\b",
    re.IGNORECASE,
)

State = Literal["answer", "reasoning", "after"]


class MixedReasoningError(Exception):
    """A stream's reasoning was released as answer before a mark identified it."""


@dataclass(frozen=True, slots=True)
class SplitText:
    """An answer without its reasoning.

    Attributes:
        answer: the text without reasoning.
        reasoning: True where there was reasoning.
        unfinished: True where the text ends within reasoning.
        unmarked: True where reasoning began without a mark.
    """

    answer: str
    reasoning: bool = False
    unfinished: bool = False
    unmarked: bool = False


class ReasoningFilter:
    """Filter that removes the reasoning from a text that comes in pieces.

    Args:
        hold: hold back all text until the end, so that reasoning without an opening mark is removed too.
            Otherwise such reasoning is released, and its closing mark raises `MixedReasoningError`.

    Attributes:
        reasoning: True where there was reasoning so far.
        unmarked: True where reasoning began without a mark.
    """

    def __init__(self, *, hold: bool) -> None:
        self._hold = hold
        self._state: State = "answer"
        self._pending = ""
        self._answer: list[str] = []
        self._released = False
        self._depth = 0
        self.reasoning = False
        self.unmarked = False

    @property
    def is_unfinished(self) -> bool:
        """True where the text so far ends within reasoning."""
        return self._state == "reasoning"

    def feed(self, piece: str) -> str:
        """Adds a piece of text; returns the answer's next piece, "" where there is none yet."""
        self._pending += piece
        pieces, start = self._process_marks()
        end = self._unambiguous_end(start)
        pieces.append(self._answer_text(self._pending[start:end]))
        self._pending = self._pending[end:]
        return self._release("".join(pieces))

    def end(self) -> str:
        """Ends the text; returns the remainder of the answer."""
        pieces, start = self._process_marks()
        pieces.append(self._answer_text(self._pending[start:]))
        self._pending = ""
        remainder = self._release("".join(pieces))
        if not self._hold:
            return remainder
        answer = "".join(self._answer)
        return answer.strip() if self.reasoning else answer

    def _process_marks(self) -> tuple[list[str], int]:
        """Applies the pending text's complete marks; returns the answer's pieces, and the last mark's end."""
        pieces: list[str] = []
        start = 0
        for mark in _MARK.finditer(self._pending):
            pieces.append(self._answer_text(self._pending[start : mark.start()]))
            start = mark.end()
            self._apply(str(mark.lastgroup), pieces)
        return pieces, start

    def _apply(self, kind: str, pieces: list[str]) -> None:
        if kind == "open":
            if self._state == "answer":
                self._state = "reasoning"
            self._depth += 1
            self.reasoning = True
        elif kind == "close":
            if self._state != "reasoning":
                self._drop(pieces)
                self.unmarked = True
            # Released text can't be withdrawn, so a nested block has to end first. With the whole text at
            # hand every end counts: a block without an end doesn't swallow the answer.
            self._depth = 0 if self._hold else max(0, self._depth - 1)
            if self._depth:
                return
            self._state = "answer"
            self.reasoning = True
        elif self._state == "answer" and kind == "answer":
            self._drop(pieces)
        elif self._state == "answer" and kind == "over":
            self._state = "after"

    def _drop(self, pieces: list[str]) -> None:
        """Removes the text so far, which was reasoning."""
        if self._released:
            raise MixedReasoningError
        self.reasoning = self.reasoning or any(map(str.strip, (*pieces, *self._answer)))
        pieces.clear()
        self._answer.clear()

    def _answer_text(self, text: str) -> str:
        return text if self._state == "answer" else ""

    def _release(self, text: str) -> str:
        if self._hold:
            self._answer.append(text)
            return ""
        if self.reasoning and not self._released:
            text = text.lstrip()
        self._released = self._released or bool(text.strip())
        return text

    def _unambiguous_end(self, start: int) -> int:
        """Returns the end of the pending text that can't be part of a mark."""
        for beginning in _BEGINS.finditer(self._pending, max(start, len(self._pending) - _LONGEST_MARK)):
            if _may_become_mark(self._pending[beginning.start() :]):
                return beginning.start()
        return len(self._pending)


def split_reasoning(text: str) -> SplitText:
    """Separates the answer in a model's text, complete or cut, from its reasoning."""
    channels = _PLAIN_CHANNELS.match(text)  # harmony's channels, whose marks some servers remove
    if channels:
        return SplitText(text[channels.end() :].strip(), reasoning=True)
    reader = ReasoningFilter(hold=True)
    reader.feed(text)
    answer = reader.end()
    return SplitText(answer, reader.reasoning, reader.is_unfinished, reader.unmarked)


def may_be_reasoning(text: str) -> bool:
    """True for a cut text that reads like unfinished reasoning: "Okay, the user asks ..."."""
    return bool(_DRAFTING.match(text))


def _may_become_mark(tail: str) -> bool:
    """True where more text could complete `tail`, which begins like a mark, to one."""
    if tail[0] == "H":
        return any(
            phrase.startswith(tail.lower())
            for phrase in ("here is my response:", "here is my thought process:")
        )
    if tail[0] == "[":
        return any(
            mark.startswith(tail.upper()) for mark in ("[THINKING]", "[/THINKING]", "[THINK]", "[/THINK]")
        )
    if tail[0] in "◁&":
        return len(tail) < 18 and not re.search(r"[▷\s]", tail)
    # A mark in angle brackets: not closed yet, or a channel without its name or message yet.
    return ">" not in tail or bool(
        re.match(r"<\|channel>\s{0,4}[thoug]{0,6}$", tail)
        or re.match(
            r"<\|(?:end|start|channel)\|>[^<>]{0,90}(?:<[^>]{0,40}(?:>[^<>]{0,90}(?:<[^>]{0,40})?)?)?$", tail
        )
    )
