"""Predicted side effects: against a plain calculation, and without the drug's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from listed_graph import ListedGraph, random_graph

from kedrec.errors import EmptyGraphError
from kedrec.evaluation.side_effect_prediction import evaluate, markdown
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.safety.side_effects import PSEUDO_COUNT, TABLES, SimilarDrugs


def adjacency(graph: ListedGraph) -> Adjacency:
    return Adjacency(read_adjacency(graph, TABLES))  # type: ignore[arg-type]


def linked(graph: ListedGraph, relation: str, end: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {f"Drug:{n}": set() for n in range(graph.sizes["Drug"])}
    for name, _, kind, start, target, *_ in graph.links:
        if name == relation and kind == end and start in found:
            found[start].add(target)
    return found


def cosine(one: set[str], other: set[str], every: dict[str, set[str]]) -> float:
    rarity = {x: 1 / sum(x in owned for owned in every.values()) for x in one | other}
    length = math.sqrt(sum(rarity[x] for x in one) * sum(rarity[x] for x in other))
    return sum(rarity[x] for x in one & other) / length if length else 0.0


@pytest.mark.parametrize("seed", range(4))
def test_the_probability_is_the_share_of_similar_drugs_drawn_to_that_of_all(seed: int) -> None:
    graph = random_graph(seed)
    causes, alike = linked(graph, "CAUSES", "SideEffect"), linked(graph, "RESEMBLES", "Drug")
    shared = [
        linked(graph, *table)
        for table in (("BINDS", "Gene"), ("MEMBER_OF", "PharmacologicClass"), ("TREATS", "Disease"))
    ]
    drugs = sorted(causes)
    effects = [f"SideEffect:{n}" for n in range(graph.sizes["SideEffect"])]
    similar = SimilarDrugs(adjacency(graph))
    for number, drug in enumerate(drugs):
        others = [other for other in drugs if other != drug and causes[other]]
        weights = {
            other: sum(cosine(table[drug], table[other], table) for table in shared)
            + (other in alike[drug] or drug in alike[other])
            for other in others
        }
        likely = similar.predict(number)
        for place, effect in enumerate(effects):
            usual = sum(effect in causes[other] for other in others) / len(others)
            said = sum(weight for other, weight in weights.items() if effect in causes[other])
            expected = (said + PSEUDO_COUNT * usual) / (sum(weights.values()) + PSEUDO_COUNT)
            assert likely.probability[place] == pytest.approx(expected)
            assert likely.usual[place] == pytest.approx(usual)


def test_a_drugs_own_side_effects_change_nothing_in_its_prediction() -> None:
    graph = random_graph(2)
    before = SimilarDrugs(adjacency(graph)).predict(0)
    own = [link for link in graph.links if link[0] == "CAUSES" and link[3] == "Drug:0"]
    assert own
    without = ListedGraph([link for link in graph.links if link not in own], graph.sizes)
    after = SimilarDrugs(adjacency(without)).predict(0)
    assert np.allclose(before.probability, after.probability)


def test_only_the_drugs_that_may_be_used_are_used() -> None:
    similar = SimilarDrugs(adjacency(random_graph(3)))
    known = np.zeros(len(similar.has_effects), bool)
    known[1] = True
    assert set(np.flatnonzero(similar.predict(0, known).weights)) <= {1}


def families(drugs: int) -> ListedGraph:
    """Drugs of a family share a target and a side effect that no other family has."""
    links = []
    for n in range(drugs):
        family = n % 5
        links += [
            ("BINDS", "Drug", "Gene", f"Drug:{n}", f"Gene:{family}", "one", ()),
            ("CAUSES", "Drug", "SideEffect", f"Drug:{n}", f"SideEffect:{family}", "one", ()),
        ]
    return ListedGraph(links, {"Drug": drugs, "Gene": 5, "SideEffect": 5})  # type: ignore[arg-type]


def test_the_measure_tells_a_prediction_that_knows_from_one_that_guesses() -> None:
    result = evaluate(adjacency(families(50)), seed=1)
    assert (result.drugs, result.effects, result.pairs) == (50, 5, 50)
    assert result.similar.auprc == pytest.approx(1.0)
    assert result.usual.auprc < 0.5
    assert result.similar.interval[0] > result.usual.interval[1]
    assert evaluate(adjacency(families(50)), seed=1) == result
    assert "| similar drugs | 1.000 | 1.000" in markdown(result)


def test_too_few_drugs_to_measure_on_is_said() -> None:
    with pytest.raises(EmptyGraphError, match="5 drugs"):
        evaluate(adjacency(families(5)), seed=1)
