"""Signals of the graph for questions: the ranking's places, fitted without what is asked.

Those of training questions are cross-fitted: a part of the questions at a time is hidden, as a test split is.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from kedrec.evaluation.selection_answerers import HiddenScores
from kedrec.evaluation.selection_asking import hide_label
from kedrec.llm.graph_signal import GraphSignal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kedrec.common.progress import Progress
    from kedrec.dataset.question_types import Question
    from kedrec.stores import GraphStore

__all__ = ["question_signals", "training_signals"]

_WAYS = ("pair", "unseen_disease", "unseen_drug")
"""Ways of hiding, taken in turn: a place then means what it means under each config."""
_PARTS = 3


def question_signals(question: Question, places: Mapping[str, float]) -> dict[str, GraphSignal]:
    """The signal of each candidate, by id.

    Args:
        question: the question.
        places: of the candidates among all drugs, 1 for the first; those without one are missing.
    """
    return {
        one.id: GraphSignal.of(
            int(places[one.id]) if one.id in places else None,
            [path.evidence() for path in question.paths(one.id)],
        )
        for one in question.candidates
    }


def training_signals(
    store: GraphStore, questions: Sequence[Question], seed: int, progress: Progress | None = None
) -> dict[str, dict[str, GraphSignal]]:
    """The signals of the candidates of training questions, by question and candidate.

    Questions of one group are in one part; each part's ranking is fitted without what the part asks.

    Args:
        store: the graph.
        questions: the questions.
        seed: of parts, samples and trees.
        progress: called stage by stage.
    """
    groups = sorted({question.group or question.id for question in questions})
    random.Random(f"{seed}:signals").shuffle(groups)  # noqa: S311  # a draw, no secret
    part_of = {group: number % _PARTS for number, group in enumerate(groups)}
    signals = {}
    for part in range(_PARTS):
        chosen = [question for question in questions if part_of[question.group or question.id] == part]
        hidden = [hide_label(question, seed=seed, most=1) for question in chosen]
        blind = [question for question in hidden if question is not None]
        if not blind:
            continue
        way = _WAYS[part % len(_WAYS)]
        places = HiddenScores.of(store, blind, way, seed, progress).places(blind)
        for question in chosen:
            if question.id in places:
                signals[question.id] = question_signals(question, places[question.id].places)
    return signals
