"""The fit on a graph where treatments follow shared genes: what it must learn, and what it must refuse."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.ranking import Ranker, ensemble, ranking_cache
from kedrec.ranking import ranker as ranker_module
from kedrec.ranking.export import score_table
from kedrec.ranking.fit import MIN_TREATED_PAIRS
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.similarity import Similarity
from kedrec.ranking.stored_ranking import linked_tables

DRUGS, DISEASES, GENES = 60, 25, 30


def planted(treated: float = 0.6) -> ListedGraph:
    """A drug treats a disease if it binds the disease's gene, most of the time, and hardly ever otherwise."""
    draw = random.Random(1)
    links: list[Link] = []
    genes = {disease: draw.sample(range(GENES), 3) for disease in range(DISEASES)}
    for disease, associated in genes.items():
        links += [
            ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{disease}", f"Gene:{gene}", "s", ())
            for gene in associated
        ]
    for drug in range(DRUGS):
        bound = draw.sample(range(GENES), 2)
        links += [("BINDS", "Drug", "Gene", f"Drug:{drug}", f"Gene:{gene}", "s", ()) for gene in bound]
        for disease, associated in genes.items():
            chance = treated if set(bound) & set(associated) else 0.01
            if draw.random() < chance:
                links.append(("TREATS", "Drug", "Disease", f"Drug:{drug}", f"Disease:{disease}", "s", ()))
    return ListedGraph(links, {"Drug": DRUGS, "Disease": DISEASES, "Gene": GENES})


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    return Ranker.open(planted(), tmp_path_factory.mktemp("cache"), threads=1)  # type: ignore[arg-type]


def test_it_finds_what_was_planted_and_is_calibrated(ranker: Ranker) -> None:
    assert ranker.fitted
    assert ranker.metrics["treated"]["auroc"] > 0.8
    assert ranker.metrics["unseen"]["auroc"] > 0.8
    pairs = [pair for disease in range(DISEASES) for pair in ranker.rank(f"Disease:{disease}")]
    probabilities = np.array([pair.probability for pair in pairs], float)
    known = np.array([bool(pair.known) for pair in pairs])
    assert known.sum() == ranker.treated
    high = probabilities > 0.4
    assert high.sum() > 100
    assert known[high].mean() == pytest.approx(probabilities[high].mean(), abs=0.1)
    assert probabilities.sum() == pytest.approx(known.sum(), rel=0.1)
    best = ranker.rank("Disease:0")[0]
    assert best.informed
    assert best.parts[0].template == "drug-binds-gene-disease"
    assert "fitted" in ranker.description


def test_a_score_comes_with_interval_prior_percentiles_and_parts_that_add_up(ranker: Ranker) -> None:
    ranked = ranker.rank("Disease:1")
    for pair in (*ranked[:3], *ranked[-3:]):  # kept parts, and parts made now
        assert pair.intercept + sum(p.contribution for p in pair.parts) == pytest.approx(pair.score, abs=1e-3)
        assert 0 <= pair.low <= pair.probability <= pair.high <= 1
        assert 0 < pair.prior < 1
        assert 0 <= pair.drug_percentile <= 100
        assert not pair.unseen
    assert ranked[0].low > ranked[-1].high
    groups = {part.group for part in ranked[0].parts}
    assert {"prior", "metapath"} <= groups


def test_the_nearest_drugs_are_stored_and_not_computed_again(
    ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = linked_tables(ranker.adjacency)
    computed = PairSimilarity.of(ranker.adjacency, tables)
    arrays = computed.arrays()
    monkeypatch.setattr(Similarity, "columns", None)
    restored = PairSimilarity.from_arrays(ranker.adjacency, tables, arrays).nearest_drugs
    assert restored.nnz > DRUGS
    assert np.array_equal(restored.toarray(), computed.nearest_drugs.toarray())
    stored = {name for name in ranker._stored._arrays if name.startswith("nearest_drugs/")}
    assert stored == {"nearest_drugs/data", "nearest_drugs/indices", "nearest_drugs/indptr"}


def test_diseases_are_ranked_for_a_drug_by_the_same_scores(ranker: Ranker) -> None:
    ranked = ranker.rank_diseases("Drug:7")
    assert len(ranked) == DISEASES
    assert [pair.score for pair in ranked] == sorted((pair.score for pair in ranked), reverse=True)
    assert all(pair == ranker.pair("Drug:7", pair.disease) for pair in ranked)


def test_beyond_the_prior_drugs_used_for_much_lose(ranker: Ranker) -> None:
    plain = {pair.drug: place for place, pair in enumerate(ranker.rank("Disease:2"))}
    beyond = {pair.drug: place for place, pair in enumerate(ranker.rank("Disease:2", beyond_prior=True))}
    assert plain.keys() == beyond.keys()
    treats = {drug: sum(bool(pair.known) for pair in ranker.rank_diseases(drug)) for drug in plain}
    much = [drug for drug in plain if treats[drug] >= 5]
    little = [drug for drug in plain if treats[drug] <= 1]
    assert much
    assert little
    assert np.mean([beyond[d] - plain[d] for d in much]) > np.mean([beyond[d] - plain[d] for d in little])


def test_one_scale_a_disease_whatever_its_pairs_labels_are(tmp_path: Path) -> None:
    """With one treatment left, and with none: the regime hangs on the disease, not on the pair."""
    graph = planted()
    of_first = [link for link in graph.links if link[0] == "TREATS" and link[4] == "Disease:0"]
    of_second = [link for link in graph.links if link[0] == "TREATS" and link[4] == "Disease:1"]
    gone = {*of_first[1:], *of_second}
    graph.links = [link for link in graph.links if link not in gone]
    ranker = Ranker.open(graph, tmp_path)  # type: ignore[arg-type]
    by_disease = {n: {pair.unseen for pair in ranker.rank(f"Disease:{n}")} for n in range(DISEASES)}
    assert by_disease == {n: {n == 1} for n in range(DISEASES)}
    only = ranker.pair(of_first[0][3], "Disease:0")
    assert only.known
    for pair in (only, *ranker.rank("Disease:0")[-2:], *ranker.rank("Disease:1")[:2]):
        assert pair.intercept + sum(p.contribution for p in pair.parts) == pytest.approx(pair.score, abs=1e-3)
        reliability = ranker._stored.scales["unseen" if pair.unseen else "treated"].reliability
        assert reliability is not None
        [low], [high] = reliability.interval(np.array([pair.score]))
        assert (pair.low, pair.high) == pytest.approx((low, high))
    # What is scored is what was calibrated on: over treated diseases the chances sum to the labels.
    pairs = [pair for n in range(DISEASES) if n != 1 for pair in ranker.rank(f"Disease:{n}")]
    assert sum(pair.probability for pair in pairs) == pytest.approx(ranker.treated, rel=0.05)


def test_the_mean_prior_is_the_rate_of_treatments(ranker: Ranker, tmp_path: Path) -> None:
    few = planted(treated=0.15)
    for one in (ranker, Ranker.open(few, tmp_path)):  # type: ignore[arg-type]
        pairs = [pair for n in range(DISEASES) for pair in one.rank(f"Disease:{n}")]
        treated = [pair for pair in pairs if not pair.unseen]
        rate = sum(bool(pair.known) for pair in treated) / len(treated)
        assert np.mean([pair.prior for pair in treated]) == pytest.approx(rate, rel=0.05)
        assert len({round(pair.prior, 6) for pair in treated}) > 5


def test_columns_of_the_file_are_what_their_names_say(ranker: Ranker) -> None:
    names = {f"Drug:{n}": f"drug {n}" for n in range(DRUGS)} | {"Disease:3": "disease 3"}
    rows = score_table(ranker, names, ["Disease:3"]).to_pylist()
    assert len(rows) == DRUGS
    for row in rows:
        pair = ranker.pair(row["drug_id"], "Disease:3")
        assert row == {
            "disease_id": "Disease:3",
            "disease_name": "disease 3",
            "drug_id": pair.drug,
            "drug_name": f"drug {pair.drug.partition(':')[2]}",
            "probability": pair.probability,
            "prior": pair.prior,
            "percentile": pair.drug_percentile,
            "known": "|".join(pair.known),
        }
    assert len({row["percentile"] for row in rows}) > DRUGS / 2


def test_scores_are_the_same_with_any_number_of_threads_and_no_more_are_used(
    tmp_path: Path, ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    class Counted(ThreadPoolExecutor):
        def __init__(self, workers: int) -> None:
            sizes.append(workers)
            super().__init__(workers)

    monkeypatch.setattr(ensemble, "ThreadPoolExecutor", Counted)
    three = Ranker.open(planted(), tmp_path, threads=3)  # type: ignore[arg-type]
    assert max(sizes) == 3
    for disease in ("Disease:0", "Disease:9"):
        assert [(p.drug, p.score, p.prior) for p in three.rank(disease)] == [
            (p.drug, p.score, p.prior) for p in ranker.rank(disease)
        ]


def test_as_many_explained_pairs_are_held_as_there_is_room_for(
    ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranker_module, "_MAX_EXPLAINED", 4)
    ranker._parts_cache.clear()
    first = ranker.parts(0, 0)
    for drug in range(1, 9):
        ranker.parts(drug, 0)
        ranker.parts(0, 0)  # asked for again and again: it stays
    assert len(ranker._parts_cache) == 4
    assert ranker.parts(0, 0) is first
    assert (1, 0) not in ranker._parts_cache
    assert ranker.parts(1, 0) == ranker.parts(1, 0)


def test_a_disease_of_which_nothing_is_known_picks_no_drug_out(tmp_path: Path) -> None:
    graph = ListedGraph(planted().links, {"Drug": DRUGS, "Disease": DISEASES + 1, "Gene": GENES})
    ranker = Ranker.open(graph, tmp_path)  # type: ignore[arg-type]
    treatments = sum(link[0] == "TREATS" for link in graph.links)
    assert ranker.base_rate == pytest.approx(treatments / (DRUGS * DISEASES))
    assert ranker.is_above_base_rate(ranker.rank("Disease:0"))
    assert not ranker.is_above_base_rate(ranker.rank(f"Disease:{DISEASES}"))


def test_a_relation_more_in_the_schema_makes_the_ranking_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ranker_module.schema_tables()
    for module in (ranker_module, ranking_cache):
        monkeypatch.setattr(module, "schema_tables", lambda: kept[:-1])
    Ranker.open(planted(), tmp_path)  # type: ignore[arg-type]
    monkeypatch.undo()
    again = Ranker.open(planted(), tmp_path)  # type: ignore[arg-type]
    assert all(again.adjacency.has_table(table) for table in kept)


def test_drugs_come_best_first_and_ties_by_id(ranker: Ranker) -> None:
    ranked = ranker.rank("Disease:3")
    assert ranked == sorted(ranked, key=lambda pair: (-pair.score, pair.drug))
    assert len({pair.drug for pair in ranked}) == DRUGS


def test_the_score_of_a_treated_pair_is_that_of_the_graph_without_the_treatment(tmp_path: Path) -> None:
    graph = planted()
    own = next(link for link in graph.links if link[0] == "TREATS")
    whole = Ranker.open(graph, tmp_path).pair(own[3], own[4])  # type: ignore[arg-type]
    graph.links.remove(own)
    without = Ranker.open(graph, tmp_path).pair(own[3], own[4])  # type: ignore[arg-type]
    assert whole.known == ("s",)
    assert without.known == ()
    values = [{(p.group, p.metapath): p.value for p in pair.parts} for pair in (whole, without)]
    shared = values[0].keys() & values[1].keys()
    assert shared
    assert [values[0][name] for name in shared] == pytest.approx(
        [values[1][name] for name in shared], rel=1e-4
    )


@pytest.mark.parametrize("fit", [True, False])
def test_too_few_treatments_give_no_probability(tmp_path: Path, *, fit: bool) -> None:
    graph = planted()
    if fit:
        treats = [link for link in graph.links if link[0] == "TREATS"]
        graph.links = [link for link in graph.links if link[0] != "TREATS"] + treats[: MIN_TREATED_PAIRS - 1]
    ranker = Ranker.open(graph, tmp_path, fit=fit)  # type: ignore[arg-type]
    assert not ranker.fitted
    assert ranker.description.startswith("unfitted")
    ranked = ranker.rank("Disease:0")
    assert all(pair.probability is None for pair in ranked)
    assert ranked[0].score > 0
    assert ranked[0].parts


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    Ranker.open(planted(), tmp_path, progress=lambda stage, _done, _total: told.append(stage))  # type: ignore[arg-type]
    assert list(dict.fromkeys(told)) == [
        "Reading the graph",
        "Counting paths",
        "Fitting the ranking",
        "Scoring",
        "Explaining the best",
    ]
