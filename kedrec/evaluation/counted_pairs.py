"""Selection of the pairs that an evaluation counts, and its figures by group."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import DataError
from kedrec.evaluation.areas import areas_by_ancestor, areas_from_table
from kedrec.evaluation.strata import markdown, strata_tables
from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.metapaths import schema_tables

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from kedrec.evaluation.ranking_figures import SplitScores
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["rephetio_pairs", "strata_report"]


def rephetio_pairs(adjacency: Adjacency, folder: Path) -> NDArray[np.bool_]:
    """Mask of the pairs that Project Rephetio scored (1,538 compounds, 136 diseases): drugs x diseases.

    Args:
        adjacency: the graph.
        folder: contains Rephetio's `compounds.tsv` and `diseases.tsv`.

    Raises:
        DataError: a file is missing or has other columns.
    """
    masks = []
    for kind, name, column, prefix in (
        ("Drug", "compounds.tsv", "compound_id", "DRUGBANK:"),
        ("Disease", "diseases.tsv", "disease_id", ""),
    ):
        try:
            with (folder / name).open(encoding="utf-8", newline="") as file:
                ids = {prefix + row[column] for row in csv.DictReader(file, delimiter="\t")}
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise DataError(
                f"'{folder / name}' can't be read as Rephetio's: {error}.",
                f"Give the folder with its {name}.",
            ) from error
        masks.append(np.array([id_.decode() in ids for id_ in adjacency.ids(kind).tolist()], bool))
    return np.outer(*masks)


def strata_report(scored: SplitScores, adjacency: Adjacency, seed: int, areas: Path | None = None) -> str:
    """The ranking's figures by drug degree, disease degree and disease area, as Markdown tables.

    Args:
        scored: one split's scores.
        adjacency: the graph.
        seed: of the bootstrap.
        areas: a table for `areas_from_table`; None: areas come from the graph's hierarchy.

    Raises:
        DataError: the table can't be read, or lacks its columns.
    """
    drugs, columns = np.nonzero(scored.pair_mask)
    ids = [id_.decode() for id_ in adjacency.ids("Disease").tolist()]
    return markdown(
        strata_tables(
            scored.scores["ranking"][drugs, columns],
            scored.known[drugs, columns],
            drugs,
            scored.diseases[columns],
            drug_degrees=_degrees(adjacency, "Drug"),
            disease_degrees=_degrees(adjacency, "Disease"),
            areas=areas_from_table(areas, ids) if areas else areas_by_ancestor(adjacency),
            seed=seed,
        )
    )


def _degrees(adjacency: Adjacency, kind: str) -> NDArray[np.int64]:
    """Number of each node's links over all relations except treatments, which are partly hidden."""
    degrees = np.zeros(len(adjacency.ids(kind)), np.int64)
    for relation, start, end in schema_tables():
        if relation == TREATS[0] or not adjacency.has_table((relation, start, end)):
            continue
        links = adjacency.incidence((relation, start, end))
        if start == kind:
            degrees += links.degrees
        elif end == kind:
            degrees += links.back_degrees
    return degrees
