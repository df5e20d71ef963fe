"""The best paths against brute force: every path of every template on small random graphs, walked."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph, random_graph

from kedrec.errors import NotFoundError
from kedrec.ranking import Ranker
from kedrec.ranking.adjacency import Adjacency, read_adjacency, template_tables
from kedrec.ranking.best_paths import best_paths
from kedrec.ranking.dwpc import DAMPING, PathCounter
from kedrec.schema import load_schema
from kedrec.stores.templates import PathTemplate, path_templates


def neighbours(
    graph: ListedGraph, template: PathTemplate, hidden: tuple[str, str]
) -> list[dict[str, set[str]]]:
    """For each hop, the nodes reached from each node; the treatment `hidden` is left out."""
    found = []
    for kind, hop in zip(template.kinds, template.hops, strict=False):
        ends = (kind, hop.kind) if hop.forward else (hop.kind, kind)
        reached: dict[str, set[str]] = defaultdict(set)
        for relation, start_kind, end_kind, start, end, _, _ in graph.links:
            if relation != hop.relation or (start_kind, end_kind) != ends or start == end:
                continue
            if relation == "TREATS" and (start, end) == hidden:
                continue
            pairs = [(start, end)] if hop.forward else [(end, start)]
            if load_schema().relations[relation].symmetric:
                pairs = [(start, end), (end, start)]
            for here, there in pairs:
                reached[here].add(there)
        found.append(reached)
    return found


def walked(
    graph: ListedGraph, template: PathTemplate, drug: str, disease: str
) -> dict[tuple[str, ...], float]:
    """Every path of the pair with its weight, by depth-first search."""
    hops = neighbours(graph, template, (drug, disease))
    into = [defaultdict(int) for _ in hops]  # type: ignore[var-annotated]
    for hop, counts in zip(hops, into, strict=True):
        for reached in hop.values():
            for node in reached:
                counts[node] += 1
    paths: dict[tuple[str, ...], float] = {}

    def step(path: tuple[str, ...], weight: float) -> None:
        place = len(path) - 1
        if place == len(hops):
            if path[-1] == disease:
                paths[path[1:-1]] = weight
            return
        for node in hops[place][path[-1]]:
            if node not in path:
                degrees = len(hops[place][path[-1]]) * into[place][node]
                step((*path, node), weight * degrees**-DAMPING)

    step((drug,), 1.0)
    return paths


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_the_best_paths_are_the_heaviest_that_walking_finds(most: int) -> None:
    graph = random_graph(3)
    graph.links = [
        link for link in graph.links if link[:3] != ("TREATS", "Drug", "Disease") or link[3] != "Drug:1"
    ]
    templates = path_templates()
    adjacency = Adjacency(read_adjacency(graph, template_tables(templates)))  # type: ignore[arg-type]
    seen = set()
    for disease in range(graph.sizes["Disease"]):
        for template in templates:
            expected = walked(graph, template, "Drug:1", f"Disease:{disease}")
            found = best_paths(adjacency, template, 1, disease, most)
            assert (found is None) == (not expected), template.name
            if found is None:
                continue
            seen.add(template.name)
            assert found.count == len(expected)
            assert found.total == pytest.approx(sum(expected.values()))
            heaviest = sorted(expected.items(), key=lambda item: (-round(item[1], 12), item[0]))[:most]
            assert found.weights == pytest.approx([weight for _, weight in heaviest])
            assert found.paths == tuple(path for path, _ in heaviest)
    assert len(seen) > 40


def test_links_that_only_a_curated_mechanism_states_are_not_counted_but_found() -> None:
    template = next(t for t in path_templates() if t.name == "drug-binds-gene-disease")
    links: list[Link] = [
        ("BINDS", "Drug", "Gene", "Drug:0", "Gene:0", "curated", ("m1",)),
        ("BINDS", "Drug", "Gene", "Drug:0", "Gene:1", "curated", ("m1",)),
        ("BINDS", "Drug", "Gene", "Drug:0", "Gene:1", "measured", ()),
        ("ASSOCIATED_WITH", "Disease", "Gene", "Disease:0", "Gene:0", "measured", ()),
        ("ASSOCIATED_WITH", "Disease", "Gene", "Disease:0", "Gene:1", "measured", ()),
    ]
    graph = ListedGraph(links, {"Drug": 1, "Gene": 2, "Disease": 1})
    adjacency = Adjacency(read_adjacency(graph, template_tables([template])))  # type: ignore[arg-type]
    values = PathCounter(adjacency, [template.hops]).counts(np.array([0]))
    assert values.ravel().tolist() == pytest.approx([2**-DAMPING])  # Gene:1 alone; the disease has two genes
    found = best_paths(adjacency, template, 0, 0, 5)
    assert found is not None
    assert found.paths == (("Gene:0",), ("Gene:1",))


def test_a_score_is_its_intercept_and_parts_and_hides_the_known_treatment(tmp_path: Path) -> None:
    ranker = Ranker.open(random_graph(4), tmp_path)  # type: ignore[arg-type]
    known = 0
    for pair in ranker.rank("Disease:0"):
        assert pair.intercept + sum(p.contribution for p in pair.parts) == pytest.approx(pair.score, abs=1e-4)
        assert pair == ranker.pair(pair.drug, "Disease:0")
        known += bool(pair.known)
        assert set(pair.known) <= {"one", "two"}
    assert known > 0
    with pytest.raises(NotFoundError, match="Disease:99"):
        ranker.rank("Disease:99")
    with pytest.raises(NotFoundError, match="Gene:0"):
        ranker.pair("Gene:0", "Disease:0")
