"""Offline load of Hetionet into an empty Neo4j database, against the bare import tool on the same CSV."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import BenchmarkContext, Row
from kedrec.loading import load_graph
from kedrec.loading.offline import ImportTool, find_tool, prepare_folder, run_import, write_csv
from kedrec.stores.bulk import BulkGraph
from tests import neo4j_server


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures CSV and import, and both with reading the raw files, in wall and processor seconds."""
    runs = max(1, context.runs // 2)
    folder, work = context.work / "csv", context.work / "work"
    work.mkdir()
    jars = neo4j_server.fetch()
    tool = find_tool(_home(context.work / "ours", jars))
    with BulkGraph(context.work / "offline.duckdb", str(folder)) as graph:
        read = _cost(lambda: load_graph(graph, ["hetionet"], data_dir=context.data, work_dir=work))
        csv_costs, import_costs, bare_costs = [], [], []
        for _ in range(runs):
            prepare_folder(folder)
            csv_costs.append(_cost(lambda: write_csv(graph, folder, _no_progress)))
            import_costs.append(
                _cost(lambda: run_import(tool, folder, "neo4j", _no_progress, overwrite=True))
            )
            home = _home(context.work / "bare", jars)
            bare_costs.append(_cost(lambda home=home: _import(find_tool(home), folder)))  # type: ignore[misc]  # bound now
    rows = []
    for position, unit in ((0, ""), (1, ", processor")):
        csv, imported, tools = (
            statistics.median(cost[position] for cost in costs)
            for costs in (csv_costs, import_costs, bare_costs)
        )
        name = "bare neo4j-admin on the same CSV"
        rows += [
            Row(f"Hetionet's CSV written and imported{unit}", csv + imported, tools, name, "1.3x"),
            Row(
                f"kedrec-load graph hetionet --offline --import{unit}",
                read[position] + csv + imported,
                tools,
                name,
                "",
            ),
        ]
    return rows


def _no_progress(_stage: str, _done: int, _total: int | None) -> None:
    """Ignores progress."""


def _home(folder: Path, jars: Path) -> Path:
    """Creates the folder of an empty server."""
    shutil.rmtree(folder, ignore_errors=True)
    neo4j_server.write_settings(folder, 7687, 7474, "512m")
    (folder / "lib").symlink_to(jars)
    return folder


def _import(tool: ImportTool, folder: Path) -> None:
    command = [
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
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def _cost(call: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds of a call, and processor seconds of this process and its children."""
    started, processor_before = time.perf_counter(), _processor()
    call()
    return time.perf_counter() - started, _processor() - processor_before


def _processor() -> float:
    usages = (resource.getrusage(target) for target in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
