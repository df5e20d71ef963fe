"""The strict evaluation: what is hidden must not tell, and what is planted must be found."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.errors import EmptyGraphError
from kedrec.evaluation import ranking
from kedrec.evaluation.hidden_folds import SPLITS, Split, folds, hidden_pairs
from kedrec.evaluation.ranking import METHODS, evaluate, score_fold, score_split
from kedrec.evaluation.ranking_figures import (
    RankingFigures,
    SplitScores,
    _visible_degrees,
    figures,
    markdown,
    of_diseases,
)
from kedrec.ranking.adjacency import TREATS, Adjacency, read_adjacency
from kedrec.ranking.clusters import cluster_diseases
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.sampling import treated_diseases
from kedrec.ranking.stored_ranking import linked_tables

DRUGS, DISEASES, GENES = 40, 30, 24


def planted(*, follows: bool = True, seed: int = 1) -> ListedGraph:
    """Drugs treat diseases whose genes they bind, or, where `follows` is false, any diseases."""
    draw = random.Random(seed)
    links: list[Link] = []
    genes = {disease: {disease % GENES, (disease * 7 + 3) % GENES} for disease in range(DISEASES)}
    for disease, associated in genes.items():
        links += [
            ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{disease}", f"Gene:{gene}", "s", ())
            for gene in sorted(associated)
        ]
    for drug in range(DRUGS):
        bound = set(draw.sample(range(GENES), 3))
        links += [("BINDS", "Drug", "Gene", f"Drug:{drug}", f"Gene:{g}", "s", ()) for g in sorted(bound)]
        for disease, associated in genes.items():
            chance = (0.7 if bound & associated else 0.01) if follows else 0.15
            if draw.random() < chance:
                links.append(("TREATS", "Drug", "Disease", f"Drug:{drug}", f"Disease:{disease}", "s", ()))
    return ListedGraph(links, {"Drug": DRUGS, "Disease": DISEASES, "Gene": GENES})


def read(graph: ListedGraph) -> Adjacency:
    return Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def results() -> list[RankingFigures]:
    adjacency = read(planted())
    return evaluate(adjacency, linked_tables(adjacency), ["pair", "disease"], seed=5)[0]


def test_every_method_is_measured_in_every_split(results: list[RankingFigures]) -> None:
    assert [(one.split, one.method) for one in results] == [
        (split, method) for split in ("pair", "disease") for method in METHODS
    ]
    for one in results:
        for value, low, high in (one.auroc, one.auprc, one.recall_10, one.recall_50):
            assert 0 <= low <= value <= high <= 1
        assert -1 <= one.degree_correlation <= 1
        assert abs(one.beyond[1]) < abs(one.degree_correlation) + 0.3


def test_what_is_planted_is_found_and_degrees_do_not_tell_it(results: list[RankingFigures]) -> None:
    told = {(one.split, one.method): one for one in results}
    for split in ("pair", "disease"):
        assert told[split, "ranking"].auroc[0] > 0.8
        assert told[split, "ranking"].auroc[0] > told[split, "degrees"].auroc[0] + 0.15
        assert told[split, "ranking"].brier_skill > 0.1
    assert "by disease | ranking" in markdown(results)


def test_treatments_given_by_chance_are_not_found() -> None:
    adjacency = read(planted(follows=False))
    found = evaluate(adjacency, linked_tables(adjacency), ["disease"], seed=5)[0]
    assert all(0.4 < one.auroc[0] < 0.6 for one in found)
    assert all(one.brier_skill < 0.05 for one in found)


@pytest.mark.parametrize("split", ["pair", "disease", "drug"])
def test_a_folds_scores_do_not_change_with_its_own_treatments(split: Split) -> None:
    graph = planted()
    whole = read(graph)
    linked = linked_tables(whole)
    fold_of = folds(whole, linked, split, 5)
    hidden = [
        link
        for link in graph.links
        if link[0] == "TREATS"
        and fold_of[whole.number("Drug", link[3]), whole.number("Disease", link[4])] == 0
    ]
    graph.links = [link for link in graph.links if link not in hidden[::2]]
    assert len(hidden) > 5
    whole_scores, fewer_scores = (
        score_fold(one, linked, split, fold_of == 0, 5, diseases=np.arange(DISEASES))
        for one in (whole, read(graph))
    )
    for method in METHODS:
        for one, other in zip(whole_scores[method], fewer_scores[method], strict=True):
            assert np.array_equal(one[fold_of == 0], other[fold_of == 0])
            assert one[fold_of == 0].any()


def test_a_folds_scores_are_the_same_with_similarities_of_the_whole_graph() -> None:
    graph = planted()
    graph.links += [  # a second similarity, so that there is something to weigh
        ("CAUSES", "Drug", "SideEffect", f"Drug:{drug}", f"SideEffect:{drug * step % 7}", "s", ())
        for drug in range(DRUGS)
        for step in (1, 5)
    ]
    graph.sizes["SideEffect"] = 7
    adjacency = read(graph)
    linked = linked_tables(adjacency)
    hidden = folds(adjacency, linked, "disease", 5) == 0
    computed, given = (
        score_fold(
            adjacency, linked, "disease", hidden, 5, diseases=np.arange(DISEASES), similarity=similarity
        )
        for similarity in (None, PairSimilarity.of(adjacency, linked))
    )
    for method in METHODS:
        for one, other in zip(computed[method], given[method], strict=True):
            assert np.array_equal(one, other)


def test_diseases_are_scored_alike_alone_and_among_others() -> None:
    adjacency = read(planted())
    linked = linked_tables(adjacency)
    hidden = folds(adjacency, linked, "disease", 5) == 0
    some = np.flatnonzero(hidden.any(axis=0))[:2]
    alone, among = (
        score_fold(adjacency, linked, "disease", hidden, 5, diseases=diseases)["ranking"]
        for diseases in (some, np.arange(DISEASES))
    )
    for one, all_of_them in zip(alone, among, strict=True):
        np.testing.assert_allclose(one, all_of_them[:, some], rtol=1e-4)


def with_hierarchy() -> ListedGraph:
    """Twenty of the diseases below five parents, those below two tops."""
    graph = planted()
    above = [("IS_A", "Disease", "Disease", f"Disease:{n}", f"Disease:{DISEASES + n % 5}") for n in range(20)]
    above += [
        ("IS_A", "Disease", "Disease", f"Disease:{DISEASES + n}", f"Disease:{DISEASES + 5 + n % 2}")
        for n in range(5)
    ]
    graph.links += [(*link, "s", ()) for link in above]
    return ListedGraph(graph.links, {"Drug": DRUGS, "Disease": DISEASES + 7, "Gene": GENES})


def test_by_branch_no_relative_has_a_treatment_in_sight() -> None:
    adjacency = read(with_hierarchy())
    linked = linked_tables(adjacency)
    fold_of = folds(adjacency, linked, "branch", 5)[0]
    numbers = np.array([adjacency.number("Disease", f"Disease:{n}") for n in range(DISEASES)])
    for disease in range(20):
        siblings = numbers[np.arange(disease % 5, 20, 5)]
        in_fold = np.zeros((DRUGS, DISEASES + 7), bool)
        in_fold[:, fold_of == fold_of[numbers[disease]]] = True
        hidden = hidden_pairs(adjacency, "branch", in_fold)
        assert hidden[:, siblings].all()
        assert not hidden[:, numbers[20:]].all()
        assert np.array_equal(hidden_pairs(adjacency, "disease", in_fold), in_fold)
    figures = evaluate(adjacency, linked, ["branch"], seed=5)[0]
    assert [(one.split, one.method) for one in figures] == [("branch", method) for method in METHODS]


def test_left_out_sources_and_relations_leave_only_their_treatments() -> None:
    graph = planted()
    graph.links = [(*link[:5], "t" if link[0] == "TREATS" else link[5], link[6]) for link in graph.links]
    without = Adjacency(read_adjacency(graph, schema_tables(), None, {"s", "t"}))  # type: ignore[arg-type]
    assert [table[0] for table in linked_tables(without)] == ["TREATS"]
    assert len(without.incidence(TREATS).indices) == sum(link[0] == "TREATS" for link in graph.links)


def test_figures_of_a_disease_are_means_over_diseases() -> None:
    known = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1], [0, 0, 0]], bool)
    scores = np.array([[3.0, 4, 1], [2, 3, 2], [1, 2, 3], [0, 1, 4]])
    scored = SplitScores(
        "disease", np.arange(3), known, np.ones_like(known), np.zeros(known.shape, np.int8), {"x": scores}
    )
    told = figures(scored, "x", 1)
    assert told.disease_auroc[0] == pytest.approx((1 + 2 / 3 + 1 / 4) / 3)
    assert told.disease_auprc[0] == pytest.approx((1 + 1 / 2 + (1 / 2 + 2 / 4) / 2) / 3)
    some = figures(of_diseases(scored, np.array([True, False, True])), "x", 1)
    assert some.disease_auroc[0] == pytest.approx((1 + 1 / 4) / 2)


def test_diseases_of_a_cluster_are_hidden_together() -> None:
    adjacency = read(planted())
    linked = linked_tables(adjacency)
    of_disease, fold_of = cluster_diseases(adjacency, linked), folds(adjacency, linked, "cluster", 1)
    assert 5 < len(np.unique(of_disease)) <= 20
    for cluster in np.unique(of_disease):
        assert len(np.unique(fold_of[:, of_disease == cluster])) == 1


def test_diseases_that_are_like_no_other_are_not_all_one_cluster() -> None:
    """Most diseases of a small graph share nothing: as one cluster, they would all be hidden at once."""
    links: list[Link] = [
        ("TREATS", "Drug", "Disease", f"Drug:{number % 9}", f"Disease:{number}", "s", ())
        for number in range(40)
    ]
    links += [
        ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{number}", f"Gene:{number // 2}", "s", ())
        for number in range(40)
    ]
    adjacency = read(ListedGraph(links, {"Drug": 9, "Disease": 40, "Gene": 20}))
    linked = linked_tables(adjacency)
    of_disease, fold_of = cluster_diseases(adjacency, linked), folds(adjacency, linked, "cluster", 1)
    assert len(np.unique(of_disease)) == 20
    for number in range(0, 40, 2):  # those that share a gene stay together
        pair = [adjacency.number("Disease", f"Disease:{one}") for one in (number, number + 1)]
        assert len(np.unique(of_disease[pair])) == 1
    assert len(np.unique(fold_of)) == 10
    assert evaluate(adjacency, linked, ["cluster"], seed=5)[0]


def test_a_fold_that_hides_every_treatment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    adjacency = read(planted())
    monkeypatch.setattr(ranking, "folds", lambda *_: np.zeros((DRUGS, DISEASES), np.int64))
    with pytest.raises(EmptyGraphError, match="none is left to learn from"):
        evaluate(adjacency, linked_tables(adjacency), ["disease"], seed=5)


def test_figures_are_those_of_scikit_learn_on_a_perfect_and_a_reversed_score() -> None:
    adjacency = read(planted())
    scored = score_split(adjacency, linked_tables(adjacency), "drug", seed=5, diseases=np.arange(DISEASES))
    scored.scores["perfect"] = scored.known.astype(float)
    scored.scores["reversed"] = -scored.known.astype(float)
    perfect, worst = figures(scored, "perfect", 1), figures(scored, "reversed", 1)
    assert perfect.auroc == pytest.approx((1, 1, 1))
    assert perfect.auprc == pytest.approx((1, 1, 1))
    assert worst.auroc == pytest.approx((0, 0, 0))
    assert worst.recall_10[0] < 0.2


def test_what_a_degree_lets_expect_does_not_see_what_is_hidden() -> None:
    """A drug loses nothing for the treatments that are to be found."""
    draw = np.random.default_rng(5)
    known = draw.random((40, 30)) < 0.1
    folds = draw.integers(0, 5, known.shape).astype(np.int8)
    counted = np.ones_like(known)
    scored = SplitScores("pair", np.arange(30), known, counted, folds, {"ranking": np.zeros(known.shape)})
    visible = _visible_degrees(scored)
    for drug, disease in ((0, 0), (7, 11), (39, 29)):
        assert visible[drug, disease] == (known[drug] & (folds[drug] != folds[drug, disease])).sum()
    # Treatments are perfectly scored: taking off what degrees let expect must leave them first.
    told = figures(replace(scored, scores={"ranking": known.astype(float)}), "ranking", 1)
    assert told.beyond[0] > 0.99


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("drugs", "diseases", "treated"),
    [(0, 0, 0), (0, 3, 0), (3, 0, 0), (3, 3, 0), (1, 1, 1), (6, 5, 5), (5, 4, 20), (30, 1, 25), (5, 8, 40)],
)
def test_a_graph_with_too_few_treatments_to_hide_some_says_so(
    split: Split, drugs: int, diseases: int, treated: int
) -> None:
    pairs = [(drug, disease) for disease in range(diseases) for drug in range(drugs)][:treated]
    links: list[Link] = [
        ("TREATS", "Drug", "Disease", f"Drug:{drug}", f"Disease:{disease}", "s", ())
        for drug, disease in pairs
    ]
    adjacency = read(ListedGraph(links, {"Drug": drugs, "Disease": diseases}))
    with pytest.raises(EmptyGraphError, match=rf"has {treated} treatments of .* too few"):
        evaluate(adjacency, linked_tables(adjacency), [split], seed=5)


@pytest.mark.parametrize("split", SPLITS)
def test_the_fewest_treatments_are_enough(split: Split) -> None:
    pairs = [(number % 5, number % 8) for number in range(20)]
    links: list[Link] = [
        ("TREATS", "Drug", "Disease", f"Drug:{drug}", f"Disease:{disease}", "s", ())
        for drug, disease in pairs
    ]
    adjacency = read(ListedGraph(links, {"Drug": 5, "Disease": 8}))
    assert evaluate(adjacency, linked_tables(adjacency), [split], seed=5)[0]


@pytest.mark.parametrize("count", [1, 2])
def test_the_first_folds_alone_are_scored_as_among_all(count: int) -> None:
    adjacency = read(planted())
    linked = linked_tables(adjacency)
    options: dict[str, Any] = {"seed": 5, "diseases": treated_diseases(adjacency)}
    whole = score_split(adjacency, linked, "disease", **options)
    first = score_split(adjacency, linked, "disease", **options, first_folds=count)
    assert (first.pair_mask == (whole.pair_mask & (whole.folds < count))).all()
    for fold in range(count):
        column = int(np.flatnonzero((first.folds == fold).any(axis=0))[0])
        for method in METHODS:
            # Models are averaged after each is scaled over the pairs that are counted, so nearly alike.
            both = [one.scores[method][:, column] for one in (whole, first)]
            assert np.corrcoef(*both)[0, 1] > 0.98
    found = evaluate(adjacency, linked, ["disease"], seed=5, first_folds=count)[0]
    assert all(0.5 < one.auroc[0] <= 1 for one in found if one.method == "ranking")
