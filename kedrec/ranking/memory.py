"""Estimates the memory that fitting a ranking needs, and checks it against what this process may use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import KedrecError
from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.fit import MAX_METAPATHS, MAX_STORED, SAMPLED_OTHERS, TOP
from kedrec.ranking.folds import FOLDS
from kedrec.ranking.kron_ridge import MAX_LEARNED
from kedrec.ranking.metapaths import hops_from, metapaths
from kedrec.ranking.sampling import BLOCK, MAX_BLOCK_VALUES, MAX_NEGATIVES
from kedrec.ranking.similarity import CACHED_NODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["bytes_needed", "bytes_usable", "check_memory"]

_STORED_PAIR_BYTES = 24  # scores, priors, whether a path joins it; copies while sorting
_TREATED_PAIR_BYTES = 90  # of a disease with a treatment: scores of six models, degrees, calibration, folds
_LINK_BYTES = 100  # of a link: both directions, its weights in path counts, and what profiles are made of it
_VALUE_BYTES = 4
_BLOCKS = 3  # of features: being computed, computed, and transposed
_COUNTED_BLOCKS = 8  # of path counts of the widest kind: those of one metapath's suffixes
_SQUARES = 5  # copies of the similarities of drugs while they are decomposed
_RIDGE_TABLES = 8  # eigenvalues of drugs x treated diseases: coefficients, shrinkage, products
_DRAWS = 4  # samples: of two regimes, each by two ways of hiding
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
    drugs, diseases = (len(adjacency.ids(kind)) for kind in ("Drug", "Disease"))
    treated, treatments = 0, 0
    if adjacency.has_table(TREATS):
        links = adjacency.incidence(TREATS)
        treated, treatments = int(np.count_nonzero(links.back_degrees)), len(links.indices)
    stored = diseases if diseases <= MAX_STORED else min(treated + SAMPLED_OTHERS, diseases)
    similarity_count = sum(2 * len(hops_from(kind, tables)) for kind in ("Drug", "Disease"))
    features = 2 * (min(len(metapaths(tables, 3)), MAX_METAPATHS) + 4 * similarity_count + 8) + 3
    sample = _DRAWS * (treatments + MAX_NEGATIVES) * features
    widest = max((len(adjacency.ids(kind)) for _, *ends in tables for kind in ends), default=0)
    learned = min(drugs, MAX_LEARNED)
    link_count = sum(len(adjacency.incidence(table).indices) for table in tables)
    values = (
        _BLOCKS * min(MAX_BLOCK_VALUES, features * drugs * min(max(stored, 1), BLOCK))
        + _COUNTED_BLOCKS * widest * BLOCK * (threads + 1)
        + sample * (1 + 2 * min(threads, _DRAWS * FOLDS))
        + TOP * stored * 2 * features
        + (similarity_count * drugs * drugs if drugs <= CACHED_NODES else 0)
        + _SQUARES * drugs * learned
        + _RIDGE_TABLES * (learned + treated) * treated * (threads + 1)
    )
    return (
        _BASE_BYTES
        + values * _VALUE_BYTES
        + drugs * stored * _STORED_PAIR_BYTES
        + drugs * treated * _TREATED_PAIR_BYTES
        + link_count * _LINK_BYTES
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
