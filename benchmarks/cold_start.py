"""Cold start of commands: `kedrec --help`, and `kedrec ask --no-llm` with a warm cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import BenchmarkContext, Row, median_seconds

KEDREC = Path(sys.executable).with_name("kedrec")


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures help and ask; the baseline is an idle interpreter."""
    environment = {
        **os.environ,
        "KEDREC_HOME": str(context.work),
        "KEDREC_GRAPH": str(context.work / "graph"),
    }

    def run(*words: str | Path) -> None:
        subprocess.run(words, env=environment, check=True, capture_output=True)

    load = KEDREC.with_name("kedrec-load")
    run(load, "graph", "hetionet", "--from", context.data)
    ask = (KEDREC, "ask", "--disease", "multiple sclerosis", "--top", "5", "--no-llm")
    idle = median_seconds(lambda: run(sys.executable, "-c", "pass"), context.runs)
    return [
        Row(
            "kedrec --help, cold",
            median_seconds(lambda: run(KEDREC, "--help"), context.runs),
            idle,
            "python -c pass",
            "0.3 s",
        ),
        Row(
            "kedrec ask --no-llm --top 5, cold, Hetionet",
            median_seconds(lambda: run(*ask), context.runs),
            idle,
            "python -c pass",
            "1.5 s",
        ),
    ]
