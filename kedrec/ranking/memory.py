"""Memory that fitting a ranking takes, estimated before it begins, and memory that this process may use."""

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

_OF_PAIR = 20  # scores, priors and whether a path joins it; masks; the copies that sorting the best makes
_OF_TREATED_PAIR = 90  # of a disease with a treatment: six models' scores, degrees, calibration, folds
_OF_VALUE = 4
_BLOCKS = 3 * 240 << 20  # features of some diseases: being made, made, and turned
_SAMPLED = 75_000  # pairs without a known treatment in the samples of both regimes
_TOP = 20  # drugs of a disease whose parts are kept
_SQUARES = 4_000  # nodes of a kind, up to which all its similarities are kept whole
_LEARNED = 2_500  # nodes of a kind whose similarity to all is decomposed
_METAPATHS = 300
_BASE = 300 << 20  # the libraries
_UNKNOWN = 8 << 30  # where a system doesn't say what it has
_SHARE = 0.9  # of what is usable
_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_USED = (Path("/sys/fs/cgroup/memory.current"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"))


def bytes_needed(adjacency: Adjacency, linked: Sequence[Table], threads: int) -> int:
    """Estimates the most memory that a fit takes at once, in bytes; rather too much than too little.

    Args:
        adjacency: the graph.
        linked: the tables that have links.
        threads: models fitted at once.
    """
    sizes = [len(adjacency.ids(kind)) for kind in ("Drug", "Disease")]
    treated, treatments = 0, 0
    if adjacency.has(TREATS):
        links = adjacency.incidence(TREATS)
        treated, treatments = int(np.count_nonzero(links.back_degrees)), len(links.indices)
    similar = sum(2 * len(hops_from(kind, linked)) for kind in ("Drug", "Disease"))
    # Of very many metapaths a fit keeps those that treated pairs have.
    features = 2 * (min(len(metapaths(linked, 3)), _METAPATHS) + 3 * similar + 8) + 3
    sample = (3 * treatments + _SAMPLED) * features * _OF_VALUE
    tables = sum(
        (similar * size * size if size <= _SQUARES else 0) + 4 * size * min(size, _LEARNED) for size in sizes
    )
    return (
        _BASE
        + _BLOCKS
        + sizes[0] * sizes[1] * _OF_PAIR
        + sizes[0] * treated * _OF_TREATED_PAIR
        + sample * (1 + 2 * min(threads, 30))
        + _TOP * sizes[1] * 2 * features * _OF_VALUE
        + tables * _OF_VALUE
    )


def bytes_usable() -> int:
    """Memory that this process could still take without swapping, in bytes; a guess where nothing says it.

    What the system calls available, or where it doesn't what it has, and no more than a container leaves.
    """
    found = [size for size in (_available(), _left_in_container()) if size is not None]
    return min(found, default=_UNKNOWN)


def check_memory(adjacency: Adjacency, linked: Sequence[Table], threads: int) -> None:
    """Sees that a fit will have the memory it takes, before it is begun.

    Raises:
        KedrecError: it won't.
    """
    needed, usable = bytes_needed(adjacency, linked, threads), bytes_usable()
    if needed <= usable * _SHARE:
        return
    drugs, diseases = (len(adjacency.ids(kind)) for kind in ("Drug", "Disease"))
    raise KedrecError(
        f"Ranking {drugs:,} drugs for {diseases:,} diseases would take about {needed / 2**30:.1f} GB of "
        f"memory, and {usable / 2**30:.1f} GB is free.",
        "Close other programs, set KEDREC_THREADS=1, load sources with fewer diseases, or run `kedrec rank "
        "fit` on a machine with more memory and copy the folder `cache` of its KEDREC_HOME here.",
    )


def _available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has none of it
        return None


def _left_in_container() -> int | None:
    for limit, used in zip(_GROUPS, _USED, strict=True):
        try:
            return max(int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii")), 0)
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return None
