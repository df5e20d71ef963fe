"""Diseases and drug classes that group too many others for the likeness to say anything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.evidence.breadth import MOST_GROUPED, Breadths, group_positions
from kedrec.evidence.chains import Mechanisms
from kedrec.evidence.path_features import GeneFacts
from kedrec.evidence.path_pool import Pool, pool_of
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.stores.templates import path_templates

TEMPLATES = {template.name: template for template in path_templates()}


def link(relation: str, start: str, end: str) -> Link:
    return (relation, start.partition(":")[0], end.partition(":")[0], start, end, "here", ())


def graph(*links: Link) -> Adjacency:
    ends = [end for drawn in links for end in drawn[3:5]]
    sizes = {
        kind: 1 + max(int(end.partition(":")[2]) for end in ends if end.startswith(f"{kind}:"))
        for kind in {end.partition(":")[0] for end in ends}
    }
    return Adjacency(read_adjacency(ListedGraph(list(links), sizes), schema_tables()))


def siblings(count: int) -> Adjacency:
    """A drug treats disease 1, a sibling of disease 0; disease 2, above both, is one of `count`, most
    of them below disease 1."""
    return graph(
        link("TREATS", "Drug:0", "Disease:1"),
        link("IS_A", "Disease:0", "Disease:2"),
        link("IS_A", "Disease:1", "Disease:2"),
        *(link("IS_A", f"Disease:{number}", "Disease:1") for number in range(3, count)),
    )


def classmates(count: int) -> Adjacency:
    """Drugs 0 and 1 are in class 0, which has `count` drugs, most of them by way of the narrower class 1."""
    return graph(
        link("TREATS", "Drug:1", "Disease:0"),
        link("IS_A", "PharmacologicClass:1", "PharmacologicClass:0"),
        link("MEMBER_OF", "Drug:0", "PharmacologicClass:0"),
        link("MEMBER_OF", "Drug:1", "PharmacologicClass:0"),
        link("MEMBER_OF", "Drug:1", "PharmacologicClass:1"),
        *(link("MEMBER_OF", f"Drug:{number}", "PharmacologicClass:1") for number in range(2, count)),
    )


def pool(adjacency: Adjacency) -> Pool:
    templates = [template for template in TEMPLATES.values() if template.stance == "supports"]
    facts = GeneFacts({}, {})
    return pool_of(
        adjacency, Mechanisms(adjacency), templates, facts, (0, 0), breadths=Breadths(adjacency), most=10
    )


@pytest.mark.parametrize(
    ("kind", "of_size", "group"),
    [("Disease", siblings, "Disease:2"), ("PharmacologicClass", classmates, "PharmacologicClass:0")],
)
def test_a_group_leads_a_path_up_to_its_limit_and_not_beyond(
    kind: str, of_size: Callable[[int], Adjacency], group: str
) -> None:
    limit = MOST_GROUPED[kind]
    for size, expected in ((limit, 1), (limit + 1, 0)):
        adjacency = of_size(size)
        number = adjacency.number(kind, group)
        assert Breadths(adjacency).of(kind, np.array([number])) == [size]
        paths = pool(adjacency)
        assert len(paths) == expected
        assert paths.count == 1  # it is in the graph, whether it competes or not


def test_what_two_groups_have_in_common_counts_once_and_a_cycle_ends() -> None:
    adjacency = graph(
        link("IS_A", "Disease:1", "Disease:0"),
        link("IS_A", "Disease:2", "Disease:0"),
        link("IS_A", "Disease:3", "Disease:1"),
        link("IS_A", "Disease:3", "Disease:2"),
        link("IS_A", "Disease:0", "Disease:3"),
    )
    assert Breadths(adjacency).of("Disease", np.array([0, 3, 0])).tolist() == [4, 4, 4]


def test_a_larger_group_makes_a_worse_path_long_before_the_limit() -> None:
    values = [pool(siblings(size)).values for size in (4, 40)]
    assert values[1].sum() < values[0].sum()


def test_the_disease_itself_is_no_group() -> None:
    """Drugs of a narrower disease are told of a broad one; what it is asked about is no bridge."""
    for name, positions in {
        "drug-treats-sibling-disease": {2: "Disease"},
        "drug-treats-parent-disease": {1: "Disease"},
        "drug-treats-subtype-disease": {},
        "drug-same-class-drug-treats-disease": {1: "PharmacologicClass"},
        "drug-binds-gene-disease": {},
    }.items():
        assert group_positions(TEMPLATES[name].hops, TEMPLATES[name].kinds) == positions
