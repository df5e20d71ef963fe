"""Time and memory of `kedrec-load graph` in a process of its own; the engine's own COPY of the same rows."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ladybug
import pyarrow as pa
import pyarrow.parquet as pq

from kedrec.schema import load_schema
from kedrec.stores import open_store

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["LoadCost", "copy_rows", "export_rows", "run_command", "run_load"]

_NODE = (
    "id STRING PRIMARY KEY, name STRING, synonyms STRING[], xrefs STRING[], description STRING, "
    "sources STRING[]"
)
_EDGE = (
    "source STRING, licence STRING, `references` STRING[], evidence STRING, score DOUBLE, year INT64, "
    "action STRING, mechanisms STRING[]"
)


class LoadCost(NamedTuple):
    """Wall and processor seconds, peak megabytes, and edges of the graph after a load."""

    seconds: float
    processor: float
    megabytes: float
    edges: int


def run_load(sources: Sequence[str], data: Path, folder: Path) -> tuple[LoadCost, dict[str, Any]]:
    """Loads sources into the embedded graph `folder/graph`, without a fit; returns the cost and the report.

    Args:
        sources: names of sources and sets.
        data: folder of their files.
        folder: folder of the graph, and KEDREC_HOME.
    """
    words = ["kedrec-load", "graph", *sources, "--from", str(data), "--graph", str(folder / "graph")]
    cost, printed = run_command([*words, "--no-fit", "--json"], folder)
    report: dict[str, Any] = json.loads(printed)
    edges = sum(count for by_source in report["edges"].values() for count in by_source.values())
    return cost._replace(edges=edges), report


def run_command(words: Sequence[str], home: Path) -> tuple[LoadCost, bytes]:
    """Runs a command of KEDRec; returns its cost, with zero edges, and what it printed."""
    printed = home / "printed"
    command = [str(Path(sys.executable).with_name(words[0])), *words[1:]]
    started = time.perf_counter()
    said = home / "said"
    with printed.open("wb") as out, said.open("wb") as errors:
        process = subprocess.Popen(
            command, env={**os.environ, "KEDREC_HOME": str(home)}, stdout=out, stderr=errors
        )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = said.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"{words[0]} failed with {process.returncode}. It said:\n{last}")
    seconds = time.perf_counter() - started
    return LoadCost(seconds, usage.ru_utime + usage.ru_stime, _megabytes(usage), 0), printed.read_bytes()


def _megabytes(usage: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # macOS reports bytes, others kilobytes
    return usage.ru_maxrss * unit / 1e6


def export_rows(url: str, settings: Settings, folder: Path) -> list[Path]:
    """Writes a graph as Parquet files, one a table, named like a load's staged files."""
    folder.mkdir()
    files = []
    with open_store(url, settings) as store:
        kinds = store.fingerprint().nodes
        for kind in kinds:
            files.append(folder / f"{kind}.new.parquet")
            pq.write_table(store.nodes(kind), files[-1])
        for relation in load_schema().relations.values():
            for start, end in relation.pairs:
                batches = list(store.edges(relation.name, start, end)) if {start, end} <= kinds.keys() else []
                if any(batch.num_rows for batch in batches):
                    files.append(folder / f"{relation.name}.{start}.{end}.new.parquet")
                    pq.write_table(pa.Table.from_batches(batches), files[-1])
    return files


def copy_rows(folder: Path, staged: Sequence[Path]) -> None:
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
