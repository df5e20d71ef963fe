"""Hetionet by CSV into an empty Neo4j database, over the bare import tool on the same CSV."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import Context, Row
from kedrec.loading import load_graph
from kedrec.loading.offline import ImportTool, empty_folder, find_tool, run_import, write_csv
from kedrec.stores.bulk import BulkGraph
from tests import neo4j_server


def measure(context: Context) -> list[Row]:
    """Rows for CSV and import, and for all of it from the raw files, by the clock and of the processor."""
    runs = max(1, context.runs // 2)
    folder, work = context.work / "csv", context.work / "work"
    work.mkdir()
    jars = neo4j_server.fetch()
    tool = find_tool(_home(context.work / "ours", jars))
    with BulkGraph(context.work / "offline.duckdb", str(folder)) as graph:
        read = _cost(lambda: load_graph(graph, ["hetionet"], data_dir=context.data, work_dir=work))
        written, ours, bare = [], [], []
        for _ in range(runs):
            empty_folder(folder)
            written.append(_cost(lambda: write_csv(graph, folder, _silent)))
            ours.append(_cost(lambda: run_import(tool, folder, "neo4j", _silent, overwrite=True)))
            home = _home(context.work / "bare", jars)
            bare.append(_cost(lambda home=home: _import(find_tool(home), folder)))  # type: ignore[misc]  # bound now
    rows = []
    for part, unit in ((0, ""), (1, ", processor")):
        csv, imported, tools = (
            statistics.median(cost[part] for cost in one) for one in (written, ours, bare)
        )
        name = "bare neo4j-admin on the same CSV"
        rows += [
            Row(f"Hetionet's CSV written and imported{unit}", csv + imported, tools, name, "1.3x"),
            Row(
                f"kedrec-load graph hetionet --offline --import{unit}",
                read[part] + csv + imported,
                tools,
                name,
                "",
            ),
        ]
    return rows


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    """Tells nobody."""


def _home(folder: Path, jars: Path) -> Path:
    """An empty server's folder."""
    shutil.rmtree(folder, ignore_errors=True)
    neo4j_server.write_settings(folder, 7687, 7474, "512m")
    (folder / "lib").symlink_to(jars)
    return folder


def _import(tool: ImportTool, folder: Path) -> None:
    call = [
        *tool.call,
        "database",
        "import",
        "full",
        "@import.args",
        "--overwrite-destination",
        "--",
        "neo4j",
    ]
    environment = {**os.environ, **tool.environment}
    subprocess.run(call, cwd=folder, env=environment, check=True, capture_output=True)


def _cost(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor for this process and what it ran."""
    began, used = time.perf_counter(), _processor()
    call()
    return time.perf_counter() - began, _processor() - used


def _processor() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)
