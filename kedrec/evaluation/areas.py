"""Areas of medicine of diseases, from a table or from the graph's disease hierarchy."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import DataError
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["UNCLASSIFIED", "areas_by_ancestor", "areas_from_table"]

UNCLASSIFIED = "unclassified"
"""The area of a disease without one."""


def areas_from_table(
    path: Path, ids: Sequence[str], *, key: str = "doid", column: str = "pathophysiology"
) -> list[str]:
    """Reads the area of each disease from a tab-separated table, such as Hetionet's `disease-slim-terms.tsv`.

    Args:
        path: the table, with a header line.
        ids: the diseases.
        key, column: its columns of disease ids and of areas.

    Raises:
        DataError: it can't be read, or has no such columns.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            missing = sorted({key, column} - set(rows.fieldnames or ()))
            if missing:
                raise DataError(
                    f"'{path}' has no column {' or '.join(missing)}.",
                    "Give a tab-separated table of diseases and their areas.",
                )
            areas = {row[key]: row[column] for row in rows if row[key] and row[column]}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"'{path}' can't be read: {error}.", "Give a readable table.") from error
    return [areas.get(id_, UNCLASSIFIED) for id_ in ids]


def areas_by_ancestor(adjacency: Adjacency, names: Mapping[str, str] | None = None) -> list[str]:
    """The area of each disease by number: its ancestor one below a top of the graph's hierarchy.

    Of several ancestors the nearest counts, and of equally near ones the first by id. A disease right below a
    top is its own area; so is a top with children; a disease outside the hierarchy is unclassified.

    Args:
        adjacency: the graph.
        names: of diseases by id, to label the areas; None: ids are the labels.
    """
    tables = [
        (name, "Disease", "Disease") for name in load_schema().joining("hierarchy", "Disease", "Disease")
    ]
    hierarchies = [adjacency.incidence(table) for table in tables if adjacency.has_table(table)]
    count = len(adjacency.ids("Disease"))
    areas = [UNCLASSIFIED] * count
    if not hierarchies:
        return areas
    parents = [
        sorted({number for links in hierarchies for number in links.row(n).tolist()}) for n in range(count)
    ]
    child_counts = np.sum([links.back_degrees for links in hierarchies], axis=0)
    for number in range(count):
        frontier, visited, area = [number], {number}, number if child_counts[number] else None
        while frontier and parents[number]:
            tops = [node for node in frontier if any(not parents[parent] for parent in parents[node])]
            if tops:
                area = tops[0]
                break
            frontier = sorted({parent for node in frontier for parent in parents[node]} - visited)
            visited.update(frontier)
        if area is not None:
            id_ = adjacency.node_id("Disease", area)
            areas[number] = (names or {}).get(id_, id_)
    return areas
