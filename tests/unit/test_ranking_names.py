"""Similarity of drugs and of diseases by the parts of their names."""

from __future__ import annotations

import numpy as np
from listed_graph import ListedGraph

from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.linked_nodes import LinkedNodes
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.name_words import name_arrays
from kedrec.ranking.similarity import Similarity, similarities

FILLERS = [f"filler{number} other{number}" for number in range(40)]
DISEASES = ["Becker muscular dystrophy", "Duchenne Muscular Dystrophy", "gout", "gouty arthritis", *FILLERS]
DRUGS = ["unlinked", "unlinked too", "imatinib", "erlotinib", "aspirin", *FILLERS]


def graph() -> Adjacency:
    links = [
        ("BINDS", "Drug", "Gene", f"Drug:{number}", "Gene:0", "here", ()) for number in range(2, len(DRUGS))
    ]
    listed = ListedGraph(links, {"Drug": len(DRUGS), "Disease": len(DISEASES), "Gene": 1})
    listed.names = {"Drug": DRUGS, "Disease": DISEASES}
    return Adjacency(read_adjacency(listed, schema_tables()))


def by_name(adjacency: Adjacency, kind: str) -> Similarity:
    [names] = [one for one in similarities(adjacency, kind, schema_tables()) if one.name == "names"]
    return names


def likeness(adjacency: Adjacency, kind: str, first: str, second: str) -> float:
    listed = DRUGS if kind == "Drug" else DISEASES
    numbers = [adjacency.number(kind, f"{kind}:{listed.index(name)}") for name in (first, second)]
    return float(by_name(adjacency, kind).columns(np.array(numbers[:1]))[numbers[1], 0])


def test_diseases_of_a_family_and_drugs_of_a_stem_are_alike() -> None:
    adjacency = graph()
    muscular = likeness(adjacency, "Disease", "Becker muscular dystrophy", "Duchenne Muscular Dystrophy")
    assert muscular > 0.9  # their own words stand in one name alone
    assert likeness(adjacency, "Disease", "gout", "Duchenne Muscular Dystrophy") == 0
    tinibs = likeness(adjacency, "Drug", "imatinib", "erlotinib")
    assert tinibs > likeness(adjacency, "Drug", "imatinib", "aspirin")
    assert tinibs > 0.2


def test_a_name_is_no_link_and_stays_with_its_drug() -> None:
    whole = graph()
    linked = LinkedNodes.of(whole, "Drug")
    assert len(linked.numbers) == len(DRUGS) - 1  # one of the two without a link stands for both
    numbers = linked.rows(np.array([whole.number("Drug", f"Drug:{DRUGS.index(name)}") for name in DRUGS[2:]]))
    alike = by_name(linked.adjacency, "Drug").columns(numbers)[numbers]
    of_all = [whole.number("Drug", f"Drug:{DRUGS.index(name)}") for name in DRUGS[2:]]
    assert (alike > 0).tolist() == (by_name(whole, "Drug").columns(np.array(of_all))[of_all] > 0).tolist()
    assert alike[0, 1] > alike[0, 2]


def test_parts_of_one_name_or_of_many_say_nothing() -> None:
    names = [(f"common{number % 2} syndrome", [f"alias{number // 2}"]) for number in range(40)]
    arrays = name_arrays("Disease", names)
    assert np.diff(arrays["names/Disease/indptr"]).tolist() == [1] * 40  # the alias that two share
    assert name_arrays("Disease", [("alpha", None), ("beta", [])]) == {}


def test_nodes_added_in_memory_have_no_name() -> None:
    whole = graph()
    arrays = dict(whole.arrays) | {"ids/Disease": np.append(whole.ids("Disease"), [b"USER:1"])}
    parts = Adjacency(arrays).name_parts("Disease")
    assert parts is not None
    assert len(parts[0]) == len(DISEASES) + 2
    assert parts[0][-1] == parts[0][-2]


def test_a_graph_without_names_has_no_such_similarity() -> None:
    listed = ListedGraph(
        [("BINDS", "Drug", "Gene", "Drug:0", "Gene:0", "here", ())], {"Drug": 2, "Disease": 2, "Gene": 1}
    )
    adjacency = Adjacency(read_adjacency(listed, schema_tables()))
    assert adjacency.name_parts("Drug") is None
    assert "names" not in {one.name for one in similarities(adjacency, "Drug", schema_tables())}
