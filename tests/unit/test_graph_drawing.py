"""The drawing of a graph: layers from left to right, lines that can be told apart, a row for every edge."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from grounding_evidence import entity, step
from hypothesis import given
from hypothesis import strategies as st
from rendered_html import RenderedHtml

from kedrec.evidence.verbalize import evidence_item
from kedrec.rendering.graph_drawing import Drawing
from kedrec.rendering.graph_layout import lay_out, layers_of_links, layers_of_paths
from kedrec.rendering.markup import Svg, html_text
from kedrec.types import Edge, Entity, Evidence, Path

DRUG, DISEASE = entity("DRUGBANK:1", "Drug", "a drug"), entity("MONDO:1", "Disease", "a disease")
GENES = [entity(f"NCBIGene:{n}", "Gene", f"gene {n}") for n in range(9)]
SVG = "{http://www.w3.org/2000/svg}"


def evidence(id_: str, *genes: Entity, adverse: bool = False) -> Evidence:
    steps = [step(DRUG, "BINDS", genes[0], "inhibitor")]
    steps += [step(a, "INTERACTS_WITH", b) for a, b in pairwise(genes)]
    steps.append(step(genes[-1], "ASSOCIATED_WITH", DISEASE, forward=False))
    path = Path(template="t", metapath="", nodes=(DRUG, *genes, DISEASE), steps=tuple(steps))
    return evidence_item(path, id_, 0.5, "adverse" if adverse else "supports", "mechanism")


ITEMS = [evidence("P1", GENES[0]), evidence("P2", GENES[1], GENES[0]), evidence("P3", *GENES[:3])]


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=0, max_size=4, unique=True), min_size=1, max_size=8)
)
def test_every_node_has_a_cell_of_its_own_between_the_ends(middles):
    paths = [["drug", *middle, "disease"] for middle in middles]
    layers = layers_of_paths(paths)
    links = [tuple(sorted(pair)) for path in paths for pair in pairwise(path)]
    layout = lay_out(layers, links)
    assert len(set(layout.positions.values())) == len(layout.positions) == len({n for p in paths for n in p})
    assert layout.positions["drug"][0] == 0
    assert all(
        0 < layout.positions[node][0] < layout.positions["disease"][0]
        for path in paths
        for node in path[1:-1]
    )
    taken = set(layout.positions.values())
    for pair, route in layout.routes.items():
        assert {route[0], route[-1]} == {layout.positions[node] for node in pair}
        places = [layer for layer, _ in route]
        assert places == sorted(places)
        assert not taken & set(route[1:-1]), "a line through a box"


@given(st.lists(st.tuples(st.sampled_from("sabcde"), st.sampled_from("abcdet")), max_size=12))
def test_layers_of_any_links_begin_at_the_drug_and_end_at_the_disease(links):
    layers = layers_of_links("s", "t", "sabcdet", links)
    assert set(layers) == set("sabcdet")
    assert layers["s"] == 0
    assert all(layer < layers["t"] for node, layer in layers.items() if node != "t")


def test_every_node_line_and_edge_is_drawn():
    drawing = Drawing.of_evidence(DRUG, DISEASE, [*ITEMS, evidence("A1", GENES[4], adverse=True)])
    root = ElementTree.fromstring(Svg.of(drawing.svg()))
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    for node in (DRUG, DISEASE, *GENES[:3], GENES[4]):
        assert node.name in texts
    edges = {(e.start, e.relation, e.end) for item in ITEMS for s in item.path.steps for e in s.edges}
    numbers = [text for text in texts if text.isdigit()]
    assert sorted(map(int, numbers)) == list(range(1, len(edges) + 3))
    reds = [circle.get("stroke") for circle in root.iter(f"{SVG}circle")].count("#b00020")
    assert reds == 2
    table = RenderedHtml(html_text(drawing.edge_table("k")))
    assert table.tags.count("tr") == 1 + len(edges) + 2
    assert "a drug inhibits gene 0 s0 CC0-1.0" in table.text


def test_relations_differ_by_colour_and_by_line():
    root = Drawing.of_evidence(DRUG, DISEASE, ITEMS).svg()
    styles = {(p.get("stroke"), p.get("stroke-dasharray")) for p in root.iter("path") if p.get("stroke")}
    assert len(styles) == len({colour for colour, _ in styles}) == len({dash for _, dash in styles}) == 3


def test_the_same_evidence_gives_the_same_drawing():
    first, second = (Svg.of(Drawing.of_evidence(DRUG, DISEASE, ITEMS).svg("k")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("relation", ["NO_SUCH_RELATION", "RESEMBLES"])
def test_unknown_and_symmetric_relations_are_drawn(relation):
    edge = Edge(start=DRUG.id, relation=relation, end=DISEASE.id, source="s", licence="")
    drawing = Drawing.of_edges(DRUG, DISEASE, [DRUG, DISEASE], [edge])
    assert relation.lower().replace("_", " ")[:6] in Svg.of(drawing.svg())
    arrows = [path for path in drawing.svg().iter("path") if path.get("fill", "none") != "none"]
    assert len(arrows) == (relation != "RESEMBLES")


def test_a_long_or_wide_name_is_cut_in_its_box_and_whole_in_its_title():
    name = "名" * 40
    gene = entity("NCBIGene:99", "Gene", name)
    root = Drawing.of_evidence(DRUG, DISEASE, [evidence("P1", gene)]).svg()
    shown = [text.text for text in root.iter("text") if text.text and "名" in text.text]
    assert shown == ["名" * 8 + "…"]
    assert any(name in (title.text or "") for title in root.iter("title"))
