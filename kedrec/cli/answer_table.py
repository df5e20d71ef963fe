"""Prints an answer as a table for a terminal: one line a mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kedrec.rendering.answer_table import group_rows

if TYPE_CHECKING:
    from kedrec.types import Answer, DiseaseAnswer

__all__ = ["summary_table"]

_BETWEEN = ", "
_MAX_NAMED = 6  # members of a group that the table names


def summary_table(answer: Answer | DiseaseAnswer) -> Table:
    """The groups of an answer as a table for a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    rows = group_rows(answer)
    has_clinic = any(row["clinic"] for row in rows)
    is_judged = any(row["model"] for row in rows)
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("drug" if answer.asked == "disease" else "disease", style="bold cyan", overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("probability", justify="right", no_wrap=True)
    if is_judged:
        table.add_column("model", no_wrap=True)
    if has_clinic:
        table.add_column("clinic", overflow="fold")
    table.add_column("mechanism in one phrase", overflow="fold")
    table.add_column("warnings", style="red", overflow="fold")
    for row in rows:
        name = Text(row["name"])
        if members := row["same mechanism"].split(_BETWEEN) if row["same mechanism"] else []:
            more = f" and {len(members) - _MAX_NAMED:,} more" if len(members) > _MAX_NAMED else ""
            also = f"\nalso: {_BETWEEN.join(members[:_MAX_NAMED])}{more}"
            name.append(also, style="not bold dim")
        cells = [
            Text(row["rank"]),
            name,
            Text(row["status"], style="green" if row["status"] == "known" else ""),
            Text(row["probability"]),
            *([Text(row["model"])] if is_judged else []),
            *([Text(row["clinic"])] if has_clinic else []),
            Text(row["mechanism"]),
            Text(row["warnings"]),
        ]
        table.add_row(*cells)
    return table
