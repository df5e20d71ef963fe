"""An answer printed in parts: each section once its rationale is written, and in all the whole."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from test_answer_table import ANSWER

from kedrec.cli.answer_printer import AnswerPrinter, print_answer
from kedrec.types import Claim, Rationale

if TYPE_CHECKING:
    from kedrec.cli.rendering import Detail


def rationale(position: int) -> Rationale:
    return Rationale(
        origin="llm", claims=(Claim(text=f"Sentence {position}.", status="holds"),), precision=1.0
    )


WRITTEN = {position: rationale(position) for position in (0, 2, 4)}
WHOLE = ANSWER.model_copy(
    update={
        "recommendations": tuple(
            one.model_copy(update={"rationale": WRITTEN.get(position, one.rationale)})
            for position, one in enumerate(ANSWER)
        )
    }
)


class Screen:
    """A printer, what it printed, and how often progress was hidden."""

    def __init__(self, detail: Detail) -> None:
        self.out = io.StringIO()
        self.hidden: list[int] = []
        console = Console(file=self.out, width=200)
        self.printer = AnswerPrinter(console, detail, lambda: self.hidden.append(self.out.tell()))

    @property
    def sections(self) -> list[str]:
        return [one.drug.name for one in ANSWER if f"verdict{one.rank}." in self.out.getvalue()]


@pytest.mark.parametrize("detail", ["brief", "usual", "full"])
def test_the_parts_are_the_whole(detail: Detail) -> None:
    whole = io.StringIO()
    print_answer(Console(file=whole, width=200), WHOLE, detail)
    screen = Screen(detail)
    screen.printer.ranked(ANSWER, set(WRITTEN))
    for position, one in WRITTEN.items():
        screen.printer.written(position, one)
    screen.printer.finish(WHOLE)
    assert screen.out.getvalue() == whole.getvalue()
    at_once = Screen(detail)
    at_once.printer.finish(WHOLE)
    assert at_once.out.getvalue() == whole.getvalue()


def test_a_section_is_printed_with_those_before_it_once_its_rationale_is_written() -> None:
    screen = Screen("usual")
    screen.printer.ranked(ANSWER, set(WRITTEN))
    assert "drug7" in screen.out.getvalue()  # the table has all
    assert screen.sections == []
    assert "Sentence" not in screen.out.getvalue()
    screen.printer.written(2, WRITTEN[2])  # not before the first
    assert screen.sections == []
    screen.printer.written(0, WRITTEN[0])
    assert screen.sections == ["drug1", "drug3"]
    assert screen.out.getvalue().index("Sentence 0") < screen.out.getvalue().index("Sentence 2")
    screen.printer.written(4, WRITTEN[4])
    assert screen.sections == ["drug1", "drug3", "drug5", "drug6", "drug7", "drug8"]
    assert "graph f at g" not in screen.out.getvalue()
    screen.printer.finish(WHOLE)
    assert "graph f at g" in screen.out.getvalue()


def test_progress_is_taken_off_the_terminal_before_anything_is_printed() -> None:
    screen = Screen("full")
    screen.printer.ranked(ANSWER, set())
    screen.printer.finish(ANSWER)
    assert screen.hidden[0] == 0
    assert len(screen.hidden) == 1 + len(ANSWER.recommendations)
