"""Reads what a data set's validation and test questions ask for, in all its configs.

One student answers the questions of every config, so that it may learn only from what is a training question
in all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.training.holdout import AskedAnswers

if TYPE_CHECKING:
    from kedrec.dataset.hf_folder import DataSet, SplitName
    from kedrec.dataset.question_types import CitedPath, Question

__all__ = ["asked_answers", "training_question"]

_ASKED: tuple[SplitName, ...] = ("validation", "test")


def asked_answers(dataset: DataSet) -> AskedAnswers:
    """Reads what a data set asks for.

    Raises:
        DataError: a line isn't a question.
    """
    pairs: set[tuple[str, str]] = set()
    diseases: set[str] = set()
    drugs: set[str] = set()
    for config in dataset.configs:
        for split in _ASKED:
            for question in dataset.questions(config, split):
                pairs.update((answer, question.disease.id) for answer in question.answers)
                if config == "unseen_disease":
                    diseases.add(question.disease.id)
                if config == "unseen_drug":
                    drugs.update(candidate.id for candidate in question.candidates)
    return AskedAnswers(frozenset(pairs), frozenset(diseases), frozenset(drugs))


def training_question(question: Question, asked: AskedAnswers) -> Question | None:
    """A training question without what is asked for elsewhere; None where nothing is left to learn from it.

    Candidates that are asked about are left out, and paths that run by what is asked for.
    """
    disease = question.disease.id
    wrong = tuple(one for one in question.negatives if one.id not in asked.drugs)
    if not wrong or any(asked.asks(answer, disease) for answer in question.answers):
        return None
    ids = {*question.answers, *(one.id for one in wrong)}

    def shown(paths: tuple[CitedPath, ...]) -> tuple[CitedPath, ...]:
        return tuple(path for path in paths if not asked.shown_by(path.nodes))

    return question.model_copy(
        update={
            "candidates": tuple(one for one in question.candidates if one.id in ids),
            "negatives": wrong,
            "evidence": tuple(
                part.model_copy(update={"paths": shown(part.paths)})
                for part in question.evidence
                if part.candidate in ids
            ),
            "background": tuple(part for part in question.background if part.candidate in ids),
        }
    )
