"""Ids that an ontology of the graph has retired without a successor, with the ids it says to consider."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from kedrec.loading.source_records import RETIRED_IDS, former_name
from kedrec.loading.state import source_states

if TYPE_CHECKING:
    from kedrec.stores import GraphStore

__all__ = ["TABLE", "RetiredId", "fill_retired", "find_retired"]

TABLE = "CREATE TABLE retired (curie TEXT, id TEXT, name TEXT, title TEXT, consider TEXT);"


@dataclass(frozen=True, slots=True)
class RetiredId:
    """A retired id.

    Attributes:
        id: the id as the ontology writes it.
        name: its former name, "" where the ontology doesn't say.
        title: title of the ontology.
        consider: the ids that the ontology suggests in its stead; empty where it suggests none.
    """

    id: str
    name: str
    title: str
    consider: tuple[str, ...]

    @property
    def what(self) -> str:
        """The sentence that says that it is obsolete."""
        name = former_name(self.name)
        return f"The id {self.id} is obsolete in {self.title}{f': it was {name!r}' if name else ''}."

    @property
    def hint(self) -> str:
        """The sentence that says what to do."""
        if not self.consider:
            return "It names no other in its stead: search by the name of what is meant."
        return f"It says to consider {' or '.join(self.consider)}."


def _rows(store: GraphStore) -> Iterator[tuple[str, str, str, str, str]]:
    import pyarrow.parquet as pq

    for source, state in sorted(source_states(store.metadata()).items()):
        content = store.blob(f"{RETIRED_IDS}:{source}")
        for row in pq.read_table(BytesIO(content)).to_pylist() if content else ():
            consider = json.dumps(row["consider"])
            yield row["id"].upper(), row["id"], row["name"], state.title or source, consider


def fill_retired(tables: sqlite3.Connection, store: GraphStore) -> None:
    """Copies the retired ids stored with the graph into the table `retired`."""
    tables.executemany("INSERT INTO retired VALUES (?, ?, ?, ?, ?)", _rows(store))


def find_retired(tables: sqlite3.Connection, curie: str) -> RetiredId | None:
    """The retired id for a CURIE in capitals; None where it is not retired."""
    row = tables.execute("SELECT id, name, title, consider FROM retired WHERE curie = ?", (curie,)).fetchone()
    return RetiredId(row[0], row[1], row[2], tuple(json.loads(row[3]))) if row else None
