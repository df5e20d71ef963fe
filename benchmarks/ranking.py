"""Counting along all metapaths, fitting, and ranking one disease, on Hetionet in the embedded database."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measuring import Context, Row, median_seconds
from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import metapaths, schema_tables
from kedrec.ranking.stored_ranking import linked_tables
from kedrec.settings import load_settings
from kedrec.stores import open_store

_EVERY = 10  # of the metapaths are counted one by one, and the time taken as often


def measure(context: Context) -> list[Row]:
    """Path counts over the naive product, four times the diseases, the fit, and one disease warm."""
    settings = load_settings(home=context.work)
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["hetionet"], data_dir=context.data, work_dir=context.work / "loading")
    with open_store(settings.graph_url, settings) as store:
        adjacency = Adjacency(read_adjacency(store, schema_tables()))
        rows = _counting(adjacency, context)
        began = time.perf_counter()
        ranker = Ranker.open(store, context.work / "ranking")
        fitted = time.perf_counter() - began
    counted = rows[0].ours
    name = "the whole fit after a load (read, count, learn, score, explain)"
    rows.append(Row(name, fitted, counted, "its path counts at four hops", "60 s"))
    disease = ranker.adjacency.name("Disease", 0)
    warm = median_seconds(lambda: ranker.rank(disease), context.runs * 2, warm_up=2)
    explained = median_seconds(lambda: ranker.rank(disease)[0].parts, context.runs * 2, warm_up=2)
    label = "one disease ranked, warm"
    rows.append(
        Row(label, warm * 1000, explained * 1000, "with the parts of its best score", "50 ms", unit="ms")
    )
    return rows


def _counting(adjacency: Adjacency, context: Context) -> list[Row]:
    paths = metapaths(linked_tables(adjacency), 4)
    diseases = np.arange(len(adjacency.ids("Disease")))
    pairs = len(adjacency.ids("Drug")) * len(diseases)
    ours = median_seconds(lambda: PathCounter(adjacency, paths).counts(diseases), context.runs, warm_up=1)
    sampled = paths[::_EVERY]

    def naive() -> None:
        for path in sampled:
            PathCounter(adjacency, [path]).counts(diseases)

    alone = median_seconds(naive, 1, warm_up=0) * len(paths) / len(sampled)
    baseline = f"each metapath on its own (every {_EVERY}th, times {len(paths) / len(sampled):.0f})"
    first = Row(f"{len(paths):,} metapaths for {pairs:,} pairs", ours, alone, baseline, "10 s")

    def fourfold() -> None:
        counter = PathCounter(adjacency, paths)
        for _ in range(4):
            counter.counts(diseases)

    many = median_seconds(fourfold, context.runs, warm_up=0)
    return [first, Row("the same for four times the diseases", many, ours, "once the diseases", "4x")]
