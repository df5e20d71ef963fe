"""Stored answers of one answerer and split, by which a stopped run goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from kedrec.errors import DataError
from kedrec.evaluation.selection_asking import BlindQuestion, RankedAnswer

__all__ = ["AnswerFile"]


class AnswerFile:
    """Answers in JSON Lines, appended one by one.

    Args:
        out: the folder; None: nothing is stored.
        name: part of the file's name.
        facts: everything that the answers depend on.
    """

    def __init__(self, out: Path | None, name: str, facts: Sequence[Any]) -> None:
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self._path = None if out is None else out / f"answers-{name}-{key}.jsonl"

    def read(self, questions: Mapping[str, BlindQuestion]) -> Iterator[tuple[str, RankedAnswer]]:
        """Yields question id and stored answer; a truncated line of an interrupted run is skipped."""
        if self._path is None or not self._path.is_file():
            return
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise DataError(
                f"{self._path} can't be read: {error.strerror}.", "Name another --out."
            ) from error
        for line in lines:
            try:
                row = json.loads(line)
                id_ = row["id"]
                scores = tuple(float("-inf") if score is None else score for score in row["scores"])
                order, chosen, cited = (tuple(row[key]) for key in ("order", "chosen", "cited"))
                answer = RankedAnswer(order, chosen, cited, scores)
            except (ValueError, KeyError, TypeError):
                continue
            question = questions.get(id_)
            if question and set(answer.order) == {candidate.id for candidate in question.candidates}:
                yield id_, answer

    @contextmanager
    def appending(self) -> Iterator[Callable[[str, RankedAnswer], None]]:
        """Yields a function that appends an answer."""
        if self._path is None:
            yield lambda _id, _answer: None
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("\n")  # ends a truncated line of an interrupted run

                def write(id_: str, answer: RankedAnswer) -> None:
                    row = {
                        "id": id_,
                        "order": answer.order,
                        "chosen": answer.chosen,
                        "cited": answer.cited,
                        "scores": [score if isfinite(score) else None for score in answer.scores],
                    }
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()

                yield write
        except OSError as error:
            raise DataError(
                f"{self._path} can't be written: {error.strerror or error}.", "Name another --out."
            ) from error
