"""Time and memory of the ranking's fit at several sizes, and of one disease without a treatment, asked twice.

Made-up graphs: Hetionet's kinds and counts, PrimeKG's, and as many diseases as the open sources have. A few
nodes have most of the links, as there. Each is fitted in a process of its own, whose peak memory counts.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from kedrec.ranking.adjacency import Adjacency, Table, compress_table
from kedrec.ranking.memory import bytes_needed
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.stored_ranking import StoredRanking, fit_to_arrays, linked_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Size:
    """Numbers of nodes by kind, and of links by table; treatments are those of `treated` diseases alone."""

    nodes: dict[str, int]
    links: dict[Table, int]
    treated: int


_GENE_TABLES: dict[Table, int] = {
    ("INTERACTS_WITH", "Gene", "Gene"): 147_164,
    ("PARTICIPATES_IN", "Gene", "BiologicalProcess"): 559_504,
    ("PARTICIPATES_IN", "Gene", "CellularComponent"): 73_566,
    ("PARTICIPATES_IN", "Gene", "MolecularFunction"): 97_222,
    ("PARTICIPATES_IN", "Gene", "Pathway"): 84_372,
    ("EXPRESSED_IN", "Gene", "Anatomy"): 526_407,
}
_GENE_NODES = {
    "Gene": 20_945,
    "BiologicalProcess": 11_381,
    "CellularComponent": 1_391,
    "MolecularFunction": 2_884,
    "Pathway": 1_822,
    "Anatomy": 402,
}
_SIZES = {
    "1x": _Size(
        {**_GENE_NODES, "Drug": 1_552, "Disease": 137, "Symptom": 438, "SideEffect": 5_734},
        {
            **_GENE_TABLES,
            ("BINDS", "Drug", "Gene"): 11_571,
            ("RESEMBLES", "Drug", "Drug"): 6_486,
            ("CAUSES", "Drug", "SideEffect"): 138_944,
            ("ASSOCIATED_WITH", "Disease", "Gene"): 12_623,
            ("PRESENTS", "Disease", "Symptom"): 3_357,
            ("TREATS", "Drug", "Disease"): 755,
        },
        77,
    ),
    "primekg": _Size(
        {
            "Gene": 27_671,
            "BiologicalProcess": 28_642,
            "CellularComponent": 4_176,
            "MolecularFunction": 11_169,
            "Pathway": 2_516,
            "Anatomy": 14_035,
            "Drug": 7_957,
            "Disease": 17_080,
            "Symptom": 15_311,
        },
        {
            ("INTERACTS_WITH", "Gene", "Gene"): 321_075,
            ("PARTICIPATES_IN", "Gene", "BiologicalProcess"): 144_805,
            ("PARTICIPATES_IN", "Gene", "CellularComponent"): 83_402,
            ("PARTICIPATES_IN", "Gene", "MolecularFunction"): 69_530,
            ("PARTICIPATES_IN", "Gene", "Pathway"): 42_646,
            ("EXPRESSED_IN", "Gene", "Anatomy"): 1_518_203,
            ("BINDS", "Drug", "Gene"): 25_653,
            ("RESEMBLES", "Drug", "Drug"): 1_336_314,
            ("CAUSES", "Drug", "SideEffect"): 0,
            ("ASSOCIATED_WITH", "Disease", "Gene"): 80_411,
            ("PRESENTS", "Disease", "Symptom"): 150_317,
            ("IS_A", "Disease", "Disease"): 32_194,
            ("IS_A", "Symptom", "Symptom"): 18_736,
            ("TREATS", "Drug", "Disease"): 9_388,
        },
        1_363,
    ),
    "25,000 diseases": _Size(
        {
            **_GENE_NODES,
            "Drug": 3_000,
            "Disease": 25_000,
            "Symptom": 18_000,
            "SideEffect": 5_734,
            "PharmacologicClass": 1_137,
        },
        {
            **_GENE_TABLES,
            ("BINDS", "Drug", "Gene"): 15_680,
            ("CAUSES", "Drug", "SideEffect"): 194_250,
            ("MEMBER_OF", "Drug", "PharmacologicClass"): 2_840,
            ("RESEMBLES", "Drug", "Drug"): 6_486,
            ("ASSOCIATED_WITH", "Disease", "Gene"): 40_000,
            ("PRESENTS", "Disease", "Symptom"): 237_660,
            ("IS_A", "Disease", "Disease"): 41_542,
            ("IS_A", "Symptom", "Symptom"): 22_742,
            ("TREATS", "Drug", "Disease"): 4_208,
        },
        640,
    ),
}


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds and processor seconds of a fit, its estimated and peak megabytes, milliseconds of a ranking."""

    seconds: float
    processor: float
    estimated: float
    peak: float
    first: float
    warm: float


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures five rows a size; memory stands beside its estimate."""
    rows: list[Row] = []
    for name in _SIZES:
        command = [sys.executable, "-m", "benchmarks.ranking_at_size", name, str(context.runs)]
        output = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parent.parent)
        cost = _Cost(**json.loads(output.stdout))
        rows += [
            Row(f"fit, {name}", cost.seconds, None, "", "5 min with the load"),
            Row(f"fit, {name}, processor", cost.processor, None, "", ""),
            Row(f"fit, {name}, peak memory", cost.peak, cost.estimated, "as estimated", "12 GiB", "MB"),
            Row(f"one untreated disease, {name}, first time", cost.first, None, "", "1 s", "ms"),
            Row(f"the same, {name}, warm", cost.warm, None, "", "50 ms", "ms"),
        ]
        print(rows[-5:], file=sys.stderr)
    return rows


def _graph(size: _Size) -> Adjacency:
    """A made-up graph; equal sizes give equal graphs."""
    draw = np.random.default_rng(1)
    arrays = {
        f"ids/{kind}": np.array([f"{kind}:{n:06d}".encode() for n in range(count)])
        for kind, count in size.nodes.items()
    }
    for kind in {kind for _, *ends in schema_tables() for kind in ends}:
        arrays.setdefault(f"ids/{kind}", np.zeros(0, "S1"))
    for table in schema_tables():
        count = size.links.get(table, 0)
        shape = (len(arrays[f"ids/{table[1]}"]), len(arrays[f"ids/{table[2]}"]))
        starts, ends = (_skewed(draw, length, count) for length in shape)
        if table[0] == "TREATS" and count:
            ends = _skewed(draw, size.treated, count) * (shape[1] // size.treated)
        if table[0] == "IS_A":  # no cycles: to a smaller number
            ends = np.minimum(ends, starts) // 2
        if table[1] == table[2] and table[0] != "IS_A":
            starts, ends = np.concatenate([starts, ends]), np.concatenate([ends, starts])
        distinct = (starts != ends) | (table[1] != table[2])
        arrays |= compress_table(table, starts[distinct], ends[distinct], shape)
    return Adjacency(arrays)


def _skewed(draw: np.random.Generator, length: int, count: int) -> NDArray[np.int64]:
    """Numbers below a length, small ones more often."""
    return (draw.random(count) ** 2 * length).astype(np.int64)


def _fit(name: str, runs: int) -> _Cost:
    """Fits the ranking of a graph, and ranks a disease without a treatment, `runs` times when warm."""
    adjacency = _graph(_SIZES[name])
    estimated = bytes_needed(adjacency, linked_tables(adjacency), 2)
    started, processor = time.perf_counter(), time.process_time()
    arrays, facts = fit_to_arrays(adjacency, threads=2)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    ranking = StoredRanking(adjacency, arrays, facts, threads=2)
    others = np.setdiff1d(np.arange(len(adjacency.ids("Disease"))), ranking.stored_diseases)
    disease = int(others[0]) if len(others) else 0
    drugs = np.arange(len(adjacency.ids("Drug")))

    def rank() -> object:
        return ranking.pair_scores(drugs, np.full(len(drugs), disease))

    first = median_seconds(rank, 1, warm_up=0)
    warm = median_seconds(rank, runs)
    return _Cost(seconds, processor, estimated / 1e6, peak / 1e6, first * 1000, warm * 1000)


if __name__ == "__main__":
    print(json.dumps(asdict(_fit(sys.argv[1], int(sys.argv[2])))))
