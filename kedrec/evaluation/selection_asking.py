"""What an answerer sees of a question: never the label, and the candidates in an order of their own."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kedrec.dataset.question_types import CitedPath, Named, Question

__all__ = ["AMONG", "BACKGROUNDS", "Among", "Answer", "Asked", "BackgroundMode", "asked_of"]

Among: TypeAlias = Literal["all", "hard", "degree-matched", "frequency-matched", "random"]
AMONG: tuple[Among, ...] = ("all", "hard", "degree-matched", "frequency-matched", "random")
BackgroundMode: TypeAlias = Literal["none", "trials", "literature", "both"]
BACKGROUNDS: tuple[BackgroundMode, ...] = ("none", "trials", "literature", "both")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question without its answer.

    Attributes:
        id: of the question.
        diseases: what is asked for first, then the others of the stay.
        candidates: shuffled by the seed and the question's id.
        paths: evidence by candidate.
        texts: by candidate: id of a text, and the text.
        text: notes that the data set holds.
        most: how many candidates may be chosen.
    """

    id: str
    diseases: tuple[Named, ...]
    candidates: tuple[Named, ...]
    paths: Mapping[str, tuple[CitedPath, ...]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    text: str = ""
    most: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answerer made of a question.

    Attributes:
        order: every candidate, the likeliest first.
        chosen: what it takes to be right, at most `Asked.most` of the first ones.
        cited: evidence it cites.
    """

    order: tuple[str, ...]
    chosen: tuple[str, ...]
    cited: tuple[str, ...] = ()


def asked_of(
    question: Question,
    *,
    seed: int,
    most: int,
    among: Among = "all",
    texts: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> Asked | None:
    """A question as an answerer sees it; None where it has no wrong candidate of the kind asked for.

    Args:
        question: the question.
        seed: of the candidates' order.
        most: how many may be chosen.
        among: the answers are asked for among wrong candidates of this kind alone.
        texts: what the answerer may read of each candidate.
    """
    kept = [one for one in question.candidates if among == "all" or question.kind_of(one.id) in (None, among)]
    if len(kept) <= len(question.answers):
        return None
    # The order in the file is the builder's; this one is drawn anew, so that it can't tell anything.
    content = f"{seed}\t{question.id}".encode()
    random.Random(hashlib.sha256(content).hexdigest()).shuffle(kept)  # noqa: S311  # a draw, no secret
    ids = {one.id for one in kept}
    return Asked(
        id=question.id,
        diseases=(question.disease, *question.other_diseases),
        candidates=tuple(kept),
        paths={one.candidate: one.paths for one in question.evidence if one.candidate in ids},
        texts={candidate: told for candidate, told in (texts or {}).items() if candidate in ids},
        text=question.text,
        most=most,
    )
