"""Graphs with more diseases than are scored at once, and with drugs of which nothing is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.ranking import Ranker
from kedrec.ranking import fit as fit_module
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.export import score_table
from kedrec.ranking.hierarchy import ancestors, relatives
from kedrec.ranking.linked_nodes import LinkedNodes
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.similarity import similarities
from kedrec.ranking.stored_ranking import linked_tables

DRUGS, TREATED, OTHERS, GENES = 40, 25, 30, 20


def planted(bare: int = 0) -> ListedGraph:
    """A drug treats the first diseases whose gene it binds; the other diseases have the same genes.

    `bare` drugs without a link come after the others.
    """
    links: list[Link] = []
    for disease in range(TREATED + OTHERS):
        links += [
            ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{disease}", f"Gene:{gene}", "s", ())
            for gene in (disease % GENES, disease * 3 % GENES)
        ]
    for drug in range(DRUGS):
        links += [
            ("BINDS", "Drug", "Gene", f"Drug:{drug}", f"Gene:{gene}", "s", ())
            for gene in {drug % GENES, drug // 2}
        ]
        links += [
            ("TREATS", "Drug", "Disease", f"Drug:{drug}", f"Disease:{disease}", "s", ())
            for disease in range(TREATED)
            if {disease % GENES, disease * 3 % GENES} & {drug % GENES, drug // 2}
        ]
    return ListedGraph(links, {"Drug": DRUGS + bare, "Disease": TREATED + OTHERS, "Gene": GENES})


def scores(ranker: Ranker, disease: int) -> dict[str, float]:
    return {pair.drug: pair.score for pair in ranker.rank(f"Disease:{disease}")}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    return Ranker.open(planted(), tmp_path_factory.mktemp("stored"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def on_demand(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    """The same ranking, where few diseases without a treatment are scored by the fit."""
    folder = tmp_path_factory.mktemp("demand")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_module, "MAX_STORED", 10)
        patch.setattr(fit_module, "SAMPLED_OTHERS", 5)
        Ranker.open(planted(), folder)  # type: ignore[arg-type]
        return Ranker.open(planted(), folder)  # type: ignore[arg-type]


def test_a_disease_scored_when_asked_for_has_the_scores_it_would_have_had(
    stored: Ranker, on_demand: Ranker
) -> None:
    of_store = on_demand._stored
    assert len(of_store.stored_diseases) == TREATED + 5
    computed = [n for n in range(TREATED + OTHERS) if not of_store.is_stored(n)]
    assert len(computed) == OTHERS - 5
    for disease in range(TREATED + OTHERS):
        first, second = scores(stored, disease), scores(on_demand, disease)
        assert first.keys() == second.keys()
        # A value at a tree's threshold may fall on its other side by a rounding error.
        differences = np.abs([first[drug] - second[drug] for drug in first])
        assert differences.max() < 0.5
        assert (differences < 1e-4).mean() > 0.9
    name = on_demand.adjacency.node_id("Disease", computed[0])
    for pair in on_demand.rank(name)[:3]:
        assert pair.unseen
        assert 0 <= pair.low <= pair.probability <= pair.high <= 1
        assert 0 < pair.prior < 1
        assert 0 <= pair.disease_percentile <= 100
        assert pair.intercept + sum(p.contribution for p in pair.parts) == pytest.approx(pair.score, abs=1e-3)
        assert pair == on_demand.pair(pair.drug, name)


def test_scores_computed_on_demand_are_held_and_the_oldest_go(
    on_demand: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = on_demand._stored
    computed = [n for n in range(TREATED + OTHERS) if not stored.is_stored(n)]
    stored._scored.clear()
    monkeypatch.setattr("kedrec.ranking.stored_ranking._MAX_SCORED", 2)
    for disease in (computed[0], computed[1], computed[0], computed[2]):
        stored.pair_scores(np.arange(3), np.full(3, disease))
    assert list(stored._scored) == [computed[0], computed[2]]


def test_a_drugs_likeliest_diseases_are_scored_beside_the_stored_ones(
    on_demand: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kedrec.ranking.ranker._LIKELY", 4)
    ranked = on_demand.rank_diseases("Drug:7")
    assert len(ranked) == TREATED + 5 + 4
    numbers = {on_demand.adjacency.number("Disease", pair.disease) for pair in ranked}
    chosen = numbers - set(on_demand._stored.stored_diseases.tolist())
    others = [n for n in range(TREATED + OTHERS) if not on_demand._stored.is_stored(n)]
    of_drug = {n: scores_of(on_demand, n)["Drug:7"] for n in others}
    left_out = [of_drug[n] for n in others if n not in chosen]
    assert np.mean([of_drug[n] for n in chosen]) > np.mean(left_out)


def scores_of(ranker: Ranker, number: int) -> dict[str, float]:
    return {pair.drug: pair.score for pair in ranker.rank(ranker.adjacency.node_id("Disease", number))}


def test_everything_is_exported_whether_stored_or_not(stored: Ranker, on_demand: Ranker) -> None:
    diseases = [f"Disease:{n}" for n in range(TREATED + OTHERS)]
    first, second = (score_table(ranker, {}, diseases) for ranker in (stored, on_demand))
    assert first.num_rows == second.num_rows == DRUGS * len(diseases)
    probabilities = [
        {(row["disease_id"], row["drug_id"]): row["probability"] for row in table.to_pylist()}
        for table in (first, second)
    ]
    assert probabilities[0] == pytest.approx(probabilities[1], abs=0.02)


def test_drugs_without_a_link_are_no_candidates_and_have_one_score(stored: Ranker, tmp_path: Path) -> None:
    ranker = Ranker.open(planted(bare=50), tmp_path)  # type: ignore[arg-type]
    ranked = ranker.rank("Disease:0")
    assert {pair.drug for pair in ranked} == {f"Drug:{n}" for n in range(DRUGS)}
    assert ranker.base_rate == pytest.approx(stored.base_rate, rel=0.05)  # one drug stands for fifty
    bare = [ranker.pair(f"Drug:{n}", "Disease:30") for n in (DRUGS, DRUGS + 17, DRUGS + 49)]
    assert [pair.drug for pair in bare] == [f"Drug:{n}" for n in (DRUGS, DRUGS + 17, DRUGS + 49)]
    assert len({pair.score for pair in bare}) == 1
    assert not any(pair.informed or pair.known for pair in bare)
    asked = ranker.rank("Disease:0", including=[f"Drug:{DRUGS + 17}", "Drug:3"])
    assert len(asked) == DRUGS + 1
    assert len(ranker.rank_diseases(f"Drug:{DRUGS + 17}")) == TREATED + OTHERS


def test_links_are_the_same_without_the_isolated_nodes() -> None:
    whole = Adjacency(read_adjacency(planted(bare=30), schema_tables()))  # type: ignore[arg-type]
    linked = LinkedNodes.of(whole, "Drug")
    assert len(linked.numbers) == DRUGS + 1
    for table in (("BINDS", "Drug", "Gene"), ("TREATS", "Drug", "Disease"), ("RESEMBLES", "Drug", "Drug")):
        before, after = whole.incidence(table), linked.adjacency.incidence(table)
        for row, number in enumerate(linked.numbers.tolist()):
            ends = before.indices[before.indptr[number] : before.indptr[number + 1]]
            assert np.array_equal(after.indices[after.indptr[row] : after.indptr[row + 1]], ends)
        assert np.array_equal(linked.numbers[after.back_indices], before.back_indices)


def hierarchy(pairs: list[tuple[int, int]], size: int) -> Adjacency:
    links: list[Link] = [
        ("IS_A", "Disease", "Disease", f"Disease:{a}", f"Disease:{b}", "s", ()) for a, b in pairs
    ]
    return Adjacency(
        read_adjacency(ListedGraph(links, {"Drug": 1, "Disease": size, "Gene": 1}), schema_tables())  # type: ignore[arg-type]
    )


def test_ancestors_are_all_that_is_above_and_cycles_end() -> None:
    adjacency = hierarchy([(0, 1), (1, 2), (2, 3), (4, 2), (5, 6), (6, 5)], 8)
    above = ancestors(adjacency, "Disease", linked_tables(adjacency))
    assert above is not None
    found = {row: set(np.flatnonzero(above.toarray()[row]).tolist()) for row in range(8)}
    assert found == {
        0: {0, 1, 2, 3},
        1: {1, 2, 3},
        2: {2, 3},
        3: {3},
        4: {2, 3, 4},
        5: {5, 6},
        6: {5, 6},
        7: {7},
    }
    assert relatives(adjacency, np.array([0])).tolist() == [0, 1, 2]
    assert relatives(adjacency, np.array([4])).tolist() == [1, 2, 3, 4]
    assert ancestors(adjacency, "Drug", linked_tables(adjacency)) is None


def test_a_tangle_is_no_hierarchy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every node of a large cycle is above every other: the nearest are enough."""
    monkeypatch.setattr("kedrec.ranking.hierarchy._MAX_ANCESTORS", 4)
    adjacency = hierarchy([(n, (n + 1) % 100) for n in range(100)], 100)
    above = ancestors(adjacency, "Disease", linked_tables(adjacency))
    assert above is not None
    assert above.nnz == 400


def test_diseases_are_similar_by_rare_ancestors_and_broader_ones_have_the_genes_of_narrower_ones() -> None:
    is_a = [(0, 4), (1, 4), (2, 5), (3, 5), (4, 6), (5, 6), (7, 6)]
    links: list[Link] = [
        ("IS_A", "Disease", "Disease", f"Disease:{a}", f"Disease:{b}", "s", ()) for a, b in is_a
    ]
    links += [
        ("IS_A", "Symptom", "Symptom", f"Symptom:{a}", f"Symptom:{b}", "s", ())
        for a, b in ((0, 2), (1, 2), (3, 4), (2, 4))
    ]
    links += [
        ("PRESENTS", "Disease", "Symptom", f"Disease:{a}", f"Symptom:{b}", "s", ())
        for a, b in ((0, 0), (1, 1), (2, 3))
    ]
    links += [
        ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{a}", f"Gene:{b}", "s", ())
        for a, b in ((0, 0), (7, 0), (2, 1))
    ]
    graph = ListedGraph(links, {"Drug": 1, "Disease": 8, "Gene": 2, "Symptom": 5})
    adjacency = Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]
    tables = {
        s.name: s.columns(np.arange(8)) for s in similarities(adjacency, "Disease", linked_tables(adjacency))
    }
    by_ancestors = tables["Disease and ancestors"]
    assert by_ancestors[0, 1] > 0.1
    assert by_ancestors[0, 2] == pytest.approx(0, abs=1e-6)  # only the top in common
    by_symptoms = tables["PRESENTS Symptom and ancestors"]
    assert by_symptoms[0, 1] > 0.1  # no symptom in common, but what both are kinds of
    assert by_symptoms[0, 2] == pytest.approx(0, abs=1e-6)
    assert tables["ASSOCIATED_WITH Gene"][4, 7] == 0
    assert tables["ASSOCIATED_WITH Gene of narrower ones"][4, 7] == pytest.approx(1)
    assert tables["ASSOCIATED_WITH Gene of narrower ones"][5, 7] == 0
