"""Graphs as lists of links, for tests that need no database."""

from __future__ import annotations

import random
from collections import Counter

import pyarrow as pa

from kedrec.ranking.adjacency import template_tables
from kedrec.schema import load_schema
from kedrec.stores.base import Fingerprint
from kedrec.stores.templates import path_templates

Link = tuple[str, str, str, str, str, str, tuple[str, ...]]
"""relation, start kind, end kind, start, end, source, mechanisms"""


class ListedGraph:
    """A graph as a list of links, with what the ranking asks of a store."""

    engine = "list"

    def __init__(self, links: list[Link], sizes: dict[str, int]) -> None:
        self.links = links
        self.sizes = sizes
        self.names: dict[str, list[str]] = {}

    def nodes(self, kind: str, columns: object = None) -> pa.Table:
        size = self.sizes.get(kind, 0)
        names = self.names.get(kind, [""] * size)
        synonyms = pa.array([[]] * size, pa.list_(pa.string()))
        return pa.table({"id": [f"{kind}:{n}" for n in range(size)], "name": names, "synonyms": synonyms})

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: list[str],
        sources: list[str] | None = None,
    ) -> list[pa.RecordBatch]:
        rows = [
            {"start": link[3], "end": link[4], "source": link[5], "mechanisms": list(link[6])}
            for link in self.links
            if link[:3] == (relation, start_kind, end_kind) and (sources is None or link[5] in sources)
        ]
        types = {"mechanisms": pa.list_(pa.string())}
        arrays = [pa.array([row[c] for row in rows], types.get(c, pa.string())) for c in columns]
        return pa.table(dict(zip(columns, arrays, strict=True))).to_batches()

    def fingerprint(self) -> Fingerprint:
        edges = Counter((link[0], link[5]) for link in self.links)
        return Fingerprint(1, self.sizes, dict(edges), str(hash(tuple(self.links))))


def random_graph(seed: int) -> ListedGraph:
    """Every table of the templates between four to six nodes a kind, with parallel edges."""
    draw = random.Random(seed)
    tables = template_tables(path_templates())
    sizes = {kind: draw.randint(4, 6) for _, *ends in tables for kind in ends}
    symmetric = {name for name, relation in load_schema().relations.items() if relation.symmetric}
    links: list[Link] = []
    for relation, start, end in tables:
        for a in range(sizes[start]):
            for b in range(sizes[end]):
                if draw.random() > 0.35 or (relation in symmetric and a > b):
                    continue
                sources = ("one", "two")[: draw.randint(1, 2)]
                links += [
                    (relation, start, end, f"{start}:{a}", f"{end}:{b}", source, ()) for source in sources
                ]
    return ListedGraph(links, sizes)
