"""Prints an answer on the terminal, each drug's section as soon as its rationale is written."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING

from kedrec.cli.rendering import print_closing, print_opening, print_recommendation
from kedrec.rendering.answer_table import mechanism_groups

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.cli.rendering import Detail
    from kedrec.types import Answer, DiseaseAnswer, Rationale

__all__ = ["AnswerPrinter", "print_answer"]


def print_answer(console: Console, answer: Answer | DiseaseAnswer, detail: Detail = "usual") -> None:
    """Prints an answer: the queried entity, a table with a line a mechanism, reasons, notes, the manifest.

    Args:
        console: the terminal.
        answer: the answer.
        detail: as of `AnswerPrinter`.
    """
    AnswerPrinter(console, detail).finish(answer)


class AnswerPrinter:
    """Prints an answer in parts, as a session makes it (`kedrec.answers.pending_answer.Watcher`).

    What is printed is the same, whether the parts came one by one or the answer as a whole.

    Args:
        console: the terminal.
        detail: `brief`: no reasons; `usual`: of several drugs with one mechanism the reasons of the first
            alone, and its best paths; `full`: everything.
        hide_progress: called before something is printed: takes what shows progress off the terminal.
    """

    def __init__(
        self,
        console: Console,
        detail: Detail = "usual",
        hide_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._console = console
        self._detail = detail
        self._hide_progress = hide_progress
        self._answer: Answer | DiseaseAnswer | None = None
        self._remaining: list[int] = []
        self._waiting: set[int] = set()
        self._rationales: dict[int, Rationale] = {}

    def ranked(self, answer: Answer | DiseaseAnswer, waiting: Set[int]) -> None:
        """Prints what needs no model, up to the first recommendation that waits for one."""
        self._waiting = set(waiting)
        self._begin(answer)

    def written(self, position: int, rationale: Rationale) -> None:
        """Prints the recommendations up to the next one that waits."""
        self._rationales[position] = rationale
        self._waiting.discard(position)
        self._print_ready()

    def finish(self, answer: Answer | DiseaseAnswer) -> None:
        """Prints what wasn't printed yet of the whole answer."""
        self._waiting.clear()
        if self._answer is None:
            self._begin(answer)
        else:
            self._answer = answer
            self._rationales.clear()  # the answer has them
            self._print_ready()
        print_closing(self._console, answer)

    def _begin(self, answer: Answer | DiseaseAnswer) -> None:
        self._answer = answer
        positions = {id(one): position for position, one in enumerate(answer)}
        groups = mechanism_groups(answer) if self._detail == "usual" else [[one] for one in answer]
        self._remaining = [positions[id(group[0])] for group in groups] if self._detail != "brief" else []
        self._hide_progress()
        print_opening(self._console, answer)
        self._print_ready()

    def _print_ready(self) -> None:
        """Prints the sections before the first that waits, each after an empty line."""
        while self._answer is not None and self._remaining and self._remaining[0] not in self._waiting:
            position = self._remaining.pop(0)
            recommendation = self._answer[position]
            if position in self._rationales:
                rationale = {"rationale": self._rationales[position]}
                recommendation = recommendation.model_copy(update=rationale)
            self._hide_progress()
            self._console.print()
            print_recommendation(self._console, recommendation, asked=self._answer.asked, detail=self._detail)
