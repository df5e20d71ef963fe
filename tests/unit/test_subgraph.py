import json

import pytest

from kedrec.answers.subgraph import Subgraph
from kedrec.evidence.verbalize import evidence_item
from kedrec.types import Edge, Entity, Path, PathStep

DRUG = Entity(id="DRUGBANK:DB00619", kind="Drug", name="Imatinib")
GENE = Entity(id="NCBIGene:25", kind="Gene", name='ABL1 "}) DETACH DELETE n //\n\\')
DISEASE = Entity(id="DOID:8552", kind="Disease", name="chronic myeloid leukemia")
BINDS = Edge(
    start=DRUG.id, relation="BINDS", end=GENE.id, source="starter", licence="CC0-1.0", action="inhibitor"
)
ALSO_BINDS = BINDS.model_copy(update={"source": "hetionet", "score": 3.5, "references": ("PMID:1", "PMID:2")})
ASSOCIATED = Edge(
    start=DISEASE.id, relation="ASSOCIATED_WITH", end=GENE.id, source="starter", licence="CC0-1.0"
)


@pytest.fixture
def subgraph():
    path = Path(
        template="none",
        metapath="Drug BINDS Gene < ASSOCIATED_WITH Disease",
        nodes=(DRUG, GENE, DISEASE),
        steps=(
            PathStep(relation="BINDS", action="inhibitor", forward=True, edges=(ALSO_BINDS, BINDS)),
            PathStep(relation="ASSOCIATED_WITH", forward=False, edges=(ASSOCIATED,)),
        ),
    )
    item = evidence_item(path, "P1", 1.0)
    return Subgraph.of(DRUG, DISEASE, [item, item])


def test_nodes_and_edges_appear_once_and_parallel_edges_keep_their_sources(subgraph):
    assert [node.id for node in subgraph.nodes] == [DRUG.id, DISEASE.id, GENE.id]
    assert [(edge.relation, edge.source) for edge in subgraph.edges] == [
        ("ASSOCIATED_WITH", "starter"),
        ("BINDS", "hetionet"),
        ("BINDS", "starter"),
    ]


def test_networkx_keeps_directions_and_attributes(subgraph):
    graph = subgraph.to_networkx()
    assert graph.nodes[GENE.id]["kind"] == "Gene"
    assert graph.edges[DISEASE.id, GENE.id, "ASSOCIATED_WITH starter"]["licence"] == "CC0-1.0"
    assert graph.edges[DRUG.id, GENE.id, "BINDS hetionet"]["score"] == 3.5


def test_cytoscape_elements_are_plain_json_with_unique_ids(subgraph):
    elements = json.loads(json.dumps(subgraph.to_cytoscape()))["elements"]
    ids = [element["data"]["id"] for group in elements.values() for element in group]
    assert len(ids) == len(set(ids)) == 6
    assert {edge["data"]["provenance"] for edge in elements["edges"]} == {"starter", "hetionet"}


def test_graphml_can_be_read_back(subgraph):
    import networkx as nx

    graph = nx.parse_graphml(subgraph.to_graphml(), force_multigraph=True)
    assert set(graph.nodes) == {DRUG.id, GENE.id, DISEASE.id}
    assert graph.number_of_edges() == 3


def test_a_name_cannot_break_out_of_the_cypher_script(subgraph):
    lines = subgraph.to_cypher().splitlines()
    assert len(lines) == 6
    assert json.dumps(GENE.name) in lines[2]
    assert all(line.endswith(";") for line in lines)
