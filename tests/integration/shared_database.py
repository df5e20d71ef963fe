"""A Neo4j database with a lab's own graph, and KEDRec's graph beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.loading import LoadReport, load_graph, remove_sources
from kedrec.schema import load_schema
from kedrec.stores import GraphStore, open_store
from kedrec.stores.marking import EDGE_PROPERTIES, LABEL_PREFIX, MARK_PROPERTY, NODE_PROPERTIES

if TYPE_CHECKING:
    import neo4j

    from kedrec.settings import Settings

NODES = """kind\tid\tname
Drug\tDRUGBANK:DB00001\talphadrug
Drug\tDRUGBANK:DB00002\tbetadrug
Gene\tNCBIGene:1\tGENE1
Gene\tNCBIGene:2\tGENE2
Gene\tNCBIGene:3\tGENE3
Disease\tDOID:1\tdisease one
"""
EDGES = """relation\tstart\tend\tlicence
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00001\tNCBIGene:2\tCC0-1.0
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:3\tCC0-1.0
TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0
"""
NEWER_NODES = (
    "\n".join(line for line in NODES.splitlines() if "GENE3" not in line and "GENE2" not in line) + "\n"
)
NEWER_EDGES = (
    "\n".join(line for line in EDGES.splitlines() if "NCBIGene:3" not in line and "NCBIGene:2" not in line)
    + "\n"
)
MINE = "relation\tstart\tend\nBINDS\tDRUGBANK:DB00002\tNCBIGene:2\n"

LAB = """
CREATE (drug:Drug {id: 'DRUGBANK:DB00001', name: 'of the lab', mine: 1, owner: 'lab'})
CREATE (gene:Gene:Target {id: 'lab:1', name: 'a gene of the lab', owner: 'lab'})
CREATE (disease:Disease {id: 'DOID:1', sources: ['kedrec'], owner: 'lab'})
CREATE (plain:Gene {owner: 'lab'})
CREATE (other:Patient {id: 7, owner: 'lab'})
CREATE (fact:Metadata {key: 'schema_version', value: '9', owner: 'lab'})
CREATE (drug)-[:BINDS {source: 'kedrec', licence: 'CC0-1.0', owner: 'lab'}]->(gene)
CREATE (drug)-[:TREATS {source: 'kedrec', owner: 'lab'}]->(disease)
CREATE (other)-[:TAKES {since: 2001, owner: 'lab'}]->(drug)
CREATE (disease)-[:ASSOCIATED_WITH {owner: 'lab'}]->(plain)
"""
RULES = (
    "CREATE CONSTRAINT lab_patient IF NOT EXISTS FOR (p:Patient) REQUIRE p.id IS UNIQUE",
    "CREATE INDEX lab_gene IF NOT EXISTS FOR (g:Gene) ON (g.name)",
    "CREATE CONSTRAINT lab_two IF NOT EXISTS FOR (d:Drug) REQUIRE (d.id, d.mine) IS UNIQUE",
)
HELD = """
MATCH (gene:KedrecGene {id: 'NCBIGene:3'}), (kept:KedrecGene {id: 'NCBIGene:1'})
MATCH (drug:KedrecDrug {id: 'DRUGBANK:DB00001'}), (patient:Patient), (lab:Drug {owner: 'lab'})
CREATE (patient)-[:CARRIES {owner: 'lab'}]->(gene)
CREATE (lab)-[:BINDS {source: 'kedrec', owner: 'lab'}]->(kept)
CREATE (drug)-[:BINDS {source: 'lab', owner: 'lab'}]->(gene)
SET drug.stock = 12, drug:Stocked
"""
"""Data that the lab ties to KEDRec's nodes: links from its own and between them, a property, a label."""

KINDS = {*load_schema().kinds}
KEPT_BESIDE = {"KedrecMetadata", "KedrecKept", "KedrecBatch"}
"""Labels of what KEDRec keeps with the graph."""


class Lab:
    """The database as the lab sees it."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver

    def run(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        with self._driver.session() as session:
            return session.run(text, parameters).data()

    def dump(self, *, everything: bool = False) -> str:
        """All that KEDRec did not write, in one order: nodes, relationships and their ends, rules, indexes.

        Of what bears KEDRec's mark, that is the labels and properties of others. `everything` is the whole
        database instead, for what must not write at all.
        """
        nodes = self.run("MATCH (n) RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS held")
        edges = self.run(
            "MATCH (a)-[r]->(b) RETURN elementId(r) AS id, type(r) AS type, properties(r) AS held, "
            "elementId(a) AS a, a.id AS start, elementId(b) AS b, b.id AS end"
        )
        rules = self.run("SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties")
        indexes = self.run("SHOW INDEXES YIELD name, type, labelsOrTypes, properties")
        parts: list[list[dict[str, Any]]] = [nodes, edges, rules, indexes]
        if not everything:
            parts = [
                [row for row in map(_others_share_of_node, nodes) if row["labels"] or row["held"]],
                [row for row in map(_others_share_of_edge, edges) if row["held"] or not row["marked"]],
                *(
                    [row for row in part if not row["name"].startswith("kedrec_")]
                    for part in (rules, indexes)
                ),
            ]
        return json.dumps(
            [sorted(json.dumps(row, sort_keys=True) for row in part) for part in parts], indent=1
        )


def _others_share_of_node(row: dict[str, Any]) -> dict[str, Any]:
    marks = {label for label in row["labels"] if label.startswith(LABEL_PREFIX)}
    if not marks:
        return row
    written = {*NODE_PROPERTIES, *(row["held"] if marks & KEPT_BESIDE else ())}
    return {
        "id": row["id"],
        "labels": sorted({*row["labels"]} - marks - KINDS),
        "held": {name: value for name, value in row["held"].items() if name not in written},
    }


def _others_share_of_edge(row: dict[str, Any]) -> dict[str, Any]:
    marked = row["held"].get(MARK_PROPERTY) is True
    written = EDGE_PROPERTIES if marked else ()
    held = {name: value for name, value in row["held"].items() if name not in written}
    return {**row, "held": held, "marked": marked}


class Graph:
    """KEDRec's graph in that database."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder

    def files(self, **tables: str) -> Path:
        place = self.folder / f"tables-{len(list(self.folder.iterdir()))}"
        place.mkdir()
        for name, content in tables.items():
            (place / f"{name}.tsv").write_text(content, encoding="utf-8")
        return place

    def load(self, source: str = "kedrec", *, dry_run: bool = False, **tables: str) -> LoadReport:
        files = self.files(**(tables or {"nodes": NODES, "edges": EDGES}))
        with open_store(self.settings.graph_url, self.settings, read_only=False) as store:
            return load_graph(store, [source], data_dir=files, work_dir=self.folder / "work", dry_run=dry_run)

    def remove(self, source: str, *, dry_run: bool = False) -> LoadReport:
        with open_store(self.settings.graph_url, self.settings, read_only=False) as store:
            return remove_sources(store, [source], work_dir=self.folder / "work", dry_run=dry_run)

    def contents(self) -> dict[str, Any]:
        """The whole graph, as KEDRec reads it."""
        with open_store(self.settings.graph_url, self.settings, unfiltered=True) as store:
            return contents(store)


def contents(store: GraphStore) -> dict[str, Any]:
    found: dict[str, Any] = {kind: store.nodes(kind).to_pylist() for kind in ("Drug", "Gene", "Disease")}
    for table in (
        ("BINDS", "Drug", "Gene"),
        ("TREATS", "Drug", "Disease"),
        ("ASSOCIATED_WITH", "Disease", "Gene"),
    ):
        rows = [row for batch in store.edges(*table) for row in batch.to_pylist()]
        found[table[0]] = sorted(rows, key=lambda row: (row["start"], row["end"], row["source"]))
        found[f"licences of {table[0]}"] = store.licences(table[0])
        found[f"years of {table[0]}"] = store.years(table[0], 2000)
    found["fingerprint"] = str(store.fingerprint())
    found["isolated"] = store.isolated_ids("Gene")
    for one in ("DRUGBANK:DB00001", "NCBIGene:1", "DOID:1", "lab:1"):
        found[f"node {one}"] = store.run("lookup/node", {"id": one})
        found[f"edges of {one}"] = store.run("lookup/neighbours", {"id": one, "limit": 50})
        found[f"degrees of {one}"] = sorted(map(str, store.run("lookup/degrees", {"id": one})))
    pair = {"drug": "DRUGBANK:DB00001", "disease": "DOID:1", "via": [], "limit": 50}
    found["paths"] = store.run("paths/drug-binds-gene-disease", pair)
    found["treatments"] = store.run("lookup/known-treatments", {"disease": "DOID:1"})
    return found
