"""Questions as answerers see them: without the label, candidates shuffled; and the answers."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kedrec.dataset.question_types import CitedPath, NamedEntity, Question
    from kedrec.llm.graph_signal import GraphSignal

__all__ = [
    "BACKGROUNDS",
    "CANDIDATE_KINDS",
    "NOTHING_ELSE",
    "BackgroundMode",
    "BlindQuestion",
    "CandidateKind",
    "RankedAnswer",
    "Shown",
    "hide_label",
]

CandidateKind: TypeAlias = Literal["all", "hard", "degree-matched", "frequency-matched", "random"]
CANDIDATE_KINDS: tuple[CandidateKind, ...] = ("all", "hard", "degree-matched", "frequency-matched", "random")
BackgroundMode: TypeAlias = Literal["none", "trials", "literature", "both"]
BACKGROUNDS: tuple[BackgroundMode, ...] = ("none", "trials", "literature", "both")


@dataclass(frozen=True, slots=True)
class Shown:
    """The evidence that a reader is shown.

    Attributes:
        background: kind of texts.
        paths: whether paths are shown.
        signal: whether it is told what the graph says in numbers.
    """

    background: BackgroundMode = "none"
    paths: bool = True
    signal: bool = False

    @property
    def label(self) -> str:
        """The condition in words."""
        parts = (self.background, "" if self.paths else "no paths", "signal" if self.signal else "")
        return ", ".join(part for part in parts if part)


NOTHING_ELSE = Shown()
"""Paths alone."""


@dataclass(frozen=True, slots=True)
class BlindQuestion:
    """A question without its answer.

    Attributes:
        id: of the question.
        diseases: the disease to treat, then the others of the stay.
        candidates: shuffled by the seed and the question's id.
        paths: evidence by candidate.
        texts: by candidate: id of a text, and the text.
        signals: what the graph says in numbers, by candidate.
        text: the data set's notes.
        most: most candidates that may be chosen.
    """

    id: str
    diseases: tuple[NamedEntity, ...]
    candidates: tuple[NamedEntity, ...]
    paths: Mapping[str, tuple[CitedPath, ...]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    signals: Mapping[str, GraphSignal] = field(default_factory=dict)
    text: str = ""
    most: int = 1


@dataclass(frozen=True, slots=True)
class RankedAnswer:
    """An answerer's response to a question; all are ids.

    Attributes:
        order: every candidate, the likeliest first.
        chosen: at most `most` of the first candidates of `order`.
        cited: evidence that the answer cites.
        scores: in log-odds, of each candidate of `order`; -inf for one without, () where none has one.
    """

    order: tuple[str, ...]
    chosen: tuple[str, ...]
    cited: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    @property
    def places(self) -> dict[str, float]:
        """Places by candidate, where the scores are those of `HiddenScores.places`."""
        pairs = zip(self.order, self.scores, strict=True)
        return {id_: -score for id_, score in pairs if isfinite(score)}

    @property
    def by_candidate(self) -> dict[str, float]:
        """The scores by candidate; those without one have the lowest of the others."""
        finite = [score for score in self.scores if isfinite(score)]
        lowest = min(finite, default=0.0)
        return {
            id_: score if isfinite(score) else lowest
            for id_, score in zip(self.order, self.scores, strict=True)
        }


def hide_label(
    question: Question,
    *,
    seed: int,
    most: int,
    among: CandidateKind = "all",
    texts: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    paths: bool = True,
    signals: Mapping[str, GraphSignal] | None = None,
) -> BlindQuestion | None:
    """Removes the label of a question; None where it has no wrong candidate of the kind.

    Args:
        question: the question.
        seed: of the candidates' order.
        most: most candidates that may be chosen.
        among: the only kind of wrong candidates to include.
        texts: texts that the answerer may read, by candidate: id and text.
        paths: False to show no paths.
        signals: what the answerer is told of the graph in numbers, by candidate.
    """
    candidates = [
        candidate
        for candidate in question.candidates
        if among == "all" or question.kind_of(candidate.id) in (None, among)
    ]
    if len(candidates) <= len(question.answers):
        return None
    # The order in the file is the builder's and could reveal the answer.
    content = f"{seed}\t{question.id}".encode()
    random.Random(hashlib.sha256(content).hexdigest()).shuffle(candidates)  # noqa: S311  # a draw, no secret
    ids = {candidate.id for candidate in candidates}
    return BlindQuestion(
        id=question.id,
        diseases=(question.disease, *question.other_diseases),
        candidates=tuple(candidates),
        paths={
            candidate.candidate: candidate.paths
            for candidate in question.evidence
            if paths and candidate.candidate in ids
        },
        texts={candidate: passages for candidate, passages in (texts or {}).items() if candidate in ids},
        signals=signals or {},
        text=question.text,
        most=most,
    )
