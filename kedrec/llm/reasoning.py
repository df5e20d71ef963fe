"""Tells a model's answer from the reasoning that some models write before it.

Reasoning is no part of an answer: its sentences are drafts, without citations or with wrong ones. Models mark
it by tags (DeepSeek-R1, Qwen3, Magistral, Seed-OSS, Command A), by channels (OpenAI's harmony format, Gemma)
or by headings (Granite 3). Some chat templates open the block themselves, so that an answer holds only its
end.
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
_LONGEST = 200  # characters of a mark; what is longer is text

# Every repetition is bounded, so that time is linear.
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
    # What ends a turn, where a server leaves it in the text.
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
    """A stream's reasoning was passed on as its answer before a mark said that it was none."""


@dataclass(frozen=True, slots=True)
class SplitText:
    """An answer without its reasoning.

    Attributes:
        answer: the text that isn't reasoning.
        reasoning: whether there was any.
        unfinished: whether it ends within the reasoning.
        headless: whether reasoning began without a mark.
    """

    answer: str
    reasoning: bool = False
    unfinished: bool = False
    headless: bool = False


class ReasoningFilter:
    """Passes on what isn't reasoning of a text that comes in pieces.

    Args:
        hold: keep everything back until the end, so that reasoning whose beginning has no mark can be left
            out too. Without, such reasoning is passed on, and its end raises `MixedReasoningError`.
    """

    def __init__(self, *, hold: bool) -> None:
        self._hold = hold
        self._state: State = "answer"
        self._pending = ""
        self._answer: list[str] = []
        self._passed = False
        self._depth = 0
        self.reasoning = False
        self.headless = False

    @property
    def unfinished(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return self._state == "reasoning"

    def feed(self, piece: str) -> str:
        """The answer's next piece, "" where there is none yet."""
        self._pending += piece
        out, start = self._marked()
        cut = self._safe(start)
        out.append(self._text(self._pending[start:cut]))
        self._pending = self._pending[cut:]
        return self._pass("".join(out))

    def end(self) -> str:
        """What is left of the answer once the text is over."""
        out, start = self._marked()
        out.append(self._text(self._pending[start:]))
        self._pending = ""
        rest = self._pass("".join(out))
        if not self._hold:
            return rest
        whole = "".join(self._answer)
        return whole.strip() if self.reasoning else whole

    def _marked(self) -> tuple[list[str], int]:
        """The answer's text up to the last whole mark of what is pending, and where that mark ends."""
        out: list[str] = []
        start = 0
        for mark in _MARK.finditer(self._pending):
            out.append(self._text(self._pending[start : mark.start()]))
            start = mark.end()
            self._apply(str(mark.lastgroup), out)
        return out, start

    def _apply(self, kind: str, out: list[str]) -> None:
        if kind == "open":
            if self._state == "answer":
                self._state = "reasoning"
            self._depth += 1
            self.reasoning = True
        elif kind == "close":
            if self._state != "reasoning":
                self._drop(out)
                self.headless = True
            # What is passed on can't be taken back, so a block within a block has to end first. With all at
            # hand each end counts: a block whose end is missing doesn't take the answer with it.
            self._depth = 0 if self._hold else max(0, self._depth - 1)
            if self._depth:
                return
            self._state = "answer"
            self.reasoning = True
        elif self._state == "answer" and kind == "answer":
            self._drop(out)
        elif self._state == "answer" and kind == "over":
            self._state = "after"

    def _drop(self, out: list[str]) -> None:
        """Leaves out what came so far: it was reasoning."""
        if self._passed:
            raise MixedReasoningError
        self.reasoning = self.reasoning or any(map(str.strip, (*out, *self._answer)))
        out.clear()
        self._answer.clear()

    def _text(self, text: str) -> str:
        return text if self._state == "answer" else ""

    def _pass(self, text: str) -> str:
        if self._hold:
            self._answer.append(text)
            return ""
        if self.reasoning and not self._passed:
            text = text.lstrip()
        self._passed = self._passed or bool(text.strip())
        return text

    def _safe(self, start: int) -> int:
        """How far what is pending can't be a part of a mark."""
        for begun in _BEGINS.finditer(self._pending, max(start, len(self._pending) - _LONGEST)):
            if _may_become_mark(self._pending[begun.start() :]):
                return begun.start()
        return len(self._pending)


def split_reasoning(text: str) -> SplitText:
    """The answer in what a model wrote, whole or cut, and whether reasoning was left out of it."""
    plain = _PLAIN_CHANNELS.match(text)  # harmony's channels whose marks a server left out
    if plain:
        return SplitText(text[plain.end() :].strip(), reasoning=True)
    reader = ReasoningFilter(hold=True)
    reader.feed(text)
    answer = reader.end()
    return SplitText(answer, reader.reasoning, reader.unfinished, reader.headless)


def may_be_reasoning(text: str) -> bool:
    """Whether a text that was cut reads like reasoning whose end didn't come: "Okay, the user asks ..."."""
    return bool(_DRAFTING.match(text))


def _may_become_mark(tail: str) -> bool:
    """Whether more text might make a mark of `tail`, which begins like one."""
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
    # A mark in angle brackets: not yet closed, or a channel whose name or message hasn't come.
    return ">" not in tail or bool(
        re.match(r"<\|channel>\s{0,4}[thoug]{0,6}$", tail)
        or re.match(
            r"<\|(?:end|start|channel)\|>[^<>]{0,90}(?:<[^>]{0,40}(?:>[^<>]{0,90}(?:<[^>]{0,40})?)?)?$", tail
        )
    )
