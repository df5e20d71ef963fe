"""Asks a model for a text again, as long as a judge finds fault with it, and takes the best one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from kedrec.llm.base import ChatModel, ChatRequest

__all__ = ["MOST_DRAFTS", "Draft", "write_drafts"]

MOST_DRAFTS = 4
"""Texts that a model may write for one question; docs/training.md has what each of them brings."""
_TEMPERATURE = 0.6

_Judged = TypeVar("_Judged")


@dataclass(frozen=True, slots=True)
class Draft(Generic[_Judged]):
    """The best text for a request.

    Attributes:
        text: the text.
        judged: what the judge made of it.
        written: number of texts that were written for the request.
    """

    text: str
    judged: _Judged
    written: int


def write_drafts(
    model: ChatModel,
    requests: Sequence[ChatRequest],
    judge: Callable[[int, str], tuple[_Judged, tuple[float, ...]]],
    *,
    most: int = MOST_DRAFTS,
) -> list[Draft[_Judged]]:
    """Asks for a text of each request: greedily, then sampled for those with a fault. Repeatable by seed.

    Args:
        model: the model.
        requests: the requests; their seeds and temperatures are those of the first texts.
        judge: judges the text of the request with an index: what is made of it, and how good it is, the
            higher the better; 1 in the first place is without fault, and no further text is asked for.
        most: most texts of a request, 1 or more.

    Returns:
        The best text of each request; of equally good ones the first.

    Raises:
        ModelError: the model failed.
    """
    best: dict[int, tuple[tuple[float, ...], str, _Judged]] = {}
    written = [0] * len(requests)
    faulty = list(range(len(requests)))
    for number in range(most):
        asked = [_sampled(requests[i], number) if number else requests[i] for i in faulty]
        for index, response in zip(faulty, model.chat_many(asked), strict=True):
            judged, quality = judge(index, response.text)
            written[index] += 1
            if index not in best or quality > best[index][0]:
                best[index] = quality, response.text, judged
        faulty = [index for index in faulty if best[index][0][0] < 1]
        if not faulty:
            break
    return [Draft(best[i][1], best[i][2], written[i]) for i in range(len(requests))]


def _sampled(request: ChatRequest, number: int) -> ChatRequest:
    return replace(request, seed=request.seed + number, temperature=_TEMPERATURE)
