"""Counts of nodes and edges, stored in the graph's metadata.

Counting edges by source reads every edge (0.1 s embedded, seconds on a server for two million). So a store
counts once, when a writer ends, and stores the result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kedrec.schema import load_schema
from kedrec.stores.base import Fingerprint, Row, YearCount

__all__ = [
    "COUNTS_KEY",
    "TABLES_KEY",
    "VERSION_KEY",
    "GraphCounts",
    "fingerprint_of",
    "public_facts",
    "tables_digest",
    "year_counts",
]

COUNTS_KEY = "_counts"
"""Metadata key of the counts."""
TABLES_KEY = "_tables"
"""Metadata key of the digest of the tables or constraints that `prepare` created."""
VERSION_KEY = "schema_version"
"""Metadata key of the schema version that the graph was written under."""


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """Nodes by kind and edges by (relation, source), without zeros.

    Attributes:
        totals: all relationships of a type in the database, other programs' included, by relation. If a
            total is unchanged, so are the edges of the relation.
    """

    nodes: Mapping[str, int]
    edges: Mapping[tuple[str, str], int]
    totals: Mapping[str, int] = field(default_factory=dict)

    def dumps(self) -> str:
        """The counts as JSON text for the metadata."""
        edges = [[relation, source, count] for (relation, source), count in sorted(self.edges.items())]
        nodes, totals = (dict(sorted(part.items())) for part in (self.nodes, self.totals))
        return json.dumps({"nodes": nodes, "edges": edges} | ({"totals": totals} if totals else {}))

    @classmethod
    def loads(cls, text: str) -> GraphCounts:
        """Counts from the metadata's text."""
        document = json.loads(text)
        edges = {(relation, source): count for relation, source, count in document["edges"]}
        return cls(document["nodes"], edges, document.get("totals", {}))

    def by_relation(self) -> Mapping[str, int]:
        """`totals`, or else the edges of all sources, by relation."""
        if self.totals:
            return self.totals
        totals: dict[str, int] = {}
        for (relation, _), count in self.edges.items():
            totals[relation] = totals.get(relation, 0) + count
        return totals


def fingerprint_of(counts: GraphCounts, facts: Mapping[str, str]) -> Fingerprint:
    """The fingerprint of a graph with these counts and metadata."""
    return Fingerprint(int(facts.get(VERSION_KEY, "0")), counts.nodes, counts.edges, facts.get("digest", ""))


def public_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """The metadata without the store's own entries."""
    return {key: value for key, value in facts.items() if not key.startswith("_")}


def tables_digest() -> str:
    """Digest of the schema's kinds and pairs; if it differs from the stored one, `prepare` adds tables."""
    schema = load_schema()
    pairs = sorted((relation.name, relation.pairs) for relation in schema.relations.values())
    return hashlib.sha256(repr((sorted(schema.kinds), pairs)).encode()).hexdigest()


def year_counts(rows: Iterable[Row]) -> dict[str, YearCount]:
    """Counts by source from rows of `lookup/count-edges-by-year`."""
    return {
        row["source"]: YearCount(row["edges"], row["edges"] - row["dated"], int(row["later"])) for row in rows
    }
