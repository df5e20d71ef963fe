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

__all__ = ["RebuiltText", "TextState", "rebuilt", "texts_of"]


class RebuiltText(Frozen):
    """A text of a question.

    Attributes:
        text: as it stands in the index; "" where it isn't there or is another one.
        state: `same`: what the data set was built with. `changed`: the index has another text at that place.
            `missing`: it has none.
    """

    question: str
    candidate: str
    id: str
    passage: str
    state: str
    title: str = ""
    text: str = ""


class TextState(Frozen):
    """How many texts of a data set could be rebuilt."""

    same: int = 0
    changed: int = 0
    missing: int = 0


def texts_of(question: Question, index: PassageIndex) -> list[RebuiltText]:
    """The texts of a question's candidates, in order; each is checked against its digest.

    Raises:
        DataError: the index can't be read.
    """
    return [
        _rebuilt(question.id, part.candidate, pointer, index)
        for part in question.background
        for pointer in (*part.trials, *part.literature)
    ]


def rebuilt(
    dataset: DataSet,
    config: str,
    split: SplitName,
    index: PassageIndex,
    progress: Progress | None = None,
) -> Iterator[RebuiltText]:
    """The texts of a split, question by question.

    Raises:
        NotFoundError: the data set has no such config.
        DataError: the data set or the index can't be read.
    """
    rows = dataset.rows(config, split)
    for done, question in enumerate(dataset.questions(config, split), 1):
        yield from texts_of(question, index)
        if progress is not None:
            progress("Rebuilding the texts", done, rows)


def _rebuilt(question: str, candidate: str, pointer: TextPointer, index: PassageIndex) -> RebuiltText:
    passage = index.passage(pointer.passage)
    state = "missing"
    if passage is not None:
        same = digest_of(passage.text) == pointer.sha256
        state = "same" if same else "changed"
    kept = passage if passage is not None and state == "same" else None
    return RebuiltText(
        question=question,
        candidate=candidate,
        id=pointer.id,
        passage=pointer.passage,
        state=state,
        title=kept.title if kept else "",
        text=kept.text if kept else "",
    )
