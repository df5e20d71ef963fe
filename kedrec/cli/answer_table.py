"""Tabulates an answer: one line a drug (or disease), with the mechanism in one phrase, in several formats."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kedrec.common.plain_text import one_line, spreadsheet_cell
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Answer, DiseaseAnswer, Evidence, Recommendation

__all__ = ["answer_text", "mechanism_groups", "mechanism_phrase", "summary_table"]

_COLUMNS = ("rank", "name", "id", "status", "probability", "mechanism", "same mechanism", "warnings")


def mechanism_phrase(recommendation: Recommendation) -> str:
    """What speaks for a pair, in one phrase; "" without evidence.

    The drug's action on its target and what that leads to; or the drug or disease that it is like.
    """
    if not recommendation.evidence:
        return ""
    item = recommendation.evidence[0]
    path = item.path
    if path is None:
        return ""
    inner = path.nodes[1:-1]
    first = path.steps[0]
    words = load_schema().relations[first.relation].wording_for(first.action)
    action = f"{words.phrase if first.forward else words.inverse} {one_line(path.nodes[1].name)}"
    if item.role == "association":
        return "no mechanism known"
    if item.role == "analogy":
        likeness = [node.name for node in inner if node.kind in ("Drug", "Disease")]
        if likeness and path.nodes[1].kind == "Gene":
            return f"{action}, like {one_line(likeness[0])}"
        return f"like {one_line(likeness[0])}" if likeness else action
    return f"{action}, then {one_line(inner[-1].name)}" if len(inner) > 1 else action


def mechanism_groups(answer: Answer | DiseaseAnswer) -> list[list[Recommendation]]:
    """The recommendations by what speaks for them, groups and members in the order of the answer.

    Drugs with the same action on the same target are of one group; one without a mechanism is alone.
    """
    groups: dict[object, list[Recommendation]] = {}
    for recommendation in answer:
        groups.setdefault(_mechanism_key(recommendation), []).append(recommendation)
    return list(groups.values())


def summary_table(answer: Answer | DiseaseAnswer) -> Table:
    """The groups of an answer as a table for a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("drug" if answer.asked == "disease" else "disease", style="bold cyan", overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("mechanism in one phrase", overflow="fold")
    table.add_column("warnings", style="red", overflow="fold")
    for row in _rows(answer):
        name = Text(row["name"])
        if row["same mechanism"]:
            name.append(f" (and {row['same mechanism']})", style="not bold dim")
        table.add_row(
            Text(row["rank"]),
            name,
            Text(row["status"], style="green" if row["status"] == "known" else ""),
            Text(row["probability"]),
            Text(row["mechanism"]),
            Text(row["warnings"]),
        )
    return table


def answer_text(answer: Answer | DiseaseAnswer, layout: str) -> str:
    """The table of an answer as text, its title before it.

    Args:
        answer: the answer.
        layout: `markdown`, `html` or `tsv` (which has no title).
    """
    rows = [[row[column] for column in _COLUMNS] for row in _rows(answer)]
    target = answer.disease if answer.asked == "disease" else answer.drug
    title = f"{one_line(target.name)} ({target.id})"
    if layout == "tsv":
        return "".join("\t".join(map(spreadsheet_cell, cells)) + "\n" for cells in (_COLUMNS, *rows))
    if layout == "html":
        return _html(title, answer.abstained, rows)
    lines = [f"## {_escaped(title)}", ""]
    if answer.abstained:
        return "\n".join([*lines, _escaped(answer.abstained), ""])
    lines += [f"| {' | '.join(_COLUMNS)} |", "|" + " --- |" * len(_COLUMNS)]
    lines += [f"| {' | '.join(map(_escaped, cells))} |" for cells in rows]
    return "\n".join(lines) + "\n"


def _rows(answer: Answer | DiseaseAnswer) -> list[dict[str, str]]:
    rows = []
    for group in mechanism_groups(answer):
        first = group[0]
        entity = first.drug if answer.asked == "disease" else first.disease
        others = [other.drug if answer.asked == "disease" else other.disease for other in group[1:]]
        rows.append(
            {
                "rank": f"{first.rank:,}",
                "name": one_line(entity.name),
                "id": entity.id,
                "status": first.badge.standing,
                "probability": "" if first.probability is None else f"{first.probability:.3f}",
                "mechanism": mechanism_phrase(first),
                "same mechanism": ", ".join(one_line(other.name) for other in others),
                "warnings": ", ".join(first.flags[1:]),
            }
        )
    return rows


def _mechanism_key(recommendation: Recommendation) -> object:
    """Equal for pairs with one mechanism: the sign of the action, and the target."""
    item: Evidence | None = recommendation.evidence[0] if recommendation.evidence else None
    if item is None or item.path is None or item.role != "mechanism" or recommendation.flags[1:]:
        return (recommendation.drug.id, recommendation.disease.id)  # alone, and so is one with a warning
    step = item.path.steps[0]
    sign = load_schema().relations[step.relation].wording_for(step.action).sign
    return (recommendation.badge.standing == "known", sign, item.path.nodes[1].id)


def _html(title: str, abstained: str, rows: Sequence[Sequence[str]]) -> str:
    def cells(values: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values) + "</tr>"

    body = "\n".join(cells(values, "td") for values in rows)
    note = f"<p>{html.escape(abstained)}</p>\n" if abstained else ""
    return (
        f"<h2>{html.escape(title)}</h2>\n{note}<table>\n<thead>{cells(_COLUMNS, 'th')}</thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n"
    )


def _escaped(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
