"""The fit on a graph where treatments follow shared genes: what it must learn, and what it must refuse."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph

from kedrec.ranking import Ranker
from kedrec.ranking.fit import LEAST_TREATED

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
    return Ranker.open(planted(), tmp_path_factory.mktemp("cache"))  # type: ignore[arg-type]


def test_it_finds_what_was_planted_and_is_calibrated(ranker: Ranker) -> None:
    assert ranker.model.fitted
    assert ranker.model.metrics["auroc"] > 0.85
    pairs = [pair for disease in range(DISEASES) for pair in ranker.rank(f"Disease:{disease}")]
    probabilities = np.array([pair.probability for pair in pairs], float)
    known = np.array([bool(pair.known) for pair in pairs])
    assert known.sum() == ranker.model.treated
    high = probabilities > 0.4
    assert high.sum() > 100
    assert known[high].mean() == pytest.approx(probabilities[high].mean(), abs=0.1)
    assert probabilities.sum() == pytest.approx(known.sum(), rel=0.1)


def test_the_shared_gene_carries_the_score(ranker: Ranker) -> None:
    assert ranker.weight("drug-binds-gene-disease") == max(ranker.model.weights)
    assert min(ranker.model.weights) >= 0
    assert ranker.weight("no such template") == 0
    best = ranker.rank("Disease:0")[0]
    assert best.informed
    assert best.parts[0].template == "drug-binds-gene-disease"
    assert "fitted" in ranker.description


def test_drugs_come_best_first_and_ties_by_id(ranker: Ranker) -> None:
    ranked = ranker.rank("Disease:3")
    assert [pair.drug for pair in sorted(ranked, key=lambda pair: -pair.score)] == [
        pair.drug for pair in ranked
    ]
    assert len({pair.drug for pair in ranked}) == DRUGS
    bare = [pair.drug for pair in ranked if not pair.informed]
    assert bare == sorted(bare)


def test_the_score_of_a_treated_pair_is_that_of_the_graph_without_the_treatment(tmp_path: Path) -> None:
    graph = planted()
    own = next(link for link in graph.links if link[0] == "TREATS")
    whole = Ranker.open(graph, tmp_path).pair(own[3], own[4])  # type: ignore[arg-type]
    graph.links.remove(own)
    without = Ranker.open(graph, tmp_path).pair(own[3], own[4])  # type: ignore[arg-type]
    assert whole.known == ("s",)
    assert without.known == ()
    values = [{part.template: part.value for part in pair.parts} for pair in (whole, without)]
    shared = values[0].keys() & values[1].keys()
    assert shared
    assert {name: values[0][name] for name in shared} == pytest.approx(
        {name: values[1][name] for name in shared}
    )


@pytest.mark.parametrize("fit", [True, False])
def test_too_few_treatments_give_no_probability(tmp_path: Path, *, fit: bool) -> None:
    graph = planted()
    if fit:
        treats = [link for link in graph.links if link[0] == "TREATS"]
        graph.links = [link for link in graph.links if link[0] != "TREATS"] + treats[: LEAST_TREATED - 1]
    ranker = Ranker.open(graph, tmp_path, fit=fit)  # type: ignore[arg-type]
    assert not ranker.model.fitted
    assert ranker.description.startswith("unfitted")
    ranked = ranker.rank("Disease:0")
    assert all(pair.probability is None for pair in ranked)
    assert ranked[0].score > 0
    assert ranked[0].parts


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    Ranker.open(planted(), tmp_path, progress=lambda stage, _done, _total: told.append(stage))  # type: ignore[arg-type]
    assert list(dict.fromkeys(told)) == ["Reading the graph", "Counting paths", "Fitting the ranking"]
