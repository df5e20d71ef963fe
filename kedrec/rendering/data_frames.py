"""Renders answers, explanations, comparisons and subgraphs as tables of pandas."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from kedrec.answers.subgraph import Subgraph
from kedrec.errors import UsageError
from kedrec.rendering.answer_table import mechanism_phrase
from kedrec.types import Answer, Comparison, DiseaseAnswer, Recommendation

if TYPE_CHECKING:
    from kedrec.rendering.answer_page import Rendered
    from kedrec.types import Evidence

__all__ = ["data_frame"]

_ANSWER = (
    "rank", "drug_id", "drug", "disease_id", "disease", "score", "probability", "low", "high", "prior",
    "standing", "clinic", "mechanism", "flags", "verdict", "rationale", "paths",
)  # fmt: skip
_EVIDENCE = (
    "id", "stance", "role", "share", "sentence", "metapath", "sources", "licences", "references", "private",
)  # fmt: skip
_PARTS = ("group", "part", "left", "right", "difference")
_EDGES = (
    "start", "start_name", "relation", "end", "end_name", "source", "licence", "action", "references",
    "evidence", "score", "year", "private",
)  # fmt: skip


def data_frame(rendered: Rendered) -> Any:
    """An object as a `pandas.DataFrame`, with its columns even where it has no row.

    Lists become texts with "; " between their items, so that a table can be saved as it is.

    Raises:
        UsageError: pandas isn't installed.
    """
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise UsageError(
            "A table of pandas needs pandas, which isn't installed.",
            "Install it with: python -m pip install pandas",
        ) from error
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    match rendered:
        case Answer() | DiseaseAnswer():
            columns, rows = _ANSWER, [_recommendation_row(one) for one in rendered]
        case Recommendation():
            items = (*rendered.evidence, *rendered.adverse, *rendered.safety.cautions, *rendered.texts.all)
            columns, rows = _EVIDENCE, [_evidence_row(item) for item in items]
        case Comparison():
            columns = _PARTS
            rows = [
                (part.group, part.label, part.left, part.right, part.difference) for part in rendered.parts
            ]
        case Subgraph():
            columns, rows = _EDGES, _edge_rows(rendered)
    return pandas.DataFrame.from_records(rows, columns=list(columns))


def _recommendation_row(one: Recommendation) -> tuple[object, ...]:
    return (
        one.rank, one.drug.id, one.drug.name, one.disease.id, one.disease.name, one.score, one.probability,
        one.low, one.high, one.prior, one.badge.standing, one.clinical.short, mechanism_phrase(one),
        "; ".join(one.flags), one.verdict, one.rationale.text, one.coverage.paths,
    )  # fmt: skip


def _evidence_row(item: Evidence) -> tuple[object, ...]:
    edges = [edge for step in item.path.steps for edge in step.edges] if item.path is not None else []
    references = dict.fromkeys(reference for edge in edges for reference in edge.references)
    if item.text is not None:
        references |= dict.fromkeys(item.text.keys)
    return (
        item.id, item.stance, item.role, item.score, item.sentence, item.path.metapath if item.path else "",
        "; ".join(item.sources), "; ".join(item.licences), "; ".join(references), item.private,
    )  # fmt: skip


def _edge_rows(graph: Subgraph) -> list[tuple[object, ...]]:
    names = {node.id: node.name for node in graph.nodes}
    return [
        (edge.start, names.get(edge.start, ""), edge.relation, edge.end, names.get(edge.end, ""), edge.source,
         edge.licence, edge.action, "; ".join(edge.references), edge.evidence, edge.score, edge.year,
         edge.private)
        for edge in graph.edges
    ]  # fmt: skip
