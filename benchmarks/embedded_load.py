"""Load into the embedded database, against the engine's own COPY of the same staged rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import ladybug

from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from kedrec.loading import load_graph
from kedrec.schema import load_schema
from kedrec.settings import load_settings
from kedrec.stores import open_store

_NODE = (
    "id STRING PRIMARY KEY, name STRING, synonyms STRING[], xrefs STRING[], description STRING, "
    "sources STRING[]"
)
_EDGE = (
    "source STRING, licence STRING, `references` STRING[], evidence STRING, score DOUBLE, year INT64, "
    "action STRING, mechanisms STRING[]"
)


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures the load of Hetionet from its raw files to a queryable graph."""
    settings = load_settings(home=context.work)
    graph, work = context.work / "graph", context.work / "work"
    runs = max(1, context.runs // 2)

    def ours() -> None:
        shutil.rmtree(graph, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)
        with open_store(str(graph), settings, read_only=False) as store:
            load_graph(store, ["hetionet"], data_dir=context.data, work_dir=work, keep_staged=True)

    seconds = median_seconds(ours, runs, warm_up=0)
    staged = sorted((work / "hetionet" / "staged").glob("*.new.parquet"))
    raw = median_seconds(lambda: _copy(context.work / "raw", staged), runs, warm_up=0)
    return [Row("kedrec-load graph hetionet, embedded", seconds, raw, "bare COPY of its staged rows", "3x")]


def _copy(folder: Path, staged: list[Path]) -> None:
    """Loads by the bare engine: creates the tables that the files need, then one COPY a file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    database = ladybug.Database(str(folder / "raw.lbug"))
    connection = ladybug.Connection(database)
    nodes = [(file, file.name.split(".")[0]) for file in staged if file.name.count(".") == 2]
    edges = [
        (file, relation, start, end)
        for file in staged
        if file.name.count(".") == 4
        for relation, start, end in [file.name.split(".")[:3]]
    ]
    for kind in load_schema().kinds:
        connection.execute(f"CREATE NODE TABLE {kind}({_NODE})")
    for relation in sorted({relation for _, relation, _, _ in edges}):
        pairs = ", ".join(f"FROM {a} TO {b}" for _, name, a, b in edges if name == relation)
        connection.execute(f"CREATE REL TABLE {relation}({pairs}, {_EDGE})")
    for file, kind in nodes:
        connection.execute(f"COPY {kind} FROM '{file}'")
    for file, relation, start, end in edges:
        connection.execute(f"COPY {relation} FROM '{file}' (from='{start}', to='{end}')")
    connection.close()
    database.close()
