"""Load and fit of the sets of sources, embedded, against the engine's own COPY of the same rows."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from benchmarks.load_costs import copy_rows, export_rows, run_command, run_load
from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from kedrec.loading.sets import list_sets
from kedrec.settings import load_settings


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures a load, the same again, the fit and the disk of each set whose sources are all there."""
    rows: list[Row] = []
    for name in list_sets():
        folder = context.work / name
        folder.mkdir()
        rows += _measure_set(name, context.data, folder)
        shutil.rmtree(folder)
    return rows


def _measure_set(name: str, data: Path, folder: Path) -> list[Row]:
    first, report = run_load([name], data, folder)
    nodes = sum(report["nodes"].values())
    print(
        f"{name}: {len(report['sources'])} sources, {nodes:,} nodes ({report['nodes'].get('Disease', 0):,} "
        f"diseases, {report['nodes'].get('Drug', 0):,} drugs), {first.edges:,} edges, "
        f"fingerprint {report['fingerprint']}",
        file=sys.stderr,
    )
    disk = sum(file.stat().st_size for file in (folder / "graph").iterdir()) / 1e6
    again, report_again = run_load([name], data, folder)
    changes = [
        source[part][change]
        for source in report_again["sources"]
        for part in ("nodes", "edges")
        for change in ("new", "changed", "gone")
    ]
    if any(changes) or report_again["fingerprint"] != report["fingerprint"]:
        raise RuntimeError(f"Loading {name} again changed the graph: {json.dumps(changes)}")
    settings = load_settings(home=folder, graph=str(folder / "graph"))
    staged = export_rows(settings.graph_url, settings, folder / "rows")
    raw = median_seconds(lambda: copy_rows(folder / "raw", staged), 1, warm_up=0)
    fit, _ = run_command(["kedrec", "rank", "fit", "--graph", settings.graph_url], folder)
    copy = "bare COPY of its rows"
    return [
        Row(
            f"load of the set {name} ({nodes:,} nodes, {first.edges:,} edges)", first.seconds, raw, copy, "5x"
        ),
        Row("the same, processor", first.processor, None, "", ""),
        Row("the same, peak memory", first.megabytes, None, "", "4,000", "MB"),
        Row("the same, disk", disk, None, "", "", "MB"),
        Row("the same again, nothing changed", again.seconds, first.seconds, "the first time", "1x"),
        Row("fit of its ranking", fit.seconds, first.seconds, "its load", ""),
        Row("the same, peak memory", fit.megabytes, None, "", "4,000", "MB"),
    ]
