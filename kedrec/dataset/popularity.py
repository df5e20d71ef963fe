"""Drug popularity (treatments and other links per drug), the baseline that ignores mechanism."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import DataError
from kedrec.ranking.metapaths import schema_tables
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency

__all__ = ["Popularity", "count_popularity", "read_popularity", "write_popularity"]

_FILE = "popularity.tsv"


@dataclass(frozen=True)
class Popularity:
    """Counts for each drug of a graph, in the adjacency's order of drugs.

    Attributes:
        treatments: diseases that the drug helps in by any source.
        links: links of the drug by other relations.
    """

    treatments: NDArray[np.int64]
    links: NDArray[np.int64]


def count_popularity(adjacency: Adjacency, treated: Mapping[str, frozenset[str]]) -> Popularity:
    """Counts each drug's treatments and other links."""
    ids = [id_.decode() for id_ in adjacency.ids("Drug").tolist()]
    index = {id_: number for number, id_ in enumerate(ids)}
    treatments = np.zeros(len(ids), np.int64)
    for drugs in treated.values():
        for drug in drugs:
            treatments[index[drug]] += 1
    links = np.zeros(len(ids), np.int64)
    relations = load_schema().relations
    for table in schema_tables():
        if relations[table[0]].is_care or not adjacency.has_table(table):
            continue
        incidence = adjacency.incidence(table)
        if table[1] == "Drug":
            links += incidence.degrees
        elif table[2] == "Drug":
            links += incidence.back_degrees
    return Popularity(treatments, links)


def write_popularity(folder: Path, drugs: Sequence[str], popularity: Popularity) -> None:
    """Writes a data set's `popularity.tsv`: drug, treatments, links.

    Raises:
        DataError: the disk refuses.
    """
    try:
        with (folder / _FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(("drug", "treatments", "links"))
            writer.writerows(
                zip(drugs, popularity.treatments.tolist(), popularity.links.tolist(), strict=True)
            )
    except OSError as error:
        raise DataError(
            f"{folder / _FILE} could not be written: {error.strerror or error}.",
            "See that the disk has room, and run the command again.",
        ) from error


def read_popularity(folder: Path) -> dict[str, tuple[int, int]]:
    """Reads a data set's drugs with their numbers of treatments and other links; empty without such a file.

    Raises:
        DataError: the file can't be read.
    """
    try:
        with (folder / _FILE).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            return {row["drug"]: (int(row["treatments"]), int(row["links"])) for row in rows}
    except FileNotFoundError:
        return {}
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{folder / _FILE} can't be read: {error}.", "Build the data set again.") from error
