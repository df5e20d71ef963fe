"""Path counts along all metapaths, the fit, and the ranking of one disease, on embedded Hetionet."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import metapaths, schema_tables
from kedrec.ranking.stored_ranking import linked_tables
from kedrec.settings import load_settings
from kedrec.stores import open_store

_EVERY = 10  # one metapath in so many is counted alone; the time is scaled up


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures path counts against the naive product, four times the diseases, fit, and one warm disease."""
    settings = load_settings(home=context.work, graph=str(context.work / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["hetionet"], data_dir=context.data, work_dir=context.work / "loading")
    with open_store(settings.graph_url, settings) as store:
        adjacency = Adjacency(read_adjacency(store, schema_tables()))
        rows = _counting(adjacency, context)
        started = time.perf_counter()
        ranker = Ranker.open(store, context.work / "ranking")
        fit_seconds = time.perf_counter() - started
    count_seconds = rows[0].ours
    name = "the whole fit after a load (read, count, learn, score, explain)"
    rows.append(Row(name, fit_seconds, count_seconds, "its path counts at four hops", "60 s"))
    disease = ranker.adjacency.node_id("Disease", 0)
    warm = median_seconds(lambda: ranker.rank(disease), context.runs * 2, warm_up=2)
    parts_seconds = median_seconds(lambda: ranker.rank(disease)[0].parts, context.runs * 2, warm_up=2)
    label = "one disease ranked, warm"
    rows.append(
        Row(label, warm * 1000, parts_seconds * 1000, "with the parts of its best score", "50 ms", unit="ms")
    )
    return rows


def _counting(adjacency: Adjacency, context: BenchmarkContext) -> list[Row]:
    paths = metapaths(linked_tables(adjacency), 4)
    diseases = np.arange(len(adjacency.ids("Disease")))
    pairs = len(adjacency.ids("Drug")) * len(diseases)
    seconds = median_seconds(lambda: PathCounter(adjacency, paths).counts(diseases), context.runs, warm_up=1)
    sample = paths[::_EVERY]

    def naive() -> None:
        for path in sample:
            PathCounter(adjacency, [path]).counts(diseases)

    separately = median_seconds(naive, 1, warm_up=0) * len(paths) / len(sample)
    baseline = f"each metapath on its own (every {_EVERY}th, times {len(paths) / len(sample):.0f})"
    first = Row(f"{len(paths):,} metapaths for {pairs:,} pairs", seconds, separately, baseline, "10 s")

    def fourfold() -> None:
        counter = PathCounter(adjacency, paths)
        for _ in range(4):
            counter.counts(diseases)

    many = median_seconds(fourfold, context.runs, warm_up=0)
    return [first, Row("the same for four times the diseases", many, seconds, "once the diseases", "4x")]
