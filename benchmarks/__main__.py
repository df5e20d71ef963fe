"""Runs the benchmarks and prints one table: `python -m benchmarks [NAME...] [--data DIR] [--runs N]`.

`ranking_at_size` fits rankings of made-up graphs of up to 25,000 diseases, `scale --times 1,4,16` loads
synthetic graphs of up to 36 million rows of edges. Both take minutes, so they run only by name, as `set_load`
does, which needs the files of every set's sources, and `first_sentence`, which asks a graph that is loaded.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import BenchmarkContext, Row, table

NAMES = (
    "cold_start",
    "embedded_load",
    "neo4j_load",
    "offline_load",
    "templates",
    "ranking",
    "language_model",
    "documents",
    "service",
    "page",
    "graph_retrieval",
)
NAMED_ONLY = ("scale", "set_load", "ranking_at_size", "first_sentence")


def main() -> None:
    """Runs the benchmarks named on the command line, all without."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*NAMES, *NAMED_ONLY, []], help="default: all that need no name"
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the sources")
    parser.add_argument("--runs", type=int, default=5, help="runs a figure (default 5)")
    parser.add_argument("--times", default="1,4", help="sizes for scale, in Hetionets (default 1,4)")
    arguments = parser.parse_args()
    times = tuple(int(size) for size in arguments.times.split(","))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="kedrec-bench-") as work:
        for name in arguments.names or NAMES:
            print(f"{name} ...", file=sys.stderr)
            folder = Path(work) / name
            folder.mkdir()
            module = importlib.import_module(f"benchmarks.{name}")
            rows += module.measure(BenchmarkContext(arguments.data.resolve(), folder, arguments.runs, times))
    print(table(rows))


if __name__ == "__main__":
    main()
