"""Rebuilds the texts that a data set points at from the user's own passage index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedrec.dataset.candidates import digest_of
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import DataSet, SplitName
    from kedrec.dataset.question_types import Question, TextPointer
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.types import Evidence

__all__ = ["RebuildReport", "RebuiltText", "question_texts", "rebuild_texts", "text_evidence"]


class RebuiltText(Frozen):
    """A text of a question.

    Attributes:
        question, candidate, id: the text's position in the data set.
        passage: its id in the index.
        state: `same`: the text that the data set was built with. `changed`: the index has another one under
            that id. `missing`: it has none.
        title, text: from the index; "" unless the state is `same`.
    """

    question: str
    candidate: str
    id: str
    passage: str
    state: str
    title: str = ""
    text: str = ""


class RebuildReport(Frozen):
    """Numbers of a data set's texts by the state of `RebuiltText`.

    Attributes:
        folder: the data set's folder.
    """

    folder: str
    same: int
    changed: int
    missing: int


def question_texts(question: Question, index: PassageIndex) -> list[RebuiltText]:
    """Rebuilds the texts of a question's candidates, in order; each is checked against its digest.

    Raises:
        DataError: the index can't be read.
    """
    return [
        _rebuild(question.id, part.candidate, pointer, index)
        for part in question.background
        for pointer in (*part.trials, *part.literature)
    ]


def text_evidence(question: Question, candidate: str, index: PassageIndex) -> list[Evidence]:
    """A candidate's trials and articles as evidence, those that the index still has as they were.

    Raises:
        DataError: the index can't be read.
    """
    from kedrec.documents.passage_search import PairTexts, trial_of
    from kedrec.documents.text_evidence import numbered_evidence

    passages = [
        passage
        for pointer in question.texts(candidate)
        if (passage := index.passage(pointer.passage)) is not None
        and digest_of(passage.text) == pointer.sha256
    ]
    trials = [trial for passage in passages if (trial := trial_of(passage)) is not None]
    articles = [passage for passage in passages if passage.facts is None]
    supporting, adverse = numbered_evidence(PairTexts(trials=tuple(trials), passages=tuple(articles)))
    return [*supporting, *adverse]


def rebuild_texts(
    dataset: DataSet,
    config: str,
    split: SplitName,
    index: PassageIndex,
    progress: Progress | None = None,
) -> Iterator[RebuiltText]:
    """Rebuilds the texts of a split, question by question.

    Raises:
        NotFoundError: the data set has no such config.
        DataError: the data set or the index can't be read.
    """
    rows = dataset.rows(config, split)
    for done, question in enumerate(dataset.questions(config, split), 1):
        yield from question_texts(question, index)
        if progress is not None:
            progress("Rebuilding the texts", done, rows)


def _rebuild(question: str, candidate: str, pointer: TextPointer, index: PassageIndex) -> RebuiltText:
    passage = index.passage(pointer.passage)
    match = passage if passage is not None and digest_of(passage.text) == pointer.sha256 else None
    state = "missing" if passage is None else "changed" if match is None else "same"
    return RebuiltText(
        question=question,
        candidate=candidate,
        id=pointer.id,
        passage=pointer.passage,
        state=state,
        title=match.title if match else "",
        text=match.text if match else "",
    )
