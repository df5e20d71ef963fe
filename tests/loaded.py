"""Small files of a source, loaded into an embedded graph of their own: what the tests of sources share."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedrec.loading import LoadReport, load_graph
from kedrec.naming import NameIndex
from kedrec.schema import load_schema
from kedrec.settings import load_settings
from kedrec.stores import GraphStore, open_store


@dataclass(frozen=True)
class Loaded:
    """A graph, the folder its files are under, and what loading into it did."""

    store: GraphStore
    folder: Path

    def load(self, source: str, files: Mapping[str, str | bytes] | None = None) -> LoadReport:
        """Writes a source's files and loads it; checks that no row was lost on the way."""
        place = self.folder / "data" / source
        for name, content in (files or {}).items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        report = load_graph(
            self.store, [source], data_dir=self.folder / "data", work_dir=self.folder / "work"
        )
        for rows in (report.sources[0].nodes, report.sources[0].edges):
            assert rows.read == rows.loaded + rows.merged + rows.rejected + rows.waiting
            assert rows.merged >= 0
        return report

    def again(self, source: str) -> None:
        """Loads what is there a second time: nothing may change."""
        before = str(self.store.fingerprint())
        [report] = self.load(source).sources
        assert (report.nodes.new, report.nodes.changed) == (0, 0)
        assert (report.edges.new, report.edges.changed) == (0, 0)
        assert str(self.store.fingerprint()) == before

    def nodes(self, kind: str) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.store.nodes(kind).to_pylist()}

    def edges(self, relation: str) -> list[dict[str, Any]]:
        """Every edge of a relation, sorted by its ends."""
        found = [
            row
            for start, end in load_schema().relations[relation].pairs
            for batch in self.store.edges(relation, start, end)
            for row in batch.to_pylist()
        ]
        return sorted(found, key=lambda row: (row["start"], row["end"], row["source"]))

    def ends(self, relation: str) -> list[tuple[str, str]]:
        return [(row["start"], row["end"]) for row in self.edges(relation)]

    def names(self) -> NameIndex:
        """The index of the graph as it is now; the caller closes it."""
        return NameIndex.open(self.store, self.folder / "cache")

    def rejects(self) -> list[tuple[str, str]]:
        """Line and reason of every row that the last load refused."""
        with (self.folder / "work" / "rejects.tsv").open(encoding="utf-8", newline="") as text:
            return [(row["line"], row["reason"]) for row in csv.DictReader(text, delimiter="\t")]


def begun_graph(folder: Path, sources: Mapping[str, Mapping[str, str | bytes]]) -> Path:
    """Loads sources into a graph in a folder; tests go on from copies of the folder, which is returned."""
    with small_graph(folder) as graph:
        for source, files in sources.items():
            graph.load(source, files)
    return folder


@contextmanager
def small_graph(folder: Path, begun: Path | None = None) -> Iterator[Loaded]:
    """An embedded graph in a folder: empty, or a copy of the one in another folder, which is closed."""
    if begun is not None:
        shutil.copytree(begun, folder, dirs_exist_ok=True)
    settings = load_settings(home=folder / "home")
    with closing(open_store(str(folder / "graph"), settings, read_only=False)) as store:
        yield Loaded(store, folder)
