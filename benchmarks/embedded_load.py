"""Load into the embedded database, against the engine's own COPY of the same staged rows."""

from __future__ import annotations

import shutil

from benchmarks.load_costs import copy_rows
from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures the load of Hetionet from its raw files to a queryable graph."""
    settings = load_settings(home=context.work, graph=str(context.work / "graph"))
    graph, work = context.work / "graph", context.work / "work"
    runs = max(1, context.runs // 2)

    def ours() -> None:
        shutil.rmtree(graph, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)
        with open_store(str(graph), settings, read_only=False) as store:
            load_graph(store, ["hetionet"], data_dir=context.data, work_dir=work, keep_staged=True)

    seconds = median_seconds(ours, runs, warm_up=0)
    staged = sorted((work / "hetionet" / "staged").glob("*.new.parquet"))
    raw = median_seconds(lambda: copy_rows(context.work / "raw", staged), runs, warm_up=0)
    return [Row("kedrec-load graph hetionet, embedded", seconds, raw, "bare COPY of its staged rows", "3x")]
