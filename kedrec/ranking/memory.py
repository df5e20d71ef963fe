"""Estimates the memory that fitting a ranking needs, and checks it against what this process may use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import KedrecError
from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.metapaths import hops_from, metapaths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["bytes_needed", "bytes_usable", "check_memory"]

_PAIR_BYTES = 20  # scores, priors and whether a path joins it; masks; copies while sorting
_TREATED_PAIR_BYTES = 90  # of a disease with a treatment: scores of six models, degrees, calibration, folds
_VALUE_BYTES = 4
_BLOCK_BYTES = 3 * 240 << 20  # features of three blocks of diseases: being computed, computed, and transposed
_SAMPLED_PAIRS = 75_000  # pairs without a known treatment in the samples of both regimes
_TOP = 20  # drugs of a disease whose parts are stored
_CACHED_NODES = 4_000  # nodes of a kind, up to which all its similarities are cached
_DECOMPOSED_NODES = 2_500  # nodes of a kind whose similarity to all is decomposed
_MAX_METAPATHS = 300
_BASE_BYTES = 300 << 20  # the libraries
_ASSUMED_BYTES = 8 << 30  # where a system doesn't report its memory
_SHARE = 0.9  # of the usable memory
_LIMIT_FILES = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_USAGE_FILES = (Path("/sys/fs/cgroup/memory.current"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"))


def bytes_needed(adjacency: Adjacency, tables: Sequence[Table], threads: int) -> int:
    """Estimates the peak memory of a fit, in bytes; rather too much than too little.

    Args:
        adjacency: the graph.
        tables: the tables that have links.
        threads: number of models fitted at once.
    """
    sizes = [len(adjacency.ids(kind)) for kind in ("Drug", "Disease")]
    treated, treatments = 0, 0
    if adjacency.has_table(TREATS):
        links = adjacency.incidence(TREATS)
        treated, treatments = int(np.count_nonzero(links.back_degrees)), len(links.indices)
    similarity_count = sum(2 * len(hops_from(kind, tables)) for kind in ("Drug", "Disease"))
    # Of very many metapaths a fit uses those that treated pairs have.
    features = 2 * (min(len(metapaths(tables, 3)), _MAX_METAPATHS) + 3 * similarity_count + 8) + 3
    sample = (3 * treatments + _SAMPLED_PAIRS) * features * _VALUE_BYTES
    similarity_values = sum(
        (similarity_count * size * size if size <= _CACHED_NODES else 0)
        + 4 * size * min(size, _DECOMPOSED_NODES)
        for size in sizes
    )
    return (
        _BASE_BYTES
        + _BLOCK_BYTES
        + sizes[0] * sizes[1] * _PAIR_BYTES
        + sizes[0] * treated * _TREATED_PAIR_BYTES
        + sample * (1 + 2 * min(threads, 30))
        + _TOP * sizes[1] * 2 * features * _VALUE_BYTES
        + similarity_values * _VALUE_BYTES
    )


def bytes_usable() -> int:
    """Memory that this process may still allocate without swapping, in bytes; 8 GiB where unknown.

    The system's available memory (where unreported, all of its memory), and no more than a container's limit
    allows.
    """
    sizes = [size for size in (_available_bytes(), _container_bytes()) if size is not None]
    return min(sizes, default=_ASSUMED_BYTES)


def check_memory(adjacency: Adjacency, tables: Sequence[Table], threads: int) -> None:
    """Checks that there is enough memory for a fit.

    Raises:
        KedrecError: there isn't.
    """
    needed, usable = bytes_needed(adjacency, tables, threads), bytes_usable()
    if needed <= usable * _SHARE:
        return
    drugs, diseases = (len(adjacency.ids(kind)) for kind in ("Drug", "Disease"))
    raise KedrecError(
        f"Ranking {drugs:,} drugs for {diseases:,} diseases would take about {needed / 2**30:.1f} GB of "
        f"memory, and {usable / 2**30:.1f} GB is free.",
        "Close other programs, set KEDREC_THREADS=1, load sources with fewer diseases, or run `kedrec rank "
        "fit` on a machine with more memory and copy the folder `cache` of its KEDREC_HOME here.",
    )


def _available_bytes() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has neither
        return None


def _container_bytes() -> int | None:
    for limit, used in zip(_LIMIT_FILES, _USAGE_FILES, strict=True):
        try:
            return max(int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii")), 0)
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return None
