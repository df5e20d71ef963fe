"""Promises of a ranking, whatever the graph: it finds nothing in chance, and fails in sentences alone."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph, random_graph

import kedrec
from kedrec.errors import EmptyGraphError, KedrecError
from kedrec.ranking import Ranker, memory
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.features import FeatureMaker
from kedrec.ranking.fit import choose_metapaths
from kedrec.ranking.metapaths import metapaths, schema_tables
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.sampling import (
    CountedGraph,
    allowed_features,
    draw_sample,
    known_treatments,
    treated_diseases,
)
from kedrec.ranking.stored_ranking import linked_tables
from kedrec.schema import load_schema

GENES = 30


def by_chance(
    drugs: int, diseases: int, treatments: Callable[[random.Random], int], seed: int
) -> ListedGraph:
    """Drugs and diseases with three genes each, and treatments that nothing explains.

    Args:
        drugs, diseases: how many.
        treatments: draws how many a disease has.
        seed: of all draws.
    """
    draw = random.Random(seed)
    links: list[Link] = []
    for relation, kind, count in (("ASSOCIATED_WITH", "Disease", diseases), ("BINDS", "Drug", drugs)):
        for node in range(count):
            genes = draw.sample(range(GENES), 3)
            links += [(relation, kind, "Gene", f"{kind}:{node}", f"Gene:{gene}", "s", ()) for gene in genes]
    for disease in range(diseases):
        treating = draw.sample(range(drugs), treatments(draw))
        links += [("TREATS", "Drug", "Disease", f"Drug:{n}", f"Disease:{disease}", "s", ()) for n in treating]
    return ListedGraph(links, {"Drug": drugs, "Disease": diseases, "Gene": GENES})


def _some(draw: random.Random) -> int:
    return sum(draw.random() < 0.08 for _ in range(80))


def _one_or_two(draw: random.Random) -> int:
    return draw.choice((1, 1, 2))


@pytest.mark.parametrize(
    ("diseases", "treatments", "auroc", "times"),
    [(40, _some, 0.55, 1.25), (120, _one_or_two, 0.62, 1.6)],
    ids=["some", "few"],
)
def test_treatments_drawn_by_chance_are_not_found(
    tmp_path: Path,
    diseases: int,
    treatments: Callable[[random.Random], int],
    auroc: float,
    times: float,
) -> None:
    """Red without cross-fitting, without hiding folds, and where the number of treatments tells a label."""
    graph = by_chance(80, diseases, treatments, seed=1)
    ranker = Ranker.open(graph, tmp_path)  # type: ignore[arg-type]
    rate = ranker.treated / (80 * diseases)
    assert set(ranker.metrics) == {"treated", "unseen"}
    for figures in ranker.metrics.values():
        assert 0.42 < figures["auroc"] < auroc
        assert figures["auprc"] < times * rate
        assert figures["brier_skill"] < 0.005


def _counted(graph: ListedGraph) -> CountedGraph:
    adjacency = Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]
    tables = linked_tables(adjacency)
    return CountedGraph(
        adjacency, choose_metapaths(adjacency, tables, 1), PairSimilarity.of(adjacency, tables)
    )


@pytest.mark.parametrize("treatments", [1, 2])
def test_pairs_of_a_disease_whose_every_treatment_is_hidden_teach_nothing(treatments: int) -> None:
    """Of a disease with one treatment, hiding it leaves none: that alone would tell the treated pair."""
    graph = _counted(by_chance(30, 20, lambda _: treatments, seed=3))
    diseases = treated_diseases(graph.adjacency)
    known = known_treatments(graph.adjacency, diseases)
    everything = np.ones_like(known)
    unseen, treated = (
        draw_sample(regime, graph, known, everything, diseases, seed=1, threads=1)
        for regime in ("unseen", "treated")
    )
    assert unseen.labels.sum() == 2 * known.sum()  # every pair twice
    if treatments == 1:
        assert treated.labels.sum() == 0
        assert len(treated.labels)
    else:
        assert 0 < treated.labels.sum() < 2 * known.sum()


def test_what_is_told_by_a_diseases_treatments_is_no_feature_of_a_disease_without() -> None:
    graph = _counted(by_chance(30, 20, lambda _: 2, seed=3))
    of_disease = np.array([feature.of_disease for feature in graph.features])
    assert of_disease.any()
    assert (allowed_features(graph.features, "unseen") == ~of_disease).all()
    assert allowed_features(graph.features, "treated").all()


def test_a_node_has_each_of_its_links_once(tmp_path: Path) -> None:
    graph = random_graph(5)
    symmetric = {name for name, relation in load_schema().relations.items() if relation.symmetric}
    links = {
        (link[0], *(sorted(link[3:5]) if link[0] in symmetric else link[3:5]))
        for link in graph.links
        if link[3] != link[4]
    }
    degrees = Counter(end for link in links for end in link[1:])
    ranker = Ranker.open(graph, tmp_path)  # type: ignore[arg-type]
    assert symmetric & {link[0] for link in links}
    for kind in ("Drug", "Disease"):
        for number in range(graph.sizes[kind]):
            assert ranker.link_count(kind, f"{kind}:{number}") == degrees[f"{kind}:{number}"]


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ({"Disease": 3, "Gene": 2}, "no drug,"),
        ({"Drug": 3, "Gene": 2}, "no disease,"),
        ({"Gene": 2}, "no drug and no disease,"),
        ({}, "no drug and no disease,"),
    ],
)
def test_a_graph_without_drugs_or_diseases_is_told(tmp_path: Path, sizes: dict[str, int], says: str) -> None:
    with pytest.raises(EmptyGraphError, match=says) as error:
        Ranker.open(ListedGraph([], sizes), tmp_path)  # type: ignore[arg-type]
    assert "kedrec-load sources" in error.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("drugs", [1, 2, 30])
@pytest.mark.parametrize("diseases", [1, 2, 30])
@pytest.mark.parametrize("treatments", ["none", "one", "all"])
def test_a_graph_with_hardly_anything_is_ranked_without_an_error(
    tmp_path: Path, drugs: int, diseases: int, treatments: str
) -> None:
    links: list[Link] = [("BINDS", "Drug", "Gene", "Drug:0", "Gene:0", "s", ())]
    pairs = [(f"Drug:{a}", f"Disease:{b}") for a in range(drugs) for b in range(diseases)]
    kept = pairs[: {"none": 0, "one": 1, "all": len(pairs)}[treatments]]
    links += [("TREATS", "Drug", "Disease", drug, disease, "s", ()) for drug, disease in kept]
    graph = ListedGraph(links, {"Drug": drugs, "Disease": diseases, "Gene": 1})
    ranker = Ranker.open(graph, tmp_path)  # type: ignore[arg-type]
    ranked = ranker.rank("Disease:0")
    # Only drugs that something is known of are ranked; any other when it is asked for.
    assert {pair.drug for pair in ranked} == {"Drug:0", *(drug for drug, _ in kept)}
    assert len(ranker.rank("Disease:0", including=[f"Drug:{drugs - 1}"])) == len(
        {"Drug:0", f"Drug:{drugs - 1}", *(drug for drug, _ in kept)}
    )
    assert all(np.isfinite(pair.score) for pair in ranked)
    assert ranker.treatment_count("Disease:0") == sum(disease == "Disease:0" for _, disease in kept)
    assert ranked[0].parts is not None
    assert len(ranker.rank_diseases("Drug:0")) == diseases
    assert isinstance(ranker.is_above_base_rate(ranked), bool)
    assert ranker.description


def _wide(drugs: int, diseases: int) -> Adjacency:
    """A graph of many drugs and diseases: every drug binds a gene, ten treat something."""
    links: list[Link] = [
        ("BINDS", "Drug", "Gene", f"Drug:{n}", f"Gene:{n % GENES}", "s", ()) for n in range(drugs)
    ]
    links += [
        ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{n}", f"Gene:{n % GENES}", "s", ())
        for n in range(diseases)
    ]
    links += [("TREATS", "Drug", "Disease", f"Drug:{n}", f"Disease:{n}", "s", ()) for n in range(10)]
    graph = ListedGraph(links, {"Drug": drugs, "Disease": diseases, "Gene": GENES})
    return Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]


def test_features_take_no_table_of_all_pairs() -> None:
    adjacency = _wide(4_500, 4_400)
    linked = linked_tables(adjacency)
    alike = PairSimilarity.of(adjacency, linked)
    tracemalloc.start()
    maker = FeatureMaker(adjacency, metapaths(linked, 3), alike)
    maker.block(np.arange(2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 4_500 * 4_400


def test_a_graph_too_wide_for_the_machine_is_refused_before_it_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adjacency = _wide(60, 50)
    linked = linked_tables(adjacency)
    needed = memory.bytes_needed(adjacency, linked, 2)
    for factor, fits in ((1.3, True), (1.0, False), (0.1, False)):
        monkeypatch.setattr(memory, "bytes_usable", lambda factor=factor: int(needed * factor))
        if fits:
            memory.check_memory(adjacency, linked, 2)
            continue
        with pytest.raises(KedrecError, match="60 drugs for 50 diseases would take about") as error:
            memory.check_memory(adjacency, linked, 2)
        assert "KEDREC_THREADS=1" in error.value.hint
    stages = []
    with pytest.raises(KedrecError, match="memory"):
        Ranker.open(
            random_graph(5),  # type: ignore[arg-type]
            tmp_path,
            progress=lambda stage, _done, _total: stages.append(stage),
        )
    assert set(stages) == {"Reading the graph"}


def test_what_a_fit_needs_grows_with_the_pairs_and_the_threads() -> None:
    sizes = [_wide(*shape) for shape in ((100, 100), (1000, 1000), (2000, 1000))]
    needed = [memory.bytes_needed(one, linked_tables(one), 1) for one in sizes]
    assert needed[1] - needed[0] > 20 * 990_000
    assert needed[2] - needed[1] > 20 * 1_000_000
    assert memory.bytes_needed(sizes[0], linked_tables(sizes[0]), 8) > needed[0]
    assert memory.bytes_usable() > 1 << 20


def test_no_part_counts_the_processors_for_itself() -> None:
    """Affinity, quotas and KEDREC_THREADS are minded in one place."""
    root = Path(kedrec.__file__).parent
    found = [
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        if file.name != "cpus.py" and "os.cpu_count" in file.read_text(encoding="utf-8")
    ]
    assert not found
