"""Both engines give the same rows: every template of `cypher/`, over one graph written into both.

The graph is the built-in one, and beside it one chain of nodes for each path template, so that no
template is compared on nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_graph import edge, edge_file, node, node_file

from kedrec.common.assets import list_assets
from kedrec.evidence.path_cypher import path_statement
from kedrec.evidence.path_edges import complete_paths
from kedrec.loading import load_graph
from kedrec.schema import load_schema
from kedrec.stores import GraphStore, PathTemplate, Row, open_store, path_templates

if TYPE_CHECKING:
    from kedrec.settings import Settings

pytestmark = pytest.mark.neo4j

STARTER_PAIRS = [
    ("DRUGBANK:DB00571", "DOID:6364"),  # propranolol, migraine
    ("DRUGBANK:DB00669", "DOID:6364"),  # sumatriptan, migraine
    ("DRUGBANK:DB00331", "DOID:9352"),  # metformin, type 2 diabetes
]
PLANTED = {template.name: template for template in path_templates()}
PARAMETERS: dict[str, dict[str, Any]] = {
    "node": {"id": "DOID:6364"},
    "nodes": {"ids": ["DOID:6364", "DRUGBANK:DB00571", "DOID:absent"]},
    "edges-between": {"from_ids": ["DRUGBANK:DB00571"], "to_ids": ["DOID:6364", "DOID:332"]},
    "neighbours": {"id": "DOID:6364", "limit": 1000},
    "degrees": {"id": "DOID:6364"},
    "known-treatments": {"disease": "DOID:6364"},
    "metadata": {},
    "blob-parts": {"name": "planted"},
    "blob-names": {},
}


@dataclass
class _Tables:
    """Rows for the stores, by the table they belong to."""

    nodes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def plant(self, template: PathTemplate) -> None:
        """One chain of nodes along the template's metapath, with two parallel edges at each step."""
        kinds = ["Drug", *(hop.kind for hop in template.hops)]
        ids = [f"PLANTED:{template.name}:{place}" for place in range(len(kinds))]
        for kind, node_id in zip(kinds, ids, strict=True):
            self.nodes.setdefault(kind, {})[node_id] = node(node_id, xrefs=[f"X:{node_id}"])
        for place, hop in enumerate(template.hops):
            ends = [(kinds[place], ids[place]), (kinds[place + 1], ids[place + 1])]
            if not hop.forward or (ends[0][0], ends[1][0]) not in load_schema().relations[hop.relation].pairs:
                ends.reverse()
            (start_kind, start), (end_kind, end) = ends
            rows = self.edges.setdefault((hop.relation, start_kind, end_kind), [])
            rows += [edge(start, end, source="a", score=0.5), edge(start, end, source="b", year=2001)]


@pytest.fixture(scope="module")
def stores(
    neo4j_settings: Settings,
    wipe_neo4j: Any,
    built_starter: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[GraphStore, GraphStore]]:
    """The same graph in both engines, opened to read."""
    folder = tmp_path_factory.mktemp("conformance")
    wipe_neo4j()
    planted = _Tables()
    for template in path_templates():
        planted.plant(template)
    urls = [str(folder / "graph"), neo4j_settings.neo4j_uri]
    shutil.copytree(built_starter / "graph", urls[0])
    for url in urls:
        with open_store(url, neo4j_settings, read_only=False) as store:
            if store.engine == "neo4j":
                load_graph(store, work_dir=folder / "work")
            with store.writing():
                for kind, nodes in planted.nodes.items():
                    store.put_nodes(kind, node_file(folder, *nodes.values()), None)
                for table, edges in planted.edges.items():
                    store.put_edges(*table, edge_file(folder, *edges), None)
                store.put_metadata({}, {"planted": bytes(range(256))})
    with open_store(urls[0], neo4j_settings) as embedded, open_store(urls[1], neo4j_settings) as server:
        yield embedded, server


def both(stores: tuple[GraphStore, GraphStore], template: str, **parameters: Any) -> list[Row]:
    """The rows of a template, which must be the same on both engines."""
    embedded, server = (
        sorted(store.run(template, parameters), key=lambda row: json.dumps(row, sort_keys=True))
        for store in stores
    )
    assert embedded == server
    assert [list(row) for row in embedded] == [list(row) for row in server]  # the columns' order too
    return embedded


def test_the_fingerprints_are_equal(stores: tuple[GraphStore, GraphStore]) -> None:
    embedded, server = stores
    assert embedded.fingerprint() == server.fingerprint()
    assert str(embedded.fingerprint()) == str(server.fingerprint())
    assert embedded.metadata() == server.metadata()


def test_the_two_engines_ran(stores: tuple[GraphStore, GraphStore]) -> None:
    assert [store.engine for store in stores] == ["ladybug", "neo4j"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_path_template_finds_the_same_paths(stores: tuple[GraphStore, GraphStore], name: str) -> None:
    hops = PLANTED[name].hops
    drug, *between, disease = (f"PLANTED:{name}:{place}" for place in range(len(hops) + 1))
    pair = {"drug": drug, "disease": disease, "limit": 1000}

    found = both(stores, f"paths/{name}", via=[], **pair)

    ids = [[row[f"{variable}_id"] for variable in PLANTED[name].node_variables] for row in found]
    assert ids == [[drug, *between, disease]]
    assert both(stores, f"paths/{name}", via=between, **pair) == found
    if between:
        assert both(stores, f"paths/{name}", via=["PLANTED:nowhere"], **pair) == []
    for drug_id, disease_id in STARTER_PAIRS:
        both(stores, f"paths/{name}", drug=drug_id, disease=disease_id, via=[], limit=1000)


def test_the_starter_pairs_have_paths(stores: tuple[GraphStore, GraphStore]) -> None:
    for drug, disease in STARTER_PAIRS:
        pair = {"drug": drug, "disease": disease, "via": [], "limit": 1000}
        assert any(both(stores, f"paths/{name}", **pair) for name in PLANTED), pair


def lookups() -> set[str]:
    """Names of `cypher/lookup/` that run as they are: those with placeholders are the stores' own."""
    found = set()
    for folder in ("cypher/lookup", "cypher/lookup/ladybug", "cypher/lookup/neo4j"):
        for path in list_assets(folder, ".cypher"):
            if "// fills:" not in path.read_text(encoding="utf-8"):
                found.add(path.stem)
    return found


def test_every_lookup_is_compared() -> None:
    assert lookups() == set(PARAMETERS)


@pytest.mark.parametrize("name", sorted(set(PARAMETERS) - {"metadata"}))
def test_a_lookup_finds_the_same(stores: tuple[GraphStore, GraphStore], name: str) -> None:
    assert both(stores, f"lookup/{name}", **PARAMETERS[name])


def test_tables_are_equal(stores: tuple[GraphStore, GraphStore]) -> None:
    embedded, server = stores
    for kind in load_schema().kinds:
        assert embedded.nodes(kind).equals(server.nodes(kind)), kind
    compared = 0
    for relation in load_schema().relations.values():
        for start, end in relation.pairs:
            table = (relation.name, start, end)
            if rows := edges_of(embedded, *table):
                assert rows == edges_of(server, *table), table
                compared += len(rows)
    assert compared == sum(server.fingerprint().edges.values())  # so the server's other tables are empty


def edges_of(store: GraphStore, *table: str) -> list[str]:
    return sorted(json.dumps(row) for batch in store.edges(*table) for row in batch.to_pylist())


def test_edges_between_given_nodes_are_equal(stores: tuple[GraphStore, GraphStore]) -> None:
    embedded, server = stores
    drugs, diseases = (embedded.nodes(kind, ["id"])["id"].to_pylist() for kind in ("Drug", "Disease"))
    rows = embedded.edges_between("TREATS", "Drug", "Disease", drugs, diseases)

    assert len(rows) > 100
    assert rows == server.edges_between("TREATS", "Drug", "Disease", drugs, diseases)


def test_the_cypher_of_a_path_finds_it_on_both(stores: tuple[GraphStore, GraphStore]) -> None:
    embedded, server = stores
    templates = [PLANTED[name] for name in ("drug-binds-gene-disease", "contraindicated-for-parent")]
    templates += [template for template in PLANTED.values() if len(template.hops) == 4][:2]
    found = [
        (one, tuple(f"PLANTED:{one.name}:{place}" for place in range(len(one.hops) + 1))) for one in templates
    ]
    for path in complete_paths(embedded, found):
        assert path is not None
        asked = path_statement(path)
        rows = (
            embedded._session().rows(asked.text, asked.parameters),  # type: ignore[attr-defined]  # as a user's client
            server._store._read(asked.text, asked.parameters),  # type: ignore[attr-defined]
        )
        for these in rows:
            assert len(these) == 2 ** len(path.steps)  # two parallel edges a step
            for row in these:
                assert [row[name]["id"] for name in asked.parameters] == [node.id for node in path.nodes]
