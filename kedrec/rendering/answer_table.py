"""Tabulates an answer: one line a drug (or disease), with the mechanism in one phrase, in several formats."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from kedrec.answers.grouping import recommendation_key
from kedrec.common.plain_text import one_line, spreadsheet_cell
from kedrec.pathlogic.signs import effect_signs, step_signs
from kedrec.rendering.notes import judgement_text
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Answer, DiseaseAnswer, Path, Recommendation

__all__ = [
    "answer_text",
    "group_rows",
    "known_treatments_note",
    "mechanism_groups",
    "mechanism_phrase",
]

_COLUMNS = (
    "rank",
    "name",
    "id",
    "status",
    "probability",
    "clinic",
    "mechanism",
    "same mechanism",
    "warnings",
)
_BETWEEN = ", "
_TREATMENTS_SHOWN = 12
_SITES = frozenset({"Anatomy", "Cell", "CellularComponent"})  # there is no more or less of these
_REGULATION = re.compile(r"(positive |negative |up-?|down-?)?regulation of (.+)", re.IGNORECASE)
"""Names of the Gene Ontology that have an effect in them."""
_PROCESSES = frozenset({"BiologicalProcess", "MolecularFunction", "Pathway"})
_EFFECTS = {1: "raising", -1: "lowering", 0: "affecting"}


def mechanism_phrase(recommendation: Recommendation) -> str:
    """The argument for a pair, in one phrase; "" without evidence.

    The drug's action on its target, and what that raises or lowers in the end; or the drug or disease that
    it is like.
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
    steps = _steps_to_effect(path)
    return f"{action}, {_effect(path, steps)}" if steps > 1 else action


def _steps_to_effect(path: Path) -> int:
    """Number of steps from the drug to the last node that it may have an effect on, 1 or more.

    It is the last one before the disease, or before a step from an effect back to its cause: what lowers an
    inflammation that viruses cause lowers no viruses.
    """
    inner = path.steps[1:-1]
    backward = (
        index
        for index, step in enumerate(inner, 1)
        if not step.forward and step_signs(step) != frozenset({0})
    )
    return next(backward, max(len(path.steps) - 1, 1))


def _effect(path: Path, steps: int) -> str:
    """The drug's effect on the node after some steps: `raising` or `lowering` it, else `affecting` it.

    There is no more or less of a site: the effect takes place `in` it. What raises the positive regulation of
    a process raises the process.
    """
    last = path.nodes[steps]
    name = one_line(last.name)
    if last.kind in _SITES:
        return f"in {name}"
    signs = effect_signs(path.steps[:steps])
    sign = next(iter(signs)) if len(signs) == 1 else 0
    if last.kind in _PROCESSES and (regulation := _REGULATION.fullmatch(name)):
        way, name = (regulation[1] or "").lower(), regulation[2]
        sign *= 1 if way.startswith(("positive", "up")) else -1 if way else 0
    if not sign and last.kind == "Organism":
        return f"in {name}"
    return f"{_EFFECTS[sign]} {name}"


def mechanism_groups(answer: Answer | DiseaseAnswer) -> list[list[Recommendation]]:
    """The recommendations by what speaks for them, groups and members in the order of the answer.

    Drugs with the same action on the same target are of one group, and those without a mechanism that are of
    one class; one with a warning is alone.
    """
    groups: dict[tuple[object, ...], list[Recommendation]] = {}
    for recommendation in answer:
        groups.setdefault(recommendation_key(recommendation), []).append(recommendation)
    return list(groups.values())


def answer_text(answer: Answer | DiseaseAnswer, layout: str) -> str:
    """The table of an answer as text, its title before it.

    Args:
        answer: the answer.
        layout: `markdown`, `html` or `tsv` (which has no title).
    """
    rows = [[row[column] for column in _COLUMNS] for row in group_rows(answer)]
    target = answer.disease if answer.asked == "disease" else answer.drug
    title = f"{one_line(target.name)} ({target.id})"
    if layout == "tsv":
        return "".join("\t".join(map(spreadsheet_cell, cells)) + "\n" for cells in (_COLUMNS, *rows))
    known = known_treatments_note(answer)
    if layout == "html":
        return _html(title, [note for note in (answer.abstained, known) if note], rows)
    lines = [f"## {_escaped(title)}", ""]
    lines += [_escaped(answer.abstained), ""] if answer.abstained else []
    lines += [_escaped(known), ""] if known else []
    if answer.abstained:
        return "\n".join(lines)
    lines += [f"| {' | '.join(_COLUMNS)} |", "|" + " --- |" * len(_COLUMNS)]
    lines += [f"| {' | '.join(map(_escaped, cells))} |" for cells in rows]
    return "\n".join(lines) + "\n"


def known_treatments_note(answer: Answer | DiseaseAnswer) -> str:
    """Sentence on the known treatments of a disease, with their ranks; "" if there are none."""
    if answer.asked == "drug" or not answer.known_treatments:
        return ""
    known = answer.known_treatments
    names = [f"{one_line(one.drug.name)} {one.rank:,}" for one in known[:_TREATMENTS_SHOWN]]
    more = len(known) - _TREATMENTS_SHOWN
    listed = ", ".join(names) + (f" and {more:,} more (--json lists them)" if more > 0 else "")
    return f"Known treatments in the graph, with the rank each would have if it weren't known: {listed}."


def group_rows(answer: Answer | DiseaseAnswer) -> list[dict[str, str]]:
    """The cells of the table by column, a row a group of `mechanism_groups`."""
    rows = []
    for group in mechanism_groups(answer):
        first = group[0]
        entities = [one.drug if answer.asked == "disease" else one.disease for one in group]
        ids = {entity.id for entity in entities}
        others = [*entities[1:], *(member.entity for member in answer.also if member.like in ids)]
        rows.append(
            {
                "rank": f"{first.rank:,}",
                "name": one_line(entities[0].name),
                "id": entities[0].id,
                "status": first.badge.standing,
                "probability": "" if first.probability is None else f"{first.probability:.3f}",
                "model": judgement_text(first.judgement),
                "clinic": first.clinical.short,
                "mechanism": mechanism_phrase(first),
                "same mechanism": _BETWEEN.join(one_line(other.name) for other in others),
                "warnings": ", ".join(first.flags[1:]),
            }
        )
    return rows


def _html(title: str, notes: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(values: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values) + "</tr>"

    body = "\n".join(cells(values, "td") for values in rows)
    paragraphs = "".join(f"<p>{html.escape(note)}</p>\n" for note in notes)
    return (
        f"<h2>{html.escape(title)}</h2>\n{paragraphs}<table>\n<thead>{cells(_COLUMNS, 'th')}</thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n"
    )


def _escaped(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
