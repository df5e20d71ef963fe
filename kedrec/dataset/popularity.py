"""How well known drugs are: what an answerer that knows no mechanism goes by."""

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

__all__ = ["Popularity", "popularity", "read_popularity", "write_popularity"]

_FILE = "popularity.tsv"


@dataclass(frozen=True)
class Popularity:
    """How well known each drug of a graph is, in the adjacency's order of drugs.

    Attributes:
        treatments: diseases that any source says it helps in.
        links: what it is linked with by other relations.
    """

    treatments: NDArray[np.int64]
    links: NDArray[np.int64]


def popularity(adjacency: Adjacency, treated: Mapping[str, frozenset[str]]) -> Popularity:
    """Counts each drug's treatments and other links."""
    ids = [id_.decode() for id_ in adjacency.ids("Drug").tolist()]
    place = {id_: number for number, id_ in enumerate(ids)}
    treatments = np.zeros(len(ids), np.int64)
    for drugs in treated.values():
        for drug in drugs:
            treatments[place[drug]] += 1
    links = np.zeros(len(ids), np.int64)
    relations = load_schema().relations
    for table in schema_tables():
        if relations[table[0]].effect == "benefit" or not adjacency.has(table):
            continue
        found = adjacency.incidence(table)
        if table[1] == "Drug":
            links += found.degrees
        elif table[2] == "Drug":
            links += found.back_degrees
    return Popularity(treatments, links)


def write_popularity(folder: Path, drugs: Sequence[str], known: Popularity) -> None:
    """Writes a data set's `popularity.tsv`: drug, treatments, links.

    Raises:
        DataError: the disk refuses.
    """
    try:
        with (folder / _FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(("drug", "treatments", "links"))
            writer.writerows(zip(drugs, known.treatments.tolist(), known.links.tolist(), strict=True))
    except OSError as error:
        raise DataError(
            f"{folder / _FILE} could not be written: {error.strerror or error}.",
            "See that the disk has room, and run the command again.",
        ) from error


def read_popularity(folder: Path) -> dict[str, tuple[int, int]]:
    """A data set's drugs with their treatments and other links; empty where it has no such file.

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
