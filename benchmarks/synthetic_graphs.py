"""Synthetic graphs of several times Hetionet's size, in Hetionet's layout.

Every kind of node and type of edge has a multiple of Hetionet's count, and, as there, a few nodes have most
of the edges. Equal sizes give equal rows with the same version of DuckDB. Rows are streamed to disk, so that
memory doesn't grow with the size.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb

__all__ = ["EDGES", "write"]


class _Kind(NamedTuple):
    """Number of nodes of a kind, and the format of their ids for SQL's `printf`."""

    nodes: int
    id: str


# Hetionet v1.0's counts. The id ranges of the Gene Ontology's three kinds are disjoint.
_KINDS = {
    "Anatomy": _Kind(402, "UBERON:%07d"),
    "Biological Process": _Kind(11_381, "GO:1%06d"),
    "Cellular Component": _Kind(1_391, "GO:2%06d"),
    "Compound": _Kind(1_552, "DB%05d"),
    "Disease": _Kind(137, "DOID:%d"),
    "Gene": _Kind(20_945, "%d"),
    "Molecular Function": _Kind(2_884, "GO:3%06d"),
    "Pathway": _Kind(1_822, "PC7_%d"),
    "Pharmacologic Class": _Kind(345, "N%010d"),
    "Side Effect": _Kind(5_734, "C%07d"),
    "Symptom": _Kind(438, "D%06d"),
}
_METAEDGES = {
    "AdG": ("Anatomy", "Gene", 102_240),
    "AeG": ("Anatomy", "Gene", 526_407),
    "AuG": ("Anatomy", "Gene", 97_848),
    "CbG": ("Compound", "Gene", 11_571),
    "CcSE": ("Compound", "Side Effect", 138_944),
    "CdG": ("Compound", "Gene", 21_102),
    "CpD": ("Compound", "Disease", 390),
    "CrC": ("Compound", "Compound", 6_486),
    "CtD": ("Compound", "Disease", 755),
    "CuG": ("Compound", "Gene", 18_756),
    "DaG": ("Disease", "Gene", 12_623),
    "DdG": ("Disease", "Gene", 7_623),
    "DlA": ("Disease", "Anatomy", 3_602),
    "DpS": ("Disease", "Symptom", 3_357),
    "DrD": ("Disease", "Disease", 543),
    "DuG": ("Disease", "Gene", 7_731),
    "GcG": ("Gene", "Gene", 61_690),
    "GiG": ("Gene", "Gene", 147_164),
    "GpBP": ("Gene", "Biological Process", 559_504),
    "GpCC": ("Gene", "Cellular Component", 73_566),
    "GpMF": ("Gene", "Molecular Function", 97_222),
    "GpPW": ("Gene", "Pathway", 84_372),
    "Gr>G": ("Gene", "Gene", 265_672),
    "PCiC": ("Pharmacologic Class", "Compound", 1_029),
}
EDGES = sum(edges for _, _, edges in _METAEDGES.values())
"""Edges of a graph of Hetionet's size."""


def write(folder: Path, times: int) -> None:
    """Writes `nodes.tsv` and `edges/*.tsv.gz` of a graph `times` as large as Hetionet."""
    (folder / "edges").mkdir(parents=True)
    sql = duckdb.connect(
        ":memory:", config={"memory_limit": "500MB", "temp_directory": str(folder / "spill")}
    )
    sql.execute("SET enable_progress_bar = false")
    layout = "FORMAT csv, DELIMITER '\t', HEADER"
    nodes = " UNION ALL ".join(
        f"SELECT {_id(kind, 'i')} AS id, '{kind} ' || i AS name, '{kind}' AS kind "  # noqa: S608  # constants above
        f"FROM range(1, {spec.nodes * times + 1}) AS r(i)"
        for kind, spec in _KINDS.items()
    )
    sql.execute(f"COPY ({nodes}) TO '{folder / 'nodes.tsv'}' ({layout})")
    for seed, (metaedge, (start, end, edges)) in enumerate(_METAEDGES.items()):
        starts, ends = _KINDS[start].nodes * times, _KINDS[end].nodes * times
        # No self-loops where both ends have the same kind.
        target = (
            f"(s + {_skewed(ends - 1, 2 * seed + 1)}) % {ends}"
            if start == end
            else _skewed(ends, 2 * seed + 1)
        )
        rows = (
            f"SELECT {_id(start, 's')} AS source, '{metaedge}' AS metaedge, {_id(end, 'e')} AS target "  # noqa: S608  # constants above
            f"FROM (SELECT s, 1 + {target} AS e FROM (SELECT i, 1 + {_skewed(starts, 2 * seed)} AS s "
            f"FROM range({edges * times}) AS r(i)))"
        )
        file = folder / "edges" / f"{metaedge.replace('>', '')}.tsv.gz"
        sql.execute(f"COPY ({rows}) TO '{file}' ({layout}, COMPRESSION gzip)")
    sql.close()


def _skewed(count: int, seed: int) -> str:
    """SQL of a pseudo-random number below `count` from `i`, squared so that small ones are more frequent."""
    return f"floor({count} * pow(hash(i * 64 + {seed}) / 18446744073709551616.0, 2))::BIGINT"


def _id(kind: str, number: str) -> str:
    return f"'{kind}::' || printf('{_KINDS[kind].id}', {number})"
