"""Asks a model for a text again, as long as a judge finds fault with it, and takes the best one.

A model that can go on from a given beginning writes only the remainder again: the sentences before the first
fault stay. A text without fault is then added to, a sentence at a time, as long as it gets better. Any other
model writes a whole text again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from kedrec.llm.prompting import MOST_SENTENCES, cited_sentences

if TYPE_CHECKING:
    from kedrec.llm.base import ChatModel, ChatRequest
    from kedrec.llm.prompting import RationalePrompt

__all__ = ["MOST_DRAFTS", "Draft", "Judgement", "write_drafts"]

MOST_DRAFTS = 6
"""Texts that a model may write for one question until one is without fault, additions not counted."""
_MOST_ADDITIONS = 3  # tries to add a sentence to a text without fault
_TEMPERATURE = 0.6

_Judged = TypeVar("_Judged")


@dataclass(frozen=True, slots=True)
class Judgement(Generic[_Judged]):
    """A judge's opinion of a text.

    Attributes:
        judged: what the judge made of it.
        quality: how good it is, the higher the better; 1 in the first place is without fault.
        sound: number of sentences before the first one with a fault.
        further: ids of the evidence that a further sentence might add; () where the text is complete.
        verdicts: number of sentences that state a verdict; a further sentence must not add one.
    """

    judged: _Judged
    quality: tuple[float, ...]
    sound: int = 0
    further: tuple[str, ...] = ()
    verdicts: int = 0


@dataclass(frozen=True, slots=True)
class Draft(Generic[_Judged]):
    """The best text for a prompt.

    Attributes:
        text: the text.
        judged: what the judge made of it.
        written: number of texts that were written for the prompt: whole ones, remainders and additions.
    """

    text: str
    judged: _Judged
    written: int


@dataclass(slots=True)
class _Writing(Generic[_Judged]):
    """The writing for one prompt.

    Attributes:
        prompt: the prompt.
        best: the best text so far.
        start: the sentences to go on from.
        written: number of texts so far.
        finished: whether a text without fault was written.
        failures: number of sentences that were no gain to a text without fault.
    """

    prompt: RationalePrompt
    best: tuple[str, Judgement[_Judged]] | None = None
    start: list[str] = field(default_factory=list)
    written: int = 0
    finished: bool = False
    failures: int = 0

    def request(self) -> ChatRequest:
        """The next request: greedy at first, then sampled with the next seed."""
        request = self.prompt.remainder(self.start)
        return self._sampled(request) if self.written else request

    def _sampled(self, request: ChatRequest) -> ChatRequest:
        return replace(request, seed=request.seed + self.written, temperature=_TEMPERATURE)

    def offer(self, text: str, judgement: Judgement[_Judged]) -> None:
        """Takes a text if it is better than the best so far."""
        if self.best is None or judgement.quality > self.best[1].quality:
            self.best = text, judgement

    def addition(self) -> ChatRequest | None:
        """The request for a further sentence; None where the best text has a fault, or is complete."""
        if self.best is None or self.best[1].quality[0] < 1:
            return None
        sentences, ids = cited_sentences(self.best[0]), self.best[1].further
        if not ids or len(sentences) >= MOST_SENTENCES:
            return None
        request = self.prompt.remainder(sentences, ids=ids, most=len(sentences) + 1)
        return self._sampled(request) if self.failures else request

    def offer_addition(self, sentence: str, judge: Callable[[str], Judgement[_Judged]]) -> None:
        """Takes the best text with a further sentence if that is better, and not another verdict."""
        self.written += 1
        before = self.best
        if before is None:
            return
        longer = f"{before[0]} {sentence.strip()}"
        judgement = judge(longer)
        if judgement.verdicts <= before[1].verdicts:
            self.offer(longer, judgement)
        self.failures += self.best == before

    def draft(self) -> Draft[_Judged]:
        """The best text.

        Raises:
            ValueError: no text was written.
        """
        if self.best is None:
            raise ValueError("no text was written")
        return Draft(self.best[0], self.best[1].judged, self.written)


def write_drafts(
    model: ChatModel,
    prompts: Sequence[RationalePrompt],
    judge: Callable[[int, str], Judgement[_Judged]],
    *,
    most: int = MOST_DRAFTS,
    whole: bool = False,
) -> list[Draft[_Judged]]:
    """Asks for a text of each prompt: greedily, then sampled for those with a fault. Repeatable by seed.

    Args:
        model: the model.
        prompts: the prompts; the seeds of further texts follow theirs.
        judge: judges a text for the prompt with an index.
        most: most texts of a prompt, 1 or more.
        whole: write whole texts, even where the model could go on from a sound beginning.

    Returns:
        The best text of each prompt, of equally good ones the first. It may end after a sound beginning,
        where nothing sound followed.

    Raises:
        ModelError: the model failed.
    """
    goes_on = model.info.continues and model.info.grammars and not whole
    writings: list[_Writing[_Judged]] = [_Writing(prompt) for prompt in prompts]
    for _ in range(most):
        unfinished = [index for index, writing in enumerate(writings) if not writing.finished]
        if not unfinished:
            break
        responses = model.chat_many([writings[index].request() for index in unfinished])
        for index, response in zip(unfinished, responses, strict=True):
            writing = writings[index]
            writing.written += 1
            text = " ".join([*writing.start, response.text.strip()])
            judgement = judge(index, text)
            writing.offer(text, judgement)
            writing.finished = judgement.quality[0] >= 1
            sound = min(judgement.sound, MOST_SENTENCES - 1)
            if goes_on and not writing.finished and sound > len(writing.start):
                writing.start = cited_sentences(text)[:sound]
                beginning = " ".join(writing.start)
                writing.offer(beginning, judge(index, beginning))
    if goes_on:
        _add_sentences(model, writings, judge)
    return [writing.draft() for writing in writings]


def _add_sentences(
    model: ChatModel,
    writings: Sequence[_Writing[_Judged]],
    judge: Callable[[int, str], Judgement[_Judged]],
) -> None:
    """Adds sentences to texts without fault: greedily, then sampled where one was no gain."""
    for _ in range(_MOST_ADDITIONS):
        requests = {index: one.addition() for index, one in enumerate(writings)}
        asked = {index: request for index, request in requests.items() if request is not None}
        responses = model.chat_many(list(asked.values()))
        for index, response in zip(asked, responses, strict=True):
            writings[index].offer_addition(response.text, partial(judge, index))
