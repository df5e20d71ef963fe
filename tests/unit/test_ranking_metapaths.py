"""Counts along every metapath of the schema against brute force: each path walked, its own care deleted."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.ranking.adjacency import Adjacency, Table, read_adjacency
from kedrec.ranking.dwpc import DAMPING, PathCounter
from kedrec.ranking.metapaths import (
    CARE_RELATIONS,
    Metapath,
    metapath_abbreviation,
    metapath_text,
    metapaths,
    schema_tables,
)
from kedrec.schema import load_schema
from kedrec.stores.templates import metapath_kinds

TABLES: list[Table] = [
    ("TREATS", "Drug", "Disease"),
    ("PALLIATES", "Drug", "Disease"),
    ("RESEMBLES", "Drug", "Drug"),
    ("RESEMBLES", "Disease", "Disease"),
    ("IS_A", "Disease", "Disease"),
    ("BINDS", "Drug", "Gene"),
    ("ASSOCIATED_WITH", "Disease", "Gene"),
    ("REGULATES", "Gene", "Gene"),
]


def small_graph(seed: int) -> ListedGraph:
    draw = random.Random(seed)
    sizes = {"Drug": 4, "Disease": 4, "Gene": 5}
    links: list[Link] = [
        (relation, start, end, f"{start}:{a}", f"{end}:{b}", "one", ())
        for relation, start, end in TABLES
        for a in range(sizes[start])
        for b in range(sizes[end])
        if draw.random() < 0.5 and not (start == end and (relation == "RESEMBLES") and a >= b)
    ]
    return ListedGraph(links, sizes)


def walked(graph: ListedGraph, path: Metapath, drug: str, disease: str) -> float:
    """The summed weight of every path of a pair, by depth-first search without the pair's own care."""
    hops = []
    for kind, hop in zip(metapath_kinds(path), path, strict=False):
        ends = (kind, hop.kind) if hop.forward else (hop.kind, kind)
        reached: dict[str, set[str]] = defaultdict(set)
        into: dict[str, int] = defaultdict(int)
        for relation, *kinds, start, end, _, _ in graph.links:
            if relation != hop.relation or tuple(kinds) != ends or start == end:
                continue
            if relation in CARE_RELATIONS and (start, end) == (drug, disease):
                continue
            pairs = [(start, end)] if hop.forward else [(end, start)]
            if load_schema().relations[relation].symmetric:
                pairs = [(start, end), (end, start)]
            for here, there in pairs:
                reached[here].add(there)
                into[there] += 1
        hops.append((reached, into))

    def onward(nodes: tuple[str, ...], weight: float) -> float:
        place = len(nodes) - 1
        if place == len(hops):
            return weight if nodes[-1] == disease else 0.0
        reached, into = hops[place]
        return sum(
            onward((*nodes, node), weight * (len(reached[nodes[-1]]) * into[node]) ** -DAMPING)
            for node in reached[nodes[-1]]
            if node not in nodes
        )

    return onward((drug,), 1.0)


@pytest.mark.parametrize(("seed", "longest", "block"), [(1, 3, 4), (2, 4, 3)])
def test_every_count_is_what_walking_finds_with_the_pairs_own_care_deleted(
    seed: int, longest: int, block: int
) -> None:
    graph = small_graph(seed)
    adjacency = Adjacency(read_adjacency(graph, TABLES))  # type: ignore[arg-type]
    paths = metapaths(TABLES, longest)
    if longest == 4:  # all of them take a minute
        paths = random.Random(seed).sample(paths, 150)
    counter = PathCounter(adjacency, paths)
    joined = 0
    for begin in range(0, 4, block):
        diseases = np.arange(begin, min(begin + block, 4))
        counts = counter.counts(diseases)
        assert counts.shape == (len(paths), 4, len(diseases))
        for path, values in zip(paths, counts, strict=True):
            for drug in range(4):
                for column, disease in enumerate(diseases.tolist()):
                    expected = walked(graph, path, f"Drug:{drug}", f"Disease:{disease}")
                    assert values[drug, column] == pytest.approx(expected, rel=1e-4, abs=0), metapath_text(
                        path
                    )
                    joined += expected > 0
    assert joined > 500


def test_hetionets_tables_have_the_published_number_of_metapaths() -> None:
    tables = [
        ("BINDS", "Drug", "Gene"),
        ("UPREGULATES", "Drug", "Gene"),
        ("DOWNREGULATES", "Drug", "Gene"),
        ("RESEMBLES", "Drug", "Drug"),
        ("TREATS", "Drug", "Disease"),
        ("PALLIATES", "Drug", "Disease"),
        ("CAUSES", "Drug", "SideEffect"),
        ("MEMBER_OF", "Drug", "PharmacologicClass"),
        ("ASSOCIATED_WITH", "Disease", "Gene"),
        ("UPREGULATES", "Disease", "Gene"),
        ("DOWNREGULATES", "Disease", "Gene"),
        ("RESEMBLES", "Disease", "Disease"),
        ("LOCATED_IN", "Disease", "Anatomy"),
        ("PRESENTS", "Disease", "Symptom"),
        ("INTERACTS_WITH", "Gene", "Gene"),
        ("REGULATES", "Gene", "Gene"),
        ("COVARIES_WITH", "Gene", "Gene"),
        ("EXPRESSED_IN", "Gene", "Anatomy"),
        ("UPREGULATES", "Anatomy", "Gene"),
        ("DOWNREGULATES", "Anatomy", "Gene"),
        ("PARTICIPATES_IN", "Gene", "BiologicalProcess"),
        ("PARTICIPATES_IN", "Gene", "CellularComponent"),
        ("PARTICIPATES_IN", "Gene", "MolecularFunction"),
        ("PARTICIPATES_IN", "Gene", "Pathway"),
    ]
    assert len(metapaths(tables, 4)) == 1206
    assert len(metapaths(tables, 3)) == 134


def test_a_metapath_is_written_as_templates_and_hetionet_write_it() -> None:
    path = next(
        path
        for path in metapaths(TABLES, 2)
        if [hop.relation for hop in path] == ["BINDS", "ASSOCIATED_WITH"]
    )
    assert metapath_text(path) == "Drug BINDS Gene < ASSOCIATED_WITH Disease"
    assert metapath_abbreviation(path) == "CbG<aD"


def test_every_table_of_the_schema_is_listed_and_symmetric_ones_from_both_ends() -> None:
    tables = schema_tables()
    assert tables == sorted(set(tables))
    assert ("TREATS", "Drug", "Disease") in tables
    assert {table for table in tables if table[0] == "RESEMBLES"} >= {("RESEMBLES", "Drug", "Drug")}
